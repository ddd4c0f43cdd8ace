/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sequence numbers of enhanced GRE: order, acknowledgements, probes. */
#include "alg/base/cursor.h"
#include "alg/endpoint/gre_sequence.h"

struct frame {
	uint64_t	 since;		/* ms, when it came */
	uint32_t	 next;		/* of the list, 0: the last */
	uint32_t	 seq;
	uint16_t	 len;
	uint8_t		 bytes[GRE_SEQUENCE_PAYLOAD_MAX];
};

int
gre_sequence_pool_init(struct gre_sequence_pool *p, uint32_t frames,
    gre_sequence_deliver *deliver)
{
	p->deliver = deliver;
	return pool_init(&p->frames, frames, sizeof(struct frame));
}

void
gre_sequence_pool_free(struct gre_sequence_pool *p)
{
	pool_free(&p->frames);
}

void
gre_sequence_init(struct gre_sequence *s, struct gre_sequence_pool *pool,
    void *arg, uint16_t peer_id, uint16_t size)
{
	*s = (struct gre_sequence){
		.pool = pool,
		.arg = arg,
		.peer_id = peer_id,
		.size = size,
		.early = GRE_SEQUENCE_WAITING,
		.patience = GRE_SEQUENCE_WAIT_TIME,
		.confirmed = UINT32_MAX /* nothing: we begin with 0 */
	};
}

void
gre_sequence_wait(struct gre_sequence *s, uint16_t frames, uint16_t ms)
{
	s->early = frames;
	s->patience = ms;
}

static struct frame *
frame_at(const struct gre_sequence *s, uint32_t i)
{
	return pool_at(&s->pool->frames, i);
}

static void
unlink_first(struct gre_sequence *s)
{
	uint32_t i = s->waiting;

	s->waiting = frame_at(s, i)->next;
	pool_give(&s->pool->frames, i);
}

void
gre_sequence_close(struct gre_sequence *s)
{
	while (s->waiting != 0)
		unlink_first(s);
}

enum reason
gre_sequence_parse(struct gre *g, const uint8_t *packet, size_t len)
{
	enum reason r = gre_read(g, cursor_of(packet, len));

	if (r == REASON_NONE && g->payload > GRE_SEQUENCE_PAYLOAD_MAX)
		return REASON_GRE_TOO_LONG;
	return r;
}

/* How far a is behind b, the shorter way round. */
static int32_t
seq_distance(uint32_t a, uint32_t b)
{
	return (int32_t)(b - a);
}

/* An empty payload has only its number. */
static void
deliver_payload(
    struct gre_sequence *s, uint8_t *payload, uint16_t len, bool late)
{
	if (len > 0)
		s->pool->deliver(s->arg, payload, len, late);
}

/* The next n do not come in order any more. */
static void
skip_gap(struct gre_sequence *s, uint32_t n)
{
	s->seen = n < 64 ? s->seen << n : 0;
	s->next += n;
	s->counters.lost += n;
}

static void
deliver_next(struct gre_sequence *s, uint8_t *payload, uint16_t len)
{
	s->seen = s->seen << 1 | 1;
	s->next++;
	deliver_payload(s, payload, len, false);
}

/* The first of those that wait; the gap before it is given up. */
static void
deliver_first(struct gre_sequence *s)
{
	struct frame *f = frame_at(s, s->waiting);

	skip_gap(s, f->seq - s->next);
	deliver_next(s, f->bytes, f->len);
	unlink_first(s);
}

/* Delivers what is in order now, and sees how long the others have waited. */
static void
deliver_in_order(struct gre_sequence *s)
{
	uint32_t i;

	while (s->waiting != 0 && frame_at(s, s->waiting)->seq == s->next)
		deliver_first(s);
	s->oldest = UINT64_MAX;
	for (i = s->waiting; i != 0; i = frame_at(s, i)->next)
		if (frame_at(s, i)->since < s->oldest)
			s->oldest = frame_at(s, i)->since;
}

