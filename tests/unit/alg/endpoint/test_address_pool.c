/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pools of addresses: taken, claimed, reserved, given back. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alg/endpoint/address_pool.h"
#include "alg/endpoint/quota.h"

#define NET	0x0A000000	/* 10.0.0.0 */

static uint32_t
take(struct address_pool *l, uint64_t user)
{
	return address_pool_take(l, user, NULL, NULL);
}

static struct address_pool
pool(uint32_t first, uint32_t last)
{
	const struct address_pool_range range = { NET + first, NET + last };
	struct address_pool l;

	assert_int_equal(address_pool_init(&l, &range, 1), 0);
	return l;
}

/* Each once, in order, then none; the one given back first comes first. */
static void
test_take_and_give(void **state)
{
	struct address_pool l = pool(10, 19);

	for (uint32_t i = 10; i <= 19; i++)
		assert_int_equal(take(&l, 0), NET + i);
	assert_int_equal(take(&l, 0), 0);
	assert_int_equal(l.taken, 10);
	address_pool_give(&l, NET + 15);
	address_pool_give(&l, NET + 12);
	address_pool_give(&l, NET + 12);		/* twice: no effect */
	address_pool_give(&l, NET + 99);
	assert_int_equal(l.taken, 8);
	assert_int_equal(take(&l, 0), NET + 15);
	assert_int_equal(take(&l, 0), NET + 12);
	assert_int_equal(take(&l, 0), 0);
	address_pool_free(&l);
}

/* 192.168.0-3.2 is four addresses; what overlaps is there once. */
static void
test_ranges(void **state)
{
	static const struct address_pool_range ranges[] = {
		{ NET + 0x302, NET + 0x302 }, { NET + 2, NET + 2 },
		{ NET + 0x102, NET + 0x102 }, { NET + 5, NET + 9 },
		{ NET + 7, NET + 12 }, { NET + 6, NET + 8 },
		{ 0xFFFFFFFE, 0xFFFFFFFF }, { 0, 0 },
		{ NET + 2, NET + 2 }, { NET + 0x202, NET + 0x202 },
	};
	bool seen[16] = { false };
	struct address_pool l;
	uint32_t n = 0, a;

	assert_int_equal(address_pool_init(&l, ranges, 10), 0);
	assert_int_equal(l.size, 4 + 8 + 2 + 1);
	for (uint32_t i = 0; i < l.size; i++) {
		a = take(&l, 0);
		assert_false(address_pool_choose(&l, a));
		n += a >> 24 == 10;
		if (a > NET && a < NET + 16) {
			assert_false(seen[a - NET]);
			seen[a - NET] = true;
		}
	}
	assert_int_equal(n, 12);
	for (uint32_t i = 0; i < 16; i++) {
		assert_int_equal(seen[i], i == 2 || (i >= 5 && i <= 12));
		address_pool_give(&l, NET + i);
		address_pool_reserve(&l, NET + i, i == 5);
		assert_int_equal(
		    address_pool_choose(&l, NET + i), seen[i] && i != 5);
		assert_false(address_pool_choose(&l, NET + i));
	}
	address_pool_free(&l);
}

