/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control connections: their states, room for new ones, their end. */
#include <stdlib.h>
#include <string.h>

#include "alg/translate/change.h"
#include "alg/translate/state.h"

/* How long a connection may be in a state; 0: as long as conntrack says. */
static const uint32_t timeouts[ALG_CONNECTION_STATES] = {
	[ALG_CONNECTION_OPENING] = STATE_OPENING_TIMEOUT,
	[ALG_CONNECTION_CLOSING] = STATE_CLOSING_TIMEOUT,
	[ALG_CONNECTION_DEAD] = STATE_CLOSING_TIMEOUT,
};

struct connection *
connection_at(const struct alg *a, uint32_t i)
{
	return pool_at(&a->connections.pool, i);
}

static uint64_t
flow_hash(const struct alg *a, const struct alg_flow *f)
{
	return hash_words(&a->key, f->inside, f->outside,
	    (uint32_t)f->inside_port << 16 | f->outside_port) + f->zone;
}

static bool
flow_same(const struct alg_flow *a, const struct alg_flow *b)
{
	return a->inside == b->inside && a->outside == b->outside &&
	    a->inside_port == b->inside_port &&
	    a->outside_port == b->outside_port && a->zone == b->zone;
}

int
connection_init(struct alg *a, uint32_t capacity)
{
	struct connections *c = &a->connections;
	uint32_t expected = capacity * STATE_EXPECTED_PER_CONNECTION;

	if (pool_init(&c->pool, capacity, sizeof(struct connection)) == -1 ||
	    table_init(&c->by_flow, capacity) == -1 ||
	    pool_init(&c->expected, expected, sizeof(struct alg_flow)) == -1 ||
	    table_init(&c->expected_by_flow, expected) == -1)
		return -1;
	c->timers = calloc((size_t)capacity + 1, sizeof(*c->timers));
	return c->timers != NULL ? 0 : -1;
}

void
connection_free(struct alg *a)
{
	pool_free(&a->connections.pool);
	table_free(&a->connections.by_flow);
	pool_free(&a->connections.expected);
	table_free(&a->connections.expected_by_flow);
	free(a->connections.timers);
}

uint32_t
connection_find(const struct alg *a, const struct alg_flow *f)
{
	const struct table *t = &a->connections.by_flow;
	uint32_t i = table_first(t, flow_hash(a, f));

	while (i != 0 && !flow_same(&connection_at(a, i)->flow, f))
		i = table_next(t, i);
	return i;
}

static uint32_t
find_expected(const struct alg *a, const struct alg_flow *f)
{
	const struct connections *c = &a->connections;
	uint32_t i = table_first(&c->expected_by_flow, flow_hash(a, f));

	while (i != 0 && !flow_same(pool_at(&c->expected, i), f))
		i = table_next(&c->expected_by_flow, i);
	return i;
}

bool
connection_expect(struct alg *a, const struct alg_flow *f)
{
	struct connections *c = &a->connections;
	uint32_t i;

	if (connection_find(a, f) != 0 || find_expected(a, f) != 0)
		return true;
	if ((i = pool_take(&c->expected)) == 0)
		return false;
	*(struct alg_flow *)pool_at(&c->expected, i) = *f;
	table_insert(&c->expected_by_flow, flow_hash(a, f), i);
	return true;
}

bool
connection_expected(const struct alg *a, const struct alg_flow *f)
{
	return find_expected(a, f) != 0;
}

void
connection_unexpect(struct alg *a, const struct alg_flow *f)
{
	struct connections *c = &a->connections;
	uint32_t i = find_expected(a, f);

	if (i == 0)
		return;
	table_remove(&c->expected_by_flow, i);
	pool_give(&c->expected, i);
}

/*
 * May what only acknowledges pass unseen?  From the SYN-ACK on, the third
 * segment of the handshake, too; its end is known by one pair of addresses.
 */
static bool
can_follow(const struct connection *c)
{
	return c->has_public && c->alias == c->flow.outside &&
	    c->zone == 0 && c->flow.zone == 0 &&
	    (c->state == ALG_CONNECTION_OPEN ||
	    (c->state == ALG_CONNECTION_OPENING && c->answered));
}

