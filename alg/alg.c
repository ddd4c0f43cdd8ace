/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The translator as its callers see it: each packet to its protocol, lists. */
#include <stdlib.h>

#include "alg/pptp/ip.h"
#include "alg/translate/change.h"
#include "alg/translate/gre.h"
#include "alg/translate/icmp.h"
#include "alg/translate/lookup.h"
#include "alg/translate/segment.h"
#include "alg/translate/state.h"

/* Room for calls beyond the average, and for those that are refused. */
#define CALLS_EXTRA	65536

static const char *const call_states[ALG_CALL_STATES] = {
	[ALG_CALL_REQUESTED] = "requested",
	[ALG_CALL_UP] = "up",
	[ALG_CALL_CLEARING] = "clearing",
	[ALG_CALL_REFUSED] = "refused",
	[ALG_CALL_ENDED] = "ended",
};

static const char *const connection_states[ALG_CONNECTION_STATES] = {
	[ALG_CONNECTION_OPENING] = "opening",
	[ALG_CONNECTION_OPEN] = "open",
	[ALG_CONNECTION_UNREAD] = "unread",
	[ALG_CONNECTION_CLOSING] = "closing",
	[ALG_CONNECTION_DEAD] = "dead",
};

const char *
alg_call_state_name(enum alg_call_state s)
{
	return call_states[s];
}

const char *
alg_connection_state_name(enum alg_connection_state s)
{
	return connection_states[s];
}

static uint32_t
call_capacity(const struct alg_config *c)
{
	uint64_t few = (uint64_t)c->connections *
	    STATE_CALLS_PER_CONNECTION + CALLS_EXTRA;
	uint64_t all = (uint64_t)c->connections * ((uint64_t)
	    c->calls_per_connection + STATE_REFUSED_PER_CONNECTION);

	return (uint32_t)(all < few ? all : few);
}

struct alg *
alg_new(const struct alg_config *config)
{
	struct alg *a = calloc(1, sizeof(*a));
	uint32_t n = config->connections, local = config->local_calls;
	uint32_t calls = call_capacity(config);

	if (a == NULL)
		return NULL;
	a->config = *config;
	a->key = hash_key_of(config->key);
	if (client_count_init(a, n) == -1 || connection_init(a, n) == -1 ||
	    stream_init(a, n) == -1 || call_init(a, calls) == -1 ||
	    attempt_init(a, n) == -1 || login_init(a, calls) == -1 ||
	    audit_init(a, n) == -1 ||
	    idspace_init(a, n + local, calls + local) == -1 ||
	    dirty_init(a, n, calls) == -1) {
		alg_free(a);
		return NULL;
	}
	return a;
}

void
alg_free(struct alg *a)
{
	if (a == NULL)
		return;
	client_count_free(a);
	connection_free(a);
	stream_free(a);
	call_free(a);
	idspace_free(a);
	dirty_free(a);
	attempt_free(a);
	login_free(a);
	audit_free(a);
	free(a);
}

void
alg_configure(struct alg *a, const struct alg_config *config)
{
	uint32_t connections = a->config.connections;
	uint32_t local_calls = a->config.local_calls;
	bool recording = a->config.recording;

	a->config = *config;
	a->config.connections = connections;
	a->config.local_calls = local_calls;
	a->config.recording = recording;
}

/* What can be in a queue of ours, by IP protocol. */
static const struct {
	uint8_t	  protocol;
	void	(*process)(struct alg *, enum alg_dir, struct packet *,
		    struct alg_result *);
} protocols[] = {
	{ IP_GRE, gre_process_packet },
	{ IP_TCP, segment_process_packet },
	{ IP_ICMP, icmp_process_packet },
};

static void
process_packet(
    struct alg *a, enum alg_dir dir, struct packet *p, struct alg_result *r)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		if (protocols[i].protocol == p->protocol) {
			protocols[i].process(a, dir, p, r);
			return;
		}
	}
	r->reason = REASON_NOT_OURS;
}

void
alg_packet(struct alg *a, enum alg_dir dir, uint8_t *bytes, size_t len,
    uint64_t now, struct alg_result *r)
{
	static const struct alg_origin unknown;

	alg_packet_from(a, &unknown, dir, bytes, len, now, r);
}

/* All but the edits, of which there are none. */
static void
begin_result(struct alg_result *r)
{
	r->action = ALG_PASS;
	r->reason = REASON_NONE;
	r->keep = 0;
	r->ours = r->changed = r->both = r->inside_opened = false;
	r->flow = (struct alg_flow){ 0 };
	r->call = 0;
	r->public = r->outside = 0;
	r->mapped_id = 0;
	r->mark = 0;
	r->nedits = 0;
}

