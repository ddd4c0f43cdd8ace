/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TCP headers and sequence numbers (RFC 9293 sections 3.1 and 3.4). */
#ifndef ALG_PPTP_TCP_H
#define ALG_PPTP_TCP_H

#include <stdbool.h>
#include <stdint.h>

#include "alg/pptp/ip.h"

#define TCP_FIN		0x01
#define TCP_SYN		0x02
#define TCP_RST		0x04
#define TCP_PSH		0x08
#define TCP_ACK		0x10
#define TCP_URG		0x20
#define TCP_CWR		0x80

#define TCP_HEADER_MIN		20	/* bytes: without options */
#define TCP_OFFSET_SEQ		4	/* in the header */
#define TCP_OFFSET_LENGTH	12	/* in words, upper half of the byte */
#define TCP_OFFSET_FLAGS	13
#define TCP_OFFSET_WINDOW	14
#define TCP_OFFSET_CHECKSUM	16

/* A TCP header (RFC 9293 section 3.1); offsets count from the IP header. */
struct tcp {
	uint16_t	 src_port, dst_port;
	uint32_t	 seq, ack;
	uint8_t		 flags;
	uint16_t	 data;		/* offset of the payload */
	uint16_t	 len;		/* bytes of payload */
};

/* Sequence numbers: a - b as a signed distance (RFC 9293 section 3.4). */
static inline int32_t
tcp_diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

/* REASON_NONE, REASON_TRUNCATED or REASON_BAD_FLAGS. */
enum reason	tcp_parse(struct tcp *, const struct packet *);

/* Of a segment that ICMP quotes: only ports and seq, which are in 8 bytes. */
enum reason	tcp_parse_quote(struct tcp *, const struct packet *);

bool		tcp_checksum_right(const struct packet *);
void		tcp_checksum_set(struct packet *);

/*
 * Nothing is urgent any more: receivers take urgent bytes out of the stream
 * (RFC 6093 section 3), and would read others than we.  Checksum not set.
 */
void		tcp_clear_urgent(struct tcp *, struct packet *);

/* Another sequence number; checksum not set. */
void		tcp_set_seq(struct tcp *, struct packet *, uint32_t seq);

/*
 * The sender of this one takes no more than so many bytes at once; and in a
 * SYN: windows are not scaled (RFC 7323 section 2).  true when something was
 * changed; checksum not set.
 */
bool		tcp_limit_window(const struct tcp *, struct packet *,
		    uint16_t most);

/* Cuts the payload to len bytes and takes the FIN away; checksum not set. */
void		tcp_cut(struct tcp *, struct packet *, uint16_t len);

#endif
