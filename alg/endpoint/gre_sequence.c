/* SPDX-License-Identifier: GPL-2.0-or-later */
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
gre_sequence_init(struct gre_sequence *w, struct gre_sequence_pool *pool,
    uint16_t peer_id, uint16_t size)
{
	*w = (struct gre_sequence){
		.pool = pool,
		.peer_id = peer_id,
		.size = size,
		.early = GRE_SEQUENCE_WAITING,
		.patience = GRE_SEQUENCE_WAIT_TIME,
		.confirmed = UINT32_MAX /* nothing: we begin with 0 */
	};
}

void
gre_sequence_wait(struct gre_sequence *w, uint16_t frames, uint16_t ms)
{
	w->early = frames;
	w->patience = ms;
}

static struct frame *
frame_at(const struct gre_sequence *w, uint32_t i)
{
	return pool_at(&w->pool->frames, i);
}

/* The frame whose bytes were handed out is free again. */
static void
give_back(struct gre_sequence *w)
{
	if (w->lent != 0)
		pool_give(&w->pool->frames, w->lent);
	w->lent = 0;
}

void
gre_sequence_close(struct gre_sequence *w)
{
	give_back(w);
	while ((w->lent = w->waiting) != 0) {
		w->waiting = frame_at(w, w->lent)->next;
		give_back(w);
	}
	w->input.bytes = NULL;
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
skip_gap(struct gre_sequence *w, uint32_t n)
{
	w->seen = n < 64 ? w->seen << n : 0;
	w->next += n;
	w->counters.lost += n;
}

/* From here on seq is in order. */
static void
start_at(struct gre_sequence *w, uint32_t seq)
{
	w->started = true;
	w->jumps = false;
	w->next = w->given_up = seq;
	w->acked = seq - 1;
	w->seen = 0;
}

/*
 * One frame can be forged: far away, only several in a row are believed, and
 * not as long as others come from where they should.
 */
static bool
is_believed(struct gre_sequence *w, uint32_t seq, uint64_t now)
{
	int32_t early = seq_distance(w->next, seq);

	if (early < -GRE_SEQUENCE_LATE || early >= GRE_SEQUENCE_JUMP) {
		w->agree = seq - w->far - 1 < GRE_SEQUENCE_WAITING ?
		    w->agree + 1 : 1;
		w->far = seq;
		if (w->agree < GRE_SEQUENCE_AGREE ||
		    now - w->came < GRE_SEQUENCE_SILENCE)
			return false;
		w->jumps = true;
	}
	w->agree = 0;
	w->came = now;
	return true;
}

/* One that is n behind the next: late if one after it was handed out. */
static enum reason
place_late(struct gre_sequence *w, uint32_t n)
{
	uint64_t bit = 1ULL << (n - 1);

	if (w->seen & bit)
		return REASON_GRE_OLD;
	w->seen |= bit;
	w->input.late = (w->seen & (bit - 1)) != 0;
	w->counters.late += w->input.late;
	return REASON_NONE;
}

static bool
is_waiting(const struct gre_sequence *w, uint32_t seq)
{
	uint32_t i = w->waiting;

	while (i != 0 && frame_at(w, i)->seq != seq)
		i = frame_at(w, i)->next;
	return i != 0;
}

/* May the packet's payload be handed out, now or later? */
static enum reason
place_frame(struct gre_sequence *w, uint32_t seq, uint64_t now)
{
	int32_t n;

	if (!w->started)
		start_at(w, seq);
	n = seq_distance(w->next, seq);
	if (!is_believed(w, seq, now))
		return n < 0 ? REASON_GRE_OLD : REASON_GRE_AHEAD;
	w->input.late = false;
	w->given_up = w->next;
	if (w->jumps || n == 0)
		return REASON_NONE;
	if (n < 0)
		return place_late(w, (uint32_t)-n);
	if (is_waiting(w, seq))
		return REASON_GRE_OLD;
	if (n >= w->early)
		w->given_up = seq - (w->early - 1U);
	return REASON_NONE;
}

/* Keeps the input for later; false: there is no room. */
static bool
keep_input(struct gre_sequence *w)
{
	uint32_t i = pool_take(&w->pool->frames), *at = &w->waiting;
	struct frame *f = frame_at(w, i);
	struct writer out = writer_of(f->bytes, sizeof(f->bytes));

	if (i == 0)
		return false;
	f->since = w->came;
	f->seq = w->input_seq;
	f->len = (uint16_t)w->input.len;
	writer_bytes(&out, w->input.bytes, w->input.len);
	w->input.bytes = NULL;
	if (w->waiting == 0)
		w->oldest = f->since;
	w->counters.early++;
	while (*at != 0 && seq_distance(frame_at(w, *at)->seq, f->seq) > 0)
		at = &frame_at(w, *at)->next;
	f->next = *at;
	*at = i;
	return true;
}

static void
count_in_order(struct gre_sequence *w)
{
	w->seen = w->seen << 1 | 1;
	w->next++;
}

/* The first of those that wait; the gap before it is given up. */
static bool
hand_out_waiting(struct gre_sequence *w, struct gre_payload *p)
{
	struct frame *f = frame_at(w, w->waiting);

	skip_gap(w, f->seq - w->next);
	count_in_order(w);
	*p = (struct gre_payload){ f->bytes, f->len, false };
	w->lent = w->waiting;
	w->waiting = f->next;
	w->stale = true;
	return true;
}

static bool
hand_out_input(struct gre_sequence *w, struct gre_payload *p)
{
	if (w->input_seq == w->next)
		count_in_order(w);
	*p = w->input;
	w->input.bytes = NULL;
	return true;
}

/* In order, or there is nothing left to wait for before it. */
static bool
is_ready(const struct gre_sequence *w, uint32_t seq)
{
	return w->jumps || seq == w->next || seq_distance(seq, w->given_up) > 0;
}

static bool
hand_out(struct gre_sequence *w, struct gre_payload *p)
{
	for (;;) {
		if (w->waiting != 0 &&
		    is_ready(w, frame_at(w, w->waiting)->seq))
			return hand_out_waiting(w, p);
		if (w->jumps)
			start_at(w, w->input_seq);
		else if (seq_distance(w->next, w->given_up) > 0)
			skip_gap(w, w->given_up - w->next);
		else if (w->input.bytes == NULL)
			return false;
		else if (seq_distance(w->input_seq, w->next) >= 0)
			return hand_out_input(w, p);
		else if (keep_input(w))
			return false;
		else
			w->given_up = w->input_seq;
	}
}

/* Sees how long those that wait have waited. */
static void
find_oldest(struct gre_sequence *w)
{
	uint32_t i;

	w->stale = false;
	w->oldest = UINT64_MAX;
	for (i = w->waiting; i != 0; i = frame_at(w, i)->next)
		if (frame_at(w, i)->since < w->oldest)
			w->oldest = frame_at(w, i)->since;
}

bool
gre_sequence_next(struct gre_sequence *w, struct gre_payload *p)
{
	do {
		give_back(w);
		if (!hand_out(w, p)) {
			if (w->stale)
				find_oldest(w);
			return false;
		}
	} while (p->len == 0);	/* such a one has only its number */
	return true;
}

/* How many of the peer's are not acknowledged. */
static uint32_t
count_unacked(const struct gre_sequence *w)
{
	return w->started ? w->next - 1 - w->acked : 0;
}

/* When a probe is due. */
static uint64_t
probe_due(const struct gre_sequence *w)
{
	if (!w->started || w->send - 1 == w->confirmed ||
	    w->probes == GRE_SEQUENCE_PROBES)
		return UINT64_MAX;
	return w->sent + ((uint64_t)GRE_SEQUENCE_PROBE_TIME << w->probes);
}

/* Takes the peer's acknowledgement, if it can be one. */
static void
take_ack(struct gre_sequence *w, uint32_t ack)
{
	if (ack - w->confirmed < w->send - w->confirmed)
		w->confirmed = ack;
}

enum reason
gre_sequence_input(struct gre_sequence *w, const struct gre *g, uint8_t *packet,
    uint64_t now)
{
	bool idle = count_unacked(w) == 0;
	enum reason r;

	if (g->has_ack)
		take_ack(w, g->ack);
	if (!g->has_seq)
		return REASON_NONE;
	w->input.bytes = NULL;
	r = place_frame(w, g->seq, now);
	if (r != REASON_NONE)
		w->counters.dropped++;
	else {
		w->input.bytes = packet + g->header;
		w->input.len = g->payload;
		w->input_seq = g->seq;
	}
	if (idle)
		w->ack_since = now;
	return r;
}

/* The fixed part, and the numbers that the flags say. */
static void
header(struct gre_sequence *w, uint8_t *bytes, uint16_t flags, uint16_t payload)
{
	struct writer out = writer_of(bytes, GRE_SEQUENCE_HEADROOM);

	writer_u16(&out, GRE_FLAGS | flags);
	writer_u16(&out, GRE_PROTOCOL);
	writer_u16(&out, payload);
	writer_u16(&out, w->peer_id);
	if (flags & GRE_FLAG_SEQ)
		writer_u32(&out, w->send++);
	if (flags & GRE_FLAG_ACK)
		writer_u32(&out, w->acked = w->next - 1);
}

size_t
gre_sequence_output(
    struct gre_sequence *w, uint8_t *payload, size_t len, uint64_t now)
{
	bool ack = count_unacked(w) > 0;
	size_t n = ack ? 16 : 12;

	header(w, payload - n, GRE_FLAG_SEQ | (ack ? GRE_FLAG_ACK : 0),
	    (uint16_t)len);
	w->sent = now;
	w->probes = 0;
	return n;
}

/* Half a window, or something for a while. */
static bool
owes_ack(const struct gre_sequence *w, uint64_t now)
{
	uint32_t n = count_unacked(w);

	return n > 0 && (n >= (w->size + 1U) / 2 ||
	    now - w->ack_since >= GRE_SEQUENCE_ACK_TIME);
}

size_t
gre_sequence_ack(
    struct gre_sequence *w, uint64_t now, uint8_t packet[GRE_SEQUENCE_ACK_LEN])
{
	bool probe = now >= probe_due(w);

	if (!probe && !owes_ack(w, now))
		return 0;
	if (probe) {
		w->sent = now;
		w->probes++;
	}
	header(w, packet, GRE_FLAG_ACK, 0);
	return GRE_SEQUENCE_ACK_LEN;
}

void
gre_sequence_tick(struct gre_sequence *w, uint64_t now)
{
	uint32_t i, last = 0;

	for (i = w->waiting; i != 0; i = frame_at(w, i)->next)
		if (now - frame_at(w, i)->since >= w->patience)
			last = i;
	if (last == 0)
		return;
	if (count_unacked(w) == 0)
		w->ack_since = now;
	w->given_up = frame_at(w, last)->seq;
}

uint64_t
gre_sequence_due(const struct gre_sequence *w)
{
	uint64_t ack = count_unacked(w) > 0 ? w->ack_since + GRE_SEQUENCE_ACK_TIME :
	    UINT64_MAX;
	uint64_t frame = w->waiting != 0 ? w->oldest + w->patience :
	    UINT64_MAX;
	uint64_t probe = probe_due(w), due = ack < frame ? ack : frame;

	return probe < due ? probe : due;
}
