/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alg/ppp/ipcp.h"

#include <string.h>

#include "alg/ppp/ppp_internal.h"

#define SERVER_FIRST	129	/* type of the first name server's option */

enum { ROW_OLD, ROW_ADDRESS, ROW_SERVERS };

/* An address that a host can have. */
static bool
is_host(uint32_t address)
{
	uint32_t net = address >> 24;

	return net != 0 && net != 127 && net < 224;
}

/*
 * The peer's address: the one assigned; its own choice when that is allowed.
 * What it should be, or 0 when we cannot say.
 */
static uint32_t
assigned(struct ppp *p, uint32_t address)
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
	uint32_t address = 0, good;

	cursor_u32(&value, &address);
	good = assigned(p, address);
	if (good == 0)
		return OPTION_REJECT;
	p->ipcp.remote = good;
	if (good == address)
		return OPTION_ACK;
	option_put_u32(nak, 3, good);
	return OPTION_NAK;
}

/* The older form: the peer's address and ours (RFC 1332 section 3.1). */
static enum option_answer
addresses_asked(struct ppp *p, uint8_t type, struct cursor value,
    struct writer *nak)
{
	uint32_t theirs = 0, ours = 0, good;
	uint8_t both[8];
	struct writer w = writer_of(both, sizeof(both));

	cursor_u32(&value, &theirs);
	cursor_u32(&value, &ours);
	good = assigned(p, theirs);
	if (good == 0 || p->ipcp.local == 0)
		return OPTION_REJECT;
	p->ipcp.remote = good;
	if (good == theirs && ours == p->ipcp.local)
		return OPTION_ACK;
	writer_u32(&w, good);
	writer_u32(&w, p->ipcp.local);
	option_put(nak, 1, both, sizeof(both));
	return OPTION_NAK;
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
	return true;
}

/* A name server to tell the peer; 0: none. */
static uint32_t
server_of(const struct ppp *p, enum ipcp_server which)
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
	uint32_t address = 0, good = server_of(p, type - SERVER_FIRST);

	cursor_u32(&value, &address);
	if (good == 0)
		return OPTION_REJECT;
	if (good == address)
		return OPTION_ACK;
	option_put_u32(nak, type, good);
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

/* Header compression, which RFC 1144 wants no losses for, is rejected. */
static const struct option rows[] = {
	[ROW_OLD] = { 1, 8, addresses_asked, NULL, NULL, NULL },
	[ROW_ADDRESS] = { 3, 4, address_asked, address_put, address_nakked,
	    NULL },
#define SERVER(id) [ROW_SERVERS + IPCP_##id] = { SERVER_FIRST + IPCP_##id, \
	    4, server_asked, server_put, server_nakked, NULL }
	SERVER(DNS1), SERVER(NBNS1), SERVER(DNS2), SERVER(NBNS2),
#undef SERVER
};

static void
asking(struct ppp *p)
{
	p->ipcp.remote = p->grant.remote;
}

/* A peer without an address is told the one that it should ask for. */
static void
asked(struct ppp *p, uint16_t seen, struct writer *nak)
{
	if ((seen & (1 << ROW_OLD | 1 << ROW_ADDRESS)) == 0 &&
	    p->grant.remote != 0)
		option_put_u32(nak, 3, p->grant.remote);
}

static void
up(struct ppp *p)
{
	if (p->ipcp.local == 0)
		part_end(p, PPP_IP_DISAGREED);
	else
		part_network_changed(p);
}

static void
finished(struct ppp *p, enum fsm_trouble trouble)
{
	static const uint8_t reasons[] = {
		[FSM_FINE] = PPP_IP_REFUSED, [FSM_SILENT] = PPP_IP_SILENT,
		[FSM_REJECTED] = PPP_IP_REFUSED, [FSM_ENDED] = PPP_IP_REFUSED,
	};

	part_end(p, reasons[trouble]);
}

static void
disagreed(struct ppp *p)
{
	part_end(p, PPP_IP_DISAGREED);
}

static const struct fsm_protocol protocol = {
	.number = DISSECT_IPCP, .index = FSM_IPCP,
	.options = { rows, sizeof(rows) / sizeof(rows[0]) },
	.asking = asking, .asked = asked, .up = up,
	.down = part_network_changed, .finished = finished,
	.disagreed = disagreed,
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
	fsm_init(&p->fsm[FSM_IPCP], &protocol, want);
}
