/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stateless MPPE on bad paths, and against forged frames. */
#include <stdlib.h>

#include "tests/unit/alg/ppp/play_path.h"

/* Everything that arrives once is read, in whatever order. */
static void
test_stateless(void **state)
{
	static const int bits[] = { 40, 56, 128, 128, 0 };
	struct path *p;

	for (int i = 0; i < 5; i++)
		for (int percent = 1; percent <= 5; percent += 2) {
			p = path_new(PATH_OURS, bits[i], true, i >= 3);
			p->loss = p->late = 10 * percent;
			path_run(p, 6000);
			assert_true(p->m.counters[MPPE_LATE] == 0);
			assert_int_equal(p->opened, p->arrived);
			if (i >= 3)
				assert_true(p->s.compressed > 5000);
			path_run_well(p);
		}
}

static void
test_repeated(void **state)
{
	struct path *p = path_new(PATH_OURS, 128, true, false);
	uint32_t repeated;

	p->repeat = 50;
	p->late = 50;
	path_run(p, 6000);
	repeated = p->m.counters[MPPE_REPEATED];
	assert_in_range(repeated, 200, 400);
	assert_int_equal(p->opened + repeated, p->arrived);
	path_run_well(p);
}

/* Frames that are too late are dropped, which harms nobody. */
static void
test_too_late(void **state)
{
	struct path *p = path_new(PATH_OURS, 128, true, false);

	p->late = 20;
	p->late_most = 200;
	path_run(p, 6000);
	assert_in_range(p->m.counters[MPPE_LATE], 20, 120);
	assert_int_equal(p->opened + p->m.counters[MPPE_LATE], p->arrived);
	path_run_well(p);
}

/* As many as 2047 frames in a row may be lost, in both modes. */
static void
test_long_losses(void **state)
{
	struct path *p;

	for (int stateless = 0; stateless < 2; stateless++) {
		p = path_new(PATH_OURS, 128, stateless, false);
		for (uint32_t n = 1; n < MPPE_AHEAD; n = n * 3 + 1) {
			path_lose(p, n);
			path_run(p, 700);
			assert_int_equal(p->last_opened, p->sent);
		}
		p->now += 1000;
		path_lose(p, MPPE_AHEAD - 1);
		path_run_well(p);
	}
}

/* What jumps further can only be a link whose keys are lost: it ends. */
static void
test_too_long_loss(void **state)
{
	struct path *p = path_new(PATH_OURS, 128, true, false);
	uint8_t frame[PATH_FRAME];
	int n = 0, frames = 0;

	path_lose(p, MPPE_AHEAD + 700);
	for (; n != -MPPE_DEAD && frames < 2000; frames++) {
		size_t len = mppe_encrypt(&p->s, frame + 2,
		    path_make(frame + 2, 1));

		n = mppe_decrypt(&p->m, frame, len, PATH_FRAME, 0);
		assert_true(n < 0);
	}
	assert_int_equal(n, -MPPE_DEAD);
	assert_in_range(frames, 16, 200);
	free(p);
}

/* The very next count, forged again and again, harms nobody either. */
static void
test_forged_next(void **state)
{
	struct path *p = path_new(PATH_OURS, 128, true, false);
	uint8_t frame[PATH_FRAME];

	for (int i = 0; i < 500; i++) {
		memset(frame, i, sizeof(frame));
		frame[0] = (uint8_t)(0x90 | p->m.next >> 8);
		frame[1] = (uint8_t)p->m.next;
		assert_true(mppe_decrypt(&p->m, frame, 40, PATH_FRAME, 0) < 0);
		path_run(p, 1);
	}
	assert_int_equal(p->opened, 500);
	path_run_well(p);
}

/* Forged frames with any count are dropped, and nothing else is. */
static void
test_forged(void **state)
{
	for (int stateless = 0; stateless < 2; stateless++) {
		struct path *p = path_new(PATH_OURS, 128, stateless, false);

		p->forge = 100;
		path_run(p, 6000);
		if (stateless)
			assert_int_equal(p->opened, p->arrived);
		else
			assert_true(p->opened > p->arrived / 2);
		path_run_well(p);
	}
}

/* Nobody can make us change keys all the time. */
static void
test_budget(void **state)
{
	struct path *p = path_new(PATH_OURS, 128, true, false);
	uint8_t frame[PATH_FRAME] = { 0 };
	int n, garbled = 0, refused = 0;

	path_run(p, 10);
	for (int i = 0; i < 16; i++) {
		frame[0] = 0x97;
		frame[1] = 0xF0;
		n = mppe_decrypt(&p->m, frame, 40, PATH_FRAME, p->now);
		garbled += n == -MPPE_GARBLED;
		refused += n == -MPPE_BUDGET;
	}
	assert_int_equal(garbled, 2);
	assert_int_equal(refused, 14);
	path_run(p, 1);		/* the link does not suffer */
	assert_int_equal(p->opened, 11);
	p->now += 1000;
	path_run_well(p);
}

/* --- keys that differ ----------------------------------------------------- */

static void
check_different(bool stateless, bool answers)
{
	struct path *p = path_new(PATH_OURS, 128, stateless, false);
	uint8_t frame[PATH_FRAME];
	int frames = 0, n = 0;

	mppe_sender_init(&p->s, 128, stateless,
	    hex("8B7CDC149B993A1BA118CB153F56DCCC"), NULL);
	for (; n != -MPPE_DEAD && frames < 20000; frames++) {
		size_t len = mppe_encrypt(&p->s, frame + 2,
		    path_make(frame + 2, (uint32_t)frames));

		n = mppe_decrypt(&p->m, frame, len, PATH_FRAME,
		    (uint64_t)frames);
		if (n == -MPPE_LOST && answers)
			mppe_reset(&p->s);
	}
	assert_in_range(frames, 16, answers ? 1000 : 10000);
	assert_int_equal(mppe_decrypt(&p->m, frame, 50, PATH_FRAME, 0),
	    -MPPE_DEAD);
	free(p);
}

static void
test_different_keys(void **state)
{
	check_different(true, true);
	check_different(false, true);
	check_different(false, false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stateless),
		cmocka_unit_test(test_repeated),
		cmocka_unit_test(test_too_late),
		cmocka_unit_test(test_long_losses),
		cmocka_unit_test(test_too_long_loss),
		cmocka_unit_test(test_forged_next),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_different_keys),
	};

	return cmocka_run_group_tests_name("mppe stateless", tests, NULL, NULL);
}
