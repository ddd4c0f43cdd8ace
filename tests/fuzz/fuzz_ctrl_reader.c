/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control connections between two clients and a server.  The input is a
 * script: which end says what (mostly well-formed messages), how the bytes
 * are cut into segments, what is sent twice, lost, or a lie, and when time
 * goes by.  Whatever the script, the translator keeps its promises:
 *
 * - nothing of a segment changes but call IDs, a refusal's result, lengths
 *   that were cut, FIN and checksums; each change is reported;
 * - a byte that was not acknowledged comes out the same every time;
 * - GRE passes only with the ID of a call that is up, to its own ends;
 * - mapped IDs are unique; a call that went up goes down exactly once;
 * - nothing is left when all is over.
 */
#include "alg/pptp/message.h"
#include "tests/fuzz/stage.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define STREAM_MAX	8192
#define SESSIONS	3
#define SERIALS		8192

enum known { UNSENT, WENT, ARRIVED };

/* One direction: what its sender says and what becomes of it. */
struct end {
	uint8_t		 said[STREAM_MAX], went[STREAM_MAX];
	uint8_t		 known[STREAM_MAX];	/* enum known */
	bool		 may_change[STREAM_MAX];
	uint32_t	 isn, len;		/* bytes said so far */
	uint32_t	 message;		/* where the last one starts */
	uint32_t	 sent;			/* highest byte ever sent */
	uint32_t	 arrived, acked;	/* bytes, without a gap */
	bool		 lied;
};

struct session {
	struct end	 end[2];		/* by the sender's alg_dir */
	struct alg_flow	 flow;
};

struct fuzz {
	struct alg	*a;
	struct cursor	 in;
	uint64_t	 now;
	struct session	 session[SESSIONS];
	uint8_t		 ups[SERIALS];
	struct alg_result r;
};

/* Notes where IDs are in what was said: nothing else may ever change. */
static void
mark(struct end *e)
{
	const struct message *row;

	while (e->len - e->message >= 10) {
		row = message_of(wire_get16(e->said + e->message + 8));
		if (row == NULL || e->message + row->length > STREAM_MAX)
			return;
		for (int i = 0; i < MESSAGE_ID_FIELDS; i++) {
			uint32_t at = e->message + row->id[i].offset;

			if (row->id[i].whose != MESSAGE_NOBODY)
				e->may_change[at] = e->may_change[at + 1] =
				    true;
		}
		if (row->result == 16)
			e->may_change[e->message + 16] =
			    e->may_change[e->message + 17] = true;
		if (e->len - e->message < row->length)
			return;
		e->message += row->length;
	}
}

static void
say(struct end *e, const uint8_t *bytes, size_t len)
{
	if (len > STREAM_MAX - e->len)
		return;
	memcpy(e->said + e->len, bytes, len);
	e->len += (uint32_t)len;
	mark(e);
}

/* A message with IDs that meet each other often; seldom of no known type. */
static void
say_message(struct fuzz *f, struct end *e)
{
	uint8_t bytes[MESSAGE_MAX_LEN];
	uint32_t type = stage_take(&f->in, 1) % (MESSAGE_TYPES + 1);
	uint32_t ids = stage_take(&f->in, 1), code = stage_take(&f->in, 1);
	int row = message_of((uint16_t)type) != NULL ? (int)type : ECHORQ;
	size_t len = wire_message(bytes, row, (uint16_t)((ids & 15) * 0x55),
	    (uint16_t)((ids >> 4) * 0x55), code % 4);

	wire_put16(bytes + 8, (uint16_t)type);
	say(e, bytes, len);
}

static void
say_raw(struct fuzz *f, struct end *e)
{
	const uint8_t *bytes;
	size_t n = stage_take(&f->in, 1) % 32;

	if (cursor_bytes(&f->in, n, &bytes) == 0)
		say(e, bytes, n);
}

/* A call goes down exactly as often as it goes up: once at most. */
static void
drain(struct fuzz *f)
{
	struct alg_change change;

	while (alg_change(f->a, &change)) {
		uint64_t serial = change.call.serial % SERIALS;

		CHECK(change.call.serial != 0 && change.reason < REASON_COUNT);
		if (change.kind == ALG_CHANGE_UP)
			CHECK(f->ups[serial]++ == 0);
		if (change.kind == ALG_CHANGE_DOWN)
			CHECK(f->ups[serial]++ == 1);
	}
}

static void
check_ids(struct fuzz *f)
{
	struct alg_call_info one, other;
	uint32_t i = 0, j;

	while (alg_calls(f->a, &i, &one)) {
		CHECK(one.state < ALG_CALL_ENDED);
		j = i;
		while (one.state != ALG_CALL_REFUSED &&
		    alg_calls(f->a, &j, &other))
			CHECK(other.state == ALG_CALL_REFUSED ||
			    other.mapped_id != one.mapped_id);
	}
}

