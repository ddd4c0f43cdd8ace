/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of calls, in memory of our own instead of the kernel's. */
#include <sys/mman.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "nat/bpf/call_map.h"

#define CALLS	100
#define SEED	0x1723

static struct call_map map;
static int memory;

static int
setup(void **state)
{
	memory = memfd_create("calls", MFD_CLOEXEC);
	assert_int_not_equal(memory, -1);
	assert_int_equal(ftruncate(memory, (off_t)(call_map_entries(CALLS) *
	    sizeof(struct fast_slot))), 0);
	assert_int_equal(call_map_open(&map, memory, CALLS, SEED), 0);
	return 0;
}

static int
teardown(void **state)
{
	call_map_close(&map);
	close(memory);
	return 0;
}

static struct fast_key
key_of(uint16_t id)
{
	return (struct fast_key){ .outside = 1, .here = 2, .id = id };
}

static int
put_call(uint16_t id)
{
	const struct fast_key key = key_of(id);
	const struct fast_call call = { .address = 3, .id = id };

	return call_map_put(&map, &key, &call);
}

static struct fast_slot *
find_id(uint16_t id)
{
	const struct fast_key key = key_of(id);

	return call_map_find(&map, &key);
}

static void
fill(void)
{
	for (uint16_t id = 0; id < CALLS; id++)
		assert_int_equal(put_call(id), 0);
}

/* What is there stays as it is, and a place that is free again is taken. */
static void
test_full(void **state)
{
	fill();
	assert_int_equal(put_call(CALLS), -1);
	assert_int_equal(errno, E2BIG);
	assert_int_equal(put_call(7), 0);	/* is there already */
	for (uint16_t id = 0; id < CALLS; id++)
		assert_int_equal(find_id(id)->call.id, id);
	call_map_remove(&map, find_id(7));
	assert_null(find_id(7));
	assert_int_equal(put_call(CALLS), 0);
	assert_non_null(find_id(CALLS));
}

/* The next daemon finds them, and how many there are. */
static void
test_opened_again(void **state)
{
	struct fast_slot *slot = NULL;
	uint32_t n = 0;

	fill();
	call_map_close(&map);
	assert_int_equal(call_map_open(&map, memory, CALLS, SEED), 0);
	assert_int_equal(map.used, CALLS);
	while ((slot = call_map_next(&map, slot)) != NULL)
		n++;
	assert_int_equal(n, CALLS);
	assert_int_equal(put_call(CALLS), -1);
}

/* A call that takes a place has no way yet, whatever was there. */
static void
test_no_way(void **state)
{
	struct fast_slot *slot;

	assert_int_equal(put_call(1), 0);
	slot = find_id(1);
	slot->call.packets = 9;
	memset(&slot->way, 0xFF, sizeof(slot->way));
	assert_int_equal(put_call(1), 0);
	assert_int_equal(slot->way.asked, 0);
	assert_int_equal(slot->call.at, slot - map.slot);
}

/* Looks as the programs do, until there is nothing; how often it was away. */
static void *
look(void *arg)
{
	const volatile struct fast_slot *slot = arg;
	uintptr_t away = 0;

	while (slot->key.id != 0)
		if (slot->key.outside == 0 || slot->call.address == 0)
			away++;
	return (void *)away;
}

/*
 * An outside host calls again with the ID of a call that is still there: one
 * key, two calls.  The packets of neither may find nothing.
 */
static void
test_another_under_its_key(void **state)
{
	const struct fast_key key = key_of(1);
	struct fast_slot *slot;
	pthread_t looker;
	void *away;

	assert_int_equal(put_call(1), 0);
	slot = find_id(1);
	assert_int_equal(pthread_create(&looker, NULL, look, slot), 0);
	for (uint32_t n = 1; n < 300000; n++) {
		const struct fast_call call = { .address = n };

		assert_int_equal(call_map_put(&map, &key, &call), 0);
	}
	((volatile struct fast_slot *)slot)->key.id = 0;
	assert_int_equal(pthread_join(looker, &away), 0);
	assert_null(away);
	assert_int_equal(slot->call.address, 299999);
	assert_int_equal(map.used, 1);
}

/* Calls of other hosts with the ID of one that is there. */
static struct fast_key
stray_key(uint32_t here)
{
	return (struct fast_key){ .outside = 1, .here = here, .id = 7 };
}

static void
put_strays(uint32_t from)
{
	for (uint32_t here = from; here < CALLS; here += 2) {
		const struct fast_key key = stray_key(here);
		const struct fast_call call = { .address = here };

		assert_int_equal(call_map_put(&map, &key, &call), 0);
	}
}

static void
remove_strays(uint32_t from)
{
	for (uint32_t here = from; here < CALLS; here += 2) {
		const struct fast_key key = stray_key(here);

		call_map_remove(&map, call_map_find(&map, &key));
		assert_null(call_map_find(&map, &key));
	}
}

static void
find_strays(uint32_t from)
{
	for (uint32_t here = from; here < CALLS; here += 2) {
		const struct fast_key key = stray_key(here);
		const struct fast_slot *slot = call_map_find(&map, &key);

		assert_non_null(slot);
		assert_int_equal(slot->call.address, here);
	}
}

/* The first of them may be at home, and then go, or another take its place. */
static void
test_strays(void **state)
{
	const uint32_t others = 1000;

	for (uint32_t first = 0; first < 2; first++) {
		put_strays(first);
		put_strays(1 - first);
		find_strays(0);
		find_strays(1);
		remove_strays(first);
		find_strays(1 - first);
		for (uint32_t id = 0; id < CALLS / 2; id++)
			assert_int_equal(put_call((uint16_t)(others + id)), 0);
		assert_int_equal(put_call(1), -1);
		find_strays(1 - first);
		remove_strays(1 - first);
		for (uint32_t id = 0; id < CALLS / 2; id++)
			call_map_remove(&map,
			    find_id((uint16_t)(others + id)));
		assert_int_equal(map.used, 0);
		assert_null(call_map_next(&map, NULL));
	}
	fill();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_full, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_opened_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_way, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_another_under_its_key, setup, teardown),
		cmocka_unit_test_setup_teardown(test_strays, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
