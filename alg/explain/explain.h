/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sentences that say why an attempt to get through failed, and what to do. */
#ifndef ALG_EXPLAIN_EXPLAIN_H
#define ALG_EXPLAIN_EXPLAIN_H

#include "alg/alg.h"
#include "alg/ppp/negotiation.h"

#define EXPLAIN_TEXT_MAX	600
#define EXPLAIN_MAX		12	/* sentences about one attempt */

/* Stable names for scripts, and advice for people. */
#define EXPLAIN_LIST(X)							\
	X(TCP_UNANSWERED, "tcp-unanswered",				\
	    "Is the server's address right, does it run, and "		\
	    "does a firewall on the way there or at the server "	\
	    "let TCP port 1723 through?")				\
	X(TCP_REFUSED, "tcp-refused",					\
	    "Is a PPTP server running there, on TCP port 1723? "	\
	    "A firewall before it may refuse in its name.")		\
	X(TCP_UNREACHABLE, "tcp-unreachable",				\
	    "Who says so has no way to the server, gets no answer "	\
	    "from it, or does not let TCP port 1723 through: look "	\
	    "at its routes and its filter.")				\
	X(TCP_STOPPED, "tcp-stopped-here",				\
	    "A rule here drops or rejects it (nft list ruleset, "	\
	    "iptables-save): accept TCP port 1723 to the server.")	\
	X(START_UNANSWERED, "start-unanswered",				\
	    "What listens there accepts TCP and does not speak "	\
	    "PPTP: look at the server's log.")				\
	X(START_REFUSED, "start-refused",				\
	    "The server does not want this client: look at its "	\
	    "log, its list of allowed addresses and its limit "		\
	    "of connections.")						\
	X(REPLY_REFUSED, "reply-refused",				\
	    "The server has no room or line for the call: look "	\
	    "at its limit of calls and at its log.")			\
	X(REQUEST_UNANSWERED, "request-unanswered",			\
	    "The server took the control connection and stalls:"	\
	    " look at its log.")					\
	X(CLIENT_RESET, "client-reset",					\
	    "The client's program gave up or ended: look at its"	\
	    " log.")							\
	X(SERVER_RESET, "server-reset",					\
	    "The server's program gave up or ended, or a "		\
	    "firewall before it did: look at its log.")			\
	X(STOPPED, "stopped",						\
	    "")								\
	X(NO_CALL, "no-call-asked",					\
	    "A test of whether the port is open looks so.")		\
	X(NOT_UP, "not-up",						\
	    "")								\
	X(NO_GRE, "no-gre",						\
	    "The client asked for a call and sends nothing in "		\
	    "it: look at its log. A firewall at the client may "	\
	    "block IP protocol 47 (GRE), or the rules here do "		\
	    "not select it: pptpalgctl check.")				\
	X(NO_GRE_OUTSIDE, "no-gre-from-outside",			\
	    "Let IP protocol 47 (GRE) through, in both "		\
	    "directions, at the provider, at firewalls on the "		\
	    "way and at the server.")					\
	X(NO_GRE_INSIDE, "no-gre-from-inside",				\
	    "Let IP protocol 47 (GRE) through at the client's "		\
	    "own firewall and between it and this host.")		\
	X(UNREACHABLE, "unreachable",					\
	    "Who sends these errors does not let IP protocol 47"	\
	    " (GRE) through.")						\
	X(TOO_LARGE, "gre-too-large",					\
	    "Protocol 47 is not blocked: only large packets do "	\
	    "not get through. Lower the MTU of the tunnel at "		\
	    "the client or the server, or clamp the MSS there.")	\
	X(SILENT_OUTSIDE, "silent-outside",				\
	    "The server is gone, or something on the way has "		\
	    "forgotten the call: dial again, and look at the "		\
	    "server's log.")						\
	X(SILENT_INSIDE, "silent-inside",				\
	    "The client is gone, or asleep.")				\
	X(LCP_UNANSWERED, "lcp-unanswered",				\
	    "GRE gets through and PPP does not start at one "		\
	    "end: look at its log (pppd missing, or its options"	\
	    " wrong).")							\
	X(LCP_NOT_AGREED, "lcp-not-agreed",				\
	    "The ends do not agree on PPP's options, most often"	\
	    " on the method of authentication: compare their "		\
	    "settings.")						\
	X(AUTH_FAILED, "auth-failed",					\
	    "User name, password or domain are wrong, or the "		\
	    "account may not dial in.")					\
	X(AUTH_UNANSWERED, "auth-unanswered",				\
	    "The client has no user name or password for this "		\
	    "server, or its answer gets lost.")				\
	X(AUTH_UNDECIDED, "auth-undecided",				\
	    "The server waits for whom it asks, such as RADIUS:"	\
	    " look at its log.")					\
	X(MPPE_NOT_AGREED, "mppe-not-agreed",				\
	    "Allow the same encryption (MPPE) at both ends, or "	\
	    "do not require it.")					\
	X(PPP_TERMINATED, "ppp-terminated",				\
	    "The log of who ends it says why.")				\
	X(IPCP_REFUSED, "ipcp-refused",					\
	    "One end gives or takes no address: look at its "		\
	    "log.")							\
	X(DISCONNECTED, "disconnected",					\
	    "The log of who ends it says why.")				\
	X(REQUIRED, "required-here",					\
	    "Change it at the client and the server, or what "		\
	    "require { } asks for in pptpalg.conf.")			\
	X(CLOSED_EARLY, "closed-early",					\
	    "The log of who closes says why: login and "		\
	    "encryption are the usual reasons.")			\
	X(CLEARED_EARLY, "cleared-early",				\
	    "The log of who clears says why: login and "		\
	    "encryption are the usual reasons.")

enum explain_kind {
#define X(id, name, advice) EXPLAIN_##id,
	EXPLAIN_LIST(X)
#undef X
	EXPLAIN_KINDS
};

struct explanation {
	enum explain_kind kind;
	const char	*name;		/* NOT_UP: of its reason */
	bool		 failure;	/* else worth knowing */
	char		 text[EXPLAIN_TEXT_MAX];
};

/* The likeliest reason comes first that is a failure. */
struct explanations {
	struct explanation list[EXPLAIN_MAX];
	size_t		 n;
	const char	*user;		/* who tries to log in, or NULL */
};

/* What is known, and of what connection the sentences speak. */
struct explain_facts {
	const struct alg_attempt *attempt;
	const struct negotiation *side;	/* two, by alg_dir; NULL: not read */
	const char	*connection;	/* "the control connection" */
	uint64_t	 now;		/* ms */
};

/* One matter each; nothing is added where nothing is wrong. */
void	explain_opening(const struct explain_facts *, struct explanations *);
void	explain_start(const struct explain_facts *, struct explanations *);
void	explain_reply(const struct explain_facts *, struct explanations *);
void	explain_stop(const struct explain_facts *, struct explanations *);
void	explain_reset(const struct explain_facts *, struct explanations *);
void	explain_call(const struct explain_facts *, struct explanations *);

/* All of it, and the user. */
void	explain_attempt(const struct explain_facts *, struct explanations *);

/* The first failure, or NULL. */
const struct explanation *explain_failure(const struct explanations *);

/* By kind and advice; static storage. */
const char	*explain_counter(enum explain_kind);	/* "failed-" and that */
const char	*explain_advice(const struct explanation *);

/* How far the attempt got, in a word: for lists. */
const char	*explain_reached(const struct alg_attempt *);

#endif
