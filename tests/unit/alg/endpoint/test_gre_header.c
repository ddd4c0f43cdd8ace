/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Headers that come and go, and acknowledgements. */
#include "tests/unit/alg/endpoint/play_gre_sequence.h"

static void
test_headers(void **state)
{
	struct scene *s = *state;
	uint32_t ack = 99;

	assert_int_equal(scene_sends(s, 0, &ack), 0x3001);
	assert_int_equal(scene_acks(s), -1);
	scene_gets_ack(s, 0);			/* nothing to acknowledge */
	assert_int_equal(scene_sends(s, 1, &ack), 0x3001);
	scene_gets(s, 0);
	assert_int_equal(scene_sends(s, 2, &ack), 0x3081);
	assert_int_equal(ack, 0);
	assert_int_equal(scene_sends(s, 3, &ack), 0x3001);
	scene_gets_ack(s, 3);
	scene_waits(s, 1000);
	assert_int_equal(scene_acks(s), -1);
	s->w.send = UINT32_MAX;
	assert_int_equal(scene_sends(s, UINT32_MAX, &ack), 0x3001);
	assert_int_equal(scene_sends(s, 0, &ack), 0x3001);
}

/* RFC 2637 section 4.1, one thing wrong at a time. */
static void
test_malformed(void **state)
{
	static const struct {
		uint8_t		 head[8];
		enum reason	 reason;
	} cases[] = {
		{ { 0x30, 0x01, 0x88, 0x0B, 0, 4 }, REASON_NONE },
		{ { 0x30, 0x81, 0x88, 0x0B, 0, 4 }, REASON_NONE },
		{ { 0x20, 0x81, 0x88, 0x0B, 0, 0 }, REASON_NONE },
		{ { 0x30, 0x01, 0x88, 0x0B, 0, 8 }, REASON_NONE },
		{ { 0x30, 0x01, 0x88, 0x0B, 0, 9 }, REASON_GRE_MALFORMED },
		{ { 0x30, 0x81, 0x88, 0x0B, 0, 5 }, REASON_GRE_MALFORMED },
		{ { 0x30, 0x01, 0x88, 0x0B, 255, 255 },
		    REASON_GRE_MALFORMED },
		{ { 0x20, 0x81, 0x88, 0x0B, 0, 4 }, REASON_GRE_MALFORMED },
		{ { 0x10, 0x01, 0x88, 0x0B, 0, 4 }, REASON_GRE_MALFORMED },
		{ { 0xB0, 0x01, 0x88, 0x0B, 0, 4 }, REASON_GRE_MALFORMED },
		{ { 0x70, 0x01, 0x88, 0x0B, 0, 4 }, REASON_GRE_MALFORMED },
		{ { 0x38, 0x01, 0x88, 0x0B, 0, 4 }, REASON_GRE_MALFORMED },
		{ { 0x31, 0x01, 0x88, 0x0B, 0, 4 }, REASON_GRE_MALFORMED },
		{ { 0x30, 0x09, 0x88, 0x0B, 0, 4 }, REASON_GRE_MALFORMED },
		{ { 0x30, 0x00, 0x88, 0x0B, 0, 4 }, REASON_NOT_OURS },
		{ { 0x30, 0x02, 0x88, 0x0B, 0, 4 }, REASON_NOT_OURS },
		{ { 0x30, 0x01, 0x08, 0x00, 0, 4 }, REASON_NOT_OURS },
	};
	struct scene *s = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t p[20] = { 0 };
		struct gre g;

		memcpy(p, cases[i].head, 8);
		assert_int_equal(
		    gre_sequence_parse(&g, p, 20), cases[i].reason);
		for (size_t n = 0; n < 20 && i == 1; n++)
			assert_int_equal(scene_gets_bytes(s, p, n),
			    REASON_GRE_MALFORMED);
	}
	assert_log(s, "");
	assert_int_equal(scene_gets_len(s, 0, 1532), REASON_NONE);
	assert_int_equal(scene_gets_len(s, 2, 1532), REASON_NONE);
	assert_int_equal(scene_gets_len(s, 1, 1533), REASON_GRE_TOO_LONG);
	assert_int_equal(scene_gets_len(s, 1, 0), REASON_NONE);
	assert_log(s, "0 2 ");
}

static void
test_acks(void **state)
{
	struct scene *s = *state;
	uint32_t ack;

	for (uint32_t i = 0; i < 31; i++)
		scene_gets(s, i);
	assert_int_equal(scene_acks(s), -1);
	scene_gets(s, 31);
	assert_int_equal(scene_acks(s), 31);		/* half of 64 */
	assert_int_equal(gre_sequence_due(&s->w), UINT64_MAX);
	scene_gets(s, 33);				/* 32 is missing */
	assert_int_equal(scene_sends(s, 0, &ack), 0x3001);
	scene_waits(s, GRE_SEQUENCE_WAIT_TIME);
	assert_int_equal(
	    gre_sequence_due(&s->w), s->now + GRE_SEQUENCE_ACK_TIME);
	s->now += GRE_SEQUENCE_ACK_TIME - 1;
	scene_gets(s, 34);
	assert_int_equal(scene_acks(s), -1);
	s->now += 1;
	assert_int_equal(scene_acks(s), 34);
	assert_int_equal(scene_acks(s), -1);
	s->w.size = 1;				/* we told a small one */
	scene_gets(s, 35);
	assert_int_equal(scene_acks(s), 35);
}

/* The peer is silent about what we sent: it may hold it until more comes. */
static void
test_probes(void **state)
{
	struct scene *s = *state;
	uint32_t ack;

	scene_sends(s, 0, &ack);
	assert_int_equal(gre_sequence_due(&s->w), UINT64_MAX);	/* no ack yet */
	scene_gets(s, 7);
	scene_sends(s, 1, &ack);
	for (int i = 0; i < GRE_SEQUENCE_PROBES; i++) {
		uint64_t wait = (uint64_t)GRE_SEQUENCE_PROBE_TIME << i;

		assert_int_equal(gre_sequence_due(&s->w), s->now + wait);
		scene_waits(s, wait - 1);
		assert_int_equal(scene_acks(s), -1);
		scene_waits(s, 1);
		assert_int_equal(scene_acks(s), 7);
	}
	assert_int_equal(gre_sequence_due(&s->w), UINT64_MAX);
	scene_sends(s, 2, &ack);
	assert_int_equal(
	    gre_sequence_due(&s->w), s->now + GRE_SEQUENCE_PROBE_TIME);
}

/* What the peer has, it need not be asked for; lies change nothing. */
static void
test_confirmed(void **state)
{
	struct scene *s = *state;
	uint64_t due = s->now + GRE_SEQUENCE_PROBE_TIME;
	uint32_t ack;

	scene_gets_ack(s, UINT32_MAX);
	scene_gets(s, 0);
	assert_int_equal(scene_sends(s, 0, &ack), 0x3081);
	scene_sends(s, 1, &ack);
	scene_gets_ack(s, 2);				/* not sent yet */
	assert_int_equal(gre_sequence_due(&s->w), due);
	scene_gets_ack(s, 0);
	assert_int_equal(gre_sequence_due(&s->w), due);
	scene_gets_ack(s, 1);
	assert_int_equal(gre_sequence_due(&s->w), UINT64_MAX);
	scene_gets_ack(s, 0);				/* overtaken */
	assert_int_equal(gre_sequence_due(&s->w), UINT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_headers),
		SCENE(test_malformed),
		SCENE(test_acks),
		SCENE(test_probes),
		SCENE(test_confirmed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
