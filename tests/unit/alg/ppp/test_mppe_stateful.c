/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stateful MPPE on bad paths, with the key changes of every kind of sender. */
#include <stdlib.h>

#include "tests/unit/alg/ppp/play_path.h"

static void
test_stateful(void **state)
{
	static const enum path_style styles[] = { PATH_OURS, PATH_RFC,
	    PATH_LINUX, PATH_NO_BIT_A };
	struct path *p;

	for (int i = 0; i < 4; i++)
		for (int percent = 1; percent <= 5; percent += 2) {
			p = path_new(styles[i], i == 0 ? 56 : 128, false,
			    false);
			p->loss = 10 * percent;
			path_run(p, 10000);
			assert_true(p->opened > p->sent / 4);
			assert_in_range(p->gap, 2, 400);
			path_run_well(p);
		}
}

/* With compression, and compression alone. */
static void
test_stateful_compressed(void **state)
{
	static const int bits[] = { 128, 0 };

	for (int i = 0; i < 2; i++) {
		struct path *p = path_new(PATH_OURS, bits[i], false, true);

		p->loss = 20;
		path_run(p, 10000);
		assert_true(p->opened > p->sent / 3);
		assert_true(p->s.compressed > 8000);
		path_run_well(p);
	}
}

/* A forged frame spoils the history: nothing is read until a flush. */
static void
test_spoiled_history(void **state)
{
	struct path *p = path_new(PATH_OURS, 128, false, true);
	uint8_t frame[PATH_FRAME];
	int n;

	for (int i = 0; i < 200; i++) {
		memset(frame, i * 37, sizeof(frame));
		frame[0] = (uint8_t)(0x30 | p->m.next >> 8);
		frame[1] = (uint8_t)p->m.next;
		n = mppe_decrypt(&p->m, frame, 100, PATH_FRAME, 0);
		assert_true(n < 0);
		path_run(p, 30);
	}
	assert_in_range(p->opened, 1000, p->sent - 1000);
	path_run_well(p);
}

/* Reordering and repeats that the window in front did not put right. */
static void
test_stateful_disorder(void **state)
{
	struct path *p = path_new(PATH_OURS, 128, false, false);

	p->late = 20;
	p->repeat = 20;
	path_run(p, 10000);
	assert_true(p->m.counters[MPPE_LATE] > 100);
	assert_true(p->opened > p->sent / 4);
	path_run_well(p);
}

/* Linux as a receiver: it changes its key with every bit A. */
static void
test_linux_receiver(void **state)
{
	struct mppe_sender s;
	struct crypto_rc4 rc4;
	struct mppe_key k;
	uint8_t frame[PATH_FRAME];
	uint16_t next = 0, header;
	struct path *p = path_new(PATH_OURS, 128, false, false);
	size_t len, n;

	mppe_key_init(&k, 128, hex(PATH_START));
	crypto_rc4_key(&rc4, k.session, 16);
	mppe_sender_init(&s, 128, false, hex(PATH_START), NULL);
	for (uint32_t i = 1; i < 20000; i++) {
		if (i % 37 == 0)
			mppe_reset(&s);
		len = path_make(frame + 2, i);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stateful),
		cmocka_unit_test(test_stateful_compressed),
		cmocka_unit_test(test_spoiled_history),
		cmocka_unit_test(test_stateful_disorder),
		cmocka_unit_test(test_linux_receiver),
	};

	return cmocka_run_group_tests_name("mppe stateful", tests, NULL, NULL);
}
