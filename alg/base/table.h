/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hash tables that find things of a pool by a key. */
#ifndef ALG_BASE_TABLE_H
#define ALG_BASE_TABLE_H

#include <stdint.h>

#include "alg/base/list.h"

/* A thing's place in its chain; its hash is kept as far as there is room. */
struct table_link {
	uint32_t	 next;
	uint32_t	 hash : 31;
	uint32_t	 shared : 1;	/* others have its key: see `same` */
};

/*
 * A hash index over a pool: chains of pool indexes, the newest first.  The
 * caller hashes with a secret key and compares:
 *
 *	for (i = table_first(t, h); i != 0; i = table_next(t, i))
 *
 * Where many may have one key, only one of them is in the chain; table_same
 * leads to the others.  So a search is not longer for how many these are.
 *
 * There are as many chains as there were things at once: each that comes
 * splits one in two (Litwin's linear hashing), so that a table takes memory
 * for what is in it, and none is ever copied.
 */
struct table {
	uint32_t	*heads;
	struct table_link	*links;
	struct list_link	*same;
	uint32_t	 room;		/* for chains */
	uint32_t	 half;		/* a power of 2: half <= chains */
	uint32_t	 chains;	/* < 2 * half; the rest is not split */
	uint32_t	 used;
};

/* For things 1..capacity; -1 with errno ENOMEM. */
int	table_init(struct table *, uint32_t capacity);
void	table_free(struct table *);
void	table_insert(struct table *, uint64_t hash, uint32_t i);
void	table_remove(struct table *, uint32_t i);

/*
 * The same where keys may be shared.  first is the one in the chain that has
 * this key, or 0; i goes behind `before`, which has it, too, or first if 0.
 */
int	table_init_same(struct table *, uint32_t capacity);
void	table_insert_same(struct table *, uint64_t hash, uint32_t first,
	    uint32_t before, uint32_t i);
void	table_remove_same(struct table *, uint32_t i);

/*
 * What is looked for soon, or inserted, is fetched meanwhile: first its chain,
 * when that is there what is in it.
 */
void	table_fetch_chain(const struct table *, uint64_t hash);
void	table_fetch_links(const struct table *, uint64_t hash);

/* Those that have this hash, most likely. */
uint32_t table_first(const struct table *, uint64_t hash);
uint32_t table_next(const struct table *, uint32_t i);

static inline uint32_t
table_same(const struct table *t, uint32_t i)
{
	return t->links[i].shared ? t->same[i].next : 0;
}

#endif
