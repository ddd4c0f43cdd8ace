/* SPDX-License-Identifier: GPL-2.0-or-later */
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
verdict_changes(struct verdict *j, uint64_t now)
{
	struct alg_change change;
	enum reason lack;

	while (alg_change(j->alg, &change)) {
		lack = engine_change(j->engine, &change);
		if (lack != REASON_NONE) {
			alg_count(j->alg, lack, 1);
			call_log_call(j->notice, lack, &change.call, now);
		}
		call_log_change(j->notice, &change, now);
		if (j->control != NULL)
			control_change(j->control, &change);
	}
}

int
verdict_remember(struct verdict *j, const char *path, char *error, size_t size)
{
	uint64_t now = clock_ms();

	if (*path != '\0') {
		j->journal = journal_open(path, j->alg, error, size);
		if (j->journal == NULL)
			return -1;
		journal_restore(j->journal, now);
		conntrack_check(j->conntrack, now);
		verdict_changes(j, now);
	}
	alg_count(j->alg, REASON_MAP_FULL, engine_start(j->engine, j->alg));
	if (j->journal != NULL)
		journal_start(j->journal, now);
	return 0;
}

void
verdict_settle(void *arg)
{
	struct verdict *j = arg;

	journal_write(j->journal, clock_ms());
}

void
verdict_reset(struct verdict *j, const struct alg_flow *flow,
    enum reason reason, uint64_t now)
{
	struct alg_connection_info c;

	if (!alg_connection(j->alg, flow, &c))
		return;
	if (!c.has_public)
		c.has_public = conntrack_find(j->conntrack, flow, &c.public,
		    &c.public_port) < CONNTRACK_UNKNOWN;
	if (c.state != ALG_CONNECTION_DEAD)
		(void)alg_reset(j->alg, flow, reason, now);
	verdict_changes(j, now);
	verdict_settle(j);
	tcp_reset_send(j->inject, &c);
	conntrack_delete(j->conntrack, flow);
}

/* Not by the brain's word, but by ours. */
static void
refuse(struct verdict *j, enum reason reason)
{
	alg_count(j->alg, reason, 1);
	j->result.action = ALG_DROP;
	j->result.reason = reason;
}

/* The brain wants to know the public address: tell it, and ask again. */
static void
answer(struct verdict *j, enum alg_dir dir, struct queue_packet *p)
{
	struct alg_flow flow = j->result.flow;
	enum conntrack_answer known;
	uint32_t public;
	uint16_t port;

	known = conntrack_find(j->conntrack, &flow, &public, &port);
	if (known == CONNTRACK_UNKNOWN || known == CONNTRACK_FAILED) {
		refuse(j, REASON_NO_CONNTRACK);
		return;
	}
	alg_tell_public(j->alg, &flow, public, port);
	alg_packet(j->alg, dir, p->bytes, p->len, p->now, &j->result);
	if (j->result.action == ALG_ASK)
		refuse(j, REASON_NO_CONNTRACK);
	/* Two translators: better no connection than a broken one. */
	if (known == CONNTRACK_HELPER) {
		refuse(j, REASON_KERNEL_HELPER);
		verdict_reset(j, &flow, REASON_KERNEL_HELPER, p->now);
	}
}

static const char *const done[] = {
	[ALG_PASS] = "passed",
	[ALG_DROP] = "dropped",
	[ALG_RESET] = "dropped and both ends reset",
	[ALG_ASK] = "dropped"
};

/* Shows the brain one packet that crosses; false: it must not pass. */
static bool
decide(struct verdict *j, enum alg_dir dir, struct queue_packet *p)
{
	struct alg_result *r = &j->result;

	alg_packet(j->alg, dir, p->bytes, p->len, p->now, r);
	if (r->action == ALG_ASK)
		answer(j, dir, p);
	verdict_changes(j, p->now);
	if (r->reason != REASON_NONE)
		call_log_packet(j->notice, done[r->action], r->reason, p->bytes,
		    p->len, p->now);
	if (r->action == ALG_RESET)
		verdict_reset(j, &r->flow, r->reason, p->now);
	if (r->action != ALG_PASS)
		return false;
	p->changed = r->changed;
	if (r->changed && r->keep < p->len)
		p->len = r->keep;
	return true;
}

/*
 * The way of every packet.  What does not cross between inside and outside is
 * nothing to us, but where an interface is not known we cannot say.
 */
static bool
judge(struct verdict *j, struct queue_packet *p)
{
	enum crossing crossing = crossings
	    [interface_side(j->interface, p->indev)]
	    [interface_side(j->interface, p->outdev)];

	j->result.ours = false;
	p->verdict = QUEUE_DROP;
	if (crossing == CROSSING_OUT)
		return decide(j, ALG_OUTBOUND, p);
	if (crossing == CROSSING_IN)
		return decide(j, ALG_INBOUND, p);
	alg_count(j->alg, REASON_NOT_CROSSING, 1);
	call_log_packet(j->notice, crossing == CROSSING_NONE ? "passed" :
	    "dropped", REASON_NOT_CROSSING, p->bytes, p->len, p->now);
	return crossing == CROSSING_NONE;
}

/* The admin's later rules of the same chain still apply: clamping, say. */
void
verdict_control(void *arg, struct queue_packet *p)
{
	struct verdict *j = arg;

	if (!judge(j, p))
		return;
	p->verdict = QUEUE_REPEAT;
	p->mark |= j->mark;
}

/* GRE of a tunnel whose end we are is not translated. */
static bool
ends_here(const struct verdict *j, const struct queue_packet *p)
{
	struct packet packet;
	struct gre gre;

	return j->terminator != NULL && p->outdev == 0 &&
	    ip_parse(&packet, p->bytes, p->len) == REASON_NONE &&
	    packet.protocol == IP_GRE &&
	    gre_parse(&gre, &packet) == REASON_NONE &&
	    endpoint_owns(j->terminator, packet.src, packet.dst,
	    gre.call_id);
}

/*
 * The mark exempts from connection tracking and from the admin's filter, so
 * only what we have translated gets it; without it, repeating would queue the
 * packet for ever.
 */
void
verdict_gre(void *arg, struct queue_packet *p)
{
	struct verdict *j = arg;

	if (ends_here(j, p)) {
		p->verdict = QUEUE_REPEAT;
		p->mark |= j->mark;
		return;
	}
	if (!judge(j, p))
		return;
	p->verdict = j->result.ours ? QUEUE_REPEAT : QUEUE_ACCEPT;
	if (j->result.ours)
		p->mark |= j->mark;
}