/* What came out of a segment, byte by byte. */
static void
check_segment(const struct alg_result *r, const uint8_t *before,
    const uint8_t *after, size_t len)
{
	size_t edits = 0;

	CHECK(r->keep <= len && r->keep >= STAGE_HEADERS);
	CHECK(wire_get16(after + 2) == r->keep);
	CHECK(wire_checksum(0, after, 20) == 0);
	CHECK(wire_tcp_checksum(after, r->keep) == 0);
	CHECK(r->changed || (r->keep == len &&
	    memcmp(before, after, len) == 0));
	CHECK((before[33] & after[33]) == after[33]);
	CHECK(wire_get16(after + 34) <= wire_get16(before + 34));
	for (size_t i = 0; i < r->keep; i++) {
		bool free = (i >= 2 && i < 4) || i == 10 || i == 11 ||
		    (i >= 33 && i < 38) ||
		    /* Beyond a gap: sent on empty, and as old. */
		    (r->keep == STAGE_HEADERS && i >= 24 && i < 28);

		if (free || before[i] == after[i])
			continue;
		CHECK(edits < r->nedits && r->edits[edits].offset == i);
		CHECK(r->edits[edits].before == before[i]);
		CHECK(r->edits[edits++].after == after[i]);
	}
	CHECK(edits == r->nedits);
}

/* Picked up in the middle, it is not read: no promise about its bytes. */
static bool
forgotten(const struct fuzz *f, const struct session *s)
{
	struct alg_connection_info c;

	return alg_connection(f->a, &s->flow, &c) &&
	    c.reason == REASON_UNREAD;
}

/* The bytes of a segment that passed, from this offset of the stream on. */
static void
went_out(struct end *e, uint32_t from, const uint8_t *data, uint32_t len,
    bool lost)
{
	for (uint32_t i = from; i < from + len; i++, data++) {
		if (!e->lied && e->known[i] != UNSENT && i >= e->acked)
			CHECK(*data == e->went[i]);
		if (!e->lied && !e->may_change[i])
			CHECK(*data == e->said[i]);
		e->went[i] = *data;
		if (e->known[i] != ARRIVED)
			e->known[i] = lost ? WENT : ARRIVED;
	}
	while (e->arrived < e->len && e->known[e->arrived] == ARRIVED)
		e->arrived++;
}

/* Sends one segment through the translator; true if it passed. */
static bool
send(struct fuzz *f, struct session *s, enum alg_dir dir, uint32_t seq,
    uint8_t flags, const uint8_t *data, size_t len)
{
	uint8_t before[STAGE_MAX], packet[STAGE_MAX];
	struct end *peer = &s->end[!dir];

	len = stage_tcp(packet, &s->flow, dir, seq, peer->isn + 1 +
	    peer->arrived, flags, data, len);
	memcpy(before, packet, len);
	alg_packet(f->a, dir, packet, len, f->now, &f->r);
	if (f->r.action == ALG_ASK) {
		CHECK(memcmp(before, packet, len) == 0);
		alg_tell_public(f->a, &f->r.flow, STAGE_PUBLIC, 4000);
		alg_packet(f->a, dir, packet, len, f->now, &f->r);
	}
	drain(f);
	if (f->r.action != ALG_PASS)
		return false;
	check_segment(&f->r, before, packet, len);
	s->end[dir].lied |= forgotten(f, s);
	went_out(&s->end[dir], seq - s->end[dir].isn - 1,
	    packet + STAGE_HEADERS, f->r.keep - STAGE_HEADERS,
	    stage_take(&f->in, 1) % 8 == 7);
	if (flags & ACK && peer->arrived > peer->acked)
		peer->acked = peer->arrived;
	return true;
}

/* SYN, SYN-ACK, ACK; the ends forget what was before. */
static void
open_session(struct fuzz *f, struct session *s)
{
	uint32_t how = stage_take(&f->in, 1);
	enum alg_dir dir = how & 1 ? ALG_INBOUND : ALG_OUTBOUND;
	uint16_t port = (uint16_t)(4 * (s - f->session) + (how >> 6) + 4000);

	for (int i = 0; i < 2; i++) {
		memset(&s->end[i], 0, sizeof(s->end[i]));
		s->end[i].isn = stage_take(&f->in, 4);
	}
	s->flow.inside_port = how & 1 ? 1723 : port;
	s->flow.outside_port = how & 1 ? port : 1723;
	send(f, s, dir, s->end[dir].isn, SYN, NULL, 0);
	send(f, s, !dir, s->end[!dir].isn, SYN | ACK, NULL, 0);
	send(f, s, dir, s->end[dir].isn + 1, ACK, NULL, 0);
}

