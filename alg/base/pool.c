/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fixed number of things of one size, without allocation later. */
#include <sys/mman.h>

#include <assert.h>
#include <stdlib.h>

#include "alg/base/pool.h"

#define USED_MARK	UINT32_MAX
#define SMALL_BYTES	(4 << 20)	/* in pages as small as can be */
#define LARGE_PAGE	(2 << 20)	/* of most systems */

/*
 * To touch a page for the first time costs more than most that is then done
 * with it: who needs many gets large ones, and wastes part of one at most.
 */
static void
use_large_pages(const struct pool *p)
{
	uintptr_t items = (uintptr_t)p->items;
	uintptr_t from = (items + SMALL_BYTES) / LARGE_PAGE * LARGE_PAGE;
	uintptr_t to = (items + ((size_t)p->capacity + 1) * p->size) /
	    LARGE_PAGE * LARGE_PAGE;

	if (from < to)
		(void)madvise((void *)from, to - from, MADV_HUGEPAGE);
}

int
pool_init(struct pool *p, uint32_t capacity, size_t size)
{
	*p = (struct pool){ .size = size, .capacity = capacity };
	p->items = calloc((size_t)capacity + 1, size);
	p->next_free = calloc((size_t)capacity + 1, sizeof(*p->next_free));
	if (p->items == NULL || p->next_free == NULL)
		return -1;
	use_large_pages(p);
	return 0;
}

void
pool_free(struct pool *p)
{
	free(p->items);
	free(p->next_free);
	*p = (struct pool){ 0 };
}

uint32_t
pool_take(struct pool *p)
{
	uint32_t i = p->free;

	if (i != 0)
		p->free = p->next_free[i];
	else if (p->top < p->capacity)
		i = ++p->top;
	else
		return 0;
	p->next_free[i] = USED_MARK;
	p->used++;
	return i;
}

void
pool_give(struct pool *p, uint32_t i)
{
	assert(i != 0 && i <= p->top && p->next_free[i] == USED_MARK);
	p->next_free[i] = p->free;
	p->free = i;
	p->used--;
}

uint32_t
pool_next(const struct pool *p, uint32_t i)
{
	for (; i <= p->top; i++) {
		if (i != 0 && p->next_free[i] == USED_MARK)
			return i;
	}
	return 0;
}
