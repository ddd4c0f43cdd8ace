/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TCP of a control connection, segment by segment. */
#include "alg/base/rate.h"
#include "alg/pptp/message.h"
#include "alg/pptp/tcp.h"
#include "alg/translate/ctrl_reader.h"
#include "alg/translate/segment.h"
#include "alg/translate/state.h"

#define OUTRUN_NEAR	(1 << 16)	/* bytes */

/* Beside what an end may send at once, there is part of a message. */
_Static_assert(ALG_WINDOW == STREAM_BLOCK - MESSAGE_MAX_LEN,
    "what the tc programs limit windows to");

/* A segment on its way through the steps of this file. */
struct ctrl_segment {
	struct alg		*a;
	enum alg_dir		 dir;
	struct packet		*p;
	struct tcp		 t;
	uint32_t		 connection;	/* 0: not known */
	struct connection	*c;
	struct alg_result	*r;
};

static void
set_verdict(struct ctrl_segment *g, enum alg_action action, enum reason reason)
{
	g->r->action = action;
	g->r->reason = reason;
}

static enum alg_dir
other_dir(enum alg_dir dir)
{
	return dir == ALG_OUTBOUND ? ALG_INBOUND : ALG_OUTBOUND;
}

static void
cut_payload(struct ctrl_segment *g, uint16_t len)
{
	if (g->t.len == len && !(g->t.flags & TCP_FIN))
		return;
	tcp_cut(&g->t, g->p, len);
	g->r->changed = true;
}

static void
flow_of(const struct alg *a, const struct packet *p, const struct tcp *t,
    enum alg_dir dir, struct alg_flow *f)
{
	if (dir == ALG_OUTBOUND)
		*f = (struct alg_flow){ p->src, p->dst, t->src_port,
		    t->dst_port, a->origin.zone };
	else
		*f = (struct alg_flow){ p->dst, p->src, t->dst_port,
		    t->src_port, a->origin.zone };
}

/* The stream cannot be trusted any more, or asks for too much. */
static void
distrust_stream(struct ctrl_segment *g, enum reason reason)
{
	connection_enter(g->a, g->connection, ALG_CONNECTION_DEAD, reason);
	set_verdict(g, ALG_RESET, reason);
}

/* Are these two numbers near each other? */
static bool
is_around(uint32_t seq, uint32_t next)
{
	int32_t off = tcp_diff(seq, next);

	return off > -OUTRUN_NEAR && off < OUTRUN_NEAR;
}

/* --- The handshake (RFC 9293 section 3.5) --- */

static void
set_connection(struct ctrl_segment *g, uint32_t connection)
{
	g->connection = connection;
	g->c = connection_at(g->a, connection);
}

static bool
make_connection(
    struct ctrl_segment *g, bool inside_opened, enum alg_connection_state state)
{
	enum reason reason;

	set_connection(g,
	    connection_make(g->a, &g->r->flow, inside_opened, state, &reason));
	if (g->connection == 0)
		set_verdict(g, ALG_DROP, reason);
	return g->connection != 0;
}

/* Opens one; an earlier connection with these ends is dropped. */
static bool
open_anew(struct ctrl_segment *g, enum alg_dir opener, uint32_t seq)
{
	if (g->connection != 0)
		connection_drop(g->a, g->connection, REASON_NEW_CONNECTION);
	if (!make_connection(g, opener == ALG_OUTBOUND, ALG_CONNECTION_OPENING))
		return false;
	g->c->syn = (struct syn){ true, (uint8_t)opener, seq };
	g->c->syns = 1;
	return true;
}

/* Both ends may open at once, and then each answers the other's SYN. */
static bool
is_other_syn(const struct ctrl_segment *g)
{
	return g->c->state != ALG_CONNECTION_OPENING ||
	    (g->c->syn.dir == g->dir && g->c->syn.seq != g->t.seq);
}

/* A SYN here opens a connection: there is none that lives. */
static bool
is_first_syn(const struct ctrl_segment *g)
{
	if (g->connection == 0)
		return !connection_expected(g->a, &g->r->flow);
	return g->c->state == ALG_CONNECTION_CLOSING ||
	    g->c->state == ALG_CONNECTION_DEAD;
}

/*
 * The same SYN again: the one before had no answer.  One that follows at once
 * may have waited in the queue beside it: whether that has left is not known.
 */
