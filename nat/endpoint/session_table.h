/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which session a packet belongs to: by the ends and the call ID of its GRE,
 * by the address of an IP packet out of a device that many share.
 */
#ifndef NAT_ENDPOINT_SESSION_TABLE_H
#define NAT_ENDPOINT_SESSION_TABLE_H

#include <stdint.h>

#include "alg/base/hash.h"
#include "alg/base/pool.h"
#include "alg/base/table.h"

struct tun_device;
struct session;

struct session_table {
	const struct pool	*sessions;	/* borrowed */
	struct table		 by_call, by_address;
	struct hash_key		 key;
};

int		 session_table_init(struct session_table *,
		    const struct pool *);
void		 session_table_free(struct session_table *);

/* From now on GRE of its call comes to the session, or no longer. */
void		 session_table_add_call(struct session_table *,
		    struct session *);
void		 session_table_remove_call(struct session_table *,
		    struct session *);
struct session	*session_table_find_call(const struct session_table *,
		    uint32_t peer, uint32_t local, uint16_t call_id);

/* The same for IP packets of the host to the address inside the tunnel. */
void		 session_table_add_address(struct session_table *,
		    struct session *);
void		 session_table_remove_address(struct session_table *,
		    struct session *);
struct session	*session_table_find_address(const struct session_table *,
		    const struct tun_device *, uint32_t address);

#endif
