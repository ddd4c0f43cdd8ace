/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pools of addresses for the clients of the server. */
#ifndef ALG_ENDPOINT_ADDRESS_POOL_H
#define ALG_ENDPOINT_ADDRESS_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/base/list.h"
#include "alg/base/table.h"

/*
 * The address that has been free longest is given first, so that late packets
 * to its last user reach nobody else.  Addresses in host byte order.
 */
#define ADDRESS_POOL_MAX	(1U << 20)	/* addresses in one pool */

struct address_pool_range {
	uint32_t	 first, last;	/* both included */
};

struct address_pool {
	struct address_pool_range *ranges; /* sorted, apart from each other */
	uint32_t	*start;		/* number of a range's first address */
	uint32_t	 nranges;
	uint32_t	 size;		/* addresses, numbered from 1 */
	uint32_t	 taken;		/* of these */
	uint8_t		*state;		/* bits, by number */
	uint64_t	*user;		/* who had it last, by number */
	struct table	 by_user;
	struct list_link	*links;
	struct list	 free;
};

/*
 * Ranges in any order; what is in two of them is there once.  -1 with errno
 * EINVAL when one ends before it starts, E2BIG when there are too many, or
 * ENOMEM.
 */
int address_pool_init(
    struct address_pool *, const struct address_pool_range *, size_t n);
void		 address_pool_free(struct address_pool *);

/*
 * An address for a user (a hash of the name, or 0): the one the user had
 * last, else the one that has been free longest; of those that fit, where
 * that is asked for.  0 when there is none.  O(1) when the first one fits.
 */
uint32_t	 address_pool_take(struct address_pool *, uint64_t user,
		    bool (*fits)(void *arg, uint32_t address), void *arg);

/*
 * Takes just this one, reserved or not: false when it is taken, or excluded.
 * An address that is not in the pool is nobody's here: true.
 */
bool		 address_pool_claim(struct address_pool *, uint32_t address);

/* Gives back what was taken or claimed; one not in the pool: no effect. */
void		 address_pool_give(struct address_pool *, uint32_t address);

/*
 * Reserved: only to be claimed, for users with a fixed address.  Excluded:
 * given to nobody, as our own addresses.  May be said at any time, also of
 * an address that is taken; not in the pool: no effect.
 */
void address_pool_reserve(struct address_pool *, uint32_t address, bool);
void address_pool_exclude(struct address_pool *, uint32_t address, bool);

/* Takes just this one for a user who chose it: of the pool, not reserved. */
bool		 address_pool_choose(struct address_pool *, uint32_t address);

#endif
