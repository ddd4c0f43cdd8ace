/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the verdict on each queued packet and carries out what it brings. */
#include <string.h>

#include "alg/pptp/gre.h"
#include "alg/pptp/ip.h"
#include "alg/pptp/message.h"
#include "alg/pptp/tcp.h"
#include "nat/base/clock.h"
#include "nat/base/log.h"
#include "nat/bpf/engine.h"
#include "nat/cluster/cluster.h"
#include "nat/control/control.h"
#include "nat/endpoint/endpoint.h"
#include "nat/journal/journal.h"
#include "nat/net/interface.h"
#include "nat/netfilter/attempt_log.h"
#include "nat/netfilter/call_log.h"
#include "nat/netfilter/conntrack.h"
#include "nat/netfilter/ppp_watch.h"
#include "nat/netfilter/reroute.h"
#include "nat/netfilter/tcp_reset.h"
#include "nat/netfilter/verdict.h"

#define OFFSET_TTL	8		/* RFC 791 section 3.1 */

enum crossing {
	CROSSING_NONE, CROSSING_OUT, CROSSING_IN, CROSSING_HAIRPIN,
	CROSSING_UNKNOWN
};

/*
 * Which way a packet crosses, by where it came in and goes out; before
 * routing, and for what the firewall itself sends, one side is not there.
 */
static const enum crossing crossings[6][6] = {
	[INTERFACE_NONE] = {
		[INTERFACE_VRF] = CROSSING_OUT,
		[INTERFACE_OUTSIDE] = CROSSING_OUT },
	/* In the place of any interface in it, but not before routing. */
	[INTERFACE_VRF] = {
		[INTERFACE_INSIDE] = CROSSING_IN,
		[INTERFACE_OUTSIDE] = CROSSING_OUT,
		[INTERFACE_UNKNOWN] = CROSSING_UNKNOWN },
	[INTERFACE_INSIDE] = {
		[INTERFACE_INSIDE] = CROSSING_HAIRPIN,
		[INTERFACE_OUTSIDE] = CROSSING_OUT,
		[INTERFACE_UNKNOWN] = CROSSING_UNKNOWN },
	[INTERFACE_OUTSIDE] = {
		[INTERFACE_NONE] = CROSSING_IN,
		[INTERFACE_INSIDE] = CROSSING_IN,
		[INTERFACE_UNKNOWN] = CROSSING_UNKNOWN },
	[INTERFACE_UNKNOWN] = {
		[INTERFACE_NONE] = CROSSING_UNKNOWN,
		[INTERFACE_INSIDE] = CROSSING_UNKNOWN,
		[INTERFACE_OUTSIDE] = CROSSING_UNKNOWN,
		[INTERFACE_UNKNOWN] = CROSSING_UNKNOWN }
};

void
verdict_changes(struct verdict *v, uint64_t now)
{
	struct alg_change change;
	enum reason lack;

	while (alg_change(v->alg, &change)) {
		lack = engine_change(v->engine, &change);
		if (lack != REASON_NONE) {
			alg_count(v->alg, lack, 1);
			call_log_call(v->call_log, lack, &change.call, now);
		}
		if (change.kind == ALG_CHANGE_MARK)
			continue;
		call_log_change(v->call_log, &change, now);
		if (v->control != NULL)
			control_change(v->control, &change);
	}
	attempt_log_news(v->attempt_log, v->alg, v->control, now);
}

void
verdict_bind_hairpin(struct verdict *v)
{
	char error[512];

	if (queue_bind(v->hairpin, error, sizeof(error)) == -1)
		log_error("%s", error);
}

void
verdict_followed(void *arg)
{
	struct verdict *v = arg;
	struct alg_change change;

	while (alg_change(v->alg, &change)) {
		if (engine_change(v->engine, &change) != REASON_NONE)
			alg_count(v->alg, REASON_MAP_FULL, 1);
		if (change.call.alias != change.call.flow.outside)
			verdict_bind_hairpin(v);
	}
}

