/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts sessions and connections by owner, for limits. */
#ifndef ALG_ENDPOINT_QUOTA_H
#define ALG_ENDPOINT_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

#include "alg/base/list.h"
#include "alg/base/pool.h"
#include "alg/base/table.h"

#define QUOTA_RANKS	64

/*
 * Things (sessions, half-open connections; numbers from 1 on) by their owner
 * (a user, a source address).  A limit that refuses asks for an owner's count,
 * one that replaces asks for its oldest thing.  An owner is a hash with a
 * secret key, so that nobody chooses its place; everything is O(1).
 */
struct quota {
	struct pool	 owners;
	struct list_link	*ranked;	/* of owners */
	struct list	 rank[QUOTA_RANKS];	/* by count; the last: more */
	struct table	 by_key;
	struct list_link	*links;		/* of things */
	uint32_t	*owner_of;	/* by thing, 0: none */
};

/* For things 1..capacity; -1 with errno ENOMEM. */
int		 quota_init(struct quota *, uint32_t capacity);
void		 quota_free(struct quota *);

/* Gives a thing that has no owner to this one. */
void		 quota_add(struct quota *, uint64_t owner, uint32_t thing);

/* Takes a thing from its owner; one that has none: no effect. */
void		 quota_remove(struct quota *, uint32_t thing);

/* How many things an owner has, and the one it has had longest, or 0. */
uint32_t	 quota_count(const struct quota *, uint64_t owner);
uint32_t	 quota_oldest(const struct quota *, uint64_t owner);

/*
 * The thing that an owner who has most has had longest, or 0; owners of 63
 * and more count as equal.  How much that owner has.
 */
uint32_t	 quota_greediest(const struct quota *, uint32_t *count);

#endif
