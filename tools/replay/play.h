/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The second reading of a capture: the translator is given each packet. */
#ifndef TOOLS_REPLAY_PLAY_H
#define TOOLS_REPLAY_PLAY_H

#include "alg/alg.h"
#include "alg/pptp/ip.h"
#include "alg/pptp/tcp.h"
#include "tools/replay/capture.h"
#include "tools/replay/ctrl_conn.h"
#include "tools/replay/flow.h"
#include "tools/replay/ppp_trace.h"
#include "tools/replay/print.h"
#include "tools/replay/source.h"

/* The second reading: packets go through the translator in their order. */
struct play {
	struct alg		*alg;
	struct ctrl_conns		 conns;
	struct ppp_traces		 traces;
	struct flows		 flows;
	struct source		 source;
	struct capture_writer	*writer;	/* NULL: not wanted */
	const struct report	*report;
	bool			 summary;	/* no events */
	bool			 absolute;	/* times since the epoch */
	uint32_t		 client;	/* tell of it only; 0: of all */
	FILE			*out;
	struct capture_packet	*packet;	/* the current one */
	uint32_t		 src, dst;	/* of it */
	uint64_t		 now, ticked;	/* ms, never 0 */
	struct alg_change	*changes;	/* of the current packet */
	size_t			 nchanges, room;
	unsigned long		 control, gre, icmp;	/* packets */
	unsigned long		 outside;	/* left out: beyond the NAT */
	unsigned long		 wrong_sums;	/* TCP checksums, taken */
	unsigned long		 damaged;	/* not taken */
	bool			 told;		/* an event */
	bool			 failed;	/* out of memory */
};

/* Feeds all of the capture; everything in *play is set up. */
void		 play_all(struct play *);

/* One kind of packet each. */
void		 segment_play(struct play *, struct packet *);
void		 gre_play(struct play *, struct packet *);
void		 gre_play_icmp(struct play *, struct packet *);

/*
 * Asks the translator about p->bytes, answers when it asks for the public
 * address, and gathers the changes.  The packet is rewritten and cut.
 */
void		 play_translate(struct play *, enum alg_dir, struct packet *,
		    const struct ctrl_conn *, struct alg_result *);

/* An event of the current packet without text. */
struct event	 play_event(const struct play *, const char *kind);
void		 play_tell(struct play *, struct event *);

/* Is this to be told of, or left out because it is about others? */
bool		 play_shows(const struct play *, uint32_t a, uint32_t b);
bool		 play_shows_conn(const struct play *, uint32_t);
bool		 play_shows_call(const struct play *,
		    const struct ppp_trace *);

/* Writes a packet that is as the outside sees it, if that is wanted. */
void		 play_write(struct play *, struct packet *);

#endif
