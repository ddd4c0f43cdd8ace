/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes connections, calls with their logins, quarantined IDs, attempts and
 * the audit as records.
 */
#include <assert.h>
#include <string.h>

#include "alg/pptp/tcp.h"
#include "alg/record/packed.h"
#include "alg/record/record.h"
#include "alg/record/record_header.h"
#include "alg/translate/change.h"
#include "alg/translate/state.h"

#define FLOW_BYTES	14	/* of put_flow */
/* Between the flow and the mapped ID in put_call. */
#define PUT_BEFORE_MAPPED_ID	(8 + 8 + 1 + 1 + 2)
/* Of a body, all that a key is made of. */
#define KEY_BYTES	(FLOW_BYTES + PUT_BEFORE_MAPPED_ID + 2)

/* A record's body while it is written, and what to add to a time for it. */
struct record_writer {
	struct alg		*a;
	uint64_t		 epoch;
	struct writer		 out;
	uint8_t			 body[RECORD_BODY_MAX];
};

/* RECORD_BODY_MAX is enough for all. */
static void
assert_room(int full)
{
	assert(!full);
}

static void
put_u8(struct record_writer *w, uint8_t v)
{
	assert_room(writer_u8(&w->out, v));
}

static void
put_u16(struct record_writer *w, uint16_t v)
{
	assert_room(writer_u16(&w->out, v));
}

static void
put_u32(struct record_writer *w, uint32_t v)
{
	assert_room(writer_u32(&w->out, v));
}

static void
put_u64(struct record_writer *w, uint64_t v)
{
	assert_room(writer_u64(&w->out, v));
}

/* 0 is no time, but never. */
static void
put_time(struct record_writer *w, uint64_t ms)
{
	put_u64(w, ms == 0 ? 0 : ms + w->epoch);
}

static void
put_bits(struct record_writer *w, const bool *bits, size_t n)
{
	uint8_t byte = 0;

	for (size_t i = 0; i < n; i++)
		byte |= (uint8_t)(bits[i] << i);
	put_u8(w, byte);
}

static void
put_flow(struct record_writer *w, const struct alg_flow *f)
{
	put_u32(w, f->inside);
	put_u32(w, f->outside);
	put_u16(w, f->inside_port);
	put_u16(w, f->outside_port);
	put_u16(w, f->zone);
}

static void
put_bytes(struct record_writer *w, const uint8_t *bytes, uint32_t n)
{
	assert_room(writer_bytes(&w->out, bytes, n));
}

/* By what it was: mostly it is the same. */
static void
put_difference(struct record_writer *w, const uint8_t *bytes,
    const uint8_t *original, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		put_u8(w, bytes[i] ^ original[i]);
}

/* With the bytes that may be retransmitted, or are not read yet. */
static void
put_stream(struct record_writer *w, const struct stream *s)
{
	const bool bits[] = { s->half_taken, s->refuse, s->fin,
	    s->lost, s->found };
	uint32_t from = s->end, n;

	if (s->block != 0)
		from = tcp_diff(s->acked, s->message) < 0 ? s->acked :
		    s->message;
	n = s->end - from;
	put_u32(w, s->next);
	put_u32(w, s->acked);
	put_u32(w, s->end);
	put_u32(w, s->message);
	put_u32(w, s->expects);
	put_u16(w, s->half_id);
	put_u8(w, s->half);
	put_u8(w, s->done);
	put_bits(w, bits, 5);
	put_u16(w, (uint16_t)n);
	if (n == 0)
		return;
	put_bytes(w, stream_original(w->a, s, from), n);
	put_difference(w, stream_rewritten(w->a, s, from),
	    stream_original(w->a, s, from), n);
}

static void
put_refused(struct record_writer *w, const struct connection *c)
{
	const struct alg *a = w->a;
	uint32_t i;

	put_u8(w, (uint8_t)c->refused);
	for (i = c->calls.head; i != 0; i = a->calls.of_connection[i].next) {
		const struct call *call = call_at(a, i);
		const bool bits[] = { call->inside_asked, call->incoming };

		if (call->state != ALG_CALL_REFUSED)
			continue;
		put_u64(w, call->serial);
		put_time(w, call->since);
		put_u16(w, call->inside_id);
		put_u8(w, call->reason);
		put_bits(w, bits, 2);
	}
}

