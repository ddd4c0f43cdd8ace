/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TCP of control connections: handshakes, loss, resets, ends. */
#include <stdlib.h>

#include "alg/translate/state.h"
#include "tests/unit/play.h"

#define CLIENT	0x0A000001
#define SERVER	0xC6336401
#define ID	7
#define PEER	0x0500
#define BEFORE	((uint32_t)-1)	/* where the SYN is */

/* TCP as it is: handshakes, loss, lies, ends.  One line, one call. */
struct scene {
	struct play		 play;
	struct play_line	 line;
	uint8_t			 m[PLAY_STREAM];
};

static int
set(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	play_start(&s->play, NULL);
	play_line(&s->play, &s->line, CLIENT, 1025, SERVER, 1723);
	*state = s;
	return 0;
}

static int
set_up(void **state)
{
	struct scene *s;

	set(state);
	s = *state;
	play_open(&s->line, OUT);
	play_call(&s->line, ID, PEER);
	play_forget(&s->play);
	return 0;
}

static int
unset(void **state)
{
	struct scene *s = *state;

	alg_lost(s->play.alg, &s->line.flow, s->play.now);
	play_drain(&s->play);
	play_stop(&s->play);
	free(s);
	return 0;
}

static bool
call_is_up(struct scene *s)
{
	return play_gre_passes(&s->line, ID, ID, PEER);
}

static struct alg_connection_info
info_of(const struct scene *s)
{
	struct alg_connection_info info;

	assert_true(alg_connection(s->play.alg, &s->line.flow, &info));
	return info;
}

/* Sends; what comes of it and why. */
static void
expect(struct scene *s, enum alg_dir dir, uint32_t offset, uint8_t flags,
    const void *data, size_t len, enum alg_action action, enum reason reason)
{
	assert_int_equal(play_segment(&s->line, dir, offset, flags, data, len),
	    action);
	assert_int_equal(s->play.result.reason, reason);
}

static void
test_handshake(void **state)
{
	struct scene *s = *state;
	struct alg_connection_info info;
	struct alg_flow stranger = s->line.flow;

	expect(s, OUT, BEFORE, PLAY_SYN, NULL, 0, ALG_PASS, REASON_NONE);
	assert_int_equal(info_of(s).state, ALG_CONNECTION_OPENING);
	expect(s, OUT, 0, PLAY_ACK, "x", 1, ALG_DROP, REASON_GAP);
	stranger.inside_port++;
	alg_tell_public(s->play.alg, &stranger, 1, 2);
	assert_false(alg_connection(s->play.alg, &stranger, &info));
	expect(s, IN, BEFORE, PLAY_SYN | PLAY_ACK, NULL, 0, ALG_PASS,
	    REASON_NONE);
	/* Who only sends SYNs has not shown that it is there. */
	assert_int_equal(info_of(s).state, ALG_CONNECTION_OPENING);
	/* Only who has seen the answer can acknowledge it. */
	s->line.late[IN] = 1;
	expect(s, OUT, 0, PLAY_ACK, NULL, 0, ALG_DROP, REASON_GAP);
	s->line.late[IN] = 0;
	expect(s, OUT, 0, PLAY_ACK, NULL, 0, ALG_PASS, REASON_NONE);
	info = info_of(s);
	assert_int_equal(info.state, ALG_CONNECTION_OPEN);
	assert_true(info.inside_opened && info.has_public);
	assert_int_equal(info.public, s->line.public);
	assert_int_equal(info.public_port, s->line.public_port);
	/* The first address told stays. */
	alg_tell_public(s->play.alg, &s->line.flow, 1, 2);
	assert_int_equal(info_of(s).public, s->line.public);
	assert_true(s->play.result.inside_opened);
	assert_true(s->play.result.ours);
}

