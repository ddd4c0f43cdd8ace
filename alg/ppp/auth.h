/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What PAP (RFC 1334) and the kinds of CHAP (RFC 1994, 2433, 2759) have in
 * common: for the authenticator (the peer's login to us, "theirs") and for the
 * one who logs in (our login to the peer, "ours").
 */
#ifndef ALG_PPP_AUTH_H
#define ALG_PPP_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/base/cursor.h"
#include "alg/ppp/fsm.h"
#include "alg/ppp/reason.h"

struct ppp;
struct ppp_answer;
struct ppp_secret;

#define AUTH_NAME_MAX	255

enum auth_step {
	AUTH_IDLE,
	AUTH_ASKED,	/* theirs: challenge sent; ours: response sent */
	AUTH_WAITING,	/* for ppp_answer() */
	AUTH_DECIDED,	/* the verdict is sent after a delay */
	AUTH_RETRY,	/* refused, and may be tried again */
	AUTH_DONE
};

struct auth_theirs {
	uint64_t	 timer;		/* of a retransmission or verdict */
	uint64_t	 rechallenge;	/* time for a new challenge */
	uint8_t		 step;		/* enum auth_step */
	uint8_t		 id, transmits, try;
	uint8_t		 verdict;	/* enum ppp_reason */
	unsigned	 error;		/* E= that others gave for it, or 0 */
	uint32_t	 delay;		/* before the verdict is sent, ms */
	uint8_t		 challenge_len;
	uint8_t		 challenge[16];
	uint8_t		 response[24];	/* the last one checked */
	char		 success[43];	/* our proof to the peer, MS-CHAPv2 */
	bool		 proved;	/* the password was right */
	bool		 whole_name;	/* see ppp_secret */
	uint8_t		 user_len;
	char		 user[AUTH_NAME_MAX + 1];
};

struct auth_ours {
	uint64_t	 timer;		/* to retransmit the response */
	uint64_t	 next_answer;	/* no new response before */
	uint8_t		 step, id, transmits;
	uint8_t		 challenge_len, answer_len;
	uint8_t		 challenge[16], answer[49];
};

/* Start keys for MPPE (RFC 3079): for 40 and 56 bits, for 128. */
enum { AUTH_KEY_SHORT, AUTH_KEY_128, AUTH_KEYS };
struct auth_keys {
	uint8_t		 lengths;	/* ppp_mppe bits of those that exist */
	uint8_t		 send[AUTH_KEYS][16], receive[AUTH_KEYS][16];
};

struct auth {
	uint64_t	 deadline;	/* for both logins */
	struct auth_theirs theirs;
	struct auth_ours ours;
	struct auth_keys keys;
};

/* What a peer sent to prove who it is: views of the packet. */
struct auth_proof {
	struct cursor	 name;
	uint8_t		 id;
	const uint8_t	*value;
	size_t		 len;
};
typedef enum ppp_reason auth_check(struct ppp *, const struct ppp_secret *,
	    const struct auth_proof *);

/*
 * LCP's Authentication-Protocol option (RFC 1661 section 6.2): the method that
 * its value names, or 0; writes the value, or the whole option for a nak.
 */
uint8_t	 auth_method(struct cursor);
void	 auth_put_value(struct writer *, uint8_t method);
void	 auth_put_option(struct writer *, uint8_t method);

/* Of enum ppp_method bits; 0: none. */
uint8_t	 auth_strongest(uint8_t methods);

/* LCP is up: the phase begins.  LCP is down: forgets all, also the keys. */
void	 auth_start(struct ppp *);
void	 auth_stop(struct ppp *);

/* A packet of PAP or CHAP; false if that protocol was not agreed on. */
bool	 auth_input(struct ppp *, uint16_t protocol, const uint8_t *, size_t);

/* A Protocol-Reject by the peer: true if it is of PAP or CHAP. */
bool	 auth_rejected(struct ppp *, uint16_t protocol);

void	 auth_tick(struct ppp *);
uint64_t auth_due(const struct ppp *);	/* time of the next tick; 0: never */

/*
 * For the methods: checks a proof (NULL: it is malformed) and sends the
 * verdict, now or after the delay.
 */
void	 auth_verify(struct ppp *, const struct auth_proof *, auth_check *);

/* What is known elsewhere of the proof that was asked about. */
void	 auth_answer(struct ppp *, const struct ppp_answer *);

/* What a peer is told that is refused: why, only if it is who it says. */
const char *auth_refusal_text(const struct ppp *);

/* Our login was accepted, or refused with this message. */
void	 auth_own_accepted(struct ppp *);
void	 auth_own_refused(struct ppp *, struct cursor text);

/* Our secret for that server, to be wiped; false: none, the link ends. */
bool	 auth_own_secret(struct ppp *, struct cursor other,
	    struct ppp_secret *);

/* The NT hash of a secret; -1: its password is not UTF-8. */
int	 auth_nt_hash(uint8_t hash[16], const struct ppp_secret *);

/*
 * The keys of a login by MS-CHAP version 1 or 2.  Version 1 makes those for 40
 * and 56 bits from the LM hash, which needs an ASCII password.
 */
void	 auth_keys_v1(struct auth_keys *, const struct ppp_secret *,
	    const uint8_t nt_hash[16], const uint8_t challenge[8]);
/* The same, of who has the hash of the NT hash; lm: 8 bytes, or NULL. */
void	 auth_keys_hashed(struct auth_keys *, const uint8_t *lm,
	    const uint8_t twice[16], const uint8_t challenge[8]);
void	 auth_keys_v2(struct auth_keys *, bool server,
	    const uint8_t nt_hash[16], const uint8_t response[24]);

#endif
