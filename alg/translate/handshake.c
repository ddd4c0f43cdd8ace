/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alg/translate/handshake.h"
#include "alg/translate/state.h"

#define PPTP_PORT	1723

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
		segment_finish(g, ALG_DROP, reason);
	return g->connection != 0;
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
void
handshake_syn(struct segment *g)
{
	bool over = g->connection == 0 ||
	    g->c->state == ALG_CONNECTION_CLOSING ||
	    g->c->state == ALG_CONNECTION_DEAD;

	if (over && !open_anew(g, g->dir, REASON_NEW_CONNECTION))
		return;
	if (g->c->state != ALG_CONNECTION_OPENING)
		g->c->syn_waits = true;
	if (g->c->state != ALG_CONNECTION_OPENING || g->c->syn_dir == g->dir) {
		/* A late copy does not take the answer back. */
		if (g->c->syn_seq != g->t.seq)
			g->c->answered = false;
		g->c->syn_dir = (uint8_t)g->dir;
		g->c->syn_seq = g->t.seq;
	}
	dirty_connection(g->a, g->connection);
	segment_cut(g, 0);	/* data may not run ahead of the handshake */
}

bool
handshake_answers(const struct segment *g)
{
	return g->c->syn_dir != g->dir && g->t.ack == g->c->syn_seq + 1;
}

/* Both streams start where this segment says. */
static void
start(struct segment *g, uint32_t seq)
{
	stream_start(&g->c->stream[g->dir], seq, g->t.ack);
	stream_start(&g->c->stream[segment_other(g->dir)], g->t.ack, seq);
}

/* A SYN-ACK tells both first sequence numbers. */
void
handshake_syn_ack(struct segment *g)
{
	bool opens;

	if (g->connection == 0 || (g->c->syn_waits && handshake_answers(g))) {
		if (!open_anew(g, segment_other(g->dir), REASON_NEW_CONNECTION))
			return;
		g->c->syn_seq = g->t.ack - 1;
	}
	if (g->c->state == ALG_CONNECTION_DEAD) {
		segment_finish(g, ALG_RESET, REASON_AFTER_RESET);
		return;
	}
	opens = g->c->state == ALG_CONNECTION_OPENING && handshake_answers(g);
	if (opens && !g->c->has_public) {
		segment_finish(g, ALG_ASK, REASON_NONE);
		return;
	}
	segment_cut(g, 0);
	if (!opens)
		return;
	start(g, g->t.seq + 1);
	g->c->answered = true;
	/* Begins anew: who was forgotten would be picked up unread. */
	connection_enter(g->a, g->connection, ALG_CONNECTION_OPENING,
	    REASON_NONE);
}

/*
 * The third segment of the handshake: only now the opener has shown that it
 * is there, and the connection cannot be pushed out by a flood of SYNs.
 */
bool
handshake_opened(struct segment *g)
{
	/* Who still holds an older connection answers a SYN with its ACK. */
	if (g->c->syn_dir != g->dir) {
		segment_cut(g, 0);
		return false;
	}
	if (!g->c->answered ||
	    g->t.ack != g->c->stream[segment_other(g->dir)].next) {
		segment_finish(g, ALG_DROP, REASON_GAP);
		return false;
	}
	if (!connection_count(g->a, g->connection)) {
		connection_enter(g->a, g->connection, ALG_CONNECTION_DEAD,
		    REASON_CLIENT_CONNECTIONS);
		segment_finish(g, ALG_RESET, REASON_CLIENT_CONNECTIONS);
		return false;
	}
	connection_enter(g->a, g->connection, ALG_CONNECTION_OPEN,
	    REASON_NONE);
	return true;
}

/*
 * Somebody talks whom we have not heard opening: nothing can be read.  That
 * is so when we have just started; later it would be a way around us.
 */
bool
handshake_pick_up(struct segment *g)
{
	bool late = g->a->now - g->a->first > BRAIN_PICK_UP_TIME;
	struct connection *c;

	if (!make(g, g->r->flow.inside_port != PPTP_PORT ||
	    g->r->flow.outside_port == PPTP_PORT, ALG_CONNECTION_UNREAD))
		return false;
	c = g->c;
	c->reason = REASON_UNREAD;
	start(g, g->t.seq);
	g->r->reason = REASON_UNREAD;
	if (late) {
		connection_enter(g->a, g->connection, ALG_CONNECTION_DEAD,
		    REASON_STRAY);
		segment_finish(g, ALG_RESET, REASON_STRAY);
	}
	return !late;
}
