/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cursors, checksums, lists, pools, tables and hashes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alg/base/checksum.h"
#include "alg/base/cursor.h"
#include "alg/base/hash.h"
#include "alg/base/list.h"
#include "alg/base/pool.h"
#include "alg/base/table.h"
#include "tests/unit/wire.h"

static void
test_cursor_reads(void **state)
{
	static const uint8_t bytes[] = { 1, 2, 3, 0xFF, 0xFE, 0xFD, 0xFC, 9 };
	struct cursor c = cursor_of(bytes, sizeof(bytes)), sub;
	const uint8_t *p;
	uint8_t a;
	uint16_t b;
	uint32_t d;

	assert_int_equal(cursor_u8(&c, &a), 0);
	assert_int_equal(cursor_u16(&c, &b), 0);
	assert_int_equal(cursor_u32(&c, &d), 0);
	assert_int_equal(a, 1);
	assert_int_equal(b, 0x0203);
	assert_int_equal(d, 0xFFFEFDFC);
	assert_int_equal(c.left, 1);
	c = cursor_of(bytes, sizeof(bytes));
	assert_int_equal(cursor_sub(&c, 3, &sub), 0);
	assert_int_equal(sub.left, 3);
	assert_int_equal(cursor_bytes(&c, 5, &p), 0);
	assert_ptr_equal(p, bytes + 3);
	assert_int_equal(c.left, 0);
	assert_int_equal(cursor_truncate(&sub, 1), 0);
	assert_int_equal(cursor_u16(&sub, &b), -1);
}

/* What does not fit moves nothing. */
static void
test_cursor_ends(void **state)
{
	static const uint8_t bytes[3] = { 1, 2, 3 };
	struct cursor sub;
	uint16_t b;
	uint32_t d;

	for (size_t len = 0; len <= 3; len++) {
		struct cursor c = cursor_of(bytes, len);

		assert_int_equal(cursor_u32(&c, &d), -1);
		assert_int_equal(cursor_skip(&c, len + 1), -1);
		assert_int_equal(cursor_sub(&c, len + 1, &sub), -1);
		assert_int_equal(cursor_truncate(&c, len + 1), -1);
		assert_int_equal(c.left, len);
		assert_int_equal(cursor_u16(&c, &b), len < 2 ? -1 : 0);
	}
}

static void
test_writer(void **state)
{
	uint8_t bytes[8] = { 0 };
	struct writer w = writer_of(bytes, 7);

	assert_int_equal(writer_u32(&w, 0x01020304) || writer_u16(&w, 0x0506),
	    0);
	assert_int_equal(writer_u16(&w, 0xFFFF), -1);
	assert_int_equal(writer_u32(&w, 0xFFFFFFFF), -1);
	assert_int_equal(writer_u8(&w, 7), 0);
	assert_int_equal(writer_u8(&w, 8), -1);
	assert_memory_equal(bytes, "\1\2\3\4\5\6\7\0", 8);
}

/* Every length, odd ones and the longest packet, against a plain sum. */
static void
test_checksum(void **state)
{
	static uint8_t bytes[65535];
	uint16_t sum;

	srandom(1);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)random();
	for (size_t len = 0; len < 200; len++)
		assert_int_equal(checksum_finish(checksum_add(0, bytes, len)),
		    wire_checksum(0, bytes, len));
	memset(bytes, 0xFF, sizeof(bytes));
	assert_int_equal(checksum_finish(checksum_add(0xFFFFFFFF, bytes,
	    sizeof(bytes))), wire_checksum(0, bytes, sizeof(bytes)));
	bytes[9] = 1;
	sum = wire_checksum(0, bytes, 20);
	wire_put16(bytes + 20, sum);
	assert_int_equal(checksum_finish(checksum_add(0, bytes, 22)), 0);
}

