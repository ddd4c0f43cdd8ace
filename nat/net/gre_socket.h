/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The raw socket for enhanced GRE (RFC 2637 section 4) of all sessions that
 * end here, read and written in batches.  Addresses are in host byte order.
 */
#ifndef NAT_NET_GRE_SOCKET_H
#define NAT_NET_GRE_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gre_socket;

#define GRE_SOCKET_BATCH		64	/* packets per system call */
#define GRE_SOCKET_HEADROOM	64	/* bytes before a slot's packet */
#define GRE_SOCKET_SLOT		1856	/* bytes of a slot, headroom and all */

/* A packet from its GRE header on; the bytes may be changed. */
struct gre_socket_packet {
	uint32_t		 peer, local;
	uint8_t			*bytes;
	size_t			 len;
};

/* What is sent gets the mark.  NULL with a sentence in error. */
struct gre_socket *gre_socket_open(uint32_t mark, char *error, size_t size);
void		 gre_socket_close(struct gre_socket *);	/* NULL is fine */

/* To be watched for reading; then gre_socket_receive. */
int		 gre_socket_fd(const struct gre_socket *);

/*
 * Receives what one system call brings: how many packets that can be used;
 * more: there may be others.  Their bytes stay until the next
 * gre_socket_receive.
 */
size_t		 gre_socket_receive(struct gre_socket *,
		    struct gre_socket_packet batch[GRE_SOCKET_BATCH],
		    bool *more);

/* Are these bytes of a packet of the last gre_socket_receive? */
bool		 gre_socket_holds(const struct gre_socket *, const uint8_t *);

/* Room for the next packet to be sent: GRE_SOCKET_SLOT bytes. */
uint8_t		*gre_socket_slot(struct gre_socket *);

/* The route of a session's GRE: addresses, and what routing may use. */
struct gre_socket_path {
	uint32_t		 local, peer;
	uint32_t		 mark;		/* or 0: the socket's */
	unsigned int		 interface;	/* or 0: by routing */
};

/*
 * Sends a packet from its GRE header on, with the next gre_socket_flush at the
 * latest; it is copied but for bytes in the slot.
 */
void		 gre_socket_send(struct gre_socket *,
		    const struct gre_socket_path *, const uint8_t *, size_t);
void		 gre_socket_flush(struct gre_socket *);

/* Since gre_socket_open. */
struct gre_socket_counters {
	uint64_t		 received, sent;
	uint64_t		 cut_short;	/* longer than any we take */
	uint64_t		 unsent;	/* not taken by the kernel */
};
void		 gre_socket_counters(const struct gre_socket *,
		    struct gre_socket_counters *);

#endif
