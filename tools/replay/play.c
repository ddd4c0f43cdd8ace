/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gives each packet of a capture to the translator, and tells of calls. */
#include <stdlib.h>
#include <string.h>

#include "alg/base/line.h"
#include "tools/replay/play.h"

#define TICK		1000	/* ms */

struct event
play_event(const struct play *play, const char *kind)
{
	return (struct event){ .kind = kind, .packet = play->packet->number,
	    .time = play->packet->time - (play->absolute ? 0 :
	    play->source.first), .dir = -1 };
}

bool
play_shows(const struct play *play, uint32_t a, uint32_t b)
{
	return play->client == 0 || a == play->client || b == play->client;
}

bool
play_shows_conn(const struct play *play, uint32_t i)
{
	const struct ctrl_conn *c = ctrl_conn_at(&play->conns, i);

	return play_shows(play, c->address[0], c->address[1]);
}

bool
play_shows_call(const struct play *play, const struct ppp_trace *t)
{
	return play_shows(play, t->info.flow.inside, t->info.flow.outside);
}

static bool
shows_event(const struct play *play, const struct event *e)
{
	const struct ppp_trace *t = ppp_trace_of(&play->traces, e->call);

	if (play->summary)
		return false;
	if (t != NULL)
		return play_shows_call(play, t);
	return e->conn != 0 ? play_shows_conn(play, e->conn) :
	    play_shows(play, play->src, play->dst);
}

void
play_tell(struct play *play, struct event *e)
{
	if (!shows_event(play, e))
		return;
	e->first = !play->told;
	play->told = true;
	play->report->event(play, e);
}

/* The IP checksum may be missing where a network card is to fill it in. */
void
play_write(struct play *play, struct packet *p)
{
	struct capture_packet as = *play->packet;

	if (play->writer == NULL)
		return;
	ip_seal(p->bytes, p->header, p->length);
	as.ip = p->bytes;
	as.len = p->length;
	capture_write(play->writer, &as);
}

static uint32_t
changed_conn(const struct play *play, const struct alg_change *c)
{
	return ctrl_conn_of_flow(&play->conns, &c->call.flow,
	    play->packet->number);
}

static void
take_over(struct play *play, const struct alg_change *c)
{
	uint32_t i = changed_conn(play, c), none = 0;
	uint32_t *newest = i != 0 ?
	    &ctrl_conn_at(&play->conns, i)->newest_call : &none;

	ppp_trace_change(&play->traces, c, i, newest, play->now);
}

/* Takes changes over at once; play_changes tells of them later. */
static void
gather_changes(struct play *play)
{
	struct alg_change change, *more;

	while (alg_change(play->alg, &change)) {
		take_over(play, &change);
		if (play->nchanges == play->room) {
			play->room = play->room * 2 + 16;
			more = realloc(play->changes,
			    play->room * sizeof(*more));
			if (more == NULL) {
				play->failed = true;
				return;
			}
			play->changes = more;
		}
		play->changes[play->nchanges++] = change;
	}
}

void
play_translate(struct play *play, enum alg_dir dir, struct packet *p,
    const struct ctrl_conn *s, struct alg_result *r)
{
	alg_packet(play->alg, dir, p->bytes, p->length, play->now, r);
	if (r->action == ALG_ASK && s != NULL) {
		alg_tell_public(play->alg, &r->flow, s->public,
		    s->public_port);
		alg_packet(play->alg, dir, p->bytes, p->length, play->now, r);
	}
	gather_changes(play);
	if (r->action == ALG_PASS)
		ip_parse(p, p->bytes, r->keep);
}

static void
add_call(struct line *l, const struct alg_call_info *c)
{
	line_add(l, ": inside ");
	line_add_ipv4(l, c->flow.inside);
	line_add(l, " call ID %u, seen outside as ", c->inside_id);
	line_add_ipv4(l, c->public);
	line_add(l, " call ID %u; outside ", c->mapped_id);
	line_add_ipv4(l, c->flow.outside);
	if (c->has_outside_id)
		line_add(l, " call ID %u", c->outside_id);
}

static void
tell_change(struct play *play, const struct alg_change *c)
{
	static const char *const words[] = {
		[ALG_CHANGE_REQUEST] = "requested",
		[ALG_CHANGE_UP] = "up",
		[ALG_CHANGE_NOTICE] = "in trouble",
		[ALG_CHANGE_DOWN] = "down",
		[ALG_CHANGE_REFUSED] = "refused",
	};
	struct event e = play_event(play, "call");
	struct line l = line_of(e.text, sizeof(e.text));

	e.conn = changed_conn(play, c);
	e.call = c->call.serial;
	e.bad = c->kind == ALG_CHANGE_NOTICE || c->kind == ALG_CHANGE_REFUSED;
	line_add(&l, "%s", words[c->kind]);
	if (c->reason != REASON_NONE)
		line_add(&l, ": %s", reason_text(c->reason));
	else
		add_call(&l, &c->call);
	play_tell(play, &e);
}

/* Tells of the changes that play_translate gathered. */
static void
play_changes(struct play *play)
{
	for (size_t i = 0; i < play->nchanges; i++)
		tell_change(play, &play->changes[i]);
	play->nchanges = 0;
}

static void
tick_clock(struct play *play)
{
	play->now = (play->packet->time - play->source.first) / 1000 + 1;
	if (play->now - play->ticked < TICK)
		return;
	play->ticked = play->now;
	alg_tick(play->alg, play->now);
	gather_changes(play);
	play_changes(play);
}

static void
play_packet(struct play *play)
{
	static const struct {
		uint8_t	  protocol;
		void	(*play)(struct play *, struct packet *);
	} kinds[] = {
		{ IP_TCP, segment_play }, { IP_GRE, gre_play },
		{ IP_ICMP, gre_play_icmp },
	};
	struct packet p;

	if (ip_parse(&p, play->packet->ip, play->packet->len) !=
	    REASON_NONE)
		return;
	play->src = p.src;
	play->dst = p.dst;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].protocol == p.protocol)
			kinds[i].play(play, &p);
}

void
play_all(struct play *play)
{
	while (!play->failed &&
	    source_next(&play->source, &play->packet) == 1) {
		tick_clock(play);
		play_packet(play);
		play_changes(play);
	}
}
