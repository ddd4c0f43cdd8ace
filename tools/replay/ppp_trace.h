/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happened to each call: its states, and how its PPP was negotiated. */
#ifndef TOOLS_REPLAY_PPP_TRACE_H
#define TOOLS_REPLAY_PPP_TRACE_H

#include "alg/alg.h"
#include "alg/base/hash.h"
#include "alg/base/pool.h"
#include "alg/base/table.h"
#include "alg/ppp/negotiation.h"

/* A call as the translator told of it, with its GRE. */
struct ppp_trace {
	struct alg_call_info info;	/* the last one */
	uint32_t	 conn, next;	/* next: older, of this connection */
	bool		 was_up, ended;
	enum reason	 reason;	/* why it ended, or a notice */
	uint64_t	 asked, up, over;	/* ms of the replay */
	struct negotiation side[2];	/* by enum alg_dir */
	bool		 unreachable[2];	/* ICMP errors say so of them */
};

struct ppp_traces {
	struct hash_key	 key;
	struct pool	 pool;
	struct table	 by_serial, by_inside, by_mapped;
};

/* Room for so many; -1 with errno. */
int		 ppp_traces_init(struct ppp_traces *, uint32_t,
		    const struct hash_key *);
void		 ppp_traces_free(struct ppp_traces *);
uint32_t	 ppp_traces_count(const struct ppp_traces *);
struct ppp_trace	*ppp_trace_at(const struct ppp_traces *, uint32_t);

/* Its state by name, "down" or "refused" once that is told. */
const char	*ppp_trace_state(const struct ppp_trace *);

/*
 * Takes over a change; NULL when there is no room for another call.  A new
 * one becomes *first of its connection.
 */
struct ppp_trace *ppp_trace_change(struct ppp_traces *,
    const struct alg_change *, uint32_t conn, uint32_t *first, uint64_t now);

struct ppp_trace *ppp_trace_of(const struct ppp_traces *, uint64_t serial);

/* The newest with this inside end and ID, one that is up before others. */
struct ppp_trace *ppp_trace_inside(const struct ppp_traces *, uint32_t inside,
    uint32_t outside, uint16_t inside_id);

/* The newest with that ID as the outside sees it, other than one call. */
struct ppp_trace *ppp_trace_mapped(const struct ppp_traces *, uint32_t public,
    uint32_t outside, uint16_t mapped_id, uint64_t but);

/*
 * Another call of the same inside end at the same time, which the outside
 * knows by the ID that this one had wanted; NULL: none.
 */
struct ppp_trace *ppp_trace_rival(const struct ppp_traces *,
		    const struct ppp_trace *);

/*
 * The newest call of a connection that is not over and has this ID, its inside
 * end's or else its outside end's; first is conn.newest_call.
 */
struct ppp_trace *ppp_trace_on(
    const struct ppp_traces *, uint32_t first, bool inside, uint16_t id);

#endif
