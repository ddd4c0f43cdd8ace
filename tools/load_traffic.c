/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "tools/load_gre.h"
#include "tools/load_loop.h"
#include "tools/load_process.h"
#include "tools/load_traffic.h"

#define TICK		0.001	/* s between bursts */
#define BURST_MAX	4096	/* packets; what is due beyond is left out */
#define BATCHES		16	/* received before sending gets its turn */
#define NO_FLOW		UINT32_MAX
#define STAMP_MAGIC	0x50505450

/* A call's own numbers; sequences start at 0 and are also in the stamp. */
struct flow {
	uint32_t	 call, next, expected, received;
	uint64_t	 seen;		/* bit n: expected - 1 - n was */
};

struct traffic {
	const struct load_options *options;
	const struct dial_call	*calls;
	struct flow		*flows;		/* of calls that are up */
	uint32_t		*flow_of;	/* by call; NO_FLOW */
	uint32_t		 n, turn;
	struct gre		*gre;
	struct watch		*tick, *readable;
	uint64_t		 begun, due;	/* µs, packets */
	struct traffic_counts	 counts;
};

/* The payload's first bytes tell which call sent it. */
static void
stamp(uint8_t *payload, size_t room, uint32_t call, uint32_t sequence)
{
	struct writer w = writer_of(payload, room);

	writer_u32(&w, STAMP_MAGIC);
	writer_u32(&w, call);
	writer_u32(&w, sequence);
}

/* Puts the next flow's next packet into a slot. */
static void
traffic_packet(struct traffic *t, unsigned at)
{
	struct flow *f = &t->flows[t->turn];
	const struct dial_call *call = &t->calls[f->call];
	uint32_t size = t->options->size;
	uint8_t *payload;

	payload = gre_header(t->gre, at, &(struct gre_packet){
	    .source = call->local,
	    .target = options_server(t->options, f->call),
	    .call_id = call->peer_id, .sequence = f->next }, size);
	stamp(payload, size - GRE_HEADERS_LEN, f->call, f->next++);
	t->turn = (t->turn + 1) % t->n;
}

static void
traffic_tick(enum loop_what what, void *arg)
{
	struct traffic *t = arg;
	double seconds = (double)(process_clock() - t->begun) / 1e6;
	uint64_t due = (uint64_t)(seconds * t->options->gre * t->n);
	uint64_t left = due - t->due > BURST_MAX ? BURST_MAX : due - t->due;
	unsigned n, sent;

	watch_start(t->tick, TICK);
	t->due = due;
	for (; left > 0; left -= n) {
		n = left > GRE_BATCH ? GRE_BATCH : (unsigned)left;
		for (unsigned i = 0; i < n; i++)
			traffic_packet(t, i);
		sent = gre_send(t->gre, n);
		t->counts.sent += sent;
		t->counts.unsent += n - sent;
	}
}

/* One more packet of a flow; what is long past counts as late. */
static void
flow_count(struct flow *f, uint32_t sequence, struct traffic_counts *counts)
{
	uint32_t ahead = sequence + 1 - f->expected, age;

	if (sequence >= f->expected) {
		f->seen = (ahead > 63 ? 0 : f->seen << ahead) | 1;
		f->expected = sequence + 1;
	} else {
		age = f->expected - 1 - sequence;
		if (age < 64 && (f->seen >> age & 1) != 0) {
			counts->duplicates++;
			return;
		}
		f->seen |= age < 64 ? 1ULL << age : 0;
		counts->late++;
	}
	f->received++;
	counts->received++;
}

/* Does the packet carry a stamp, and of the call that it came for? */
static void
traffic_check(struct traffic *t, struct gre_packet *p)
{
	uint32_t magic, call, sequence;
	struct flow *f;

	if (cursor_u32(&p->payload, &magic) == -1 || magic != STAMP_MAGIC ||
	    cursor_u32(&p->payload, &call) == -1 ||
	    call >= t->options->calls || t->flow_of[call] == NO_FLOW ||
	    cursor_u32(&p->payload, &sequence) == -1) {
		t->counts.strange++;
		return;
	}
	f = &t->flows[t->flow_of[call]];
	if (p->source != options_server(t->options, call) ||
	    p->target != t->calls[call].local ||
	    p->call_id != t->calls[call].own_id)
		t->counts.wrong_call++;
	else
		flow_count(f, sequence, &t->counts);
}

static void
traffic_readable(enum loop_what what, void *arg)
{
	struct traffic *t = arg;
	struct gre_packet packet;
	unsigned n = GRE_BATCH;

	for (int batch = 0; batch < BATCHES && n == GRE_BATCH; batch++) {
		n = gre_receive(t->gre);
		for (unsigned i = 0; i < n; i++) {
			if (gre_parse(t->gre, i, &packet) == -1)
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
		watch_free(t->tick);
	if (t->readable != NULL)
		watch_free(t->readable);
	gre_close(t->gre);
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
	t->gre = gre_open(0);
	if (t->gre == NULL || traffic_flows(t) == -1) {
		traffic_free(t);
		return NULL;
	}
	t->tick = watch_new(loop, -1, LOOP_TIMEOUT, traffic_tick, t);
	t->readable = watch_new(loop, t->gre->fd, LOOP_READ, traffic_readable,
	    t);
	watch_start(t->readable, 0);
	t->begun = process_clock();
	if (t->n > 0)
		watch_start(t->tick, TICK);
	return t;
}

void
traffic_look(const struct traffic *t, struct traffic_counts *counts)
{
	*counts = t->counts;
}

void
traffic_pause(struct traffic *t)
{
	watch_pause(t->tick);
}

void
traffic_end(struct traffic *t, struct traffic_counts *counts)
{
	for (uint32_t i = 0; i < t->n; i++) {
		t->counts.calls += t->flows[i].next > 0;
		t->counts.silent += t->flows[i].next > 0 &&
		    t->flows[i].received == 0;
	}
	*counts = t->counts;
	traffic_free(t);
}
