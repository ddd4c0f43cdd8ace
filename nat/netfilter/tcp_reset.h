/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sends TCP resets in the name of either end of a control connection. */
#ifndef NAT_NETFILTER_TCP_RESET_H
#define NAT_NETFILTER_TCP_RESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/alg.h"

struct raw_socket;

/*
 * Resets both ends of a connection: the inside end hears it from the outside
 * end, the outside end from the public address and port.  All that is sent
 * carries our mark, and is routed by the connection's.  false when not all
 * could be sent: it is logged why.
 */
bool		 tcp_reset_send(struct raw_socket *, uint32_t mark,
		    const struct alg_connection_info *);

#endif
