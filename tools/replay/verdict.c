/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "alg/base/line.h"
#include "tools/replay/fragment.h"
#include "tools/replay/verdict.h"

struct finding *
verdict_add(struct findings *all, const char *name, bool failure,
    uint32_t conn, uint64_t call)
{
	struct finding *more;

	if (all->n == all->room) {
		all->room = all->room * 2 + 16;
		more = realloc(all->list, all->room * sizeof(*more));
		if (more == NULL) {
			all->failed = true;
			return NULL;
		}
		all->list = more;
	}
	more = &all->list[all->n++];
	*more = (struct finding){ .name = name, .failure = failure,
	    .conn = conn, .call = call };
	return more;
}

void
verdict_free(struct findings *all)
{
	free(all->list);
}

/* A finding about the capture as a whole, with a number in it. */
static void
add_count(struct findings *all, const char *name, bool failure,
    const char *text, unsigned long n)
{
	struct finding *f;
	struct line l;

	if (n == 0)
		return;
	f = verdict_add(all, name, failure, 0, 0);
	if (f == NULL)
		return;
	l = line_of(f->text, sizeof(f->text));
	line_add(&l, "%s: %lu.", text, n);
}

static void
about_capture(const struct play *play, struct findings *all)
{
	add_count(all, "cut-packets", true, "Packets cut short by the "
	    "snap length (capture again with tcpdump -s 0)",
	    play->source.cut);
	add_count(all, "fragments", false, "Datagrams of which some IP "
	    "fragments are missing in the capture",
	    fragments_lost(play->source.fragments));
	add_count(all, "wrong-checksums", false, "Control segments with a "
	    "wrong TCP checksum, taken as they are (usual when captured on "
	    "the sending host)", play->wrong_sums);
	add_count(all, "captured-twice", false, "Packets captured twice, "
	    "the copies left out", play->source.twice);
	add_count(all, "outside-view", false, "Packets left out, because "
	    "they show the outside of a NAT whose inside is here, too",
	    play->outside);
	add_count(all, "too-many", false, "Control segments left out, because "
	    "there are more connections than this program takes",
	    play->conns.ignored);
}

/* GRE that no call of the capture explains. */
static void
about_flow(struct findings *all, const struct flow *flow)
{
	struct finding *f;
	struct line l;

	if (flow->call != 0 || flow->dropped == 0)
		return;
	f = verdict_add(all, "unknown-gre", true, 0, 0);
	if (f == NULL)
		return;
	l = line_of(f->text, sizeof(f->text));
	line_add(&l, "GRE from ");
	line_add_ipv4(&l, flow->src);
	line_add(&l, " to ");
	line_add_ipv4(&l, flow->dst);
	line_add(&l, " with call ID %u does not pass (packets: %u): %s.",
	    flow->call_id, flow->dropped, reason_text(flow->reason));
}

/* Calls whose IDs were taken: what translation is for. */
static void
about_mapped(const struct play *play, struct findings *all)
{
	const struct ppp_trace *t;
	unsigned long n = 0;

	for (uint32_t i = 1; i <= ppp_traces_count(&play->traces); i++) {
		t = ppp_trace_at(&play->traces, i);
		n += t->info.mapped_id != t->info.inside_id;
	}
	add_count(all, "translated", false, "Calls that get another call ID "
	    "outside, because theirs is taken towards the same peer (else "
	    "their GRE could not be told apart)", n);
}

static bool
has_failure(const struct findings *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->list[i].failure)
			return true;
	return false;
}

static void
about_all(const struct play *play, struct findings *all)
{
	unsigned long up = 0;
	struct finding *f;
	struct line l;

	for (uint32_t i = 1; i <= ppp_traces_count(&play->traces); i++)
		up += ppp_trace_at(&play->traces, i)->was_up;
	if (has_failure(all))
		return;
	f = verdict_add(all, up > 0 ? "no-failure" : "no-call", up == 0, 0, 0);
	if (f == NULL)
		return;
	l = line_of(f->text, sizeof(f->text));
	if (up > 0)
		line_add(&l, "Nothing in this capture explains a failure; "
		    "calls that came up: %lu.", up);
	else if (ctrl_conns_count(&play->conns) > 0)
		line_add(&l, "No call was asked for in this capture.");
	else
		line_add(&l, "There is no PPTP in this capture: neither "
		    "TCP port 1723 nor GRE.");
}

int
verdict_find(const struct play *play, struct findings *all)
{
	for (uint32_t i = 1; i <= ctrl_conns_count(&play->conns); i++)
		if (ctrl_conn_at(&play->conns, i)->twin == 0)
			verdict_conn(play, all, i);
	for (uint32_t i = 1; i <= ppp_traces_count(&play->traces); i++)
		verdict_call(play, all, ppp_trace_at(&play->traces, i));
	for (uint32_t i = 1; i <= flows_count(&play->flows); i++)
		about_flow(all, flow_at(&play->flows, i));
	about_mapped(play, all);
	about_capture(play, all);
	about_all(play, all);
	return all->failed ? -1 : 0;
}
