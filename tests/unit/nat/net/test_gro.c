/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between GRE and the host: segments that are joined and cut again are the
 * same as before; what must not be joined is not; the maximum segment size.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alg/base/checksum.h"
#include "nat/net/gro.h"
#include "nat/net/mss.h"
#include "nat/net/tso.h"
#include "nat/net/tun.h"

#define PACKETS		64
#define ROOM		1500
#define HEADERS		52		/* IP 20, TCP 20, options 12 */
#define SEQ		0xFFFFF000U	/* wraps soon */

/* What was written to the device, cut again as the kernel would. */
static struct tso burst;
static uint8_t seen[PACKETS * 2][ROOM];
static size_t seen_len[PACKETS * 2], nseen, nwrites;

int
tun_write(struct tun *t, const struct iovec *pieces, int n)
{
	size_t len = 0;
	int i;

	assert_int_equal(pieces[0].iov_len, sizeof(burst.how));
	memcpy(&burst.how, pieces[0].iov_base, sizeof(burst.how));
	for (i = 1; i < n; i++) {
		assert_true(len + pieces[i].iov_len <= TSO_MAX);
		memcpy(burst.bytes + len, pieces[i].iov_base,
		    pieces[i].iov_len);
		len += pieces[i].iov_len;
	}
	nwrites++;
	tso_start(&burst, len);
	while ((len = tso_next(&burst, seen[nseen], ROOM)) > 0)
		seen_len[nseen++] = len;
	return 0;
}

static void
put32(uint8_t *to, uint32_t v)
{
	to[0] = (uint8_t)(v >> 24);
	to[1] = (uint8_t)(v >> 16);
	to[2] = (uint8_t)(v >> 8);
	to[3] = (uint8_t)v;
}

static void
put16(uint8_t *to, uint16_t v)
{
	to[0] = (uint8_t)(v >> 8);
	to[1] = (uint8_t)v;
}

static void
finish(uint8_t *p, size_t len)
{
	uint32_t sum = checksum_pseudo(p, 6, len - 20);

	put16(p + 2, (uint16_t)len);
	put16(p + 10, 0);
	put16(p + 10, checksum_finish(checksum_add(0, p, 20)));
	put16(p + 36, 0);
	put16(p + 36, checksum_finish(checksum_add(sum, p + 20, len - 20)));
}

/* A TCP segment of a connection with that port. */
static size_t
segment(uint8_t *p, uint16_t id, uint16_t port, uint32_t seq, uint8_t flags,
    size_t payload)
{
	static const uint8_t options[12] = { 1, 1, 8, 10, 1, 2, 3, 4, 5, 6 };
	size_t i, len = HEADERS + payload;

	memset(p, 0, HEADERS);
	p[0] = 0x45;
	put16(p + 4, id);
	p[8] = 64;
	p[9] = 6;
	put32(p + 12, 0x0A630001);
	put32(p + 16, 0x0A63000A);
	put16(p + 20, port);
	put16(p + 22, 5201);
	put32(p + 24, seq);
	put32(p + 28, 12345);
	p[32] = 8 << 4;
	p[33] = flags;
	put16(p + 34, 1000);
	memcpy(p + 40, options, sizeof(options));
	for (i = 0; i < payload; i++)
		p[HEADERS + i] = (uint8_t)(seq + i * 7);
	finish(p, len);
	return len;
}

static struct tun *const device = (struct tun *)(uintptr_t)8;

/* Joins packets, and counts how often the device was written. */
static size_t
run(uint8_t (*packets)[ROOM], const size_t *len, size_t n)
{
	struct gro *g = gro_new();
	size_t i;

	assert_non_null(g);
	nseen = nwrites = 0;
	for (i = 0; i < n; i++)
		gro_add(g, device, packets[i], len[i]);
	gro_flush(g);
	assert_int_equal(gro_refused(g), 0);
	gro_free(g);
	return nwrites;
}

static uint8_t packets[PACKETS][ROOM], before[PACKETS][ROOM];
static size_t lens[PACKETS];

static void
check_same(size_t n)
{
	size_t i;

	assert_int_equal(nseen, n);
	for (i = 0; i < n; i++) {
		assert_int_equal(seen_len[i], lens[i]);
		assert_memory_equal(seen[i], before[i], lens[i]);
	}
}