static void
count_syn(struct ctrl_segment *g)
{
	if (g->c->answered || g->c->syn.dir != g->dir ||
	    g->c->syns == UINT8_MAX)
		return;
	g->c->stopped = g->a->origin.first &&
	    g->a->now - g->c->opened >= STATE_SYN_APART;
	/* Why there is none may have been told already. */
	if (++g->c->syns == STATE_SYNS_NOTICED && g->c->refusal.type == 0)
		attempt_note_connection(g->a, g->connection, REASON_NONE);
}

/*
 * A SYN opens a connection where there is none that lives.  On one that
 * lives, or that another SYN opens, it is only remembered beside: the answer
 * will tell which one was real.  A connection that was open before the daemon
 * started is not in the table yet, so there a SYN is not remembered; the answer
 * alone opens a connection, too.
 */
static void
process_syn(struct ctrl_segment *g)
{
	bool first = is_first_syn(g);

	if (first && !open_anew(g, g->dir, g->t.seq))
		return;
	if (!first && g->connection != 0) {
		if (is_other_syn(g))
			g->c->later = (struct syn){ true, (uint8_t)g->dir,
			    g->t.seq };
		else
			count_syn(g);
	}
	cut_payload(g, 0);	/* data may not run ahead of the handshake */
}

static bool
answers_syn(const struct ctrl_segment *g, const struct syn *syn)
{
	return syn->waits && syn->dir != g->dir && g->t.ack == syn->seq + 1;
}

/* Both streams start where this segment says. */
static void
start_streams(struct ctrl_segment *g, uint32_t seq)
{
	stream_start(&g->c->stream[g->dir], seq, g->t.ack);
	stream_start(&g->c->stream[other_dir(g->dir)], g->t.ack, seq);
}

/*
 * A server that keeps nothing of a SYN (SYN cookies) may answer the second of
 * an opener and still take the first: then what has passed of one connection
 * is there, and what is read of the other must not be what follows it.
 */
static bool
lies_in_former(const struct ctrl_segment *g)
{
	const struct stream *mine = &g->c->stream[g->dir];
	const struct stream *peer = &g->c->stream[other_dir(g->dir)];

	return connection_alive(g->c) && (is_around(g->t.ack, peer->next) ||
	    is_around(g->t.seq, mine->next));
}

/*
 * A SYN-ACK tells both first sequence numbers.  One of no known connection
 * pushes none out: a server answers a flood of SYNs again and again.
 */
static void
process_syn_ack(struct ctrl_segment *g)
{
	bool anew = g->connection == 0 || answers_syn(g, &g->c->later), opens;

	if (g->connection == 0 && connection_table_full(g->a)) {
		set_verdict(g, ALG_DROP, REASON_CONNECTION_LIMIT);
		return;
	}
	if (anew && g->connection != 0 && lies_in_former(g)) {
		distrust_stream(g, REASON_NEW_CONNECTION);
		return;
	}
	if (anew && !open_anew(g, other_dir(g->dir), g->t.ack - 1))
		return;
	if (g->c->state == ALG_CONNECTION_DEAD) {
		set_verdict(g, ALG_RESET, REASON_AFTER_RESET);
		return;
	}
	opens = g->c->state == ALG_CONNECTION_OPENING &&
	    answers_syn(g, &g->c->syn);
	if (opens && !g->c->has_public) {
		set_verdict(g, ALG_ASK, REASON_NONE);
		return;
	}
	cut_payload(g, 0);
	if (!opens)
		return;
	start_streams(g, g->t.seq + 1);
	g->c->answered = true;
	/*
	 * Restart the time limit of OPENING; dropped now, the third segment
	 * would look like a connection without SYN.
	 */
	connection_enter(g->a, g->connection, ALG_CONNECTION_OPENING,
	    REASON_NONE);
}

/*
 * The third segment of the handshake: only now the opener has shown that it
 * is there, and the connection cannot be pushed out by a flood of SYNs.
 */
static bool
complete_handshake(struct ctrl_segment *g)
{
	/* An end that has an older connection still answers a SYN by ACK. */
	if (g->c->syn.dir != g->dir) {
		cut_payload(g, 0);
		return false;
	}
	if (!g->c->answered ||
	    g->t.ack != g->c->stream[other_dir(g->dir)].next) {
		set_verdict(g, ALG_DROP, REASON_GAP);
		return false;
	}
	if (!connection_count(g->a, g->connection)) {
		connection_enter(g->a, g->connection, ALG_CONNECTION_DEAD,
		    REASON_CLIENT_CONNECTIONS);
		set_verdict(g, ALG_RESET, REASON_CLIENT_CONNECTIONS);
		return false;
	}
	connection_enter(g->a, g->connection, ALG_CONNECTION_OPEN,
	    REASON_NONE);
	return true;
}

