/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "alg/ppp/mppe.h"
#include "tests/unit/hex.h"

/*
 * Encrypted frames on a path that loses, repeats, reorders and forges.  What
 * comes out is either what went in or nothing, and it never stays so.
 */
#define START	"8B7CDC149B993A1BA118CB153F56DCCB"
#define FRAME	512
#define HELD	64		/* frames that are under way for longer */

/* How the other end does it. */
enum style {
	OURS,
	RFC,		/* after a Reset-Request the key stays */
	LINUX,		/* bit A always changes the key */
	NO_BIT_A,	/* none on regular changes, as on old FreeBSD */
};

struct frame {
	uint8_t		 bytes[FRAME];
	size_t		 len;
	uint32_t	 serial;	/* 0: forged */
	int		 left;		/* sends until it comes */
};

struct path {
	struct mppe_sender	 s;
	struct mppe_receiver	 m;
	struct mppc_compressor	 c;
	struct mppc_expander	 e;
	enum style		 style;
	struct frame		 held[HELD];
	uint64_t		 seed, now;
	uint32_t		 sent, arrived, opened, last_opened, gap;
	int			 reset;		/* sends until it arrives */
	int			 loss, repeat, late, forge;	/* in 1000 */
	int			 late_most;
};

static struct path *
path_new(enum style style, int bits, bool stateless, bool mppc)
{
	struct path *p = calloc(1, sizeof(*p));

	p->style = style;
	p->seed = 88172645463325252ULL + (unsigned)bits;
	p->late_most = 40;
	mppe_sender_init(&p->s, bits, stateless, hex(START),
	    mppc ? &p->c : NULL);
	mppe_receiver_init(&p->m, bits, stateless, hex(START),
	    mppc ? &p->e : NULL);
	return p;
}

static bool
chance(struct path *p, int in_1000)
{
	return (int)(hex_random(&p->seed) % 1000) < in_1000;
}

/* An IP packet that tells which one it is; half of it is easy to compress. */
static size_t
make(struct path *p, uint8_t *frame, uint32_t serial)
{
	size_t len = 30 + serial * 37 % 400;

	memset(frame, (int)serial, len);
	for (size_t i = 30; i < len / 2; i++)
		frame[i] = (uint8_t)(serial * (i * i + 7) >> 4);
	memcpy(frame, hex("0021 4500 0000 0000 4000 40 01 0000"), 14);
	frame[4] = (uint8_t)((len - 2) >> 8);
	frame[5] = (uint8_t)(len - 2);
	for (int i = 0; i < 4; i++)
		frame[22 + i] = (uint8_t)(serial >> 8 * i);
	return len;
}

/* Other implementations, as far as they are different. */
static size_t
encrypt(struct path *p, uint8_t *frame, size_t len)
{
	struct mppe_sender *s = &p->s;
	bool regular = s->count % 256 == 255, flush = s->flush;
	uint16_t header = MPPE_ENCRYPTED | s->count;

	if (p->style == OURS || s->stateless)
		return mppe_encrypt(s, frame, len);
	s->flush = false;
	if (regular || (flush && p->style == LINUX))
		mppe_key_change(&s->key);
	if (regular || flush)
		crypto_rc4_key(&s->rc4, s->key.session, s->key.len);
	if (flush || (regular && p->style != NO_BIT_A))
		header |= MPPE_FLUSHED;
	crypto_rc4(&s->rc4, frame, frame, len);
	frame[-2] = (uint8_t)(header >> 8);
	frame[-1] = (uint8_t)header;
	s->count = (s->count + 1) % MPPE_COUNTS;
	return len + MPPE_HEADER;
}

static void
receive(struct path *p, struct frame *f)
{
	uint8_t want[FRAME];
	size_t len = f->serial ? make(p, want, f->serial) : 0;
	int n = mppe_decrypt(&p->m, f->bytes, f->len, FRAME, p->now);

	p->arrived += f->serial != 0;
	if (n > 0 && f->serial != 0) {
		assert_int_equal(n, len);
		assert_memory_equal(f->bytes + 2, want, len);
		p->opened++;
		if (f->serial - p->last_opened > p->gap &&
		    f->serial > p->last_opened)
			p->gap = f->serial - p->last_opened;
		p->last_opened = f->serial;
	}
	if (n == -MPPE_LOST && p->reset == 0)
		p->reset = 20;
	assert_int_not_equal(n, -MPPE_DEAD);
}

static void
forge(struct path *p)
{
	struct frame f = { .len = 60 };

	for (size_t i = 0; i < f.len; i++)
		f.bytes[i] = (uint8_t)hex_random(&p->seed);
	f.bytes[0] = (uint8_t)(0x90 | (f.bytes[0] & 0x0F));
	receive(p, &f);
}

/* Puts it onto the path, where it may be lost, or take longer. */
static void
travel(struct path *p, const struct frame *f)
{
	struct frame copy;

	if (chance(p, p->loss))
		return;
	if (chance(p, p->late))
		for (int i = 0; i < HELD; i++)
			if (p->held[i].left == 0) {
				p->held[i] = *f;
				p->held[i].left = 1 + (int)(hex_random(
				    &p->seed) % (unsigned)p->late_most);
				return;
			}
	copy = *f;
	receive(p, &copy);
}

