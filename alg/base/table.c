/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hash index with chains, over the indexes of a pool. */
#include <assert.h>
#include <stdlib.h>

#include "alg/base/table.h"

#define HASH_MASK	((1U << 31) - 1)
#define CHAINS_MIN	64

int
table_init(struct table *t, uint32_t capacity)
{
	*t = (struct table){ .room = CHAINS_MIN, .half = CHAINS_MIN,
	    .chains = CHAINS_MIN };
	while (t->room < capacity && t->room < 1U << 30)
		t->room *= 2;
	t->heads = calloc(t->room, sizeof(*t->heads));
	t->links = calloc((size_t)capacity + 1, sizeof(*t->links));
	return t->heads != NULL && t->links != NULL ? 0 : -1;
}

void
table_free(struct table *t)
{
	free(t->heads);
	free(t->links);
	free(t->same);
	*t = (struct table){ 0 };
}

static uint32_t *
chain_of(const struct table *t, uint32_t hash)
{
	uint32_t n = hash & (2 * t->half - 1);

	return &t->heads[n < t->chains ? n : n - t->half];
}

void
table_fetch_chain(const struct table *t, uint64_t hash)
{
	__builtin_prefetch(chain_of(t, (uint32_t)hash & HASH_MASK));
}

void
table_fetch_links(const struct table *t, uint64_t hash)
{
	__builtin_prefetch(
	    &t->links[*chain_of(t, (uint32_t)hash & HASH_MASK)]);
	/* One that comes splits this one. */
	__builtin_prefetch(&t->links[t->heads[t->chains - t->half]]);
}

/* The first from i on that has the hash. */
static uint32_t
skip_others(const struct table *t, uint32_t i, uint32_t hash)
{
	while (i != 0 && t->links[i].hash != hash)
		i = t->links[i].next;
	return i;
}

uint32_t
table_first(const struct table *t, uint64_t hash)
{
	uint32_t bits = (uint32_t)hash & HASH_MASK;

	return skip_others(t, *chain_of(t, bits), bits);
}

uint32_t
table_next(const struct table *t, uint32_t i)
{
	return skip_others(t, t->links[i].next, t->links[i].hash);
}

/* One chain more, of what belongs there now; both stay in order. */
static void
split_chain(struct table *t)
{
	uint32_t *old = &t->heads[t->chains - t->half];
	uint32_t *new = &t->heads[t->chains], i = *old;
	struct table_link *at;

	for (; i != 0; i = at->next) {
		at = &t->links[i];
		if (at->hash & t->half) {
			*new = i;
			new = &at->next;
		} else {
			*old = i;
			old = &at->next;
		}
	}
	*old = *new = 0;
	if (++t->chains == 2 * t->half)
		t->half *= 2;
}

void
table_insert(struct table *t, uint64_t hash, uint32_t i)
{
	uint32_t bits = (uint32_t)hash & HASH_MASK, *head;

	if (t->used++ >= t->chains && t->chains < t->room)
		split_chain(t);
	head = chain_of(t, bits);
	t->links[i] = (struct table_link){ .next = *head, .hash = bits };
	*head = i;
}

/* What leads to a thing in its chain. */
static uint32_t *
find_link(const struct table *t, uint32_t i)
{
	uint32_t *at = chain_of(t, t->links[i].hash);

	for (; *at != i; at = &t->links[*at].next)
		assert(*at != 0);
	return at;
}

void
table_remove(struct table *t, uint32_t i)
{
	*find_link(t, i) = t->links[i].next;
	t->used--;
}

int
table_init_same(struct table *t, uint32_t capacity)
{
	if (table_init(t, capacity) == -1)
		return -1;
	t->same = calloc((size_t)capacity + 1, sizeof(*t->same));
	return t->same != NULL ? 0 : -1;
}

/* In the chain, new is where old was. */
static void
replace_in_chain(struct table *t, uint32_t old, uint32_t new)
{
	*find_link(t, old) = new;
	t->links[new] = t->links[old];
}

/* Memory beside its link is for those that need it only. */
static void
share_key(struct table *t, uint32_t i)
{
	if (!t->links[i].shared)
		t->same[i] = (struct list_link){ 0, 0 };
	t->links[i].shared = 1;
}

void
table_insert_same(struct table *t, uint64_t hash, uint32_t first,
    uint32_t before, uint32_t i)
{
	uint32_t next;

	if (first == 0) {
		table_insert(t, hash, i);
		return;
	}
	share_key(t, first);
	next = before != 0 ? t->same[before].next : first;
	if (before == 0)
		replace_in_chain(t, first, i);
	else
		t->links[i] = (struct table_link){ .shared = 1 };
	t->same[i] = (struct list_link){ next, before };
	if (next != 0)
		t->same[next].prev = i;
	if (before != 0)
		t->same[before].next = i;
}

void
table_remove_same(struct table *t, uint32_t i)
{
	struct list_link at;

	if (!t->links[i].shared) {
		table_remove(t, i);
		return;
	}
	at = t->same[i];
	if (at.next != 0)
		t->same[at.next].prev = at.prev;
	if (at.prev != 0)
		t->same[at.prev].next = at.next;
	else if (at.next != 0)
		replace_in_chain(t, i, at.next);
	else
		table_remove(t, i);
}