/* Before the verdicts: what a peer can have seen is in the journal. */
void
verdict_save(void *arg)
{
	struct verdict *v = arg;

	journal_write(v->journal, clock_ms());
	cluster_commit(v->cluster);
	engine_commit(v->engine);
}

/*
 * Resets that are still to be sent, one with each look of conntrack's at the
 * connection: an uplink that comes back is up before it has its routes, and
 * what is sent then is lost.
 */
#define TELL_AGAIN	5

/*
 * True when both have been told.  By another uplink than its own the outside
 * end would hear it from a false address, or not at all.
 */
static bool
reset_ends(struct verdict *v, struct alg_connection_info *c)
{
	bool away = c->uplink != 0 &&
	    !interface_is_up(v->interface, c->uplink);

	if (away)
		c->has_public = false;
	return tcp_reset_send(v->raw_socket, v->mark, c) && !away;
}

void
verdict_reset(struct verdict *v, const struct alg_flow *flow,
    enum reason reason, uint64_t now)
{
	struct alg_connection_info c;
	struct conntrack_ends ends;

	if (!alg_connection(v->alg, flow, &c))
		return;
	if (!c.has_public && conntrack_find(v->conntrack, flow, NULL, &ends) <
	    CONNTRACK_UNKNOWN) {
		c.has_public = true;
		c.public = ends.public;
		c.public_port = ends.public_port;
		c.alias = ends.alias;
		c.alias_port = ends.alias_port;
		c.zone = ends.zone;
	}
	if (c.state != ALG_CONNECTION_DEAD)
		(void)alg_reset(v->alg, flow, reason, now);
	verdict_changes(v, now);
	verdict_save(v);	/* before the verdict, and before the resets */
	/*
	 * Delete the entry first: an end that reopens at once must not meet
	 * the old one.
	 */
	conntrack_delete(v->conntrack, &c);
	if (!reset_ends(v, &c))
		alg_untold(v->alg, flow, TELL_AGAIN);
	else if (c.untold > 0)
		alg_untold(v->alg, flow, c.untold - 1);
}

/* Neither end is left believing in it; one that closes knows already. */
void
verdict_lost(void *arg, const struct alg_flow *flow, enum reason reason,
    uint64_t now)
{
	struct verdict *v = arg;
	struct alg_connection_info c;
	bool known = alg_connection(v->alg, flow, &c);

	if (known && reason == REASON_CONNTRACK_GONE &&
	    !cluster_is_here(v->cluster, &c, now)) {
		alg_set_foreign(v->alg, flow, true);
		return;
	}
	/* If it passed anywhere, then here: its end is ours to record. */
	if (known && c.foreign)
		alg_set_foreign(v->alg, flow, false);
	if (known && c.state == ALG_CONNECTION_CLOSING) {
		alg_lost(v->alg, flow, now);
		return;
	}
	if (reason == REASON_FLOW_TABLE) {
		alg_count(v->alg, reason, 1);
		call_log_segment(v->call_log, "both ends reset", reason, flow,
		    "by a rule with flow add: exempt TCP port 1723", now);
	}
	verdict_reset(v, flow, reason, now);
}

/* Drops a packet for a reason that the translator does not know. */
static void
refuse_packet(struct verdict *v, enum alg_action action, enum reason reason)
{
	alg_count(v->alg, reason, 1);
	v->result.action = action;
	v->result.reason = reason;
}

static void
drop_packet(struct verdict *v, enum reason reason)
{
	refuse_packet(v, ALG_DROP, reason);
}

/*
 * Conntrack has no entry.  That of a connection that was picked up in the
 * middle is gone for good: one that this segment makes would be another one.
 */
static void
refuse_unknown(struct verdict *v, const struct alg_flow *flow)
{
	struct alg_connection_info c;

	if (alg_connection(v->alg, flow, &c) &&
	    c.state == ALG_CONNECTION_UNREAD)
		refuse_packet(v, ALG_RESET, REASON_STRAY);
	else
		drop_packet(v, REASON_NO_CONNTRACK);
}