/* Asked again as long as nobody tells; nothing gets through meanwhile. */
static void
test_never_told(void **state)
{
	struct scene *s = *state;

	s->line.untold = true;
	play_segment(&s->line, OUT, BEFORE, PLAY_SYN, NULL, 0);
	for (int i = 0; i < 3; i++) {
		expect(s, IN, BEFORE, PLAY_SYN | PLAY_ACK, "data", 4, ALG_ASK,
		    REASON_NONE);
		expect(s, OUT, 0, PLAY_ACK, "x", 1, ALG_DROP, REASON_GAP);
	}
	s->line.untold = false;
	play_open(&s->line, OUT);
	assert_int_equal(play_counters(&s->play).connections, 1);
}

/* Data may not run ahead of the handshake. */
static void
test_data_with_syn(void **state)
{
	struct scene *s = *state;

	expect(s, OUT, BEFORE, PLAY_SYN, "data", 4, ALG_PASS, REASON_NONE);
	assert_int_equal(s->play.len, 40);
	expect(s, IN, BEFORE, PLAY_SYN | PLAY_ACK, "data", 4, ALG_PASS,
	    REASON_NONE);
	assert_int_equal(s->play.len, 40);
	assert_int_equal(s->play.packet[33], PLAY_SYN | PLAY_ACK);
	play_call(&s->line, ID, PEER);
	assert_true(call_is_up(s));
}

static void
test_gap(void **state)
{
	struct scene *s = *state;
	uint32_t at = s->line.sent[OUT];

	wire_message(s->m, ECHORQ, 0, 0, 0);
	/* Nothing of it arrives; an old and empty segment is answered. */
	expect(s, OUT, at + 1, PLAY_ACK, s->m + 1, 15, ALG_PASS, REASON_GAP);
	assert_int_equal(s->play.len, 40);
	expect(s, OUT, at + 16, PLAY_ACK | PLAY_FIN, NULL, 0, ALG_PASS,
	    REASON_GAP);
	assert_int_equal(s->play.len, 40);
	assert_int_equal(s->play.packet[33], PLAY_ACK);
	play_say(&s->line, OUT, s->m, 16);
}

static void
test_conflict(void **state)
{
	struct scene *s = *state;
	uint32_t at = s->line.sent[OUT];

	wire_message(s->m, ECHORQ, 0, 0, 0);
	expect(s, OUT, at, PLAY_ACK, s->m, 16, ALG_PASS, REASON_NONE);
	s->m[15] ^= 1;
	expect(s, OUT, at, PLAY_ACK, s->m, 16, ALG_DROP, REASON_CONFLICT);
	s->line.sent[OUT] = at + 16;
	play_ack(&s->line, IN);
	/* The peer has them: the first bytes go again, whatever comes. */
	expect(s, OUT, at, PLAY_ACK, s->m, 16, ALG_PASS, REASON_NONE);
	assert_int_equal(s->play.result.nedits, 1);
	assert_int_equal(s->play.result.edits[0].offset, 20 + 20 + 15);
}

/* Bytes of which nothing is known any more do not pass, their number does. */
static void
test_old_data(void **state)
{
	struct scene *s = *state;
	uint32_t at = s->line.sent[OUT];

	for (int i = 0; i < 300; i++) {
		wire_message(s->m, ECHORQ, 0, 0, 0);
		play_say(&s->line, OUT, s->m, 16);
	}
	expect(s, OUT, at, PLAY_ACK | PLAY_FIN, s->m, 16, ALG_PASS,
	    REASON_OLD_DATA);
	assert_int_equal(s->play.len, 40);
	assert_int_equal(s->play.packet[33], PLAY_ACK);
	assert_int_equal(wire_get32(s->play.packet + 24),
	    s->line.start[OUT] + at);
}

