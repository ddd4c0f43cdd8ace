/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sends a TCP segment that no socket of this host has. */
#ifndef NAT_NET_TCP_SEGMENT_H
#define NAT_NET_TCP_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

struct raw_socket;

/* Addresses, ports and numbers in host byte order; flags of alg/pptp/tcp.h. */
struct tcp_segment {
	uint32_t	 from, to;
	uint16_t	 from_port, to_port;
	uint32_t	 seq, ack;
	uint8_t		 flags;
};

/*
 * Without data, options and window (RFC 9293 section 3.1), routed by a mark.
 * false when it could not be sent: it is logged why.
 */
bool		 tcp_segment_send(struct raw_socket *, uint32_t mark,
		    const struct tcp_segment *);

#endif
