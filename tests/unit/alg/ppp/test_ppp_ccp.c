/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CCP: which encryption is agreed on, and that nothing goes past it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alg/ppp/play_ppp.h"

#define S	PPP_MPPE_STATELESS
#define F	PPP_MPPE_STATEFUL
#define ALL	PPP_MPPE_LENGTHS

static struct pp_end end;

static int
setup(void **state)
{
	pp_server(&end);
	return 0;
}

/* As far as CCP; what the server asks for is still to be taken. */
static void
secured(void)
{
	pp_start(&end, 0);
	pp_open_lcp(&end, "", 0);
	pp_log_in(&end, "scott", "turquoise", 0);
	pp_expect(&end, "c223 03 *");
	assert_int_equal(end.ppp.phase, PPP_ENCRYPT);
}

static const struct {
	uint8_t		 mppe;
	bool		 required, mppc;
	const char	*word;		/* empty: CCP is not spoken */
} first_words[] = {
	{ PPP_MPPE_128 | S, true, false, "01000040" },
	{ ALL | S | F, true, false, "01000040" },
	{ ALL | S, false, false, "01000040" },
	{ PPP_MPPE_40 | PPP_MPPE_56 | S, true, false, "01000080" },
	{ PPP_MPPE_40 | S, true, false, "01000020" },
	{ PPP_MPPE_128 | F, true, false, "00000040" },
	{ PPP_MPPE_128 | S, true, true, "01000041" },
	{ 0, false, true, "00000001" },
	{ S, false, false, "" },
};

static void
the_strongest_is_asked_for(void **state)
{
	char frame[64];

	for (size_t i = 0; i < sizeof(first_words) / sizeof(first_words[0]);
	    i++) {
		setup(NULL);
		end.config.mppe = first_words[i].mppe;
		end.config.mppe_required = first_words[i].required;
		end.config.mppc = first_words[i].mppc;
		pp_start(&end, 0);
		pp_open_lcp(&end, "", 0);
		pp_log_in(&end, "scott", "turquoise", 0);
		pp_expect(&end, "c223 03 *");
		snprintf(frame, sizeof(frame), "80fd 01 01 000a 1206 %s",
		    first_words[i].word);
		pp_expect(&end, *first_words[i].word != '\0' ? frame :
		    "8021 01 *");
	}
}

/* What a peer offers, and the answers when it offers it again and again. */
static const struct {
	uint8_t		 mppe;
	bool		 required, mppc;
	const char	*offer, *answer, *second;	/* NULL: as before */
} offers[] = {
	{ PPP_MPPE_128 | S, true, false, "01000040", "02 01000040", NULL },
	{ PPP_MPPE_128 | S, true, false, "010000e1", "03 01000040", NULL },
	{ PPP_MPPE_128 | S, true, false, "01000060", "03 01000040", NULL },
	{ PPP_MPPE_128 | S, true, false, "01000020", "03 01000040", NULL },
	{ PPP_MPPE_128 | S, true, false, "00000040", "03 01000040", NULL },
	{ PPP_MPPE_128 | S, true, false, "00000000", "03 01000040", NULL },
	{ PPP_MPPE_128 | S, true, false, "00000001", "03 01000040", NULL },
	{ PPP_MPPE_128 | S, true, false, "01000050", "03 01000040", NULL },
	{ PPP_MPPE_128 | S, true, false, "ffffffff", "03 01000040", NULL },
	{ PPP_MPPE_128 | S, true, false, "01000041", "03 01000040", NULL },
	{ PPP_MPPE_128 | S, true, true, "01000041", "02 01000041", NULL },
	{ PPP_MPPE_128 | S, true, true, "010000e1", "03 01000041", NULL },
	{ ALL | S, true, false, "01000020", "02 01000020", NULL },
	{ ALL | S, true, false, "010000a0", "03 01000080", NULL },
	/* stateless is better, but a peer that insists may be stateful */
	{ ALL | S | F, true, false, "00000040", "03 01000040",
	    "02 00000040" },
	{ ALL | F, true, false, "01000040", "03 00000040", NULL },
	/* not required */
	{ PPP_MPPE_128 | S, false, false, "00000000", "02 00000000", NULL },
	{ PPP_MPPE_128 | S, false, false, "01000020", "04 01000020", NULL },
	{ PPP_MPPE_128 | S, false, false, "00000001", "04 00000001", NULL },
	{ PPP_MPPE_128 | S, false, false, "01000060", "03 01000040", NULL },
};

