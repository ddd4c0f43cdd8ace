/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes connections, calls and quarantined IDs as records. */
#include <assert.h>

#include "alg/pptp/tcp.h"
#include "alg/record/record.h"
#include "alg/record/record_header.h"
#include "alg/translate/change.h"
#include "alg/translate/state.h"

/* A record in the making; times are written as milliseconds since 1970. */
struct making {
	const struct alg	*a;
	uint64_t		 epoch;
	uint8_t			*bytes;
	struct writer		 out;
};

/* RECORD_MAX is enough for all. */
static void
must(int full)
{
	assert(!full);
}

static void
put8(struct making *m, uint8_t v)
{
	must(writer_u8(&m->out, v));
}

static void
put16(struct making *m, uint16_t v)
{
	must(writer_u16(&m->out, v));
}

static void
put32(struct making *m, uint32_t v)
{
	must(writer_u32(&m->out, v));
}

static void
put64(struct making *m, uint64_t v)
{
	must(writer_u64(&m->out, v));
}

/* 0 is no time, but never. */
static void
put_time(struct making *m, uint64_t ms)
{
	put64(m, ms == 0 ? 0 : ms + m->epoch);
}

static void
put_bits(struct making *m, const bool *bits, size_t n)
{
	uint8_t byte = 0;

	for (size_t i = 0; i < n; i++)
		byte |= (uint8_t)(bits[i] << i);
	put8(m, byte);
}

static void
put_flow(struct making *m, const struct alg_flow *f)
{
	put32(m, f->inside);
	put32(m, f->outside);
	put16(m, f->inside_port);
	put16(m, f->outside_port);
}

static void
put_bytes(struct making *m, const uint8_t *bytes, uint32_t n)
{
	must(writer_bytes(&m->out, bytes, n));
}

/* The bytes that may come again, or of which a message has yet to be read. */
static void
put_stream(struct making *m, const struct stream *s)
{
	const bool bits[] = { s->half_taken, s->refuse, s->fin };
	uint32_t from = s->end, n;

	if (s->block != 0)
		from = tcp_diff(s->acked, s->message) < 0 ? s->acked :
		    s->message;
	n = s->end - from;
	put32(m, s->next);
	put32(m, s->acked);
	put32(m, s->end);
	put32(m, s->message);
	put32(m, s->expects);
	put16(m, s->half_id);
	put8(m, s->half);
	put8(m, s->done);
	put_bits(m, bits, 3);
	put16(m, (uint16_t)n);
	if (n == 0)
		return;
	put_bytes(m, stream_came(m->a, s, from), n);
	put_bytes(m, stream_goes(m->a, s, from), n);
}

static void
put_refused(struct making *m, const struct connection *c)
{
	const struct alg *a = m->a;
	uint32_t i;

	put8(m, (uint8_t)c->refused);
	for (i = c->calls.head; i != 0; i = a->calls.of_connection[i].next) {
		const struct call *call = call_at(a, i);
		const bool bits[] = { call->inside_asked, call->incoming };

		if (call->state != ALG_CALL_REFUSED)
			continue;
		put64(m, call->serial);
		put_time(m, call->since);
		put16(m, call->inside_id);
		put8(m, call->reason);
		put_bits(m, bits, 2);
	}
}

static enum record_kind
put_connection(struct making *m, uint32_t i)
{
	const struct connection *c = connection_at(m->a, i);
	const bool bits[] = { c->inside_opened, c->has_public, c->answered,
	    c->syn_waits, c->syn_dir == ALG_INBOUND };

	put_flow(m, &c->flow);
	put8(m, c->state);
	put8(m, c->reason);
	put_bits(m, bits, 5);
	put32(m, c->syn_seq);
	put32(m, c->public);
	put16(m, c->public_port);
	put16(m, c->has_public ? idspace_refusal(m->a, c->space) : 0);
	put16(m, c->asked);
	put_time(m, c->opened);
	put_time(m, c->entered);
	put_time(m, c->last_seen);
	put64(m, m->a->calls.serial);
	put_stream(m, &c->stream[ALG_OUTBOUND]);
	put_stream(m, &c->stream[ALG_INBOUND]);
	put_refused(m, c);
	return RECORD_CONNECTION;
}

static void
put_traffic(struct making *m, const struct alg_traffic *t)
{
	put64(m, t->packets);
	put64(m, t->bytes);
	put_time(m, t->last);
}

