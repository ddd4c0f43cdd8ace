/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "alg/base/line.h"
#include "tools/replay/outside.h"
#include "tools/replay/play.h"
#include "tools/replay/print.h"

#define MEND_MAX	1400	/* bytes of a segment that TCP repeats */
#define TCP_PSH		0x08
#define IP_LEN		20
#define TCP_LEN		20

/* A segment of a session on its way through the steps below. */
struct step {
	struct play		*play;
	uint32_t		 number;	/* of the session */
	struct session		*s;
	enum session_end	 from;
	enum alg_dir		 dir;
	struct talk		*talk;
	size_t			 len;	/* stream bytes captured by now */
};

static struct event
event(const struct step *g, const char *kind)
{
	struct event e = play_event(g->play, kind);

	e.session = g->number;
	e.dir = (int)g->dir;
	return e;
}

static void
tell_opening(const struct step *g)
{
	const struct session *s = g->s;
	struct event e = event(g, "open");
	struct line l = line_of(e.text, sizeof(e.text));
	struct alg_flow f = session_flow(s);

	e.dir = -1;
	print_end(&l, s->address[s->opener], s->port[s->opener]);
	line_add(&l, s->syn ? " connects to " : " is connected to ");
	print_end(&l, s->address[1 - s->opener], s->port[1 - s->opener]);
	if (!s->syn)
		line_add(&l, " since before the capture");
	if (f.inside != s->public || f.inside_port != s->public_port) {
		line_add(&l, "; the inside end is seen from outside as ");
		print_end(&l, s->public, s->public_port);
	}
	play_tell(g->play, &e);
}

/* Names the messages of which bytes came again. */
static void
tell_repeat(const struct step *g, size_t start, size_t len)
{
	struct event e = event(g, "retransmission");
	struct line l = line_of(e.text, sizeof(e.text));
	const struct talk_message *m;
	const char *between = " of ";
	size_t at = start;

	line_add(&l, "retransmission");
	while (at < start + len && (m = talk_message_at(g->talk, at)) != NULL) {
		line_add(&l, "%s%s", between, m->row->name);
		between = ", ";
		at = m->start + m->row->length;
	}
	g->s->repeats++;
	play_tell(g->play, &e);
}

static void
tell_flags(const struct step *g, const struct tcp *t)
{
	bool rst = (t->flags & TCP_RST) != 0;
	struct event e = event(g, rst ? "reset" : "close");
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
	struct event e = event(g, reason_name(r->reason));
	struct line l = line_of(e.text, sizeof(e.text));

	e.bad = true;
	line_add(&l, "%s: %s", r->action == ALG_RESET ?
	    "both ends would be reset" : "segment dropped",
	    reason_text(r->reason));
	if (g->talk->wrong == r->reason && g->talk->cut < g->talk->len) {
		line_add(&l, ": ");
		line_add_hex(&l, g->talk->bytes + g->talk->cut,
		    g->talk->len - g->talk->cut, MESSAGE_HEADER_LEN);
	}
	play_tell(g->play, &e);
}

/* What the brain did not like, but for what goes on and on. */
static void
note_reason(const struct step *g, const struct alg_result *r)
{
	if (r->action == ALG_RESET && r->reason != REASON_AFTER_RESET) {
		g->s->reset = r->reason;
		tell_trouble(g, r);
	} else if (r->action == ALG_DROP && r->reason != REASON_GAP) {
		g->s->conflict |= r->reason == REASON_CONFLICT;
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
		if (at < 0 || at >= (int64_t)g->talk->len)
			continue;
		g->talk->came[at] = r->edits[i].before;
		g->talk->goes[at] = r->edits[i].after;
	}
}

/* How far the brain let the stream go with this segment. */
static void
note_progress(const struct step *g, const struct packet *p,
    const struct tcp *before, int64_t offset, const struct alg_result *r)
{
	size_t *passed = &g->s->passed[g->from];
	struct tcp t;

	if (r->action != ALG_PASS) {
		g->s->owed[g->from] = true;
		return;
	}
	if (tcp_parse(&t, p) != REASON_NONE)
		return;
	if (t.len < before->len)
		g->s->owed[g->from] = true;
	if (offset <= (int64_t)*passed && offset + t.len > (int64_t)*passed)
		*passed = (size_t)(offset + t.len);
	g->s->fin_passed[g->from] |= (t.flags & TCP_FIN) != 0;
}

/* Writes the bytes of a packet that goes on to be changed. */
static void
write_copy(const struct step *g, const struct packet *p)
{
	uint8_t bytes[CAPTURE_IP_MAX];
	struct packet copy = *p;

	memcpy(bytes, p->bytes, p->length);
	copy.bytes = bytes;
	outside_write(g->play, g->s, g->dir, &copy);
}

