/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the outside must have sent, or would have seen. */
#ifndef TOOLS_REPLAY_OUTSIDE_H
#define TOOLS_REPLAY_OUTSIDE_H

#include "tools/replay/play.h"

/*
 * A capture shows what the inside end got: its own call IDs and address.
 * These turn packets that came in into what the outside must have sent for
 * that, had the translator stood between the two.
 */

/* A segment whose data starts at a stream offset; its call IDs only. */
void	outside_segment(const struct play *, const struct ctrl_conn *,
	    struct ctrl_stream *, struct packet *, const struct tcp *,
	    int64_t offset);

/* Of a call, or else of a connection (which may be NULL). */
void	outside_gre(const struct play *, const struct ctrl_conn *,
	    struct packet *, const struct gre *);

/* An ICMP error and the packet that it quotes. */
void	outside_icmp(const struct ctrl_conn *, struct packet *,
	    struct packet *quote);

/*
 * Writes a segment of either direction with the addresses and ports that the
 * outside sees; the packet is changed.
 */
void	outside_write(struct play *, const struct ctrl_conn *, enum alg_dir,
	    struct packet *);

#endif
