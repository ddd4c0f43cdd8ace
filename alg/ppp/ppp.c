/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alg/ppp/ppp.h"

#include <string.h>

#include "alg/ppp/ppp_internal.h"

#define HOLD_ROUNDS	3	/* restart intervals that IPCP waits for CCP */

void
part_event(struct ppp *p, const struct ppp_event *e)
{
	struct ppp_event event = *e;

	event.phase = p->phase;
	if (event.text == NULL)
		event.text = (const uint8_t *)"";
	p->host->event(p->arg, &event);
}

static void
enter(struct ppp *p, enum ppp_phase phase)
{
	if (p->phase == phase)
		return;
	p->phase = phase;
	part_event(p, &(struct ppp_event){ .type = PPP_EVENT_PHASE,
	    .reason = p->reason });
}

void
part_end(struct ppp *p, enum ppp_reason reason)
{
	if (p->reason == PPP_OK)
		p->reason = reason;
	p->ending = true;
}

uint32_t
part_random(struct ppp *p)
{
	uint32_t n;

	p->host->random(p->arg, &n, sizeof(n));
	return n != 0 ? n : 1;
}

enum ppp_reason
part_grant(struct ppp *p, const struct ppp_login *login)
{
	enum ppp_reason reason;

	if (p->granted)
		return PPP_OK;
	memset(&p->grant, 0, sizeof(p->grant));
	reason = p->host->grant(p->arg, login, &p->grant);
	if (reason != PPP_OK)
		return reason;
	p->granted = true;
	if (p->grant.config != NULL)
		p->config = p->grant.config;
	return PPP_OK;
}

static void
start_network(struct ppp *p)
{
	p->hold = 0;
	enter(p, PPP_NETWORK);
	if (!p->config->no_ipv4) {
		ipcp_init(p);
		fsm_event(p, &p->fsm[FSM_IPCP], FSM_OPEN);
		fsm_event(p, &p->fsm[FSM_IPCP], FSM_UP);
	}
	if (p->config->ipv6) {
		ipv6cp_init(p);
		fsm_event(p, &p->fsm[FSM_IPV6CP], FSM_OPEN);
		fsm_event(p, &p->fsm[FSM_IPV6CP], FSM_UP);
	}
}

void
part_ccp_settled(struct ppp *p)
{
	if (p->phase == PPP_ENCRYPT && !p->ending)
		start_network(p);
	else if (p->up)
		part_network_changed(p);
}

void
part_lcp_up(struct ppp *p)
{
	enter(p, PPP_AUTHENTICATE);
	auth_start(p);
}

/* With logins by MS-CHAP in both directions nobody knows whose keys count. */
static bool
has_two_keys(const struct ppp *p)
{
	uint8_t ms = PPP_MSCHAP | PPP_MSCHAP2;

	return (p->lcp.ask & ms) != 0 && (p->lcp.answer & ms) != 0;
}

void
part_authenticated(struct ppp *p)
{
	struct ppp_login login = { .ours = true, .method = p->lcp.answer,
	    .user = part_user(p->config), .account = part_user(p->config),
	    .user_len = strlen(part_user(p->config)), .other = "" };
	enum ppp_reason reason;

	if (p->phase != PPP_AUTHENTICATE || p->ending)
		return;
	reason = part_grant(p, p->lcp.answer != 0 ? &login : NULL);
	if (reason != PPP_OK) {
		part_end(p, reason);
		return;
	}
	if (has_two_keys(p))
		explicit_bzero(&p->auth.keys, sizeof(p->auth.keys));
	enter(p, PPP_ENCRYPT);
	if (!ccp_start(p)) {
		if (p->config->mppe_required)
			part_end(p, PPP_NO_KEYS);
		part_ccp_settled(p);
	} else if (!p->config->mppe_required)
		p->hold = p->now + HOLD_ROUNDS * (uint64_t)p->config->restart;
}

void
part_network_changed(struct ppp *p)
{
	bool open = p->fsm[FSM_IPCP].state == FSM_OPENED ||
	    p->fsm[FSM_IPV6CP].state == FSM_OPENED;
	struct ppp_event event = { .reason = p->reason };

	if (!open && !p->up)
		return;
	event.type = open ? PPP_EVENT_UP : PPP_EVENT_DOWN;
	if (open && !p->up)
		p->last_packet = p->now;
	if (p->up_since == 0)
		p->up_since = p->now;
	p->up = open;
	if (p->fsm[FSM_LCP].state == FSM_OPENED)
		enter(p, open ? PPP_UP : PPP_NETWORK);
	part_event(p, &event);
}

void
part_lcp_down(struct ppp *p)
{
	enter(p, p->fsm[FSM_LCP].state <= FSM_STOPPING ? PPP_TERMINATE :
	    PPP_ESTABLISH);
	for (int i = FSM_CCP; i < FSM_COUNT; i++) {
		fsm_event(p, &p->fsm[i], FSM_DOWN);
		p->fsm[i].state = FSM_INITIAL;
	}
	auth_stop(p);
	ccp_wipe(p);
	p->hold = 0;
}

