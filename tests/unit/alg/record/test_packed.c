/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is packed comes out as it was, and never more than there is room for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "alg/record/packed.h"

#define SIZE	1000

static uint8_t plain[SIZE], packed[PACKED_MAX(SIZE)], back[SIZE + 1];

static size_t
pack_and_back(size_t n)
{
	size_t len = packed_write(packed, plain, n);

	assert_true(len <= PACKED_MAX(n));
	memset(back, 0xee, sizeof(back));
	assert_int_equal(packed_read(cursor_of(packed, len), back, n), n);
	assert_memory_equal(back, plain, n);
	assert_int_equal(back[n], 0xee);
	return len;
}

/* Runs of any length, of zeros and of others, next to each other. */
static void
test_runs(void **state)
{
	for (size_t zeros = 0; zeros < 300; zeros++) {
		for (size_t others = 0; others < 300; others += 7) {
			memset(plain, 1, sizeof(plain));
			memset(plain + others, 0, zeros);
			pack_and_back(others + zeros);
			pack_and_back(others + zeros + 3);
		}
	}
}

static void
test_random(void **state)
{
	for (unsigned int seed = 0; seed < 2000; seed++) {
		long density = 1 + (long)(seed % 20);

		srandom(seed);
		for (size_t i = 0; i < SIZE; i++)
			plain[i] = random() % density == 0 ?
			    (uint8_t)random() : 0;
		pack_and_back((size_t)random() % (SIZE + 1));
	}
}

/* Mostly zeros are little, nothing of them is hardly more than it was. */
static void
test_size(void **state)
{
	memset(plain, 0, SIZE);
	assert_in_range(pack_and_back(SIZE), 1, 10);
	memset(plain, 1, SIZE);
	assert_in_range(pack_and_back(SIZE), SIZE, PACKED_MAX(SIZE));
	assert_int_equal(pack_and_back(0), 0);
}

/* A part is a part, and says how long the whole is; an end in the middle. */
static void
test_parts(void **state)
{
	size_t len;

	memset(plain, 1, SIZE);
	memset(plain + 10, 0, 100);
	len = packed_write(packed, plain, SIZE);
	for (size_t n = 0; n < SIZE; n++) {
		memset(back, 0xee, sizeof(back));
		assert_int_equal(
		    packed_read(cursor_of(packed, len), back, n), SIZE);
		assert_memory_equal(back, plain, n);
		assert_int_equal(back[n], 0xee);
	}
	assert_true(packed_read(cursor_of(packed, len - 1), back, SIZE) ==
	    SIZE_MAX);
	assert_true(packed_read(cursor_of(packed, 5), back, SIZE) == SIZE_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
