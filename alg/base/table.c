/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hash index with chains, over the indexes of a pool. */
#include <stdlib.h>

#include "alg/base/table.h"

int
table_init(struct table *t, uint32_t capacity)
{
	uint32_t heads = 64;

	while (heads < capacity && heads < 1U << 31)
		heads *= 2;
	t->mask = heads - 1;
	t->same = NULL;
	t->heads = calloc(heads, sizeof(*t->heads));
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

void
table_insert(struct table *t, uint64_t hash, uint32_t i)
{
	uint32_t *head = &t->heads[hash & t->mask];

	t->links[i] = (struct list_link){ *head, 0 };
	if (*head != 0)
		t->links[*head].prev = i;
	*head = i;
}

/* What the neighbours of a place in the chain have there from now on. */
static void
relink_around(struct table *t, uint64_t hash, struct list_link at,
    uint32_t next, uint32_t prev)
{
	if (at.next != 0)
		t->links[at.next].prev = prev;
	if (at.prev != 0)
		t->links[at.prev].next = next;
	else
		t->heads[hash & t->mask] = next;
}

void
table_remove(struct table *t, uint64_t hash, uint32_t i)
{
	struct list_link at = t->links[i];

	relink_around(t, hash, at, at.next, at.prev);
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
replace_in_chain(struct table *t, uint64_t hash, uint32_t old, uint32_t new)
{
	t->links[new] = t->links[old];
	relink_around(t, hash, t->links[new], new, new);
}

void
table_insert_same(struct table *t, uint64_t hash, uint32_t first,
    uint32_t before, uint32_t i)
{
	uint32_t next = before != 0 ? t->same[before].next : first;

	t->same[i] = (struct list_link){ next, before };
	if (next != 0)
		t->same[next].prev = i;
	if (before != 0)
		t->same[before].next = i;
	else if (first != 0)
		replace_in_chain(t, hash, first, i);
	else
		table_insert(t, hash, i);
}

void
table_remove_same(struct table *t, uint64_t hash, uint32_t i)
{
	struct list_link at = t->same[i];

	if (at.next != 0)
		t->same[at.next].prev = at.prev;
	if (at.prev != 0)
		t->same[at.prev].next = at.next;
	else if (at.next != 0)
		replace_in_chain(t, hash, i, at.next);
	else
		table_remove(t, hash, i);
}
