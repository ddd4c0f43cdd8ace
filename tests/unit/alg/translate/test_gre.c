/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRE of translated calls, in both directions. */
#include <stdlib.h>

#include "tests/unit/play.h"

#define CLIENT	0x0A000001
#define SERVER	0xC6336401
#define ID	7
#define PEER	0x0500
#define IP	20

/* Two clients with one ID, so that the second one's is another outside. */
struct scene {
	struct play		 play;
	struct play_line	 other, line;
	uint16_t		 mapped;
};

static int
set(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	play_start(&s->play, NULL);
	s->mapped = play_rivals(&s->play, &s->other, &s->line, CLIENT, SERVER,
	    ID, PEER);
	*state = s;
	return 0;
}

static int
unset(void **state)
{
	struct scene *s = *state;

	play_stop(&s->play);
	free(s);
	return 0;
}

/*
 * A GRE packet with these flags, call ID and bytes of payload behind an IP
 * header with words of options; returns the GRE header's offset.
 */
static size_t
write_gre(struct scene *s, enum alg_dir dir, size_t options, uint16_t flags,
    uint16_t payload)
{
	struct play *p = &s->play;
	size_t ip = IP + 4 * options, n = 8 + (flags & 0x1000 ? 4 : 0) +
	    (flags & 0x0080 ? 4 : 0);
	uint8_t *g = p->packet + ip;

	memset(p->packet + IP, 1, 4 * options);
	memset(g, 0xA5, n + payload);
	wire_put16(g, flags);
	wire_put16(g + 2, 0x880B);
	wire_put16(g + 4, payload);
	wire_put16(g + 6, dir == OUT ? PEER : s->mapped);
	play_ip(p, 47, dir == OUT ? CLIENT : SERVER,
	    dir == OUT ? SERVER : s->line.public, 4 * options + n + payload);
	p->packet[0] = (uint8_t)(0x45 + options);
	wire_put16(p->packet + 10, 0);
	wire_put16(p->packet + 10, wire_checksum(0, p->packet, ip));
	return ip;
}

static void
expect(struct scene *s, enum alg_dir dir, enum alg_action action,
    enum reason reason, bool ours)
{
	assert_int_equal(play_packet(&s->play, dir), action);
	assert_int_equal(s->play.result.reason, reason);
	assert_int_equal(s->play.result.ours, ours);
}

/* Only address and call ID differ, and the IP checksum is right. */
static void
passes(struct scene *s, enum alg_dir dir, size_t options, uint16_t flags,
    uint16_t payload)
{
	size_t ip = write_gre(s, dir, options, flags, payload);
	size_t len = s->play.len;
	uint8_t *want = malloc(len);

	memcpy(want, s->play.packet, len);
	if (dir == OUT) {
		wire_put32(want + 12, s->line.public);
	} else {
		wire_put32(want + 16, CLIENT);
		wire_put16(want + ip + 6, ID);
	}
	wire_put16(want + 10, 0);
	wire_put16(want + 10, wire_checksum(0, want, ip));
	expect(s, dir, ALG_PASS, REASON_NONE, true);
	assert_true(s->play.result.changed);
	assert_int_not_equal(s->play.result.call, 0);
	assert_int_equal(s->play.len, len);
	assert_memory_equal(s->play.packet, want, len);
	free(want);
}

static void
test_every_form(void **state)
{
	struct scene *s = *state;
	static const uint16_t sizes[] = { 0, 1, 4, 5, 1400, 1532, 30000 };

	for (int dir = 0; dir < 2; dir++) {
		for (size_t options = 0; options <= 10; options += 5) {
			for (size_t i = 0; i < 7; i++) {
				passes(s, dir, options, 0x3001, sizes[i]);
				passes(s, dir, options, 0x3081, sizes[i]);
			}
			passes(s, dir, options, 0x2081, 0);
			passes(s, dir, options, 0x2001, 0);
		}
	}
}

