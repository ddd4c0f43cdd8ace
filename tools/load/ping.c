/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ICMP echo requests (RFC 792) from tunnel to tunnel, at a steady rate. */
#include <stdlib.h>
#include <string.h>

#include "alg/base/checksum.h"
#include "nat/base/loop.h"
#include "tools/load/login.h"
#include "tools/load/must.h"
#include "tools/load/ping.h"

#define TICK		1	/* ms between bursts */
#define REST		20	/* ms between looks whether to begin */
#define NO_FLOW		UINT32_MAX
#define IP_LEN		20
#define IP_VERSION_IHL	0x45
#define ICMP_LEN	8
#define ICMP_REPLY	0	/* types */
#define ICMP_REQUEST	8
#define PROTOCOL	1
#define TTL		64
#define PACKET_MAX	1500

struct ping {
	const struct load_options *options;
	struct login		*login;
	const struct dial_call	*calls;
	struct ping_shared	*shared;
	struct flow_counts	*counts;
	struct flow		*flows;		/* of tunnels that are up */
	uint32_t		*flow_of;	/* by call; NO_FLOW */
	uint32_t		 index, n, turn;
	struct watch		*tick;
	bool			 began;
	uint64_t		 begun, due;	/* µs, packets */
	uint8_t			 room[PPP_HEADROOM + PACKET_MAX];
};

static void
put_checksum(uint8_t *at, const uint8_t *bytes, size_t len)
{
	struct writer w = writer_of(at, 2);

	writer_u16(&w, checksum_finish(checksum_add(0, bytes, len)));
}

/* An echo request with the flow's next stamp. */
static void
make_request(struct ping *p, struct flow *f, uint8_t *packet, uint32_t from,
    uint32_t to)
{
	uint32_t len = p->options->size;
	struct writer w = writer_of(packet, len);

	memset(packet, 0, len);
	writer_u16(&w, IP_VERSION_IHL << 8);
	writer_u16(&w, (uint16_t)len);
	writer_u32(&w, 0);
	writer_u32(&w, TTL << 24 | PROTOCOL << 16);
	writer_u32(&w, from);
	writer_u32(&w, to);
	put_checksum(packet + 10, packet, IP_LEN);
	writer_u32(&w, ICMP_REQUEST << 24);
	writer_u32(&w, f->next);
	flow_stamp(f, w.pos, len - IP_LEN - ICMP_LEN);
	put_checksum(packet + IP_LEN + 2, packet + IP_LEN, len - IP_LEN);
}

static void
send_request(struct ping *p)
{
	struct flow *f = &p->flows[p->turn];
	uint8_t *packet = p->room + PPP_HEADROOM;
	uint32_t from, to;

	p->turn = (p->turn + 1) % p->n;
	if (!login_addresses(p->login, f->call, &from, &to))
		return;
	make_request(p, f, packet, from, to);
	if (login_send(p->login, f->call, packet, p->options->size) == 0)
		p->counts->sent++;
	else
		p->counts->unsent++;
}

/* All that are to come up are up. */
static void
begin_flows(struct ping *p)
{
	const struct load_options *o = p->options;
	uint32_t i;

	p->began = true;
	p->begun = process_clock();
	for (i = 0; i < o->calls; i++) {
		if (i / o->per_connection % o->processes != p->index ||
		    p->calls[i].state != DIAL_UP)
			continue;
		p->flow_of[i] = p->n;
		p->flows[p->n++].call = i;
	}
}

static void
ping_tick(void *arg)
{
	struct ping *p = arg;
	unsigned left;

	loop_watch_in(p->tick, p->shared->on ? TICK : REST);
	if (p->shared->on && !p->began)
		begin_flows(p);
	if (!p->shared->on || p->n == 0)
		return;
	for (left = flow_due(p->options->ping, p->n, p->begun, &p->due);
	    left > 0; left--)
		send_request(p);
	login_flush(p->login);
}

static void
take_reply(void *arg, uint32_t call, const uint8_t *packet, size_t len)
{
	struct ping *p = arg;
	struct cursor c = cursor_of(packet, len);
	uint32_t from, to, local, remote, stamp, sequence;
	uint8_t type;

	if (cursor_skip(&c, IP_LEN - 8) == -1 || cursor_u32(&c, &from) == -1 ||
	    cursor_u32(&c, &to) == -1 || cursor_u8(&c, &type) == -1 ||
	    packet[0] != IP_VERSION_IHL || packet[9] != PROTOCOL ||
	    type != ICMP_REPLY || cursor_skip(&c, ICMP_LEN - 1) == -1 ||
	    flow_read(&c, &stamp, &sequence) == -1)
		p->counts->strange++;
	else if (stamp != call || p->flow_of[call] == NO_FLOW ||
	    !login_addresses(p->login, call, &local, &remote) ||
	    from != remote || to != local)
		p->counts->wrong_call++;
	else
		flow_count(&p->flows[p->flow_of[call]], sequence, p->counts);
}

struct ping *
ping_new(struct loop *loop, const struct load_options *o, struct login *login,
    const struct dial_call *calls, struct ping_shared *shared, uint32_t index)
{
	struct ping *p = must_have(calloc(1, sizeof(*p)));

	p->flows = must_have(calloc(o->calls, sizeof(p->flows[0])));
	p->flow_of = must_have(malloc(o->calls * sizeof(p->flow_of[0])));
	memset(p->flow_of, 0xFF, o->calls * sizeof(p->flow_of[0]));
	p->options = o;
	p->login = login;
	p->calls = calls;
	p->shared = shared;
	p->counts = &shared->counts[index];
	p->index = index;
	p->tick = must_have(loop_timer(loop, ping_tick, p));
	loop_watch_in(p->tick, REST);
	login_listen(login, take_reply, p);
	return p;
}

void
ping_end(struct ping *p)
{
	if (p == NULL)
		return;
	flow_sum(p->flows, p->n, p->counts);
	free(p->flows);
	free(p->flow_of);
	free(p);
}

void
ping_look(const struct ping_shared *shared, uint32_t processes,
    struct flow_counts *sum)
{
	const struct flow_counts *c = shared->counts;

	memset(sum, 0, sizeof(*sum));
	for (; c < shared->counts + processes; c++) {
		sum->sent += c->sent;
		sum->received += c->received;
		sum->unsent += c->unsent;
		sum->wrong_call += c->wrong_call;
		sum->duplicates += c->duplicates;
		sum->late += c->late;
		sum->strange += c->strange;
		sum->calls += c->calls;
		sum->silent += c->silent;
	}
}
