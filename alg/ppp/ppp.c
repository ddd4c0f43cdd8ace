/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A link from phase to phase, its public functions, and what is shown of it. */
#include "alg/ppp/ppp.h"

#include <string.h>

#include "alg/ppp/frame.h"
#include "alg/ppp/mschap.h"
#include "alg/ppp/ppp_internal.h"

#define CCP_WAIT	3	/* restart intervals that IPCP waits for CCP */

void
ppp_emit_event(struct ppp *p, const struct ppp_event *e)
{
	struct ppp_event event = *e;

	event.phase = p->phase;
	if (event.text == NULL)
		event.text = (const uint8_t *)"";
	p->host->event(p->arg, &event);
}

uint64_t
ppp_earlier(uint64_t a, uint64_t b)
{
	return a != 0 && (b == 0 || a < b) ? a : b;
}

bool
ppp_expired(const struct ppp *p, uint64_t timer)
{
	return timer != 0 && p->now >= timer;
}

static void
enter_phase(struct ppp *p, enum ppp_phase phase)
{
	if (p->phase == phase)
		return;
	p->phase = phase;
	ppp_emit_event(p, &(struct ppp_event){ .type = PPP_EVENT_PHASE,
	    .reason = p->reason });
}

void
ppp_end_link(struct ppp *p, enum ppp_reason reason)
{
	if (p->reason == PPP_OK)
		p->reason = reason;
	p->ending = true;
}

uint32_t
ppp_random(struct ppp *p)
{
	uint32_t n;

	p->host->random(p->arg, &n, sizeof(n));
	return n != 0 ? n : 1;
}

enum ppp_reason
ppp_obtain_grant(struct ppp *p, const struct ppp_login *login)
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
	p->ccp_wait = 0;
	enter_phase(p, PPP_NETWORK);
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
ppp_ccp_done(struct ppp *p)
{
	if (p->phase == PPP_ENCRYPT && !p->ending)
		start_network(p);
	else if (p->up)
		ppp_network_changed(p);
}

void
ppp_lcp_up(struct ppp *p)
{
	enter_phase(p, PPP_AUTHENTICATE);
	auth_start(p);
}

/*
 * MS-CHAP in both directions makes two sets of keys, and no RFC says which of
 * them to use.
 */
static bool
has_two_key_sets(const struct ppp *p)
{
	uint8_t ms = PPP_MSCHAP | PPP_MSCHAP2;

	return (p->lcp.ask & ms) != 0 && (p->lcp.answer & ms) != 0;
}

void
ppp_authenticated(struct ppp *p)
{
	struct ppp_login login = { .ours = true, .method = p->lcp.answer,
	    .user = ppp_own_name(p->config), .account = ppp_own_name(p->config),
	    .user_len = strlen(ppp_own_name(p->config)), .other = "" };
	enum ppp_reason reason;

	if (p->phase != PPP_AUTHENTICATE || p->ending)
		return;
	reason = ppp_obtain_grant(p, p->lcp.answer != 0 ? &login : NULL);
	if (reason != PPP_OK) {
		ppp_end_link(p, reason);
		return;
	}
	if (has_two_key_sets(p))
		explicit_bzero(&p->auth.keys, sizeof(p->auth.keys));
	enter_phase(p, PPP_ENCRYPT);
	if (!ccp_start(p)) {
		if (p->config->mppe_required)
			ppp_end_link(p, PPP_NO_KEYS);
		ppp_ccp_done(p);
	} else if (!p->config->mppe_required)
		p->ccp_wait = p->now + CCP_WAIT * (uint64_t)p->config->restart;
}

void
ppp_network_changed(struct ppp *p)
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
		enter_phase(p, open ? PPP_UP : PPP_NETWORK);
	ppp_emit_event(p, &event);
}

void
ppp_lcp_down(struct ppp *p)
{
	enter_phase(p, p->fsm[FSM_LCP].state <= FSM_STOPPING ? PPP_TERMINATE :
	    PPP_ESTABLISH);
	for (int i = FSM_CCP; i < FSM_COUNT; i++) {
		fsm_event(p, &p->fsm[i], FSM_DOWN);
		p->fsm[i].state = FSM_INITIAL;
	}
	auth_stop(p);
	ccp_wipe(p);
	p->ccp_wait = 0;
}

void
ppp_lcp_finished(struct ppp *p)
{
	if (p->phase == PPP_DEAD)
		return;
	p->ending = false;
	ppp_wipe(p);
	p->phase = PPP_DEAD;
	ppp_emit_event(p, &(struct ppp_event){ .type = PPP_EVENT_CLOSED,
	    .reason = p->reason });
}

