/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much each client holds, for the limits per client. */
#ifndef ALG_TRANSLATE_CLIENT_COUNT_H
#define ALG_TRANSLATE_CLIENT_COUNT_H

#include <stdint.h>

#include "alg/base/pool.h"
#include "alg/base/table.h"

struct alg;

/* Who opens control connections, and how much each holds at the moment. */
struct client_counts {
	struct pool	 pool;
	struct table	 by_address;
};

struct client_count {
	uint32_t	 address;
	uint32_t	 connections, calls;
	uint32_t	 refused;	/* calls that wait for a reply */
	uint64_t	 writes;	/* by rate.h, KiB of records */
};

int		 client_count_init(struct alg *, uint32_t capacity);
void		 client_count_free(struct alg *);

/* Counts one connection more; makes the client when it is new. 0: no room. */
uint32_t	 client_count_get(struct alg *, uint32_t address);

/* One connection less; the client goes with the last one. */
void		 client_count_put(struct alg *, uint32_t client);

/* The connections that an address has open. */
uint32_t	 client_count_connections(const struct alg *, uint32_t address);

struct client_count	*client_count_at(const struct alg *, uint32_t client);

#endif