/* One segment through the brain. */
static void
feed(const struct step *g, struct packet *p, const struct tcp *t)
{
	int64_t offset = talk_offset(g->talk,
	    t->seq + ((t->flags & TCP_SYN) != 0), g->s->passed[g->from]);
	struct alg_result r;

	if (g->dir == ALG_INBOUND) {
		outside_segment(g->play, g->s, g->talk, p, t, offset);
		write_copy(g, p);
	}
	play_judge(g->play, g->dir, p, g->s, &r);
	note_edits(g, t, offset, &r);
	note_progress(g, p, t, offset, &r);
	note_reason(g, &r);
	if (g->dir == ALG_OUTBOUND && r.action == ALG_PASS)
		write_copy(g, p);
}

/* Builds what TCP sends again, with the headers of the current packet. */
static void
build(const struct step *g, const struct packet *like, size_t start,
    size_t len, bool fin, struct packet *p)
{
	struct writer w = writer_of(p->bytes, IP_LEN + TCP_LEN);

	memcpy(p->bytes, like->bytes, IP_LEN);
	memcpy(p->bytes + IP_LEN, like->bytes + like->header, TCP_LEN);
	memcpy(p->bytes + IP_LEN + TCP_LEN, g->talk->bytes + start, len);
	writer_u16(&w, 0x4500);
	writer_u16(&w, (uint16_t)(IP_LEN + TCP_LEN + len));
	w.pos = p->bytes + IP_LEN + 4;
	writer_u32(&w, g->talk->base + (uint32_t)start);
	w.pos += 4;
	writer_u16(&w, (uint16_t)(TCP_LEN / 4 << 12 | TCP_ACK | TCP_PSH |
	    (fin ? TCP_FIN : 0)));
	ip_parse(p, p->bytes, IP_LEN + TCP_LEN + len);
	tcp_checksum_set(p);
}

/*
 * The brain does not let everything go: what is beyond a gap, or half of a
 * call ID, has to be sent again.  The capture does not show that, because
 * then nobody held it back; so play the sender's TCP.
 */
static void
mend(const struct step *g, const struct packet *like)
{
	uint8_t bytes[IP_LEN + TCP_LEN + MEND_MAX];
	struct packet p = { .bytes = bytes };
	size_t *passed = &g->s->passed[g->from], start, len;
	struct tcp t;
	bool fin;

	do {
		start = *passed;
		len = g->len > start ? g->len - start : 0;
		if (len > MEND_MAX)
			len = MEND_MAX;
		fin = g->talk->fin && !g->s->fin_passed[g->from] &&
		    g->talk->fin_packet <= g->play->packet->number &&
		    g->talk->fin_at == start + len;
		if (len == 0 && !fin)
			return;
		build(g, like, start, len, fin, &p);
		if (tcp_parse(&t, &p) != REASON_NONE)
			return;
		feed(g, &p, &t);
	} while (*passed > start);
}

/* Says what the packet is, before the brain sees it. */
static void
tell_segment(const struct step *g, const struct tcp *t)
{
	size_t before = talk_len_at(g->talk, g->play->packet->number - 1);
	int64_t offset = talk_offset(g->talk, t->seq, before);

	if (!g->s->told)
		tell_opening(g);
	g->s->told = true;
	if (g->talk->started && t->len > 0 && offset >= 0 &&
	    offset + t->len <= (int64_t)before)
		tell_repeat(g, (size_t)offset, t->len);
}

void
play_segment(struct play *play, struct packet *p)
{
	struct step g = { .play = play };
	uint8_t like[IP_LEN * 3 + TCP_LEN];
	struct packet first = *p;
	struct tcp t;

	if (tcp_parse(&t, p) != REASON_NONE ||
	    (t.src_port != SESSION_PORT && t.dst_port != SESSION_PORT))
		return;
	g.number = session_find(&play->sessions, p, &t, play->packet->number);
	if (g.number == 0)
		return;
	g.s = session_at(&play->sessions, g.number);
	if (g.s->twin != 0) {
		play->outside++;
		return;
	}
	play->control++;
	play->wrong_sums += !tcp_checksum_right(p);
	g.from = session_sender(p, &t);
	g.dir = g.from == g.s->inside ? ALG_OUTBOUND : ALG_INBOUND;
	g.talk = &g.s->talk[g.from];
	g.len = talk_len_at(g.talk, play->packet->number);
	memcpy(like, p->bytes, p->header + TCP_LEN);
	first.bytes = like;
	tell_segment(&g, &t);
	feed(&g, p, &t);
	if (g.s->owed[g.from] && !(t.flags & (TCP_SYN | TCP_RST)))
		mend(&g, &first);
	print_messages(play, g.number, g.from, g.len);
	if (t.flags & (TCP_FIN | TCP_RST))
		tell_flags(&g, &t);
}
