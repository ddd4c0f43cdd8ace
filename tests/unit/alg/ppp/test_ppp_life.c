/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A link that is open: echoes, odd frames, limits, and its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alg/ppp/play_ppp.h"

static struct pp_end end;

static int
setup(void **state)
{
	pp_server(&end);
	end.config.mppe_required = false;
	return 0;
}

static void
start(void)
{
	pp_start(&end, 0);
}

static void
open_plain(void)
{
	end.config.ask = 0;
	end.config.mppe = 0;
	start();
	pp_open_lcp(&end, "0506 0a0b0c0d", 1);
	pp_agree(&end, "8021", 1);
	pp_feed(&end, "8021 01 01 000a 0306 0a000064", 1);
	assert_true(end.open);
	pp_drain(&end);
}

static void
echo_is_answered(void **state)
{
	open_plain();
	pp_feed(&end, "ff03 c021 09 05 000c 0a0b0c0d 61626364", 2);
	pp_expect(&end, "c021 0a 05 000c xxxxxxxx 61626364");
	pp_feed(&end, "ff03 c021 09 05 0006 0a0b", 2);	/* too short */
	pp_feed(&end, "ff03 c021 0a 05 0008 0a0b0c0d", 2);
	pp_feed(&end, "ff03 c021 0b 05 0008 0a0b0c0d", 2);	/* discard */
	pp_expect_nothing(&end);
}

/* However big: the reply is not bigger than the peer's MRU, or the echo. */
static void
big_echo_does_not_overflow(void **state)
{
	uint8_t frame[PP_FRAME_MAX] = { 0xff, 0x03, 0xc0, 0x21, 9, 1 };

	open_plain();
	for (size_t len = 8; len < PP_FRAME_MAX - 4; len += 97) {
		frame[6] = (uint8_t)(len >> 8);
		frame[7] = (uint8_t)len;
		pp_feed_bytes(&end, frame, len + 4, 2);
		assert_in_range(pp_take(&end)->len, 12,
		    len + 4 < 1504 ? len + 4 : 1504);
	}
}

static void
echoes_only_in_silence(void **state)
{
	uint64_t now = 1;

	end.config.echo_interval = 1000;
	end.config.echo_failures = 3;
	open_plain();
	for (int i = 0; i < 5; i++) {
		pp_wait(&end, &now, 900);
		pp_feed(&end, "ff03 0021 4500", now);
	}
	pp_expect_nothing(&end);
	pp_wait(&end, &now, 1000);
	pp_expect(&end, "c021 09 xx 0008 xxxxxxxx");
	pp_feed(&end, "c021 0a 01 0008 0a0b0c0d", now);
	pp_wait(&end, &now, 3500);
	for (int i = 0; i < 3; i++)
		pp_expect(&end, "c021 09 xx 0008 xxxxxxxx");
	assert_int_equal(end.downs, 0);
	pp_wait(&end, &now, 500);
	assert_int_equal(end.downs, 1);
	pp_expect(&end, "c021 05 *");
	pp_wait(&end, &now, 10000);
	assert_int_equal(end.reason, PPP_ECHO_LOST);
}

static void
codes_and_protocols_nobody_knows(void **state)
{
	open_plain();
	pp_feed(&end, "c021 0e 07 0008 01020304", 2);
	pp_expect(&end, "c021 07 xx 000c 0e 07 0008 01020304");
	pp_feed(&end, "c021 0c 07 000c 0a0b0c0d 4d535241", 2);
	assert_string_equal(end.text, "MSRA");
	pp_feed(&end, "c021 0d 07 000c 0a0b0c0d 00000001", 2);
	pp_expect_nothing(&end);
	pp_feed(&end, "8057 01 01 0004", 2);		/* IPv6CP is off */
	pp_expect(&end, "c021 08 xx 000a 8057 01 01 0004");
	pp_feed(&end, "ff03 80fd 01 01 0004", 2);	/* so is CCP */
	pp_expect(&end, "c021 08 xx 000a 80fd 01 01 0004");
	pp_feed(&end, "c223 01 01 0004", 2);
	pp_expect(&end, "c021 08 xx 000a c223 01 01 0004");
	pp_feed(&end, "c227 01 01 0004", 2);		/* EAP */
	pp_expect(&end, "c021 08 xx 000a c227 01 01 0004");
	pp_feed(&end, "ff03 2d 4500", 2);		/* VJ */
	pp_expect(&end, "c021 08 xx 0008 002d 4500");
	assert_int_equal(end.ppp.drops[PPP_DROP_UNKNOWN], 5);
	assert_true(end.open);
}