static void
run(struct path *p, uint32_t frames)
{
	struct frame f;

	for (; frames > 0; frames--, p->now++) {
		f.serial = ++p->sent;
		f.len = encrypt(p, f.bytes + 2, make(p, f.bytes + 2,
		    f.serial));
		travel(p, &f);
		if (chance(p, p->repeat))
			travel(p, &f);
		if (chance(p, p->forge))
			forge(p);
		for (int i = 0; i < HELD; i++)
			if (p->held[i].left > 0 && --p->held[i].left == 0)
				receive(p, &p->held[i]);
		if (p->reset > 0 && --p->reset == 0 && !chance(p, p->loss))
			mppe_reset(&p->s);
	}
}

/* A path without faults: everything gets through again. */
static void
run_well(struct path *p)
{
	uint32_t opened;

	p->loss = p->repeat = p->late = p->forge = 0;
	run(p, 300);
	opened = p->opened;
	run(p, 1000);
	assert_int_equal(p->opened, opened + 1000);
	free(p);
}

/* --- stateless ------------------------------------------------------------ */

/* Everything that arrives once is read, in whatever order. */
static void
test_stateless(void **state)
{
	static const int bits[] = { 40, 56, 128, 128, 0 };
	struct path *p;

	for (int i = 0; i < 5; i++)
		for (int percent = 1; percent <= 5; percent += 2) {
			p = path_new(OURS, bits[i], true, i >= 3);
			p->loss = p->late = 10 * percent;
			run(p, 6000);
			assert_true(p->m.counters[MPPE_LATE] == 0);
			assert_int_equal(p->opened, p->arrived);
			if (i >= 3)
				assert_true(p->s.compressed > 5000);
			run_well(p);
		}
}

static void
test_repeated(void **state)
{
	struct path *p = path_new(OURS, 128, true, false);
	uint32_t repeated;

	p->repeat = 50;
	p->late = 50;
	run(p, 6000);
	repeated = p->m.counters[MPPE_REPEATED];
	assert_in_range(repeated, 200, 400);
	assert_int_equal(p->opened + repeated, p->arrived);
	run_well(p);
}

/* Frames that are too late are dropped, which harms nobody. */
static void
test_too_late(void **state)
{
	struct path *p = path_new(OURS, 128, true, false);

	p->late = 20;
	p->late_most = 200;
	run(p, 6000);
	assert_in_range(p->m.counters[MPPE_LATE], 20, 120);
	assert_int_equal(p->opened + p->m.counters[MPPE_LATE], p->arrived);
	run_well(p);
}

static void
lose(struct path *p, uint32_t frames)
{
	p->loss = 1000;
	run(p, frames);
	p->loss = 0;
}

/* As many as 2047 frames in a row may be lost, in both modes. */
static void
test_long_losses(void **state)
{
	struct path *p;

	for (int stateless = 0; stateless < 2; stateless++) {
		p = path_new(OURS, 128, stateless, false);
		for (uint32_t n = 1; n < MPPE_AHEAD; n = n * 3 + 1) {
			lose(p, n);
			run(p, 700);
			assert_int_equal(p->last_opened, p->sent);
		}
		p->now += 1000;
		lose(p, MPPE_AHEAD - 1);
		run_well(p);
	}
}

