/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the verdict on each queued packet and carries out what it brings. */
#include "alg/pptp/gre.h"
#include "alg/pptp/ip.h"
#include "nat/base/clock.h"
#include "nat/bpf/engine.h"
#include "nat/control/control.h"
#include "nat/endpoint/endpoint.h"
#include "nat/journal/journal.h"
#include "nat/net/interface.h"
#include "nat/netfilter/call_log.h"
#include "nat/netfilter/conntrack.h"
#include "nat/netfilter/tcp_reset.h"
#include "nat/netfilter/verdict.h"

enum crossing { CROSSING_NONE, CROSSING_OUT, CROSSING_IN, CROSSING_UNKNOWN };

/*
 * Which way a packet crosses, by where it came in and goes out; before
 * routing, and for what the firewall itself sends, one side is not there.
 */
static const enum crossing crossings[5][5] = {
	[INTERFACE_NONE] = {
		[INTERFACE_OUTSIDE] = CROSSING_OUT },
	[INTERFACE_INSIDE] = {
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
		call_log_change(v->call_log, &change, now);
		if (v->control != NULL)
			control_change(v->control, &change);
	}
}

int
verdict_restore(struct verdict *v, const char *path, char *error, size_t size)
{
	uint64_t now = clock_ms();
	struct journal *journal = NULL;

	if (*path != '\0') {
		journal = journal_open(path, v->alg, error, size);
		if (journal == NULL)
			return -1;
		journal_restore(journal, now);
		conntrack_check(v->conntrack, now);
		verdict_changes(v, now);
	}
	conntrack_expect(v->conntrack);
	alg_count(v->alg, REASON_MAP_FULL, engine_start(v->engine, v->alg));
	if (journal != NULL)
		journal_start(journal, now);
	v->journal = journal;
	return 0;
}

/* Before the verdicts: what a peer can have seen is in the journal. */
void
verdict_save(void *arg)
{
	struct verdict *v = arg;

	journal_write(v->journal, clock_ms());
}

void
verdict_reset(struct verdict *v, const struct alg_flow *flow,
    enum reason reason, uint64_t now)
{
	struct alg_connection_info c;

	if (!alg_connection(v->alg, flow, &c))
		return;
	if (!c.has_public)
		c.has_public = conntrack_find(v->conntrack, flow, &c.public,
		    &c.public_port) < CONNTRACK_UNKNOWN;
	if (c.state != ALG_CONNECTION_DEAD)
		(void)alg_reset(v->alg, flow, reason, now);
	verdict_changes(v, now);
	verdict_save(v);	/* before the verdict, and before the resets */
	alg_untold(v->alg, flow, !tcp_reset_send(v->tcp_reset, &c));
	conntrack_delete(v->conntrack, flow);
}

/* Neither end is left believing in it; one that closes knows already. */
void
verdict_lost(void *arg, const struct alg_flow *flow, uint64_t now)
{
	struct verdict *v = arg;
	struct alg_connection_info c;

	if (alg_connection(v->alg, flow, &c) &&
	    c.state == ALG_CONNECTION_CLOSING)
		alg_lost(v->alg, flow, now);
	else
		verdict_reset(v, flow, REASON_CONNTRACK_GONE, now);
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

/* The translator asks for the public address (ALG_ASK): find it, try again. */
static void
ask_conntrack(struct verdict *v, enum alg_dir dir, struct queue_packet *p)
{
	struct alg_flow flow = v->result.flow;
	enum conntrack_answer known;
	uint32_t public;
	uint16_t port;

	known = conntrack_find(v->conntrack, &flow, &public, &port);
	if (known == CONNTRACK_UNKNOWN)
		refuse_unknown(v, &flow);
	else if (known == CONNTRACK_FAILED)
		drop_packet(v, REASON_NO_CONNTRACK);
	if (known == CONNTRACK_UNKNOWN || known == CONNTRACK_FAILED)
		return;
	alg_tell_public(v->alg, &flow, public, port);
	alg_packet(v->alg, dir, p->bytes, p->len, p->now, &v->result);
	if (v->result.action == ALG_ASK)
		drop_packet(v, REASON_NO_CONNTRACK);
	/* Two translators: better no connection than a broken one. */
	if (known == CONNTRACK_HELPER) {
		drop_packet(v, REASON_KERNEL_HELPER);
		verdict_reset(v, &flow, REASON_KERNEL_HELPER, p->now);
	}
}

static const char *const outcomes[] = {
	[ALG_PASS] = "passed",
	[ALG_DROP] = "dropped",
	[ALG_RESET] = "dropped and both ends reset",
	[ALG_ASK] = "dropped"
};

/* Has one packet that crosses translated; false: it must not pass. */
static bool
translate_packet(struct verdict *v, enum alg_dir dir, struct queue_packet *p)
{
	struct alg_result *r = &v->result;

	alg_packet(v->alg, dir, p->bytes, p->len, p->now, r);
	if (r->action == ALG_ASK)
		ask_conntrack(v, dir, p);
	verdict_changes(v, p->now);
	if (r->reason != REASON_NONE)
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

/*
 * Every packet comes through here.  Packets that do not cross between inside
 * and outside are accepted; where an interface is not known they are dropped,
 * since they may cross.
 */
static bool
process_packet(struct verdict *v, struct queue_packet *p)
{
	enum crossing crossing = crossings
	    [interface_side(v->interface, p->indev)]
	    [interface_side(v->interface, p->outdev)];

	v->result.ours = false;
	p->verdict = QUEUE_DROP;
	if (crossing == CROSSING_OUT)
		return translate_packet(v, ALG_OUTBOUND, p);
	if (crossing == CROSSING_IN)
		return translate_packet(v, ALG_INBOUND, p);
	alg_count(v->alg, REASON_NOT_CROSSING, 1);
	call_log_packet(v->call_log, crossing == CROSSING_NONE ? "passed" :
	    "dropped", REASON_NOT_CROSSING, p->bytes, p->len, p->now);
	return crossing == CROSSING_NONE;
}

/* Repeated, not accepted, so that later rules of the admin's still apply. */
void
verdict_control(void *arg, struct queue_packet *p)
{
	struct verdict *v = arg;

	if (!process_packet(v, p))
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

/* An error of this host about what a client has sent. */
static bool
is_own_error(const struct verdict *v, const struct queue_packet *p)
{
	return p->indev == 0 &&
	    interface_side(v->interface, p->outdev) == INTERFACE_INSIDE &&
	    alg_quotes_inside(v->alg, p->bytes, p->len);
}

/*
 * The mark exempts from connection tracking and from the admin's filter, so
 * only what we have translated gets it; without it, repeating would queue the
 * packet for ever.  Errors that this host makes itself go past its filter for
 * what it sends: to connection tracking they belong to nothing.
 */
void
verdict_gre(void *arg, struct queue_packet *p)
{
	struct verdict *v = arg;

	if (is_own_error(v, p)) {
		p->verdict = QUEUE_STOP;
		return;
	}
	if (is_local_gre(v, p)) {
		p->verdict = QUEUE_REPEAT;
		p->mark |= v->mark;
		return;
	}
	if (!process_packet(v, p))
		return;
	if (!v->result.ours) {
		p->verdict = QUEUE_ACCEPT;
		return;
	}
	p->verdict = p->indev == 0 ? QUEUE_STOP : QUEUE_REPEAT;
	p->mark |= v->mark;
}
