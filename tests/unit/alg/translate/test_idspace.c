/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ID spaces and their quarantine, used alone. */
#include <stdlib.h>

#include "alg/translate/state.h"
#include "tests/unit/play.h"

#define PUBLIC	0xCB007101
#define PEER	0xC6336401
#define IDS	65536

/* A translator whose ID spaces are used alone. */
struct scene {
	struct alg	*alg;
	uint32_t	 space;
	uint16_t	 refusal;
	bool		 taken[IDS];
};

static int
set(void **state)
{
	struct alg_config config = play_config();
	struct scene *s = calloc(1, sizeof(*s));

	config.connections = 1024;
	config.quarantine = 1000;
	s->alg = alg_new(&config);
	s->space = idspace_get(s->alg, PUBLIC, PEER);
	assert_int_not_equal(s->space, 0);
	s->refusal = idspace_refusal(s->alg, s->space);
	*state = s;
	return 0;
}

static int
unset(void **state)
{
	struct scene *s = *state;

	alg_free(s->alg);
	free(s);
	return 0;
}

static struct alg_counters
counters(const struct scene *s)
{
	struct alg_counters c;

	alg_counters(s->alg, &c);
	return c;
}

static void
later(struct scene *s, uint64_t ms)
{
	alg_tick(s->alg, s->alg->now + ms);
}

/* Takes an ID, which nobody has. */
static int
take(struct scene *s, uint16_t want)
{
	int id = idspace_take(s->alg, s->space, want);

	if (id == IDSPACE_NONE)
		return id;
	assert_in_range(id, 0, IDS - 1);
	assert_false(s->taken[id]);
	assert_int_not_equal(id, s->refusal);
	s->taken[id] = true;
	return id;
}

static void
give(struct scene *s, int id, bool rest)
{
	if (rest)
		idspace_quarantine(s->alg, s->space, (uint16_t)id, s->alg->now);
	else
		idspace_release(s->alg, s->space, (uint16_t)id);
	s->taken[id] = rest;
}

/* A number that is not the refusal's, nor near it. */
static uint16_t
ordinary(const struct scene *s, uint16_t id)
{
	return (uint16_t)(s->refusal ^ 0x8000 ^ id);
}

static void
test_wanted(void **state)
{
	struct scene *s = *state;
	uint16_t id = ordinary(s, 0);

	assert_int_equal(take(s, id), id);
	assert_int_equal(take(s, id) >> 8, id >> 8);
	give(s, id, false);
	assert_int_equal(take(s, id), id);
	assert_true(idspace_claim(s->alg, s->space, ordinary(s, 0x100)));
	assert_false(idspace_claim(s->alg, s->space, ordinary(s, 0x100)));
	assert_false(idspace_claim(s->alg, s->space, s->refusal));
	assert_int_not_equal(take(s, s->refusal), s->refusal);
}

/* All are usable but the one for refusals; one wanted by all. */
static void
test_all(void **state)
{
	struct scene *s = *state;
	int id;

	for (int i = 0; i < IDS - 1; i++)
		assert_int_not_equal(take(s, 5), IDSPACE_NONE);
	assert_int_equal(take(s, 5), IDSPACE_NONE);
	assert_int_equal(idspace_take_low(s->alg, s->space, 5), IDSPACE_NONE);
	assert_int_equal(idspace_take_in_page(s->alg, s->space, 5),
	    IDSPACE_NONE);
	/* Another server's are all free. */
	id = (int)idspace_get(s->alg, PUBLIC, PEER + 1);
	assert_int_not_equal(idspace_take(s->alg, (uint32_t)id, 5),
	    IDSPACE_NONE);
	for (int i = 0; i < IDS; i++) {
		if (i != s->refusal)
			give(s, i, false);
	}
	/* And again, now that every page was full once. */
	for (int i = 0; i < IDS - 1; i++)
		assert_int_not_equal(take(s, 5), IDSPACE_NONE);
}

/* In its page as long as there is one, then elsewhere, never the refusal's. */
static void
test_pages(void **state)
{
	struct scene *s = *state;
	uint8_t page = s->refusal >> 8;

	for (int i = 0; i < 255; i++) {
		int id = i % 2 ? idspace_take_low(s->alg, s->space, page) :
		    idspace_take_in_page(s->alg, s->space, page);

		assert_int_equal(id >> 8, page);
		assert_false(s->taken[id]);
		s->taken[id] = true;
	}
	assert_false(s->taken[s->refusal]);
	assert_int_equal(idspace_take_low(s->alg, s->space, page),
	    IDSPACE_NONE);
	assert_int_not_equal(idspace_take_in_page(s->alg, s->space, page) >>
	    8, page);
}

static void
test_quarantine(void **state)
{
	struct scene *s = *state;
	uint16_t id = ordinary(s, 0);

	take(s, id);
	give(s, id, true);
	assert_int_equal(counters(s).quarantined, 1);
	assert_int_not_equal(take(s, id), id);
	later(s, 999);
	assert_int_equal(counters(s).quarantined, 1);
	later(s, 1);
	assert_int_equal(counters(s).quarantined, 0);
	s->taken[id] = false;
	assert_int_equal(take(s, id), id);
}

