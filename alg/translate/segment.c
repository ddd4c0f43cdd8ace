/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alg/pptp/message.h"
#include "alg/pptp/tcp.h"
#include "alg/translate/ctrl_reader.h"
#include "alg/translate/handshake.h"
#include "alg/translate/segment.h"
#include "alg/translate/state.h"

#define UNREAD_FAR	(1 << 24)	/* bytes */
#define OUTRUN_NEAR	(1 << 16)

void
segment_finish(struct segment *g, enum alg_action action, enum reason reason)
{
	g->r->action = action;
	g->r->reason = reason;
}

enum alg_dir
segment_other(enum alg_dir dir)
{
	return dir == ALG_OUTBOUND ? ALG_INBOUND : ALG_OUTBOUND;
}

void
segment_cut(struct segment *g, uint16_t len)
{
	if (g->t.len == len && !(g->t.flags & TCP_FIN))
		return;
	tcp_cut(&g->t, g->p, len);
	g->r->changed = true;
}

static void
flow_of(const struct packet *p, const struct tcp *t, enum alg_dir dir,
    struct alg_flow *f)
{
	if (dir == ALG_OUTBOUND)
		*f = (struct alg_flow){ p->src, p->dst, t->src_port,
		    t->dst_port };
	else
		*f = (struct alg_flow){ p->dst, p->src, t->dst_port,
		    t->src_port };
}

static void
acknowledge(struct segment *g)
{
	struct stream *mine = &g->c->stream[g->dir];
	struct stream *peer = &g->c->stream[segment_other(g->dir)];

	if (!(g->t.flags & TCP_ACK))
		return;
	stream_ack(g->a, peer, g->t.ack);
	if (tcp_diff(g->t.ack, peer->next + peer->fin) <= 0 &&
	    tcp_diff(g->t.ack, mine->expects) > 0)
		mine->expects = g->t.ack;
}

/* Would the receiver believe this RST (RFC 9293 section 3.10.7)? */
static bool
believable(const struct segment *g)
{
	const struct stream *s = &g->c->stream[g->dir];

	if (g->c->state == ALG_CONNECTION_OPENING)
		return handshake_answers(g) || (g->c->syn_dir == g->dir &&
		    g->t.seq == g->c->syn_seq + 1);
	return tcp_diff(g->t.seq, s->acked) >= 0 &&
	    tcp_diff(g->t.seq, s->next + s->fin) <= 0;
}

/* A RST passes in any case; only one that counts ends the connection. */
static void
rst(struct segment *g)
{
	if (g->connection == 0 || g->c->state == ALG_CONNECTION_DEAD ||
	    !believable(g))
		return;
	connection_enter(g->a, g->connection, ALG_CONNECTION_DEAD,
	    REASON_RESET);
}

static bool
structural(enum reason r)
{
	return r == REASON_BAD_LENGTH || r == REASON_BAD_MESSAGE_TYPE ||
	    r == REASON_BAD_COOKIE || r == REASON_BAD_CONTROL_TYPE;
}

/* Calls that are up stay up. */
static void
unread_from_here(struct segment *g, enum reason reason)
{
	for (int dir = 0; dir < 2; dir++) {
		g->c->stream[dir].message = g->c->stream[dir].end;
		g->c->stream[dir].done = 0;
	}
	connection_enter(g->a, g->connection, ALG_CONNECTION_UNREAD, reason);
	g->r->reason = reason;
}

/* The stream cannot be trusted any more, or asks for too much. */
static void
distrust(struct segment *g, enum reason reason)
{
	if (structural(reason) && !g->a->config.malformed_reset) {
		unread_from_here(g, reason);
		return;
	}
	connection_enter(g->a, g->connection, ALG_CONNECTION_DEAD, reason);
	segment_finish(g, ALG_RESET, reason);
}

/* Takes what is new of a segment into the stream and reads it. */
static void
read_new(struct segment *g, uint16_t from)
{
	struct stream *s = &g->c->stream[g->dir];
	uint16_t want = (uint16_t)(g->t.len - from);
	uint32_t next = s->next;
	enum reason r;

	if (s->fin)
		return;
	if (stream_append(g->a, g->connection, g->dir,
	    g->p->bytes + g->t.data + from, want) < want)
		g->r->reason = REASON_HELD_BACK;
	r = ctrl_reader_read(g->a, g->connection, g->dir);
	if (r == REASON_HELD_BACK)
		g->r->reason = r;
	else if (r != REASON_NONE)
		distrust(g, r);
	if (g->r->action == ALG_RESET)
		s->next = next;		/* this segment does not go */
}

static void
data(struct segment *g)
{
	struct stream *s = &g->c->stream[g->dir];
	uint8_t *bytes = g->p->bytes + g->t.data;
	int32_t known = tcp_diff(s->next, g->t.seq);

	if (known < 0) {
		segment_finish(g, ALG_DROP, REASON_GAP);
		return;
	}
	if (tcp_diff(g->t.seq, s->base) < 0) {
		/* The receiver has it: an empty segment makes it say so. */
		g->r->reason = REASON_OLD_DATA;
		segment_cut(g, 0);
		return;
	}
	if (stream_conflicts(g->a, s, g->t.seq, bytes, g->t.len)) {
		segment_finish(g, ALG_DROP, REASON_CONFLICT);
		return;
	}
	if (known > g->t.len)
		known = g->t.len;
	/* What is old first: what is new may take its room. */
	stream_rewrite(g->a, s, g->t.seq, bytes, (uint16_t)known, g->t.data,
	    g->r);
	if (known == g->t.len)
		return;
	read_new(g, (uint16_t)known);
	if (g->r->action != ALG_PASS)
		return;
	if (tcp_diff(g->t.seq + g->t.len, s->next) > 0)
		segment_cut(g, (uint16_t)(s->next - g->t.seq));
	stream_rewrite(g->a, s, g->t.seq + (uint32_t)known, bytes + known,
	    (uint16_t)(g->t.len - known), (uint16_t)(g->t.data + known), g->r);
}

