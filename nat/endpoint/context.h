/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all sessions that end here share.
 *
 * A callback of PPP, of a control connection or of a device must not free
 * what has called it: what is over goes into a list, and is reaped (freed) by
 * context_end_turn, when nothing else is under way.
 */
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
#include "nat/radius/radius_client.h"

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
struct session_pair;

struct context {
	struct loop		*loop;		/* borrowed, as these */
	struct alg		*alg;
	struct engine		*engine;	/* may be NULL */
	struct control		*control;	/* the same; may be NULL */
	struct session_pair	*pair;		/* the same; may be NULL */
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
	struct quota		 addresses;	/* the same, by address */
	struct session_table	 session_table;
	struct gre_sequence_pool	 frames;
	uint64_t		 now;		/* ms, of this turn */
	uint64_t		 serial;	/* of the last session */
	uint64_t		 started;	/* seconds since 1970 */
	struct radius_client_counters radius;
	/* What is freed at the end of the turn: */
	struct session		*reaped_sessions;
	struct ctrl_socket	*reaped_ctrl_sockets;
	struct tun_device	*reaped_devices;
	uint64_t		 ends[PPP_REASON_COUNT]; /* of sessions */
	uint64_t		 drops[PPP_DROP_COUNT];	/* of ended ones */
	uint64_t		 logins;
	bool			 stopping;	/* all sessions are ended */
	struct ratelimit	 failures;	/* lines about failed logins */
	struct ratelimit	 no_logins;	/* ... and calls without one */
	int			 accounting;	/* accounting_file, or -1 */
	struct tso		 tso;
};

/*
 * Room for so many sessions and control connections.  The helper is taken
 * over.  NULL with a sentence in error.
 */
struct context	*context_open(struct loop *, struct alg *, struct engine *,
		    struct helper *, uint32_t mark, uint32_t sessions,
		    uint32_t ctrl_sockets, char *error, size_t size);
/* All sessions and devices are gone already.  NULL is fine. */
void		 context_close(struct context *);

/* Every callback of the loop begins its turn so: what time it is. */
uint64_t	 context_begin_turn(struct context *);

/* ... and ends it: what is over is reaped, GRE that waits is sent. */
void		 context_end_turn(struct context *);

/* A walk through all sessions: *at starts at 0; NULL at the end. */
struct session	*context_next_session(const struct context *, uint32_t *at);

/* A hash that no peer can foresee: for owners in quotas. */
uint64_t	 context_hash(const struct context *, const void *section,
		    const void *bytes, size_t len);

#endif
