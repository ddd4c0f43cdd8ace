/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One end of a PPP link (RFC 1661) as PPTP carries it: no flags, no FCS, no
 * escapes.  Server and client differ in their configuration only.  Frames,
 * packets and the time go in, frames, packets and events come out by
 * callbacks; nothing is allocated.  Times are in milliseconds of any clock
 * that does not jump; IPv4 addresses are in host byte order.
 */
#ifndef ALG_PPP_PPP_H
#define ALG_PPP_PPP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/ppp/auth.h"
#include "alg/ppp/ccp.h"
#include "alg/ppp/fsm.h"
#include "alg/ppp/ipcp.h"
#include "alg/ppp/ipv6cp.h"
#include "alg/ppp/lcp.h"
#include "alg/ppp/mschap.h"
#include "alg/ppp/reason.h"

/* Authentication methods, weakest first: the strongest one is tried first. */
enum ppp_method {
	PPP_PAP = 1 << 0, PPP_CHAP_MD5 = 1 << 1, PPP_MSCHAP = 1 << 2,
	PPP_MSCHAP2 = 1 << 3
};

/* Key lengths of MPPE, weakest first, and how often keys change. */
enum ppp_mppe {
	PPP_MPPE_40 = 1 << 0, PPP_MPPE_56 = 1 << 1, PPP_MPPE_128 = 1 << 2,
	PPP_MPPE_STATELESS = 1 << 3, PPP_MPPE_STATEFUL = 1 << 4
};
#define PPP_MPPE_LENGTHS	(PPP_MPPE_40 | PPP_MPPE_56 | PPP_MPPE_128)

/* What `octets` limits: both directions added up, one, or the greater one. */
enum ppp_octets {
	PPP_OCTETS_SUM, PPP_OCTETS_IN, PPP_OCTETS_OUT, PPP_OCTETS_MAX
};

/*
 * What both ends of a link can be told.  Shared by many links, not changed
 * while one of them uses it; strings belong to the caller.  A time or count
 * of 0 turns the thing off where that is said.  ppp_config_default() fills
 * in all that has a default; then name the role's part.
 */
struct ppp_config {
	/* authentication */
	uint8_t		 ask;		/* ppp_method bits: the peer must log
					   in by one of them; 0: need not */
	uint8_t		 answer;	/* bits: how we log in if asked to */
	const char	*name;		/* ours, in challenges; at most 255 */
	const char	*user;		/* ours, to log in with; NULL: name */
	bool		 strip_domain;	/* look up what follows the last \ */
	uint8_t		 auth_tries;	/* of a peer within one login, >= 1 */
	uint32_t	 auth_delay;	/* before a failure is sent */
	uint32_t	 auth_restart;	/* between retransmissions */
	uint8_t		 auth_transmits;	/* of one packet, in all */
	uint32_t	 auth_timeout;	/* for a login in all */
	uint32_t	 auth_interval;	/* between new challenges; 0: never */
	bool		 ask_elsewhere;	/* who knows the users is not here:
					   ask() instead of secret() */

	/* encryption and compression */
	uint8_t		 mppe;		/* ppp_mppe bits allowed; without a
					   length: no encryption */
	bool		 mppe_required;
	bool		 mppc;		/* RFC 2118, where the peer wants it */

	/* the link; 128..1500 */
	uint16_t	 mru;		/* what we ask to be sent at most */
	uint16_t	 mtu;		/* IP packets that we send at most */
	bool		 no_magic, no_pfc, no_acfc;
	uint32_t	 patience;	/* let the peer begin LCP for so long */
	uint32_t	 echo_interval;	/* of silence; 0: no echoes */
	uint8_t		 echo_failures;	/* unanswered ones that end the link;
					   0: none do */

	/* every negotiation: RFC 1661 section 4.6 */
	uint32_t	 restart;	/* Restart timer: retransmissions */
	uint8_t		 max_configure, max_terminate, max_failure;

	/* the network */
	bool		 no_ipv4, ipv6;
	uint32_t	 dns[2], wins[2];	/* told to a peer that asks; one
						   alone is told as both */
	bool		 ask_dns, ask_wins;	/* of the peer */