static void
test_bad_ranges(void **state)
{
	const struct address_pool_range turned = { 5, 4 },
					all = { 0, 0xFFFFFFFF };
	struct address_pool l;

	assert_int_equal(address_pool_init(&l, &turned, 1), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(address_pool_init(&l, &all, 1), -1);
	assert_int_equal(errno, E2BIG);
	assert_int_equal(address_pool_init(&l, NULL, 0), 0);
	assert_int_equal(take(&l, 0), 0);
	assert_false(address_pool_choose(&l, 5));
	address_pool_free(&l);
}

/* The same address again, as long as nobody else has it. */
static void
test_same_user(void **state)
{
	struct address_pool l = pool(1, 4);
	uint32_t one = take(&l, 11), two = take(&l, 22);

	address_pool_give(&l, two);
	address_pool_give(&l, one);
	assert_int_equal(take(&l, 11), one);
	assert_int_not_equal(take(&l, 11), one);	/* a second login */
	assert_int_not_equal(take(&l, 33), two);
	assert_int_equal(take(&l, 44), two);	/* the last there is */
	address_pool_give(&l, two);
	assert_int_equal(take(&l, 22), two);	/* not 22's any more */
	address_pool_give(&l, one);
	assert_int_equal(take(&l, 22), one);
	assert_int_equal(take(&l, 11), 0);
	address_pool_free(&l);
}

static void
test_fixed(void **state)
{
	struct address_pool l = pool(1, 4);

	address_pool_reserve(&l, NET + 1, true);
	address_pool_exclude(&l, NET + 2, true);
	assert_int_equal(take(&l, 0), NET + 3);
	address_pool_reserve(&l, NET + 3, true);	/* while it is taken */
	assert_false(address_pool_claim(&l, NET + 3));
	assert_true(address_pool_claim(&l, NET + 1));
	assert_false(address_pool_claim(&l, NET + 1));
	assert_false(address_pool_claim(&l, NET + 2));
	assert_true(
	    address_pool_claim(&l, NET + 4)); /* not reserved, but free */
	assert_true(address_pool_claim(&l, NET + 99));	/* not ours to know */
	address_pool_give(&l, NET + 3);
	assert_int_equal(take(&l, 0), 0);
	assert_true(address_pool_claim(&l, NET + 3));
	address_pool_give(&l, NET + 3);
	address_pool_reserve(&l, NET + 3, false);
	address_pool_reserve(&l, NET + 3, false);
	assert_int_equal(take(&l, 0), NET + 3);
	address_pool_exclude(&l, NET + 2, false);
	assert_int_equal(take(&l, 0), NET + 2);
	address_pool_reserve(&l, NET + 1, false);	/* while it is taken */
	assert_int_equal(take(&l, 0), 0);
	address_pool_give(&l, NET + 1);
	assert_int_equal(take(&l, 0), NET + 1);
	assert_int_equal(l.taken, 4);
	address_pool_free(&l);
}

#define MANY	64

/* Anything in any order, beside a list of who has what. */
static void
test_chaos(void **state)
{
	struct address_pool l = pool(0, MANY - 1);
	bool taken[MANY] = { false }, kept[MANY] = { false };
	uint32_t n = 0, a;

	srandom(1);
	for (int turn = 0; turn < 20000; turn++) {
		uint32_t i = (uint32_t)random() % MANY;

		switch (random() % 4) {
		case 0:
			a = take(&l, (uint64_t)(random() % 8));
			if (a == 0)
				break;
			a -= NET;
			assert_in_range(a, 0, MANY - 1);
			assert_false(taken[a] || kept[a]);
			taken[a] = true;
			n++;
			break;
		case 1:
			address_pool_give(&l, NET + i);
			n -= taken[i];
			taken[i] = false;
			break;
		case 2:
			assert_int_equal(
			    address_pool_claim(&l, NET + i), !taken[i]);
			n += !taken[i];
			taken[i] = true;
			break;
		default:
			kept[i] = !kept[i];
			address_pool_reserve(&l, NET + i, kept[i]);
		}
		assert_int_equal(l.taken, n);
	}
	for (a = 0; a < MANY; a++) {		/* nothing is lost */
		address_pool_give(&l, NET + a);
		address_pool_reserve(&l, NET + a, false);
	}
	for (a = 0; a < MANY; a++)
		assert_int_not_equal(take(&l, 0), 0);
	address_pool_free(&l);
}

static void
test_counts_by_owner(void **state)
{
	struct quota l;

	assert_int_equal(quota_init(&l, 5), 0);
	assert_int_equal(quota_count(&l, 77), 0);
	assert_int_equal(quota_oldest(&l, 77), 0);
	quota_add(&l, 77, 3);
	quota_add(&l, 77, 1);
	quota_add(&l, 77 + (1ULL << 40), 2);	/* same place in the table */
	quota_add(&l, 0, 5);
	assert_int_equal(quota_count(&l, 77), 2);
	assert_int_equal(quota_oldest(&l, 77), 3);
	assert_int_equal(quota_count(&l, 0), 1);
	quota_remove(&l, 3);
	quota_remove(&l, 3);
	assert_int_equal(quota_oldest(&l, 77), 1);
	quota_add(&l, 77, 3);
	assert_int_equal(quota_oldest(&l, 77), 1);
	quota_remove(&l, 1);
	quota_remove(&l, 3);
	assert_int_equal(quota_count(&l, 77), 0);
	assert_int_equal(quota_count(&l, 77 + (1ULL << 40)), 1);
	for (uint32_t thing = 1; thing <= 5; thing++) {
		quota_remove(&l, thing);
		quota_add(&l, 1000 + thing, thing);	/* one each: fits */
	}
	quota_free(&l);
}

/* Ranks follow what owners have; the first who had so much comes first. */
static void
test_greediest(void **state)
{
	struct quota l;
	uint32_t count, thing;

	assert_int_equal(quota_init(&l, 200), 0);
	assert_int_equal(quota_greediest(&l, &count), 0);
	assert_int_equal(count, 0);
	quota_add(&l, 1, 10);
	quota_add(&l, 2, 20);
	assert_int_equal(quota_greediest(&l, &count), 10);
	quota_add(&l, 2, 21);
	assert_int_equal(quota_greediest(&l, &count), 20);
	assert_int_equal(count, 2);
	quota_add(&l, 1, 11);
	assert_int_equal(quota_greediest(&l, &count), 20);
	quota_remove(&l, 20);
	assert_int_equal(quota_greediest(&l, &count), 10);
	for (thing = 100; thing < 200; thing++)
		quota_add(&l, 3, thing);
	assert_int_equal(quota_greediest(&l, &count), 100);
	assert_int_equal(count, 100);
	for (thing = 100; thing < 200; thing++)
		quota_remove(&l, thing);
	assert_int_equal(quota_greediest(&l, &count), 10);
	quota_remove(&l, 10);
	quota_remove(&l, 11);
	assert_int_equal(quota_greediest(&l, &count), 21);
	quota_remove(&l, 21);
	assert_int_equal(quota_greediest(&l, &count), 0);
	quota_free(&l);
}

static bool
is_even(void *arg, uint32_t address)
{
	return address % 2 == 0;
}

/* Also after the user had another one. */
static void
only_what_fits(void **state)
{
	struct address_pool l = pool(1, 4);

	assert_int_equal(take(&l, 7), NET + 1);
	address_pool_give(&l, NET + 1);
	assert_int_equal(address_pool_take(&l, 7, is_even, NULL), NET + 2);
	assert_int_equal(address_pool_take(&l, 8, is_even, NULL), NET + 4);
	assert_int_equal(address_pool_take(&l, 9, is_even, NULL), 0);
	assert_int_equal(take(&l, 0), NET + 3);
	assert_int_equal(take(&l, 7), NET + 1);
	address_pool_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_fits),
		cmocka_unit_test(test_take_and_give),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_bad_ranges),
		cmocka_unit_test(test_same_user),
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_chaos),
		cmocka_unit_test(test_counts_by_owner),
		cmocka_unit_test(test_greediest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
