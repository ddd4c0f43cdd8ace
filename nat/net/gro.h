/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Generic receive offload (GRO) on the way into the host: segments of one TCP
 * connection that follow each other become one large one, which costs the
 * host as much as one of them.  Only what the host could cut again into the
 * same packets is coalesced.
 */
#ifndef NAT_NET_GRO_H
#define NAT_NET_GRO_H

#include <stddef.h>
#include <stdint.h>

struct tun;

struct gro;

struct gro	*gro_new(void);		/* NULL: out of memory */
void		 gro_free(struct gro *);	/* NULL is fine */

/*
 * Takes an IPv4 packet that is whole for a device, or writes it; its bytes
 * have to stay until gro_flush.
 */
void		 gro_add(struct gro *, struct tun *, uint8_t *packet,
		    size_t len);

/* Writes what there is. */
void		 gro_flush(struct gro *);

/* Packets that a device did not take, since gro_new. */
uint64_t	 gro_refused(const struct gro *);

#endif
