/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TCP segments of control connections on their way through the translator. */
#include <string.h>

#include "alg/base/line.h"
#include "tools/replay/outside.h"
#include "tools/replay/play.h"
#include "tools/replay/print.h"

#define MEND_MAX	1400	/* bytes of a segment that TCP repeats */
#define IP_LEN		IP_HEADER_MIN
#define TCP_LEN		TCP_HEADER_MIN

/* A segment of a connection on its way through the steps below. */
struct step {
	struct play		*play;
	uint32_t		 number;	/* of the connection */
	struct ctrl_conn		*c;
	enum ctrl_conn_end	 from;
	enum alg_dir		 dir;
	struct ctrl_stream		*stream;
	size_t			 len;	/* stream bytes captured by now */
};

static struct event
event_of(const struct step *g, const char *kind)
{
	struct event e = play_event(g->play, kind);

	e.conn = g->number;
	e.dir = (int)g->dir;
	return e;
}

static void
tell_opening(const struct step *g)
{
	const struct ctrl_conn *c = g->c;
	struct event e = event_of(g, "open");
	struct line l = line_of(e.text, sizeof(e.text));
	struct alg_flow f = ctrl_conn_flow(c);

	e.dir = -1;
	print_end(&l, c->address[c->opener], c->port[c->opener]);
	line_add(&l, c->syn ? " connects to " : " is connected to ");
	print_end(&l, c->address[1 - c->opener], c->port[1 - c->opener]);
	if (!c->syn)
		line_add(&l, " since before the capture");
	if (f.inside != c->public || f.inside_port != c->public_port) {
		line_add(&l, "; the inside end is seen from outside as ");
		print_end(&l, c->public, c->public_port);
	}
	play_tell(g->play, &e);
}

/* Names the messages of which bytes came again. */
static void
tell_repeat(const struct step *g, size_t start, size_t len)
{
	struct event e = event_of(g, "retransmission");
	struct line l = line_of(e.text, sizeof(e.text));
	const struct ctrl_stream_message *m;
	const char *between = " of ";
	size_t at = start;

	line_add(&l, "retransmission");
	while (at < start + len &&
	    (m = ctrl_stream_message_at(g->stream, at)) != NULL) {
		line_add(&l, "%s%s", between, m->row->name);
		between = ", ";
		at = m->start + m->row->length;
	}
	g->c->repeats++;
	play_tell(g->play, &e);
}

static void
tell_flags(const struct step *g, const struct tcp *t)
{
	bool rst = (t->flags & TCP_RST) != 0;
	struct event e = event_of(g, rst ? "reset" : "close");
	struct line l = line_of(e.text, sizeof(e.text));

	e.bad = rst;
	line_add(&l, rst ? "TCP reset by the %s end" :
	    "the %s end closes its direction",
	    g->dir == ALG_OUTBOUND ? "inside" : "outside");
	play_tell(g->play, &e);
}

static void
tell_trouble(const struct step *g, const struct alg_result *r)
{
	struct event e = event_of(g, reason_name(r->reason));
	struct line l = line_of(e.text, sizeof(e.text));
	const uint8_t *bytes;
	size_t len;

	e.bad = true;
	line_add(&l, "%s: %s", r->action == ALG_RESET ?
	    "both ends would be reset" : "segment dropped",
	    reason_text(r->reason));
	if (g->stream->wrong == r->reason && r->reason != REASON_NONE) {
		bytes = ctrl_stream_unread(g->stream, &len);
		line_add(&l, ": ");
		line_add_hex(&l, bytes, len, MESSAGE_HEADER_LEN);
	}
	play_tell(g->play, &e);
}

/* Tells why a segment is reset or dropped, but not of usual reasons. */
static void
note_reason(const struct step *g, const struct alg_result *r)
{
	if (r->action == ALG_RESET && r->reason != REASON_AFTER_RESET) {
		g->c->reset = r->reason;
		tell_trouble(g, r);
	} else if (r->action == ALG_DROP && r->reason != REASON_GAP) {
		g->c->conflict |= r->reason == REASON_CONFLICT;
		tell_trouble(g, r);
	}
}

