/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose ID is translated: the inside end's, in every message, whichever way
 * it runs.  The other client holds our client's ID first, so that it has to
 * get another one.
 */
#include <stdlib.h>

#include "alg/translate/state.h"
#include "tests/unit/play.h"

#define CLIENT	0x0A000001
#define SERVER	0xC6336401
#define INSIDE	7
#define OUTSIDE	0x0500
#define UNKNOWN	0x0666

struct scene {
	struct play		 play;
	struct play_line	 line, other;
	uint16_t		 mapped;
};

static int
set(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	play_start(&s->play, NULL);
	s->mapped = play_rivals(&s->play, &s->other, &s->line, CLIENT, SERVER,
	    INSIDE, OUTSIDE);
	play_forget(&s->play);
	*state = s;
	return 0;
}

static int
unset(void **state)
{
	struct scene *s = *state;

	assert_true(play_gre_passes(&s->other, INSIDE, INSIDE, OUTSIDE + 1));
	play_stop(&s->play);
	free(s);
	return 0;
}

/* What stands in a field: 'i'nside, 'm'apped, 'o'utside or 'u'nknown ID. */
static uint16_t
id_of(const struct scene *s, char c)
{
	return c == 'i' ? INSIDE : c == 'm' ? s->mapped :
	    c == 'o' ? OUTSIDE : UNKNOWN;
}

/*
 * Message, direction, the ID fields as they come and as they go.  Only what
 * assigns an ID from inside makes an unknown one known.
 */
static const struct {
	int		 type;
	enum alg_dir	 dir;
	char		 come[3], go[3];
} rows[] = {
	{ SCCRQ, OUT, "", "" }, { SCCRQ, IN, "", "" },
	{ SCCRP, OUT, "", "" }, { SCCRP, IN, "", "" },
	{ STOPRQ, OUT, "", "" }, { STOPRQ, IN, "", "" },
	{ STOPRP, OUT, "", "" }, { STOPRP, IN, "", "" },
	{ ECHORQ, OUT, "", "" }, { ECHORQ, IN, "", "" },
	{ ECHORP, OUT, "", "" }, { ECHORP, IN, "", "" },
	{ OCRQ, OUT, "i", "m" }, { OCRQ, IN, "o", "o" },
	{ OCRQ, IN, "m", "m" }, { OCRQ, IN, "i", "i" },
	{ ICRQ, OUT, "i", "m" }, { ICRQ, IN, "o", "o" },
	{ OCRP, OUT, "io", "mo" }, { OCRP, OUT, "iu", "mu" },
	{ OCRP, OUT, "ii", "mi" }, { OCRP, IN, "om", "oi" },
	{ OCRP, IN, "um", "ui" }, { OCRP, IN, "mm", "mi" },
	{ OCRP, IN, "ou", "ou" }, { OCRP, IN, "oo", "oo" },
	{ ICRP, OUT, "io", "mo" }, { ICRP, IN, "om", "oi" },
	{ ICCN, OUT, "o", "o" }, { ICCN, OUT, "i", "i" },
	{ ICCN, IN, "m", "i" }, { ICCN, IN, "o", "o" }, { ICCN, IN, "u", "u" },
	{ WEN, OUT, "o", "o" }, { WEN, OUT, "i", "i" },
	{ WEN, IN, "m", "i" }, { WEN, IN, "u", "u" },
	{ CCRQ, OUT, "i", "m" }, { CCRQ, OUT, "o", "o" },
	{ CCRQ, OUT, "u", "u" }, { CCRQ, IN, "o", "o" },
	{ CCRQ, IN, "m", "i" }, { CCRQ, IN, "u", "u" },
	{ CDN, OUT, "i", "m" }, { CDN, OUT, "o", "o" }, { CDN, OUT, "u", "u" },
	{ CDN, IN, "o", "o" }, { CDN, IN, "m", "i" }, { CDN, IN, "u", "u" },
	{ SLI, OUT, "o", "o" }, { SLI, OUT, "i", "m" }, { SLI, OUT, "u", "u" },
	{ SLI, IN, "m", "i" }, { SLI, IN, "o", "o" }, { SLI, IN, "u", "u" },
};

static void
test_every_message(void **state)
{
	uint8_t want[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene *s;
		size_t n;

		set((void **)&s);
		n = wire_message(want, rows[i].type, id_of(s, rows[i].go[0]),
		    id_of(s, rows[i].go[1]), 1);
		play_tell(&s->line, rows[i].dir, rows[i].type,
		    id_of(s, rows[i].come[0]), id_of(s, rows[i].come[1]), 1);
		assert_memory_equal(s->line.last, want, n);
		unset((void **)&s);
	}
}

