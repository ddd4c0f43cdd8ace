/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_ENDPOINT_SESSION_TABLE_H
#define NAT_ENDPOINT_SESSION_TABLE_H

#include <stdint.h>

#include "alg/base/hash.h"
#include "alg/base/pool.h"
#include "alg/base/table.h"

struct device;
struct session;

/*
 * Which session a packet belongs to: by the ends and the call ID of its GRE,
 * by the address of an IP packet out of a device that many share.
 */
struct directory {
	const struct pool	*sessions;	/* borrowed */
	struct table		 by_call, by_address;
	struct hash_key		 key;
};

int		 directory_init(struct directory *, const struct pool *);
void		 directory_free(struct directory *);

/* GRE of its call comes to the session from now on, or no longer. */
void		 directory_connect(struct directory *, struct session *);
void		 directory_disconnect(struct directory *, struct session *);
struct session	*directory_call(const struct directory *, uint32_t peer,
		    uint32_t local, uint16_t call_id);

/* The same for IP packets to its address inside. */
void		 directory_reach(struct directory *, struct session *);
void		 directory_unreach(struct directory *, struct session *);
struct session	*directory_address(const struct directory *,
		    const struct device *, uint32_t address);

#endif