static enum record_kind
put_connection(struct record_writer *w, uint32_t i)
{
	const struct connection *c = connection_at(w->a, i);
	const struct syn *syn = c->state == ALG_CONNECTION_OPENING ? &c->syn :
	    &c->later;
	const bool bits[] = { c->inside_opened, c->has_public, c->answered,
	    syn->waits, syn->dir == ALG_INBOUND, c->unheard };

	put_flow(w, &c->flow);
	put_u8(w, c->state);
	put_u8(w, c->reason);
	put_bits(w, bits, 6);
	put_u32(w, syn->seq);
	put_u32(w, c->public);
	put_u16(w, c->public_port);
	put_u32(w, c->alias);
	put_u16(w, c->alias_port);
	put_u16(w, c->zone);
	put_u16(w, c->has_public ? idspace_refusal(w->a, c->space) : 0);
	put_u16(w, c->asked);
	put_u32(w, c->mark[ALG_OUTBOUND]);
	put_u32(w, c->mark[ALG_INBOUND]);
	put_time(w, c->opened);
	put_time(w, c->entered);
	put_time(w, c->last_seen);
	put_u64(w, w->a->calls.serial);
	put_stream(w, &c->stream[ALG_OUTBOUND]);
	put_stream(w, &c->stream[ALG_INBOUND]);
	put_refused(w, c);
	put_u32(w, c->unheard_end);
	return RECORD_CONNECTION;
}

/* All 0 where nothing was read. */
static void
put_login(struct record_writer *w, const struct alg_login *l)
{
	size_t len = strnlen(l->user, ALG_USER_MAX - 1);

	put_u8(w, l->method);
	put_u8(w, l->encryption);
	put_u32(w, l->address[ALG_OUTBOUND]);
	put_u32(w, l->address[ALG_INBOUND]);
	put_u8(w, (uint8_t)len);
	put_bytes(w, (const uint8_t *)l->user, (uint32_t)len);
}

static void
put_traffic(struct record_writer *w, const struct alg_traffic *t)
{
	put_u64(w, t->packets);
	put_u64(w, t->bytes);
	put_time(w, t->last);
}

static enum record_kind
put_call(struct record_writer *w, uint32_t i)
{
	const struct call *c = call_at(w->a, i);
	const bool bits[] = { c->has_outside_id, c->inside_asked,
	    c->incoming };
	struct alg_call_info info;

	change_info(w->a, i, &info); /* brings c->offloaded up to date */
	put_flow(w, &c->flow);
	put_u64(w, c->serial);
	put_time(w, c->since);
	put_u8(w, c->state);
	put_bits(w, bits, 3);
	put_u16(w, c->inside_id);
	put_u16(w, c->mapped_id);
	put_u16(w, c->outside_id);
	for (int dir = 0; dir < 2; dir++) {
		put_traffic(w, &c->shown[dir]);
		put_traffic(w, &c->offloaded[dir]);
	}
	put_u32(w, c->announced);
	if (c->login != 0)
		put_login(w, login_of_call(w->a, i));
	return RECORD_CALL;
}

static enum record_kind
put_quarantine(struct record_writer *w, uint32_t public, uint32_t peer,
    uint16_t id, uint64_t since)
{
	put_u32(w, public);
	put_u32(w, peer);
	put_u16(w, id);
	put_time(w, since);
	return RECORD_QUARANTINE;
}

static void
put_answer(struct record_writer *w, const struct alg_answer *answer)
{
	put_u8(w, answer->result);
	put_u8(w, answer->error);
	put_u16(w, answer->cause);
}

/* What it says of its call; all 0 where there was none. */
static void
put_attempted_call(struct record_writer *w, const struct alg_call_info *c)
{
	const bool bits[] = { c->inside_asked, c->incoming,
	    c->has_outside_id };

	put_u64(w, c->serial);
	put_bits(w, bits, 3);
	put_u32(w, c->public);
	put_u16(w, c->inside_id);
	put_u16(w, c->mapped_id);
	put_u16(w, c->outside_id);
	put_time(w, c->asked);
	put_time(w, c->up);
	put_u64(w, c->packets_in);
	put_u64(w, c->packets_out);
	put_time(w, c->last_in);
	put_time(w, c->last_out);
}

