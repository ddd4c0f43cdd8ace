/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRE, and ICMP errors about it, on their way through the translator. */
#include "alg/base/line.h"
#include "alg/pptp/icmp.h"
#include "tools/replay/outside.h"
#include "tools/replay/play.h"

#define LINE_MAX_PPP	400

/* Who of the two is inside; without a connection, who sent first. */
static enum alg_dir
direction_of(const struct play *play, const struct ctrl_conn *c, uint32_t src,
    uint32_t dst)
{
	bool from = side_inside(&play->conns.side, src);

	if (c != NULL)
		return src == c->address[c->inside] ? ALG_OUTBOUND :
		    ALG_INBOUND;
	if (from == side_inside(&play->conns.side, dst))
		from = flow_first(&play->flows, src, dst);
	return from ? ALG_OUTBOUND : ALG_INBOUND;
}

static const struct ctrl_conn *
conn_of(const struct play *play, uint32_t src, uint32_t dst)
{
	uint32_t i = ctrl_conn_between(&play->conns, src, dst);

	return i != 0 ? ctrl_conn_at(&play->conns, i) : NULL;
}

/* Keepalives and data say nothing about how the link came to be. */
static bool
negotiates_ppp(const struct dissect *d)
{
	return d->protocol >= 0x8000 && !(d->protocol == DISSECT_LCP &&
	    (d->code == DISSECT_ECHOREQ || d->code == DISSECT_ECHOREP));
}

static void
tell_ppp(struct play *play, enum alg_dir dir, const struct flow *f,
    const struct alg_result *r, const char *ppp)
{
	struct event e = play_event(play, "ppp");
	struct line l = line_of(e.text, sizeof(e.text));

	e.call = r->call;
	e.dir = (int)dir;
	e.bad = r->action != ALG_PASS;
	line_add(&l, "%s", ppp);
	if (r->action != ALG_PASS) {
		line_add(&l, " (GRE call ID %u dropped: %s)", f->call_id,
		    reason_text(r->reason));
	}
	play_tell(play, &e);
}

/* The first packet of a flow that does not pass, if it says nothing else. */
static void
tell_drop(struct play *play, enum alg_dir dir, const struct flow *f,
    const struct alg_result *r)
{
	struct event e = play_event(play, reason_name(r->reason));
	struct line l = line_of(e.text, sizeof(e.text));

	e.dir = (int)dir;
	e.bad = true;
	line_add_ipv4(&l, f->src);
	line_add(&l, " > ");
	line_add_ipv4(&l, f->dst);
	line_add(&l, " GRE call ID %u dropped: %s", f->call_id,
	    reason_text(r->reason));
	play_tell(play, &e);
}

/* Describes the payload of a GRE packet and keeps what it says. */
static void
hear_ppp(struct play *play, enum alg_dir dir, const struct packet *p,
    const struct gre *g, const struct flow *f, const struct alg_result *r)
{
	struct ppp_trace *t = ppp_trace_of(&play->traces, r->call);
	char ppp[LINE_MAX_PPP];
	struct dissect d = { 0 };

	if (t != NULL)
		t->side[dir].packets++;
	if (g->payload > 0)
		dissect_frame(p->bytes + p->header + g->header, g->payload,
		    ppp, sizeof(ppp), &d);
	if (t != NULL)
		negotiation_heard(&t->side[dir], &d);
	if (negotiates_ppp(&d))
		tell_ppp(play, dir, f, r, ppp);
	else if (f->dropped == 1 && r->action != ALG_PASS)
		tell_drop(play, dir, f, r);
}

void
gre_play(struct play *play, struct packet *p)
{
	const struct ctrl_conn *c = conn_of(play, p->src, p->dst);
	enum alg_dir dir = direction_of(play, c, p->src, p->dst);
	struct packet captured = *p;
	struct alg_result r;
	const struct flow *f;
	struct gre g;
	enum reason bad = gre_parse(&g, p);

	if (bad == REASON_NOT_OURS)
		return;
	if (c != NULL && c->outside_view_of != 0) {
		play->outside++;
		return;
	}
	play->gre++;
	if (bad != REASON_NONE)
		g = (struct gre){ 0 };
	else if (dir == ALG_INBOUND)
		outside_gre(play, c, p, &g);
	if (dir == ALG_INBOUND)
		play_write(play, p);
	play_translate(play, dir, p, NULL, &r);
	if (dir == ALG_OUTBOUND && r.action == ALG_PASS)
		play_write(play, p);
	f = flow_add(&play->flows, &captured, &g, dir, &r, play->now);
	if (f != NULL)
		hear_ppp(play, dir, p, &g, f, &r);
}

static void
tell_icmp(struct play *play, enum alg_dir dir, const struct icmp *i,
    uint32_t from, const struct alg_result *r)
{
	struct event e = play_event(play, "icmp");
	struct line l = line_of(e.text, sizeof(e.text));

	e.call = r->call;
	e.dir = (int)dir;
	e.bad = true;
	line_add(&l, "ICMP %s, said by ", icmp_name(i->type, i->code));
	line_add_ipv4(&l, from);
	line_add(&l, " about GRE to ");
	line_add_ipv4(&l, i->quote.dst);
	if (r->action != ALG_PASS)
		line_add(&l, " (dropped: %s)", reason_text(r->reason));
	play_tell(play, &e);
}

/* The quoted packet went the other way. */
static void
note_unreachable(struct play *play, enum alg_dir dir, const struct icmp *i,
    const struct alg_result *r)
{
	struct ppp_trace *t = ppp_trace_of(&play->traces, r->call);

	if (t != NULL && i->type == 3 && i->code != 4)
		t->unreachable[dir] = true;
}

void
gre_play_icmp(struct play *play, struct packet *p)
{
	const struct ctrl_conn *c;
	struct alg_result r;
	struct icmp i, said;
	enum alg_dir dir;
	uint32_t from = p->src;

	if (icmp_parse(&i, p) != REASON_NONE || i.quote.protocol != IP_GRE)
		return;
	c = conn_of(play, i.quote.src, i.quote.dst);
	if (c != NULL && c->outside_view_of != 0) {
		play->outside++;
		return;
	}
	play->icmp++;
	dir = direction_of(play, c, i.quote.dst, i.quote.src);
	said = i;
	if (dir == ALG_INBOUND && c != NULL)
		outside_icmp(c, p, &i.quote);
	if (dir == ALG_INBOUND)
		play_write(play, p);
	play_translate(play, dir, p, NULL, &r);
	if (dir == ALG_OUTBOUND && r.action == ALG_PASS)
		play_write(play, p);
	tell_icmp(play, dir, &said, from, &r);
	note_unreachable(play, dir, &said, &r);
}
