/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nat/base/ratelimit.h"
#include "nat/endpoint/login_throttle.h"

/* What guessing costs, and how many lines there are about it. */

#define ANN	0x1234
#define BOB	(ANN + LOGIN_THROTTLE_SLOTS)	/* in the same place */
#define EVE	0x4321

static struct login_throttle throttle;
static uint64_t now;

static int
setup(void **state)
{
	memset(&throttle, 0, sizeof(throttle));
	now = 1000000;
	return 0;
}

static void
fails(uint64_t who, int times)
{
	while (times-- > 0)
		login_throttle_count(&throttle, who, now);
}

static uint32_t
delay(uint64_t who)
{
	return login_throttle_delay(&throttle, who, 1000, now);
}

static void
takes_longer_each_time(void **state)
{
	assert_int_equal(delay(ANN), 0);
	fails(ANN, LOGIN_THROTTLE_FREE);
	assert_int_equal(delay(ANN), 0);
	fails(ANN, 1);
	assert_int_equal(delay(ANN), 1000);
	fails(ANN, 1);
	assert_int_equal(delay(ANN), 2000);
	fails(ANN, 100);
	assert_int_equal(delay(ANN), LOGIN_THROTTLE_MAX);
	assert_int_equal(delay(EVE), 0);
}

static void
is_forgotten(void **state)
{
	fails(ANN, LOGIN_THROTTLE_FREE + 2);
	now += LOGIN_THROTTLE_FORGET;
	assert_int_equal(delay(ANN), 1000);
	now += LOGIN_THROTTLE_FORGET;
	assert_int_equal(delay(ANN), 0);
	now += 1000ULL * LOGIN_THROTTLE_FORGET;
	assert_int_equal(delay(ANN), 0);
	fails(ANN, 1);
	assert_int_equal(delay(ANN), 0);
}

static void
never_more_than_the_most(void **state)
{
	fails(ANN, 100);
	assert_int_equal(login_throttle_delay(&throttle, ANN, 10000, now),
	    LOGIN_THROTTLE_MAX);
	assert_int_equal(login_throttle_delay(&throttle, ANN, 0, now), 0);
}

/* Nobody pays for another one; nobody gets free by another one's failure. */
static void
two_in_one_place(void **state)
{
	fails(ANN, 10);
	fails(BOB, 1);
	assert_int_equal(delay(BOB), 0);
	assert_int_equal(delay(ANN), LOGIN_THROTTLE_MAX);
	fails(BOB, 20);
	assert_int_equal(delay(BOB), LOGIN_THROTTLE_MAX);
	assert_int_equal(delay(ANN), 0);
}

static void
lines_have_a_budget(void **state)
{
	struct ratelimit b = { 0 };
	uint32_t suppressed = 9;

	for (int i = 0; i < 5; i++) {
		assert_true(ratelimit_take(&b, 5, 100, now, &suppressed));
		assert_int_equal(suppressed, 0);
	}
	assert_false(ratelimit_take(&b, 5, 100, now, &suppressed));
	assert_false(ratelimit_take(&b, 5, 100, now + 99, &suppressed));
	assert_true(ratelimit_take(&b, 5, 100, now + 200, &suppressed));
	assert_int_equal(suppressed, 2);
	assert_true(ratelimit_take(&b, 5, 100, now + 200, &suppressed));
	assert_int_equal(suppressed, 0);
	assert_false(ratelimit_take(&b, 5, 100, now + 200, &suppressed));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(takes_longer_each_time, setup),
		cmocka_unit_test_setup(is_forgotten, setup),
		cmocka_unit_test_setup(never_more_than_the_most, setup),
		cmocka_unit_test_setup(two_in_one_place, setup),
		cmocka_unit_test_setup(lines_have_a_budget, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
