/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What has broken other implementations: packets longer than a reply has room
 * for, options that come twice, states that should not be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alg/ppp/play_ppp.h"

#define LONG	1528		/* bytes of a packet: GRE carries that much */

static struct pp_line line;
static struct pp_end end;

static int
setup(void **state)
{
	pp_server(&end);
	end.config.ask = 0;
	end.config.mppe_required = false;
	end.config.mppe = 0;
	return 0;
}

static void
open_lcp(void)
{
	pp_start(&end, 0);
	pp_open_lcp(&end, "", 0);
	pp_drain(&end);
}

/* A reply is whole: its length is that of the frame. */
static void
assert_whole(const struct pp_frame *f, size_t most)
{
	size_t at = f->bytes[0] == 0xff ? 2 : 0;

	assert_int_equal(f->bytes[at + 4] << 8 | f->bytes[at + 5],
	    f->len - at - 2);
	assert_true(f->len - at - 2 <= most);
}

/* A packet of a protocol, of LONG bytes, with its length in it. */
static void
feed_long(uint16_t protocol, uint8_t code)
{
	uint8_t bytes[2 + LONG] = { (uint8_t)(protocol >> 8),
	    (uint8_t)protocol, code, 9, LONG >> 8, LONG & 0xff };

	pp_feed_bytes(&end, bytes, sizeof(bytes), 0);
}

static void
long_rejects(void **state)
{
	static const struct {
		uint16_t	 protocol;
		uint8_t		 code;
		const char	*reply;
	} packets[] = {
		{ 0xc227, 1, "c021 08 *" },	/* no such protocol */
		{ 0xc223, 1, "c021 08 *" },
		{ 0x8057, 1, "c021 08 *" },
		{ 0xc021, 99, "c021 07 *" },	/* no such code */
		{ 0xc021, 9, "c021 0a *" },	/* an echo */
	};

	open_lcp();
	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		feed_long(packets[i].protocol, packets[i].code);
		assert_whole(pp_expect(&end, packets[i].reply), 1500);
	}
}

/* A peer that takes little gets little. */
static void
rejects_for_a_small_peer(void **state)
{
	pp_start(&end, 0);
	pp_open_lcp(&end, "0104 0080", 0);
	pp_drain(&end);
	feed_long(0xc227, 1);
	assert_whole(pp_expect(&end, "c021 08 *"), 128);
	feed_long(0xc021, 99);
	assert_whole(pp_expect(&end, "c021 07 *"), 128);
}

/* Only MD5's may be so long; what is kept of it is less. */
static void
a_long_challenge(void **state)
{
	static const struct auth_keys none;
	uint8_t bytes[2 + 5 + 255] = { 0xc2, 0x23, 1, 7, 1, 4, 255 };

	memset(bytes + 7, 0xAA, 255);
	pp_client(&end);
	end.config.answer = PPP_CHAP_MD5;
	end.config.mppe_required = false;
	pp_start(&end, 0);
	pp_open_lcp(&end, "0305 c223 05", 0);
	pp_drain(&end);
	pp_feed_bytes(&end, bytes, sizeof(bytes), 0);
	pp_expect(&end, "c223 02 07 xxxx 10 *");
	assert_memory_equal(&end.ppp.auth.keys, &none, sizeof(none));
}

/* Each counts once: the second is not taken for another refusal. */
static void
a_method_nakked_twice(void **state)
{
	end.config.ask = PPP_MSCHAP2 | PPP_MSCHAP | PPP_CHAP_MD5;
	pp_start(&end, 0);
	pp_expect(&end, "c021 01 01 *");
	pp_feed(&end, "c021 03 01 000e 0305 c223 09 0305 c223 09", 0);
	pp_expect(&end, "c021 01 02 xxxx 0104 0578 0305 c223 80 *");
}

/* Whatever may have become of CCP. */
static void
never_in_clear(void **state)
{
	uint8_t room[PPP_HEADROOM + 100] = { 0 };
	uint8_t *packet = room + PPP_HEADROOM;
	struct pp_end *server = &line.end[PP_SERVER];

	pp_line_init(&line);
	pp_line_open(&line);
	assert_true(pp_line_up(&line, 60000));
	pp_drain(server);
	packet[0] = 0x45;
	server->ppp.fsm[FSM_CCP].state = FSM_REQ_SENT;
	assert_int_equal(pp_send(server, packet, 100, line.now), -1);
	pp_expect_nothing(server);
}

/* They are in use; the start keys are no longer needed. */
static void
start_keys_are_wiped(void **state)
{
	static const struct auth_keys none;

	pp_line_init(&line);
	pp_line_open(&line);
	assert_true(pp_line_up(&line, 60000));
	for (int i = 0; i < 2; i++)
		assert_memory_equal(&line.end[i].ppp.auth.keys, &none,
		    sizeof(none));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(long_rejects, setup),
		cmocka_unit_test_setup(rejects_for_a_small_peer, setup),
		cmocka_unit_test_setup(a_long_challenge, setup),
		cmocka_unit_test_setup(a_method_nakked_twice, setup),
		cmocka_unit_test_setup(never_in_clear, setup),
		cmocka_unit_test_setup(start_keys_are_wiped, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
