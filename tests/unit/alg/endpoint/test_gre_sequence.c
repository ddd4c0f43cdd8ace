/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In which order frames are delivered. */
#include "tests/unit/alg/endpoint/play_gre_sequence.h"

/* The first is the base, whatever it is; what came before it is late. */
static void
test_base(void **state)
{
	static const uint32_t bases[] = { 0, 1, 12345, UINT32_MAX, 1U << 31 };

	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		struct scene *s;

		scene_set(state);
		s = *state;
		s->base = bases[i];
		scene_gets(s, 0);
		scene_gets(s, 1);
		scene_gets(s, UINT32_MAX);
		scene_gets(s, 2);
		assert_log(s, "0 1 -1L 2 ");
		assert_int_equal(scene_acks(s), -1);
		scene_waits(s, GRE_SEQUENCE_ACK_TIME);
		assert_int_equal(scene_acks(s), 2);
		scene_unset(state);
	}
}

static void
test_order(void **state)
{
	struct scene *s = *state;

	scene_gets(s, 0);
	scene_gets(s, 3);
	scene_gets(s, 2);
	assert_int_equal(scene_gets(s, 2), REASON_GRE_OLD);
	assert_int_equal(scene_gets(s, 0), REASON_GRE_OLD);
	assert_log(s, "0 ");
	scene_gets(s, 1);
	assert_log(s, "1 2 3 ");
	assert_int_equal(s->pool.frames.used, 0);
	assert_int_equal(s->w.counters.dropped, 2);
	assert_int_equal(s->w.counters.lost, 0);
}

/* A gap is given up in time; what it lacked then is late, once. */
static void
test_time(void **state)
{
	struct scene *s = *state;

	scene_gets(s, 0);
	scene_gets(s, 4);
	assert_int_equal(
	    gre_sequence_due(&s->w), s->now + GRE_SEQUENCE_WAIT_TIME);
	scene_waits(s, GRE_SEQUENCE_WAIT_TIME - 10);
	scene_gets(s, 2);
	scene_gets(s, 6);
	assert_int_equal(gre_sequence_due(&s->w), s->now + 10);
	assert_log(s, "0 ");
	scene_waits(s, 10);
	assert_log(s, "2 4 ");
	assert_int_equal(
	    gre_sequence_due(&s->w), s->now + GRE_SEQUENCE_WAIT_TIME - 10);
	scene_gets(s, 3);
	assert_int_equal(scene_gets(s, 3), REASON_GRE_OLD);
	assert_int_equal(scene_gets(s, 2), REASON_GRE_OLD);
	scene_waits(s, GRE_SEQUENCE_WAIT_TIME - 10);
	scene_gets(s, 7);
	assert_log(s, "3L 6 7 ");
	assert_int_equal(s->w.counters.lost, 3);
	assert_int_equal(s->w.counters.late, 1);
}

/* A gap is given up when too many wait for it. */
static void
test_count(void **state)
{
	struct scene *s = *state;

	scene_gets(s, 0);
	for (uint32_t i = 2; i <= GRE_SEQUENCE_WAITING; i++)
		scene_gets(s, i);
	assert_log(s, "0 ");
	scene_gets(s, GRE_SEQUENCE_WAITING + 1);
	assert_int_equal(s->pool.frames.used, 0);
	assert_int_equal(s->w.counters.lost, 1);
	assert_non_null(strstr(s->log, "2 3 "));
	scene_gets(s, 1);
	assert_non_null(strstr(s->log, " 33 1L "));
	s->log[0] = '\0';
	scene_gets(s, 34 + 64 + GRE_SEQUENCE_WAITING - 1); /* 64 are skipped */
	scene_gets(s, 97);			/* but it was not seen */
	scene_waits(s, GRE_SEQUENCE_WAIT_TIME);
	assert_log(s, "97 129 ");
	scene_gets(s, 1000);			/* far, but believed */
	scene_gets(s, 1002);
	assert_log(s, "");
	scene_waits(s, GRE_SEQUENCE_WAIT_TIME);
	assert_log(s, "1000 1002 ");
	assert_int_equal(
	    scene_gets(s, 1002 - GRE_SEQUENCE_LATE), REASON_GRE_OLD);
	assert_int_equal(scene_gets(s, 1003 - GRE_SEQUENCE_LATE), REASON_NONE);
	assert_log(s, "939L ");
	for (uint32_t seq = 940; seq < 1000; seq++)
		assert_int_equal(scene_gets(s, seq), REASON_NONE);
}

/* Fewer may wait, and others longer. */
static void
test_patience(void **state)
{
	struct scene *s = *state;

	gre_sequence_wait(&s->w, 1, 500);
	scene_gets(s, 0);
	scene_gets(s, 2);
	assert_log(s, "0 2 ");
	scene_gets(s, 1);
	assert_log(s, "1L ");
	gre_sequence_wait(&s->w, 3, 500);
	scene_gets(s, 5);
	scene_waits(s, 499);
	assert_log(s, "");
	scene_gets(s, 7);
	assert_log(s, "5 ");
	scene_waits(s, 500);
	assert_log(s, "7 ");
}

/* One forged number moves nothing; several in a row are believed. */
static void
test_far(void **state)
{
	static const uint32_t far[] = { GRE_SEQUENCE_JUMP + 1, 1U << 31,
		0x7FFFFFFF, (uint32_t)-200, 100000 };

	for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
		struct scene *s;
		uint32_t n = far[i];

		scene_set(state);
		s = *state;
		for (uint32_t seq = 0; seq < 8; seq++) {
			scene_gets(s, seq);
			assert_true(scene_gets(s, n + seq) != REASON_NONE);
		}
		assert_log(s, "0 1 2 3 4 5 6 7 ");
		for (int same = 0; same < 10; same++) {
			s->now += GRE_SEQUENCE_SILENCE;
			assert_true(scene_gets(s, n + 20) != REASON_NONE);
		}
		s->now += GRE_SEQUENCE_SILENCE - 1;
		scene_gets(s, 9);			/* waits */
		s->now += GRE_SEQUENCE_SILENCE - 1;
		for (uint32_t seq = 30; seq < 36; seq++)
			assert_true(scene_gets(s, n + seq) != REASON_NONE);
		s->now += 1;
		assert_int_equal(scene_gets(s, n + 38), REASON_NONE);
		assert_int_equal(scene_gets(s, n + 39), REASON_NONE);
		assert_int_equal(s->w.next, n + 40);
		assert_memory_equal(s->log, "9 ", 2);
		scene_unset(state);
	}
}

static void
test_pool_is_full(void **state)
{
	struct scene *s = *state;
	struct gre_sequence other;

	gre_sequence_init(&other, &s->pool, 1, 64);
	while (pool_take(&s->pool.frames) != 0)
		;
	scene_gets(s, 0);
	scene_gets(s, 2);
	scene_gets(s, 4);
	scene_gets(s, 3);
	assert_log(s, "0 2 4 3L ");
	for (uint32_t i = 1; i <= SCENE_FRAMES; i++)
		pool_give(&s->pool.frames, i);
	assert_int_equal(gre_sequence_due(&other), UINT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base),
		SCENE(test_order),
		SCENE(test_time),
		SCENE(test_count),
		SCENE(test_patience),
		cmocka_unit_test(test_far),
		SCENE(test_pool_is_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