	/* limits; 0: none */
	uint32_t	 idle, session;
	uint64_t	 octets;
	enum ppp_octets	 octets_of;
};

/* Someone logs in: the peer to us, or we to the peer. */
struct ppp_login {
	bool		 ours;		/* we log in; the names are then
					   ours */
	enum ppp_method	 method;
	const char	*user;		/* as sent, with a NUL behind it */
	size_t		 user_len;
	const char	*account;	/* within user: without its domain, or
					   all of it (whole_name) */
	bool		 proved;	/* the password was right */
	const char	*other;		/* ours: the server's name, may be ""
					   or anything, not to be trusted */
	uint8_t		 try;		/* 1, 2, ... */
};

/*
 * What the caller knows of a user.  A password is bytes in UTF-8; it is
 * wiped after use.  The work for an unknown user is the same.
 */
enum ppp_secret_kind { PPP_SECRET_NONE, PPP_SECRET_PASSWORD, PPP_SECRET_NT };
#define PPP_PASSWORD_MAX	256
struct ppp_secret {
	enum ppp_secret_kind kind;
	char		 password[PPP_PASSWORD_MAX];
	size_t		 len;
	uint8_t		 nt_hash[16];
	bool		 whole_name;	/* of the user as sent: the account is
					   all of it, domain and all */
	uint32_t	 delay;		/* of the answer, yes or no; a no takes
					   auth_delay more */
};

/* How a peer proves who it is; bytes as sent. */
struct ppp_proof {
	uint8_t		 id;		/* CHAP's identifier */
	const uint8_t	*value;		/* CHAP: the response's value; PAP: the
					   password */
	size_t		 len;
	const uint8_t	*challenge;	/* ours; PAP: no matter */
	size_t		 challenge_len;
};

/* What who was asked about a proof says. */
struct ppp_answer {
	enum ppp_reason	 reason;	/* PPP_OK: it is right */
	uint32_t	 delay;		/* as in ppp_secret */
	unsigned	 error;		/* E= for a refusal; 0: ours */
	char		 success[MSCHAP2_SUCCESS_SIZE];	/* MS-CHAPv2 */
	struct auth_keys keys;		/* MS-CHAP; lengths 0: none */
};

/* What a link may have once it is authenticated. */
struct ppp_grant {
	const struct ppp_config *config;	/* for this user, from now on;
						   ask, answer, names and LCP
						   do not change any more */
	uint32_t	 local, remote;	/* 0: the peer says */
	bool		 accept_local;	/* if the peer insists on another */
	bool		 accept_remote;
	bool		 insist;	/* no link if the peer does not tell or
					   hear an address */
};

/* Phases in their order. */
enum ppp_phase {
	PPP_DEAD, PPP_ESTABLISH, PPP_AUTHENTICATE, PPP_ENCRYPT, PPP_NETWORK,
	PPP_UP, PPP_TERMINATE
};

enum ppp_event_type {
	PPP_EVENT_PHASE,	/* phase */
	PPP_EVENT_LOGIN,	/* login; accepted */
	PPP_EVENT_REFUSED,	/* login, reason: a try failed; text: what the
				   peer said of ours */
	PPP_EVENT_UP,		/* packets may flow, see ppp_info(); again
				   when what that says has changed */
	PPP_EVENT_DOWN,		/* ... no longer, reason; PPP_OK: the two ends
				   negotiate again */
	PPP_EVENT_CLOSED,	/* the link is closed, reason; the last one */
	PPP_EVENT_IDENTITY,	/* text: the peer's Identification */
	PPP_EVENT_ENDED		/* Terminate-Request; text: its data */
};
struct ppp_event {
	enum ppp_event_type type;
	enum ppp_phase	 phase;
	enum ppp_reason	 reason;
	const struct ppp_login *login;	/* or NULL; valid during the call */
	const uint8_t	*text;		/* a peer's bytes, to be escaped */
	size_t		 text_len;
};

