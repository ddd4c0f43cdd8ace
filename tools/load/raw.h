/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_LOAD_RAW_H
#define TOOLS_LOAD_RAW_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "alg/base/cursor.h"

#define RAW_BATCH	64
#define RAW_PACKET_MAX	1600
#define RAW_HEADERS_LEN	32	/* IP, enhanced GRE with sequence number */

/* A raw GRE socket with room for a batch of packets, IP headers included. */
struct raw {
	int			 fd;
	struct mmsghdr		 messages[RAW_BATCH];
	struct iovec		 vectors[RAW_BATCH];
	struct sockaddr_in	 peers[RAW_BATCH];
	uint8_t			 packets[RAW_BATCH][RAW_PACKET_MAX];
};

/* Enhanced GRE (RFC 2637 section 4.1), host byte order. */
struct raw_packet {
	uint32_t	 source, target;
	uint16_t	 call_id;
	uint32_t	 sequence;
	struct cursor	 payload;
};

/* Binds to an address of this host, 0 for all.  NULL with errno. */
struct raw	*raw_open(uint32_t address);
/* More room on the same socket. */
struct raw	*raw_again(const struct raw *);
void		 raw_close(struct raw *);

/* Fills the batch with what has arrived, without waiting; returns how many. */
unsigned	 raw_receive(struct raw *);

/* Reads a received packet; -1 when it is not enhanced GRE with payload. */
int		 raw_parse(const struct raw *, unsigned at,
		    struct raw_packet *);

/*
 * A received packet's addresses, and its bytes from the GRE header on, which
 * may be changed; -1 when it is too short.
 */
int		 raw_get(struct raw *, unsigned at, uint32_t *source,
		    uint32_t *target, uint8_t **bytes, size_t *len);

/* Puts bytes, from a GRE header on, into a slot for sending. */
void		 raw_put(struct raw *, unsigned at, uint32_t source,
		    uint32_t target, const uint8_t *bytes, size_t len);

/* Writes a packet's headers into a slot for sending, len bytes in all. */
uint8_t		*raw_header(struct raw *, unsigned at,
		    const struct raw_packet *, size_t len);

/* Puts a received packet, readdressed, into an earlier or the same slot. */
void		 raw_turn(struct raw *, unsigned from, unsigned at,
		    const struct raw_packet *, uint16_t call_id);

/* Sends the first n slots; returns how many went out. */
unsigned	 raw_send(struct raw *, unsigned n);

#endif
