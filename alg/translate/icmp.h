/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ICMP errors that quote GRE of a call, or a connection's SYN (RFC 792). */
#ifndef ALG_TRANSLATE_ICMP_H
#define ALG_TRANSLATE_ICMP_H

#include "alg/alg.h"
#include "alg/pptp/ip.h"

/*
 * Decides about an ICMP error (RFC 792) that quotes GRE, as alg_packet says:
 * the quote is translated back, so that the receiver of the error sees the
 * packet quoted that it has sent.
 */
void	icmp_process_packet(struct alg *, enum alg_dir, struct packet *,
	    struct alg_result *);

/* As alg_quotes_sender says; ICMP. */
bool	icmp_quotes_sender(const struct alg *, const struct packet *);

/* As alg_note_refusal says; ICMP. */
bool	icmp_note_refusal(struct alg *, enum alg_dir, bool own,
	    const struct packet *);

#endif
