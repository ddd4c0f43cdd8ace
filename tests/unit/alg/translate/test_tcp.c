/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TCP and IP headers: right and wrong ones. */
#include <stdlib.h>

#include "tests/unit/play.h"

#define CLIENT	0x0A000001
#define SERVER	0xC6336401
#define IP	20
#define TCP	20
#define BEFORE	((uint32_t)-1)	/* where the SYN is */

/* Headers: right and wrong ones, on a line where all is well. */
struct scene {
	struct play		 play;
	struct play_line	 line;
	uint16_t		 mapped;
};

static void
start(struct scene *s, bool any_checksum)
{
	struct alg_config config = play_config();

	config.any_checksum = any_checksum;
	play_start(&s->play, &config);
	play_line(&s->play, &s->line, CLIENT + 1, 1025, SERVER, 1723);
	play_open(&s->line, OUT);
	play_call(&s->line, 7, 8);
	play_line(&s->play, &s->line, CLIENT, 1025, SERVER, 1723);
	play_open(&s->line, OUT);
	s->mapped = play_call(&s->line, 7, 9);
	assert_int_not_equal(s->mapped, 7);
}

static int
set(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	start(s, false);
	*state = s;
	return 0;
}

static int
unset(void **state)
{
	struct scene *s = *state;

	assert_true(play_gre_passes(&s->line, 7, s->mapped, 9));
	play_stop(&s->play);
	free(s);
	return 0;
}

/*
 * The client's next segment, a Call-Clear-Request, with words of options in
 * both headers, but not sent.
 */
static void
write_segment(struct scene *s, size_t words)
{
	uint8_t *p = s->play.packet, *t = p + IP + 4 * words;
	size_t len = TCP + 4 * words + 16;

	memset(p + IP, 1, 4 * words);
	memset(t, 0, TCP);
	wire_put16(t, 1025);
	wire_put16(t + 2, 1723);
	wire_put32(t + 4, s->line.start[OUT] + s->line.sent[OUT]);
	wire_put32(t + 8, s->line.start[IN] + s->line.got[IN]);
	wire_put16(t + 12, (uint16_t)((5 + words) << 12 | PLAY_ACK));
	memset(t + TCP, 1, 4 * words);
	wire_message(t + TCP + 4 * words, CCRQ, 7, 0, 0);
	/* The checksum as without IP options. */
	play_ip(&s->play, 6, CLIENT, SERVER, len);
	memmove(p + IP, t, len);
	wire_put16(p + IP + 16, wire_tcp_checksum(p, IP + len));
	memmove(t, p + IP, len);
	memset(p + IP, 1, 4 * words);
	play_ip(&s->play, 6, CLIENT, SERVER, 4 * words + len);
	p[0] = (uint8_t)(0x45 + words);
	wire_put16(p + 10, 0);
	wire_put16(p + 10, wire_checksum(0, p, IP + 4 * words));
}

static void
dropped(struct scene *s, enum reason reason)
{
	assert_int_equal(play_packet(&s->play, OUT), ALG_DROP);
	assert_int_equal(s->play.result.reason, reason);
}

/* Every bit of the segment and of the pseudo header counts. */
static void
test_checksum(void **state)
{
	struct scene *s = *state;
	size_t len;

	write_segment(s, 0);
	len = s->play.len;
	for (size_t bit = IP * 8; bit < len * 8; bit++) {
		write_segment(s, 0);
		if (bit / 8 == IP + 12)
			continue;	/* the header's length: truncated */
		s->play.packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(play_packet(&s->play, OUT), ALG_DROP);
		assert_true(s->play.result.reason == REASON_BAD_CHECKSUM ||
		    s->play.result.reason == REASON_BAD_FLAGS);
	}
	write_segment(s, 0);
	wire_put32(s->play.packet + 12, CLIENT + 2);
	dropped(s, REASON_BAD_CHECKSUM);
	assert_true(play_counters(&s->play).reasons[REASON_BAD_CHECKSUM] >
	    200);
}

/* Captures have checksums that the network card would have filled in. */
static void
test_any_checksum(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	start(s, true);
	write_segment(s, 0);
	s->play.packet[IP + 16] ^= 0xFF;
	/* Rewritten, so that it gets a right one: play_packet looks. */
	assert_int_equal(play_packet(&s->play, OUT), ALG_PASS);
	assert_true(s->play.result.changed);
	play_stop(&s->play);
	free(s);
}