/* When nothing else is left, the one that has rested longest goes first. */
static void
test_cut_quarantine(void **state)
{
	struct scene *s = *state;
	uint32_t other = idspace_get(s->alg, PUBLIC + 1, PEER);

	idspace_claim(s->alg, s->space, ordinary(s, 0));
	idspace_quarantine(s->alg, s->space, ordinary(s, 0), s->alg->now);
	later(s, 1000);
	for (int i = 0; i < IDS - 1; i++)
		take(s, 5);
	for (uint16_t i = 0; i < 10; i++) {
		give(s, ordinary(s, i), true);
		/* What is quarantined in another space is of no use here. */
		idspace_take(s->alg, other, i);
		idspace_quarantine(s->alg, other, i, s->alg->now);
		later(s, 1);
	}
	for (uint16_t i = 0; i < 10; i++) {
		s->taken[ordinary(s, i)] = false;
		assert_int_equal(take(s, 5), ordinary(s, i));
	}
	assert_int_equal(take(s, 5), IDSPACE_NONE);
	assert_int_equal(counters(s).reasons[REASON_QUARANTINE_CUT], 10);
	assert_int_equal(counters(s).quarantined, 10);
	later(s, 1000);
	assert_int_equal(counters(s).quarantined, 0);
	/* None of those that were taken early came free by the tick. */
	assert_int_equal(take(s, 5), IDSPACE_NONE);
	give(s, ordinary(s, 3), true);
	s->taken[ordinary(s, 3)] = false;
	assert_int_equal(take(s, 5), ordinary(s, 3));
}

/* A space is kept by its holders and by quarantined IDs, no longer. */
static void
test_spaces_come_and_go(void **state)
{
	struct scene *s = *state;
	uint32_t space[1024], used = s->alg->spaces.spaces.used;

	for (int n = 0; n < 5; n++) {
		for (uint32_t i = 0; i < 1024; i++) {
			space[i] = idspace_get(s->alg, PUBLIC, i);
			assert_int_not_equal(space[i], 0);
			assert_int_equal(idspace_get(s->alg, PUBLIC, i),
			    space[i]);
			idspace_put(s->alg, space[i]);
			idspace_take(s->alg, space[i], 1);
		}
		for (uint32_t i = 0; i < 1024; i++) {
			if (i % 2)
				idspace_quarantine(
				    s->alg, space[i], 1, s->alg->now);
			else
				idspace_release(s->alg, space[i], 1);
			idspace_put(s->alg, space[i]);
		}
		assert_int_equal(s->alg->spaces.spaces.used, used + 512);
		later(s, 1000);
		assert_int_equal(s->alg->spaces.spaces.used, used);
		assert_int_equal(s->alg->spaces.pages.used, used);
	}
}

/* More in quarantine than there is room for: the oldest leaves it early. */
static void
test_ring_full(void **state)
{
	struct scene *s = *state;
	uint32_t room = s->alg->spaces.mask + 1;
	uint32_t space[4];

	for (uint32_t i = 0; i < 4; i++)
		space[i] = idspace_get(s->alg, PUBLIC, i);
	for (uint32_t n = 0; n < 3 * room; n++) {
		int id = idspace_take(s->alg, space[n % 4], (uint16_t)(n / 4));

		assert_int_not_equal(id, IDSPACE_NONE);
		idspace_quarantine(
		    s->alg, space[n % 4], (uint16_t)id, s->alg->now);
		assert_true(counters(s).quarantined <= room);
	}
	for (uint32_t i = 0; i < 4; i++)
		idspace_put(s->alg, space[i]);
	later(s, 1000);
	assert_int_equal(counters(s).quarantined, 0);
	assert_int_equal(s->alg->spaces.spaces.used, 1);
}

/* Random use, against an array: nothing is given twice or lost. */
static void
test_random_use(void **state)
{
	struct scene *s = *state;
	static uint64_t rested[IDS];
	static uint8_t is[IDS];		/* 0 free, 1 taken, 2 in quarantine */
	uint32_t used = 0;

	srandom(2);
	for (int n = 0; n < 300000; n++) {
		uint16_t want = (uint16_t)(random() % 2048);
		int id;

		if (random() % 64 == 0)
			later(s, 100);
		if (is[want] == 2 && s->alg->now - rested[want] >= 1000)
			is[want] = 0;
		if (is[want] == 1) {
			is[want] = random() % 2 ? 2 : 0;
			rested[want] = s->alg->now;
			give(s, want, is[want] == 2);
			s->taken[want] = false;
			used--;
			continue;
		}
		id = take(s, want);
		assert_int_not_equal(id, IDSPACE_NONE);
		/* The wanted one if that was to be had. */
		assert_int_equal(id == want, is[want] == 0 &&
		    want != s->refusal);
		assert_true(is[id] == 0 || (is[id] == 2 &&
		    s->alg->now - rested[id] >= 1000));
		is[id] = 1;
		used++;
	}
	for (int id = 0; id < IDS; id++) {
		if (is[id] == 1)
			give(s, id, false);
	}
	later(s, 1000);
	assert_int_equal(counters(s).quarantined, 0);
	assert_int_equal(s->alg->spaces.pages.used, 1);
}

int
main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, set, unset)
	const struct CMUnitTest tests[] = {
		TEST(test_wanted),
		TEST(test_all),
		TEST(test_pages),
		TEST(test_quarantine),
		TEST(test_cut_quarantine),
		TEST(test_spaces_come_and_go),
		TEST(test_ring_full),
		TEST(test_random_use),
	};

	return cmocka_run_group_tests_name("idspace", tests, NULL, NULL);
}
