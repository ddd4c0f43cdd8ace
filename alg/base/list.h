/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Doubly linked lists of pool indexes. */
#ifndef ALG_BASE_LIST_H
#define ALG_BASE_LIST_H

#include <stdint.h>

/*
 * Doubly linked lists of pool indexes; 0 is the end.  The links live in an
 * array beside the pool; a thing is in at most one list of the same links.
 */
struct list_link {
	uint32_t	 next, prev;
};

struct list {
	uint32_t	 head, tail;
};

static inline void
list_append(struct list_link *links, struct list *l, uint32_t i)
{
	links[i] = (struct list_link){ 0, l->tail };
	if (l->tail != 0)
		links[l->tail].next = i;
	else
		l->head = i;
	l->tail = i;
}

static inline void
list_remove(struct list_link *links, struct list *l, uint32_t i)
{
	struct list_link at = links[i];

	if (at.next != 0)
		links[at.next].prev = at.prev;
	else
		l->tail = at.prev;
	if (at.prev != 0)
		links[at.prev].next = at.next;
	else
		l->head = at.next;
}

#endif
