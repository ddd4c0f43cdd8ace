/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRE of one call, and what it delivers, written down. */
#include <stdio.h>

#include "tests/unit/alg/endpoint/play_gre_sequence.h"

static void
deliver(struct scene *s, uint8_t *payload, size_t len, bool late)
{
	size_t n = strlen(s->log);
	int seq = (int)(wire_get32(payload) - s->base);

	assert_true(len >= 4);
	for (size_t i = 4; i < len; i++)
		assert_int_equal(payload[i], (uint8_t)i);
	memset(payload, 0xEE, len);		/* decrypted in place */
	snprintf(s->log + n, sizeof(s->log) - n, "%d%s ", seq,
	    late ? "L" : "");
}

static void
deliver_all(struct scene *s)
{
	struct gre_payload p;

	while (gre_sequence_next(&s->w, &p))
		deliver(s, p.bytes, p.len, p.late);
}

int
scene_set(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	s->now = 1000;
	assert_int_equal(gre_sequence_pool_init(&s->pool, SCENE_FRAMES), 0);
	gre_sequence_init(&s->w, &s->pool, SCENE_PEER_ID, 64);
	*state = s;
	return 0;
}

int
scene_unset(void **state)
{
	struct scene *s = *state;

	gre_sequence_close(&s->w);
	assert_int_equal(s->pool.frames.used, 0);
	gre_sequence_pool_free(&s->pool);
	free(s);
	return 0;
}

enum reason
scene_gets_bytes(struct scene *s, const uint8_t *packet, size_t len)
{
	uint8_t *exact = malloc(len);
	enum reason r;
	struct gre g;

	memcpy(exact, packet, len);
	r = gre_sequence_parse(&g, exact, len);
	if (r == REASON_NONE)
		r = gre_sequence_input(&s->w, &g, exact, s->now);
	deliver_all(s);
	free(exact);
	return r;
}

enum reason
scene_gets_len(struct scene *s, uint32_t seq, uint16_t len)
{
	uint8_t p[12 + 2000] = { 0x30, 1, 0x88, 0x0B };

	wire_put16(p + 4, len);
	wire_put32(p + 8, s->base + seq);
	wire_put32(p + 12, s->base + seq);
	for (size_t i = 4; i < len; i++)
		p[12 + i] = (uint8_t)i;
	return scene_gets_bytes(s, p, 12U + len);
}

enum reason
scene_gets(struct scene *s, uint32_t seq)
{
	return scene_gets_len(s, seq, 20);
}

enum reason
scene_gets_ack(struct scene *s, uint32_t ack)
{
	uint8_t p[12] = { 0x20, 0x81, 0x88, 0x0B };

	wire_put32(p + 8, ack);
	return scene_gets_bytes(s, p, 12);
}

void
scene_waits(struct scene *s, uint64_t ms)
{
	s->now += ms;
	gre_sequence_tick(&s->w, s->now);
	deliver_all(s);
}

uint16_t
scene_sends(struct scene *s, uint32_t seq, uint32_t *ack)
{
	uint8_t bytes[GRE_SEQUENCE_HEADROOM + 8] = { 0 }, *p;
	size_t n;

	n = gre_sequence_output(
	    &s->w, bytes + GRE_SEQUENCE_HEADROOM, 8, s->now);
	p = bytes + GRE_SEQUENCE_HEADROOM - n;
	assert_int_equal(wire_get16(p + 2), 0x880B);
	assert_int_equal(wire_get16(p + 4), 8);
	assert_int_equal(wire_get16(p + 6), SCENE_PEER_ID);
	assert_int_equal(wire_get32(p + 8), seq);
	if (n == 16)
		*ack = wire_get32(p + 12) - s->base;
	else
		assert_int_equal(n, 12);
	assert_int_equal(wire_get16(p), n == 16 ? 0x3081 : 0x3001);
	return wire_get16(p);
}

int
scene_acks(struct scene *s)
{
	uint8_t p[GRE_SEQUENCE_ACK_LEN];
	size_t n = gre_sequence_ack(&s->w, s->now, p);

	if (n == 0)
		return -1;
	assert_int_equal(n, 12);
	assert_int_equal(wire_get16(p), 0x2081);
	assert_int_equal(wire_get16(p + 2), 0x880B);
	assert_int_equal(wire_get16(p + 4), 0);
	assert_int_equal(wire_get16(p + 6), SCENE_PEER_ID);
	return (int)(wire_get32(p + 8) - s->base);
}
