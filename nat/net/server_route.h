/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_NET_SERVER_ROUTE_H
#define NAT_NET_SERVER_ROUTE_H

#include <stdint.h>

#include "nat/net/rtnetlink.h"

/*
 * The way to a server around all tunnels, so that they never carry
 * themselves; as long as somebody needs it.
 */
struct bypass {
	struct bypass		*next;
	unsigned int		 users;
	struct route_entry	 entry;
};

/*
 * The one to this address, made if there is none.  NULL when it cannot be
 * made: there is no way, or somebody else's is there.
 */
struct bypass	*bypass_take(struct bypass **all, struct route *,
		    uint32_t address, uint32_t mark);

void		 bypass_give(struct bypass **all, struct route *,
		    struct bypass *);		/* NULL is fine */

#endif