/*
 * A segment of a connection whose SYN was not seen: where a message begins is
 * not known.  That is so when the connection was there before us; any other
 * would be a way around us, and is reset.
 */
static bool
make_unread(struct ctrl_segment *g)
{
	bool stray = !connection_expected(g->a, &g->r->flow);

	if (!make_connection(g, g->r->flow.inside_port != PPTP_PORT ||
	    g->r->flow.outside_port == PPTP_PORT, stray ?
	    ALG_CONNECTION_DEAD : ALG_CONNECTION_UNREAD))
		return false;
	start_streams(g, g->t.seq);
	g->c->answered = true;		/* long ago */
	for (int dir = 0; dir < 2; dir++)
		g->c->stream[dir].lost = g->c->stream[dir].fresh = true;
	if (stray) {
		connection_enter(g->a, g->connection, ALG_CONNECTION_DEAD,
		    REASON_STRAY);
		set_verdict(g, ALG_RESET, REASON_STRAY);
	}
	return !stray;
}

/* Is it one that we know, or have picked up and can translate? */
static bool
pick_up(struct ctrl_segment *g)
{
	if (g->connection == 0 && !make_unread(g))
		return false;
	if (g->c->state != ALG_CONNECTION_UNREAD ||
	    g->c->reason != REASON_NONE)
		return true;
	if (!g->c->has_public) {
		set_verdict(g, ALG_ASK, REASON_NONE);
		return false;
	}
	g->c->reason = REASON_UNREAD;
	g->r->reason = REASON_UNREAD;
	return true;
}

/* --- What comes after it --- */

static void
take_ack(struct ctrl_segment *g)
{
	struct stream *mine = &g->c->stream[g->dir];
	struct stream *peer = &g->c->stream[other_dir(g->dir)];

	if (!(g->t.flags & TCP_ACK))
		return;
	stream_ack(g->a, peer, g->t.ack);
	if (tcp_diff(g->t.ack, peer->next + peer->fin) <= 0 &&
	    tcp_diff(g->t.ack, mine->expects) > 0)
		mine->expects = g->t.ack;
}

/* Would the receiver believe this RST (RFC 9293 section 3.10.7)? */
static bool
is_believable_rst(const struct ctrl_segment *g)
{
	const struct stream *s = &g->c->stream[g->dir];

	if (g->c->state == ALG_CONNECTION_OPENING)
		return answers_syn(g, &g->c->syn) ||
		    (g->c->syn.dir == g->dir &&
		    g->t.seq == g->c->syn.seq + 1);
	return tcp_diff(g->t.seq, s->acked) >= 0 &&
	    tcp_diff(g->t.seq, s->next + s->fin) <= 0;
}

/* A RST passes in any case; only one that counts ends the connection. */
static void
process_rst(struct ctrl_segment *g)
{
	if (g->connection == 0 || g->c->state == ALG_CONNECTION_DEAD ||
	    !is_believable_rst(g))
		return;
	g->c->by = (uint8_t)state_sender(g->dir);
	connection_enter(g->a, g->connection, ALG_CONNECTION_DEAD,
	    REASON_RESET);
}

/* The sender goes on from there: where its messages begin must be found. */
static void
lose_place(struct ctrl_segment *g, uint32_t seq)
{
	if (g->dir == ALG_OUTBOUND)
		connection_release_half(g->a, g->c);
	stream_lose(g->a, &g->c->stream[g->dir], seq);
	connection_enter(g->a, g->connection, ALG_CONNECTION_UNREAD,
	    REASON_UNREAD);
	g->r->reason = REASON_UNREAD;
}

/*
 * Does a message begin where this segment does? Only then the stream is read
 * from here on; else it could hide an ID that another client has.
 */