static enum record_kind
put_attempt(struct record_writer *w, uint32_t i)
{
	const struct alg_attempt *a = attempt_at(w->a, i);
	const bool bits[] = { a->inside_opened, a->answered, a->start_asked,
	    a->start.said, a->reply.said, a->disconnect.said,
	    a->unreachable[0], a->unreachable[1] };

	put_u64(w, a->number);
	put_flow(w, &a->flow);
	put_bits(w, bits, 8);
	put_time(w, a->first);
	put_time(w, a->over);
	put_u8(w, (uint8_t)a->reason);
	put_u8(w, (uint8_t)a->by);
	put_u8(w, (uint8_t)a->syns);
	put_u8(w, a->stop);
	put_answer(w, &a->start);
	put_answer(w, &a->reply);
	put_answer(w, &a->disconnect);
	for (int dir = 0; dir < 2; dir++) {
		put_u16(w, a->too_large[dir]);
		put_u16(w, a->mtu[dir]);
	}
	put_attempted_call(w, &a->call);
	put_login(w, &a->login);
	return RECORD_ATTEMPT;
}

static enum record_kind
put_audit(struct record_writer *w, uint32_t i)
{
	const struct alg_audit *row = audit_at(w->a, i);

	put_u32(w, row->client);
	put_u32(w, row->server);
	put_u8(w, row->where);
	put_u64(w, row->calls);
	put_time(w, row->first);
	put_time(w, row->last);
	put_login(w, &row->login);
	return RECORD_AUDIT;
}

static enum record_kind
put_end(struct record_writer *w, const struct dirty_end *e)
{
	const struct alg_flow *f = &e->flow;

	if (!e->connection)
		return put_quarantine(w, f->inside, f->outside, f->inside_port,
		    w->a->now);
	put_flow(w, f);
	return RECORD_END;
}

static void
begin_record(struct record_writer *w, struct alg *a, uint64_t epoch)
{
	w->a = a;
	w->epoch = epoch;
	w->out = writer_of(w->body, sizeof(w->body));
}

static size_t
finish_record(const struct record_writer *w, enum record_kind kind,
    uint8_t *bytes)
{
	size_t len = packed_write(bytes + RECORD_HEADER, w->body,
	    (size_t)(w->out.pos - w->body));

	return record_header_seal(bytes, RECORD_HEADER + len, kind);
}

/* The next of what has changed; false when there is none. */
static bool
put_change(struct record_writer *w, enum record_kind *kind)
{
	const struct dirty_end *end;
	struct alg *a = w->a;
	uint32_t i;

	if ((end = dirty_next_end(a)) != NULL)
		*kind = put_end(w, end);
	else if ((i = dirty_next_connection(a)) != 0)
		*kind = put_connection(w, i);
	else if ((i = dirty_next_call(a)) != 0)
		*kind = put_call(w, i);
	else if ((i = attempt_next_dirty(a)) != 0)
		*kind = put_attempt(w, i);
	else if ((i = audit_next_dirty(a)) != 0)
		*kind = put_audit(w, i);
	else
		return false;
	return true;
}

size_t
record_next(struct alg *a, uint64_t epoch, uint8_t *bytes, size_t size)
{
	struct record_writer w;
	enum record_kind kind;

	if (size < RECORD_MAX)
		return 0;
	begin_record(&w, a, epoch);
	return put_change(&w, &kind) ? finish_record(&w, kind, bytes) : 0;
}

/* The next thing of a snapshot; false when there is no more of its kind. */
static bool
put_next(struct record_writer *w, struct record_snapshot *at,
    enum record_kind *kind)
{
	struct alg *a = w->a;
	uint32_t space, public, peer;
	uint64_t since;
	uint16_t id;

