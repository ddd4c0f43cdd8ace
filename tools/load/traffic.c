/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "nat/base/loop.h"
#include "tools/load/must.h"
#include "tools/load/process.h"
#include "tools/load/raw.h"
#include "tools/load/traffic.h"

#define TICK		1	/* ms between bursts */
#define BATCHES		16	/* received before sending gets its turn */
#define NO_FLOW		UINT32_MAX

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
traffic_packet(struct traffic *t, unsigned at)
{
	struct flow *f = &t->flows[t->turn];
	const struct dial_call *call = &t->calls[f->call];
	uint32_t size = t->options->size;
	uint8_t *payload;

	payload = raw_header(t->gre, at, &(struct raw_packet){
	    .source = call->local,
	    .target = options_server(t->options, f->call),
	    .call_id = call->ctrl.peer_id, .sequence = f->next }, size);
	flow_stamp(f, payload, size - RAW_HEADERS_LEN);
	t->turn = (t->turn + 1) % t->n;
}

static void
traffic_tick(void *arg)
{
	struct traffic *t = arg;
	unsigned left = flow_due(t->options->gre, t->n, t->begun, &t->due);
	unsigned n, sent;

	loop_watch_in(t->tick, TICK);
	for (; left > 0; left -= n) {
		n = left > RAW_BATCH ? RAW_BATCH : left;
		for (unsigned i = 0; i < n; i++)
			traffic_packet(t, i);
		sent = raw_send(t->gre, n);
		t->counts.sent += sent;
		t->counts.unsent += n - sent;
	}
}

/* Does the packet carry a stamp, and of the call that it came for? */
static void
traffic_check(struct traffic *t, struct raw_packet *p)
{
	uint32_t call, sequence;
	struct flow *f;

	if (flow_read(&p->payload, &call, &sequence) == -1 ||
	    call >= t->options->calls || t->flow_of[call] == NO_FLOW) {
		t->counts.strange++;
		return;
	}
	f = &t->flows[t->flow_of[call]];
	if (p->source != options_server(t->options, call) ||
	    p->target != t->calls[call].local ||
	    p->call_id != t->calls[call].ctrl.id)
		t->counts.wrong_call++;
	else
		flow_count(f, sequence, &t->counts);
}

static void
traffic_readable(void *arg)
{
	struct traffic *t = arg;
	struct raw_packet packet;
	unsigned n = RAW_BATCH;

	for (int batch = 0; batch < BATCHES && n == RAW_BATCH; batch++) {
		n = raw_receive(t->gre);
		for (unsigned i = 0; i < n; i++) {
			if (raw_parse(t->gre, i, &packet) == -1)
				t->counts.strange++;
			else if (options_is_server(t->options, packet.source))
				traffic_check(t, &packet);
		}
	}
}

static int
traffic_flows(struct traffic *t)
{
	uint32_t n = t->options->calls;

	t->flows = calloc(n, sizeof t->flows[0]);
	t->flow_of = calloc(n, sizeof t->flow_of[0]);
	if (t->flows == NULL || t->flow_of == NULL)
		return -1;
	for (uint32_t i = 0; i < n; i++) {
		t->flow_of[i] = NO_FLOW;
		if (t->calls[i].state != DIAL_UP)
			continue;
		t->flow_of[i] = t->n;
		t->flows[t->n++].call = i;
	}
	return 0;
}

static void
traffic_free(struct traffic *t)
{
	if (t->tick != NULL)
		loop_watch_free(t->tick);
	if (t->readable != NULL)
		loop_watch_free(t->readable);
	raw_close(t->gre);
	free(t->flow_of);
	free(t->flows);
	free(t);
}

struct traffic *
traffic_start(struct loop *loop, const struct load_options *o,
    const struct dial_call *calls)
{
	struct traffic *t = calloc(1, sizeof *t);

	if (t == NULL)
		return NULL;
	t->options = o;
	t->calls = calls;
	t->gre = raw_open(0);
	if (t->gre == NULL || traffic_flows(t) == -1) {
		traffic_free(t);
		return NULL;
	}
	t->tick = must_have(loop_timer(loop, traffic_tick, t));
	t->readable = must_have(loop_read(loop, t->gre->fd, traffic_readable,
	    t));
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
	traffic_free(t);
}