/* Waits no more for anything before seq. */
static void
give_up(struct gre_sequence *s, uint32_t seq)
{
	while (s->waiting != 0 &&
	    seq_distance(frame_at(s, s->waiting)->seq, seq) > 0)
		deliver_first(s);
	skip_gap(s, seq - s->next);
	deliver_in_order(s);
}

/* From here on seq is in order. */
static void
start_at(struct gre_sequence *s, uint32_t seq)
{
	while (s->waiting != 0)
		deliver_first(s);
	s->started = true;
	s->next = seq;
	s->acked = seq - 1;
	s->seen = 0;
}

/*
 * One frame can be forged: far away, only several in a row are believed, and
 * not as long as others come from where they should.
 */
static bool
is_believed(struct gre_sequence *s, uint32_t seq, uint64_t now)
{
	int32_t early = seq_distance(s->next, seq);

	if (early < -GRE_SEQUENCE_LATE || early >= GRE_SEQUENCE_JUMP) {
		s->agree = seq - s->far - 1 < GRE_SEQUENCE_WAITING ?
		    s->agree + 1 : 1;
		s->far = seq;
		if (s->agree < GRE_SEQUENCE_AGREE ||
		    now - s->came < GRE_SEQUENCE_SILENCE)
			return false;
		start_at(s, seq);
	}
	s->agree = 0;
	s->came = now;
	return true;
}

/* One that is n behind the next: late if one after it was delivered. */
static enum reason
take_late(struct gre_sequence *s, uint32_t n, uint8_t *payload, uint16_t len)
{
	uint64_t bit = 1ULL << (n - 1);
	bool overtaken = (s->seen & (bit - 1)) != 0;

	if (s->seen & bit)
		return REASON_GRE_OLD;
	s->seen |= bit;
	s->counters.late += overtaken;
	deliver_payload(s, payload, len, overtaken);
	return REASON_NONE;
}

static void
take_in_order(struct gre_sequence *s, uint8_t *payload, uint16_t len)
{
	deliver_next(s, payload, len);
	if (s->waiting != 0)
		deliver_in_order(s);
}

/* Keeps one for later; the number of its place, or 0 if there is none. */
static uint32_t
keep_early(struct gre_sequence *s, const struct gre *g, const uint8_t *payload,
    uint64_t now)
{
	uint32_t i = pool_take(&s->pool->frames);
	struct frame *f = frame_at(s, i);
	struct writer out = writer_of(f->bytes, sizeof(f->bytes));

	if (i == 0)
		return 0;
	f->since = now;
	f->seq = g->seq;
	f->len = g->payload;
	writer_bytes(&out, payload, g->payload);
	if (s->waiting == 0)
		s->oldest = now;
	s->counters.early++;
	return i;
}

static enum reason
take_early(
    struct gre_sequence *s, const struct gre *g, uint8_t *payload, uint64_t now)
{
	uint32_t *link = &s->waiting, i;

	while (*link != 0 && seq_distance(frame_at(s, *link)->seq, g->seq) > 0)
		link = &frame_at(s, *link)->next;
	if (*link != 0 && frame_at(s, *link)->seq == g->seq)
		return REASON_GRE_OLD;
	i = keep_early(s, g, payload, now);
	if (i == 0) {
		give_up(s, g->seq);
		take_in_order(s, payload, g->payload);
		return REASON_NONE;
	}
	frame_at(s, i)->next = *link;
	*link = i;
	return REASON_NONE;
}

static enum reason
place_frame(
    struct gre_sequence *s, const struct gre *g, uint8_t *payload, uint64_t now)
{
	int32_t n;

	if (!s->started)
		start_at(s, g->seq);
	n = seq_distance(s->next, g->seq);
	if (!is_believed(s, g->seq, now))
		return n < 0 ? REASON_GRE_OLD : REASON_GRE_AHEAD;
	n = seq_distance(s->next, g->seq);
	if (n < 0)
		return take_late(s, (uint32_t)-n, payload, g->payload);
	if (n >= s->early)
		give_up(s, g->seq - (s->early - 1U));
	if (g->seq != s->next)
		return take_early(s, g, payload, now);
	take_in_order(s, payload, g->payload);
	return REASON_NONE;
}