/* Translated twice, or after us: better no connection than a broken one. */
static const enum reason broken[] = {
	[CONNTRACK_KNOWN] = REASON_NONE,
	[CONNTRACK_HELPER] = REASON_KERNEL_HELPER,
	[CONNTRACK_SYNPROXY] = REASON_SYNPROXY
};

/* Who opened it, outside, knows SYNPROXY's numbers, and not the server's. */
static void
reset_opener(struct verdict *v, const struct alg_flow *flow, uint32_t isn)
{
	struct alg_connection_info c;

	if (!alg_connection(v->alg, flow, &c))
		return;
	c.outside_expects = c.inside_sends = isn + 1;
	(void)reset_ends(v, &c);
}

/*
 * The translator asks for the public address (ALG_ASK): find it, try again.
 * Returns what conntrack says of the connection.
 */
static enum conntrack_answer
ask_conntrack(struct verdict *v, enum alg_dir dir, struct queue_packet *p)
{
	struct alg_flow flow = v->result.flow;
	enum conntrack_answer known;
	struct conntrack_ends ends;

	known = conntrack_find(v->conntrack, &flow, p, &ends);
	if (known == CONNTRACK_UNKNOWN)
		refuse_unknown(v, &flow);
	else if (known == CONNTRACK_FAILED)
		drop_packet(v, REASON_NO_CONNTRACK);
	if (known == CONNTRACK_UNKNOWN || known == CONNTRACK_FAILED)
		return known;
	if (ends.alias != flow.outside)
		verdict_bind_hairpin(v);
	alg_tell_alias(v->alg, &flow, ends.alias, ends.alias_port, ends.zone);
	(void)alg_tell_mark(v->alg, &flow, ends.mark);
	alg_tell_public(v->alg, &flow, ends.public, ends.public_port);
	alg_packet_from(v->alg, &v->origin, dir, p->bytes, p->len, p->now,
	    &v->result);
	if (v->result.action == ALG_ASK)
		drop_packet(v, REASON_NO_CONNTRACK);
	if (broken[known] != REASON_NONE) {
		drop_packet(v, broken[known]);
		if (known == CONNTRACK_SYNPROXY)
			reset_opener(v, &flow, ends.synproxy_isn);
		verdict_reset(v, &flow, broken[known], p->now);
	}
	return known;
}

static const char *const outcomes[] = {
	[ALG_PASS] = "passed",
	[ALG_DROP] = "dropped",
	[ALG_RESET] = "dropped and both ends reset",
	[ALG_ASK] = "dropped"
};

/* The zone of the direction from inside to outside. */
static void
learn_origin(struct verdict *v, enum alg_dir dir, const struct queue_packet *p)
{
	v->seen = conntrack_of_packet(v->conntrack, p);
	v->origin.mark = p->mark & ~v->mark;
	v->origin.uplink = dir == ALG_OUTBOUND ? p->outdev : 0;
	v->origin.first = v->seen.told && v->seen.tracked &&
	    !v->seen.confirmed;
	v->origin.zone = v->seen.zone[v->seen.reply == (dir == ALG_OUTBOUND)];
}

/* Has one packet that crosses translated; false: it must not pass. */
static bool
translate_packet(struct verdict *v, enum alg_dir dir, struct queue_packet *p)
{
	enum conntrack_answer known = CONNTRACK_KNOWN;
	struct alg_result *r = &v->result;

	learn_origin(v, dir, p);
	alg_packet_from(v->alg, &v->origin, dir, p->bytes, p->len, p->now, r);
	if (r->action == ALG_ASK)
		known = ask_conntrack(v, dir, p);
	verdict_changes(v, p->now);
	if (known == CONNTRACK_UNKNOWN)
		call_log_segment(v->call_log, outcomes[r->action], r->reason,
		    &r->flow, conntrack_explain(&v->seen), p->now);
	else if (r->reason != REASON_NONE)
		call_log_packet(v->call_log, outcomes[r->action], r->reason,
		    p->bytes, p->len, p->now);
	if (r->action == ALG_RESET)
		verdict_reset(v, &r->flow, r->reason, p->now);
	if (r->action != ALG_PASS)
		return false;
	p->changed = r->changed;
	if (r->changed && r->keep < p->len)
		p->len = r->keep;
	return true;
}

