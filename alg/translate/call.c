/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls: their states, their timers, and what ends them. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "alg/pptp/tcp.h"
#include "alg/translate/change.h"
#include "alg/translate/lookup.h"
#include "alg/translate/state.h"

/* Every state × event; what is not said here stays as it is. */
static const uint8_t next_state[ALG_CALL_STATES][CALL_EVENTS] = {
	[ALG_CALL_REQUESTED] = {
		[CALL_REPLY_OK] = ALG_CALL_UP,
		[CALL_REPLY_BAD] = ALG_CALL_ENDED,
		[CALL_CLEAR] = ALG_CALL_CLEARING,
		[CALL_DISCONNECT] = ALG_CALL_ENDED,
	},
	/* What is refused then is another request with the same ID. */
	[ALG_CALL_UP] = {
		[CALL_REPLY_OK] = ALG_CALL_UP,
		[CALL_REPLY_BAD] = ALG_CALL_UP,
		[CALL_CLEAR] = ALG_CALL_CLEARING,
		[CALL_DISCONNECT] = ALG_CALL_ENDED,
	},
	/* Cleared before the reply came: the reply does not open it again. */
	[ALG_CALL_CLEARING] = {
		[CALL_REPLY_OK] = ALG_CALL_CLEARING,
		[CALL_REPLY_BAD] = ALG_CALL_ENDED,
		[CALL_CLEAR] = ALG_CALL_CLEARING,
		[CALL_DISCONNECT] = ALG_CALL_ENDED,
	},
	/* Only the reply tells the asker; a clear may run ahead of it. */
	[ALG_CALL_REFUSED] = {
		[CALL_REPLY_OK] = ALG_CALL_ENDED,
		[CALL_REPLY_BAD] = ALG_CALL_ENDED,
		[CALL_CLEAR] = ALG_CALL_REFUSED,
		[CALL_DISCONNECT] = ALG_CALL_ENDED,
	},
	[ALG_CALL_ENDED] = {
		[CALL_REPLY_OK] = ALG_CALL_ENDED,
		[CALL_REPLY_BAD] = ALG_CALL_ENDED,
		[CALL_CLEAR] = ALG_CALL_ENDED,
		[CALL_DISCONNECT] = ALG_CALL_ENDED,
	},
};

static const enum reason event_reason[CALL_EVENTS] = {
	[CALL_REPLY_OK] = REASON_NONE,
	[CALL_REPLY_BAD] = REASON_REPLY_REFUSED,
	[CALL_CLEAR] = REASON_CLEAR,
	[CALL_DISCONNECT] = REASON_DISCONNECT,
};

/* What a call waits for in a state, and how long. */
static const struct {
	uint32_t	ms;
	enum reason	reason;
} waits[CALL_WAITS] = {
	[CALL_WAIT_REPLY] = { STATE_REQUEST_TIMEOUT, REASON_NO_REPLY },
	[CALL_WAIT_CDN] = { STATE_CLEAR_TIMEOUT, REASON_NO_CDN },
	[CALL_WAIT_GRE] = { STATE_NOTICE_TIME, REASON_NONE },
	[CALL_WAIT_SILENCE] = { STATE_SILENCE_TIME, REASON_NONE },
};

static const enum call_wait wait_of[ALG_CALL_STATES] = {
	[ALG_CALL_REQUESTED] = CALL_WAIT_REPLY,
	[ALG_CALL_UP] = CALL_WAIT_GRE,
	[ALG_CALL_CLEARING] = CALL_WAIT_CDN,
	[ALG_CALL_REFUSED] = CALL_WAIT_REPLY,
};

struct call *
call_at(const struct alg *a, uint32_t i)
{
	return pool_at(&a->calls.pool, i);
}

int
call_init(struct alg *a, uint32_t capacity)
{
	struct calls *c = &a->calls;
	struct table *tables[] = { &c->by_mapped, &c->by_peer, &c->by_outside,
	    &c->by_inside, &c->by_own, &c->by_other };

	if (pool_init(&c->pool, capacity, sizeof(struct call)) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (table_init_same(tables[i], capacity) == -1)
			return -1;
	}
	c->of_connection =
	    calloc((size_t)capacity + 1, sizeof(struct list_link));
	c->timers = calloc((size_t)capacity + 1, sizeof(struct list_link));
	c->changes = calloc((size_t)capacity + 1, sizeof(struct list_link));
	return c->of_connection != NULL && c->timers != NULL &&
	    c->changes != NULL ? 0 : -1;
}

