/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPv4 packets: header, addresses, checksum (RFC 791). */
#ifndef ALG_PPTP_IP_H
#define ALG_PPTP_IP_H

#include <stddef.h>
#include <stdint.h>

#include "alg/reason.h"

#define IP_ICMP	1
#define IP_TCP	6
#define IP_GRE	47

#define IP_HEADER_MIN	20	/* bytes: without options */

/* An IPv4 packet (RFC 791) whose lengths agree; the bytes are borrowed. */
struct packet {
	uint8_t		*bytes;
	uint16_t	 length;	/* total, as the header says */
	uint16_t	 header;	/* bytes of IP header */
	uint32_t	 src, dst;
	uint8_t		 protocol;
};

/*
 * Reads an IPv4 header; len may exceed the packet (link padding).
 * REASON_NOT_OURS for other IP versions, REASON_TRUNCATED, REASON_FRAGMENT.
 */
enum reason	ip_parse(struct packet *, uint8_t *bytes, size_t len);

/*
 * The same for the start of a packet that an ICMP error quotes: its end may
 * be missing, length is what is there.
 */
enum reason	ip_quote(struct packet *, uint8_t *bytes, size_t len);

/* Writes; the IP checksum stays as right or wrong as it was. */
void		ip_set_src(struct packet *, uint32_t);
void		ip_set_dst(struct packet *, uint32_t);

/* Cuts the end off: total length from now on, not more than before. */
void		ip_cut(struct packet *, uint16_t length);

/* Writes total length and checksum into a header of so many bytes. */
void		ip_seal(uint8_t *packet, size_t header, size_t length);

/* A 16-bit word at an offset that the packet has. */
uint16_t	ip_get16(const struct packet *, size_t offset);
void		ip_put16(struct packet *, size_t offset, uint16_t);

#endif