/* Fields that look like IDs in messages that have none stay as they are. */
static void
test_no_ids(void **state)
{
	static const int types[] = { SCCRQ, SCCRP, STOPRQ, STOPRP, ECHORQ,
		ECHORP };
	uint8_t m[256];

	for (size_t i = 0; i < 2 * sizeof(types) / sizeof(types[0]); i++) {
		struct scene *s;
		size_t n;

		set((void **)&s);
		n = wire_message(m, types[i / 2], 0, 0, 0);
		wire_put16(m + 12, i % 2 ? INSIDE : s->mapped);
		wire_put16(m + 14, i % 2 ? INSIDE : s->mapped);
		play_say(&s->line, i % 2 ? OUT : IN, m, n);
		assert_memory_equal(s->line.last, m, n);
		unset((void **)&s);
	}
}

/* What ends a call, by whose ID; the other client's call never. */
static void
test_what_ends(void **state)
{
	static const struct {
		int		 type;
		enum alg_dir	 dir;
		char		 id;
		enum reason	 reason;	/* NONE: it lives */
	} t[] = {
		{ CCRQ, OUT, 'i', REASON_CLEAR },
		{ CCRQ, IN, 'o', REASON_CLEAR },
		{ CCRQ, OUT, 'u', REASON_NONE }, { CCRQ, IN, 'i', REASON_NONE },
		{ CDN, OUT, 'i', REASON_DISCONNECT },
		{ CDN, OUT, 'o', REASON_DISCONNECT },
		{ CDN, IN, 'o', REASON_DISCONNECT },
		{ CDN, IN, 'm', REASON_DISCONNECT },
		{ CDN, IN, 'i', REASON_NONE }, { CDN, IN, 'u', REASON_NONE },
		{ STOPRQ, OUT, 0, REASON_STOP }, { STOPRQ, IN, 0, REASON_STOP },
		{ SCCRQ, OUT, 0, REASON_RESTART },
		{ SCCRQ, IN, 0, REASON_RESTART },
		{ STOPRP, IN, 0, REASON_NONE }, { SCCRP, IN, 0, REASON_NONE },
		{ WEN, IN, 'm', REASON_NONE }, { SLI, OUT, 'o', REASON_NONE },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct scene *s;

		set((void **)&s);
		play_tell(&s->line, t[i].dir, t[i].type, id_of(s, t[i].id), 0,
		    0);
		if (t[i].reason != REASON_NONE)
			play_change(&s->play, ALG_CHANGE_DOWN, t[i].reason);
		assert_int_equal(s->play.nchanges, 0);
		assert_int_equal(play_gre_passes(&s->line, INSIDE, s->mapped,
		    OUTSIDE), t[i].reason == REASON_NONE);
		unset((void **)&s);
	}
}

/* One number is the server's ID of one call and the mapped one of another. */
static void
test_same_number_both_ways(void **state)
{
	struct scene *s = *state;
	uint16_t second;

	play_tell(&s->line, OUT, OCRQ, 8, 0, 0);
	second = play_id(&s->line);
	play_tell(&s->line, IN, OCRP, s->mapped, second, 1);
	/* A notify carries the sender's ID (RFC 2637 section 2.13). */
	play_tell(&s->line, IN, CDN, s->mapped, 0, 0);
	assert_int_equal(play_id(&s->line), s->mapped);
	assert_true(play_gre_passes(&s->line, INSIDE, s->mapped, OUTSIDE));
	/* Now it can only mean the first call. */
	play_tell(&s->line, IN, CDN, s->mapped, 0, 0);
	assert_int_equal(play_id(&s->line), INSIDE);
	assert_false(play_gre_passes(&s->line, INSIDE, s->mapped, OUTSIDE));
}

/* On our line the other client's mapped ID means nothing. */
static void
test_anothers_id(void **state)
{
	struct scene *s = *state;

	play_tell(&s->line, IN, SLI, INSIDE, 0, 0);
	assert_int_equal(play_id(&s->line), INSIDE);
	play_tell(&s->line, IN, CDN, INSIDE, 0, 0);
	play_tell(&s->line, IN, OCRP, OUTSIDE, INSIDE, 7);
	assert_int_equal(play_peer(&s->line), INSIDE);
	assert_int_equal(play_counters(&s->play).reasons[REASON_UNKNOWN_ID],
	    3);
	assert_int_equal(s->play.nchanges, 0);
}

/* All numbers are ordinary call IDs, 0 and 65535, too. */
static void
test_extreme_ids(void **state)
{
	static const uint16_t ids[] = { 0, 1, 255, 256, 32768, 65535 };
	struct scene *s = *state;
	uint16_t mapped[6];

	for (int i = 0; i < 6; i++)
		mapped[i] = play_call(&s->line, ids[i],
		    (uint16_t)(65535 - ids[i]));
	for (int i = 0; i < 6; i++)
		assert_true(play_gre_passes(&s->line, ids[i], mapped[i],
		    (uint16_t)(65535 - ids[i])));
	for (int i = 0; i < 6; i++) {
		play_tell(&s->line, OUT, CCRQ, ids[i], 0, 0);
		assert_int_equal(play_id(&s->line), mapped[i]);
		play_tell(&s->line, IN, CDN, (uint16_t)(65535 - ids[i]), 0, 0);
	}
	assert_int_equal(play_counters(&s->play).calls, 2);
}

