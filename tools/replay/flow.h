/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRE as captured: one flow for each direction and call ID. */
#ifndef TOOLS_REPLAY_FLOW_H
#define TOOLS_REPLAY_FLOW_H

#include "alg/alg.h"
#include "alg/base/hash.h"
#include "alg/base/pool.h"
#include "alg/base/table.h"
#include "alg/pptp/gre.h"

#define FLOWS_MAX	65536

/* GRE in one direction with one call ID, as captured, for one call. */
struct flow {
	uint32_t	 src, dst;
	uint16_t	 call_id;
	enum alg_dir	 dir;
	uint64_t	 call;		/* serial, 0: of no call */
	unsigned	 packets, acks;	/* acks: without data */
	unsigned	 dropped;
	enum reason	 reason;	/* of the last one dropped */
	unsigned	 repeats;	/* sequence numbers not in order */
	unsigned	 missing;	/* and those left out */
	bool		 has_seq;
	uint32_t	 seq;		/* the highest */
	uint64_t	 bytes;		/* with IP header */
	uint64_t	 first, last;	/* ms of the replay */
};

struct flows {
	struct hash_key	 key;
	struct pool	 pool;
	struct table	 by_ends, by_pair;
};

/* Room for so many; -1 with errno. */
int		 flows_init(struct flows *, uint32_t room,
		    const struct hash_key *);
void		 flows_free(struct flows *);
uint32_t	 flows_count(const struct flows *);
struct flow	*flow_at(const struct flows *, uint32_t);

/* Did src send the first GRE between the two (or does it now)? */
bool		 flow_first(const struct flows *, uint32_t src, uint32_t dst);

/* Counts a packet; NULL when there is no room for another flow. */
struct flow	*flow_add(struct flows *, const struct packet *,
		    const struct gre *, enum alg_dir,
		    const struct alg_result *, uint64_t now);

#endif