void
part_lcp_finished(struct ppp *p)
{
	if (p->phase == PPP_DEAD)
		return;
	p->ending = false;
	ppp_wipe(p);
	p->phase = PPP_DEAD;
	part_event(p, &(struct ppp_event){ .type = PPP_EVENT_CLOSED,
	    .reason = p->reason });
}

void
part_rejected(struct ppp *p, uint16_t protocol)
{
	if (auth_rejected(p, protocol))
		return;
	for (int i = 0; i < FSM_COUNT; i++)
		if (p->fsm[i].protocol->number == protocol &&
		    p->fsm[i].state > FSM_STARTING)
			fsm_event(p, &p->fsm[i], FSM_RXJ_MINUS);
}

/* The last thing that every entry does. */
static void
settle(struct ppp *p)
{
	if (!p->ending || p->phase == PPP_DEAD)
		return;
	p->ending = false;
	if (p->phase != PPP_TERMINATE && p->fsm[FSM_LCP].state != FSM_OPENED)
		enter(p, PPP_TERMINATE);
	fsm_event(p, &p->fsm[FSM_LCP], FSM_CLOSE);
	if (p->fsm[FSM_LCP].state <= FSM_CLOSED)
		part_lcp_finished(p);
}

void
ppp_init(struct ppp *p, const struct ppp_config *config,
    const struct ppp_host *host, void *arg)
{
	memset(p, 0, sizeof(*p));
	p->config = config;
	p->host = host;
	p->arg = arg;
	lcp_init(p);
	ccp_init(p);
	ipcp_init(p);
	ipv6cp_init(p);
}

void
ppp_open(struct ppp *p, uint64_t now)
{
	struct fsm *f = &p->fsm[FSM_LCP];

	p->now = now;
	enter(p, PPP_ESTABLISH);
	fsm_event(p, f, FSM_OPEN);
	if (p->config->silent || p->config->patience > 0)
		f->state = FSM_STOPPED;
	else
		fsm_event(p, f, FSM_UP);
	if (!p->config->silent && p->config->patience > 0)
		p->begin = now + p->config->patience;
}

/* The peer did not, as it may wait for us. */
static void
begin(struct ppp *p)
{
	struct fsm *f = &p->fsm[FSM_LCP];

	p->begin = 0;
	if (f->state != FSM_STOPPED)
		return;
	f->state = FSM_STARTING;
	fsm_event(p, f, FSM_UP);
}

void
ppp_close(struct ppp *p, enum ppp_reason reason, uint64_t now)
{
	p->now = now;
	part_end(p, reason);
	settle(p);
}

void
ppp_lost(struct ppp *p, uint64_t now)
{
	p->now = now;
	if (p->reason == PPP_OK)
		p->reason = PPP_LOST;
	fsm_event(p, &p->fsm[FSM_LCP], FSM_DOWN);
	part_lcp_finished(p);
}

void
ppp_wipe(struct ppp *p)
{
	auth_stop(p);
	ccp_wipe(p);
	p->fsm[FSM_LCP].timer = 0;
}

bool
ppp_input(struct ppp *p, uint8_t *frame, size_t len, bool late, uint64_t now,
    struct ppp_packet *packet)
{
	p->now = now;
	p->packet = packet;
	packet->len = 0;
	if (p->phase != PPP_DEAD)
		data_input(p, frame, len, late);
	if (p->fsm[FSM_LCP].state != FSM_STOPPED)
		p->begin = 0;
	if (packet->len > 0)
		return true;
	settle(p);
	return false;
}

uint8_t *
ppp_output(struct ppp *p, uint8_t *packet, size_t *len, uint64_t now)
{
	p->now = now;
	return data_output(p, packet, len);
}

/* The time of a limit counted from a time in the past; 0: none. */
static uint64_t
limit(const struct ppp *p, uint64_t since, uint32_t length)
{
	return p->up && length != 0 ? since + length : 0;
}

uint64_t
ppp_due(const struct ppp *p)
{
	uint64_t due = part_sooner(auth_due(p), lcp_due(p));

	if (p->phase == PPP_DEAD)
		return UINT64_MAX;
	if (p->ending)
		return p->now;
	for (int i = 0; i < FSM_COUNT; i++)
		due = part_sooner(due, p->fsm[i].timer);
	due = part_sooner(due, p->begin);
	due = part_sooner(due, p->hold);
	due = part_sooner(due, limit(p, p->last_packet, p->config->idle));
	due = part_sooner(due, limit(p, p->up_since, p->config->session));
	return due != 0 ? due : UINT64_MAX;
}

void
ppp_tick(struct ppp *p, uint64_t now)
{
	p->now = now;
	if (p->phase == PPP_DEAD)
		return;
	if (part_due(p, p->begin))
		begin(p);
	for (int i = 0; i < FSM_COUNT; i++)
		fsm_tick(p, &p->fsm[i]);
	auth_tick(p);
	lcp_tick(p);
	if (part_due(p, p->hold))
		start_network(p);
	if (part_due(p, limit(p, p->last_packet, p->config->idle)))
		part_end(p, PPP_IDLE);
	if (part_due(p, limit(p, p->up_since, p->config->session)))
		part_end(p, PPP_SESSION_LIMIT);
	settle(p);
}
