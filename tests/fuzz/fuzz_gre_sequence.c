/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GRE of a call that ends here: things that happen, each a byte and what it
 * needs: packets of any bytes, frames with numbers near or far, time.  What
 * is delivered was in a packet; in order means in order, unless a jump was
 * believed; no frame waits for ever, and an acknowledgement is always of
 * something that came.
 */
#include "alg/endpoint/gre_sequence.h"
#include "tests/fuzz/stage.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define FRAMES	8

struct path {
	struct gre_sequence_pool pool;
	struct gre_sequence	 w;
	uint64_t	 now, delivered;
	uint32_t	 next;		/* after the last in order */
	bool		 any;
};

/* A payload starts with its number, if it has the room. */
static void
deliver(struct path *p, uint8_t *payload, size_t len, bool late)
{
	uint32_t seq = len >= 4 ? wire_get32(payload) : 0;

	CHECK(len > 0 && len <= GRE_SEQUENCE_PAYLOAD_MAX);
	p->delivered++;
	for (size_t i = 4; i < len; i++)
		CHECK(payload[i] == (uint8_t)(seq + i));
	memset(payload, 0, len);
	if (len < 4 || late)
		return;
	if (p->any && (int32_t)(seq - p->next) < 0)
		CHECK(seq == p->w.far);
	p->any = true;
	p->next = seq + 1;
}

static void
deliver_all(struct path *p)
{
	struct gre_payload payload;

	while (gre_sequence_next(&p->w, &payload))
		deliver(p, payload.bytes, payload.len, payload.late);
}

static void
input(struct path *p, const uint8_t *packet, size_t len)
{
	uint8_t *exact = malloc(len);	/* ASan sees a read beyond it */
	struct gre g;

	memcpy(exact, packet, len);
	if (gre_sequence_parse(&g, exact, len) == REASON_NONE) {
		CHECK(g.header + (size_t)g.payload <= len);
		gre_sequence_input(&p->w, &g, exact, p->now);
		deliver_all(p);
	}
	free(exact);
}

/* A frame with a payload that says who it is. */
static void
frame(struct path *p, uint32_t seq, size_t len)
{
	uint8_t packet[12 + 255] = { 0x30, 1, 0x88, 0x0B };

	wire_put16(packet + 4, (uint16_t)len);
	wire_put32(packet + 8, seq);
	wire_put32(packet + 12, seq);
	for (size_t i = 4; i < len; i++)
		packet[12 + i] = (uint8_t)(seq + i);
	input(p, packet, 12 + len);
}

/* Only its header: a payload that says nothing is not to be checked. */
static void
any_bytes(struct path *p, struct cursor *in)
{
	uint8_t packet[20] = { 0 };
	size_t n = stage_take(in, 1) % sizeof(packet);

	for (size_t i = 0; i < n; i++)
		packet[i] = (uint8_t)stage_take(in, 1);
	if (n < 16)
		input(p, packet, n);
}

static void
output(struct path *p)
{
	uint8_t bytes[GRE_SEQUENCE_HEADROOM + 4] = { 0 };
	size_t n = gre_sequence_output(
	    &p->w, bytes + GRE_SEQUENCE_HEADROOM, 4, p->now);

	CHECK(n == 12 || n == 16);
	CHECK(wire_get16(bytes + GRE_SEQUENCE_HEADROOM - n) ==
	    (n == 16 ? 0x3081 : 0x3001));
}

static void
happen(struct path *p, struct cursor *in)
{
	uint32_t i = stage_take(in, 1), n = stage_take(in, 1);

	switch (i % 6) {
	case 0:
		frame(p, p->w.next + n % 64 - 16, 4 + i / 2);
		break;
	case 1:
		frame(p, p->w.next + n * 32 - 4096, 4);
		break;
	case 2:
		frame(p, stage_take(in, 4), 4 + n % 8);
		break;
	case 3:
		any_bytes(p, in);
		break;
	case 4:
		output(p);
		break;
	default:
		p->now += n;
	}
}

static void
check(struct path *p)
{
	uint8_t packet[GRE_SEQUENCE_ACK_LEN];

	gre_sequence_tick(&p->w, p->now);
	deliver_all(p);
	if (gre_sequence_ack(&p->w, p->now, packet) != 0)
		CHECK(wire_get32(packet + 8) == p->w.next - 1);
	CHECK(gre_sequence_due(&p->w) > p->now);
	CHECK(p->w.waiting != 0 || p->pool.frames.used == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct cursor in = cursor_of(bytes, len);
	struct path p = { .now = 1000 };

	CHECK(gre_sequence_pool_init(&p.pool, FRAMES) == 0);
	gre_sequence_init(&p.w, &p.pool, 1, 16);
	while (in.left > 0) {
		happen(&p, &in);
		check(&p);
	}
	p.now += GRE_SEQUENCE_WAIT_TIME;
	gre_sequence_tick(&p.w, p.now);
	deliver_all(&p);
	CHECK(p.pool.frames.used == 0);
	gre_sequence_close(&p.w);
	gre_sequence_pool_free(&p.pool);
	return 0;
}
