/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LCP: what a peer may ask for, refuse, or send to do harm. */
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
first_request(void **state)
{
	start();
	pp_expect(&end, "c021 01 xx 0017 0104 0578 0305 c223 81"
	    "0506 xxxxxxxx 0702 0802");
	pp_expect_nothing(&end);
}

static void
options_can_be_left_out(void **state)
{
	end.config.ask = 0;
	end.config.no_magic = end.config.no_pfc = end.config.no_acfc = true;
	end.config.mru = 1500;
	start();
	pp_expect(&end, "c021 01 xx 0004");
}

/* What the peer asks for, and the answer to it. */
static const struct {
	const char	*options, *answer;
} asked[] = {
	{ "", "02 07 0004" },
	{ "0104 0080", "02 07 0008 0104 0080" },		/* MRU 128 */
	{ "0104 2000", "02 07 0008 0104 2000" },
	{ "0104 007f", "03 07 0008 0104 0080" },		/* too small */
	{ "0103 05", "04 07 0007 0103 05" },		/* wrong length */
	{ "0206 000a0000", "02 07 000a 0206 000a0000" },	/* any ACCM */
	{ "0206 ffffffff", "02 07 000a 0206 ffffffff" },
	{ "0305 c223 81", "04 07 0009 0305 c223 81" },	/* we need not */
	{ "0408 c025 00000064", "04 07 000c 0408 c025 00000064" },
	{ "0506 01020304", "02 07 000a 0506 01020304" },
	{ "0506 00000000", "03 07 000a 0506 xxxxxxxx" },
	{ "0702 0802", "02 07 0008 0702 0802" },
	{ "0d03 06", "04 07 0007 0d03 06" },		/* callback, CBCP */
	{ "1104 064e 1202", "04 07 000a 1104 064e 1202" },	/* multilink */
	{ "1309 03 0a0b0c0d0e0f", "04 07 000d 1309 03 0a0b0c0d0e0f" },
	/* rejects come alone, before naks */
	{ "0104 0001 0d03 06", "04 07 0007 0d03 06" },
	/* twice */
	{ "0702 0702", "04 07 0006 0702" },
	{ "0506 01020304 0506 05060708", "04 07 000a 0506 05060708" },
};

static void
answers_to_options(void **state)
{
	char frame[256];
	uint8_t bytes[64];

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		setup(NULL);
		start();
		pp_drain(&end);
		snprintf(frame, sizeof(frame), "ff03 c021 01 07 %04zx %s",
		    4 + pp_bytes(asked[i].options, bytes, sizeof(bytes)),
		    asked[i].options);
		pp_feed(&end, frame, 1);
		snprintf(frame, sizeof(frame), "c021 %s", asked[i].answer);
		pp_expect(&end, frame);
		pp_expect_nothing(&end);
	}
}

/* The peer refuses ours: {nak or reject, our next request}. */
static const struct {
	const char	*reply, *next;
} refused[] = {
	{ "04 01 0008 0104 0578", "0013 0305 c223 81 0506 xxxxxxxx 0702 0802" },
	{ "03 01 0008 0104 0200", "0017 0104 0200 0305 c223 81 0506 xxxxxxxx"
	    "0702 0802" },
	{ "03 01 0008 0104 2000", "0017 0104 0578 0305 c223 81 0506 xxxxxxxx"
	    "0702 0802" },				/* more than we want */
	{ "03 01 0006 0702", "0015 0104 0578 0305 c223 81 0506 xxxxxxxx"
	    "0802" },		/* a boolean nakked: as if rejected */
	{ "04 01 0008 0702 0802", "0013 0104 0578 0305 c223 81"
	    "0506 xxxxxxxx" },
	/* a nak may name what we did not ask for: no matter */
	{ "03 01 000a 0802 1104 0100", "0015 0104 0578 0305 c223 81"
	    "0506 xxxxxxxx 0702" },
};

static void
peer_refuses_options(void **state)
{
	char frame[256];

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		setup(NULL);
		start();
		pp_drain(&end);
		snprintf(frame, sizeof(frame), "c021 %s", refused[i].reply);
		pp_feed(&end, frame, 1);
		snprintf(frame, sizeof(frame), "c021 01 02 %s",
		    refused[i].next);
		pp_expect(&end, frame);
	}
}

static void
no_answer_ends(void **state)
{
	uint64_t now = 0;

	start();
	pp_wait(&end, &now, 29999);
	assert_int_equal(end.sent, 10);
	assert_int_equal(end.closes, 0);
	pp_wait(&end, &now, 1);
	assert_int_equal(end.closes, 1);
	assert_int_equal(end.reason, PPP_LCP_SILENT);
	assert_true(ppp_due(&end.ppp) == UINT64_MAX);
}

/* A line that sends back what it gets. */
static void
loopback_is_found(void **state)
{
	const struct pp_frame *f;
	uint64_t now = 0;
	int n = 0;

	start();
	while (end.closes == 0 && n++ < 100) {
		while ((f = pp_take(&end)) != NULL)
			pp_feed_bytes(&end, f->bytes, f->len, now);
		pp_wait(&end, &now, 3000);
	}
	assert_int_equal(end.reason, PPP_LOOPBACK);
}

static void
magic_that_is_ours_is_nakked(void **state)
{
	const struct pp_frame *f;
	char frame[64];

	start();
	f = pp_expect(&end, "c021 01 *");
	snprintf(frame, sizeof(frame), "c021 01 01 000a 0506 %02x%02x%02x%02x",
	    f->bytes[19], f->bytes[20], f->bytes[21], f->bytes[22]);
	pp_feed(&end, frame, 1);
	f = pp_expect(&end, "c021 03 01 000a 0506 xxxxxxxx");
	assert_int_not_equal(frame[30], f->bytes[10]);
}

/* The peer that never agrees. */
static void
endless_naks_end(void **state)
{
	char frame[64];

	start();
	for (int i = 0; i < 60 && end.closes == 0; i++) {
		const struct pp_frame *f = pp_take(&end);

		if (f == NULL || f->bytes[4] != 1)
			break;
		snprintf(frame, sizeof(frame), "c021 03 %02x 000a"
		    "0506 00000001", f->bytes[5]);
		pp_feed(&end, frame, 1);
	}
	/* The magic number was given up in the end, nothing else. */
	pp_drain(&end);
	assert_int_equal(end.ppp.lcp.magic, 0);
	assert_int_equal(end.closes, 0);
}

static void
endless_requests_end(void **state)
{
	uint64_t now = 1;

	start();
	for (int i = 0; i < 100 && end.ppp.phase == PPP_ESTABLISH; i++) {
		pp_feed(&end, "c021 01 09 0008 0104 0001", now);
		pp_drain(&end);
	}
	pp_wait(&end, &now, 30000);
	assert_int_equal(end.reason, PPP_LCP_DISAGREED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(first_request, setup),
		cmocka_unit_test_setup(options_can_be_left_out, setup),
		cmocka_unit_test_setup(answers_to_options, setup),
		cmocka_unit_test_setup(peer_refuses_options, setup),
		cmocka_unit_test_setup(no_answer_ends, setup),
		cmocka_unit_test_setup(loopback_is_found, setup),
		cmocka_unit_test_setup(magic_that_is_ours_is_nakked, setup),
		cmocka_unit_test_setup(endless_naks_end, setup),
		cmocka_unit_test_setup(endless_requests_end, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
