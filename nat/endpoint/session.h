/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A terminated session: its data, its states, and what can happen to it. */
#ifndef NAT_ENDPOINT_SESSION_H
#define NAT_ENDPOINT_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/endpoint/ctrl_conn.h"
#include "alg/endpoint/gre_sequence.h"
#include "alg/ppp/ppp.h"
#include "alg/pptp/gre.h"
#include "nat/net/gre_socket.h"

struct forward_early;
struct tun_device;
struct context;
struct mppc;
struct ctrl_socket;
struct profile;
struct session_radius;

/* In the order of its life: comparisons rely on it. */
enum session_state {
	SESSION_CALLING,	/* the call is not up yet */
	SESSION_OPENING,	/* LCP */
	SESSION_AUTHENTICATING,
	SESSION_NEGOTIATING,	/* logged in, or nobody has to */
	SESSION_STARTING,	/* addresses are agreed, ip-pre-up may run */
	SESSION_UP,		/* its packets flow */
	SESSION_RENEGOTIATING,	/* it was up: PPP negotiates again */
	SESSION_CLOSING,	/* out of all tables; PPP says good-bye */
	SESSION_CLEARING,	/* PPP is over, the call is not */
	SESSION_OVER,		/* the call is over, too */
	SESSION_STATES
};

enum session_event {
	SESSION_CALL_UP,
	SESSION_AUTHENTICATE,	/* LCP is open */
	SESSION_LOGGED_IN,	/* or goes on without a login */
	SESSION_PPP_UP,		/* addresses are agreed, or IPv6 changed */
	SESSION_PPP_DOWN,	/* either end negotiates again */
	SESSION_PRE_UP_DONE,	/* what was to run before traffic flows */
	SESSION_END,		/* by the session's reason */
	SESSION_PPP_CLOSED,
	SESSION_CALL_DOWN,
	SESSION_EVENTS
};

/*
 * A session that ends here: a call of a control connection, and PPP in it.
 */
struct session {
	struct context		*context;
	struct ctrl_socket	*ctrl;
	struct profile		*profile;
	uint32_t		 index;		/* in the context's pool */
	uint64_t		 serial;
	struct session		*next_reaped;
	struct ctrl_call	 call;
	struct gre_sequence	 sequence;
	struct ppp		 ppp;
	struct mppc		*mppc;		/* see session_ppp.c, or NULL */
	struct watch		*timer;
	uint64_t		 due;		/* ms, for which it is set */
	uint64_t		 since;		/* ms, of the state */
	uint64_t		 logged_in;	/* ms, 0: never */
	uint64_t		 up_since;	/* ms, at first; 0: never */
	uint8_t			 state;		/* enum session_state */
	uint8_t			 reason;	/* enum ppp_reason */
	enum reason		 call_reason;	/* of the call's end */
	uint8_t			 try;		/* the last login */

	/* What it has in the tables, as long as it is up: */
	struct tun_device	*device;	/* NULL: nothing of it all */
	struct gre_socket_path	 path;		/* outside */
	uint32_t		 local, remote;	/* inside */
	uint64_t		 local_ipv6, remote_ipv6; /* or 0: none */
	uint32_t		 leased;	/* address of a pool, or 0 */
	uint64_t		 owner;		/* session_record_owner */
	uint64_t		 told_pair;	/* ms, session_pair.h */
	uint32_t		 proxied;	/* proxy ARP: interface, or 0 */
	uint16_t		 mtu;
	uint8_t			 mppe_out;	/* agreed last */
	uint8_t			 in_the_way;	/* session_way bits */
	struct session_radius	*radius;	/* see there, or NULL */
	struct forward_early	*early;		/* GRE before the call, NULL */
	bool			 in_table;	/* GRE may come */
	bool			 has_ppp;	/* ppp, sequence are set up */
	bool			 pre_up_runs;	/* the script ip-pre-up */
	bool			 half_open;	/* counted so: half_open.h */
	bool			 told;		/* that a login failed */
	bool			 reaping;	/* is in the context's list */
};

/*
 * For a call of a control connection; its call has an ID.  NULL: there is no
 * room.
 */
struct session	*session_new(struct context *, struct ctrl_socket *);

/* Something has happened: enters the next state, and does what that asks. */
void		 session_event(struct session *, enum session_event);

/* Events that say more. */
void		 session_ppp_up(struct session *);
void		 session_pre_up_done(struct session *, bool ran);
void		 session_ppp_closed(struct session *, enum ppp_reason);
void		 session_lost(struct session *, enum reason);	/* the call */

/* Ends it as it should be: PPP says good-bye before the call ends. */
void		 session_close(struct session *, enum ppp_reason);

/* Takes it out of all tables at once; session_close has to follow. */
void		 session_withdraw(struct session *, enum ppp_reason);

/* By the admin, out of any turn; false: it is closing already. */
bool		 session_kick(struct session *);

/* What PPP says of it; all is empty when there is none yet. */
void		 session_info(const struct session *, struct ppp_info *);

/*
 * Sets the timer: for this time, if it is earlier than what it is set for;
 * for all that is due of its GRE and PPP.
 */
void		 session_wake_at(struct session *, uint64_t due);
void		 session_schedule(struct session *);

/* At the end of a turn: goes on ending it, and frees it. */
void		 session_reap(struct session *);

#endif
