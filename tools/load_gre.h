/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_LOAD_GRE_H
#define TOOLS_LOAD_GRE_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "alg/base/cursor.h"

#define GRE_BATCH	64
#define GRE_PACKET_MAX	1600
#define GRE_HEADERS_LEN	32	/* IP, enhanced GRE with sequence number */

/* A raw GRE socket with room for a batch of packets, IP headers included. */
struct gre {
	int			 fd;
	struct mmsghdr		 messages[GRE_BATCH];
	struct iovec		 vectors[GRE_BATCH];
	struct sockaddr_in	 peers[GRE_BATCH];
	uint8_t			 packets[GRE_BATCH][GRE_PACKET_MAX];
};

/* Enhanced GRE (RFC 2637 section 4.1), host byte order. */
struct gre_packet {
	uint32_t	 source, target;
	uint16_t	 call_id;
	uint32_t	 sequence;
	struct cursor	 payload;
};

/* Binds to an address of this host, 0 for all.  NULL with errno. */
struct gre	*gre_open(uint32_t address);
void		 gre_close(struct gre *);

/* Fills the batch with what has arrived, without waiting; returns how many. */
unsigned	 gre_receive(struct gre *);

/* Reads a received packet; -1 when it is not enhanced GRE with payload. */
int		 gre_parse(const struct gre *, unsigned at,
		    struct gre_packet *);

/* Writes a packet's headers into a slot for sending, len bytes in all. */
uint8_t		*gre_header(struct gre *, unsigned at,
		    const struct gre_packet *, size_t len);

/* Puts a received packet, readdressed, into an earlier or the same slot. */
void		 gre_turn(struct gre *, unsigned from, unsigned at,
		    const struct gre_packet *, uint16_t call_id);

/* Sends the first n slots; returns how many went out. */
unsigned	 gre_send(struct gre *, unsigned n);

#endif