static void
note_edits(const struct step *g, const struct tcp *t, int64_t offset,
    const struct alg_result *r)
{
	int64_t at;

	for (uint16_t i = 0; i < r->nedits; i++) {
		at = offset + r->edits[i].offset - t->data;
		if (at < 0 || at >= (int64_t)ctrl_stream_len(g->stream))
			continue;
		g->stream->original[at] = r->edits[i].before;
		g->stream->rewritten[at] = r->edits[i].after;
	}
}

/* Notes up to where the stream was passed with this segment. */
static void
note_progress(const struct step *g, const struct packet *p,
    const struct tcp *before, int64_t offset, const struct alg_result *r)
{
	size_t *passed = &g->c->passed[g->from];
	struct tcp t;

	if (r->action != ALG_PASS) {
		g->c->owed[g->from] = true;
		return;
	}
	if (tcp_parse(&t, p) != REASON_NONE)
		return;
	if (t.len < before->len)
		g->c->owed[g->from] = true;
	if (offset <= (int64_t)*passed && offset + t.len > (int64_t)*passed)
		*passed = (size_t)(offset + t.len);
	g->c->fin_passed[g->from] |= (t.flags & TCP_FIN) != 0;
}

/* Writes the bytes of a packet that goes on to be changed. */
static void
write_copy(const struct step *g, const struct packet *p)
{
	uint8_t bytes[CAPTURE_IP_MAX];
	struct packet copy = *p;

	memcpy(bytes, p->bytes, p->length);
	copy.bytes = bytes;
	outside_write(g->play, g->c, g->dir, &copy);
}

/* One segment through the translator. */
static void
feed_segment(const struct step *g, struct packet *p, const struct tcp *t)
{
	int64_t offset = ctrl_stream_offset(g->stream,
	    t->seq + ((t->flags & TCP_SYN) != 0));
	struct alg_result r;

	if (g->dir == ALG_INBOUND) {
		outside_segment(g->play, g->c, g->stream, p, t, offset);
		write_copy(g, p);
	}
	play_translate(g->play, g->dir, p, g->c, &r);
	note_edits(g, t, offset, &r);
	note_progress(g, p, t, offset, &r);
	note_reason(g, &r);
	if (g->dir == ALG_OUTBOUND && r.action == ALG_PASS)
		write_copy(g, p);
}

/* Builds what TCP sends again, with the headers of the current packet. */
static void
build_segment(const struct step *g, const struct packet *like, size_t start,
    size_t len, bool fin, struct packet *p)
{
	struct writer w = writer_of(p->bytes, IP_LEN + TCP_LEN);

	memcpy(p->bytes, like->bytes, IP_LEN);
	memcpy(p->bytes + IP_LEN, like->bytes + like->header, TCP_LEN);
	memcpy(p->bytes + IP_LEN + TCP_LEN, g->stream->bytes + start, len);
	writer_u16(&w, 0x4500);
	writer_u16(&w, (uint16_t)(IP_LEN + TCP_LEN + len));
	w.pos = p->bytes + IP_LEN + 4;
	writer_u32(&w, g->stream->at.base + (uint32_t)start);
	w.pos += 4;
	writer_u16(&w, (uint16_t)(TCP_LEN / 4 << 12 | TCP_ACK | TCP_PSH |
	    (fin ? TCP_FIN : 0)));
	ip_parse(p, p->bytes, IP_LEN + TCP_LEN + len);
	tcp_checksum_set(p);
}

/*
 * The translator does not let everything go: what is beyond a gap, or half of a
 * call ID, has to be sent again.  The capture does not show that, because
 * then nobody held it back; so play the sender's TCP.
 */
