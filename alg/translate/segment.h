/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Follows TCP of control connections: handshake, data, FIN and RST. */
#ifndef ALG_TRANSLATE_SEGMENT_H
#define ALG_TRANSLATE_SEGMENT_H

#include "alg/alg.h"
#include "alg/pptp/ip.h"

/*
 * What becomes of a TCP segment (RFC 9293) of a control connection, as
 * alg_packet says; it is rewritten where it lies.
 */
void	segment_process_packet(struct alg *, enum alg_dir, struct packet *,
	    struct alg_result *);

/* What it means that a segment has passed: as alg_acknowledged says. */
void	segment_process_ack(struct alg *, const struct alg_ack *,
	    struct alg_result *);

#endif