void
call_free(struct alg *a)
{
	struct calls *c = &a->calls;

	pool_free(&c->pool);
	table_free(&c->by_mapped);
	table_free(&c->by_peer);
	table_free(&c->by_outside);
	table_free(&c->by_inside);
	table_free(&c->by_own);
	table_free(&c->by_other);
	free(c->of_connection);
	free(c->timers);
	free(c->changes);
}

static void
wait_since(struct alg *a, uint32_t i, enum call_wait wait, uint64_t since)
{
	struct call *c = call_at(a, i);
	struct calls *all = &a->calls;

	if (c->waiting != CALL_WAIT_NOT)
		list_remove(all->timers, &all->waiting[c->waiting], i);
	c->waiting = (uint8_t)wait;
	c->waited = since;
	if (wait != CALL_WAIT_NOT)
		list_append(all->timers, &all->waiting[wait], i);
}

static void
wait_for(struct alg *a, uint32_t i, enum call_wait wait)
{
	wait_since(a, i, wait, a->now);
}

static void
enter_state(struct alg *a, uint32_t i, enum alg_call_state state)
{
	call_at(a, i)->state = (uint8_t)state;
	call_at(a, i)->since = a->now;
	wait_for(a, i, wait_of[state]);
	dirty_call(a, i);
}

/* Adds n (1 or -1) to what counts calls of this kind. */
static void
count_call(struct alg *a, uint32_t i, uint32_t n)
{
	const struct call *c = call_at(a, i);
	struct connection *owner = connection_at(a, c->connection);
	struct client_count *client = client_count_at(a, owner->client);

	if (c->state == ALG_CALL_REFUSED) {
		owner->refused += n;
		client->refused += n;
	} else {
		owner->live += n;
		client->calls += n;
		a->counters.calls += n;
	}
}

void
call_serial(struct alg *a, uint64_t serial)
{
	if (a->calls.serial < serial)
		a->calls.serial = serial;
}

/*
 * Up for a while: does GRE come from both ends?  Whatever one sends the other
 * acknowledges, and PPP's echo is answered.
 */
static enum reason
missing_gre(const struct alg_call_info *info)
{
	if (info->packets_out == 0)
		return REASON_NO_GRE_INSIDE;
	if (info->packets_in == 0)
		return REASON_NO_GRE_OUTSIDE;
	if (info->last_out >= info->last_in + STATE_SILENCE_TIME)
		return REASON_SILENT_OUTSIDE;
	if (info->last_in >= info->last_out + STATE_SILENCE_TIME)
		return REASON_SILENT_INSIDE;
	return REASON_NONE;
}

/* A call that is up and was so before us: what is missing was told then. */
static void
wait_again(struct alg *a, uint32_t i)
{
	struct call *c = call_at(a, i);
	struct alg_call_info info;

	change_info(a, i, &info);
	c->notice = (uint8_t)missing_gre(&info);
	wait_since(a, i, CALL_WAIT_SILENCE, a->now);
}

uint32_t
call_put(struct alg *a, uint32_t connection, const struct call *as)
{
	struct connection *owner = connection_at(a, connection);
	uint32_t i = pool_take(&a->calls.pool);
	struct call *c = call_at(a, i);

	if (i == 0)
		return 0;
	*c = *as;
	c->flow = owner->flow;
	c->public = owner->public;
	c->alias = owner->alias;
	c->alias_id = connection_alias_id(owner, c->outside_id);
	c->connection = connection;
	c->asked = c->since;
	c->up = c->state == ALG_CALL_UP ? c->since : 0;
	owner->had_call = true;
	lookup_add(a, i);
	list_append(a->calls.of_connection, &owner->calls, i);
	count_call(a, i, 1);
	if (c->state != ALG_CALL_UP || a->now - c->since < STATE_NOTICE_TIME)
		wait_since(a, i, wait_of[c->state], c->since);
	else
		wait_again(a, i);
	call_serial(a, c->serial);
	return i;
}

uint32_t
call_make(struct alg *a, uint32_t connection, uint16_t inside_id,
    uint16_t mapped_id)
{
	const struct call new = { .serial = a->calls.serial + 1,
	    .since = a->now, .state = ALG_CALL_REQUESTED,
	    .inside_id = inside_id, .mapped_id = mapped_id };

	return call_put(a, connection, &new);
}