	if (at->kind == RECORD_SNAPSHOT_SERIAL) {
		if (at->at++ > 0)
			return false;
		put_u64(w, a->calls.serial);
		*kind = RECORD_SERIAL;
	} else if (at->kind == RECORD_SNAPSHOT_QUARANTINE) {
		if (!idspace_next_quarantined(a, &at->at, &space, &id, &since))
			return false;
		idspace_ends(a, space, &public, &peer);
		*kind = put_quarantine(w, public, peer, id, since);
	} else if (at->kind == RECORD_SNAPSHOT_CONNECTIONS) {
		do
			at->at = pool_next(&a->connections.pool, at->at + 1);
		while (at->at != 0 && !dirty_matters(a, at->at));
		if (at->at == 0)
			return false;
		connection_at(a, at->at)->recorded = true;
		*kind = put_connection(w, at->at);
	} else if (at->kind == RECORD_SNAPSHOT_ATTEMPTS) {
		if ((at->at = attempt_next_over(a, at->at)) == 0)
			return false;
		*kind = put_attempt(w, at->at);
	} else if (at->kind == RECORD_SNAPSHOT_AUDIT) {
		struct alg_audit row;

		if (!audit_next(a, &at->at, &row))
			return false;
		*kind = put_audit(w, at->at);
	} else {
		do
			at->at = pool_next(&a->calls.pool, at->at + 1);
		while (at->at != 0 && !call_lives(a, at->at));
		if (at->at == 0)
			return false;
		*kind = put_call(w, at->at);
	}
	return true;
}

size_t
record_snapshot_next(struct alg *a, struct record_snapshot *at, uint64_t epoch,
    uint8_t *bytes, size_t size)
{
	struct record_writer w;
	enum record_kind kind;

	if (size < RECORD_MAX)
		return 0;
	begin_record(&w, a, epoch);
	while (at->kind != RECORD_SNAPSHOT_DONE) {
		if (put_next(&w, at, &kind))
			return finish_record(&w, kind, bytes);
		at->kind++;
		at->at = 0;
	}
	return 0;
}

int
record_read_flow(struct cursor *in, struct alg_flow *f)
{
	return cursor_u32(in, &f->inside) || cursor_u32(in, &f->outside) ||
	    cursor_u16(in, &f->inside_port) ||
	    cursor_u16(in, &f->outside_port) ||
	    cursor_u16(in, &f->zone) ? -1 : 0;
}

/* The use of an ID, as a record of its quarantine has it. */
static size_t
write_id_key(uint8_t *key, uint32_t public, uint32_t outside, uint16_t id)
{
	struct writer w = writer_of(key, RECORD_KEY_MAX);

	assert_room(writer_u32(&w, public));
	assert_room(writer_u32(&w, outside));
	assert_room(writer_u16(&w, id));
	return (size_t)(w.pos - key);
}

/* Behind the flow; the public address is its connection's. */
static size_t
call_key(struct cursor *in, const struct alg_connection_info *c, uint8_t *key)
{
	uint16_t id;

	if (!c->has_public || cursor_skip(in, PUT_BEFORE_MAPPED_ID) == -1 ||
	    cursor_u16(in, &id) == -1)
		return 0;
	return write_id_key(key, c->public, c->flow.outside, id);
}

size_t
record_key(const struct alg *a, const uint8_t *record, size_t len,
    uint8_t *kind, uint8_t key[RECORD_KEY_MAX],
    struct alg_connection_info *connection)
{
	uint8_t body[KEY_BYTES];
	struct alg_flow flow;
	enum record_kind k;
	struct cursor in = cursor_of(record, len);
	uint32_t public, outside;
	uint16_t id;
	size_t n;

	*connection = (struct alg_connection_info){ 0 };
	*kind = 0;
	if (len == 0 || record_header_peek(record, len, &k) != len)
		return 0;
	*kind = (uint8_t)k;
	if (cursor_skip(&in, RECORD_HEADER) == -1 ||
	    (n = packed_read(in, body, sizeof(body))) == SIZE_MAX)
		return 0;
	in = cursor_of(body, n < sizeof(body) ? n : sizeof(body));
	if (k == RECORD_QUARANTINE)
		return cursor_u32(&in, &public) || cursor_u32(&in, &outside) ||
		    cursor_u16(&in, &id) ? 0 :
		    write_id_key(key, public, outside, id);
	if ((k != RECORD_CONNECTION && k != RECORD_END && k != RECORD_CALL) ||
	    record_read_flow(&in, &flow) == -1)
		return 0;
	(void)alg_connection(a, &flow, connection);
	if (k == RECORD_CALL)
		return call_key(&in, connection, key);
	memcpy(key, body, FLOW_BYTES);
	return FLOW_BYTES;
}