static void
fin(struct segment *g)
{
	struct stream *s = &g->c->stream[g->dir];

	if (tcp_diff(g->t.seq + g->t.len, s->next) > 0)
		segment_finish(g, ALG_DROP, REASON_GAP);
	if (g->t.seq + g->t.len != s->next)
		return;
	s->fin = true;
	dirty_connection(g->a, g->connection);
	if (g->c->stream[segment_other(g->dir)].fin &&
	    g->c->state != ALG_CONNECTION_CLOSING)
		connection_enter(g->a, g->connection, ALG_CONNECTION_CLOSING,
		    REASON_CLOSED);
}

/* Passes what is not read; copies of what was read come out alike still. */
static void
unread(struct segment *g)
{
	struct stream *s = &g->c->stream[g->dir];

	if (tcp_diff(g->t.seq + g->t.len, s->next) > 0) {
		s->next = g->t.seq + g->t.len;
		dirty_connection(g->a, g->connection);
	}
	stream_rewrite(g->a, s, g->t.seq, g->p->bytes + g->t.data, g->t.len,
	    g->t.data, g->r);
	/* Long before the numbers come round to bytes that are known. */
	if (tcp_diff(s->next, s->end) > UNREAD_FAR)
		stream_release(g->a, s);
}

/*
 * A restored connection went on while nobody read it (the firewall's rules
 * were away, too) when an end has got what never passed here.  Its own number
 * must be near, so that no stranger can say so.
 */
static bool
outrun(const struct segment *g)
{
	const struct stream *mine = &g->c->stream[g->dir];
	const struct stream *peer = &g->c->stream[segment_other(g->dir)];
	int32_t ahead = tcp_diff(g->t.ack, peer->next + peer->fin);
	int32_t off = tcp_diff(g->t.seq, mine->next);

	return g->c->restored && g->c->state == ALG_CONNECTION_OPEN &&
	    g->t.flags & TCP_ACK && ahead > 0 && ahead < OUTRUN_NEAR &&
	    off > -OUTRUN_NEAR && off < OUTRUN_NEAR;
}

static void
established(struct segment *g)
{
	g->c->last_seen = g->a->now;
	if (outrun(g)) {
		g->c->stream[segment_other(g->dir)].next = g->t.ack;
		unread_from_here(g, REASON_UNREAD);
	}
	acknowledge(g);
	if (g->c->state == ALG_CONNECTION_UNREAD)
		unread(g);
	else if (g->t.len > 0)
		data(g);
	if (g->r->action == ALG_PASS && g->t.flags & TCP_FIN)
		fin(g);
}

/* A segment without SYN and RST. */
static void
ordinary(struct segment *g)
{
	if (g->connection == 0 && !handshake_pick_up(g))
		return;
	switch ((enum alg_connection_state)g->c->state) {
	case ALG_CONNECTION_DEAD:
		/* A challenge ACK (RFC 5961) says which reset it wants. */
		acknowledge(g);
		segment_finish(g, ALG_RESET, REASON_AFTER_RESET);
		break;
	case ALG_CONNECTION_OPENING:
		if (handshake_opened(g))
			established(g);
		break;
	default:
		established(g);
	}
}

static void
judge(struct segment *g)
{
	if (g->a->counters.segments == 0)
		g->a->first = g->a->now;
	g->connection = connection_find(g->a, &g->r->flow);
	g->c = connection_at(g->a, g->connection);
	if (g->t.flags & TCP_RST)
		rst(g);
	else if ((g->t.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		handshake_syn(g);
	else if (g->t.flags & TCP_SYN)
		handshake_syn_ack(g);
	else
		ordinary(g);
	if (g->r->action == ALG_ASK)
		return;
	g->r->inside_opened = g->connection != 0 && g->c->inside_opened;
	g->a->counters.segments++;
	if (g->r->nedits > 0)
		g->a->counters.rewritten++;
	if (g->t.flags & TCP_URG) {
		tcp_calm(&g->t, g->p);
		g->r->changed = true;
	}
	if (g->r->changed)
		tcp_checksum_set(g->p);
}

void
segment_judge(struct alg *a, enum alg_dir dir, struct packet *p,
    struct alg_result *r)
{
	struct segment g = { .a = a, .dir = dir, .p = p, .r = r };
	enum reason bad = tcp_parse(&g.t, p);

	r->ours = true;
	if (bad != REASON_NONE) {
		segment_finish(&g, ALG_DROP, bad);
		return;
	}
	flow_of(p, &g.t, dir, &r->flow);
	if (!a->config.any_checksum && !tcp_checksum_right(p)) {
		segment_finish(&g, ALG_DROP, REASON_BAD_CHECKSUM);
		return;
	}
	judge(&g);
}