/*
 * The caller's side.  A callback must not call into the same link, but for
 * ppp_info(), and ppp_close() from PPP_EVENT_UP.
 */
struct ppp_host {
	/*
	 * A frame for the peer, from FF 03 or the protocol field on.  It is
	 * writable, with PPP_LOWER_HEADROOM bytes before it, during the call.
	 */
	void	(*send)(void *, uint8_t *frame, size_t len);
	/* Fill in what is known of login->account; *secret is all zero. */
	void	(*secret)(void *, const struct ppp_login *,
		    struct ppp_secret *);
	/*
	 * With ask_elsewhere: has the proof checked by others, who are to give
	 * their answer to ppp_answer() after this has returned; or why that
	 * cannot be.
	 */
	enum ppp_reason (*ask)(void *, const struct ppp_login *,
		    const struct ppp_proof *);
	/*
	 * A peer has proved who it is and is to be told so; or, if it need
	 * not, the network phase begins (login is then ours or NULL).  Called
	 * once for a link; what was given out is free again when it is closed.
	 * Fills in *grant (all zero before), or returns a reason for which the
	 * login is refused.
	 */
	enum ppp_reason (*grant)(void *, const struct ppp_login *,
		    struct ppp_grant *);
	/*
	 * With accept_remote: may the peer have this address, which it asks
	 * for, from now on instead of the one before?  NULL: any.
	 */
	bool	(*moves)(void *, uint32_t address);
	void	(*event)(void *, const struct ppp_event *);
	void	(*random)(void *, void *bytes, size_t n);
	/*
	 * Memory for MPPC, kept until the link is closed; false: none, go on
	 * without.  NULL if no configuration has mppc.
	 */
	bool	(*mppc)(void *, struct mppc_compressor **,
		    struct mppc_expander **);
};

/* For GRE and IP in front of what send() is given. */
#define PPP_LOWER_HEADROOM	40
/* In front of what ppp_output() is given: that, FF 03, two protocols, MPPE. */
#define PPP_HEADROOM		(PPP_LOWER_HEADROOM + 8)

/* Frames that are dropped, by kind. */
enum ppp_drop {
	PPP_DROP_MALFORMED,	/* no protocol field, lengths disagree */
	PPP_DROP_EARLY,		/* its protocol is not open yet */
	PPP_DROP_LATE,		/* negotiation that comes out of order */
	PPP_DROP_PLAIN,		/* not encrypted, though it has to be */
	PPP_DROP_UNDECODED,	/* does not decrypt to an IP packet */
	PPP_DROP_UNKNOWN,	/* protocol that is not spoken here */
	PPP_DROP_SEND,		/* from us: link not up or packet too big */
	PPP_DROP_COUNT
};
const char	*ppp_drop_name(enum ppp_drop);

struct ppp_info {
	enum ppp_phase	 phase;
	enum ppp_reason	 reason;	/* why it ended or is about to */
	const char	*user;		/* as sent by who logged in; "" */
	const char	*account;	/* what was looked up, see ppp_login */
	bool		 proved;	/* that it is the user's */
	bool		 confirmed;	/* each end has agreed to the other's
					   address, where there is one */
	enum ppp_method	 method;	/* 0: nobody had to */
	uint32_t	 local, remote, dns[2], wins[2];
	uint64_t	 local_ipv6, remote_ipv6;	/* identifiers; 0: no
							   IPv6 */
	bool		 ipv4;
	uint16_t	 mtu;		/* IP packets to the peer at most */
	uint16_t	 mru;		/* that the peer was told */
	uint8_t		 mppe_in, mppe_out;	/* ppp_mppe bits, 0: plain */
	bool		 mppc_in, mppc_out;
	uint64_t	 up_since, last_packet;	/* last IP either way */
	uint64_t	 packets_in, packets_out, bytes_in, bytes_out;
	uint32_t	 drops[PPP_DROP_COUNT];
	uint32_t	 resets;	/* of our decryption, asked for */
};

