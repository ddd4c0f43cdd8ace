/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way of a GRE packet: find its call, rewrite address and call ID. */
#include "alg/pptp/gre.h"
#include "alg/translate/gre.h"
#include "alg/translate/lookup.h"
#include "alg/translate/state.h"

static uint32_t
find_gre_call(const struct alg *a, enum alg_dir dir, const struct packet *p,
    const struct gre *g)
{
	return dir == ALG_OUTBOUND ?
	    lookup_outside(a, p->src, p->dst, g->call_id) :
	    lookup_mapped(a, p->dst, p->src, g->call_id);
}

bool
gre_find_dir(const struct alg *a, const struct packet *p, enum alg_dir *dir)
{
	struct gre g;

	if (gre_parse(&g, p) != REASON_NONE)
		return false;
	for (*dir = ALG_OUTBOUND; *dir <= ALG_INBOUND; (*dir)++)
		if (find_gre_call(a, *dir, p, &g) != 0)
			return true;
	return false;
}

static void
translate_gre(struct alg *a, enum alg_dir dir, struct packet *p, uint32_t call)
{
	const struct call *c = call_at(a, call);

	if (dir == ALG_OUTBOUND) {
		ip_set_src(p, c->public);
		ip_set_dst(p, c->flow.outside);
		ip_put16(p, p->header + GRE_OFFSET_CALL_ID, c->outside_id);
		a->counters.gre_out++;
		a->counters.gre_bytes_out += p->length;
	} else {
		ip_set_src(p, c->alias);
		ip_set_dst(p, c->flow.inside);
		ip_put16(p, p->header + GRE_OFFSET_CALL_ID, c->inside_id);
		a->counters.gre_in++;
		a->counters.gre_bytes_in += p->length;
	}
	call_traffic(a, call, dir, p->length);
}

static void
set_result(const struct alg *a, enum alg_dir dir, const struct call *c,
    struct alg_result *r)
{
	r->call = c->serial;
	r->public = c->public;
	r->outside = c->flow.outside;
	r->mapped_id = c->mapped_id;
	r->mark = connection_at(a, c->connection)->mark[dir];
	r->both = c->alias != c->flow.outside;
	r->changed = true;
}

void
gre_process_packet(struct alg *a, enum alg_dir dir, struct packet *p,
    struct alg_result *r)
{
	struct gre g;
	uint32_t call;

	r->reason = gre_parse(&g, p);
	if (r->reason != REASON_NONE) {
		if (r->reason != REASON_NOT_OURS)
			r->action = ALG_DROP;
		return;
	}
	call = find_gre_call(a, dir, p, &g);
	r->ours = true;
	if (call == 0 || call_at(a, call)->state != ALG_CALL_UP) {
		r->action = ALG_DROP;
		r->reason = call == 0 ? REASON_GRE_UNKNOWN : REASON_GRE_NOT_UP;
		return;
	}
	set_result(a, dir, call_at(a, call), r);
	translate_gre(a, dir, p, call);
}
