/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alg/brain.h"
#include "alg/control.h"
#include "alg/message.h"
#include "alg/segment.h"
#include "alg/tcp.h"

#define PPTP_PORT	1723

/* A segment on its way through the steps below. */
struct segment {
	struct alg		*a;
	enum alg_dir		 dir;
	struct packet		*p;
	struct tcp		 t;
	uint32_t		 connection;	/* 0: not known */
	struct connection	*c;
	struct alg_result	*r;
};

static void
finish(struct segment *g, enum alg_action action, enum reason reason)
{
	g->r->action = action;
	g->r->reason = reason;
}

static enum alg_dir
other(enum alg_dir dir)
{
	return dir == ALG_OUTBOUND ? ALG_INBOUND : ALG_OUTBOUND;
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
know(struct segment *g, uint32_t connection)
{
	g->connection = connection;
	g->c = connection_at(g->a, connection);
}

static bool
make(struct segment *g, bool inside_opened, enum alg_connection_state state)
{
	enum reason reason;

	know(g, connection_make(g->a, &g->r->flow, inside_opened, state,
	    &reason));
	if (g->connection == 0)
		finish(g, ALG_DROP, reason);
	return g->connection != 0;
}

static void
cut(struct segment *g, uint16_t len)
{
	if (g->t.len == len && !(g->t.flags & TCP_FIN))
		return;
	tcp_cut(&g->t, g->p, len);
	g->r->changed = true;
}

/* Gives all back that an earlier connection with these ends has. */
static bool
open_anew(struct segment *g, enum alg_dir opener, enum reason reason)
{
	if (g->connection != 0)
		connection_drop(g->a, g->connection, reason);
	if (!make(g, opener == ALG_OUTBOUND, ALG_CONNECTION_OPENING))
		return false;
	g->c->syn_dir = (uint8_t)opener;
	return true;
}

/*
 * A SYN opens a connection where there is none that lives.  On one that
 * lives it is only remembered: the answer will tell whether it was real.
 */
static void
syn(struct segment *g)
{
	bool over = g->connection == 0 ||
	    g->c->state == ALG_CONNECTION_CLOSING ||
	    g->c->state == ALG_CONNECTION_DEAD;

	if (over && !open_anew(g, g->dir, REASON_NEW_CONNECTION))
		return;
	if (g->c->state != ALG_CONNECTION_OPENING)
		g->c->syn_waits = true;
	if (g->c->state != ALG_CONNECTION_OPENING || g->c->syn_dir == g->dir) {
		g->c->syn_dir = (uint8_t)g->dir;
		g->c->syn_seq = g->t.seq;
		g->c->answered = false;
	}
	cut(g, 0);	/* data may not run ahead of the handshake */
}

static bool
answers_syn(const struct segment *g)
{
	return g->c->syn_dir != g->dir && g->t.ack == g->c->syn_seq + 1;
}

/* Both streams start where this segment says. */
static void
start(struct segment *g, uint32_t seq)
{
	stream_start(&g->c->stream[g->dir], seq, g->t.ack);
	stream_start(&g->c->stream[other(g->dir)], g->t.ack, seq);
}

/* A SYN-ACK tells both first sequence numbers. */
static void
syn_ack(struct segment *g)
{
	bool opens;

	if (g->connection == 0 || (g->c->syn_waits && answers_syn(g))) {
		if (!open_anew(g, other(g->dir), REASON_NEW_CONNECTION))
			return;
		g->c->syn_seq = g->t.ack - 1;
	}
	if (g->c->state == ALG_CONNECTION_DEAD) {
		finish(g, ALG_RESET, REASON_AFTER_RESET);
		return;
	}
	opens = g->c->state == ALG_CONNECTION_OPENING && answers_syn(g);
	if (opens && !g->c->has_public) {
		finish(g, ALG_ASK, REASON_NONE);
		return;
	}
	cut(g, 0);
	if (!opens)
		return;
	start(g, g->t.seq + 1);
	g->c->answered = true;
}

/*
 * The third segment of the handshake: only now the opener has shown that it
 * is there, and the connection cannot be pushed out by a flood of SYNs.
 */
static bool
opened(struct segment *g)
{
	if (!g->c->answered || g->c->syn_dir != g->dir ||
	    g->t.ack != g->c->stream[other(g->dir)].next)
		return false;
	connection_enter(g->a, g->connection, ALG_CONNECTION_OPEN,
	    REASON_NONE);
	return true;
}

/* Somebody talks whom we have not heard opening: nothing can be read. */
static bool
pick_up(struct segment *g)
{
	struct connection *c;

	if (!make(g, g->r->flow.inside_port != PPTP_PORT ||
	    g->r->flow.outside_port == PPTP_PORT, ALG_CONNECTION_UNREAD))
		return false;
	c = g->c;
	c->reason = REASON_UNREAD;
	start(g, g->t.seq);
	g->r->reason = REASON_UNREAD;
	return true;
}

static void
acknowledge(struct segment *g)
{
	struct stream *mine = &g->c->stream[g->dir];
	struct stream *peer = &g->c->stream[other(g->dir)];

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
		return answers_syn(g) || (g->c->syn_dir == g->dir &&
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

/* The stream cannot be trusted any more, or asks for too much. */
static void
distrust(struct segment *g, enum reason reason)
{
	if (structural(reason) && !g->a->config.malformed_reset) {
		for (int dir = 0; dir < 2; dir++)
			g->c->stream[dir].message = g->c->stream[dir].end;
		connection_enter(g->a, g->connection, ALG_CONNECTION_UNREAD,
		    reason);
		g->r->reason = reason;
		return;
	}
	connection_enter(g->a, g->connection, ALG_CONNECTION_DEAD, reason);
	finish(g, ALG_RESET, reason);
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
	r = control_read(g->a, g->connection, g->dir);
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
		finish(g, ALG_DROP, REASON_GAP);
		return;
	}
	if (tcp_diff(g->t.seq, s->base) < 0) {
		/* The receiver has it: an empty segment makes it say so. */
		g->r->reason = REASON_OLD_DATA;
		cut(g, 0);
		return;
	}
	if (stream_conflicts(g->a, s, g->t.seq, bytes, g->t.len)) {
		finish(g, ALG_DROP, REASON_CONFLICT);
		return;
	}
	/* What is old first: what is new may take its room. */
	stream_rewrite(g->a, s, g->t.seq, bytes, known < g->t.len ?
	    (uint16_t)known : g->t.len, g->t.data, g->r);
	if (known < g->t.len)
		read_new(g, (uint16_t)known);
	if (g->r->action != ALG_PASS)
		return;
	if (tcp_diff(g->t.seq + g->t.len, s->next) > 0)
		cut(g, (uint16_t)(s->next - g->t.seq));
	stream_rewrite(g->a, s, g->t.seq, bytes, g->t.len, g->t.data, g->r);
}

static void
fin(struct segment *g)
{
	struct stream *s = &g->c->stream[g->dir];

	if (tcp_diff(g->t.seq + g->t.len, s->next) > 0)
		finish(g, ALG_DROP, REASON_GAP);
	if (g->t.seq + g->t.len != s->next)
		return;
	s->fin = true;
	if (g->c->stream[other(g->dir)].fin &&
	    g->c->state != ALG_CONNECTION_CLOSING)
		connection_enter(g->a, g->connection, ALG_CONNECTION_CLOSING,
		    REASON_CLOSED);
}

/* Passes what is not read; copies of what was read come out alike still. */
static void
unread(struct segment *g)
{
	struct stream *s = &g->c->stream[g->dir];

	if (tcp_diff(g->t.seq + g->t.len, s->next) > 0)
		s->next = g->t.seq + g->t.len;
	stream_rewrite(g->a, s, g->t.seq, g->p->bytes + g->t.data, g->t.len,
	    g->t.data, g->r);
}

static void
established(struct segment *g)
{
	g->c->last_seen = g->a->now;
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
	if (g->connection == 0 && !pick_up(g))
		return;
	switch ((enum alg_connection_state)g->c->state) {
	case ALG_CONNECTION_DEAD:
		/* A challenge ACK (RFC 5961) says which reset it wants. */
		acknowledge(g);
		finish(g, ALG_RESET, REASON_AFTER_RESET);
		break;
	case ALG_CONNECTION_OPENING:
		if (opened(g))
			established(g);
		else
			finish(g, ALG_DROP, REASON_GAP);
		break;
	default:
		established(g);
	}
}

static void
judge(struct segment *g)
{
	know(g, connection_find(g->a, &g->r->flow));
	if (g->t.flags & TCP_RST)
		rst(g);
	else if ((g->t.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		syn(g);
	else if (g->t.flags & TCP_SYN)
		syn_ack(g);
	else
		ordinary(g);
	if (g->r->action == ALG_ASK)
		return;
	g->r->inside_opened = g->connection != 0 && g->c->inside_opened;
	g->a->counters.segments++;
	if (g->r->nedits > 0)
		g->a->counters.rewritten++;
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
		finish(&g, ALG_DROP, bad);
		return;
	}
	flow_of(p, &g.t, dir, &r->flow);
	if (!a->config.any_checksum && !tcp_checksum_right(p)) {
		finish(&g, ALG_DROP, REASON_BAD_CHECKSUM);
		return;
	}
	judge(&g);
	r->keep = p->length;
}