static enum crossing
crossing_of(const struct verdict *v, const struct queue_packet *p)
{
	return crossings[interface_side(v->interface, p->indev)]
	    [interface_side(v->interface, p->outdev)];
}

/*
 * Every packet comes through here.  Packets that do not cross between inside
 * and outside are accepted; where an interface is not known they are dropped,
 * since they may cross.
 */
static bool
cross_packet(struct verdict *v, enum crossing crossing, struct queue_packet *p)
{
	v->result.ours = v->result.both = false;
	p->verdict = QUEUE_DROP;
	if (crossing == CROSSING_OUT)
		return translate_packet(v, ALG_OUTBOUND, p);
	if (crossing == CROSSING_IN)
		return translate_packet(v, ALG_INBOUND, p);
	alg_count(v->alg, REASON_NOT_CROSSING, 1);
	call_log_packet(v->call_log, crossing == CROSSING_UNKNOWN ? "dropped" :
	    "passed", REASON_NOT_CROSSING, p->bytes, p->len, p->now);
	return crossing != CROSSING_UNKNOWN;
}

/*
 * Between two inside interfaces, only connections whose destination was
 * translated are queued: the server is the outside end.
 */
static enum crossing
control_crossing(const struct verdict *v, const struct queue_packet *p)
{
	enum crossing crossing = crossing_of(v, p);
	struct conntrack_seen seen;
	struct packet packet;
	struct tcp tcp;

	if (crossing != CROSSING_HAIRPIN)
		return crossing;
	seen = conntrack_of_packet(v->conntrack, p);
	if (seen.tracked)
		return seen.reply ? CROSSING_IN : CROSSING_OUT;
	if (ip_parse(&packet, p->bytes, p->len) != REASON_NONE ||
	    tcp_parse(&tcp, &packet) != REASON_NONE)
		return CROSSING_NONE;
	return tcp.dst_port == PPTP_PORT ? CROSSING_OUT : CROSSING_IN;
}

/* Repeated, not accepted, so that later rules of the admin's still apply. */
void
verdict_control(void *arg, struct queue_packet *p)
{
	struct verdict *v = arg;

	if (!cross_packet(v, control_crossing(v, p), p))
		return;
	p->verdict = QUEUE_REPEAT;
	p->mark |= v->mark;
}

/* GRE of a session that ends here is not translated. */
static bool
is_local_gre(const struct verdict *v, const struct queue_packet *p)
{
	struct packet packet;
	struct gre gre;

	return v->endpoint != NULL && p->outdev == 0 &&
	    ip_parse(&packet, p->bytes, p->len) == REASON_NONE &&
	    packet.protocol == IP_GRE &&
	    gre_parse(&gre, &packet) == REASON_NONE &&
	    endpoint_owns(v->endpoint, packet.src, packet.dst,
	    gre.call_id);
}

/*
 * An error of this host that is right as it is: about what had not been
 * translated, or what we have translated and sent ourselves.
 */
static bool
is_own_error(const struct verdict *v, const struct queue_packet *p)
{
	return p->indev == 0 &&
	    alg_quotes_sender(v->alg, p->bytes, p->len);
}

/* Was it routed by another mark or address than its control connection? */
static bool
is_misrouted(const struct verdict *v, const struct queue_packet *p)
{
	return p->outdev != 0 && v->result.mark != 0 &&
	    (p->mark & ~v->mark) != v->result.mark;
}

/*
 * A source of our own cannot be routed, and what is routed already not again:
 * we send it ourselves.
 */
