/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ranges of addresses, free ones in the order in which they were given back. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alg/endpoint/address_pool.h"

/* An address is free when none of these is set. */
#define TAKEN		1
#define RESERVED	2
#define EXCLUDED	4

static int
compare_ranges(const void *a, const void *b)
{
	const struct address_pool_range *left = a, *right = b;

	return (left->first > right->first) - (left->first < right->first);
}

/* Puts together what overlaps; how many addresses there are. */
static uint64_t
merge_ranges(struct address_pool *p)
{
	uint32_t n = 0;
	uint64_t size = 0;

	for (uint32_t i = 0; i < p->nranges; i++) {
		struct address_pool_range r = p->ranges[i];

		if (n > 0 && r.first <= p->ranges[n - 1].last) {
			if (r.last <= p->ranges[n - 1].last)
				continue;
			size += r.last - p->ranges[n - 1].last;
			p->ranges[n - 1].last = r.last;
			continue;
		}
		p->start[n] = (uint32_t)size + 1;
		p->ranges[n++] = r;
		size += (uint64_t)r.last - r.first + 1;
	}
	p->nranges = n;
	return size;
}

static int
fail_init(struct address_pool *p, int error)
{
	address_pool_free(p);
	errno = error;
	return -1;
}

/* All of them free, in their order. */
static int
fill_free_list(struct address_pool *p)
{
	size_t n = (size_t)p->size + 1;

	p->state = calloc(n, sizeof(*p->state));
	p->user = calloc(n, sizeof(*p->user));
	p->links = calloc(n, sizeof(*p->links));
	if (p->state == NULL || p->user == NULL || p->links == NULL ||
	    table_init(&p->by_user, p->size) == -1)
		return fail_init(p, ENOMEM);
	for (uint32_t i = 1; i <= p->size; i++)
		list_append(p->links, &p->free, i);
	return 0;
}

int
address_pool_init(
    struct address_pool *p, const struct address_pool_range *ranges, size_t n)
{
	uint64_t size;

	*p = (struct address_pool){ .nranges = (uint32_t)n };
	if (n > ADDRESS_POOL_MAX)
		return fail_init(p, E2BIG);
	for (size_t i = 0; i < n; i++)
		if (ranges[i].first > ranges[i].last)
			return fail_init(p, EINVAL);
	p->ranges = calloc(n + 1, sizeof(*p->ranges));
	p->start = calloc(n + 1, sizeof(*p->start));
	if (p->ranges == NULL || p->start == NULL)
		return fail_init(p, ENOMEM);
	if (n > 0)
		memcpy(p->ranges, ranges, n * sizeof(*ranges));
	qsort(p->ranges, n, sizeof(*p->ranges), compare_ranges);
	size = merge_ranges(p);
	if (size > ADDRESS_POOL_MAX)
		return fail_init(p, E2BIG);
	p->size = (uint32_t)size;
	return fill_free_list(p);
}

void
address_pool_free(struct address_pool *p)
{
	free(p->ranges);
	free(p->start);
	free(p->state);
	free(p->user);
	free(p->links);
	table_free(&p->by_user);
	*p = (struct address_pool){ 0 };
}

/* The last range that starts at or before it, or nranges. */
static uint32_t
range_of(const struct address_pool *p, uint32_t address)
{
	uint32_t low = 0, high = p->nranges;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (p->ranges[middle].first <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? low - 1 : p->nranges;
}

/* Its number, or 0. */
static uint32_t
number_of(const struct address_pool *p, uint32_t address)
{
	uint32_t r = range_of(p, address);

	if (r == p->nranges || address > p->ranges[r].last)
		return 0;
	return p->start[r] + (address - p->ranges[r].first);
}

static uint32_t
address_of(const struct address_pool *p, uint32_t i)
{
	uint32_t low = 0, high = p->nranges;

	while (high - low > 1) {
		uint32_t middle = (low + high) / 2;

		if (p->start[middle] <= i)
			low = middle;
		else
			high = middle;
	}
	return p->ranges[low].first + (i - p->start[low]);
}

/* The only place where an address becomes free, or is so no more. */
static void
set_bit(struct address_pool *p, uint32_t i, uint8_t bit, bool on)
{
	uint8_t before = p->state[i];

	p->state[i] = on ? before | bit : (uint8_t)(before & ~bit);
	if (before == 0 && p->state[i] != 0) {
		list_remove(p->links, &p->free, i);
		if (p->user[i] != 0)
			table_remove(&p->by_user, i);
		p->user[i] = 0;
	} else if (before != 0 && p->state[i] == 0) {
		list_append(p->links, &p->free, i);
		if (p->user[i] != 0)
			table_insert(&p->by_user, p->user[i], i);
	}
	p->taken += ((p->state[i] & TAKEN) != 0) - ((before & TAKEN) != 0);
}

/* What the user had last, if it is free, or 0. */
static uint32_t
last_of(const struct address_pool *p, uint64_t user)
{
	uint32_t i = user != 0 ? table_first(&p->by_user, user) : 0;

	while (i != 0 && p->user[i] != user)
		i = table_next(&p->by_user, i);
	return i;
}

uint32_t
address_pool_take(struct address_pool *p, uint64_t user,
    bool (*fits)(void *arg, uint32_t address), void *arg)
{
	uint32_t i = last_of(p, user);

	if (i == 0 || (fits != NULL && !fits(arg, address_of(p, i))))
		i = p->free.head;
	while (i != 0 && fits != NULL && !fits(arg, address_of(p, i)))
		i = p->links[i].next;
	if (i == 0)
		return 0;
	set_bit(p, i, TAKEN, true);
	p->user[i] = user;
	return address_of(p, i);
}

bool
address_pool_claim(struct address_pool *p, uint32_t address)
{
	uint32_t i = number_of(p, address);

	if (i == 0)
		return true;
	if (p->state[i] & (TAKEN | EXCLUDED))
		return false;
	set_bit(p, i, TAKEN, true);
	return true;
}

static void
change_bit(struct address_pool *p, uint32_t address, uint8_t bit, bool on)
{
	uint32_t i = number_of(p, address);

	if (i != 0 && ((p->state[i] & bit) != 0) != on)
		set_bit(p, i, bit, on);
}

void
address_pool_give(struct address_pool *p, uint32_t address)
{
	change_bit(p, address, TAKEN, false);
}

void
address_pool_reserve(struct address_pool *p, uint32_t address, bool on)
{
	change_bit(p, address, RESERVED, on);
}

void
address_pool_exclude(struct address_pool *p, uint32_t address, bool on)
{
	change_bit(p, address, EXCLUDED, on);
}

bool
address_pool_choose(struct address_pool *p, uint32_t address)
{
	uint32_t i = number_of(p, address);

	return i != 0 && p->state[i] == 0 && address_pool_claim(p, address);
}