static bool
find_place(struct ctrl_segment *g)
{
	struct stream *s = &g->c->stream[g->dir];
	const struct message *row;

	if (message_check(g->p->bytes + g->t.data, g->t.len < MESSAGE_MAX_LEN ?
	    g->t.len : MESSAGE_MAX_LEN, &row) != REASON_NONE || row == NULL) {
		distrust_stream(g, REASON_STRAY);
		return false;
	}
	s->lost = s->fresh = false;
	s->found = true;
	if (!g->c->stream[other_dir(g->dir)].lost)
		connection_enter(g->a, g->connection, ALG_CONNECTION_OPEN,
		    REASON_NONE);
	return true;
}

/* All that a record of it has of what may come again, as it came and went. */
static uint32_t
kept_bytes(const struct connection *c)
{
	uint32_t n = 0;

	for (int dir = 0; dir < 2; dir++)
		n += c->stream[dir].end - c->stream[dir].acked;
	return n * 2;
}

/* Each new byte costs a record of all that is kept. */
static bool
may_write(const struct ctrl_segment *g)
{
	struct client_count *client = client_count_at(g->a, g->c->client);
	uint32_t kib = kept_bytes(g->c) / 1024;

	return !g->a->config.recording || g->c->client == 0 || kib == 0 ||
	    rate_take(&client->writes, g->a->now, STATE_WRITE_INTERVAL,
	    STATE_WRITE_BURST, kib);
}

/* Takes what is new of a segment into the stream and reads it. */
static void
read_new(struct ctrl_segment *g, uint16_t from)
{
	struct stream *s = &g->c->stream[g->dir];
	uint16_t want = (uint16_t)(g->t.len - from);
	uint32_t next = s->next;
	enum reason r;

	if (s->fin || (s->lost && !find_place(g)))
		return;
	if (!may_write(g)) {
		set_verdict(g, ALG_DROP, REASON_JOURNAL_LIMIT);
		return;
	}
	if (stream_append(g->a, g->connection, g->dir,
	    g->p->bytes + g->t.data + from, want) < want)
		g->r->reason = REASON_HELD_BACK;
	r = ctrl_reader_read(g->a, g->connection, g->dir);
	if (r == REASON_HELD_BACK)
		g->r->reason = r;
	else if (r != REASON_NONE)
		distrust_stream(g, r);
	if (g->r->action == ALG_RESET)
		s->next = next;		/* this segment does not go */
}

/*
 * Beyond a gap: TCP brings again what is missing, or it passed while the
 * firewall's rules were away.  A segment that is old and empty makes the
 * receiver say what it has, as a keep-alive does (RFC 9293 section 3.8.4).
 */
static void
ask_receiver(struct ctrl_segment *g)
{
	tcp_set_seq(&g->t, g->p, g->c->stream[g->dir].acked - 1);
	cut_payload(g, 0);
	g->r->changed = true;
	g->r->reason = REASON_GAP;
}

static void
process_data(struct ctrl_segment *g)
{
	struct stream *s = &g->c->stream[g->dir];
	uint8_t *bytes = g->p->bytes + g->t.data;
	int32_t known = stream_known(s, g->t.seq, g->t.len);

	if (known < 0) {
		ask_receiver(g);
		return;
	}
	if (tcp_diff(g->t.seq, s->base) < 0 && s->ahead) {
		/* It was not passed when it could be read, and now cannot. */
		distrust_stream(g, REASON_STRAY);
		return;
	}
	if (tcp_diff(g->t.seq, s->base) < 0) {
		/* The receiver has it: an empty segment makes it say so. */
		g->r->reason = REASON_OLD_DATA;
		cut_payload(g, 0);
		return;
	}
	if (stream_conflicts(g->a, s, g->t.seq, bytes, g->t.len)) {
		set_verdict(g, ALG_DROP, REASON_CONFLICT);
		return;
	}
	/* What is retransmitted first: what is new may take its room. */
	stream_rewrite(g->a, s, g->t.seq, bytes, (uint16_t)known, g->t.data,
	    g->r);
	if (known == g->t.len)
		return;
	read_new(g, (uint16_t)known);
	if (g->r->action != ALG_PASS)
		return;
	if (tcp_diff(g->t.seq + g->t.len, s->next) > 0)
		cut_payload(g, (uint16_t)(s->next - g->t.seq));
	stream_rewrite(g->a, s, g->t.seq + (uint32_t)known, bytes + known,
	    (uint16_t)(g->t.len - known), (uint16_t)(g->t.data + known), g->r);
}