/* What jumps further can only be a link whose keys are lost: it ends. */
static void
test_too_long_loss(void **state)
{
	struct path *p = path_new(OURS, 128, true, false);
	uint8_t frame[FRAME];
	int n = 0, frames = 0;

	lose(p, MPPE_AHEAD + 700);
	for (; n != -MPPE_DEAD && frames < 2000; frames++) {
		size_t len = mppe_encrypt(&p->s, frame + 2,
		    make(p, frame + 2, 1));

		n = mppe_decrypt(&p->m, frame, len, FRAME, 0);
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
	struct path *p = path_new(OURS, 128, true, false);
	uint8_t frame[FRAME];

	for (int i = 0; i < 500; i++) {
		memset(frame, i, sizeof(frame));
		frame[0] = (uint8_t)(0x90 | p->m.next >> 8);
		frame[1] = (uint8_t)p->m.next;
		assert_true(mppe_decrypt(&p->m, frame, 40, FRAME, 0) < 0);
		run(p, 1);
	}
	assert_int_equal(p->opened, 500);
	run_well(p);
}

/* Forged frames with any count are dropped, and nothing else is. */
static void
test_forged(void **state)
{
	for (int stateless = 0; stateless < 2; stateless++) {
		struct path *p = path_new(OURS, 128, stateless, false);

		p->forge = 100;
		run(p, 6000);
		if (stateless)
			assert_int_equal(p->opened, p->arrived);
		else
			assert_true(p->opened > p->arrived / 2);
		run_well(p);
	}
}

/* Nobody can make us change keys all the time. */
static void
test_budget(void **state)
{
	struct path *p = path_new(OURS, 128, true, false);
	uint8_t frame[FRAME] = { 0 };
	int n, garbled = 0, refused = 0;

	run(p, 10);
	for (int i = 0; i < 16; i++) {
		frame[0] = 0x97;
		frame[1] = 0xF0;
		n = mppe_decrypt(&p->m, frame, 40, FRAME, p->now);
		garbled += n == -MPPE_GARBLED;
		refused += n == -MPPE_BUDGET;
	}
	assert_int_equal(garbled, 2);
	assert_int_equal(refused, 14);
	run(p, 1);		/* the link does not suffer */
	assert_int_equal(p->opened, 11);
	p->now += 1000;
	run_well(p);
}

/* --- stateful ------------------------------------------------------------- */

static void
test_stateful(void **state)
{
	static const enum style styles[] = { OURS, RFC, LINUX, NO_BIT_A };
	struct path *p;

	for (int i = 0; i < 4; i++)
		for (int percent = 1; percent <= 5; percent += 2) {
			p = path_new(styles[i], i == 0 ? 56 : 128, false,
			    false);
			p->loss = 10 * percent;
			run(p, 10000);
			assert_true(p->opened > p->sent / 4);
			assert_in_range(p->gap, 2, 400);
			run_well(p);
		}
}

/* With compression, and compression alone. */
static void
test_stateful_compressed(void **state)
{
	static const int bits[] = { 128, 0 };

	for (int i = 0; i < 2; i++) {
		struct path *p = path_new(OURS, bits[i], false, true);

		p->loss = 20;
		run(p, 10000);
		assert_true(p->opened > p->sent / 3);
		assert_true(p->s.compressed > 8000);
		run_well(p);
	}
}

/* Reordering and repeats that the window in front did not put right. */
static void
test_stateful_disorder(void **state)
{
	struct path *p = path_new(OURS, 128, false, false);

	p->late = 20;
	p->repeat = 20;
	run(p, 10000);
	assert_true(p->m.counters[MPPE_LATE] > 100);
	assert_true(p->opened > p->sent / 4);
	run_well(p);
}

/* Linux as a receiver: it changes its key with every bit A. */
static void
test_linux_receiver(void **state)
{
	struct mppe_sender s;
	struct crypto_rc4 rc4;
	struct mppe_key k;
	uint8_t frame[FRAME];
	uint16_t next = 0, header;
	struct path *p = path_new(OURS, 128, false, false);
	size_t len, n;

	mppe_key_init(&k, 128, hex(START));
	crypto_rc4_key(&rc4, k.session, 16);
	mppe_sender_init(&s, 128, false, hex(START), NULL);
	for (uint32_t i = 1; i < 20000; i++) {
		if (i % 37 == 0)
			mppe_reset(&s);
		len = make(p, frame + 2, i);
		n = mppe_encrypt(&s, frame + 2, len);
		header = (uint16_t)(frame[0] << 8 | frame[1]);
		if (i % 37 == 36)
			continue;	/* lost; discards until bit A */
		if (header & MPPE_FLUSHED) {
			for (; next / 256 != header % 4096 / 256;
			    next = (next + 256) % 4096)
				mppe_key_change(&k);
			mppe_key_change(&k);
			crypto_rc4_key(&rc4, k.session, 16);
		}
		next = (header + 1) % 4096;
		crypto_rc4(&rc4, frame + 2, frame + 2, n - 2);
		if (next % 256 == 0)	/* as Linux keeps it: the last count */
			next = (next + 4095) % 4096;
		assert_memory_equal(frame + 22 + 2, &i, 4);
	}
	free(p);
}

/* --- keys that differ ----------------------------------------------------- */

static void
check_different(bool stateless, bool answers)
{
	struct path *p = path_new(OURS, 128, stateless, false);
	uint8_t frame[FRAME];
	int frames = 0, n = 0;

	mppe_sender_init(&p->s, 128, stateless,
	    hex("8B7CDC149B993A1BA118CB153F56DCCC"), NULL);
	for (; n != -MPPE_DEAD && frames < 20000; frames++) {
		size_t len = mppe_encrypt(&p->s, frame + 2,
		    make(p, frame + 2, (uint32_t)frames));

		n = mppe_decrypt(&p->m, frame, len, FRAME,
		    (uint64_t)frames);
		if (n == -MPPE_LOST && answers)
			mppe_reset(&p->s);
	}
	assert_in_range(frames, 16, answers ? 1000 : 10000);
	assert_int_equal(mppe_decrypt(&p->m, frame, 50, FRAME, 0), -MPPE_DEAD);
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
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_forged_next),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_stateful),
		cmocka_unit_test(test_stateful_compressed),
		cmocka_unit_test(test_stateful_disorder),
		cmocka_unit_test(test_linux_receiver),
		cmocka_unit_test(test_different_keys),
	};

	return cmocka_run_group_tests_name("mppe path", tests, NULL, NULL);
}