static void
answers_to_offers(void **state)
{
	char frame[64];
	const char *answer;

	for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
		setup(NULL);
		end.config.mppe = offers[i].mppe;
		end.config.mppe_required = offers[i].required;
		end.config.mppc = offers[i].mppc;
		secured();
		pp_drain(&end);
		for (int n = 0; n < 2; n++) {
			snprintf(frame, sizeof(frame),
			    "80fd 01 %02x 000a 1206 %s", n, offers[i].offer);
			pp_feed(&end, frame, 0);
			answer = n == 1 && offers[i].second != NULL ?
			    offers[i].second : offers[i].answer;
			snprintf(frame, sizeof(frame),
			    "80fd %.2s %02x 000a 1206 %s", answer, n,
			    answer + 3);
			pp_expect(&end, frame);
		}
	}
}

static void
other_compressors_are_rejected(void **state)
{
	secured();
	pp_drain(&end);
	/* Deflate, Predictor 1, Stac LZS, BSD, with MPPE among them */
	pp_feed(&end, "80fd 01 01 0019 1a04 7800 1804 7800 0102 1206 01000040"
	    "1105 0001 04", 0);
	pp_expect(&end, "80fd 04 01 0013 1a04 7800 1804 7800 0102"
	    "1105 0001 04");
	pp_feed(&end, "80fd 01 02 000a 1206 01000040", 0);
	pp_expect(&end, "80fd 02 02 000a 1206 01000040");
	/* The same option twice; of a wrong length. */
	pp_feed(&end, "80fd 01 03 0010 1206 01000040 1206 01000020", 0);
	pp_expect(&end, "80fd 04 03 000a 1206 01000020");
	pp_feed(&end, "80fd 01 04 0009 1205 010000", 0);
	pp_expect(&end, "80fd 04 04 0009 1205 010000");
	/* Nothing at all: told what to ask for. */
	pp_feed(&end, "80fd 01 05 0004", 0);
	pp_expect(&end, "80fd 03 05 000a 1206 01000040");
}

/* It hears it, agrees to ours, and goes on to ask for nothing. */
static void
the_peer_wants_nothing(void **state)
{
	uint64_t now = 0;

	secured();
	pp_agree(&end, "80fd", 0);
	for (int i = 0; i < 2; i++)
		pp_feed(&end, "80fd 01 05 0004", 0);
	pp_wait(&end, &now, 10000);
	assert_int_equal(end.reason, PPP_MPPE_REFUSED);
	assert_int_equal(end.ppp.fsm[FSM_IPCP].id, 0);
}

static void
finish(enum ppp_reason reason)
{
	uint64_t now = 0;

	pp_wait(&end, &now, 50000);
	assert_int_equal(end.closes, 1);
	assert_int_equal(end.reason, reason);
	assert_int_equal(end.ups, 0);
	assert_int_equal(end.packets, 0);
}

static void
the_peer_wants_less(void **state)
{
	end.config.mppe = ALL | S | F;
	secured();
	pp_expect(&end, "80fd 01 01 000a 1206 01000040");
	pp_feed(&end, "80fd 03 01 000a 1206 01000020", 0);
	pp_expect(&end, "80fd 01 02 000a 1206 01000020");
	pp_feed(&end, "80fd 03 02 000a 1206 00000080", 0);
	pp_expect(&end, "80fd 01 03 000a 1206 00000080");
}

static void
the_peer_wants_too_little(void **state)
{
	static const char *const naks[] = {
		"1206 01000020", "1206 00000000", "1206 00000001",
		"1205 010000"
	};
	char frame[64];

	for (size_t i = 0; i < sizeof(naks) / sizeof(naks[0]); i++) {
		setup(NULL);
		secured();
		for (int n = 1; n < 20 && end.ppp.phase == PPP_ENCRYPT; n++) {
			pp_expect(&end, "80fd 01 xx 000a 1206 01000040");
			snprintf(frame, sizeof(frame), "80fd 03 %02x %s %s",
			    n, i == 3 ? "0009" : "000a", naks[i]);
			pp_feed(&end, frame, 0);
		}
		pp_expect(&end, "c021 05 *");
		finish(PPP_MPPE_REFUSED);
	}
}

