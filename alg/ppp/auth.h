/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ALG_PPP_AUTH_H
#define ALG_PPP_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/base/cursor.h"
#include "alg/ppp/fsm.h"
#include "alg/ppp/reason.h"

/*
 * The authentication phase: what PAP (RFC 1334) and the kinds of CHAP
 * (RFC 1994, 2433, 2759) have in common, for the one who asks (the peer's
 * login to us, "theirs") and for the one who answers ("ours").
 */
struct ppp;
struct ppp_secret;

#define AUTH_NAME_MAX	255

enum auth_step {
	AUTH_IDLE,
	AUTH_ASKED,	/* the question is out, or ours was answered */
	AUTH_JUDGED,	/* it will be told, after a while */
	AUTH_RETRY,	/* it was, and may be tried again */
	AUTH_DONE
};

struct auth_theirs {
	uint64_t	 timer;		/* ask again, or refuse */
	uint64_t	 again;		/* time for a new challenge */
	uint8_t		 step;		/* enum auth_step */
	uint8_t		 id, transmits, try;
	uint8_t		 verdict;	/* enum ppp_reason */
	uint32_t	 delay;		/* of telling it */
	uint8_t		 challenge_len;
	uint8_t		 challenge[16];
	uint8_t		 response[24];	/* the last one judged */
	char		 success[43];	/* what proves us to the peer */
	uint8_t		 user_len;
	char		 user[AUTH_NAME_MAX + 1];
};

struct auth_ours {
	uint64_t	 timer;		/* answer again */
	uint64_t	 calm;		/* no new answer before */
	uint8_t		 step, id, transmits;
	uint8_t		 challenge_len, answer_len;
	uint8_t		 challenge[16], answer[49];
};

/* MPPE start keys: of 40 and 56 bits, of 128. */
enum { AUTH_KEY_SHORT, AUTH_KEY_128, AUTH_KEYS };
struct auth_keys {
	uint8_t		 lengths;	/* ppp_mppe bits that they are for */
	uint8_t		 send[AUTH_KEYS][16], receive[AUTH_KEYS][16];
};

struct auth {
	uint64_t	 deadline;	/* for both logins */
	struct auth_theirs theirs;
	struct auth_ours ours;
	struct auth_keys keys;
};

/* What a peer sent to prove who it is. */
struct auth_proof {
	struct cursor	 name;
	uint8_t		 id;
	const uint8_t	*value;
	size_t		 len;
};
typedef enum ppp_reason auth_check(struct ppp *, const struct ppp_secret *,
	    const struct auth_proof *);

/* The value of LCP's option: a method, or 0. */
uint8_t	 auth_method(struct cursor);
void	 auth_put_value(struct writer *, uint8_t method);
void	 auth_put_option(struct writer *, uint8_t method);
uint8_t	 auth_strongest(uint8_t methods);
uint16_t auth_protocol(uint8_t method);	/* 0: none */

/* LCP is up; LCP is down. */
void	 auth_start(struct ppp *);
void	 auth_stop(struct ppp *);

/* A packet of PAP or CHAP; false if that protocol was not agreed on. */
bool	 auth_input(struct ppp *, uint16_t protocol, const uint8_t *, size_t);

/* The peer does not speak a protocol: true if it was one of these. */
bool	 auth_rejected(struct ppp *, uint16_t protocol);

void	 auth_tick(struct ppp *);
uint64_t auth_due(const struct ppp *);	/* 0: never */

/* For the methods: judges a proof and says so, now or after the delay. */
void	 auth_judge(struct ppp *, const struct auth_proof *, auth_check *);

/* Our login was accepted, or refused with these words. */
void	 auth_accepted(struct ppp *);
void	 auth_refused(struct ppp *, struct cursor text);

/* Our secret; false: the link ends. */
bool	 auth_own_secret(struct ppp *, struct cursor other,
	    struct ppp_secret *);

/* The NT hash of a secret; -1: none can be made. */
int	 auth_nt_hash(uint8_t hash[16], const struct ppp_secret *);

/* The keys of a login; v1 has those for 40 and 56 bits by the LM hash only. */
void	 auth_keys_v1(struct auth_keys *, const struct ppp_secret *,
	    const uint8_t nt_hash[16], const uint8_t challenge[8]);
void	 auth_keys_v2(struct auth_keys *, bool server,
	    const uint8_t nt_hash[16], const uint8_t response[24]);

#endif
