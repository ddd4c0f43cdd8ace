/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRE that passes beside the translator: counted with what it is shown. */
#include "tests/unit/play.h"

#define CLIENT	0x0A000001
#define SERVER	0xC6336401
#define ID	7
#define PEER	9
#define SHOWN	32		/* bytes of play_gre's packet, at least */

/* What the kernel knows of the call, by direction. */
static struct alg_traffic kernel[2];
static bool known;

static void
beside(void *arg, const struct alg_call_info *c, struct alg_traffic *seen)
{
	assert_ptr_equal(arg, kernel);
	if (known && c->state == ALG_CALL_UP)
		memcpy(seen, kernel, sizeof(kernel));
}

static struct play play;
static struct play_line line;

static int
set(void **state)
{
	struct alg_config config = play_config();

	config.recording = true;
	config.offloaded = beside;
	config.offloaded_arg = kernel;
	memset(kernel, 0, sizeof(kernel));
	known = true;
	play_start(&play, &config);
	play_line(&play, &line, CLIENT, 1025, SERVER, 1723);
	play_open(&line, OUT);
	assert_int_equal(play_call(&line, ID, PEER), ID);
	return 0;
}

static int
unset(void **state)
{
	play_stop(&play);
	return 0;
}

static struct alg_call_info
call(void)
{
	struct alg_call_info info;

	assert_true(alg_call(play.alg, line.public, SERVER, ID, &info));
	return info;
}

static void
restart(void)
{
	play_snapshot(&play);
	alg_free(play.alg);
	play_restore(&play);
}

static void
test_both_count(void **state)
{
	kernel[OUT] = (struct alg_traffic){ 5, 500, 10 };
	kernel[IN] = (struct alg_traffic){ 3, 300, play.now + 50 };
	assert_int_equal(play_gre(&play, OUT, CLIENT, SERVER, PEER),
	    ALG_PASS);
	assert_int_equal(call().packets_out, 6);
	assert_true(call().bytes_out >= 500 + SHOWN);
	assert_int_equal(call().last_out, play.now);
	assert_int_equal(call().packets_in, 3);
	assert_int_equal(call().bytes_in, 300);
	assert_int_equal(call().last_in, play.now + 50);
	assert_int_equal(alg_last_gre(play.alg, &line.flow), play.now + 50);
}

/* What the kernel does not know any more stays as it was. */
static void
test_after_the_end(void **state)
{
	struct alg_change down;

	kernel[OUT] = (struct alg_traffic){ 5, 500, 10 };
	(void)call();
	known = false;
	play_tell(&line, IN, CDN, PEER, 0, 0);
	(void)play_change(&play, ALG_CHANGE_REQUEST, REASON_NONE);
	(void)play_change(&play, ALG_CHANGE_UP, REASON_NONE);
	down = play_change(&play, ALG_CHANGE_DOWN, REASON_DISCONNECT);
	assert_int_equal(down.call.packets_out, 5);
	assert_int_equal(down.call.bytes_out, 500);
}

/* The kernel has counted on meanwhile. */
static void
test_restart(void **state)
{
	assert_int_equal(play_gre(&play, OUT, CLIENT, SERVER, PEER),
	    ALG_PASS);
	kernel[OUT] = (struct alg_traffic){ 5, 500, 10 };
	restart();
	kernel[OUT] = (struct alg_traffic){ 8, 800, 20 };
	assert_int_equal(call().packets_out, 9);
	restart();
	assert_int_equal(call().packets_out, 9);
}

/* The kernel's count is gone, and a new one begins. */
static void
test_restart_from_nothing(void **state)
{
	kernel[OUT] = (struct alg_traffic){ 5, 500, 10 };
	restart();
	known = false;
	assert_int_equal(call().packets_out, 5);
	known = true;
	for (uint64_t n = 0; n < 10; n++) {
		kernel[OUT] = (struct alg_traffic){ n, n * 100, n ? 30 : 0 };
		assert_int_equal(call().packets_out, 5 + n);
		assert_int_equal(call().bytes_out, 500 + n * 100);
		assert_int_equal(call().last_out, n ? 30 : 10);
		restart();
	}
}

int
main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, set, unset)
	const struct CMUnitTest tests[] = {
		TEST(test_both_count),
		TEST(test_after_the_end),
		TEST(test_restart),
		TEST(test_restart_from_nothing),
	};

	return cmocka_run_group_tests_name("beside", tests, NULL, NULL);
}