/* Each of these ends the link when encryption is required. */
static const struct {
	const char	*frame;
	enum ppp_reason	 reason;
} refusals[] = {
	{ "80fd 04 01 000a 1206 01000040", PPP_MPPE_REFUSED },
	{ "c021 08 01 000a 80fd 0101 0004", PPP_MPPE_REFUSED },
	{ "80fd 05 01 0004", PPP_MPPE_REFUSED },
	{ "80fd 07 01 0009 0101000400", PPP_MPPE_REFUSED },
	{ "00fd 9000 0102030405", PPP_MPPE_SILENT },
	{ "0021 4500", PPP_MPPE_SILENT },
};

static void
refused_when_required(void **state)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		setup(NULL);
		secured();
		pp_drain(&end);
		pp_feed(&end, refusals[i].frame, 0);
		finish(refusals[i].reason);
		assert_int_equal(end.ppp.fsm[FSM_IPCP].id, 0);
	}
}

/* If it is not required, the link goes on without. */
static void
refused_when_not_required(void **state)
{
	for (int i = 0; i < 4; i++) {
		uint64_t now = 0;

		setup(NULL);
		end.config.mppe_required = false;
		secured();
		pp_expect(&end, "80fd 01 *");
		pp_feed(&end, refusals[i].frame, 0);
		pp_feed(&end, "80fd 01 01 0004", 0);
		if (i == 0)
			pp_agree(&end, "80fd", 0);
		pp_agree(&end, "8021", now);
		pp_feed(&end, "8021 01 01 000a 0306 0a000064", now);
		assert_true(end.open);
		pp_feed(&end, "0021 45000001", now);
		assert_int_equal(end.packets, 1);
	}
}

static void
silence_when_not_required(void **state)
{
	uint64_t now = 0;

	end.config.mppe_required = false;
	secured();
	pp_drain(&end);
	pp_wait(&end, &now, 8999);
	assert_int_equal(end.ppp.phase, PPP_ENCRYPT);
	pp_wait(&end, &now, 1);
	assert_int_equal(end.ppp.phase, PPP_NETWORK);
	pp_agree(&end, "8021", now);
	pp_feed(&end, "8021 01 01 000a 0306 0a000064", now);
	assert_true(end.open);
}

/* Windows opens IPCP at once: that is dropped, not rejected, until CCP is. */
static void
ipcp_waits_for_encryption(void **state)
{
	static const char request[] = "8021 01 01 000a 0306 0a000064";

	secured();
	pp_expect(&end, "80fd 01 *");
	pp_feed(&end, request, 0);
	pp_expect_nothing(&end);
	pp_feed(&end, "80fd 02 01 000a 1206 01000040", 0);
	pp_feed(&end, request, 0);
	pp_expect_nothing(&end);
	pp_feed(&end, "80fd 01 01 000a 1206 01000040", 0);
	pp_expect(&end, "80fd 02 01 *");
	pp_expect(&end, "8021 01 *");
	pp_feed(&end, request, 0);
	pp_expect(&end, "8021 02 01 000a 0306 0a000064");
	assert_int_equal(end.ppp.drops[PPP_DROP_EARLY], 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_strongest_is_asked_for),
		cmocka_unit_test(answers_to_offers),
		cmocka_unit_test_setup(other_compressors_are_rejected, setup),
		cmocka_unit_test_setup(the_peer_wants_nothing, setup),
		cmocka_unit_test_setup(the_peer_wants_less, setup),
		cmocka_unit_test(the_peer_wants_too_little),
		cmocka_unit_test(refused_when_required),
		cmocka_unit_test(refused_when_not_required),
		cmocka_unit_test_setup(silence_when_not_required, setup),
		cmocka_unit_test_setup(ipcp_waits_for_encryption, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