/* More in flight than is kept: the end of the segment has to come again. */
static void
test_too_much_in_flight(void **state)
{
	struct scene *s = *state;
	uint32_t at = s->line.sent[OUT], got;

	for (uint32_t i = 0; i < 300; i++)
		wire_message(s->m + i * 16, ECHORQ, 0, 0, 0);
	expect(s, OUT, at, PLAY_ACK | PLAY_FIN, s->m, 4800, ALG_PASS,
	    REASON_HELD_BACK);
	got = s->line.got[OUT] - at;
	assert_in_range(got, 3000, 4799);
	assert_false(s->line.finished[OUT]);
	expect(s, OUT, at + got, PLAY_ACK, s->m + got, 4800 - got, ALG_PASS,
	    REASON_HELD_BACK);
	assert_int_equal(s->line.got[OUT], at + got);
	s->line.sent[OUT] = at + got;
	play_ack(&s->line, IN);
	expect(s, OUT, at + got, PLAY_ACK | PLAY_FIN, s->m + got, 4800 - got,
	    ALG_PASS, REASON_NONE);
	assert_int_equal(s->line.got[OUT], at + 4800);
	assert_true(s->line.finished[OUT]);
}

/* The first FIN ends nothing yet: a notify may follow. */
static void
test_fins(void **state)
{
	struct scene *s = *state;

	assert_int_equal(play_fin(&s->line, OUT), ALG_PASS);
	play_ack(&s->line, IN);
	assert_true(call_is_up(s));
	play_tell(&s->line, IN, ECHORQ, 0, 0, 0);
	assert_int_equal(s->play.nchanges, 0);
	assert_int_equal(play_fin(&s->line, IN), ALG_PASS);
	play_change(&s->play, ALG_CHANGE_DOWN, REASON_CLOSED);
	assert_false(call_is_up(s));
	assert_int_equal(play_ack(&s->line, OUT), ALG_PASS);
	assert_int_equal(play_fin(&s->line, OUT), ALG_PASS);
	assert_int_equal(info_of(s).state, ALG_CONNECTION_CLOSING);
	play_wait(&s->play, STATE_CLOSING_TIMEOUT);
	assert_int_equal(play_counters(&s->play).connections, 0);
}

static void
test_notify_after_fin(void **state)
{
	struct scene *s = *state;
	size_t n = wire_message(s->m, CDN, PEER, 0, 0);

	play_fin(&s->line, OUT);
	expect(s, IN, s->line.sent[IN], PLAY_ACK | PLAY_FIN, s->m, n,
	    ALG_PASS, REASON_NONE);
	play_change(&s->play, ALG_CHANGE_DOWN, REASON_DISCONNECT);
	assert_int_equal(info_of(s).state, ALG_CONNECTION_CLOSING);
}

/* After its FIN an end has nothing more to say. */
static void
test_data_after_fin(void **state)
{
	struct scene *s = *state;
	uint32_t at = s->line.sent[OUT];
	size_t n = wire_message(s->m, CCRQ, ID, 0, 0);

	play_fin(&s->line, OUT);
	play_segment(&s->line, OUT, at, PLAY_ACK, s->m, n);
	assert_int_equal(s->line.got[OUT], at);
	play_segment(&s->line, OUT, at + 1, PLAY_ACK, s->m, n);
	assert_int_equal(s->line.got[OUT], at);
	assert_true(call_is_up(s));
}

static void
test_rst(void **state)
{
	static const struct {
		enum alg_dir	 dir;
		int32_t		 off;		/* from what is right */
		bool		 counts;
	} t[] = {
		{ OUT, -1, false }, { OUT, 1, false }, { OUT, 0, true },
		{ IN, -1000, false }, { IN, 70000, false }, { IN, 0, true },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct scene *s;

		set_up((void **)&s);
		expect(s, t[i].dir, s->line.sent[t[i].dir] +
		    (uint32_t)t[i].off, PLAY_RST, NULL, 0, ALG_PASS,
		    REASON_NONE);
		assert_int_equal(call_is_up(s), !t[i].counts);
		if (t[i].counts) {
			play_change(&s->play, ALG_CHANGE_DOWN, REASON_RESET);
			expect(s, OUT, s->line.sent[OUT], PLAY_ACK, NULL, 0,
			    ALG_RESET, REASON_AFTER_RESET);
			expect(s, IN, s->line.sent[IN], PLAY_ACK | PLAY_SYN,
			    NULL, 0, ALG_RESET, REASON_AFTER_RESET);
		}
		unset((void **)&s);
	}
}

