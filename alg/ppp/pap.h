/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Password Authentication Protocol (RFC 1334 section 2). */
#ifndef ALG_PPP_PAP_H
#define ALG_PPP_PAP_H

#include <stdbool.h>

struct ppp;
struct fsm_packet;

/* The authenticator's end: the peer's login. */
void	 pap_requested(struct ppp *, const struct fsm_packet *);
void	 pap_accept(struct ppp *);
void	 pap_refuse(struct ppp *, bool retry);

/* Our login: sends the Authenticate-Request, at first and again. */
void	 pap_answer(struct ppp *);
void	 pap_replied(struct ppp *, const struct fsm_packet *);

#endif