static void
send_again(const struct step *g, const struct packet *like)
{
	uint8_t bytes[IP_LEN + TCP_LEN + MEND_MAX];
	struct packet p = { .bytes = bytes };
	size_t *passed = &g->c->passed[g->from], start, len;
	struct tcp t;
	bool fin;

	do {
		start = *passed;
		len = g->len > start ? g->len - start : 0;
		if (len > MEND_MAX)
			len = MEND_MAX;
		fin = g->stream->fin && !g->c->fin_passed[g->from] &&
		    g->stream->fin_packet <= g->play->packet->number &&
		    g->stream->fin_at == start + len;
		if (len == 0 && !fin)
			return;
		build_segment(g, like, start, len, fin, &p);
		if (tcp_parse(&t, &p) != REASON_NONE)
			return;
		feed_segment(g, &p, &t);
	} while (*passed > start);
}

static void
tell_again(const struct step *g, const struct tcp *t)
{
	size_t before =
	    ctrl_stream_len_at(g->stream, g->play->packet->number - 1);
	int64_t offset = ctrl_stream_offset(g->stream, t->seq);

	if (g->stream->started && t->len > 0 && offset >= 0 &&
	    offset + t->len <= (int64_t)before)
		tell_repeat(g, (size_t)offset, t->len);
}

/* Another copy of its bytes has a right checksum: no receiver took this. */
static bool
is_damaged(const struct step *g, const struct packet *p, const struct tcp *t)
{
	int64_t at = ctrl_stream_offset(g->stream, t->seq);

	if (!g->stream->sums_right || tcp_checksum_right(p) || at < 0 ||
	    at + t->len > (int64_t)ctrl_stream_len(g->stream) || t->len == 0)
		return false;
	return memcmp(g->stream->bytes + at, p->bytes + t->data, t->len) != 0;
}

static void
tell_damaged(const struct step *g)
{
	struct event e = event_of(g, reason_name(REASON_BAD_CHECKSUM));
	struct line l = line_of(e.text, sizeof(e.text));

	e.bad = true;
	line_add(&l, "damaged segment left out: %s, and right in another copy",
	    reason_text(REASON_BAD_CHECKSUM));
	g->play->damaged++;
	play_tell(g->play, &e);
}

/* The first segment of a connection; the daemon is there with the capture. */
static void
begin_conn(const struct step *g)
{
	struct alg_flow f = ctrl_conn_flow(g->c);

	g->c->told = true;
	tell_opening(g);
	if (!g->c->syn)
		(void)alg_expect(g->play->alg, &f);
}

/* Says what the packet is, gives it to the translator, says what came. */
static void
play_step(const struct step *g, struct packet *p, const struct tcp *t)
{
	uint8_t like[IP_LEN * 3 + TCP_LEN];
	struct packet first = *p;

	memcpy(like, p->bytes, p->header + TCP_LEN);
	first.bytes = like;
	if (!g->c->told)
		begin_conn(g);
	if (is_damaged(g, p, t)) {
		tell_damaged(g);
		return;
	}
	g->play->wrong_sums += !tcp_checksum_right(p);
	tell_again(g, t);
	feed_segment(g, p, t);
	if (g->c->owed[g->from] && !(t->flags & (TCP_SYN | TCP_RST)))
		send_again(g, &first);
	print_messages(g->play, g->number, g->from, g->len);
	if (t->flags & (TCP_FIN | TCP_RST))
		tell_flags(g, t);
}

void
segment_play(struct play *play, struct packet *p)
{
	struct step g = { .play = play };
	struct tcp t;

	if (tcp_parse(&t, p) != REASON_NONE ||
	    (t.src_port != CTRL_CONN_PORT && t.dst_port != CTRL_CONN_PORT))
		return;
	g.number = ctrl_conn_find(&play->conns, p, &t, play->packet->number);
	if (g.number == 0)
		return;
	g.c = ctrl_conn_at(&play->conns, g.number);
	if (g.c->outside_view_of != 0) {
		play->outside++;
		return;
	}
	play->control++;
	g.from = ctrl_conn_sender(p, &t);
	g.dir = g.from == g.c->inside ? ALG_OUTBOUND : ALG_INBOUND;
	g.stream = &g.c->stream[g.from];
	g.len = ctrl_stream_len_at(g.stream, play->packet->number);
	play_step(&g, p, &t);
}
