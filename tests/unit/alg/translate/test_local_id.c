/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Call IDs for tunnels that end here, beside those that pass through. */
#include <stdlib.h>

#include "alg/translate/state.h"
#include "tests/unit/play.h"

#define CLIENT	0x0A000001
#define SERVER	0xC6336401
#define PUBLIC	0xCB007101
#define IDS	65536
#define ALL	(IDS - 1)	/* but the one for refusals */

struct scene {
	struct play		 play;
	struct play_line	 line;
	bool			 taken[IDS];
};

static int
set(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	struct alg_config config = play_config();

	config.quarantine = 1000;
	config.local_calls = ALL + 10;
	config.recording = true;
	play_start(&s->play, &config);
	play_line(&s->play, &s->line, CLIENT, 1025, SERVER, 1723);
	s->line.public = PUBLIC;
	play_open(&s->line, OUT);
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

static int
take(struct scene *s)
{
	int id = alg_take_id(s->play.alg, PUBLIC, SERVER);

	if (id == -1)
		return -1;
	assert_in_range(id, 0, IDS - 1);
	assert_false(s->taken[id]);
	s->taken[id] = true;
	return id;
}

static void
give(struct scene *s, int id)
{
	alg_give_id(s->play.alg, PUBLIC, SERVER, (uint16_t)id, s->play.now);
	s->taken[id] = false;
}

/* Neither gets what the other has, whoever comes first. */
static void
test_beside_mapped(void **state)
{
	struct scene *s = *state;
	int mapped;

	for (int i = 0; i < 60; i++) {
		int id = take(s);

		assert_int_not_equal(id, -1);
		mapped = play_call(&s->line, (uint16_t)id, (uint16_t)i);
		assert_false(s->taken[mapped]);
		s->taken[mapped] = true;
		assert_true(play_gre_passes(&s->line, (uint16_t)id,
		    (uint16_t)mapped, (uint16_t)i));
		/* What is for us is no call of theirs. */
		assert_int_equal(play_gre(&s->play, IN, SERVER, PUBLIC,
		    (uint16_t)id), ALG_DROP);
	}
	while (take(s) != -1)
		;
	for (int id = 0, free = 0; id < IDS; id++) {
		free += !s->taken[id];
		assert_in_range(free, 0, 1);
	}
}

/* All are used up here: a call of theirs is refused. */
static void
test_all(void **state)
{
	struct scene *s = *state;

	for (int i = 0; i < ALL; i++)
		assert_int_not_equal(take(s), -1);
	assert_int_equal(take(s), -1);
	assert_int_not_equal(alg_take_id(s->play.alg, PUBLIC, SERVER + 1),
	    -1);
	assert_int_not_equal(alg_take_id(s->play.alg, PUBLIC + 1, SERVER),
	    -1);
	play_forget(&s->play);
	play_tell(&s->line, OUT, OCRQ, 5, 0, 0);
	play_tell(&s->line, IN, OCRP, 6, play_id(&s->line), 1);
	play_change(&s->play, ALG_CHANGE_REFUSED, REASON_NO_CALL_ID);
}

static void
test_limit(void **state)
{
	struct alg_config config = play_config();
	struct alg *a;

	config.local_calls = 3;
	a = alg_new(&config);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_not_equal(alg_take_id(a, PUBLIC, i), -1);
	assert_int_equal(alg_take_id(a, PUBLIC, SERVER), -1);
	config.local_calls = 4;			/* not while it runs */
	alg_configure(a, &config);
	assert_int_equal(alg_take_id(a, PUBLIC, SERVER), -1);
	alg_free(a);
}

/* Nothing is left of a pair of addresses when its IDs have rested. */
static void
test_spaces(void **state)
{
	struct scene *s = *state;
	uint32_t used = s->play.alg->spaces.spaces.used;

	for (uint32_t i = 0; i < 100; i++) {
		int id = alg_take_id(s->play.alg, PUBLIC + 1, i);

		assert_int_not_equal(id, -1);
		alg_give_id(s->play.alg, PUBLIC + 1, i, (uint16_t)id,
		    s->play.now);
	}
	assert_int_equal(s->play.alg->spaces.spaces.used, used + 100);
	play_wait(&s->play, 1000);
	assert_int_equal(s->play.alg->spaces.spaces.used, used);
}

/* It is quarantined before it is given again, and leaves nothing behind. */
static void
test_rest(void **state)
{
	struct scene *s = *state;
	struct alg_counters c;
	int last;

	while (
	    (last = take(s)) != -1 && play_counters(&s->play).quarantined == 0)
		if (s->taken[0x1234])
			give(s, 0x1234);
	assert_int_not_equal(last, -1);
	for (int i = 0; i < 40; i++) {		/* its page is not full */
		int mapped = play_call(&s->line, 0x1234, (uint16_t)i);

		assert_int_not_equal(mapped, 0x1234);
		play_tell(&s->line, OUT, CCRQ, 0x1234, 0, 0);
		play_tell(&s->line, IN, CDN, (uint16_t)i, 0, 0);
	}
	play_wait(&s->play, 1000);
	assert_int_equal(play_counters(&s->play).quarantined, 0);
	assert_int_equal(play_call(&s->line, 0x1234, 50), 0x1234);
	for (int id = 0; id < IDS; id++)
		if (s->taken[id])
			give(s, id);
	c = play_counters(&s->play);
	assert_int_not_equal(c.quarantined, 0);
	play_wait(&s->play, 1000);
	assert_int_equal(play_counters(&s->play).quarantined, 0);
	for (int i = 0; i < ALL - 1; i++)
		assert_int_not_equal(take(s), -1);
	assert_int_equal(take(s), -1);
}

/* Nobody can tell the next one from the last ones. */
static void
test_random(void **state)
{
	struct scene *s = *state;
	unsigned near = 0, pages = 0;
	bool page[256] = { false };
	int before = take(s);

	for (int i = 0; i < 1000; i++) {
		int id = take(s);

		near += abs(id - before) < 256;
		page[id >> 8] = true;
		before = id;
	}
	for (int i = 0; i < 256; i++)
		pages += page[i];
	assert_true(near < 50);			/* 8 are to be expected */
	assert_true(pages > 220);		/* 251 */
}

/* After a restart they are gone; quarantined IDs stay so. */
static void
test_restart(void **state)
{
	struct scene *s = *state;
	int id = take(s), given = take(s);
	int mapped = play_call(&s->line, 5, 6);

	give(s, given);
	play_restart(&s->play, 100);
	assert_true(play_gre_passes(&s->line, 5, (uint16_t)mapped, 6));
	assert_int_equal(play_counters(&s->play).quarantined, 0);
	assert_int_equal(play_call(&s->line, (uint16_t)id, 7), id);
	give(s, id = alg_take_id(s->play.alg, PUBLIC, SERVER));
	play_drain(&s->play);
	play_snapshot(&s->play);		/* has quarantined IDs */
	play_restart(&s->play, 100);
	assert_int_equal(play_counters(&s->play).quarantined, 1);
	assert_int_not_equal(play_call(&s->line, (uint16_t)id, 8), id);
	play_wait(&s->play, 1000);
	assert_int_equal(play_counters(&s->play).quarantined, 0);
}

int
main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, set, unset)
	const struct CMUnitTest tests[] = {
		TEST(test_beside_mapped),
		TEST(test_all),
		cmocka_unit_test(test_limit),
		TEST(test_spaces),
		TEST(test_rest),
		TEST(test_random),
		TEST(test_restart),
	};

	return cmocka_run_group_tests_name("local ids", tests, NULL, NULL);
}