void
alg_packet_from(struct alg *a, const struct alg_origin *origin,
    enum alg_dir dir, uint8_t *bytes, size_t len, uint64_t now,
    struct alg_result *r)
{
	struct packet p;

	state_advance(a, now);
	a->origin = *origin;
	begin_result(r);
	r->keep = (uint16_t)len;
	r->reason = ip_parse(&p, bytes, len);
	if (r->reason == REASON_NONE)
		process_packet(a, dir, &p, r);
	else if (r->reason != REASON_NOT_OURS)
		r->action = ALG_DROP;
	if (r->reason != REASON_NONE)
		state_count(a, r->reason);
	/* Padding of the link goes with what is not ours. */
	if (r->ours && p.length < len) {
		r->keep = p.length;
		r->changed = true;
	}
}

void
alg_acknowledged(struct alg *a, const struct alg_ack *ack, uint64_t now,
    struct alg_result *r)
{
	state_advance(a, now);
	begin_result(r);
	segment_process_ack(a, ack, r);
	if (r->reason != REASON_NONE)
		state_count(a, r->reason);
}

bool
alg_quotes_sender(const struct alg *a, uint8_t *bytes, size_t len)
{
	struct packet p;

	return ip_parse(&p, bytes, len) == REASON_NONE &&
	    p.protocol == IP_ICMP && icmp_quotes_sender(a, &p);
}

bool
alg_note_refusal(struct alg *a, const struct alg_origin *origin,
    enum alg_dir dir, bool own, uint8_t *bytes, size_t len, uint64_t now)
{
	struct packet p;

	state_advance(a, now);
	a->origin = *origin;
	return ip_parse(&p, bytes, len) == REASON_NONE &&
	    p.protocol == IP_ICMP && icmp_note_refusal(a, dir, own, &p);
}

void
alg_tell_public(struct alg *a, const struct alg_flow *flow, uint32_t address,
    uint16_t port)
{
	uint32_t i = connection_find(a, flow);

	if (i != 0 && !connection_set_public(a, i, address, port))
		state_count(a, REASON_CALL_LIMIT);
}

void
alg_tell_alias(struct alg *a, const struct alg_flow *flow, uint32_t address,
    uint16_t port, uint16_t zone)
{
	uint32_t i = connection_find(a, flow);
	struct connection *c = connection_at(a, i);

	if (i == 0 || c->has_public)
		return;
	c->alias = address;
	c->alias_port = port;
	c->zone = zone;
}

bool
alg_gre_dir(const struct alg *a, uint8_t *bytes, size_t len,
    enum alg_dir *dir)
{
	struct packet p;

	return ip_parse(&p, bytes, len) == REASON_NONE &&
	    p.protocol == IP_GRE && gre_find_dir(a, &p, dir);
}

bool
alg_tell_mark(struct alg *a, const struct alg_flow *flow, uint32_t mark)
{
	uint32_t i = connection_find(a, flow);

	if (i != 0)
		connection_follow_mark(a, i, mark);
	return i != 0;
}

bool
alg_expect(struct alg *a, const struct alg_flow *flow)
{
	return connection_expect(a, flow);
}

bool
alg_knows(const struct alg *a, const struct alg_flow *flow)
{
	return connection_find(a, flow) != 0 || connection_expected(a, flow);
}

uint32_t
alg_quarantine(const struct alg *a)
{
	return a->config.quarantine;
}

void
alg_set_foreign(struct alg *a, const struct alg_flow *flow, bool foreign)
{
	uint32_t i = connection_find(a, flow);

	if (i != 0)
		connection_set_foreign(a, i, foreign);
}

bool
alg_change(struct alg *a, struct alg_change *change)
{
	return change_next(a, change);
}

void
alg_tick(struct alg *a, uint64_t now)
{
	state_advance(a, now);
	call_tick(a);
	connection_tick(a);
	login_tick(a);
	idspace_tick(a);
}

void
alg_lost(struct alg *a, const struct alg_flow *flow, uint64_t now)
{
	uint32_t i = connection_find(a, flow);

	state_advance(a, now);
	connection_unexpect(a, flow);
	if (i != 0 && connection_at(a, i)->state != ALG_CONNECTION_DEAD)
		connection_drop(a, i, REASON_CONNTRACK_GONE);
}

int
alg_reset(struct alg *a, const struct alg_flow *flow, enum reason reason,
    uint64_t now)
{
	uint32_t i = connection_find(a, flow);

	state_advance(a, now);
	if (i == 0)
		return -1;
	connection_enter(a, i, ALG_CONNECTION_DEAD, reason);
	return 0;
}

void
alg_untold(struct alg *a, const struct alg_flow *flow, uint8_t times)
{
	uint32_t i = connection_find(a, flow);

	if (i != 0)
		connection_at(a, i)->untold = times;
}

