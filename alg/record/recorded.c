/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alg/pptp/message.h"
#include "alg/pptp/tcp.h"
#include "alg/record/recorded.h"

#define SERIAL_MAX	(UINT64_MAX / 2)	/* never comes round */

/* Milliseconds of our clock, never in the future; 0 is never. */
static int
get_time(struct recorded *r, uint64_t *ms)
{
	uint64_t at;

	if (cursor_u64(&r->in, &at) == -1)
		return -1;
	*ms = 0;
	if (at > r->epoch)
		*ms = at - r->epoch < r->now ? at - r->epoch : r->now;
	else if (at != 0)
		*ms = 1;	/* before our clock began */
	return 0;
}

/* Bits without a meaning are an error, so that none is lost unnoticed. */
static int
get_bits(struct recorded *r, bool *const bits[], size_t n)
{
	uint8_t byte;

	if (cursor_u8(&r->in, &byte) == -1 || byte >> n != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		*bits[i] = byte >> i & 1;
	return 0;
}

static int
get_serial(struct recorded *r, uint64_t *serial)
{
	return cursor_u64(&r->in, serial) || *serial > SERIAL_MAX ? -1 : 0;
}

static int
get_flow(struct recorded *r, struct alg_flow *f)
{
	return cursor_u32(&r->in, &f->inside) ||
	    cursor_u32(&r->in, &f->outside) ||
	    cursor_u16(&r->in, &f->inside_port) ||
	    cursor_u16(&r->in, &f->outside_port) ? -1 : 0;
}

static int
get_stream(struct recorded *r, struct recorded_connection *rec,
    enum alg_dir dir)
{
	struct stream *s = &rec->c.stream[dir];
	bool *const bits[] = { &s->half_taken, &s->refuse, &s->fin };
	struct cursor *in = &r->in;
	uint16_t n;

	if (cursor_u32(in, &s->next) || cursor_u32(in, &s->acked) ||
	    cursor_u32(in, &s->end) || cursor_u32(in, &s->message) ||
	    cursor_u32(in, &s->expects) || cursor_u16(in, &s->half_id) ||
	    cursor_u8(in, &s->half) || cursor_u8(in, &s->done) ||
	    get_bits(r, bits, 3) || cursor_u16(in, &n) ||
	    cursor_bytes(in, n, &rec->came[dir]) ||
	    cursor_bytes(in, n, &rec->goes[dir]))
		return -1;
	s->base = s->end - n;
	return 0;
}

static int
get_refused(struct recorded *r, struct recorded_connection *rec)
{
	if (cursor_u8(&r->in, &rec->nrefused) ||
	    rec->nrefused > BRAIN_REFUSED_PER_CONNECTION)
		return -1;
	for (int i = 0; i < rec->nrefused; i++) {
		struct call *c = &rec->refused[i];
		bool *const bits[] = { &c->inside_asked, &c->incoming };

		*c = (struct call){ .state = ALG_CALL_REFUSED,
		    .mapped_id = rec->refusal };
		if (get_serial(r, &c->serial) || get_time(r, &c->since) ||
		    cursor_u16(&r->in, &c->inside_id) ||
		    cursor_u8(&r->in, &c->reason) || get_bits(r, bits, 2) ||
		    c->reason >= REASON_COUNT)
			return -1;
	}
	return 0;
}

static int
get_connection(struct recorded *r, struct recorded_connection *rec)
{
	struct connection *c = &rec->c;
	bool from_outside, *const bits[] = { &c->inside_opened,
	    &c->has_public, &c->answered, &c->syn_waits, &from_outside };
	struct cursor *in = &r->in;

	*c = (struct connection){ .restored = true, .recorded = true };
	if (get_flow(r, &c->flow) || cursor_u8(in, &c->state) ||
	    cursor_u8(in, &c->reason) || get_bits(r, bits, 5) ||
	    cursor_u32(in, &c->syn_seq) || cursor_u32(in, &c->public) ||
	    cursor_u16(in, &c->public_port) ||
	    cursor_u16(in, &rec->refusal) || cursor_u16(in, &c->asked) ||
	    get_time(r, &c->opened) || get_time(r, &c->entered) ||
	    get_time(r, &c->last_seen) || get_serial(r, &rec->serial) ||
	    get_stream(r, rec, ALG_OUTBOUND) ||
	    get_stream(r, rec, ALG_INBOUND) || get_refused(r, rec))
		return -1;
	c->syn_dir = from_outside ? ALG_INBOUND : ALG_OUTBOUND;
	return in->left == 0 ? 0 : -1;
}

/* Could the brain have had such a stream (stream.h)? */
static bool
possible_stream(const struct connection *c, enum alg_dir dir)
{
	const struct stream *s = &c->stream[dir];
	bool read = c->state == ALG_CONNECTION_OPEN ||
	    c->state == ALG_CONNECTION_OPENING;
	uint32_t unread = s->end - s->message;

	return s->end - s->base <= STREAM_BLOCK &&
	    unread <= s->end - s->base && s->done <= unread &&
	    s->done <= MESSAGE_MAX_LEN &&
	    tcp_diff(s->acked, s->base) >= 0 &&
	    (!read || (s->end == s->next &&
	    tcp_diff(s->acked, s->next) <= 0)) &&
	    (c->state != ALG_CONNECTION_CLOSING || s->fin);
}

/* An ID is kept while just the first byte of a new one has come. */
static bool
possible_half(const struct recorded_connection *rec)
{
	const struct stream *s = &rec->c.stream[ALG_OUTBOUND];
	const struct message *row;

	if (rec->c.stream[ALG_INBOUND].half_taken)
		return false;
	if (!s->half_taken)
		return true;
	return rec->c.state == ALG_CONNECTION_OPEN &&
	    message_check(rec->came[ALG_OUTBOUND] + (s->message - s->base),
	    s->end - s->message, &row) == REASON_NONE && row != NULL &&
	    row->id[0].whose == MESSAGE_OWN_NEW &&
	    s->done == row->id[0].offset + 1 && s->done == s->end - s->message;
}

static bool
possible(const struct recorded_connection *rec)
{
	const struct connection *c = &rec->c;

	return c->state < ALG_CONNECTION_STATES && c->reason < REASON_COUNT &&
	    (c->has_public || c->state != ALG_CONNECTION_OPEN) &&
	    (rec->nrefused == 0 || (connection_alive(c) && c->has_public)) &&
	    possible_stream(c, ALG_OUTBOUND) &&
	    possible_stream(c, ALG_INBOUND) && possible_half(rec);
}

int
recorded_connection(struct recorded *r, struct recorded_connection *rec)
{
	return get_connection(r, rec) == 0 && possible(rec) ? 0 : -1;
}

static int
get_traffic(struct recorded *r, struct alg_traffic *t)
{
	return cursor_u64(&r->in, &t->packets) ||
	    cursor_u64(&r->in, &t->bytes) || get_time(r, &t->last) ? -1 : 0;
}

int
recorded_call(struct recorded *r, struct recorded_call *rec)
{
	struct call *c = &rec->call;
	bool *const bits[] = { &c->has_outside_id, &c->inside_asked,
	    &c->incoming };
	struct cursor *in = &r->in;

	*c = (struct call){ 0 };
	if (get_flow(r, &rec->flow) || get_serial(r, &c->serial) ||
	    get_time(r, &c->since) || cursor_u8(in, &c->state) ||
	    get_bits(r, bits, 3) || cursor_u16(in, &c->inside_id) ||
	    cursor_u16(in, &c->mapped_id) || cursor_u16(in, &c->outside_id))
		return -1;
	for (int dir = 0; dir < 2; dir++) {
		if (get_traffic(r, &c->shown[dir]) ||
		    get_traffic(r, &c->beside[dir]))
			return -1;
	}
	c->told_outside_id = c->outside_id;
	return in->left == 0 && c->state <= ALG_CALL_CLEARING ? 0 : -1;
}

int
recorded_rest(struct recorded *r, struct recorded_rest *rest)
{
	return cursor_u32(&r->in, &rest->public) ||
	    cursor_u32(&r->in, &rest->peer) ||
	    cursor_u16(&r->in, &rest->id) || get_time(r, &rest->since) ||
	    r->in.left != 0 ? -1 : 0;
}

int
recorded_end(struct recorded *r, struct alg_flow *f)
{
	return get_flow(r, f) || r->in.left != 0 ? -1 : 0;
}

int
recorded_serial(struct recorded *r, uint64_t *serial)
{
	return get_serial(r, serial) || r->in.left != 0 ? -1 : 0;
}
