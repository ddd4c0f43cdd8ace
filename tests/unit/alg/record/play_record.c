/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records while packets are played, and restarts from them. */
#include <stdlib.h>

#include "alg/record/record.h"
#include "alg/record/restore.h"
#include "alg/translate/dirty.h"
#include "tests/unit/play.h"

/* When the clock of the translators was 0: 2026. */
#define EPOCH	1790000000000ULL

static void
add(struct play *p, const uint8_t *bytes, size_t len)
{
	if (p->nlog + len > p->log_room) {
		p->log_room = (p->nlog + len) * 2;
		p->log = realloc(p->log, p->log_room);
	}
	memcpy(p->log + p->nlog, bytes, len);
	p->nlog += len;
}

void
play_record(struct play *p)
{
	uint8_t bytes[RECORD_MAX];
	size_t len;

	while ((len = record_next(p->alg, EPOCH, bytes,
	    sizeof(bytes))) > 0)
		add(p, bytes, len);
}

void
play_snapshot(struct play *p)
{
	uint8_t bytes[RECORD_MAX];
	struct record_snapshot at = { 0 };
	size_t len;

	p->nlog = 0;
	while ((len = record_snapshot_next(p->alg, &at, EPOCH, bytes,
	    sizeof(bytes))) > 0)
		add(p, bytes, len);
}

size_t
play_record_length(const uint8_t *record)
{
	return wire_get16(record);
}

/* The calls and connections of a translator, in an order of their own. */
struct listing {
	struct alg_call_info		call[PLAY_LISTED];
	struct alg_connection_info	connection[PLAY_LISTED];
	size_t				 calls, connections;
};

static int
by_serial(const void *a, const void *b)
{
	const struct alg_call_info *x = a, *y = b;

	return x->serial < y->serial ? -1 : x->serial > y->serial;
}

static int
by_flow(const void *a, const void *b)
{
	const struct alg_connection_info *x = a, *y = b;

	return memcmp(&x->flow, &y->flow, sizeof(x->flow));
}

/* One that was picked up and died unread was never recorded. */
static bool
lasts(const struct alg *a, uint32_t at, const struct alg_connection_info *c)
{
	return c->state != ALG_CONNECTION_OPENING &&
	    c->state != ALG_CONNECTION_UNREAD && c->reason != REASON_STRAY &&
	    (c->state != ALG_CONNECTION_DEAD || dirty_matters(a, at));
}

static void
list_all(struct listing *l, const struct alg *a)
{
	struct alg_connection_info c;
	uint32_t at = 0;

	l->calls = l->connections = 0;
	while (alg_calls(a, &at, &l->call[l->calls]))
		assert_true(++l->calls < PLAY_LISTED);
	while (alg_connections(a, &at, &c)) {
		if (!lasts(a, at, &c))
			continue;
		l->connection[l->connections] = c;
		assert_true(++l->connections < PLAY_LISTED);
	}
	qsort(l->call, l->calls, sizeof(*l->call), by_serial);
	qsort(l->connection, l->connections, sizeof(*l->connection), by_flow);
}

static void
same_flow(const struct alg_flow *a, const struct alg_flow *b)
{
	assert_int_equal(a->inside, b->inside);
	assert_int_equal(a->outside, b->outside);
	assert_int_equal(a->inside_port, b->inside_port);
	assert_int_equal(a->outside_port, b->outside_port);
}

static void
same_call(const struct alg_call_info *a, const struct alg_call_info *b)
{
	same_flow(&a->flow, &b->flow);
	assert_int_equal(a->serial, b->serial);
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->inside_asked, b->inside_asked);
	assert_int_equal(a->incoming, b->incoming);
	assert_int_equal(a->has_outside_id, b->has_outside_id);
	assert_int_equal(a->public, b->public);
	assert_int_equal(a->inside_id, b->inside_id);
	assert_int_equal(a->mapped_id, b->mapped_id);
	assert_int_equal(a->outside_id, b->outside_id);
	assert_int_equal(a->since, b->since);
	assert_true(b->packets_in <= a->packets_in);
	assert_true(b->bytes_out <= a->bytes_out);
}

static void
same_connection(const struct alg_connection_info *a,
    const struct alg_connection_info *b)
{
	same_flow(&a->flow, &b->flow);
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->reason, b->reason);
	assert_int_equal(a->inside_opened, b->inside_opened);
	assert_int_equal(a->has_public, b->has_public);
	assert_int_equal(a->public, b->public);
	assert_int_equal(a->public_port, b->public_port);
	assert_int_equal(a->calls, b->calls);
	assert_int_equal(a->since, b->since);
	assert_int_equal(a->inside_sends, b->inside_sends);
	assert_int_equal(a->outside_sends, b->outside_sends);
}

static void
same(const struct listing *a, const struct listing *b)
{
	assert_int_equal(a->calls, b->calls);
	for (size_t i = 0; i < a->calls; i++)
		same_call(&a->call[i], &b->call[i]);
	assert_int_equal(a->connections, b->connections);
	for (size_t i = 0; i < a->connections; i++)
		same_connection(&a->connection[i], &b->connection[i]);
}

void
play_restore(struct play *p)
{
	size_t len;

	p->config.key[1]++;
	p->alg = alg_new(&p->config);
	assert_non_null(p->alg);
	for (size_t at = 0; at < p->nlog; at += len) {
		len = play_record_length(p->log + at);
		assert_int_equal(restore_record(p->alg, p->now, EPOCH,
		    p->log + at, len), REASON_NONE);
	}
}

void
play_restart(struct play *p, uint64_t pause)
{
	static struct listing before, after;

	list_all(&before, p->alg);
	alg_free(p->alg);
	play_restore(p);
	list_all(&after, p->alg);
	same(&before, &after);
	p->now += pause;
	play_snapshot(p);
}