/* Bytes behind the IP packet (an Ethernet frame's padding) are left out. */
static void
test_padding(void **state)
{
	struct scene *s = *state;
	size_t len;

	write_gre(s, IN, 0, 0x2081, 0);
	len = s->play.len;
	s->play.len += 14;
	assert_int_equal(play_packet(&s->play, IN), ALG_PASS);
	assert_int_equal(s->play.len, len);
}

/* GRE of others: version 0, other protocols; any other IP packet. */
static void
test_not_ours(void **state)
{
	struct scene *s = *state;
	size_t ip;

	for (int dir = 0; dir < 2; dir++) {
		ip = write_gre(s, dir, 0, 0x3001, 10);
		wire_put16(s->play.packet + ip, 0x2000);
		wire_put16(s->play.packet + ip + 2, 0x0800);
		expect(s, dir, ALG_PASS, REASON_NOT_OURS, false);
		ip = write_gre(s, dir, 0, 0x3001, 10);
		wire_put16(s->play.packet + ip + 2, 0x6558);
		expect(s, dir, ALG_PASS, REASON_NOT_OURS, false);
		write_gre(s, dir, 0, 0x3001, 10);
		play_ip(&s->play, 17, CLIENT, SERVER, 30);
		expect(s, dir, ALG_PASS, REASON_NOT_OURS, false);
		s->play.packet[0] = 0x65;
		expect(s, dir, ALG_PASS, REASON_NOT_OURS, false);
	}
}

/* Every bit of the flags but S and A, impossible lengths. */
static void
test_malformed(void **state)
{
	struct scene *s = *state;
	size_t ip;

	for (unsigned bit = 3; bit < 16; bit++) {
		uint16_t flags = (uint16_t)(0x3081 ^ 1U << bit);

		if (bit == 7 || bit == 12)
			continue;
		write_gre(s, IN, 0, flags, 10);
		expect(s, IN, ALG_DROP, REASON_GRE_MALFORMED, false);
	}
	ip = write_gre(s, IN, 0, 0x3081, 10);
	wire_put16(s->play.packet + ip + 4, 11);
	expect(s, IN, ALG_DROP, REASON_GRE_MALFORMED, false);
	ip = write_gre(s, IN, 0, 0x2081, 0);
	wire_put16(s->play.packet + ip + 4, 1);
	expect(s, IN, ALG_DROP, REASON_GRE_MALFORMED, false);
}

/* However much of it is missing, and whatever the IP header says of that. */
static void
test_cut_short(void **state)
{
	struct scene *s = *state;
	size_t len, ip = write_gre(s, IN, 1, 0x3081, 0);

	len = s->play.len;
	for (size_t n = 0; n < len; n++) {
		write_gre(s, IN, 1, 0x3081, 0);
		s->play.len = n;
		expect(s, IN, ALG_DROP, REASON_TRUNCATED, false);
		write_gre(s, IN, 1, 0x3081, 0);
		wire_put16(s->play.packet + 2, (uint16_t)n);
		expect(s, IN, ALG_DROP, n < ip ? REASON_TRUNCATED :
		    REASON_GRE_MALFORMED, false);
	}
	write_gre(s, IN, 0, 0x3081, 0);
	s->play.packet[0] = 0x44;
	expect(s, IN, ALG_DROP, REASON_TRUNCATED, false);
	s->play.packet[0] = 0x4F;
	expect(s, IN, ALG_DROP, REASON_TRUNCATED, false);
}

static void
test_fragments(void **state)
{
	struct scene *s = *state;

	write_gre(s, IN, 0, 0x3081, 10);
	wire_put16(s->play.packet + 6, 0x2000);
	expect(s, IN, ALG_DROP, REASON_FRAGMENT, false);
	wire_put16(s->play.packet + 6, 0x00B9);
	expect(s, IN, ALG_DROP, REASON_FRAGMENT, false);
}