static void
tell_followed(struct alg *a, uint32_t i, bool follow)
{
	struct connection *c = connection_at(a, i);
	struct alg_connection_info info;

	if (a->config.followed == NULL || c->followed == follow)
		return;
	c->followed = follow;
	connection_info(a, i, &info);
	a->config.followed(a->config.followed_arg, &info, follow);
}

void
connection_follow(struct alg *a, uint32_t i)
{
	tell_followed(a, i, can_follow(connection_at(a, i)));
}

static struct list *
timers_of(struct alg *a, uint32_t i)
{
	return &a->connections.waiting[connection_at(a, i)->state];
}

bool
connection_table_full(const struct alg *a)
{
	const struct pool *p = &a->connections.pool;

	return p->used == p->capacity;
}

/*
 * Room for one more: first those that are over are dropped, then its own
 * kind, so that a flood of half-open connections pushes out half-open ones.
 * One that is over from the start pushes out none that was there before us.
 */
static void
make_room(struct alg *a, enum alg_connection_state kind)
{
	const enum alg_connection_state order[] = {
		ALG_CONNECTION_CLOSING, ALG_CONNECTION_DEAD, kind,
		ALG_CONNECTION_OPENING, ALG_CONNECTION_UNREAD
	};
	size_t n = kind == ALG_CONNECTION_DEAD ? 4 :
	    sizeof(order) / sizeof(order[0]);

	for (size_t i = 0; i < n; i++) {
		uint32_t oldest = a->connections.waiting[order[i]].head;

		if (!connection_table_full(a))
			return;
		if (oldest != 0)
			connection_drop(a, oldest, REASON_CONNECTION_LIMIT);
	}
}

static uint32_t
opener_of(const struct connection *c)
{
	return c->inside_opened ? c->flow.inside : c->flow.outside;
}

static bool
client_full(const struct alg *a, const struct connection *c)
{
	return client_count_connections(a, opener_of(c)) >=
	    a->config.calls_per_client;
}

bool
connection_count(struct alg *a, uint32_t i)
{
	struct connection *c = connection_at(a, i);

	if (client_full(a, c))
		return false;
	c->client = client_count_get(a, opener_of(c));
	return true;
}

bool
connection_alive(const struct connection *c)
{
	return c->state == ALG_CONNECTION_OPEN ||
	    c->state == ALG_CONNECTION_UNREAD;
}

static uint32_t
put_connection(struct alg *a, const struct connection *as)
{
	uint32_t i = pool_take(&a->connections.pool);
	struct connection *c = connection_at(a, i);

	if (i == 0)
		return 0;
	*c = *as;
	c->client = connection_alive(c) ? client_count_get(a, opener_of(c)) : 0;
	list_append(a->connections.timers, timers_of(a, i), i);
	table_insert(&a->connections.by_flow, flow_hash(a, &c->flow), i);
	connection_unexpect(a, &c->flow);
	a->counters.connections++;
	a->counters.foreign += c->foreign;
	c->followed = false;
	return i;
}

uint32_t
connection_make(struct alg *a, const struct alg_flow *f, bool inside_opened,
    enum alg_connection_state state, enum reason *reason)
{
	struct connection new = { .flow = *f, .alias = f->outside,
	    .alias_port = f->outside_port, .zone = f->zone,
	    .inside_opened = inside_opened,
	    .state = (uint8_t)state, .opened = a->now, .entered = a->now,
	    .last_seen = a->now };
	uint32_t i;

	*reason = REASON_CLIENT_CONNECTIONS;
	if (client_full(a, &new))
		return 0;
	make_room(a, state);
	i = put_connection(a, &new);
	*reason = i != 0 ? REASON_NONE : REASON_CONNECTION_LIMIT;
	return i;
}

/* Its calls, too. */
static void
record_again(struct alg *a, uint32_t i)
{
	uint32_t call = connection_at(a, i)->calls.head;

	dirty_connection(a, i);
	for (; call != 0; call = a->calls.of_connection[call].next)
		dirty_call(a, call);
}

void
connection_set_foreign(struct alg *a, uint32_t i, bool foreign)
{
	struct connection *c = connection_at(a, i);

	if (c->foreign == foreign)
		return;
	c->foreign = foreign;
	a->counters.foreign += foreign ? 1 : (uint32_t)-1;
	if (!foreign)
		record_again(a, i);
}