static void
reroute_packet(struct verdict *v, struct queue_packet *p)
{
	uint8_t *ttl = p->bytes + OFFSET_TTL;
	bool counted = p->outdev != 0;		/* this hop, by the kernel */
	int sent;

	p->verdict = QUEUE_DROP;
	if (!counted && *ttl <= 1) {
		sent = reroute_refuse_expired(v->raw_socket, v->came, v->mark);
	} else {
		*ttl -= !counted;
		sent = reroute_send(v->raw_socket, p->bytes, p->len,
		    v->result.mark | v->mark, v->came, v->mark);
	}
	if (sent == 0)
		return;
	alg_count(v->alg, REASON_NOT_SENT, 1);
	call_log_packet(v->call_log, "dropped", REASON_NOT_SENT, p->bytes,
	    p->len, p->now);
}

/* PPP in GRE that the tc programs have left to the queue. */
static void
read_ppp(struct verdict *v, enum alg_dir dir, const struct queue_packet *p)
{
	const struct alg_result *r = &v->result;
	struct alg_login login;

	if (ppp_watch_packet(v->ppp_watch, r->call, dir, p->bytes, p->len,
	    &login))
		alg_tell_login(v->alg, r->public, r->outside, r->mapped_id,
		    &login, p->now);
}

/*
 * The mark exempts from connection tracking and from the admin's filter, so
 * only what we have translated gets it; without it, repeating would queue the
 * packet for ever.  Errors that this host makes itself go past its filter for
 * what it sends: to connection tracking they belong to nothing.
 */
static void
process_gre(struct verdict *v, enum crossing crossing, struct queue_packet *p)
{
	memcpy(v->came, p->bytes, p->len < sizeof(v->came) ? p->len :
	    sizeof(v->came));
	if (!cross_packet(v, crossing, p))
		return;
	if (v->result.call != 0)
		read_ppp(v, crossing == CROSSING_OUT ? ALG_OUTBOUND :
		    ALG_INBOUND, p);
	if (v->result.both || is_misrouted(v, p)) {
		reroute_packet(v, p);
		return;
	}
	p->verdict = !v->result.ours ? QUEUE_ACCEPT :
	    p->indev == 0 ? QUEUE_STOP : QUEUE_REPEAT;
	if (v->result.ours)
		p->mark |= v->mark;
	/* Before it is routed. */
	if (p->outdev == 0 && v->result.mark != 0)
		p->mark = v->result.mark | v->mark;
}

/*
 * An ICMP error about a SYN, at the end of its way: it is let go.  One without
 * an interface that it came by is this host's own.
 */
static bool
hear_refusal(struct verdict *v, struct queue_packet *p)
{
	enum alg_dir dir = interface_side(v->interface, p->outdev) ==
	    INTERFACE_OUTSIDE ? ALG_OUTBOUND : ALG_INBOUND;

	learn_origin(v, dir, p);
	if (!alg_note_refusal(v->alg, &v->origin, dir, p->indev == 0, p->bytes,
	    p->len, p->now))
		return false;
	verdict_changes(v, p->now);
	p->verdict = QUEUE_ACCEPT;
	return true;
}

void
verdict_gre(void *arg, struct queue_packet *p)
{
	struct verdict *v = arg;

	if (hear_refusal(v, p))
		return;
	if (is_own_error(v, p)) {
		p->verdict = QUEUE_STOP;
		return;
	}
	if (is_local_gre(v, p)) {
		p->verdict = QUEUE_REPEAT;
		p->mark |= v->mark;
		return;
	}
	process_gre(v, crossing_of(v, p), p);
}

void
verdict_replies_first(void *arg)
{
	struct verdict *v = arg;

	queue_read(v->replies);
}

/* GRE from inside that does not go outside: its call says which way. */
void
verdict_hairpin(void *arg, struct queue_packet *p)
{
	struct verdict *v = arg;
	enum alg_dir dir;

	p->verdict = QUEUE_ACCEPT;
	if (interface_side(v->interface, p->indev) == INTERFACE_INSIDE &&
	    alg_gre_dir(v->alg, p->bytes, p->len, &dir))
		process_gre(v, dir == ALG_OUTBOUND ? CROSSING_OUT :
		    CROSSING_IN, p);
}