/* An IP packet from the peer: in the frame that it came in, or in room. */
#define PPP_EXPANDED_MAX	2048	/* bytes of what MPPC made smaller */
struct ppp_packet {
	uint8_t		*bytes;
	size_t		 len;
	bool		 ipv6;
	uint8_t		 room[PPP_EXPANDED_MAX];
};

struct ppp;

void		 ppp_config_default(struct ppp_config *);

/* config and host are kept by pointer.  Nothing is sent yet. */
void		 ppp_init(struct ppp *, const struct ppp_config *,
		    const struct ppp_host *, void *arg);

/* The call is up: LCP begins. */
void		 ppp_open(struct ppp *, uint64_t now);

/*
 * Sends a Terminate-Request; PPP_EVENT_CLOSED comes when the peer has answered
 * or does not, at once if LCP is not open.
 */
void		 ppp_close(struct ppp *, enum ppp_reason, uint64_t now);

/* The call is gone: closed at once, nothing is sent. */
void		 ppp_lost(struct ppp *, uint64_t now);

/* Wipes all secrets, without an event.  Safe at any time, also twice. */
void		 ppp_wipe(struct ppp *);

/*
 * A frame out of GRE, which may be changed; late: one with a higher sequence
 * number was handed over before.  true: there was an IP packet in it.  A limit
 * that is reached by it ends the link with the next ppp_tick(), see ppp_due().
 */
bool		 ppp_input(struct ppp *, uint8_t *frame, size_t len, bool late,
		    uint64_t now, struct ppp_packet *);

/*
 * Makes a frame of an IP packet for the peer, in its place and the
 * PPP_HEADROOM bytes before it: where the frame begins, *len its length, for
 * the lower layer to send before all else.  NULL: dropped (and counted), the
 * link is not up or the packet is bigger than the MTU.  Limits as above.
 */
uint8_t		*ppp_output(struct ppp *, uint8_t *packet, size_t *len,
		    uint64_t now);

/*
 * The answer to the last ask(); nothing is done when nobody waits for it any
 * more.
 */
void		 ppp_answer(struct ppp *, const struct ppp_answer *,
		    uint64_t now);

/* When ppp_tick() has to be called next; UINT64_MAX: no need. */
uint64_t	 ppp_due(const struct ppp *);
void		 ppp_tick(struct ppp *, uint64_t now);

void		 ppp_info(const struct ppp *, struct ppp_info *);

/*
 * Private to alg/ppp; here because the caller embeds it.
 */

/* An option that the two ends did not agree on, for explain_end(). */
#define PPP_DISPUTE_MAX	10	/* bytes of it that are kept */
#define PPP_WORDS_MAX	160	/* bytes of what the peer says */
struct ppp_dispute {
	uint16_t	 protocol;
	bool		 rejects;	/* the peer ours; else it wants this */
	uint8_t		 len;		/* 0: there is none */
	uint8_t		 option[PPP_DISPUTE_MAX];
};

struct ppp {
	const struct ppp_config	*config;
	const struct ppp_host	*host;
	void			*arg;
	uint8_t			 phase;		/* enum ppp_phase */
	uint8_t			 reason;	/* enum ppp_reason */
	bool			 ending;	/* see ppp_end_link() */
	bool			 granted, up;
	bool			 late;		/* frame, see ppp_input() */
	struct ppp_grant	 grant;
	struct ppp_packet	*packet;	/* of the call under way */
	uint64_t		 now;		/* of the call under way */
	uint64_t		 lcp_start;	/* if the peer does not start */
	uint64_t		 ccp_wait;	/* IPCP waits for CCP until */
	uint64_t		 up_since, last_packet;
	uint64_t		 packets[2], bytes[2];	/* in, out */
	uint32_t		 drops[PPP_DROP_COUNT];
	struct ppp_dispute	 dispute;
	uint8_t			 words_len;	/* the peer's last ones */
	uint8_t			 words[PPP_WORDS_MAX];
	struct fsm		 fsm[FSM_COUNT];
	struct lcp		 lcp;
	struct auth		 auth;
	struct ccp		 ccp;
	struct ipcp		 ipcp;
	struct ipv6cp		 ipv6cp;
};

#endif
