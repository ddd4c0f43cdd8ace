/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way of packets of terminated sessions, both ways between the GRE socket
 * and the TUN devices.
 */
#ifndef NAT_ENDPOINT_FORWARD_H
#define NAT_ENDPOINT_FORWARD_H

#include <stddef.h>
#include <stdint.h>

struct session;

/* The GRE socket can be read; the arg is the struct context. */
void	forward_gre(void *context);

/* A TUN device can be read; the arg is the struct tun_device. */
void	forward_tun(void *device);

/*
 * Sends a frame of PPP's to a struct session's peer, with a GRE header in the
 * GRE_SEQUENCE_HEADROOM bytes before it.
 */
void	forward_frame(void *session, uint8_t *frame, size_t len);

/* The call is up: what came before the reply to it is taken now. */
void	forward_take_early(struct session *);

/* Does what a session's gre_sequence_due has said. */
void	forward_tick(struct session *);

#endif
