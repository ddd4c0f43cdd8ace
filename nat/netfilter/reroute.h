/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sends a packet on that the kernel has routed, or would, another way than its
 * control connection's.
 */
#ifndef NAT_NETFILTER_REROUTE_H
#define NAT_NETFILTER_REROUTE_H

#include <stddef.h>
#include <stdint.h>

struct raw_socket;

/* IP header and 8 bytes: what an error quotes (RFC 792). */
#define REROUTE_QUOTE	68

/*
 * Routes a translated IPv4 packet by a mark, and sends it; one that is larger
 * than its way in fragments, or its sender hears that, by an error that quotes
 * the packet as it came and carries our mark.  The packet is destroyed.  -1
 * with errno when it could not be sent, nor the error.
 */
int	reroute_send(struct raw_socket *, uint8_t *packet, size_t len,
	    uint32_t mark, const uint8_t came[REROUTE_QUOTE], uint32_t ours);

/*
 * Tells the sender of a packet whose time to live is over (RFC 1812 section
 * 5.3.1), by an error that carries our mark.  -1 with errno.
 */
int	reroute_refuse_expired(struct raw_socket *,
	    const uint8_t came[REROUTE_QUOTE], uint32_t ours);

#endif
