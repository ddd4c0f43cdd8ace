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

/*
 * IP passes: agreed on by both ends, or seen from both; and it was read from
 * its beginning on, or who logged in before would count as nobody.
 */
static bool
is_up(const struct negotiation side[2])
{
	const struct negotiation *in = &side[ALG_INBOUND];
	const struct negotiation *out = &side[ALG_OUTBOUND];

	return in->requests > 0 && out->requests > 0 &&
	    ((in->ipcp_acked && out->ipcp_acked) ||
	    (in->encrypted + in->plain > 0 && out->encrypted + out->plain > 0));
}

/* By LCP's word for it. */
static enum alg_method
method_of(const char *auth)
{
	static const struct {
		const char	*auth;
		enum alg_method	 method;
	} rows[] = {
		{ "PAP", ALG_METHOD_PAP }, { "CHAP-MD5", ALG_METHOD_CHAP },
		{ "CHAP-SHA1", ALG_METHOD_CHAP },
		{ "MS-CHAP", ALG_METHOD_MSCHAP },
		{ "MS-CHAPv2", ALG_METHOD_MSCHAP_V2 },
		{ "EAP", ALG_METHOD_EAP },
	};

	for (size_t i = 0; auth != NULL && i < sizeof(rows) / sizeof(rows[0]);
	    i++)
		if (strcmp(rows[i].auth, auth) == 0)
			return rows[i].method;
	return ALG_METHOD_UNREAD;
}

static enum alg_encryption
strength_of(const struct negotiation *n)
{
	if (!n->mppe_acked)
		return ALG_ENCRYPTION_NONE;
	return n->mppe & DISSECT_MPPE_128 ? ALG_ENCRYPTION_128 :
	    n->mppe & DISSECT_MPPE_56 ? ALG_ENCRYPTION_56 :
	    n->mppe & DISSECT_MPPE_40 ? ALG_ENCRYPTION_40 :
	    ALG_ENCRYPTION_NONE;
}

bool
negotiation_login(const struct negotiation side[2], struct alg_login *login)
{
	enum alg_encryption in = strength_of(&side[ALG_INBOUND]);
	enum alg_encryption out = strength_of(&side[ALG_OUTBOUND]);
	enum alg_dir server = side[ALG_OUTBOUND].success ? ALG_OUTBOUND :
	    ALG_INBOUND;
	const struct negotiation *client = &side[1 - server];

	if (!is_up(side))
		return false;
	memset(login, 0, sizeof(*login));
	login->encryption = in < out ? in : out;
	if (side[ALG_INBOUND].auth == NULL && side[ALG_OUTBOUND].auth == NULL)
		login->method = ALG_METHOD_NONE;
	if (side[server].success) {
		login->method = method_of(side[server].auth);
		memcpy(login->user, client->name, sizeof(login->user));
	}
	for (int dir = 0; dir < 2; dir++)
		if (side[1 - dir].ipcp_acked)
			login->address[dir] = side[dir].address;
	return true;
}

static const char *const method_names[ALG_METHODS] = {
	[ALG_METHOD_NONE] = "none",
	[ALG_METHOD_PAP] = "pap",
	[ALG_METHOD_CHAP] = "chap",
	[ALG_METHOD_MSCHAP] = "mschap",
	[ALG_METHOD_MSCHAP_V2] = "mschap-v2",
	[ALG_METHOD_EAP] = "eap",
};

static const char *const encryption_names[ALG_ENCRYPTIONS] = {
	[ALG_ENCRYPTION_NONE] = "none",
	[ALG_ENCRYPTION_40] = "mppe-40",
	[ALG_ENCRYPTION_56] = "mppe-56",
	[ALG_ENCRYPTION_128] = "mppe-128",
};

const char *
negotiation_method_name(enum alg_method method)
{
	return method_names[method];
}

const char *
negotiation_encryption_name(enum alg_encryption encryption)
{
	return encryption_names[encryption];
}