/* However much is missing, and whatever the headers say of their lengths. */
static void
test_cut_short(void **state)
{
	struct scene *s = *state;
	size_t len;

	write_segment(s, 2);
	len = IP + 8 + TCP + 8;
	for (size_t n = 0; n < len; n++) {
		write_segment(s, 2);
		s->play.len = n;
		dropped(s, REASON_TRUNCATED);
		write_segment(s, 2);
		wire_put16(s->play.packet + 2, (uint16_t)n);
		dropped(s, REASON_TRUNCATED);
	}
	for (unsigned words = 0; words < 5; words++) {
		write_segment(s, 0);
		s->play.packet[IP + 12] = (uint8_t)(words << 4);
		dropped(s, REASON_TRUNCATED);
	}
	write_segment(s, 0);
	s->play.packet[IP + 12] = 0xF0;
	dropped(s, REASON_TRUNCATED);
}

static void
test_flags(void **state)
{
	static const uint8_t flags[] = { 0, PLAY_FIN, PLAY_SYN | PLAY_FIN,
		PLAY_SYN | PLAY_RST, PLAY_SYN | PLAY_ACK | PLAY_FIN };
	struct scene *s = *state;

	for (size_t i = 0; i < sizeof(flags); i++) {
		assert_int_equal(play_segment(&s->line, OUT, s->line.sent[OUT],
		    flags[i], NULL, 0), ALG_DROP);
		assert_int_equal(s->play.result.reason, REASON_BAD_FLAGS);
	}
}

/* Options in both headers, the checksum still right: see the message. */
static void
test_options(void **state)
{
	for (size_t words = 0; words <= 10; words += 2) {
		struct scene *s = calloc(1, sizeof(*s));
		const uint8_t *t;

		start(s, false);
		write_segment(s, words);
		t = s->play.packet + IP + 4 * words;
		/* IP options are beyond the checks of play_packet. */
		alg_packet(s->play.alg, OUT, s->play.packet, s->play.len,
		    s->play.now, &s->play.result);
		play_drain(&s->play);
		assert_int_equal(s->play.result.action, ALG_PASS);
		assert_int_equal(wire_get16(t + TCP + 4 * words + 12),
		    s->mapped);
		assert_int_equal(s->play.result.edits[0].offset / 2,
		    (IP + TCP + 8 * words + 12) / 2);
		memmove(s->play.packet + IP, t, TCP + 4 * words + 16);
		assert_int_equal(wire_tcp_checksum(s->play.packet,
		    IP + TCP + 4 * words + 16), 0);
		play_stop(&s->play);
		free(s);
	}
}

/* Copies of the handshake's segments, in any order, do no harm. */
static void
test_handshake_copies(void **state)
{
	static const struct {
		enum alg_dir	 dir;
		uint8_t		 flags;
	} step[] = {
		{ OUT, PLAY_SYN }, { OUT, PLAY_SYN },
		{ IN, PLAY_SYN | PLAY_ACK }, { OUT, PLAY_SYN },
		{ IN, PLAY_SYN | PLAY_ACK }, { OUT, PLAY_SYN },
		{ OUT, PLAY_ACK }, { IN, PLAY_SYN | PLAY_ACK },
		{ OUT, PLAY_SYN }, { OUT, PLAY_ACK }
	};
	struct scene *s = *state;
	struct play_line *l = calloc(1, sizeof(*l));

	play_line(&s->play, l, CLIENT, 5000, SERVER, 1723);
	for (size_t i = 0; i < sizeof(step) / sizeof(step[0]); i++)
		assert_int_equal(play_segment(l, step[i].dir,
		    step[i].flags & PLAY_SYN ? BEFORE : 0, step[i].flags,
		    NULL, 0), ALG_PASS);
	play_call(l, 7, 10);
	free(l);
}

int
main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, set, unset)
	const struct CMUnitTest tests[] = {
		TEST(test_checksum),
		cmocka_unit_test(test_any_checksum),
		TEST(test_cut_short),
		TEST(test_flags),
		cmocka_unit_test(test_options),
		TEST(test_handshake_copies),
	};

	return cmocka_run_group_tests_name("tcp", tests, NULL, NULL);
}