void
ppp_protocol_rejected(struct ppp *p, uint16_t protocol)
{
	if (auth_rejected(p, protocol))
		return;
	for (int i = 0; i < FSM_COUNT; i++)
		if (p->fsm[i].protocol->number == protocol &&
		    p->fsm[i].state > FSM_STARTING)
			fsm_event(p, &p->fsm[i], FSM_RXJ_MINUS);
}

/* The last thing that every public function does: ends the link if due. */
static void
end_if_due(struct ppp *p)
{
	if (!p->ending || p->phase == PPP_DEAD)
		return;
	p->ending = false;
	if (p->phase != PPP_TERMINATE && p->fsm[FSM_LCP].state != FSM_OPENED)
		enter_phase(p, PPP_TERMINATE);
	fsm_event(p, &p->fsm[FSM_LCP], FSM_CLOSE);
	if (p->fsm[FSM_LCP].state <= FSM_CLOSED)
		ppp_lcp_finished(p);
}

/* --- public functions ----------------------------------------------------- */

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
	enter_phase(p, PPP_ESTABLISH);
	fsm_event(p, f, FSM_OPEN);
	if (p->config->patience > 0) {
		f->state = FSM_STOPPED;
		p->lcp_start = now + p->config->patience;
	} else
		fsm_event(p, f, FSM_UP);
}

/* The peer did not start LCP: it may wait for us. */
static void
start_lcp(struct ppp *p)
{
	struct fsm *f = &p->fsm[FSM_LCP];

	p->lcp_start = 0;
	if (f->state != FSM_STOPPED)
		return;
	f->state = FSM_STARTING;
	fsm_event(p, f, FSM_UP);
}

void
ppp_close(struct ppp *p, enum ppp_reason reason, uint64_t now)
{
	p->now = now;
	ppp_end_link(p, reason);
	end_if_due(p);
}

void
ppp_lost(struct ppp *p, uint64_t now)
{
	p->now = now;
	if (p->reason == PPP_OK)
		p->reason = PPP_LOST;
	fsm_event(p, &p->fsm[FSM_LCP], FSM_DOWN);
	ppp_lcp_finished(p);
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
		frame_input(p, frame, len, late);
	if (p->fsm[FSM_LCP].state != FSM_STOPPED)
		p->lcp_start = 0;
	if (packet->len > 0)
		return true;
	end_if_due(p);
	return false;
}

uint8_t *
ppp_output(struct ppp *p, uint8_t *packet, size_t *len, uint64_t now)
{
	p->now = now;
	return frame_output(p, packet, len);
}

/* The time of a limit counted from a time in the past; 0: none. */
static uint64_t
limit_end(const struct ppp *p, uint64_t since, uint32_t length)
{
	return p->up && length != 0 ? since + length : 0;
}

uint64_t
ppp_due(const struct ppp *p)
{
	uint64_t due = ppp_earlier(auth_due(p), lcp_due(p));

	if (p->phase == PPP_DEAD)
		return UINT64_MAX;
	if (p->ending)
		return p->now;
	for (int i = 0; i < FSM_COUNT; i++)
		due = ppp_earlier(due, p->fsm[i].timer);
	due = ppp_earlier(due, p->lcp_start);
	due = ppp_earlier(due, p->ccp_wait);
	due = ppp_earlier(due, limit_end(p, p->last_packet, p->config->idle));
	due = ppp_earlier(due, limit_end(p, p->up_since, p->config->session));
	return due != 0 ? due : UINT64_MAX;
}

void
ppp_answer(struct ppp *p, const struct ppp_answer *a, uint64_t now)
{
	p->now = now;
	if (p->phase == PPP_DEAD)
		return;
	auth_answer(p, a);
	end_if_due(p);
}

void
ppp_tick(struct ppp *p, uint64_t now)
{
	p->now = now;
	if (p->phase == PPP_DEAD)
		return;
	if (ppp_expired(p, p->lcp_start))
		start_lcp(p);
	for (int i = 0; i < FSM_COUNT; i++)
		fsm_tick(p, &p->fsm[i]);
	auth_tick(p);
	lcp_tick(p);
	if (ppp_expired(p, p->ccp_wait))
		start_network(p);
	if (ppp_expired(p, limit_end(p, p->last_packet, p->config->idle)))
		ppp_end_link(p, PPP_IDLE);
	if (ppp_expired(p, limit_end(p, p->up_since, p->config->session)))
		ppp_end_link(p, PPP_SESSION_LIMIT);
	end_if_due(p);
}