bool
alg_calls(const struct alg *a, uint32_t *at, struct alg_call_info *info)
{
	do
		*at = pool_next(&a->calls.pool, *at + 1);
	while (*at != 0 && call_at(a, *at)->state == ALG_CALL_ENDED);
	if (*at != 0)
		change_info(a, *at, info);
	return *at != 0;
}

bool
alg_call(const struct alg *a, uint32_t public, uint32_t outside,
    uint16_t mapped_id, struct alg_call_info *info)
{
	uint32_t i = lookup_mapped(a, public, outside, mapped_id);

	if (i != 0)
		change_info(a, i, info);
	return i != 0;
}

bool
alg_connections(const struct alg *a, uint32_t *at,
    struct alg_connection_info *info)
{
	*at = pool_next(&a->connections.pool, *at + 1);
	if (*at != 0)
		connection_info(a, *at, info);
	return *at != 0;
}

bool
alg_connection(const struct alg *a, const struct alg_flow *flow,
    struct alg_connection_info *info)
{
	uint32_t i = connection_find(a, flow);

	if (i != 0)
		connection_info(a, i, info);
	return i != 0;
}

bool
alg_attempts(const struct alg *a, uint32_t *at, struct alg_attempt *attempt)
{
	return attempt_next(a, at, attempt);
}

bool
alg_attempt_news(struct alg *a, struct alg_attempt *attempt)
{
	return attempt_news(a, attempt);
}

void
alg_calls_attempt(const struct alg *a, uint32_t at,
    const struct alg_call_info *call, struct alg_attempt *attempt)
{
	attempt_of_call(a, at, call, attempt);
}

bool
alg_connections_attempt(
    const struct alg *a, uint32_t at, struct alg_attempt *attempt)
{
	attempt_of_connection(a, at, attempt);
	return !connection_at(a, at)->had_call;
}

void
alg_tell_login(struct alg *a, uint32_t public, uint32_t outside,
    uint16_t mapped_id, const struct alg_login *login, uint64_t now)
{
	uint32_t i = lookup_mapped(a, public, outside, mapped_id);

	state_advance(a, now);
	if (i != 0)
		login_tell(a, i, login);
}

bool
alg_login_news(struct alg *a, struct alg_call_info *info,
    struct alg_login *login)
{
	uint32_t i = login_next_settled(a);

	if (i == 0)
		return false;
	change_info(a, i, info);
	*login = *login_of_call(a, i);
	return true;
}

bool
alg_calls_login(const struct alg *a, uint32_t at, struct alg_login *login)
{
	const struct alg_login *is = login_of_call(a, at);

	if (is != NULL)
		*login = *is;
	return is != NULL;
}

void
alg_count_session(struct alg *a, const struct alg_audit *who, uint64_t now)
{
	state_advance(a, now);
	audit_count(a, who);
}

bool
alg_audit(const struct alg *a, uint32_t *at, struct alg_audit *row)
{
	return audit_next(a, at, row);
}

uint64_t
alg_last_gre(const struct alg *a, const struct alg_flow *flow)
{
	uint32_t i = connection_find(a, flow);

	return i != 0 ? connection_last_gre(a, i) : 0;
}

void
alg_counters(const struct alg *a, struct alg_counters *counters)
{
	*counters = a->counters;
}

bool
alg_id_spaces(const struct alg *a, uint32_t *at, struct alg_id_space *space)
{
	*at = pool_next(&a->spaces.spaces, *at + 1);
	if (*at == 0)
		return false;
	idspace_ends(a, *at, &space->public, &space->outside);
	space->used = idspace_used(a, *at);
	return true;
}

uint32_t
alg_capacity(const struct alg *a)
{
	return a->calls.pool.capacity;
}

void
alg_count(struct alg *a, enum reason reason, uint64_t n)
{
	a->counters.reasons[reason] += n;
}

int
alg_take_id(struct alg *a, uint32_t public, uint32_t peer)
{
	uint32_t space;
	int id;

	if (a->local_calls >= a->config.local_calls ||
	    (space = idspace_get(a, public, peer)) == 0)
		return IDSPACE_NONE;
	id = idspace_take(a, space, (uint16_t)state_random(a));
	if (id != IDSPACE_NONE)
		a->local_calls++;
	idspace_put(a, space);
	return id;
}

void
alg_give_id(struct alg *a, uint32_t public, uint32_t peer, uint16_t id,
    uint64_t now)
{
	uint32_t space = idspace_get(a, public, peer);

	state_advance(a, now);
	a->local_calls--;
	idspace_quarantine(a, space, id, a->now);
	idspace_put(a, space);
}
