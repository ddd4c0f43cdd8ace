/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_ENDPOINT_CONTEXT_H
#define NAT_ENDPOINT_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/alg.h"
#include "alg/base/pool.h"
#include "alg/endpoint/gre_sequence.h"
#include "alg/endpoint/quota.h"
#include "alg/ppp/ppp.h"
#include "nat/base/ratelimit.h"
#include "nat/endpoint/login_throttle.h"
#include "nat/endpoint/session_table.h"
#include "nat/net/tso.h"

struct server_route;
struct gre_socket;
struct control;
struct tun_device;
struct helper;
struct gro;
struct loop;
struct ctrl_socket;
struct rtnetlink;
struct engine;
struct session;

/*
 * What all tunnels that end here share, and the way of their packets between
 * the GRE socket and the TUN devices.  Addresses are in host byte order.
 *
 * Things end in two steps, since a callback of a thing must not free it:
 * they are put aside, and context_end_turn at the end of each turn of the loop
 * does the rest.
 */
struct context {
	struct loop		*loop;		/* borrowed, as these */
	struct alg		*alg;
	struct engine		*engine;	/* may be NULL */
	struct control		*control;	/* the same; may be NULL */
	struct helper		*helper;
	struct rtnetlink	*rtnetlink;
	struct server_route	*server_routes;	/* of those who dial */
	struct gre_socket	*gre_socket;
	struct gro		*gro;
	struct watch		*gre_watch;
	struct watch		*helper_watch;
	struct watch		*sweep;		/* borrowed: section over */
	struct pool		 ctrl_sockets, sessions;
	struct login_throttle	 throttle;	/* sources and users */
	struct quota		 sources, users; /* sessions */
	struct quota		 addresses;	/* the same, inside */
	struct session_table	 session_table;
	struct gre_sequence_pool	 frames;
	uint64_t		 now;		/* ms, of this turn */
	uint64_t		 serial;	/* of the last session */
	struct session		*ended;		/* put aside */
	struct ctrl_socket	*over;
	struct tun_device	*retired;
	uint64_t		 ends[PPP_REASON_COUNT]; /* of sessions */
	uint64_t		 drops[PPP_DROP_COUNT];	/* of ended ones */
	uint64_t		 logins;
	bool			 stopping;	/* nobody stays */
	struct ratelimit failures, nobodies;    /* lines about them */
	struct tso		 tso;
};

/*
 * Room for so many sessions and control connections.  The helper is taken
 * over.  NULL with a sentence in error.
 */
struct context	*context_open(struct loop *, struct alg *, struct engine *,
		    struct helper *, uint32_t mark, uint32_t sessions,
		    uint32_t peers, char *error, size_t size);
/* All sessions and devices are gone already.  NULL is fine. */
void		 context_close(struct context *);

/* Begins a turn: what time it is. */
uint64_t	 context_begin_turn(struct context *);

/* Ends a turn: sends what waits, frees what was put aside. */
void		 context_end_turn(struct context *);

/* A hash that no peer can foresee: for owners in ledgers. */
uint64_t	 context_hash(const struct context *, const void *section,
		    const void *bytes, size_t len);

#endif
