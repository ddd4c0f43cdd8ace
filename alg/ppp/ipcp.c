/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Negotiation of IPv4: the two addresses, and name servers either way. */
#include "alg/ppp/ipcp.h"

#include <string.h>

#include "alg/ppp/ppp_internal.h"

#define SERVER_FIRST	129	/* type of the first name server's option */

enum { ROW_ADDRESSES, ROW_ADDRESS, ROW_SERVERS };

/* An address that a host can have. */
static bool
is_host(uint32_t address)
{
	uint32_t net = address >> 24;

	return net != 0 && net != 127 && net < 224;
}

/*
 * The peer wants another address than it may have.  That it is rejected after
 * some Naks (RFC 1661 section 4.6) would not help: two ends that are up with
 * different addresses exchange nothing.
 */
static enum option_answer
contest_address(struct ppp *p, uint8_t type, struct cursor value)
{
	p->ipcp.remote_contested = true;
	explain_note_wish(p, DISSECT_IPCP, type, value);
	if (p->fsm[FSM_IPCP].naks >= p->config->max_failure)
		ppp_end_link(p, PPP_IP_DISAGREED);
	return OPTION_NAK;
}

/* The peer names its address: whether it is the one that it may have. */
static bool
take_name(struct ppp *p, bool right)
{
	p->ipcp.named = right;
	if (right)
		p->ipcp.remote_contested = false;
	return right;
}

/*
 * The peer's address when it asks for this one: the one that was granted, or
 * its own choice where that is allowed.  0: neither is usable.
 */
static uint32_t
assign_address(struct ppp *p, uint32_t address)
{
	struct ppp_grant *g = &p->grant;

	if (!is_host(address) || address == p->ipcp.local)
		return g->remote;
	if (g->remote != 0 && g->remote != address && g->accept_remote &&
	    (p->host->moves == NULL || p->host->moves(p->arg, address)))
		g->remote = address;
	return g->remote != 0 ? g->remote : address;
}

static enum option_answer
address_asked(struct ppp *p, uint8_t type, struct cursor value,
    struct writer *nak)
{
	struct cursor wish = value;
	uint32_t address = 0, proposed;

	cursor_u32(&value, &address);
	proposed = assign_address(p, address);
	if (proposed == 0)
		return OPTION_REJECT;
	p->ipcp.remote = proposed;
	if (take_name(p, proposed == address))
		return OPTION_ACK;
	option_put_u32(nak, 3, proposed);
	return address == 0 ? OPTION_NAK : contest_address(p, type, wish);
}

/* IP-Addresses, deprecated: the peer's and ours (RFC 1332 section 3.1). */
static enum option_answer
addresses_asked(struct ppp *p, uint8_t type, struct cursor value,
    struct writer *nak)
{
	struct cursor wish = value;
	uint32_t theirs = 0, ours = 0, proposed;
	uint8_t both[8];
	struct writer w = writer_of(both, sizeof(both));

	cursor_u32(&value, &theirs);
	cursor_u32(&value, &ours);
	proposed = assign_address(p, theirs);
	if (proposed == 0 || p->ipcp.local == 0)
		return OPTION_REJECT;
	p->ipcp.remote = proposed;
	if (take_name(p, proposed == theirs && ours == p->ipcp.local))
		return OPTION_ACK;
	writer_u32(&w, proposed);
	writer_u32(&w, p->ipcp.local);
	option_put(nak, 1, both, sizeof(both));
	return theirs == 0 ? OPTION_NAK : contest_address(p, type, wish);
}

static void
address_put(struct ppp *p, uint8_t type, struct writer *w)
{
	writer_u32(w, p->ipcp.local);
}

static bool
address_nakked(struct ppp *p, uint8_t type, struct cursor value)
{
	uint32_t address;

	if (cursor_u32(&value, &address) == 0 && is_host(address) &&
	    (p->grant.local == 0 || p->grant.accept_local))
		p->ipcp.local = address;
	else
		p->ipcp.local_contested = true;
	return true;
}

/* A peer that does not want to know ours may have it so, unless we insist. */
static void
address_refused(struct ppp *p)
{
	p->ipcp.unheard = true;
	if (p->ipcp.local_contested || p->grant.insist)
		ppp_end_link(p, PPP_IP_DISAGREED);
}

/* A name server to tell the peer; 0: none. */
static uint32_t
server_address(const struct ppp *p, enum ipcp_server which)
{
	const uint32_t *list = which == IPCP_DNS1 || which == IPCP_DNS2 ?
	    p->config->dns : p->config->wins;
	int second = which == IPCP_DNS2 || which == IPCP_NBNS2;

	return list[second] != 0 ? list[second] : list[!second];
}

static enum option_answer
server_asked(struct ppp *p, uint8_t type, struct cursor value,
    struct writer *nak)
{
	uint32_t address = 0, proposed = server_address(p, type - SERVER_FIRST);