/* How many of the peer's are not acknowledged. */
static uint32_t
count_unacked(const struct gre_sequence *s)
{
	return s->started ? s->next - 1 - s->acked : 0;
}

/* When a probe is due. */
static uint64_t
probe_due(const struct gre_sequence *s)
{
	if (!s->started || s->send - 1 == s->confirmed ||
	    s->probes == GRE_SEQUENCE_PROBES)
		return UINT64_MAX;
	return s->sent + ((uint64_t)GRE_SEQUENCE_PROBE_TIME << s->probes);
}

/* Takes the peer's acknowledgement, if it can be one. */
static void
take_ack(struct gre_sequence *s, uint32_t ack)
{
	if (ack - s->confirmed < s->send - s->confirmed)
		s->confirmed = ack;
}

enum reason
gre_sequence_input(struct gre_sequence *s, const struct gre *g, uint8_t *packet,
    uint64_t now)
{
	bool idle = count_unacked(s) == 0;
	enum reason r;

	if (g->has_ack)
		take_ack(s, g->ack);
	if (!g->has_seq)
		return REASON_NONE;
	r = place_frame(s, g, packet + g->header, now);
	if (r != REASON_NONE)
		s->counters.dropped++;
	if (idle)
		s->ack_since = now;
	return r;
}

/* The fixed part, and the numbers that the flags say. */
static void
write_header(
    struct gre_sequence *s, uint8_t *bytes, uint16_t flags, uint16_t payload)
{
	struct writer out = writer_of(bytes, GRE_SEQUENCE_HEADROOM);

	writer_u16(&out, GRE_FLAGS | flags);
	writer_u16(&out, GRE_PROTOCOL);
	writer_u16(&out, payload);
	writer_u16(&out, s->peer_id);
	if (flags & GRE_FLAG_SEQ)
		writer_u32(&out, s->send++);
	if (flags & GRE_FLAG_ACK)
		writer_u32(&out, s->acked = s->next - 1);
}

size_t
gre_sequence_output(
    struct gre_sequence *s, uint8_t *payload, size_t len, uint64_t now)
{
	bool ack = count_unacked(s) > 0;
	size_t n = ack ? 16 : 12;

	write_header(s, payload - n, GRE_FLAG_SEQ | (ack ? GRE_FLAG_ACK : 0),
	    (uint16_t)len);
	s->sent = now;
	s->probes = 0;
	return n;
}

/* Half a window, or something for a while. */
static bool
owes_ack(const struct gre_sequence *s, uint64_t now)
{
	uint32_t n = count_unacked(s);

	return n > 0 && (n >= (s->size + 1U) / 2 ||
	    now - s->ack_since >= GRE_SEQUENCE_ACK_TIME);
}

size_t
gre_sequence_ack(
    struct gre_sequence *s, uint64_t now, uint8_t packet[GRE_SEQUENCE_ACK_LEN])
{
	bool probe = now >= probe_due(s);

	if (!probe && !owes_ack(s, now))
		return 0;
	if (probe) {
		s->sent = now;
		s->probes++;
	}
	write_header(s, packet, GRE_FLAG_ACK, 0);
	return GRE_SEQUENCE_ACK_LEN;
}

void
gre_sequence_tick(struct gre_sequence *s, uint64_t now)
{
	uint32_t i, last = 0;

	for (i = s->waiting; i != 0; i = frame_at(s, i)->next)
		if (now - frame_at(s, i)->since >= s->patience)
			last = i;
	if (last == 0)
		return;
	if (count_unacked(s) == 0)
		s->ack_since = now;
	give_up(s, frame_at(s, last)->seq);
}

uint64_t
gre_sequence_due(const struct gre_sequence *s)
{
	uint64_t ack = count_unacked(s) > 0 ?
	    s->ack_since + GRE_SEQUENCE_ACK_TIME :
	    UINT64_MAX;
	uint64_t frame = s->waiting != 0 ? s->oldest + s->patience :
	    UINT64_MAX;
	uint64_t probe = probe_due(s), due = ack < frame ? ack : frame;

	return probe < due ? probe : due;
}
