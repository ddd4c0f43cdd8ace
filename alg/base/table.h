/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hash tables that find things of a pool by a key. */
#ifndef ALG_BASE_TABLE_H
#define ALG_BASE_TABLE_H

#include <stdint.h>

#include "alg/base/list.h"

/*
 * A hash index over a pool: chains of pool indexes, the newest first.  The
 * caller hashes with a secret key and compares:
 *
 *	for (i = table_first(t, h); i != 0; i = table_next(t, i))
 *
 * Where many may have one key, only one of them is in the chain; table_same
 * leads to the others.  So a search is not longer for how many these are.
 */
struct table {
	uint32_t	*heads;
	struct list_link	*links, *same;
	uint32_t	 mask;
};

/* For things 1..capacity; -1 with errno ENOMEM. */
int	table_init(struct table *, uint32_t capacity);
void	table_free(struct table *);
void	table_insert(struct table *, uint64_t hash, uint32_t i);
void	table_remove(struct table *, uint64_t hash, uint32_t i);

/*
 * The same where keys may be shared.  first is the one in the chain that has
 * this key, or 0; i goes behind `before`, which has it, too, or first if 0.
 */
int	table_init_same(struct table *, uint32_t capacity);
void	table_insert_same(struct table *, uint64_t hash, uint32_t first,
	    uint32_t before, uint32_t i);
void	table_remove_same(struct table *, uint64_t hash, uint32_t i);

static inline uint32_t
table_first(const struct table *t, uint64_t hash)
{
	return t->heads[hash & t->mask];
}

static inline uint32_t
table_next(const struct table *t, uint32_t i)
{
	return t->links[i].next;
}

static inline uint32_t
table_same(const struct table *t, uint32_t i)
{
	return t->same[i].next;
}

#endif