uint32_t
call_refuse(struct alg *a, uint32_t connection, uint16_t inside_id,
    enum reason reason)
{
	const struct call new = { .serial = a->calls.serial + 1,
	    .since = a->now, .state = ALG_CALL_REFUSED,
	    .reason = (uint8_t)reason, .inside_id = inside_id,
	    .mapped_id = idspace_refusal(a,
	    connection_at(a, connection)->space) };
	uint32_t i = call_put(a, connection, &new);

	if (i == 0)
		return 0;
	state_count(a, reason);
	a->counters.calls_refused++;
	attempt_note_call(a, i, reason);
	change_tell(a, i, ALG_CHANGE_REFUSED);
	return i;
}

void
call_asked(struct alg *a, uint32_t i, bool inside_asked, bool incoming)
{
	struct call *c = call_at(a, i);

	c->inside_asked = inside_asked;
	c->incoming = incoming;
	dirty_call(a, i);
	if (c->state == ALG_CALL_REQUESTED)
		change_tell(a, i, ALG_CHANGE_REQUEST);
}

void
call_set_outside(struct alg *a, uint32_t i, uint16_t id)
{
	struct call *c = call_at(a, i);

	if (c->has_outside_id && c->outside_id == id)
		return;
	if (c->has_outside_id)
		lookup_remove_outside(a, i);
	c->outside_id = id;
	c->alias_id =
	    connection_alias_id(connection_at(a, c->connection), id);
	c->has_outside_id = true;
	lookup_add_outside(a, i);
	dirty_call(a, i);
	if (c->state == ALG_CALL_UP)
		change_tell(a, i, ALG_CHANGE_UP);
}

/* Nobody could read who has used it: it may have worked all the same. */
static void
audit_unread(struct alg *a, uint32_t i)
{
	struct alg_call_info info;

	if (call_at(a, i)->login != 0 || call_at(a, i)->up == 0)
		return;
	change_info(a, i, &info);
	if (info.packets_in >= STATE_WORKED && info.packets_out >= STATE_WORKED)
		audit_count_call(a, i, NULL);
}

/* Gives back what a call holds, but for its ID and its place in the pool. */
static void
release_call(struct alg *a, uint32_t i)
{
	struct call *c = call_at(a, i);

	lookup_remove(a, i);
	list_remove(a->calls.of_connection,
	    &connection_at(a, c->connection)->calls, i);
	count_call(a, i, (uint32_t)-1);
	dirty_call_end(a, i);
}

static void
tell_end(struct alg *a, uint32_t i, enum alg_call_state before,
    enum reason reason)
{
	if (before == ALG_CALL_UP || before == ALG_CALL_REQUESTED)
		attempt_note_call(a, i, reason);
	if (before == ALG_CALL_UP) {
		a->counters.calls_down++;
		change_tell(a, i, ALG_CHANGE_DOWN);
	} else if (before == ALG_CALL_REQUESTED) {
		a->counters.calls_refused += reason == REASON_REPLY_REFUSED;
		change_tell(a, i, ALG_CHANGE_REFUSED);
	}
}

/* Frees a call's place in the pool, at once or when its changes are told. */
static void
retire_call(struct alg *a, uint32_t i)
{
	struct call *c = call_at(a, i);

	login_release(a, i);
	c->state = ALG_CALL_ENDED;
	wait_for(a, i, CALL_WAIT_NOT);
	if (c->pending == 0)
		pool_give(&a->calls.pool, i);
}

void
call_forget(struct alg *a, uint32_t i)
{
	bool up = call_at(a, i)->state == ALG_CALL_UP;

	a->counters.calls_up -= up;
	if (up && a->peer != NULL)
		change_tell(a, i, ALG_CHANGE_DOWN);
	release_call(a, i);
	retire_call(a, i);
}

/*
 * The outside end may not have heard of the call yet: then the message that
 * announced its ID must not come again, when that is another client's.
 */
static void
mark_unheard(struct alg *a, const struct call *c, enum reason reason)
{
	struct connection *owner = connection_at(a, c->connection);

	/* A reply that says no gives nobody an ID. */
	if (c->state == ALG_CALL_REFUSED || reason == REASON_REPLY_REFUSED ||
	    tcp_diff(owner->stream[ALG_OUTBOUND].acked, c->announced) >= 0)
		return;
	if (!owner->unheard ||
	    tcp_diff(c->announced, owner->unheard_end) > 0)
		owner->unheard_end = c->announced;
	owner->unheard = true;
	dirty_connection(a, c->connection);
}

