/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sends IP packets whose header we write, each routed by a mark of its own. */
#ifndef NAT_NET_RAW_SOCKET_H
#define NAT_NET_RAW_SOCKET_H

#include <stddef.h>
#include <stdint.h>

struct raw_socket;

/* NULL with a sentence in error. */
struct raw_socket	*raw_socket_open(char *error, size_t size);
void			 raw_socket_close(struct raw_socket *);

/* What is sent from now on goes by a VRF's device, or none (0); -1: errno. */
int			 raw_socket_bind(struct raw_socket *,
			    unsigned int device);

/*
 * Sends a packet, from its IP header on; the kernel fills in the header's
 * checksum, and an identification of 0.  -1 with errno: EMSGSIZE when it is
 * larger than the way.
 */
int			 raw_socket_send(struct raw_socket *,
			    const uint8_t *packet, size_t len, uint32_t mark);

/* The MTU of a packet's way; 0 with errno when there is none. */
uint16_t		 raw_socket_mtu(struct raw_socket *,
			    const uint8_t *packet, uint32_t mark);

#endif
