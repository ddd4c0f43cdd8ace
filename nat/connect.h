/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_CONNECT_H
#define NAT_CONNECT_H

#include <stdint.h>

#include "conf/dial.h"
#include "nat/route.h"

struct exchange;

/*
 * Begins to connect to the server of a section, at this address; its host
 * route is set before, and told in *host (interface 0: none).  A socket that
 * does not block, or -1 with errno.
 */
int	connect_server(struct exchange *, const struct dial *,
	    uint32_t address, struct route_entry *host);

/* How that has ended, when the socket takes data: an errno, or 0. */
int	connect_result(int fd);

#endif
