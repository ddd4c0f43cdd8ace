/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Negotiation of the two interface identifiers of an IPv6 link. */
#include "alg/ppp/ipv6cp.h"

#include "alg/ppp/ppp_internal.h"

#define GLOBAL	0x0200000000000000ULL	/* the "u" bit (RFC 5072 section 4.1) */

enum { ROW_IDENTIFIER };

/* RFC 5072 section 4.1: a random one is not globally unique. */
static uint64_t
random_identifier(struct ppp *p)
{
	return ((uint64_t)ppp_random(p) << 32 | ppp_random(p)) & ~GLOBAL;
}

static enum option_answer
identifier_asked(struct ppp *p, uint8_t type, struct cursor value,
    struct writer *nak)
{
	struct ipv6cp *c = &p->ipv6cp;
	uint8_t bytes[8];
	struct writer w = writer_of(bytes, sizeof(bytes));

	cursor_u64(&value, &c->remote);
	if (c->remote != 0 && c->remote != c->local)
		return OPTION_ACK;
	writer_u64(&w, random_identifier(p));
	option_put(nak, 1, bytes, sizeof(bytes));
	return OPTION_NAK;
}

static void
identifier_put(struct ppp *p, uint8_t type, struct writer *w)
{
	writer_u64(w, p->ipv6cp.local);
}

static bool
identifier_nakked(struct ppp *p, uint8_t type, struct cursor value)
{
	p->ipv6cp.local = random_identifier(p);
	return true;
}

static const struct option_row ipv6cp_options[] = {
	[ROW_IDENTIFIER] = { 1, 8, identifier_asked, identifier_put,
	    identifier_nakked, NULL },
};

/* IPv6 that does not come up leaves IPv4 alone. */
static void
ipv6cp_layer_finished(struct ppp *p, enum fsm_trouble trouble)
{
	if (p->config->no_ipv4)
		ppp_end_link(p, PPP_IP_REFUSED);
}

static const struct fsm_protocol ipv6cp_protocol = {
	.number = DISSECT_IPV6CP, .index = FSM_IPV6CP,
	.options = { ipv6cp_options,
	    sizeof(ipv6cp_options) / sizeof(ipv6cp_options[0]) },
	.up = ppp_network_changed, .down = ppp_network_changed,
	.finished = ipv6cp_layer_finished,
};

void
ipv6cp_init(struct ppp *p)
{
	p->ipv6cp.remote = 0;
	p->ipv6cp.local = random_identifier(p);
	fsm_init(&p->fsm[FSM_IPV6CP], &ipv6cp_protocol, 1 << ROW_IDENTIFIER);
}
