/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alg/endpoint/address_pool.h"

/* An address is free when none of these is set. */
#define TAKEN		1
#define RESERVED	2
#define EXCLUDED	4

static int
compare(const void *a, const void *b)
{
	const struct address_pool_range *left = a, *right = b;

	return (left->first > right->first) - (left->first < right->first);
}

/* Puts together what overlaps; how many addresses there are. */
static uint64_t
merge(struct address_pool *l)
{
	uint32_t n = 0;
	uint64_t size = 0;

	for (uint32_t i = 0; i < l->nranges; i++) {
		struct address_pool_range r = l->ranges[i];

		if (n > 0 && r.first <= l->ranges[n - 1].last) {
			if (r.last <= l->ranges[n - 1].last)
				continue;
			size += r.last - l->ranges[n - 1].last;
			l->ranges[n - 1].last = r.last;
			continue;
		}
		l->start[n] = (uint32_t)size + 1;
		l->ranges[n++] = r;
		size += (uint64_t)r.last - r.first + 1;
	}
	l->nranges = n;
	return size;
}

static int
fail(struct address_pool *l, int error)
{
	address_pool_free(l);
	errno = error;
	return -1;
}

/* All of them free, in their order. */
static int
fill(struct address_pool *l)
{
	size_t n = (size_t)l->size + 1;

	l->state = calloc(n, sizeof(*l->state));
	l->user = calloc(n, sizeof(*l->user));
	l->links = calloc(n, sizeof(*l->links));
	if (l->state == NULL || l->user == NULL || l->links == NULL ||
	    table_init(&l->by_user, l->size) == -1)
		return fail(l, ENOMEM);
	for (uint32_t i = 1; i <= l->size; i++)
		list_append(l->links, &l->free, i);
	return 0;
}

int
address_pool_init(
    struct address_pool *l, const struct address_pool_range *ranges, size_t n)
{
	uint64_t size;

	*l = (struct address_pool){ .nranges = (uint32_t)n };
	if (n > ADDRESS_POOL_MAX)
		return fail(l, E2BIG);
	for (size_t i = 0; i < n; i++)
		if (ranges[i].first > ranges[i].last)
			return fail(l, EINVAL);
	l->ranges = calloc(n + 1, sizeof(*l->ranges));
	l->start = calloc(n + 1, sizeof(*l->start));
	if (l->ranges == NULL || l->start == NULL)
		return fail(l, ENOMEM);
	if (n > 0)
		memcpy(l->ranges, ranges, n * sizeof(*ranges));
	qsort(l->ranges, n, sizeof(*l->ranges), compare);
	size = merge(l);
	if (size > ADDRESS_POOL_MAX)
		return fail(l, E2BIG);
	l->size = (uint32_t)size;
	return fill(l);
}

void
address_pool_free(struct address_pool *l)
{
	free(l->ranges);
	free(l->start);
	free(l->state);
	free(l->user);
	free(l->links);
	table_free(&l->by_user);
	*l = (struct address_pool){ 0 };
}

/* The last range that starts at or before it, or nranges. */
static uint32_t
range_of(const struct address_pool *l, uint32_t address)
{
	uint32_t low = 0, high = l->nranges;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (l->ranges[middle].first <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? low - 1 : l->nranges;
}

/* Its number, or 0. */
static uint32_t
number(const struct address_pool *l, uint32_t address)
{
	uint32_t r = range_of(l, address);

	if (r == l->nranges || address > l->ranges[r].last)
		return 0;
	return l->start[r] + (address - l->ranges[r].first);
}

static uint32_t
address_of(const struct address_pool *l, uint32_t i)
{
	uint32_t low = 0, high = l->nranges;

	while (high - low > 1) {
		uint32_t middle = (low + high) / 2;

		if (l->start[middle] <= i)
			low = middle;
		else
			high = middle;
	}
	return l->ranges[low].first + (i - l->start[low]);
}

/* The only place where an address becomes free, or is so no more. */
static void
set(struct address_pool *l, uint32_t i, uint8_t bit, bool on)
{
	uint8_t before = l->state[i];

	l->state[i] = on ? before | bit : (uint8_t)(before & ~bit);
	if (before == 0 && l->state[i] != 0) {
		list_remove(l->links, &l->free, i);
		if (l->user[i] != 0)
			table_remove(&l->by_user, l->user[i], i);
		l->user[i] = 0;
	} else if (before != 0 && l->state[i] == 0) {
		list_append(l->links, &l->free, i);
		if (l->user[i] != 0)
			table_insert(&l->by_user, l->user[i], i);
	}
	l->taken += ((l->state[i] & TAKEN) != 0) - ((before & TAKEN) != 0);
}

/* What the user had last, if it is free, or 0. */
static uint32_t
last_of(const struct address_pool *l, uint64_t user)
{
	uint32_t i = user != 0 ? table_first(&l->by_user, user) : 0;

	while (i != 0 && l->user[i] != user)
		i = table_next(&l->by_user, i);
	return i;
}

uint32_t
address_pool_take(struct address_pool *l, uint64_t user,
    bool (*fits)(void *arg, uint32_t address), void *arg)
{
	uint32_t i = last_of(l, user);

	if (i == 0 || (fits != NULL && !fits(arg, address_of(l, i))))
		i = l->free.head;
	while (i != 0 && fits != NULL && !fits(arg, address_of(l, i)))
		i = l->links[i].next;
	if (i == 0)
		return 0;
	set(l, i, TAKEN, true);
	l->user[i] = user;
	return address_of(l, i);
}

bool
address_pool_claim(struct address_pool *l, uint32_t address)
{
	uint32_t i = number(l, address);

	if (i == 0)
		return true;
	if (l->state[i] & (TAKEN | EXCLUDED))
		return false;
	set(l, i, TAKEN, true);
	return true;
}

static void
change(struct address_pool *l, uint32_t address, uint8_t bit, bool on)
{
	uint32_t i = number(l, address);

	if (i != 0 && ((l->state[i] & bit) != 0) != on)
		set(l, i, bit, on);
}

void
address_pool_give(struct address_pool *l, uint32_t address)
{
	change(l, address, TAKEN, false);
}

void
address_pool_reserve(struct address_pool *l, uint32_t address, bool on)
{
	change(l, address, RESERVED, on);
}

void
address_pool_exclude(struct address_pool *l, uint32_t address, bool on)
{
	change(l, address, EXCLUDED, on);
}

bool
address_pool_choose(struct address_pool *l, uint32_t address)
{
	uint32_t i = number(l, address);

	return i != 0 && l->state[i] == 0 && address_pool_claim(l, address);
}