/* Some bytes of what was said, from a place near the next new byte. */
static void
send_some(struct fuzz *f, struct session *s, enum alg_dir dir, bool lie)
{
	struct end *e = &s->end[dir];
	uint32_t back = stage_take(&f->in, 1), len = stage_take(&f->in, 1);
	uint8_t flags = ACK | (stage_take(&f->in, 1) % 16 == 15 ? FIN : 0);
	uint8_t data[STAGE_MAX];
	uint32_t from = back < 0x80 ? e->sent - (back < e->sent ? back : 0) :
	    e->sent + (back - 0x80) % 4;

	len = len < 0x80 ? len : (len - 0x80) * 11;
	if (from > e->len)
		from = e->len;
	if (len > e->len - from)
		len = e->len - from;
	memcpy(data, e->said + from, len);
	if (lie && len > 0) {
		data[stage_take(&f->in, 1) % len] ^= 0x40;
		e->lied = true;
	}
	if (from + len > e->sent)
		e->sent = from + len;
	send(f, s, dir, e->isn + 1 + from, flags, data, len);
}

/* All that has not arrived, in order. */
static void
flush(struct fuzz *f, struct session *s, enum alg_dir dir)
{
	struct end *e = &s->end[dir];
	uint32_t len = e->len - e->arrived;

	if (len > 1400)
		len = 1400;
	if (e->arrived + len > e->sent)
		e->sent = e->arrived + len;
	send(f, s, dir, e->isn + 1 + e->arrived, ACK,
	    e->said + e->arrived, len);
	send(f, s, !dir, s->end[!dir].isn + 1 + s->end[!dir].arrived, ACK,
	    NULL, 0);
}

static bool
find_call(struct alg *a, uint64_t serial, struct alg_call_info *call)
{
	uint32_t at = 0;

	while (alg_calls(a, &at, call)) {
		if (call->serial == serial)
			return true;
	}
	return false;
}

/* Any ID at all; what passes belongs to a call and its two ends. */
static void
gre(struct fuzz *f, struct session *s, enum alg_dir dir)
{
	bool out = dir == ALG_OUTBOUND;
	uint16_t id = (uint16_t)(stage_take(&f->in, 1) % 16 * 0x55);
	struct alg_call_info call;
	uint8_t packet[STAGE_MAX];
	size_t len;

	len = stage_gre(packet, out ? s->flow.inside : STAGE_SERVER,
	    out ? STAGE_SERVER : STAGE_PUBLIC, id,
	    (const uint8_t *)"payload", 7);
	alg_packet(f->a, dir, packet, len, f->now, &f->r);
	drain(f);
	if (f->r.action != ALG_PASS)
		return;
	CHECK(find_call(f->a, f->r.call, &call) && call.state == ALG_CALL_UP);
	CHECK(f->r.keep == len && wire_checksum(0, packet, 20) == 0);
	CHECK(id == (out ? call.outside_id : call.mapped_id));
	CHECK(wire_get16(packet + 26) == (out ? id : call.inside_id));
	CHECK(wire_get32(packet + 12) == (out ? STAGE_PUBLIC : STAGE_SERVER));
	CHECK(wire_get32(packet + 16) ==
	    (out ? STAGE_SERVER : call.flow.inside));
	CHECK(!out || call.flow.inside == s->flow.inside);
}

static void
step(struct fuzz *f)
{
	uint32_t what = stage_take(&f->in, 1);
	struct session *s = &f->session[(what >> 5) % SESSIONS];
	enum alg_dir dir = what & 0x10 ? ALG_INBOUND : ALG_OUTBOUND;
	struct end *e = &s->end[dir];

	f->now += 10;
	switch (what & 0x0F) {
	case 0: open_session(f, s); break;
	case 1: say_raw(f, e); break;
	case 2: send_some(f, s, dir, true); break;
	case 3: alg_tick(f->a, f->now += stage_take(&f->in, 1) * 1000); break;
	case 4: alg_lost(f->a, &s->flow, f->now); break;
	case 5: alg_reset(f->a, &s->flow, REASON_ADMIN, f->now); break;
	case 6: send(f, s, dir, e->isn + 1 + e->arrived, RST | ACK, NULL, 0);
		break;
	case 7: gre(f, s, dir); break;
	case 8: case 9: send_some(f, s, dir, false); break;
	case 10: case 11: case 12: flush(f, s, dir); break;
	default: say_message(f, e);
	}
	drain(f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct fuzz f;

	memset(&f, 0, sizeof(f));
	f.in = cursor_of(bytes, len);
	f.now = 1000;
	f.a = stage_translator(stage_take(&f.in, 1) & 1);
	for (uint32_t i = 0; i < SESSIONS; i++)
		f.session[i].flow = (struct alg_flow){ STAGE_CLIENT + i / 2,
		    STAGE_SERVER, (uint16_t)(2000 + i), 1723, 0 };
	while (f.in.left > 0)
		step(&f);
	check_ids(&f);
	stage_end(f.a, f.now);
	return 0;
}
