/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stamped GRE goes out, a call at a time; what comes back is checked. */
#include <err.h>
#include <stdlib.h>

#include "alg/pptp/gre.h"
#include "nat/base/loop.h"
#include "tools/load/must.h"
#include "tools/load/process.h"
#include "tools/load/raw.h"
#include "tools/load/traffic.h"

#define TICK		1	/* ms between bursts */
#define BATCHES		16	/* received before sending gets its turn */
#define NO_FLOW		UINT32_MAX
#define GRE_LEN		12	/* with sequence number */

struct traffic {
	const struct load_options *options;
	const struct dial_call	*calls;
	struct flow		*flows;		/* of calls that are up */
	uint32_t		*flow_of;	/* by call; NO_FLOW */
	uint32_t		 n, turn;
	struct raw		*gre;
	struct watch		*tick, *readable;
	uint64_t		 begun, due;	/* µs, packets */
	struct flow_counts	 counts;
};

/* Puts the next flow's next packet into a slot. */
static void
write_packet(struct traffic *t, unsigned at)
{
	struct flow *f = &t->flows[t->turn];
	const struct dial_call *call = &t->calls[f->call];
	uint32_t size = t->options->size;
	struct writer w = raw_slot(t->gre, at, call->local,
	    options_server(t->options, f->call), size);

	writer_u16(&w, GRE_FLAGS | GRE_FLAG_SEQ);
	writer_u16(&w, GRE_PROTOCOL);
	writer_u16(&w, (uint16_t)(size - RAW_IP_LEN - GRE_LEN));
	writer_u16(&w, call->ctrl.peer_id);
	writer_u32(&w, f->next);
	flow_stamp(f, w.pos, w.left);
	t->turn = (t->turn + 1) % t->n;
}

static void
send_due(void *arg)
{
	struct traffic *t = arg;
	unsigned left = flow_due(t->options->gre, t->n, t->begun, &t->due);
	unsigned n, sent;

	loop_watch_in(t->tick, TICK);
	for (; left > 0; left -= n) {
		n = left > RAW_BATCH ? RAW_BATCH : left;
		for (unsigned i = 0; i < n; i++)
			write_packet(t, i);
		sent = raw_send(t->gre, n);
		t->counts.sent += sent;
		t->counts.unsent += n - sent;
	}
}

/* Does the packet carry a stamp, and of the call that it came for? */
static void
check_packet(struct traffic *t, const struct packet *p, const struct gre *gre)
{
	struct cursor c = cursor_of(p->bytes, p->length);
	uint32_t call, sequence;
	struct flow *f;

	if (cursor_skip(&c, p->header + gre->header) == -1 ||
	    flow_read(&c, &call, &sequence) == -1 ||
	    call >= t->options->calls || t->flow_of[call] == NO_FLOW) {
		t->counts.strange++;
		return;
	}
	f = &t->flows[t->flow_of[call]];
	if (p->src != options_server(t->options, call) ||
	    p->dst != t->calls[call].local ||
	    gre->call_id != t->calls[call].ctrl.id)
		t->counts.wrong_call++;
	else
		flow_count(f, sequence, &t->counts);
}

static void
read_packets(void *arg)
{
	struct traffic *t = arg;
	struct packet packet;
	struct gre gre;
	unsigned n = RAW_BATCH;

	for (int batch = 0; batch < BATCHES && n == RAW_BATCH; batch++) {
		n = raw_receive(t->gre);
		for (unsigned i = 0; i < n; i++) {
			if (raw_packet(t->gre, i, &packet) == -1 ||
			    gre_parse(&gre, &packet) != REASON_NONE)
				t->counts.strange++;
			else if (options_is_server(t->options, packet.src))
				check_packet(t, &packet, &gre);
		}
	}
}

static void
make_flows(struct traffic *t)
{
	uint32_t n = t->options->calls;

	t->flows = must_have(calloc(n, sizeof(t->flows[0])));
	t->flow_of = must_have(calloc(n, sizeof(t->flow_of[0])));
	for (uint32_t i = 0; i < n; i++) {
		t->flow_of[i] = NO_FLOW;
		if (t->calls[i].state != DIAL_UP)
			continue;
		t->flow_of[i] = t->n;
		t->flows[t->n++].call = i;
	}
}

struct traffic *
traffic_start(struct loop *loop, const struct load_options *o,
    const struct dial_call *calls)
{
	struct traffic *t = must_have(calloc(1, sizeof(*t)));

	t->options = o;
	t->calls = calls;
	t->gre = raw_open(0);
	if (t->gre == NULL)
		err(1, "raw GRE socket (--gre needs root)");
	make_flows(t);
	t->tick = must_have(loop_timer(loop, send_due, t));
	t->readable = must_have(loop_read(loop, t->gre->fd, read_packets, t));
	t->begun = process_clock();
	if (t->n > 0)
		loop_watch_in(t->tick, TICK);
	return t;
}

void
traffic_look(const struct traffic *t, struct flow_counts *counts)
{
	*counts = t->counts;
}

void
traffic_pause(struct traffic *t)
{
	loop_watch_stop(t->tick);
}

void
traffic_end(struct traffic *t, struct flow_counts *counts)
{
	flow_sum(t->flows, t->n, &t->counts);
	*counts = t->counts;
	loop_watch_free(t->tick);
	loop_watch_free(t->readable);
	raw_close(t->gre);
	free(t->flow_of);
	free(t->flows);
	free(t);
}