/* What lives already stays, even above the limit of its client. */
uint32_t
connection_put(struct alg *a, const struct connection *as)
{
	make_room(a, ALG_CONNECTION_OPENING);
	return put_connection(a, as);
}

void
connection_renew(struct alg *a, uint32_t i, const struct connection *as)
{
	struct connection *c = connection_at(a, i);

	list_remove(a->connections.timers, timers_of(a, i), i);
	c->state = as->state;
	c->reason = as->reason;
	c->answered = as->answered;
	c->unheard = as->unheard;
	c->unheard_end = as->unheard_end;
	c->syn = as->syn;
	c->later = as->later;
	c->asked = as->asked;
	c->opened = as->opened;
	c->entered = as->entered;
	c->last_seen = as->last_seen;
	c->recorded = as->recorded;
	c->stale = as->stale;
	connection_set_foreign(a, i, as->foreign);
	memcpy(c->mark, as->mark, sizeof(c->mark));
	list_append(a->connections.timers, timers_of(a, i), i);
	if (c->client == 0 && connection_alive(c))
		c->client = client_count_get(a, opener_of(c));
	if (c->followed)
		connection_follow(a, i);
}

void
connection_end_calls(struct alg *a, uint32_t i, enum reason reason)
{
	struct connection *c = connection_at(a, i);

	while (c->calls.head != 0)
		call_end(a, c->calls.head, reason);
}

void
connection_release_half(struct alg *a, struct connection *c)
{
	struct stream *s = &c->stream[ALG_OUTBOUND];

	if (s->half_taken)
		idspace_release(a, c->space, s->half_id);
	s->half_taken = false;
}

/* It is over: it counts for no client, and reads no message any more. */
static void
release_client(struct alg *a, uint32_t i)
{
	struct connection *c = connection_at(a, i);

	connection_release_half(a, c);
	if (c->client != 0)
		client_count_put(a, c->client);
	c->client = 0;
}

/* Its calls are attempts of their own; without any it is one itself. */
static void
end_attempt(struct alg *a, uint32_t i, enum reason reason)
{
	struct connection *c = connection_at(a, i);

	connection_end_calls(a, i, reason);
	if (!c->had_call)
		attempt_note_connection(a, i, reason);
	c->had_call = true;
}

void
connection_enter(struct alg *a, uint32_t i, enum alg_connection_state state,
    enum reason reason)
{
	struct connection *c = connection_at(a, i);

	list_remove(a->connections.timers, timers_of(a, i), i);
	c->state = (uint8_t)state;
	c->entered = a->now;
	list_append(a->connections.timers, timers_of(a, i), i);
	if (state == ALG_CONNECTION_CLOSING || state == ALG_CONNECTION_DEAD) {
		end_attempt(a, i, reason);
		release_client(a, i);
	}
	c->reason = state == ALG_CONNECTION_UNREAD ||
	    state == ALG_CONNECTION_DEAD ? (uint8_t)reason : REASON_NONE;
	connection_follow(a, i);
	dirty_connection(a, i);
}

/* One without calls leaves the pool. */
static void
retire_connection(struct alg *a, uint32_t i)
{
	struct connection *c = connection_at(a, i);

	tell_followed(a, i, false);
	release_client(a, i);
	stream_release(a, &c->stream[ALG_OUTBOUND]);
	stream_release(a, &c->stream[ALG_INBOUND]);
	if (c->space != 0)
		idspace_put(a, c->space);
	dirty_connection_end(a, i);
	list_remove(a->connections.timers, timers_of(a, i), i);
	table_remove(&a->connections.by_flow, i);
	a->counters.connections--;
	a->counters.foreign -= c->foreign;
	pool_give(&a->connections.pool, i);
}

void
connection_drop(struct alg *a, uint32_t i, enum reason reason)
{
	end_attempt(a, i, reason);
	retire_connection(a, i);
}

void
connection_forget_call(struct alg *a, uint32_t i)
{
	const struct call *call = call_at(a, i);
	uint32_t space = connection_at(a, call->connection)->space;
	bool refused = call->state == ALG_CALL_REFUSED;

	call_forget(a, i);
	if (!refused)
		idspace_quarantine(a, space, call->mapped_id, a->now);
}

