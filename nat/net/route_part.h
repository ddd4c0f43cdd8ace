/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_NET_ROUTE_PART_H
#define NAT_NET_ROUTE_PART_H

#include <libmnl/libmnl.h>

#include "nat/net/rtnetlink.h"

/* What the files of route.h share. */
#define RTNETLINK_PROTOCOL	117		/* the first daemon's */
#define RTNETLINK_MESSAGE	512		/* bytes of a request */

/* This daemon's mark in routes and neighbours; 0: it is not its own. */
uint8_t		 rtnetlink_own(const struct route *);

/* Begins a request in a buffer. */
struct nlmsghdr	*rtnetlink_request(void *buffer, uint16_t type, uint16_t flags);

/* Sends it, and gives every message of the answer to see. */
int		 rtnetlink_ask(struct route *, struct nlmsghdr *, mnl_cb_t see,
		    void *arg);

/* The value of an attribute; 0 if it is too short. */
uint32_t	 rtnetlink_u32(const struct nlattr *);

#endif
