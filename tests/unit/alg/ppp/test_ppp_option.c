/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Negotiation that repeats itself, or lies about lengths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alg/ppp/play_fsm.h"

/* Replies that do not belong to our last request change nothing. */
static void
foreign_replies_are_ignored(void **ctx)
{
	static const char *const foreign[] = {
		"02 27 0007 010302",	/* another identifier */
		"02 28 0007 010303",	/* another value */
		"02 28 0004",		/* less */
		"02 28 000a 010302010302",	/* more */
		"03 27 0007 010307",
		"04 27 0007 010302",
		"04 28 0007 090302",	/* nothing that we asked for */
		"03 28 0007 090302",
		"04 28 0004",
		"04 28 0007 010002",	/* lengths that cannot be */
		"03 28 0006 0103",
	};

	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		f->state = FSM_REQ_SENT;
		play_fsm_feed(foreign[i]);
		pp_expect_nothing(&end);
		assert_int_equal(f->state, FSM_REQ_SENT);
	}
	play_fsm_feed(play_fsm_packet(FSM_RCA));
	assert_int_equal(f->state, FSM_ACK_RCVD);
	/* The answer to a copy of it. */
	play_fsm_feed(play_fsm_packet(FSM_RCA));
	assert_int_equal(f->state, FSM_ACK_RCVD);
	pp_expect_nothing(&end);
}

/* A peer whose copy of the Ack was lost asks again; that is no restart. */
static void
a_lost_ack_is_repeated(void **ctx)
{
	f->state = FSM_ACK_RCVD;
	play_fsm_feed("01 09 0007 010301");
	pp_expect(&end, "8001 02 09 0007 010301");
	for (int i = 0; i < 4; i++) {
		play_fsm_feed("01 0a 0007 010301");
		pp_expect(&end, "8001 02 0a 0007 010301");
		pp_expect_nothing(&end);
		assert_string_equal(done, "tlu");
	}
	/* In the end it means it; so it does after a while. */
	play_fsm_feed("01 0a 0007 010301");
	assert_string_equal(done, "tlu,tld");
	assert_int_equal(f->state, FSM_ACK_SENT);
}

static void
a_later_request_is_a_restart(void **ctx)
{
	f->state = FSM_ACK_RCVD;
	play_fsm_feed("01 09 0007 010301");
	end.ppp.now += 100 * PLAY_FSM_CONFIGURE;
	play_fsm_feed("01 0a 0007 010301");
	assert_string_equal(done, "tlu,tld");
}

/* Peers that nak, reject or refuse for ever are given up. */
static void
endless_naks_end(void **ctx)
{
	char nak[32];
	int n = 0;

	f->state = FSM_REQ_SENT;
	while (f->want != 0) {
		snprintf(nak, sizeof(nak), "03 %02x 0007 010307", f->id);
		play_fsm_feed(nak);
		pp_expect(&end, f->want != 0 ? "8001 01 xx 0007 010302" :
		    "8001 01 xx 0004");
		assert_true(++n < 20);
	}
	assert_int_equal(n, 5);		/* the fifth counts as a reject */
}

static void
endless_requests_end(void **ctx)
{
	int naks = 0, rejects = 0;
	const struct pp_frame *k;

	f->state = FSM_REQ_SENT;
	while (f->state == FSM_REQ_SENT) {
		play_fsm_feed(play_fsm_packet(FSM_RCR_MINUS));
		k = pp_take(&end);
		naks += k->bytes[4] == FSM_CONFNAK;
		rejects += k->bytes[4] == FSM_CONFREJ;
		assert_true(naks + rejects < 30);
	}
	assert_int_equal(naks, 4);
	assert_int_equal(naks + rejects, 13);
	pp_expect(&end, "8001 05 xx 0004");
}

static void
endless_restarts_end(void **ctx)
{
	int n = 0;

	for (f->state = FSM_ACK_SENT; f->state == FSM_ACK_SENT; n++) {
		char ack[32];

		snprintf(ack, sizeof(ack), "02 %02x 0007 010302", f->id);
		f->answered = false;
		play_fsm_feed(ack);
		end.ppp.now += 1000;	/* too late for a copy */
		if (f->state == FSM_OPENED)
			play_fsm_feed("01 09 0007 010301");
		assert_true(n < 20);
		done[0] = '\0';
	}
	assert_int_equal(n, FSM_OPENS_MAX + 1);
	assert_int_equal(f->state, FSM_CLOSING);
}

/* Lengths that lie: nothing is believed, nothing answered. */
static void
malformed_is_dropped(void **ctx)
{
	static const char *const bad[] = {
		"", "01", "01 09", "01 09 00", "01 09 0003", "01 09 0000",
		"01 09 0008 010301", "01 09 ffff 010301",
		"01 09 0005 01",	/* an option cut short */
		"01 09 0006 0100",	/* length 0: an endless loop? */
		"01 09 0006 0101",	/* length 1 */
		"01 09 0007 010401",	/* past the end */
		"01 09 0007 01ff01",
	};
	uint32_t *drops = &end.ppp.drops[PPP_DROP_MALFORMED];

	f->state = FSM_REQ_SENT;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		play_fsm_feed(bad[i]);
		pp_expect_nothing(&end);
		assert_int_equal(*drops, i + 1);
	}
	/* Behind the length there may be padding. */
	play_fsm_feed("01 09 0007 010301 ffffffff");
	pp_expect(&end, "8001 02 09 0007 010301");
}

/* The same option twice: the second is rejected, whatever it says. */
static void
options_come_once(void **ctx)
{
	f->state = FSM_REQ_SENT;
	play_fsm_feed("01 09 000a 010301 010301");
	pp_expect(&end, "8001 04 09 0007 010301");
	play_fsm_feed("01 09 000d 010305 010301 010305");
	pp_expect(&end, "8001 04 09 000a 010301 010305");
}

/* A reply to as many options as fit into a frame fits into one. */
static void
replies_do_not_grow(void **ctx)
{
	uint8_t bytes[4 + PP_FRAME_MAX] = { 1, 9, 0x05, 0xd8 };
	const struct pp_frame *k;

	f->state = FSM_REQ_SENT;
	for (size_t i = 4; i < 1496; i += 2) {
		bytes[i] = (uint8_t)(i % 200 + 2);
		bytes[i + 1] = 2;
	}
	fsm_input(&end.ppp, f, bytes, 0x5d8);
	k = pp_take(&end);
	assert_int_equal(k->len, 4 + 0x5d8);
	assert_int_equal(k->bytes[4], FSM_CONFREJ);
	assert_memory_equal(k->bytes + 8, bytes + 4, 0x5d8 - 4);
	/* More than a frame holds is no request. */
	bytes[2] = 0x06;
	fsm_input(&end.ppp, f, bytes, 0x6d8 < PP_FRAME_MAX ? 0x6d8 :
	    PP_FRAME_MAX);
	pp_expect_nothing(&end);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(foreign_replies_are_ignored,
		    play_fsm_setup),
		cmocka_unit_test_setup(a_lost_ack_is_repeated, play_fsm_setup),
		cmocka_unit_test_setup(a_later_request_is_a_restart,
		    play_fsm_setup),
		cmocka_unit_test_setup(endless_naks_end, play_fsm_setup),
		cmocka_unit_test_setup(endless_requests_end, play_fsm_setup),
		cmocka_unit_test_setup(endless_restarts_end, play_fsm_setup),
		cmocka_unit_test_setup(malformed_is_dropped, play_fsm_setup),
		cmocka_unit_test_setup(options_come_once, play_fsm_setup),
		cmocka_unit_test_setup(replies_do_not_grow, play_fsm_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