/* All of one connection, full but the last. */
static void
test_one_connection(void **state)
{
	uint32_t seq = SEQ;
	size_t i, n = 40;

	for (i = 0; i < n; i++) {
		size_t payload = i == n - 1 ? 333 : 1300;

		lens[i] = segment(packets[i], (uint16_t)(0xFFF0 + i), 1, seq,
		    i == n - 1 ? 0x18 : 0x10, payload);
		seq += (uint32_t)payload;
	}
	memcpy(before, packets, sizeof(before));
	assert_int_equal(run(packets, lens, n), 1);
	check_same(n);
}

/* More than one large packet may have. */
static void
test_too_many(void **state)
{
	size_t i, n = 60;

	for (i = 0; i < n; i++)
		lens[i] = segment(packets[i], (uint16_t)i, 1,
		    SEQ + (uint32_t)i * 1400, 0x10, 1400);
	memcpy(before, packets, sizeof(before));
	assert_int_equal(run(packets, lens, n), 2);
	check_same(n);
}

/* Changes of a second segment after which it must not be joined. */
static const struct {
	const char	*name;
	size_t		 at;
	uint8_t		 change;
	int		 keep_sums;
} changes[] = {
	{ "gap", 27, 1, 0 }, { "acknowledgement", 31, 1, 0 },
	{ "window", 35, 1, 0 }, { "options", 45, 1, 0 },
	{ "urgent", 33, 0x20, 0 }, { "fin", 33, 0x01, 0 },
	{ "type of service", 1, 4, 0 }, { "time to live", 8, 1, 0 },
	{ "don't fragment", 6, 0x40, 0 }, { "port", 21, 1, 0 },
	{ "address", 15, 1, 0 }, { "payload corrupt", 600, 1, 1 },
	{ "header corrupt", 10, 1, 1 }
};

static void
test_not_joined(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		lens[0] = segment(packets[0], 1, 1, 1000, 0x10, 1000);
		lens[1] = segment(packets[1], 2, 1, 2000, 0x10, 1000);
		packets[1][changes[i].at] ^= changes[i].change;
		if (!changes[i].keep_sums)
			finish(packets[1], lens[1]);
		if (run(packets, lens, 2) != 2)
			fail_msg("joined: %s", changes[i].name);
	}
}

/* Random connections and sizes: each gets its own bytes in order. */
static void
test_mixed(void **state)
{
	uint32_t seq[4];
	size_t round, i, k, at;
	unsigned int port;

	srand(1);
	for (round = 0; round < 300; round++) {
		for (i = 0; i < 4; i++)
			seq[i] = (uint32_t)rand();
		for (i = 0; i < PACKETS; i++) {
			size_t payload = rand() % 4 ? 1200 :
			    (size_t)(rand() % 1201);

			port = (unsigned int)rand() % 4;
			lens[i] = segment(packets[i], (uint16_t)i,
			    (uint16_t)port, seq[port], rand() % 8 ? 0x10 :
			    0x18, payload);
			seq[port] += (uint32_t)payload;
		}
		memcpy(before, packets, sizeof(before));
		run(packets, lens, PACKETS);
		assert_int_equal(nseen, PACKETS);
		for (port = 0; port < 4; port++)
			for (i = 0, at = 0; i < PACKETS; i++) {
				if (before[i][21] != port)
					continue;
				for (k = at; seen[k][21] != port; k++)
					;
				assert_int_equal(seen_len[k], lens[i]);
				/* Identifications are the host's own. */
				assert_memory_equal(seen[k] + 12,
				    before[i] + 12, lens[i] - 12);
				at = k + 1;
			}
	}
}

static void
test_clamp(void **state)
{
	static const uint8_t mss[] = { 1, 2, 4, 0x05, 0xB4, 1, 1, 0 };
	uint8_t p[ROOM], sum[2];
	size_t len = segment(p, 1, 1, 1, 0x02, 0), i;

	for (i = 0; i < 2; i++) {	/* at an odd and an even place */
		memcpy(p + 40, mss + i, sizeof(mss) - i);
		finish(p, len);
		mss_clamp(p, len, 1396);
		assert_int_equal(p[43 - i] << 8 | p[44 - i], 1356);
		memcpy(sum, p + 36, 2);
		finish(p, len);
		assert_memory_equal(p + 36, sum, 2);
	}
	mss_clamp(p, len, 1500);
	assert_int_equal(p[42] << 8 | p[43], 1356);
	for (i = 0; i < len; i++) {	/* cut short anywhere */
		mss_clamp(p, i, 1000);
		assert_int_equal(p[42] << 8 | p[43], i < 52 ? 1356 : 960);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_connection),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_not_joined),
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_clamp)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
