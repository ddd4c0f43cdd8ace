/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ICMP errors, which quote the packet that they are about (RFC 792). */
#ifndef ALG_PPTP_ICMP_H
#define ALG_PPTP_ICMP_H

#include "alg/pptp/ip.h"

#define ICMP_HEADER		8	/* bytes, before the quote */

struct icmp {
	uint8_t		 type, code;
	struct packet	 quote;		/* within the error's bytes */
};

/*
 * REASON_NONE, REASON_NOT_OURS for what is no error, REASON_ICMP_MALFORMED
 * when it is cut short, or what is wrong with the quote.
 */
enum reason	 icmp_parse(struct icmp *, const struct packet *);

/* What it says, in words; static storage. */
const char	*icmp_name(uint8_t type, uint8_t code);

#endif
