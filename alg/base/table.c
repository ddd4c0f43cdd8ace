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
	t->heads = calloc(heads, sizeof(*t->heads));
	t->links = calloc((size_t)capacity + 1, sizeof(*t->links));
	return t->heads != NULL && t->links != NULL ? 0 : -1;
}

void
table_free(struct table *t)
{
	free(t->heads);
	free(t->links);
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

void
table_insert_after(struct table *t, uint64_t hash, uint32_t before, uint32_t i)
{
	uint32_t next;

	if (before == 0) {
		table_insert(t, hash, i);
		return;
	}
	next = t->links[before].next;
	t->links[i] = (struct list_link){ next, before };
	t->links[before].next = i;
	if (next != 0)
		t->links[next].prev = i;
}

void
table_remove(struct table *t, uint64_t hash, uint32_t i)
{
	struct list_link at = t->links[i];

	if (at.next != 0)
		t->links[at.next].prev = at.prev;
	if (at.prev != 0)
		t->links[at.prev].next = at.next;
	else
		t->heads[hash & t->mask] = at.next;
}