/* A third host, a made-up ID, another's ID, another's address. */
static void
test_strangers(void **state)
{
	struct scene *s = *state;
	const struct {
		enum alg_dir	 dir;
		uint32_t	 src, dst;
		uint16_t	 id;
	} t[] = {
		{ IN, SERVER + 1, s->line.public, s->mapped },
		{ IN, SERVER, s->line.public + 1, s->mapped },
		{ IN, SERVER, s->line.public, (uint16_t)(s->mapped ^ 0x8000) },
		{ IN, SERVER, CLIENT, ID },
		{ OUT, CLIENT + 1, SERVER, PEER },
		{ OUT, CLIENT + 2, SERVER, PEER },
		{ OUT, CLIENT, SERVER + 1, PEER },
		{ OUT, CLIENT, SERVER, PEER + 1 },
		{ OUT, CLIENT, SERVER, ID },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(play_gre(&s->play, t[i].dir, t[i].src,
		    t[i].dst, t[i].id), ALG_DROP);
		assert_int_equal(s->play.result.reason, REASON_GRE_UNKNOWN);
		assert_true(s->play.result.ours);
		assert_int_equal(s->play.result.call, 0);
	}
	assert_true(play_gre_passes(&s->line, ID, s->mapped, PEER));
	assert_true(play_gre_passes(&s->other, ID, ID, PEER + 1));
}

/* Only between the reply and the clear. */
static void
test_not_up(void **state)
{
	struct scene *s = *state;
	uint16_t id;

	play_tell(&s->line, OUT, OCRQ, 99, 0, 0);
	id = play_id(&s->line);
	write_gre(s, IN, 0, 0x3001, 1);
	wire_put16(s->play.packet + IP + 6, id);
	expect(s, IN, ALG_DROP, REASON_GRE_NOT_UP, true);
	play_tell(&s->line, OUT, CCRQ, ID, 0, 0);
	write_gre(s, IN, 0, 0x3001, 1);
	expect(s, IN, ALG_DROP, REASON_GRE_NOT_UP, true);
	write_gre(s, OUT, 0, 0x3001, 1);
	expect(s, OUT, ALG_DROP, REASON_GRE_NOT_UP, true);
	play_tell(&s->line, IN, CDN, PEER, 0, 0);
	write_gre(s, OUT, 0, 0x3001, 1);
	expect(s, OUT, ALG_DROP, REASON_GRE_UNKNOWN, true);
}

/* The list of calls counts what passed, and when, and nothing else. */
static void
test_traffic(void **state)
{
	struct scene *s = *state;
	struct alg_call_info info;
	uint32_t at = 0;

	s->play.now = 2000000;
	passes(s, IN, 0, 0x3001, 100);
	passes(s, IN, 1, 0x2081, 0);
	s->play.now += 5;
	passes(s, OUT, 0, 0x3081, 1000);
	play_gre(&s->play, IN, SERVER + 1, s->line.public, s->mapped);
	do
		assert_true(alg_calls(s->play.alg, &at, &info));
	while (info.flow.inside != CLIENT);
	assert_int_equal(info.packets_in, 2);
	assert_int_equal(info.bytes_in, IP + 12 + 100 + IP + 4 + 12);
	assert_int_equal(info.last_in, 2000000);
	assert_int_equal(info.packets_out, 1);
	assert_int_equal(info.bytes_out, IP + 16 + 1000);
	assert_int_equal(info.last_out, 2000005);
	assert_int_equal(play_counters(&s->play).gre_in, 2);
	assert_int_equal(play_counters(&s->play).gre_out, 1);
}

int
main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, set, unset)
	const struct CMUnitTest tests[] = {
		TEST(test_every_form),
		TEST(test_padding),
		TEST(test_not_ours),
		TEST(test_malformed),
		TEST(test_cut_short),
		TEST(test_fragments),
		TEST(test_strangers),
		TEST(test_not_up),
		TEST(test_traffic),
	};

	return cmocka_run_group_tests_name("gre", tests, NULL, NULL);
}
