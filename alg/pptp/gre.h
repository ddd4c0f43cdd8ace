/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The header of enhanced GRE, version 1 (RFC 2637 section 4.1). */
#ifndef ALG_PPTP_GRE_H
#define ALG_PPTP_GRE_H

#include <stdint.h>

#include "alg/base/cursor.h"
#include "alg/pptp/ip.h"
#include "alg/reason.h"

/* Enhanced GRE (RFC 2637 section 4.1), from the GRE header's start. */
#define GRE_PROTOCOL		0x880B
#define GRE_OFFSET_CALL_ID	6

/* Flags word: C R K S s Recur(3) A Flags(4) Ver(3). */
#define GRE_FLAGS		0x2001	/* K and version 1 */
#define GRE_FLAG_SEQ		0x1000
#define GRE_FLAG_ACK		0x0080

struct gre {
	uint16_t	 payload;	/* bytes of PPP */
	uint16_t	 call_id;	/* the receiver's */
	uint16_t	 header;	/* 8, 12 or 16 bytes */
	uint8_t		 has_seq, has_ack;
	uint32_t	 seq, ack;
};

/*
 * REASON_NONE, REASON_NOT_OURS for other GRE, REASON_GRE_MALFORMED.  A
 * quoted packet may end after the call ID: its rest is not looked at.
 */
enum reason	gre_parse(struct gre *, const struct packet *);
enum reason	gre_parse_quote(struct gre *, const struct packet *);

/* gre_parse from the GRE header on. */
enum reason	gre_read(struct gre *, struct cursor);

#endif