static void
process_fin(struct ctrl_segment *g)
{
	struct stream *s = &g->c->stream[g->dir];

	int32_t ahead = tcp_diff(g->t.seq + g->t.len, s->next);

	if (ahead > 0) {
		ask_receiver(g);
		return;
	}
	/* Below what was sent: the receiver may have got less than we have. */
	if (ahead < 0) {
		set_verdict(g, ALG_DROP, REASON_CONFLICT);
		return;
	}
	if (g->c->by == ALG_NOBODY)
		g->c->by = (uint8_t)state_sender(g->dir);
	s->fin = true;
	dirty_connection(g->a, g->connection);
	if (g->c->stream[other_dir(g->dir)].fin &&
	    g->c->state != ALG_CONNECTION_CLOSING)
		connection_enter(g->a, g->connection, ALG_CONNECTION_CLOSING,
		    REASON_CLOSED);
}

/*
 * A connection goes on while nobody reads it when the firewall's rules are
 * away.  An end that acknowledges what never passed here says so, and has it.
 * Both numbers must be near, so that nobody off the path can make us believe
 * it.
 */
static bool
claims_unseen(const struct ctrl_segment *g)
{
	const struct stream *mine = &g->c->stream[g->dir];
	const struct stream *peer = &g->c->stream[other_dir(g->dir)];
	int32_t ahead = tcp_diff(g->t.ack, peer->next + peer->fin);

	return g->t.flags & TCP_ACK && ahead > 0 && ahead < OUTRUN_NEAR &&
	    is_around(g->t.seq, mine->next);
}

/*
 * What an end says of the other is believed when that one's own segment says
 * so, too.  What it says of itself is believed when it has something to send
 * from there, and once until the other end has confirmed it: what it leaves
 * out never passes.
 */
static void
follow_unseen(struct ctrl_segment *g)
{
	struct stream *mine = &g->c->stream[g->dir];
	struct stream *peer = &g->c->stream[other_dir(g->dir)];
	bool claims = claims_unseen(g);
	int32_t off = tcp_diff(g->t.seq, mine->next);

	if (claims) {
		peer->outrun = true;
		peer->claim = g->t.ack;
	}
	if (off == 0)
		mine->outrun = false;
	if (off <= 0 || off >= OUTRUN_NEAR || mine->fin ||
	    !connection_alive(g->c))
		return;
	if (mine->outrun && tcp_diff(mine->claim, g->t.seq) <= 0)
		lose_place(g, mine->claim);
	else if (claims && g->t.len > 0 && !mine->ahead) {
		lose_place(g, g->t.seq);
		mine->ahead = true;
	}
}

/* What was sent before we saw it may have been lost, and come again. */
static void
set_back_fresh(struct ctrl_segment *g)
{
	struct stream *s = &g->c->stream[g->dir];

	if (s->fresh && tcp_diff(g->t.seq, s->next) < 0 && g->t.len > 0)
		stream_lose(g->a, s, g->t.seq);
}

/*
 * False when it would announce a call that is over to an end that never heard
 * of it.
 */
static bool
check_unheard(struct ctrl_segment *g)
{
	struct connection *c = g->c;

	if (tcp_diff(c->stream[ALG_OUTBOUND].acked, c->unheard_end) >= 0)
		c->unheard = false;
	return !c->unheard || g->dir != ALG_OUTBOUND || g->t.len == 0 ||
	    tcp_diff(g->t.seq, c->unheard_end) >= 0;
}

static void
process_established(struct ctrl_segment *g)
{
	g->c->last_seen = g->a->now;
	follow_unseen(g);
	set_back_fresh(g);
	take_ack(g);
	if (!check_unheard(g)) {
		distrust_stream(g, REASON_UNACKNOWLEDGED);
		return;
	}
	if (g->t.len > 0)
		process_data(g);
	if (g->r->action == ALG_PASS && g->t.flags & TCP_FIN)
		process_fin(g);
}

/* A segment without SYN and RST. */
static void
process_ordinary(struct ctrl_segment *g)
{
	if (!pick_up(g))
		return;
	switch ((enum alg_connection_state)g->c->state) {
	case ALG_CONNECTION_DEAD:
		/* A challenge ACK (RFC 5961) says which reset it wants, ... */
		take_ack(g);
		/* ... be it about what never passed here. */
		if (claims_unseen(g))
			g->c->stream[g->dir].expects = g->t.ack;
		set_verdict(g, ALG_RESET, REASON_AFTER_RESET);
		break;
	case ALG_CONNECTION_OPENING:
		if (complete_handshake(g))
			process_established(g);
		break;
	default:
		process_established(g);
	}
}

