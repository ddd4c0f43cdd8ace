/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_REPLAY_PPP_TRACE_H
#define TOOLS_REPLAY_PPP_TRACE_H

#include "alg/alg.h"
#include "alg/base/hash.h"
#include "alg/base/pool.h"
#include "alg/base/table.h"
#include "alg/ppp/dissect.h"

/* What one end of a tunnel sent, by PPP's own words. */
struct tunnel_side {
	unsigned	 packets;	/* GRE that passed */
	unsigned	 requests, acks;	/* LCP Configure */
	const char	*auth;		/* asked for by the last request */
	unsigned	 asked;		/* challenges and the like */
	unsigned	 answered;	/* responses, PAP requests */
	char		 name[DISSECT_NAME_MAX];	/* user, as answered */
	bool		 success, failure;	/* told as the authenticator */
	uint32_t	 error;		/* with the failure */
	char		 message[DISSECT_TEXT_MAX];
	bool		 terminated;	/* sent a Terminate-Request */
	char		 farewell[DISSECT_TEXT_MAX];
	unsigned	 ccp_requests;
	bool		 mppe_asked, mppe_acked, mppe_rejected;
	uint32_t	 mppe;		/* bits it acknowledged */
	bool		 ccp_refused;	/* Protocol-Reject of CCP */
	bool		 ipcp_acked, ipcp_refused;
	uint32_t	 address;	/* its own, as it last asked */
	unsigned	 encrypted, plain;	/* frames with data */
	bool		 unreachable;	/* an ICMP error says so of it */
};

/* A call as the brain told of it, with its GRE. */
struct ctrl_conn {
	struct alg_call_info info;	/* the last one */
	uint32_t	 session, next;	/* next: older, of this session */
	bool		 was_up, ended;
	enum reason	 reason;	/* why it ended, or a notice */
	uint64_t	 asked, up, over;	/* ms of the replay */
	struct tunnel_side side[2];	/* by enum alg_dir */
};

struct tunnels {
	struct hash_key	 key;
	struct pool	 pool;
	struct table	 by_serial, by_inside, by_mapped;
};

/* Room for so many; -1 with errno. */
int		 tunnels_init(struct tunnels *, uint32_t,
		    const struct hash_key *);
void		 tunnels_free(struct tunnels *);
uint32_t	 tunnels_count(const struct tunnels *);
struct ctrl_conn	*tunnel_at(const struct tunnels *, uint32_t);

/* Its state by name, "down" or "refused" once that is told. */
const char	*tunnel_state(const struct ctrl_conn *);

/*
 * Takes over a change; NULL when there is no room for another call.  A new
 * one becomes *first of its session.
 */
struct ctrl_conn *tunnel_change(struct tunnels *, const struct alg_change *,
    uint32_t session, uint32_t *first, uint64_t now);

struct ctrl_conn	*tunnel_of(const struct tunnels *, uint64_t serial);

/* The newest with this inside end and ID, one that is up before others. */
struct ctrl_conn	*tunnel_inside(const struct tunnels *, uint32_t inside,
		    uint32_t outside, uint16_t inside_id);

/* The newest with that ID as the outside sees it, other than one call. */
struct ctrl_conn	*tunnel_mapped(const struct tunnels *, uint32_t public,
		    uint32_t outside, uint16_t mapped_id, uint64_t but);

/*
 * The newest call of a session that is not over and has this ID, its inside
 * end's or else its outside end's; first is session.tunnel.
 */
struct ctrl_conn *tunnel_on(
    const struct tunnels *, uint32_t first, bool inside, uint16_t id);

/* Takes note of what a frame of this tunnel says. */
void		 tunnel_heard(struct ctrl_conn *, enum alg_dir,
		    const struct dissect *);

#endif
