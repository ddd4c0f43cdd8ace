/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Challenge Handshake Authentication Protocol (RFC 1994) with MD5, and
 * Microsoft's versions 1 (RFC 2433) and 2 (RFC 2759) of it.
 */
#ifndef ALG_PPP_CHAP_H
#define ALG_PPP_CHAP_H

#include <stdbool.h>

struct ppp;
struct fsm_packet;

enum chap_code {
	CHAP_CHALLENGE = 1, CHAP_RESPONSE, CHAP_SUCCESS, CHAP_FAILURE
};

/* The value of a response of either MS-CHAP: RFC 2433, 2759 section 4. */
#define CHAP_MS_VALUE	49
#define CHAP_MS_NT	24	/* where the NT response begins */
#define CHAP_MS_FLAGS	48

/* The authenticator's end; who calls them is auth.c's table. */
void	 chap_new_challenge(struct ppp *);	/* makes one, not yet sent */
void	 chap_ask(struct ppp *);		/* sends it, also again */
void	 chap_responded(struct ppp *, const struct fsm_packet *);
void	 chap_change_asked(struct ppp *, const struct fsm_packet *);
void	 chap_accept(struct ppp *);
void	 chap_refuse(struct ppp *, bool retry);

/* The peer's end: our login. */
void	 chap_challenged(struct ppp *, const struct fsm_packet *);
void	 chap_answer(struct ppp *);		/* sends the response again */
void	 chap_replied(struct ppp *, const struct fsm_packet *);

#endif