/* --- names, defaults, and what is shown of a link ------------------------- */

static const struct {
	const char	*name, *sentence;
} reason_texts[] = {
#define REASON(id, name, sentence) [PPP_##id] = { name, sentence },
	PPP_REASON_LIST(REASON)
#undef REASON
};

static const char *const drops[] = {
	"malformed", "early", "late", "plain", "undecoded", "unknown", "send"
};

const char *
ppp_reason_name(enum ppp_reason reason)
{
	return reason_texts[reason].name;
}

const char *
ppp_reason_sentence(enum ppp_reason reason)
{
	return reason_texts[reason].sentence;
}

const char *
ppp_drop_name(enum ppp_drop kind)
{
	return drops[kind];
}

const char *
ppp_own_name(const struct ppp_config *c)
{
	return c->user != NULL ? c->user : c->name;
}

void
ppp_config_default(struct ppp_config *c)
{
	*c = (struct ppp_config){
		.name = "pptpalg", .strip_domain = true,
		.auth_tries = 3, .auth_delay = 1000, .auth_restart = 3000,
		.auth_transmits = 10, .auth_timeout = 60000,
		.mppe = PPP_MPPE_128 | PPP_MPPE_STATELESS,
		.mppe_required = true,
		.mru = 1400, .mtu = 1400,
		.echo_interval = 30000, .echo_failures = 4,
		.restart = 3000, .max_configure = 10, .max_terminate = 2,
		.max_failure = 10,
	};
}

static void
fill_user(const struct ppp *p, struct ppp_info *i)
{
	const struct auth_theirs *t = &p->auth.theirs;
	size_t len = t->user_len;

	i->user = i->account = "";
	i->method = p->lcp.ask != 0 ? p->lcp.ask : p->lcp.answer;
	if (p->lcp.ask != 0) {
		i->user = i->account = t->user;
		i->proved = t->proved;
		if (p->config->strip_domain && !t->whole_name)
			i->account = mschap_user(i->user, &len);
	} else if (p->lcp.answer != 0) {
		i->user = i->account = ppp_own_name(p->config);
		i->proved = p->granted;
	}
}

static void
fill_network(const struct ppp *p, struct ppp_info *i)
{
	static const uint8_t dns[] = { IPCP_DNS1, IPCP_DNS2 };
	static const uint8_t wins[] = { IPCP_NBNS1, IPCP_NBNS2 };

	i->ipv4 = p->fsm[FSM_IPCP].state == FSM_OPENED;
	i->local = p->ipcp.local;
	i->remote = p->ipcp.remote;
	i->confirmed = ipcp_is_confirmed(p);
	for (int n = 0; n < 2; n++) {
		i->dns[n] = p->config->ask_dns ? p->ipcp.server[dns[n]] :
		    p->config->dns[n];
		i->wins[n] = p->config->ask_wins ? p->ipcp.server[wins[n]] :
		    p->config->wins[n];
	}
	if (p->fsm[FSM_IPV6CP].state == FSM_OPENED) {
		i->local_ipv6 = p->ipv6cp.local;
		i->remote_ipv6 = p->ipv6cp.remote;
	}
}

static void
fill_encryption(const struct ppp *p, struct ppp_info *i)
{
	i->mppe_in = ccp_bits(ccp_in(p));
	i->mppe_out = ccp_bits(ccp_out(p));
	i->mppc_in = ccp_in(p) != 0 && p->ccp.receiver.mppc != NULL;
	i->mppc_out = ccp_out(p) != 0 && p->ccp.sender.mppc != NULL;
	i->resets = p->ccp.resets;
}

void
ppp_info(const struct ppp *p, struct ppp_info *i)
{
	memset(i, 0, sizeof(*i));
	i->phase = p->phase;
	i->reason = p->reason;
	fill_user(p, i);
	fill_network(p, i);
	fill_encryption(p, i);
	i->mtu = frame_mtu(p);
	i->mru = p->lcp.mru;
	i->up_since = p->up_since;
	i->last_packet = p->last_packet;
	i->packets_in = p->packets[0];
	i->packets_out = p->packets[1];
	i->bytes_in = p->bytes[0];
	i->bytes_out = p->bytes[1];
	memcpy(i->drops, p->drops, sizeof(i->drops));
}
