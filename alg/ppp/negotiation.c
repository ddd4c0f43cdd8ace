/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes note of what the frames of one end of a PPP link say. */
#include <string.h>

#include "alg/ppp/negotiation.h"

static void
heard_lcp(struct negotiation *s, const struct dissect *d)
{
	switch (d->code) {
	case DISSECT_CONFREQ:
		s->requests++;
		s->auth = d->auth;
		break;
	case DISSECT_CONFACK:
		s->acks++;
		break;
	case DISSECT_TERMREQ:
		s->terminated = true;
		if (s->farewell[0] == '\0')
			memcpy(s->farewell, d->message, sizeof(s->farewell));
		break;
	case DISSECT_PROTREJ:
		s->ccp_refused |= d->rejected == DISSECT_CCP;
		s->ipcp_refused |= d->rejected == DISSECT_IPCP;
		break;
	default:
		break;
	}
}

static void
heard_verdict(struct negotiation *s, const struct dissect *d, bool good)
{
	s->success |= good;
	s->failure |= !good;
	if (good)
		return;
	s->error = d->error;
	memcpy(s->message, d->message, sizeof(s->message));
}

static void
heard_answer(struct negotiation *s, const struct dissect *d)
{
	s->answered++;
	if (d->name[0] != '\0')
		memcpy(s->name, d->name, sizeof(s->name));
}

/* PAP: 1 request, 2 ack, 3 nak. */
static void
heard_pap(struct negotiation *s, const struct dissect *d)
{
	if (d->code == 1)
		heard_answer(s, d);
	else if (d->code == 2 || d->code == 3)
		heard_verdict(s, d, d->code == 2);
}

/* CHAP and EAP: 1 challenge or request, 2 response, 3 success, 4 failure. */
static void
heard_chap(struct negotiation *s, const struct dissect *d)
{
	if (d->code == 1)
		s->asked++;
	else if (d->code == 2)
		heard_answer(s, d);
	else if (d->code == 3 || d->code == 4)
		heard_verdict(s, d, d->code == 3);
}

static void
heard_ccp(struct negotiation *s, const struct dissect *d)
{
	if (d->code == DISSECT_CONFREQ) {
		s->ccp_requests++;
		s->mppe_asked |= d->has_mppe && d->mppe != 0;
	} else if (d->code == DISSECT_CONFACK && d->has_mppe) {
		s->mppe_acked = true;
		s->mppe = d->mppe;
	} else if (d->code == DISSECT_CONFREJ && d->has_mppe)
		s->mppe_rejected = true;
}

static void
heard_ipcp(struct negotiation *s, const struct dissect *d)
{
	s->ipcp_acked |= d->code == DISSECT_CONFACK;
	if (d->code == DISSECT_CONFREQ)
		s->address = d->address;
}

static void
heard_encrypted(struct negotiation *s, const struct dissect *d)
{
	s->encrypted++;
}

static void
heard_plain(struct negotiation *s, const struct dissect *d)
{
	s->plain++;
}

void
negotiation_heard(struct negotiation *n, const struct dissect *d)
{
	static const struct {
		uint16_t  protocol;
		void	(*heard)(struct negotiation *,
			    const struct dissect *);
	} rows[] = {
		{ DISSECT_LCP, heard_lcp }, { DISSECT_PAP, heard_pap },
		{ DISSECT_CHAP, heard_chap }, { DISSECT_EAP, heard_chap },
		{ DISSECT_CCP, heard_ccp }, { DISSECT_IPCP, heard_ipcp },
		{ DISSECT_COMPRESSED, heard_encrypted },
		{ DISSECT_IPV4, heard_plain }, { DISSECT_IPV6, heard_plain },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].protocol == d->protocol)
			rows[i].heard(n, d);
}