void
connection_forget(struct alg *a, uint32_t i)
{
	const struct connection *c = connection_at(a, i);

	while (c->calls.head != 0)
		connection_forget_call(a, c->calls.head);
	retire_connection(a, i);
}

bool
connection_set_public(struct alg *a, uint32_t i, uint32_t address,
    uint16_t port)
{
	struct connection *c = connection_at(a, i);

	if (c->has_public)
		return true;
	c->space = idspace_get(a, address, c->flow.outside);
	if (c->space == 0)
		return false;
	c->public = address;
	c->public_port = port;
	c->has_public = true;
	dirty_connection(a, i);
	return true;
}

uint64_t
connection_last_gre(const struct alg *a, uint32_t i)
{
	uint32_t call = connection_at(a, i)->calls.head;
	struct alg_call_info info;
	uint64_t last = 0;

	for (; call != 0; call = a->calls.of_connection[call].next) {
		change_info(a, call, &info);
		if (info.last_in > last)
			last = info.last_in;
		if (info.last_out > last)
			last = info.last_out;
	}
	return last;
}

uint16_t
connection_alias_id(const struct connection *c, uint16_t id)
{
	bool shared = !c->inside_opened && c->alias != c->flow.outside;

	return shared ? id ^ c->alias_port : id;
}

void
connection_mark(struct alg *a, uint32_t i, enum alg_dir dir, uint32_t mark)
{
	struct connection *c = connection_at(a, i);
	uint32_t call;

	if (c->mark[dir] == mark)
		return;
	c->mark[dir] = mark;
	dirty_connection(a, i);
	for (call = c->calls.head; call != 0;
	    call = a->calls.of_connection[call].next)
		if (call_at(a, call)->state == ALG_CALL_UP)
			change_tell(a, call, ALG_CHANGE_MARK);
}

/*
 * Bits that change in conntrack's mark change in a direction's, too, if that
 * had all of them as conntrack had; not if conntrack had none of them set: then
 * it is given its mark only now.
 */
void
connection_follow_mark(struct alg *a, uint32_t i, uint32_t mark)
{
	struct connection *c = connection_at(a, i);
	uint32_t before = c->tracked_mark, changed = before ^ mark;

	c->tracked = true;
	c->tracked_mark = mark;
	for (int dir = 0; dir < 2; dir++)
		if ((before & changed) != 0 &&
		    (c->mark[dir] & changed) == (before & changed))
			connection_mark(a, i, (enum alg_dir)dir,
			    c->mark[dir] ^ changed);
}

void
connection_info(const struct alg *a, uint32_t i,
    struct alg_connection_info *info)
{
	const struct connection *c = connection_at(a, i);

	*info = (struct alg_connection_info){
		.flow = c->flow,
		.state = c->state,
		.reason = c->reason,
		.inside_opened = c->inside_opened,
		.has_public = c->has_public,
		.public = c->public,
		.public_port = c->public_port,
		.alias = c->alias,
		.alias_port = c->alias_port,
		.zone = c->zone,
		.mark = { c->mark[ALG_OUTBOUND], c->mark[ALG_INBOUND] },
		.uplink = c->uplink,
		.calls = c->live,
		.since = c->opened,
		.last_seen = c->last_seen,
		.untold = c->untold,
		.foreign = c->foreign,
		.tracked = c->tracked,
		.inside_sends = c->stream[ALG_OUTBOUND].next,
		.outside_sends = c->stream[ALG_INBOUND].next,
		.inside_expects = c->stream[ALG_OUTBOUND].expects,
		.outside_expects = c->stream[ALG_INBOUND].expects,
	};
}

/* That of another firewall is not ours to end, and nothing to be recorded. */
static void
end_overdue(struct alg *a, uint32_t i)
{
	if (!connection_at(a, i)->foreign) {
		connection_drop(a, i, REASON_CLOSED);
		return;
	}
	dirty_pause(a, true);
	connection_forget(a, i);
	dirty_pause(a, false);
}

void
connection_tick(struct alg *a)
{
	for (int state = 0; state < ALG_CONNECTION_STATES; state++) {
		struct list *line = &a->connections.waiting[state];

		while (timeouts[state] != 0 && line->head != 0 && a->now -
		    connection_at(a, line->head)->entered >= timeouts[state])
			end_overdue(a, line->head);
	}
}