void
call_end(struct alg *a, uint32_t i, enum reason reason)
{
	struct call *c = call_at(a, i);
	enum alg_call_state before = c->state;

	audit_unread(a, i);
	mark_unheard(a, c, reason);
	release_call(a, i);
	if (before != ALG_CALL_REFUSED)
		idspace_quarantine(a, connection_at(a, c->connection)->space,
		    c->mapped_id, a->now);
	if (before != ALG_CALL_REFUSED && before != ALG_CALL_CLEARING) {
		c->reason = (uint8_t)reason;
		state_count(a, reason);
	} else if (reason == waits[c->waiting].reason) {
		/* Counted when it was cleared or refused; this came on top. */
		state_count(a, reason);
	}
	tell_end(a, i, before, reason);
	retire_call(a, i);
}

/* A call that is cleared passes no GRE from now on, but has its IDs still. */
static void
clear_call(struct alg *a, uint32_t i)
{
	enum alg_call_state before = call_at(a, i)->state;

	if (before == ALG_CALL_CLEARING)
		return;
	call_at(a, i)->reason = REASON_CLEAR;
	state_count(a, REASON_CLEAR);
	enter_state(a, i, ALG_CALL_CLEARING);
	tell_end(a, i, before, REASON_CLEAR);
}

static void
count_setup(struct alg *a, const struct call *c)
{
	static const uint32_t bounds[ALG_SETUPS] = ALG_SETUP_BOUNDS;
	uint64_t took = c->up - c->asked;
	int i = 0;

	while (took > bounds[i] && i < ALG_SETUPS - 1)
		i++;
	a->counters.setups[i]++;
	a->counters.setup_time += took;
	a->counters.calls_up++;
}

void
call_step(struct alg *a, uint32_t i, enum call_event event)
{
	struct call *c = call_at(a, i);
	enum alg_call_state next = next_state[c->state][event];

	if (next == ALG_CALL_ENDED) {
		call_end(a, i, event_reason[event]);
	} else if (next == ALG_CALL_CLEARING) {
		clear_call(a, i);
	} else if (next == ALG_CALL_UP && c->state != ALG_CALL_UP) {
		enter_state(a, i, ALG_CALL_UP);
		c->up = a->now;
		count_setup(a, c);
		change_tell(a, i, ALG_CHANGE_UP);
	}
}

bool
call_lives(const struct alg *a, uint32_t i)
{
	return call_at(a, i)->state != ALG_CALL_REFUSED &&
	    call_at(a, i)->state != ALG_CALL_ENDED;
}

uint32_t
call_refused(const struct alg *a, uint32_t connection)
{
	uint32_t i = connection_at(a, connection)->calls.head;

	while (i != 0 && call_at(a, i)->state != ALG_CALL_REFUSED)
		i = a->calls.of_connection[i].next;
	return i;
}

void
call_traffic(struct alg *a, uint32_t i, enum alg_dir dir, uint16_t bytes)
{
	struct call *c = call_at(a, i);

	c->shown[dir].packets++;
	c->shown[dir].bytes += bytes;
	c->shown[dir].last = a->now;
}

/* The change is told once; the attempt says what is wrong now. */
static void
notice_missing_gre(struct alg *a, uint32_t i)
{
	struct call *c = call_at(a, i);
	struct alg_call_info info;
	enum reason missing;

	wait_for(a, i, CALL_WAIT_SILENCE);
	change_info(a, i, &info);
	missing = missing_gre(&info);
	if (missing == c->notice || missing == REASON_NONE)
		return;
	state_count(a, missing);
	if (c->notice == REASON_NONE)
		change_tell(a, i, ALG_CHANGE_NOTICE);
	c->notice = (uint8_t)missing;
	attempt_note_call(a, i, REASON_NONE);
}

/* Of another firewall's call we see no GRE, and it will tell of its end. */
static void
end_wait(struct alg *a, uint32_t i, enum call_wait wait)
{
	if (connection_at(a, call_at(a, i)->connection)->foreign)
		wait_for(a, i, wait);
	else if (waits[wait].reason == REASON_NONE)
		notice_missing_gre(a, i);
	else
		call_end(a, i, waits[wait].reason);
}

void
call_tick(struct alg *a)
{
	for (enum call_wait w = CALL_WAIT_REPLY; w < CALL_WAITS; w++) {
		struct list *all = &a->calls.waiting[w];

		while (all->head != 0 &&
		    a->now - call_at(a, all->head)->waited >= waits[w].ms)
			end_wait(a, all->head, w);
	}
}
