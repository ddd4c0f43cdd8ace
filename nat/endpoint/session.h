/* SPDX-License-Identifier: GPL-2.0-or-later */
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

struct tun_device;
struct context;
struct mppc;
struct ctrl_socket;
struct profile;

enum session_state {
	SESSION_OPENING,	/* no PPP yet */
	SESSION_AUTHENTICATING,
	SESSION_NEGOTIATING,	/* logged in */
	SESSION_UP,		/* its packets flow */
	SESSION_CLOSING,
	SESSION_STATES
};

/*
 * A tunnel that ends here: a call of a control connection, and PPP in it.
 */
struct session {
	struct context		*context;
	struct ctrl_socket	*ctrl;
	struct profile		*profile;
	uint32_t		 index;		/* in the exchange's pool */
	uint64_t		 serial;
	struct session		*next_ended;
	struct ctrl_call	 call;
	struct gre_sequence	 sequence;
	struct ppp		 ppp;
	struct mppc		*mppc;		/* see session_ppp.c, or NULL */
	struct watch		*timer;
	uint64_t		 due;		/* ms, for which it is set */
	uint64_t		 since;		/* ms, of the state */
	uint64_t		 logged_in;	/* ms, 0: never */

	/* What it has in the tables, as long as it is up: */
	struct tun_device	*device;
	struct gre_socket_path	 path;		/* outside */
	uint32_t		 local, remote;	/* inside */
	uint64_t		 local_ipv6, remote_ipv6; /* or 0: none */
	uint32_t		 leased;	/* address of a pool, or 0 */
	uint32_t		 proxied;	/* interface, or 0 */
	uint16_t		 mtu;
	bool			 routed;
	bool			 connected;	/* GRE may come */
	bool			 open;		/* IP may flow, but when */
	bool			 paused;	/* ... it negotiates again */
	bool			 installed;
	bool			 waiting;	/* for ip-pre-up */
	bool			 wtmp;		/* has a record */
	bool			 started;	/* PPP is there */
	bool			 ended;		/* PPP is over */
	bool			 down;		/* the call is over */
	bool			 aside;		/* put aside */
	bool			 half_open;	/* see pre_auth.h */
	bool			 told;		/* that a login failed */
	bool			 source_check;
	uint8_t			 try;		/* the last one */
	uint8_t			 state;		/* enum session_state */
	uint8_t			 reason;	/* enum ppp_reason */
	enum reason		 call_reason;
};

/*
 * For a call of a control connection; its call has an ID.  NULL: there is no
 * room.
 */
struct session	*session_new(struct context *, struct ctrl_socket *);

/* The call is up: PPP begins. */
void		 session_start(struct session *);

/* The call is over, and with it the session. */
void		 session_lost(struct session *, enum reason);

/* Ends it as it should be. */
void		 session_close(struct session *, enum ppp_reason);

/* What PPP has come to: see session_ppp.h. */
void		 session_enter(struct session *, enum session_state);
void		 session_come_up(struct session *);
void		 session_over(struct session *, enum ppp_reason);

/* Takes it out of all tables at once; that it is over is told before. */
void		 session_withdraw(struct session *, enum ppp_reason);

/*
 * Sets the timer: for this time, if it is earlier than what it is set for;
 * for all that is due of its GRE and PPP.
 */
void		 session_wake_at(struct session *, uint64_t due);
void		 session_schedule(struct session *);

/* What was waited for before traffic passes is done. */
void		 session_go_on(struct session *);

/* It was put aside: goes on ending it. */
void		 session_reap(struct session *);

#endif