/* Refused at once: the next SYN starts from nothing. */
static void
test_rst_of_syn(void **state)
{
	struct scene *s = *state;

	play_segment(&s->line, OUT, BEFORE, PLAY_SYN, NULL, 0);
	s->line.start[IN] = 0;
	expect(s, IN, 0, PLAY_RST | PLAY_ACK, NULL, 0, ALG_PASS, REASON_NONE);
	assert_int_equal(info_of(s).state, ALG_CONNECTION_DEAD);
	s->line.start[OUT] += 1000;
	play_open(&s->line, OUT);
	play_call(&s->line, ID, PEER);
	assert_int_equal(play_counters(&s->play).connections, 1);
}

/* What a reset must say to be believed (RFC 5961). */
static void
test_numbers_for_resets(void **state)
{
	struct scene *s = *state;
	const struct play_line *l = &s->line;
	struct alg_connection_info info;
	uint32_t at = l->sent[OUT], expects;

	/* 16 good bytes that are not acknowledged yet, then rubbish. */
	wire_message(s->m, ECHORQ, 0, 0, 0);
	play_segment(&s->line, OUT, at, PLAY_ACK, s->m, 16);
	s->line.sent[OUT] += 16;
	expect(s, OUT, at + 16, PLAY_ACK, "GET / HTTP/1.0\n\n", 16,
	    ALG_RESET, REASON_BAD_LENGTH);
	play_change(&s->play, ALG_CHANGE_DOWN, REASON_BAD_LENGTH);
	info = info_of(s);
	expects = l->start[OUT] + l->got[OUT];
	assert_true(info.inside_sends == expects ||
	    info.outside_expects == expects);
	expects = l->start[IN] + l->got[IN];
	assert_true(info.outside_sends == expects ||
	    info.inside_expects == expects);
	/* The challenge ACK tells the rest. */
	expect(s, IN, l->sent[IN], PLAY_ACK, NULL, 0, ALG_RESET,
	    REASON_AFTER_RESET);
	assert_int_equal(info_of(s).outside_expects,
	    l->start[OUT] + l->got[OUT]);
}

/* An old acknowledgment that was overtaken says nothing new. */
static void
test_old_ack(void **state)
{
	struct scene *s = *state;
	uint32_t before = info_of(s).outside_expects, got = s->line.got[OUT];

	play_tell(&s->line, OUT, ECHORQ, 0, 0, 0);
	assert_int_equal(info_of(s).outside_expects, before + 16);
	s->line.got[OUT] = got;
	play_ack(&s->line, IN);
	assert_int_equal(info_of(s).outside_expects, before + 16);
	/* Nor does one of what was never sent. */
	s->line.got[OUT] = got + 17;
	play_ack(&s->line, IN);
	assert_int_equal(info_of(s).outside_expects, before + 16);
}

int
main(void)
{
#define TEST(name, set)	cmocka_unit_test_setup_teardown(name, set, unset)
	const struct CMUnitTest tests[] = {
		TEST(test_handshake, set),
		TEST(test_never_told, set),
		TEST(test_data_with_syn, set),
		TEST(test_gap, set_up),
		TEST(test_conflict, set_up),
		TEST(test_old_data, set_up),
		TEST(test_too_much_in_flight, set_up),
		TEST(test_fins, set_up),
		TEST(test_notify_after_fin, set_up),
		TEST(test_data_after_fin, set_up),
		cmocka_unit_test(test_rst),
		TEST(test_rst_of_syn, set),
		TEST(test_numbers_for_resets, set_up),
		TEST(test_old_ack, set_up),
	};

	return cmocka_run_group_tests_name("segment", tests, NULL, NULL);
}