static enum record_kind
put_call(struct making *m, uint32_t i)
{
	const struct call *c = call_at(m->a, i);
	const bool bits[] = { c->has_outside_id, c->inside_asked,
	    c->incoming };
	struct alg_call_info info;

	change_info(m->a, i, &info);	/* has c->beside brought up to date */
	put_flow(m, &c->flow);
	put64(m, c->serial);
	put_time(m, c->since);
	put8(m, c->state);
	put_bits(m, bits, 3);
	put16(m, c->inside_id);
	put16(m, c->mapped_id);
	put16(m, c->outside_id);
	for (int dir = 0; dir < 2; dir++) {
		put_traffic(m, &c->shown[dir]);
		put_traffic(m, &c->beside[dir]);
	}
	return RECORD_CALL;
}

static enum record_kind
put_quarantine(struct making *m, uint32_t public, uint32_t peer, uint16_t id,
    uint64_t since)
{
	put32(m, public);
	put32(m, peer);
	put16(m, id);
	put_time(m, since);
	return RECORD_QUARANTINE;
}

static enum record_kind
put_end(struct making *m, const struct ended *e)
{
	const struct alg_flow *f = &e->flow;

	if (!e->connection)
		return put_quarantine(m, f->inside, f->outside, f->inside_port,
		    m->a->now);
	put_flow(m, f);
	return RECORD_END;
}

static struct making
begin(const struct alg *a, uint64_t epoch, uint8_t *bytes, size_t size)
{
	return (struct making){ .a = a, .epoch = epoch, .bytes = bytes,
	    .out = writer_of(bytes + RECORD_HEADER, size - RECORD_HEADER) };
}

static size_t
finish(const struct making *m, enum record_kind kind)
{
	return record_header_seal(
	    m->bytes, (size_t)(m->out.pos - m->bytes), kind);
}

size_t
record_next(struct alg *a, uint64_t epoch, uint8_t *bytes, size_t size)
{
	struct making m;
	const struct ended *end;
	uint32_t i;

	if (size < RECORD_MAX)
		return 0;
	m = begin(a, epoch, bytes, size);
	if ((end = dirty_next_end(a)) != NULL)
		return finish(&m, put_end(&m, end));
	if ((i = dirty_next_connection(a)) != 0)
		return finish(&m, put_connection(&m, i));
	if ((i = dirty_next_call(a)) != 0)
		return finish(&m, put_call(&m, i));
	return 0;
}

/* The next thing of a snapshot; false when there is no more of its kind. */
static bool
put_next(struct making *m, struct alg *a, struct record_snapshot *at,
    enum record_kind *kind)
{
	uint32_t space, public, peer;
	uint64_t since;
	uint16_t id;

	if (at->kind == RECORD_SNAPSHOT_SERIAL) {
		if (at->at++ > 0)
			return false;
		put64(m, a->calls.serial);
		*kind = RECORD_SERIAL;
	} else if (at->kind == RECORD_SNAPSHOT_QUARANTINE) {
		if (!idspace_next_quarantined(a, &at->at, &space, &id, &since))
			return false;
		idspace_ends(a, space, &public, &peer);
		*kind = put_quarantine(m, public, peer, id, since);
	} else if (at->kind == RECORD_SNAPSHOT_CONNECTIONS) {
		do
			at->at = pool_next(&a->connections.pool, at->at + 1);
		while (at->at != 0 && !dirty_matters(a, at->at));
		if (at->at == 0)
			return false;
		connection_at(a, at->at)->recorded = true;
		*kind = put_connection(m, at->at);
	} else {
		do
			at->at = pool_next(&a->calls.pool, at->at + 1);
		while (at->at != 0 && !call_lives(a, at->at));
		if (at->at == 0)
			return false;
		*kind = put_call(m, at->at);
	}
	return true;
}

size_t
record_snapshot_next(struct alg *a, struct record_snapshot *at, uint64_t epoch,
    uint8_t *bytes, size_t size)
{
	struct making m = begin(a, epoch, bytes, size);
	enum record_kind kind;

	if (size < RECORD_MAX)
		return 0;
	while (at->kind != RECORD_SNAPSHOT_DONE) {
		if (put_next(&m, a, at, &kind))
			return finish(&m, kind);
		at->kind++;
		at->at = 0;
	}
	return 0;
}