/* Would its receiver believe it? */
static bool
is_near(const struct ctrl_segment *g)
{
	int32_t off = tcp_diff(g->t.seq, g->c->stream[g->dir].next);

	return g->c->state == ALG_CONNECTION_OPENING ||
	    (off >= -OUTRUN_NEAR && off <= OUTRUN_NEAR);
}

/*
 * A segment that passes here makes the connection ours (it was the other
 * firewall's).
 */
static void
take_over(struct ctrl_segment *g)
{
	connection_set_foreign(g->a, g->connection, false);
}

/*
 * The mark that the firewall gave a segment before it was routed, for the GRE
 * of its calls, and where it leaves.
 */
static void
note_way(struct ctrl_segment *g)
{
	connection_mark(g->a, g->connection, g->dir, g->a->origin.mark);
	if (g->dir == ALG_OUTBOUND)
		g->c->uplink = g->a->origin.uplink;
}

/* A reset costs more than the segment that it answers, and is answered. */
static void
limit_resets(struct ctrl_segment *g)
{
	uint64_t mine = g->c->resets;

	if (rate_take(&mine, g->a->now, STATE_RESET_INTERVAL,
	    STATE_RESET_BURST, 1) && rate_take(&g->a->resets, g->a->now,
	    1000 / STATE_RESETS_PER_SECOND, STATE_RESETS_PER_SECOND, 1)) {
		g->c->resets = mine;
		return;
	}
	state_count(g->a, g->r->reason);
	set_verdict(g, ALG_DROP, REASON_RESET_LIMIT);
}

static void
process_segment(struct ctrl_segment *g)
{
	g->connection = connection_find(g->a, &g->r->flow);
	g->c = connection_at(g->a, g->connection);
	if (g->t.flags & TCP_RST)
		process_rst(g);
	else if ((g->t.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		process_syn(g);
	else if (g->t.flags & TCP_SYN)
		process_syn_ack(g);
	else
		process_ordinary(g);
	if (g->r->action == ALG_ASK)
		return;
	if (g->r->action == ALG_RESET)
		limit_resets(g);
	if (g->connection != 0 && g->r->action == ALG_PASS && is_near(g)) {
		take_over(g);
		note_way(g);
		connection_follow(g->a, g->connection);
	}
	g->r->inside_opened = g->connection != 0 && g->c->inside_opened;
	g->a->counters.segments++;
	if (g->r->nedits > 0)
		g->a->counters.rewritten++;
	/* For more there is no room: what is cut would come again too late. */
	if (tcp_limit_window(&g->t, g->p, ALG_WINDOW))
		g->r->changed = true;
	if (g->t.flags & TCP_URG) {
		tcp_clear_urgent(&g->t, g->p);
		g->r->changed = true;
	}
	if (g->r->changed)
		tcp_checksum_set(g->p);
}

void
segment_process_packet(struct alg *a, enum alg_dir dir, struct packet *p,
    struct alg_result *r)
{
	struct ctrl_segment g = { .a = a, .dir = dir, .p = p, .r = r };
	enum reason bad = tcp_parse(&g.t, p);

	r->ours = true;
	if (bad != REASON_NONE) {
		set_verdict(&g, ALG_DROP, bad);
		return;
	}
	flow_of(a, p, &g.t, dir, &r->flow);
	if (!a->config.any_checksum && !tcp_checksum_right(p)) {
		set_verdict(&g, ALG_DROP, REASON_BAD_CHECKSUM);
		return;
	}
	process_segment(&g);
}

/* Without a packet: there is nothing in it to read or to change. */
void
segment_process_ack(struct alg *a, const struct alg_ack *ack,
    struct alg_result *r)
{
	struct ctrl_segment g = { .a = a, .dir = ack->dir, .r = r,
	    .t = { .seq = ack->seq, .ack = ack->ack, .flags = TCP_ACK } };

	r->flow = ack->flow;
	set_connection(&g, connection_find(a, &ack->flow));
	if (g.connection == 0 || !g.c->followed)
		return;
	a->counters.segments++;
	take_over(&g);
	process_ordinary(&g);
	if (r->action == ALG_RESET)
		limit_resets(&g);
	else
		set_verdict(&g, ALG_PASS, r->reason);
}
