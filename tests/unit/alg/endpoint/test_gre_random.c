/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "tests/unit/alg/endpoint/play_gre_sequence.h"

/*
 * A path that loses, doubles and reorders 1 to 5 % of the frames, one of
 * which is sent each millisecond.  What comes out is checked as it comes.
 */
#define SENT		4000
#define REAL_DELAY	30	/* frames: less than what is waited for */
#define FAR_DELAY	60	/* frames: less than what is late */

struct path {
	unsigned	 lose, double_, delay;	/* percent */
	unsigned	 most;			/* ms of delay */
	uint32_t	 base;
};

struct run {
	struct gre_sequence_pool pool;
	struct gre_sequence	 w;
	const struct path *path;
	uint64_t	 now;
	uint16_t	 due[SENT + FAR_DELAY + 2][64];	/* frames, by time */
	uint8_t		 ndue[SENT + FAR_DELAY + 2];
	bool		 came[SENT], out[SENT];
	int		 last;		/* the highest in order */
	int		 highest;	/* that came */
	unsigned	 late;
	int		 acked;
	uint64_t	 ack_owed;	/* ms, since when, or 0 */
};

static void
deliver(struct run *r, uint8_t *payload, size_t len, bool late)
{
	int seq = (int)wire_get32(payload);

	assert_in_range(seq, 0, SENT - 1);
	assert_int_equal(len, 4 + seq % 100);
	assert_true(r->came[seq]);
	assert_false(r->out[seq]);		/* none twice */
	r->out[seq] = true;
	if (late) {
		assert_true(seq < r->last);
		r->late++;
		return;
	}
	assert_true(seq > r->last);
	r->last = seq;
}

static void
deliver_all(struct run *r)
{
	struct gre_payload p;

	while (gre_sequence_next(&r->w, &p))
		deliver(r, p.bytes, p.len, p.late);
}

static void
plan(struct run *r, int seq, unsigned delay)
{
	int when = seq + (int)delay;

	if (r->ndue[when] < 64)
		r->due[when][r->ndue[when]++] = (uint16_t)seq;
}

static unsigned
delay(const struct run *r)
{
	if ((unsigned)(random() % 100) >= r->path->delay)
		return 0;
	return 1 + (unsigned)random() % r->path->most;
}

static void
plan_all(struct run *r)
{
	for (int seq = 0; seq < SENT; seq++) {
		if ((unsigned)(random() % 100) < r->path->lose)
			continue;
		plan(r, seq, delay(r));
		if ((unsigned)(random() % 100) < r->path->double_)
			plan(r, seq, delay(r));
	}
}

static void
arrive(struct run *r, int seq)
{
	uint8_t p[12 + 104] = { 0x30, 1, 0x88, 0x0B };
	struct gre g;

	wire_put16(p + 4, (uint16_t)(4 + seq % 100));
	wire_put32(p + 8, r->path->base + (uint32_t)seq);
	wire_put32(p + 12, (uint32_t)seq);
	if (!r->came[seq] && r->highest < seq)
		r->highest = seq;
	r->came[seq] = true;
	assert_int_equal(
	    gre_sequence_parse(&g, p, 16U + seq % 100), REASON_NONE);
	gre_sequence_input(&r->w, &g, p, r->now);
	deliver_all(r);
}

/* Acknowledged is what is in order or given up, soon enough. */
static void
check_acks(struct run *r)
{
	uint8_t p[GRE_SEQUENCE_ACK_LEN];
	int ack;

	if (gre_sequence_ack(&r->w, r->now, p) != 0) {
		ack = (int)(wire_get32(p + 8) - r->path->base);
		assert_true(ack > r->acked);
		assert_in_range(ack, r->last, r->highest);
		r->acked = ack;
	}
	if (r->acked >= r->last)
		r->ack_owed = 0;
	else if (r->ack_owed == 0)
		r->ack_owed = r->now;
	else
		assert_true(r->now - r->ack_owed <= 100);
	assert_true(r->last - r->acked < 32);
}

static void
turn(struct run *r)
{
	gre_sequence_tick(&r->w, r->now);
	deliver_all(r);
	assert_true(gre_sequence_due(&r->w) > r->now || r->w.waiting == 0);
	check_acks(r);
	r->now++;
}

static void
play(const struct path *path, bool in_order)
{
	struct run *r = calloc(1, sizeof(*r));

	r->path = path;
	r->now = 5000;
	r->last = r->highest = r->acked = -1;
	gre_sequence_pool_init(&r->pool, GRE_SEQUENCE_WAITING);
	gre_sequence_init(&r->w, &r->pool, 1, 64);
	plan_all(r);
	for (int when = 0; when <= SENT + FAR_DELAY; when++) {
		for (int i = 0; i < r->ndue[when]; i++)
			arrive(r, r->due[when][i]);
		turn(r);
	}
	for (int ms = 0; ms < 200; ms++)
		turn(r);
	for (int seq = 0; seq < SENT; seq++)
		assert_int_equal(r->came[seq], r->out[seq]);
	assert_int_equal(r->last, r->highest);
	assert_int_equal(r->acked, r->last);
	assert_int_equal(gre_sequence_due(&r->w), UINT64_MAX);
	assert_int_equal(r->pool.frames.used, 0);
	assert_int_equal(r->late, r->w.counters.late);
	if (in_order)
		assert_true(r->late <= 1);	/* the first: base */
	else
		assert_true(r->late > 0);
	gre_sequence_pool_free(&r->pool);
	free(r);
}

/* Not further than is waited for: all in order, but what is before the base. */
static void
test_some_order(void **state)
{
	for (int seed = 0; seed < 40; seed++) {
		struct path path = {
			.lose = 1 + (unsigned)seed % 5,
			.double_ = (unsigned)seed % 6,
			.delay = 1 + (unsigned)seed / 8, .most = REAL_DELAY,
			.base = UINT32_MAX - (uint32_t)seed * 100
		};

		srandom((unsigned)seed);
		play(&path, true);
	}
}

/* Further: some are late, none is missing. */
static void
test_late(void **state)
{
	for (int seed = 0; seed < 40; seed++) {
		struct path path = {
			.lose = (unsigned)seed % 6,
			.double_ = 1 + (unsigned)seed % 5,
			.delay = 3 + (unsigned)seed / 13, .most = FAR_DELAY,
			.base = UINT32_MAX / 2 - (uint32_t)seed * 100
		};

		srandom((unsigned)seed);
		play(&path, false);
	}
}

/* A path that does nothing: nothing waits, nothing is late. */
static void
test_straight(void **state)
{
	const struct path path = { .base = 0 };

	play(&path, true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_some_order),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_straight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