static void
framing_of_every_kind(void **state)
{
	static const char *const packets[] = {
		"ff03 0021 45000001", "0021 45000001", "21 45000001",
		"ff03 21 45000001"
	};
	static const char *const bad[] = {
		"", "ff", "ff03", "00", "0020 4500", "ff03 c0", "ff03 80"
	};

	open_plain();
	for (unsigned i = 0; i < 4; i++) {
		pp_feed(&end, packets[i], 2);
		assert_int_equal(end.packets, i + 1);
		assert_int_equal(end.packet_len, 4);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		pp_feed(&end, bad[i], 2);
	assert_int_equal(end.packets, 4);
	assert_true(end.ppp.drops[PPP_DROP_MALFORMED] >= 5);
}

/* Late requests are dropped; late replies and echoes do no harm. */
static void
late_frames(void **state)
{
	uint8_t request[] = { 0xc0, 0x21, 1, 9, 0, 4 };
	uint8_t end_it[] = { 0xc0, 0x21, 5, 9, 0, 4 };
	uint8_t echo[] = { 0xc0, 0x21, 9, 9, 0, 8, 1, 2, 3, 4 };
	uint8_t packet[] = { 0, 0x21, 0x45, 0 };

	open_plain();
	pp_input(&end, request, sizeof(request), true, 50000);
	pp_input(&end, end_it, sizeof(end_it), true, 50000);
	pp_expect_nothing(&end);
	assert_true(end.open);
	assert_int_equal(end.ppp.drops[PPP_DROP_LATE], 2);
	pp_input(&end, echo, sizeof(echo), true, 50000);
	pp_expect(&end, "c021 0a 09 *");
	pp_input(&end, packet, sizeof(packet), true, 50000);
	assert_int_equal(end.packets, 1);
}

/* Before LCP is open nothing else is heard, nor answered. */
static void
early_frames_are_dropped(void **state)
{
	start();
	pp_drain(&end);
	pp_feed(&end, "c223 02 01 0004", 1);
	pp_feed(&end, "8021 01 01 0004", 1);
	pp_feed(&end, "0021 4500", 1);
	pp_feed(&end, "00fd 9000 4500", 1);
	pp_feed(&end, "8057 01 01 0004", 1);
	pp_expect_nothing(&end);
	assert_int_equal(end.ppp.drops[PPP_DROP_EARLY], 5);
	assert_int_equal(end.packets, 0);
}

static void
compression_of_headers_as_agreed(void **state)
{
	uint8_t room[PPP_HEADROOM + 4] = { 0 };

	end.config.ask = 0;
	end.config.mppe = 0;
	start();
	pp_open_lcp(&end, "0702 0802", 1);
	pp_agree(&end, "8021", 1);
	pp_feed(&end, "8021 01 01 000a 0306 0a000064", 1);
	pp_drain(&end);
	room[PPP_HEADROOM] = 0x45;
	assert_int_equal(pp_send(&end, room + PPP_HEADROOM, 4, 2), 0);
	assert_int_equal(pp_expect(&end, "21 45000000")->len, 5);
	/* LCP itself is never compressed. */
	pp_feed(&end, "c021 09 05 0008 0a0b0c0d", 2);
	assert_int_equal(pp_take(&end)->bytes[0], 0xff);
}

/* What a peer no longer asks for does not count. */
static void
compression_that_was_taken_back(void **state)
{
	uint8_t room[PPP_HEADROOM + 4] = { 0 };

	end.config.ask = 0;
	end.config.mppe = 0;
	start();
	pp_drain(&end);
	pp_feed(&end, "c021 01 01 000b 0702 0802 0d0306", 1);
	pp_expect(&end, "c021 04 01 0007 0d0306");
	end.taken = 0;
	pp_open_lcp(&end, "", 1);
	pp_agree(&end, "8021", 1);
	pp_feed(&end, "8021 01 01 000a 0306 0a000064", 1);
	pp_drain(&end);
	room[PPP_HEADROOM] = 0x45;
	assert_int_equal(pp_send(&end, room + PPP_HEADROOM, 4, 2), 0);
	assert_int_equal(pp_expect(&end, "0021 45000000")->len, 8);
}

static void
peer_ends(void **state)
{
	uint64_t now = 2;

	open_plain();
	pp_feed(&end, "c021 05 09 000d 4d5050452064697361", now);
	assert_string_equal(end.text, "MPPE disa");
	assert_int_equal(end.downs, 1);
	pp_expect(&end, "c021 06 09 0004");
	pp_feed(&end, "c021 05 0a 0004", now);
	pp_expect(&end, "c021 06 0a 0004");
	pp_wait(&end, &now, 3000);
	assert_int_equal(end.closes, 1);
	assert_int_equal(end.reason, PPP_PEER);
	pp_expect_nothing(&end);
}

static void
we_end(void **state)
{
	uint64_t now = 2;

	open_plain();
	ppp_close(&end.ppp, PPP_ADMIN, now);
	assert_int_equal(end.downs, 1);
	pp_expect(&end, "c021 05 02 *");
	pp_wait(&end, &now, 3000);
	pp_expect(&end, "c021 05 02 *");
	assert_int_equal(end.closes, 0);
	pp_feed(&end, "c021 06 02 0004", now);
	assert_int_equal(end.closes, 1);
	assert_int_equal(end.reason, PPP_ADMIN);
	/* What comes later is not heard. */
	pp_feed(&end, "c021 01 09 0004", now);
	pp_expect_nothing(&end);
	ppp_close(&end.ppp, PPP_ADMIN, now);
	ppp_lost(&end.ppp, now);
	assert_int_equal(end.closes, 1);
}

static void
the_call_is_lost(void **state)
{
	open_plain();
	ppp_lost(&end.ppp, 2);
	assert_int_equal(end.downs, 1);
	assert_int_equal(end.closes, 1);
	assert_int_equal(end.reason, PPP_LOST);
	pp_expect_nothing(&end);
}

/* A peer that starts again does it with a new magic number. */
static void
peer_starts_again(void **state)
{
	open_plain();
	pp_feed(&end, "c021 01 01 000a 0506 aabbccdd", 50000);
	assert_int_equal(end.downs, 1);
	pp_agree(&end, "c021", 50000);
	pp_agree(&end, "8021", 50000);
	pp_feed(&end, "8021 01 01 000a 0306 0a000064", 50000);
	assert_int_equal(end.ups, 2);
	assert_int_equal(end.grants, 1);
}

static void
peer_starts_for_ever(void **state)
{
	uint64_t now = 100000;
	char frame[64];

	open_plain();
	for (int i = 0; i < 50 && end.ppp.phase != PPP_TERMINATE; i++) {
		snprintf(frame, sizeof(frame),
		    "c021 01 01 000a 0506 aabbcc%02x", i);
		pp_feed(&end, frame, now++);
		pp_agree(&end, "c021", now++);
		pp_drain(&end);
	}
	pp_wait(&end, &now, 10000);
	assert_int_equal(end.reason, PPP_RESTARTS);
}

static void
peer_rejects_what_is_needed(void **state)
{
	uint64_t now = 2;

	start();
	pp_drain(&end);
	pp_feed(&end, "c021 07 01 0009 0101000400", 1);
	pp_wait(&end, &now, 10000);
	assert_int_equal(end.closes, 1);
	assert_int_equal(end.reason, PPP_LCP_REJECTED);
	setup(NULL);
	open_plain();
	pp_feed(&end, "c021 08 01 0008 8021 0101", now);
	assert_false(end.open);
	pp_wait(&end, &now, 30000);
	assert_int_equal(end.reason, PPP_IP_REFUSED);
	/* Other codes and protocols do not matter. */
	setup(NULL);
	open_plain();
	pp_feed(&end, "c021 07 01 0008 0c010004", now);
	pp_feed(&end, "c021 08 01 0008 1234 0101", now);
	pp_feed(&end, "c021 08 01 0005 12", now);
	assert_true(end.open);
}

static void
limits(void **state)
{
	uint64_t now = 1;

	end.config.idle = 5000;
	end.config.session = 12000;
	open_plain();
	pp_wait(&end, &now, 4000);
	pp_feed(&end, "0021 45000001", now);
	pp_wait(&end, &now, 4900);
	assert_true(end.open);
	pp_wait(&end, &now, 8000);
	assert_int_equal(end.reason, PPP_IDLE);
	setup(NULL);
	now = 1;
	end.config.session = 12000;
	open_plain();
	pp_wait(&end, &now, 11900);
	assert_true(end.open);
	pp_wait(&end, &now, 10000);
	assert_int_equal(end.reason, PPP_SESSION_LIMIT);
	setup(NULL);
	now = 1;
	end.config.octets = 10;
	end.config.octets_of = PPP_OCTETS_IN;
	open_plain();
	pp_feed(&end, "0021 45000001 01020304", now);
	assert_true(end.open);
	pp_feed(&end, "0021 45000001", now);
	assert_int_equal(end.packets, 2);
	pp_wait(&end, &now, 1);
	assert_false(end.open);
	pp_wait(&end, &now, 10000);
	assert_int_equal(end.reason, PPP_OCTET_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(echo_is_answered, setup),
		cmocka_unit_test_setup(big_echo_does_not_overflow, setup),
		cmocka_unit_test_setup(echoes_only_in_silence, setup),
		cmocka_unit_test_setup(codes_and_protocols_nobody_knows,
		    setup),
		cmocka_unit_test_setup(framing_of_every_kind, setup),
		cmocka_unit_test_setup(late_frames, setup),
		cmocka_unit_test_setup(early_frames_are_dropped, setup),
		cmocka_unit_test_setup(compression_of_headers_as_agreed,
		    setup),
		cmocka_unit_test_setup(compression_that_was_taken_back,
		    setup),
		cmocka_unit_test_setup(peer_ends, setup),
		cmocka_unit_test_setup(we_end, setup),
		cmocka_unit_test_setup(the_call_is_lost, setup),
		cmocka_unit_test_setup(peer_starts_again, setup),
		cmocka_unit_test_setup(peer_starts_for_ever, setup),
		cmocka_unit_test_setup(peer_rejects_what_is_needed, setup),
		cmocka_unit_test_setup(limits, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
