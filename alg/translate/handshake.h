/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ALG_TRANSLATE_HANDSHAKE_H
#define ALG_TRANSLATE_HANDSHAKE_H

#include "alg/translate/segment.h"

/* How a control connection begins (RFC 9293 section 3.5). */

/* A SYN without ACK. */
void	handshake_syn(struct segment *);

/* A SYN-ACK; asks for the public address first. */
void	handshake_syn_ack(struct segment *);

/* Does this acknowledge the other end's SYN? */
bool	handshake_answers(const struct segment *);

/*
 * Does this segment complete the handshake?  Then the connection is open;
 * else nothing of the segment passes but a bare ACK of the answering end.
 */
bool	handshake_opened(struct segment *);

/* A segment of a connection whose SYN was not seen; false: no room. */
bool	handshake_pick_up(struct segment *);

#endif
