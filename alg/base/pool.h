/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pools of a fixed size: what bounds everything that a peer can make us hold.
 */
#ifndef ALG_BASE_POOL_H
#define ALG_BASE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A fixed number of things of one size, named by index 1..capacity; 0 is
 * nothing.  The memory is asked for once and touched only as it is used;
 * what was freed last is used first.  Beyond some megabytes it comes in large
 * pages, where the system has them.
 */
struct pool {
	uint8_t		*items;
	uint32_t	*next_free;	/* of what is free; else a mark */
	size_t		 size;
	uint32_t	 capacity, top, free, used;
};

/* -1 with errno ENOMEM. */
int		 pool_init(struct pool *, uint32_t capacity, size_t size);
void		 pool_free(struct pool *);

/* A thing as its last user left it, or 0 when all are in use. */
uint32_t	 pool_take(struct pool *);
void		 pool_give(struct pool *, uint32_t i);

/* The first thing in use from index i on, or 0. */
uint32_t	 pool_next(const struct pool *, uint32_t i);

static inline void *
pool_at(const struct pool *p, uint32_t i)
{
	return p->items + (size_t)i * p->size;
}

#endif
