/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The route to a server around all tunnels, so that they never carry
 * themselves; it is there as long as a client needs it.
 */
#ifndef NAT_NET_SERVER_ROUTE_H
#define NAT_NET_SERVER_ROUTE_H

#include <stdint.h>

#include "nat/net/rtnetlink.h"

struct server_route {
	struct server_route	*next;
	unsigned int		 users;
	struct rtnetlink_entry	 entry;
};

/*
 * The one to this address, made if there is none.  NULL when it cannot be
 * made: there is no way, or somebody else's is there.
 */
struct server_route *server_route_take(struct server_route **all,
    struct rtnetlink *, uint32_t address, uint32_t mark);

void server_route_give(struct server_route **all, struct rtnetlink *,
    struct server_route *); /* NULL is fine */

#endif
