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
gre_sequence_pool_init(struct gre_sequence_pool *p, uint32_t frames)
{
	return pool_init(&p->frames, frames, sizeof(struct frame));
}

void
gre_sequence_pool_free(struct gre_sequence_pool *p)
{
	pool_free(&p->frames);
}

void
gre_sequence_init(struct gre_sequence *s, struct gre_sequence_pool *pool,
    uint16_t peer_id, uint16_t size)
{
	*s = (struct gre_sequence){
		.pool = pool,
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

/* The frame whose bytes were handed out is free again. */
static void
give_back(struct gre_sequence *s)
{
	if (s->lent != 0)
		pool_give(&s->pool->frames, s->lent);
	s->lent = 0;
}

void
gre_sequence_close(struct gre_sequence *s)
{
	give_back(s);
	while ((s->lent = s->waiting) != 0) {
		s->waiting = frame_at(s, s->lent)->next;
		give_back(s);
	}
	s->input.bytes = NULL;
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

/* The next n do not come in order any more. */
static void
skip_gap(struct gre_sequence *s, uint32_t n)
{
	s->seen = n < 64 ? s->seen << n : 0;
	s->next += n;
	s->counters.lost += n;
}

/* From here on seq is in order. */
static void
start_at(struct gre_sequence *s, uint32_t seq)
{
	s->started = true;
	s->jumps = false;
	s->next = s->given_up = seq;
	s->acked = seq - 1;
	s->seen = 0;
}

/*
 * One frame can be forged: far away, only several in a row are believed, and
 * not as long as others come from where they should.
 */
static bool
check_distance(struct gre_sequence *s, uint32_t seq, uint64_t now)
{
	int32_t early = seq_distance(s->next, seq);

	if (early < -GRE_SEQUENCE_LATE || early >= GRE_SEQUENCE_JUMP) {
		s->agree = seq - s->far - 1 < GRE_SEQUENCE_WAITING ?
		    s->agree + 1 : 1;
		s->far = seq;
		if (s->agree < GRE_SEQUENCE_AGREE ||
		    now - s->came < GRE_SEQUENCE_SILENCE)
			return false;
		s->jumps = true;
	}
	s->agree = 0;
	s->came = now;
	return true;
}

/* One that is n behind the next: late if one after it was handed out. */
static enum reason
place_late(struct gre_sequence *s, uint32_t n)
{
	uint64_t bit = 1ULL << (n - 1);

	if (s->seen & bit)
		return REASON_GRE_OLD;
	s->seen |= bit;
	s->input.late = (s->seen & (bit - 1)) != 0;
	s->counters.late += s->input.late;
	return REASON_NONE;
}

static bool
is_waiting(const struct gre_sequence *s, uint32_t seq)
{
	uint32_t i = s->waiting;

	while (i != 0 && frame_at(s, i)->seq != seq)
		i = frame_at(s, i)->next;
	return i != 0;
}

/* May the packet's payload be handed out, now or later? */
static enum reason
place_frame(struct gre_sequence *s, uint32_t seq, uint64_t now)
{
	int32_t n;

	if (!s->started)
		start_at(s, seq);
	n = seq_distance(s->next, seq);
	if (!check_distance(s, seq, now))
		return n < 0 ? REASON_GRE_OLD : REASON_GRE_AHEAD;
	s->input.late = false;
	s->given_up = s->next;
	if (s->jumps || n == 0)
		return REASON_NONE;
	if (n < 0)
		return place_late(s, (uint32_t)-n);
	if (is_waiting(s, seq))
		return REASON_GRE_OLD;
	if (n >= s->early)
		s->given_up = seq - (s->early - 1U);
	return REASON_NONE;
}

/* Keeps the input for later; false: there is no room. */
static bool
keep_input(struct gre_sequence *s)
{
	uint32_t i = pool_take(&s->pool->frames), *at = &s->waiting;
	struct frame *f = frame_at(s, i);
	struct writer out = writer_of(f->bytes, sizeof(f->bytes));

	if (i == 0)
		return false;
	f->since = s->came;
	f->seq = s->input_seq;
	f->len = (uint16_t)s->input.len;
	writer_bytes(&out, s->input.bytes, s->input.len);
	s->input.bytes = NULL;
	if (s->waiting == 0)
		s->oldest = f->since;
	s->counters.early++;
	while (*at != 0 && seq_distance(frame_at(s, *at)->seq, f->seq) > 0)
		at = &frame_at(s, *at)->next;
	f->next = *at;
	*at = i;
	return true;
}

static void
count_in_order(struct gre_sequence *s)
{
	s->seen = s->seen << 1 | 1;
	s->next++;
}

/* The first of those that wait; the gap before it is given up. */
static bool
hand_out_waiting(struct gre_sequence *s, struct gre_payload *p)
{
	struct frame *f = frame_at(s, s->waiting);

	skip_gap(s, f->seq - s->next);
	count_in_order(s);
	*p = (struct gre_payload){ f->bytes, f->len, false };
	s->lent = s->waiting;
	s->waiting = f->next;
	s->stale = true;
	return true;
}

static bool
hand_out_input(struct gre_sequence *s, struct gre_payload *p)
{
	if (s->input_seq == s->next)
		count_in_order(s);
	*p = s->input;
	s->input.bytes = NULL;
	return true;
}

/* In order, or there is nothing left to wait for before it. */
static bool
is_ready(const struct gre_sequence *s, uint32_t seq)
{
	return s->jumps || seq == s->next || seq_distance(seq, s->given_up) > 0;
}

static bool
hand_out(struct gre_sequence *s, struct gre_payload *p)
{
	for (;;) {
		if (s->waiting != 0 &&
		    is_ready(s, frame_at(s, s->waiting)->seq))
			return hand_out_waiting(s, p);
		if (s->jumps)
			start_at(s, s->input_seq);
		else if (seq_distance(s->next, s->given_up) > 0)
			skip_gap(s, s->given_up - s->next);
		else if (s->input.bytes == NULL)
			return false;
		else if (seq_distance(s->input_seq, s->next) >= 0)
			return hand_out_input(s, p);
		else if (keep_input(s))
			return false;
		else
			s->given_up = s->input_seq;
	}
}

/* Sees how long those that wait have waited. */
static void
find_oldest(struct gre_sequence *s)
{
	uint32_t i;

	s->stale = false;
	s->oldest = UINT64_MAX;
	for (i = s->waiting; i != 0; i = frame_at(s, i)->next)
		if (frame_at(s, i)->since < s->oldest)
			s->oldest = frame_at(s, i)->since;
}

bool
gre_sequence_next(struct gre_sequence *s, struct gre_payload *p)
{
	do {
		give_back(s);
		if (!hand_out(s, p)) {
			if (s->stale)
				find_oldest(s);
			return false;
		}
	} while (p->len == 0);	/* such a one has only its number */
	return true;
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
	s->input.bytes = NULL;
	r = place_frame(s, g->seq, now);
	if (r != REASON_NONE)
		s->counters.dropped++;
	else {
		s->input.bytes = packet + g->header;
		s->input.len = g->payload;
		s->input_seq = g->seq;
	}
	if (idle)
		s->ack_since = now;
	return r;
}

/* The fixed part, and the numbers that the flags say. */
static void
put_header(struct gre_sequence *s, uint8_t *bytes, uint16_t flags,
    uint16_t payload)
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

	put_header(s, payload - n, GRE_FLAG_SEQ | (ack ? GRE_FLAG_ACK : 0),
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
	put_header(s, packet, GRE_FLAG_ACK, 0);
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
	s->given_up = frame_at(s, last)->seq;
}

uint64_t
gre_sequence_due(const struct gre_sequence *s)
{
	uint64_t ack = count_unacked(s) > 0 ?
	    s->ack_since + GRE_SEQUENCE_ACK_TIME : UINT64_MAX;
	uint64_t frame = s->waiting != 0 ? s->oldest + s->patience :
	    UINT64_MAX;
	uint64_t probe = probe_due(s), due = ack < frame ? ack : frame;

	return probe < due ? probe : due;
}