	cursor_u32(&value, &address);
	if (proposed == 0)
		return OPTION_REJECT;
	if (proposed == address)
		return OPTION_ACK;
	option_put_u32(nak, type, proposed);
	return OPTION_NAK;
}

static void
server_put(struct ppp *p, uint8_t type, struct writer *w)
{
	writer_u32(w, p->ipcp.server[type - SERVER_FIRST]);
}

static bool
server_nakked(struct ppp *p, uint8_t type, struct cursor value)
{
	return cursor_u32(&value, &p->ipcp.server[type - SERVER_FIRST]) == 0;
}

/* Van Jacobson compression (RFC 1144) is rejected: GRE loses packets. */
static const struct option_row ipcp_options[] = {
	[ROW_ADDRESSES] = { 1, 8, addresses_asked, NULL, NULL, NULL },
	[ROW_ADDRESS] = { 3, 4, address_asked, address_put, address_nakked,
	    address_refused },
#define SERVER(id) [ROW_SERVERS + IPCP_##id] = { SERVER_FIRST + IPCP_##id, \
	    4, server_asked, server_put, server_nakked, NULL }
	SERVER(DNS1), SERVER(NBNS1), SERVER(DNS2), SERVER(NBNS2),
#undef SERVER
};

static void
ipcp_request_begins(struct ppp *p)
{
	p->ipcp.remote = p->grant.remote;
	p->ipcp.named = false;
}

/* A request without an address is answered by a nak with the granted one. */
static void
ipcp_request_lacks(struct ppp *p, uint16_t seen, struct writer *nak)
{
	if ((seen & (1 << ROW_ADDRESSES | 1 << ROW_ADDRESS)) == 0 &&
	    p->grant.remote != 0)
		option_put_u32(nak, 3, p->grant.remote);
}

/* A peer that names none need not, unless it named another one before. */
static bool
lacks_address(const struct ppp *p)
{
	return p->grant.remote != 0 && !p->ipcp.named &&
	    (p->ipcp.remote_contested || p->grant.insist);
}

static void
ipcp_layer_up(struct ppp *p)
{
	if (p->ipcp.local == 0 || lacks_address(p))
		ppp_end_link(p, PPP_IP_DISAGREED);
	else
		ppp_network_changed(p);
}

static void
ipcp_layer_finished(struct ppp *p, enum fsm_trouble trouble)
{
	static const uint8_t reasons[] = {
		[FSM_FINE] = PPP_IP_REFUSED, [FSM_SILENT] = PPP_IP_SILENT,
		[FSM_STALLED] = PPP_IP_DISAGREED,
		[FSM_REJECTED] = PPP_IP_REFUSED, [FSM_ENDED] = PPP_IP_REFUSED,
	};

	ppp_end_link(p, reasons[trouble]);
}

static void
ipcp_disagreed(struct ppp *p)
{
	ppp_end_link(p, PPP_IP_DISAGREED);
}

static void
ipcp_terminated(struct ppp *p, struct cursor text)
{
	explain_note_words(p, text);
}

static const struct fsm_protocol ipcp_protocol = {
	.number = DISSECT_IPCP, .index = FSM_IPCP,
	.options = { ipcp_options,
	    sizeof(ipcp_options) / sizeof(ipcp_options[0]) },
	.asking = ipcp_request_begins, .asked = ipcp_request_lacks,
	.up = ipcp_layer_up, .down = ppp_network_changed,
	.finished = ipcp_layer_finished, .disagreed = ipcp_disagreed,
	.ended = ipcp_terminated,
};

void
ipcp_init(struct ppp *p)
{
	const struct ppp_config *c = p->config;
	uint16_t want = 1 << ROW_ADDRESS;

	if (c->ask_dns)
		want |= 1 << (ROW_SERVERS + IPCP_DNS1) |
		    1 << (ROW_SERVERS + IPCP_DNS2);
	if (c->ask_wins)
		want |= 1 << (ROW_SERVERS + IPCP_NBNS1) |
		    1 << (ROW_SERVERS + IPCP_NBNS2);
	memset(&p->ipcp, 0, sizeof(p->ipcp));
	p->ipcp.local = p->grant.local;
	p->ipcp.remote = p->grant.remote;
	fsm_init(&p->fsm[FSM_IPCP], &ipcp_protocol, want);
}

bool
ipcp_is_contested(const struct ppp *p)
{
	return (p->ipcp.remote_contested || p->ipcp.local_contested) &&
	    p->fsm[FSM_IPCP].state != FSM_OPENED;
}

bool
ipcp_is_confirmed(const struct ppp *p)
{
	return !p->ipcp.unheard && (p->ipcp.named || p->ipcp.remote == 0);
}