/* RFC 1624: a changed word changes the sum as a new sum would. */
static void
test_checksum_adjust(void **state)
{
	static const uint16_t words[] = { 0, 1, 0x00FF, 0x7FFF, 0x8000,
		0xFFFE, 0xFFFF, 0x5555 };
	uint8_t bytes[20] = { 0x45, 0, 0, 20, 1, 2, 0x40, 0, 64, 6 };
	size_t n = sizeof(words) / sizeof(words[0]);
	uint16_t sum;

	for (size_t i = 0; i < n * n; i++) {
		wire_put16(bytes + 12, words[i / n]);
		sum = wire_checksum(0, bytes, sizeof(bytes));
		wire_put16(bytes + 12, words[i % n]);
		assert_int_equal(checksum_adjust(sum, words[i / n],
		    words[i % n]), wire_checksum(0, bytes, sizeof(bytes)));
	}
}

/* Known answers by another program, checked with SipHash's own vectors. */
static void
test_hash(void **state)
{
	static const struct {
		const char	*key;
		uint32_t	 word[3];
		uint64_t	 hash;
	} t[] = {
		{ "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17", { 0, 0, 0 },
		    0x05e4aec04656a4fb },
		{ "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17", { 1, 2, 3 },
		    0x8e9a72156d13a501 },
		{ "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
		    { 0xCB007101, 0xC6336401, 0xFFFF }, 0x4eb740d6ca7fc4d4 },
		{ "a key of 16 byte",
		    { 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF },
		    0x5b79109fd82b1c66 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct hash_key k = hash_key_of((const uint8_t *)t[i].key);

		assert_true(hash_words(&k, t[i].word[0], t[i].word[1],
		    t[i].word[2]) == t[i].hash);
	}
}

/* The same of 0, 1, ... 15: eight bytes at a time, and what is left. */
static void
test_hash_bytes(void **state)
{
	static const uint64_t hashes[] = {
		0xabac0158050fc4dc, 0xc9f49bf37d57ca93,
		0x82cb9b024dc7d44d, 0x8bf80ab8e7ddf7fb,
		0xcf75576088d38328, 0xdef9d52f49533b67,
		0xc50d2b50c59f22a7, 0xd3927d989bb11140,
		0x369095118d299a8e, 0x25a48eb36c063de4,
		0x79de85ee92ff097f, 0x70c118c1f94dc352,
		0x78a384b157b4d9a2, 0x306f760c1229ffa7,
		0x605aa111c0f95d34, 0xd320d86d2a519956,
		0xcc4fdd1a7d908b66, 0x9cf2689063dbd80c,
		0x8ffc389cb473e63e, 0xf21f9de58d297d1c,
	};
	struct hash_key k = hash_key_of((const uint8_t *)
	    "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17");
	uint8_t bytes[20];

	for (uint8_t n = 0; n < sizeof(bytes); n++) {
		bytes[n] = n;
		assert_true(hash_bytes(&k, bytes, n) == hashes[n]);
	}
}

static void
test_pool(void **state)
{
	struct pool p;
	uint32_t i, n = 0;

	assert_int_equal(pool_init(&p, 5, sizeof(uint64_t)), 0);
	assert_int_equal(pool_next(&p, 0), 0);
	for (i = 1; i <= 5; i++) {
		uint32_t got = pool_take(&p);

		assert_int_equal(*(uint64_t *)pool_at(&p, got), 0);
		*(uint64_t *)pool_at(&p, got) = UINT64_MAX;
	}
	assert_int_equal(pool_take(&p), 0);
	assert_int_equal(p.used, 5);
	pool_give(&p, 2);
	pool_give(&p, 4);
	for (i = pool_next(&p, 1); i != 0; i = pool_next(&p, i + 1))
		assert_int_equal(i, 1 + 2 * n++);
	assert_int_equal(n, 3);
	/* The last that was given is the first to be taken. */
	assert_int_equal(pool_take(&p), 4);
	assert_int_equal(pool_take(&p), 2);
	assert_int_equal(pool_take(&p), 0);
	pool_free(&p);
}

static void
test_pool_of_nothing(void **state)
{
	struct pool p;

	assert_int_equal(pool_init(&p, 0, 8), 0);
	assert_int_equal(pool_take(&p), 0);
	assert_int_equal(pool_next(&p, 1), 0);
	pool_free(&p);
}

static void
list_is(const struct list_link *links, const struct list *l, const char *want)
{
	uint32_t last = 0, i = l->head;

	for (; *want != '\0'; want++, last = i, i = links[i].next) {
		assert_int_equal(i, *want - '0');
		assert_int_equal(links[i].prev, last);
	}
	assert_int_equal(i, 0);
	assert_int_equal(l->tail, last);
}

static void
test_list(void **state)
{
	struct list_link links[6];
	struct list l = { 0, 0 };

	for (uint32_t i = 1; i <= 5; i++)
		list_append(links, &l, i);
	list_is(links, &l, "12345");
	list_remove(links, &l, 3);
	list_is(links, &l, "1245");
	list_remove(links, &l, 1);
	list_is(links, &l, "245");
	list_remove(links, &l, 5);
	list_is(links, &l, "24");
	list_append(links, &l, 1);
	list_is(links, &l, "241");
	list_remove(links, &l, 2);
	list_remove(links, &l, 1);
	list_remove(links, &l, 4);
	list_is(links, &l, "");
	list_append(links, &l, 2);
	list_is(links, &l, "2");
}

static void
chain_is(const struct table *t, uint64_t hash, const char *want)
{
	uint32_t i = table_first(t, hash);

	for (; *want != '\0'; want++, i = table_next(t, i))
		assert_int_equal(i, *want - '0');
	assert_int_equal(i, 0);
}

/* One chain for hashes that differ above the mask only; newest first. */
static void
test_table(void **state)
{
	static const uint64_t h = 0xABCDEF0000000007, g = 7;
	struct table t;

	assert_int_equal(table_init(&t, 5), 0);
	chain_is(&t, h, "");
	table_insert(&t, h, 1);
	table_insert(&t, g, 2);
	table_insert(&t, h, 3);
	table_insert(&t, 8, 4);
	chain_is(&t, g, "321");
	chain_is(&t, 8, "4");
	table_remove(&t, 2);
	chain_is(&t, h, "31");
	table_remove(&t, 3);
	chain_is(&t, h, "1");
	table_insert(&t, g, 5);
	table_remove(&t, 1);
	chain_is(&t, g, "5");
	table_remove(&t, 5);
	chain_is(&t, g, "");
	chain_is(&t, 8, "4");
	table_free(&t);
}

static void
same_is(const struct table *t, uint32_t i, const char *want)
{
	for (; *want != '\0'; want++, i = table_same(t, i))
		assert_int_equal(i, *want - '0');
	assert_int_equal(i, 0);
}

/* Of those with one key only the first is in the chain, beside other keys. */
static void
test_table_same(void **state)
{
	struct table t;

	assert_int_equal(table_init_same(&t, 9), 0);
	table_insert_same(&t, 7, 0, 0, 1);	/* another key */
	table_insert_same(&t, 7, 0, 0, 2);
	table_insert_same(&t, 7, 0, 0, 3);	/* and another one */
	table_insert_same(&t, 7, 2, 0, 4);
	chain_is(&t, 7, "341");
	same_is(&t, 4, "42");
	table_insert_same(&t, 7, 4, 2, 5);
	table_insert_same(&t, 7, 4, 4, 6);
	same_is(&t, 4, "4625");
	table_remove_same(&t, 4);
	chain_is(&t, 7, "361");
	same_is(&t, 6, "625");
	table_remove_same(&t, 2);
	same_is(&t, 6, "65");
	table_remove_same(&t, 3);
	chain_is(&t, 7, "61");
	table_remove_same(&t, 6);
	table_remove_same(&t, 5);
	chain_is(&t, 7, "1");
	same_is(&t, 1, "1");
	table_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cursor_reads),
		cmocka_unit_test(test_cursor_ends),
		cmocka_unit_test(test_writer),
		cmocka_unit_test(test_checksum),
		cmocka_unit_test(test_checksum_adjust),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_hash_bytes),
		cmocka_unit_test(test_pool),
		cmocka_unit_test(test_pool_of_nothing),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_table_same),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
