/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plays GRE of calls, through alg_packet. */
#include "tests/unit/play.h"

#define IP	20

enum alg_action
play_gre(struct play *p, enum alg_dir dir, uint32_t src, uint32_t dst,
    uint16_t id)
{
	uint8_t *g = p->packet + IP;

	wire_put32(g, 0x3081880B);
	wire_put16(g + 4, 10);
	wire_put16(g + 6, id);
	for (int i = 8; i < 26; i++)
		g[i] = (uint8_t)i;
	play_ip(p, 47, src, dst, 26);
	return play_packet(p, dir);
}

uint32_t
play_src(const struct play *p)
{
	return wire_get32(p->packet + 12);
}

uint32_t
play_dst(const struct play *p)
{
	return wire_get32(p->packet + 16);
}

uint16_t
play_gre_id(const struct play *p)
{
	return wire_get16(p->packet + IP + 6);
}

bool
play_gre_passes(const struct play_line *l, uint16_t inside_id,
    uint16_t mapped_id, uint16_t outside_id)
{
	struct play *p = l->play;
	bool in, out;

	in = play_gre(p, IN, l->flow.outside, l->public, mapped_id) ==
	    ALG_PASS;
	if (in) {
		assert_int_equal(play_src(p), l->flow.outside);
		assert_int_equal(play_dst(p), l->flow.inside);
		assert_int_equal(play_gre_id(p), inside_id);
	}
	out = play_gre(p, OUT, l->flow.inside, l->flow.outside, outside_id) ==
	    ALG_PASS;
	if (out) {
		assert_int_equal(play_src(p), l->public);
		assert_int_equal(play_dst(p), l->flow.outside);
		assert_int_equal(play_gre_id(p), outside_id);
	}
	assert_int_equal(in, out);
	return in;
}
