/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Raw sockets for GRE, which take and give packets in batches. */
#ifndef TOOLS_LOAD_RAW_H
#define TOOLS_LOAD_RAW_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "alg/base/cursor.h"
#include "alg/pptp/ip.h"

#define RAW_BATCH	64
#define RAW_PACKET_MAX	1600
#define RAW_IP_LEN	20	/* bytes of the IP headers that are sent */

/* A raw GRE socket with room for a batch of packets, IP headers included. */
struct raw {
	int			 fd;
	struct mmsghdr		 messages[RAW_BATCH];
	struct iovec		 vectors[RAW_BATCH];
	struct sockaddr_in	 peers[RAW_BATCH];
	uint8_t			 packets[RAW_BATCH][RAW_PACKET_MAX];
};

/* Binds to an address of this host, 0 for all.  NULL with errno. */
struct raw	*raw_open(uint32_t address);
/* More room on the same socket; NULL with errno. */
struct raw	*raw_again(const struct raw *);
void		 raw_close(struct raw *);	/* NULL is fine */

/* Fills the batch with what has arrived, without waiting; returns how many. */
unsigned	 raw_receive(struct raw *);

/* Reads a received packet's IP header; -1 when it is not whole. */
int		 raw_packet(struct raw *, unsigned at, struct packet *);

/*
 * Makes a slot a packet to be sent, of so many bytes with its IP header: for
 * writing what follows that.  Addresses in host byte order.
 */
struct writer	 raw_slot(struct raw *, unsigned at, uint32_t source,
		    uint32_t target, size_t len);

/*
 * Makes a slot a received GRE packet that goes back to where it came from,
 * to this call ID there.  The packet's own slot, or one before it.
 */
void		 raw_turn(struct raw *, unsigned at, struct packet *,
		    uint16_t call_id);

/* Sends the first n slots; returns how many went out. */
unsigned	 raw_send(struct raw *, unsigned n);

#endif
