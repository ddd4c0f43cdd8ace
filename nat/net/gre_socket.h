/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_NET_GRE_SOCKET_H
#define NAT_NET_GRE_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The raw socket for enhanced GRE (RFC 2637 section 4) of all tunnels that
 * end here, read and written in batches.  Addresses are in host byte order.
 */
struct carrier;

#define CARRIER_BATCH		64	/* packets per system call */
#define CARRIER_HEADROOM	64	/* bytes before a slot's packet */
#define CARRIER_SLOT		1856	/* bytes of a slot, headroom and all */

/* A packet from its GRE header on; the bytes may be changed. */
struct carrier_packet {
	uint32_t	 peer, local;
	uint8_t		*bytes;
	size_t		 len;
};

typedef void	(*carrier_take)(void *arg, struct carrier_packet *);

/*
 * What is sent gets the mark.  NULL with a sentence in error.
 */
struct carrier	*carrier_open(uint32_t mark, char *error, size_t size);
void		 carrier_close(struct carrier *);	/* NULL is fine */

/* To be watched for reading; then carrier_read. */
int		 carrier_fd(const struct carrier *);

/*
 * Gives away what one system call brings; how many packets.  Their bytes
 * stay until the next carrier_read.
 */
int		 carrier_read(struct carrier *, carrier_take, void *arg);

/* Are these bytes of a packet of the last carrier_read? */
bool		 carrier_holds(const struct carrier *, const uint8_t *);

/* Room for the next packet to be sent: CARRIER_SLOT bytes. */
uint8_t		*carrier_slot(struct carrier *);

/* Which way packets of a tunnel go. */
struct carrier_path {
	uint32_t	 local, peer;
	uint32_t	 mark;		/* of theirs, or 0: the socket's */
	unsigned int	 interface;	/* or 0: by routing */
};

/*
 * Sends a packet from its GRE header on, with the next carrier_flush at the
 * latest; it is copied but for bytes in the slot.
 */
void		 carrier_send(struct carrier *, const struct carrier_path *,
		    const uint8_t *, size_t);
void		 carrier_flush(struct carrier *);

/* Since carrier_open. */
struct carrier_counters {
	uint64_t	 received, sent;
	uint64_t	 cut_short;	/* longer than any we take */
	uint64_t	 unsent;	/* not taken by the kernel */
};
void		 carrier_counters(const struct carrier *,
		    struct carrier_counters *);

#endif
