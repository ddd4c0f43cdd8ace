/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alg/base/cursor.h"
#include "alg/endpoint/gre_sequence.h"

struct frame {
	uint64_t	 since;		/* ms, when it came */
	uint32_t	 next;		/* of the list, 0: the last */
	uint32_t	 seq;
	uint16_t	 len;
	uint8_t		 bytes[SEQUENCE_PAYLOAD_MAX];
};

int
gre_sequence_pool_init(struct gre_sequence_pool *p, uint32_t frames,
    window_deliver *deliver)
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
gre_sequence_init(struct gre_sequence *w, struct gre_sequence_pool *pool,
    void *arg, uint16_t peer_id, uint16_t size)
{
	*w = (struct gre_sequence){
		.pool = pool,
		.arg = arg,
		.peer_id = peer_id,
		.size = size,
		.early = SEQUENCE_WAITING,
		.patience = SEQUENCE_WAIT_TIME,
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

static void
unlink_first(struct gre_sequence *w)
{
	uint32_t i = w->waiting;

	w->waiting = frame_at(w, i)->next;
	pool_give(&w->pool->frames, i);
}

void
gre_sequence_close(struct gre_sequence *w)
{
	while (w->waiting != 0)
		unlink_first(w);
}

enum reason
gre_sequence_parse(struct gre *g, const uint8_t *packet, size_t len)
{
	enum reason r = gre_read(g, cursor_of(packet, len));

	if (r == REASON_NONE && g->payload > SEQUENCE_PAYLOAD_MAX)
		return REASON_GRE_TOO_LONG;
	return r;
}

/* How far a is behind b, the shorter way round. */
static int32_t
behind(uint32_t a, uint32_t b)
{
	return (int32_t)(b - a);
}

/* An empty payload has only its number. */
static void
deliver(struct gre_sequence *w, uint8_t *payload, uint16_t len, bool late)
{
	if (len > 0)
		w->pool->deliver(w->arg, payload, len, late);
}

/* The next n do not come in order any more. */
static void
skip(struct gre_sequence *w, uint32_t n)
{
	w->seen = n < 64 ? w->seen << n : 0;
	w->next += n;
	w->counters.lost += n;
}

static void
deliver_next(struct gre_sequence *w, uint8_t *payload, uint16_t len)
{
	w->seen = w->seen << 1 | 1;
	w->next++;
	deliver(w, payload, len, false);
}

/* The first of those that wait; the gap before it is given up. */
static void
deliver_first(struct gre_sequence *w)
{
	struct frame *f = frame_at(w, w->waiting);

	skip(w, f->seq - w->next);
	deliver_next(w, f->bytes, f->len);
	unlink_first(w);
}

/* Delivers what is in order now, and sees how long the others have waited. */
static void
run(struct gre_sequence *w)
{
	uint32_t i;

	while (w->waiting != 0 && frame_at(w, w->waiting)->seq == w->next)
		deliver_first(w);
	w->oldest = UINT64_MAX;
	for (i = w->waiting; i != 0; i = frame_at(w, i)->next)
		if (frame_at(w, i)->since < w->oldest)
			w->oldest = frame_at(w, i)->since;
}

/* Waits no more for anything before seq. */
static void
give_up(struct gre_sequence *w, uint32_t seq)
{
	while (w->waiting != 0 &&
	    behind(frame_at(w, w->waiting)->seq, seq) > 0)
		deliver_first(w);
	skip(w, seq - w->next);
	run(w);
}

/* From here on seq is in order. */
static void
start(struct gre_sequence *w, uint32_t seq)
{
	while (w->waiting != 0)
		deliver_first(w);
	w->started = true;
	w->next = seq;
	w->acked = seq - 1;
	w->seen = 0;
}

/*
 * One frame can be forged: far away, only several in a row are believed, and
 * not as long as others come from where they should.
 */
static bool
believed(struct gre_sequence *w, uint32_t seq, uint64_t now)
{
	int32_t early = behind(w->next, seq);

	if (early < -SEQUENCE_LATE || early >= SEQUENCE_JUMP) {
		w->agree = seq - w->far - 1 < SEQUENCE_WAITING ?
		    w->agree + 1 : 1;
		w->far = seq;
		if (w->agree < SEQUENCE_AGREE ||
		    now - w->came < SEQUENCE_SILENCE)
			return false;
		start(w, seq);
	}
	w->agree = 0;
	w->came = now;
	return true;
}

/* One that is n behind the next: late if one after it was delivered. */
static enum reason
late(struct gre_sequence *w, uint32_t n, uint8_t *payload, uint16_t len)
{
	uint64_t bit = 1ULL << (n - 1);
	bool overtaken = (w->seen & (bit - 1)) != 0;

	if (w->seen & bit)
		return REASON_GRE_OLD;
	w->seen |= bit;
	w->counters.late += overtaken;
	deliver(w, payload, len, overtaken);
	return REASON_NONE;
}

static void
in_order(struct gre_sequence *w, uint8_t *payload, uint16_t len)
{
	deliver_next(w, payload, len);
	if (w->waiting != 0)
		run(w);
}

/* Keeps one for later; the number of its place, or 0 if there is none. */
static uint32_t
keep(struct gre_sequence *w, const struct gre *g, const uint8_t *payload,
    uint64_t now)
{
	uint32_t i = pool_take(&w->pool->frames);
	struct frame *f = frame_at(w, i);
	struct writer out = writer_of(f->bytes, sizeof(f->bytes));

	if (i == 0)
		return 0;
	f->since = now;
	f->seq = g->seq;
	f->len = g->payload;
	writer_bytes(&out, payload, g->payload);
	if (w->waiting == 0)
		w->oldest = now;
	w->counters.early++;
	return i;
}

static enum reason
early(
    struct gre_sequence *w, const struct gre *g, uint8_t *payload, uint64_t now)
{
	uint32_t *link = &w->waiting, i;

	while (*link != 0 && behind(frame_at(w, *link)->seq, g->seq) > 0)
		link = &frame_at(w, *link)->next;
	if (*link != 0 && frame_at(w, *link)->seq == g->seq)
		return REASON_GRE_OLD;
	i = keep(w, g, payload, now);
	if (i == 0) {
		give_up(w, g->seq);
		in_order(w, payload, g->payload);
		return REASON_NONE;
	}
	frame_at(w, i)->next = *link;
	*link = i;
	return REASON_NONE;
}

static enum reason
place(
    struct gre_sequence *w, const struct gre *g, uint8_t *payload, uint64_t now)
{
	int32_t n;

	if (!w->started)
		start(w, g->seq);
	n = behind(w->next, g->seq);
	if (!believed(w, g->seq, now))
		return n < 0 ? REASON_GRE_OLD : REASON_GRE_AHEAD;
	n = behind(w->next, g->seq);
	if (n < 0)
		return late(w, (uint32_t)-n, payload, g->payload);
	if (n >= w->early)
		give_up(w, g->seq - (w->early - 1U));
	if (g->seq != w->next)
		return early(w, g, payload, now);
	in_order(w, payload, g->payload);
	return REASON_NONE;
}

/* How many of the peer's are not acknowledged. */
static uint32_t
unacked(const struct gre_sequence *w)
{
	return w->started ? w->next - 1 - w->acked : 0;
}

/* When a probe is due. */
static uint64_t
probe_due(const struct gre_sequence *w)
{
	if (!w->started || w->send - 1 == w->confirmed ||
	    w->probes == SEQUENCE_PROBES)
		return UINT64_MAX;
	return w->sent + ((uint64_t)SEQUENCE_PROBE_TIME << w->probes);
}

/* Takes the peer's acknowledgement, if it can be one. */
static void
confirm(struct gre_sequence *w, uint32_t ack)
{
	if (ack - w->confirmed < w->send - w->confirmed)
		w->confirmed = ack;
}

enum reason
gre_sequence_input(struct gre_sequence *w, const struct gre *g, uint8_t *packet,
    uint64_t now)
{
	bool idle = unacked(w) == 0;
	enum reason r;

	if (g->has_ack)
		confirm(w, g->ack);
	if (!g->has_seq)
		return REASON_NONE;
	r = place(w, g, packet + g->header, now);
	if (r != REASON_NONE)
		w->counters.dropped++;
	if (idle)
		w->ack_since = now;
	return r;
}

/* The fixed part, and the numbers that the flags say. */
static void
header(struct gre_sequence *w, uint8_t *bytes, uint16_t flags, uint16_t payload)
{
	struct writer out = writer_of(bytes, SEQUENCE_HEADROOM);

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
	bool ack = unacked(w) > 0;
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
	uint32_t n = unacked(w);

	return n > 0 && (n >= (w->size + 1U) / 2 ||
	    now - w->ack_since >= SEQUENCE_ACK_TIME);
}

size_t
gre_sequence_ack(
    struct gre_sequence *w, uint64_t now, uint8_t packet[SEQUENCE_ACK_LEN])
{
	bool probe = now >= probe_due(w);

	if (!probe && !owes_ack(w, now))
		return 0;
	if (probe) {
		w->sent = now;
		w->probes++;
	}
	header(w, packet, GRE_FLAG_ACK, 0);
	return SEQUENCE_ACK_LEN;
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
	if (unacked(w) == 0)
		w->ack_since = now;
	give_up(w, frame_at(w, last)->seq);
}

uint64_t
gre_sequence_due(const struct gre_sequence *w)
{
	uint64_t ack = unacked(w) > 0 ? w->ack_since + SEQUENCE_ACK_TIME :
	    UINT64_MAX;
	uint64_t frame = w->waiting != 0 ? w->oldest + w->patience :
	    UINT64_MAX;
	uint64_t probe = probe_due(w), due = ack < frame ? ack : frame;

	return probe < due ? probe : due;
}