/* The client's own ID is kept where it is free: at another server it is. */
static void
test_another_server(void **state)
{
	struct scene *s = *state;
	struct play_line *l = calloc(1, sizeof(*l));

	play_line(&s->play, l, CLIENT, 1026, SERVER + 1, 1723);
	play_open(l, OUT);
	assert_int_equal(play_call(l, INSIDE, OUTSIDE), INSIDE);
	assert_true(play_gre_passes(l, INSIDE, INSIDE, OUTSIDE));
	assert_true(play_gre_passes(&s->line, INSIDE, s->mapped, OUTSIDE));
	/* As behind another public address. */
	play_line(&s->play, l, CLIENT + 2, 1026, SERVER, 1723);
	l->public++;
	play_open(l, OUT);
	assert_int_equal(play_call(l, INSIDE, OUTSIDE), INSIDE);
	assert_true(play_gre_passes(l, INSIDE, INSIDE, OUTSIDE));
	free(l);
}

/* One host, two connections to one server, one ID: both calls live. */
static void
test_two_connections(void **state)
{
	struct scene *s = *state;
	struct play_line *l = calloc(1, sizeof(*l));
	uint16_t mapped;

	play_line(&s->play, l, CLIENT, 1026, SERVER, 1723);
	play_open(l, OUT);
	mapped = play_call(l, INSIDE, OUTSIDE + 2);
	assert_int_not_equal(mapped, s->mapped);
	assert_true(play_gre_passes(l, INSIDE, mapped, OUTSIDE + 2));
	play_tell(l, OUT, CCRQ, INSIDE, 0, 0);
	assert_int_equal(play_id(l), mapped);
	assert_true(play_gre_passes(&s->line, INSIDE, s->mapped, OUTSIDE));
	free(l);
}

/* Nobody outside asked: what answers that sets up nothing. */
static void
test_answer_to_nothing(void **state)
{
	struct scene *s = *state;

	for (uint16_t i = 0; i < 3; i++) {
		play_tell(&s->line, OUT, i % 2 ? OCRP : ICRP, 100, 200, 1);
		assert_int_equal(play_counters(&s->play).reasons[
		    REASON_UNKNOWN_ID], i + 1);
		assert_false(play_gre_passes(&s->line, 100, play_id(&s->line),
		    200));
	}
	/* One request, one answer. */
	play_tell(&s->line, IN, OCRQ, 200, 0, 0);
	play_tell(&s->line, OUT, OCRP, 100, 200, 1);
	assert_true(play_gre_passes(&s->line, 100, play_id(&s->line), 200));
	play_forget(&s->play);
	play_tell(&s->line, OUT, OCRP, 101, 201, 1);
	play_change(&s->play, ALG_CHANGE_REQUEST, REASON_NONE);
	assert_false(play_gre_passes(&s->line, 101, play_id(&s->line), 201));
	play_wait(&s->play, STATE_REQUEST_TIMEOUT);
	play_change(&s->play, ALG_CHANGE_REFUSED, REASON_NO_REPLY);
}

/* Where half an ID cannot tell which call it is, it waits for the rest. */
static void
test_half_held_back(void **state)
{
	struct scene *s = *state;
	uint8_t m[168];
	uint32_t at;
	uint16_t far;

	/* The other client takes the rest of page 0x12. */
	assert_int_equal(play_call(&s->line, 0x1201, OUTSIDE + 3), 0x1201);
	for (unsigned i = 0; i < 256; i++) {
		if (i % 62 == 0) {
			play_line(&s->play, &s->other, CLIENT + 3 + i, 5,
			    SERVER, 1723);
			play_open(&s->other, OUT);
		}
		play_tell(&s->other, OUT, OCRQ, (uint16_t)(0x1200 + i), 0, 0);
	}
	far = play_call(&s->line, 0x1202, OUTSIDE + 4);
	assert_int_not_equal(far & 0xFF00, 0x1200);
	wire_message(m, CCRQ, 0x1202, 0, 0);
	at = s->line.sent[OUT];
	play_segment(&s->line, OUT, at, PLAY_ACK, m, 13);
	assert_int_equal(s->play.result.reason, REASON_HELD_BACK);
	assert_int_equal(s->line.got[OUT], at + 12);
	play_say(&s->line, OUT, m, 16);
	assert_int_equal(wire_get16(s->line.heard[OUT] + at + 12), far);
	play_line(&s->play, &s->other, CLIENT + 1, 1025, SERVER, 1723);
}

int
main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, set, unset)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_message),
		cmocka_unit_test(test_no_ids),
		cmocka_unit_test(test_what_ends),
		TEST(test_same_number_both_ways),
		TEST(test_anothers_id),
		TEST(test_extreme_ids),
		TEST(test_another_server),
		TEST(test_two_connections),
		TEST(test_answer_to_nothing),
		TEST(test_half_held_back),
	};

	return cmocka_run_group_tests_name("translate", tests, NULL, NULL);
}
