/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/play_ppp.h"

/*
 * The automaton against the table of RFC 1661 section 4.1, copied as it is
 * printed (without the notes p, r and x), one line an event.
 */
static const struct {
	enum fsm_event	 event;
	const char	*cells;		/* states 0 to 9 */
} table[] = {
	{ FSM_UP, "2 irc,scr/6 - - - - - - - -" },
	{ FSM_DOWN, "- - 0 tls/1 0 1 1 1 1 tld/1" },
	{ FSM_OPEN, "tls/1 1 irc,scr/6 3 5 5 6 7 8 9" },
	{ FSM_CLOSE, "0 tlf/0 2 2 4 4 irc,str/4 irc,str/4 irc,str/4 "
	    "tld,irc,str/4" },
	{ FSM_TO_PLUS, "- - - - str/4 str/5 scr/6 scr/6 scr/8 -" },
	{ FSM_TO_MINUS, "- - - - tlf/2 tlf/3 tlf/3 tlf/3 tlf/3 -" },
	{ FSM_RCR_PLUS, "- - sta/2 irc,scr,sca/8 4 5 sca/8 sca,tlu/9 sca/8 "
	    "tld,scr,sca/8" },
	{ FSM_RCR_MINUS, "- - sta/2 irc,scr,scn/6 4 5 scn/6 scn/7 scn/6 "
	    "tld,scr,scn/6" },
	{ FSM_RCA, "- - sta/2 sta/3 4 5 irc/7 scr/6 irc,tlu/9 tld,scr/6" },
	{ FSM_RCN, "- - sta/2 sta/3 4 5 irc,scr/6 scr/6 irc,scr/8 "
	    "tld,scr/6" },
	{ FSM_RTR, "- - sta/2 sta/3 sta/4 sta/5 sta/6 sta/6 sta/6 "
	    "tld,zrc,sta/5" },
	{ FSM_RTA, "- - 2 3 tlf/2 tlf/3 6 6 8 tld,scr/6" },
	{ FSM_RUC, "- - scj/2 scj/3 scj/4 scj/5 scj/6 scj/7 scj/8 scj/9" },
	{ FSM_RXJ_PLUS, "- - 2 3 4 5 6 6 8 9" },
	{ FSM_RXJ_MINUS, "- - tlf/2 tlf/3 tlf/2 tlf/3 tlf/3 tlf/3 tlf/3 "
	    "tld,irc,str/5" },
	{ FSM_RXR, "- - 2 3 4 5 6 7 8 ser/9" },
};

/* A protocol that says what is done to it. */
#define NUMBER		0x8001
#define MOST_CONFIGURE	7
#define MOST_TERMINATE	3

static char	done[64];

static void
note(const char *what)
{
	if (done[0] != '\0')
		strcat(done, ",");
	strcat(done, what);
}

static enum option_answer
value_asked(struct ppp *p, uint8_t type, struct cursor value,
    struct writer *nak)
{
	static const uint8_t better[] = { 1 };
	uint8_t v = 0;

	cursor_u8(&value, &v);
	if (v == better[0])
		return OPTION_ACK;
	option_put(nak, type, better, sizeof(better));
	return OPTION_NAK;
}

static void
value_put(struct ppp *p, uint8_t type, struct writer *w)
{
	writer_u8(w, 2);
}

static bool
value_nakked(struct ppp *p, uint8_t type, struct cursor value)
{
	return true;
}

static void
up(struct ppp *p)
{
	note("tlu");
}

static void
down(struct ppp *p)
{
	note("tld");
}

static void
finished(struct ppp *p, enum fsm_trouble trouble)
{
	note("tlf");
}

static void
echo(struct ppp *p, const struct fsm_packet *k)
{
	note("ser");
}

static const struct option rows[] = {
	{ 1, 1, value_asked, value_put, value_nakked, NULL }
};
static const struct fsm_protocol protocol = {
	.number = NUMBER, .index = FSM_IPV6CP, .options = { rows, 1 },
	.up = up, .down = down, .finished = finished, .echo = echo
};

static struct pp_end end;
static struct fsm *f;

static int
setup(void **state)
{
	pp_server(&end);
	end.config.max_configure = MOST_CONFIGURE;
	end.config.max_terminate = MOST_TERMINATE;
	end.config.restart = 100;
	end.config.max_failure = 4;
	pp_start(&end, 1);
	pp_drain(&end);
	f = &end.ppp.fsm[FSM_IPV6CP];
	fsm_init(f, &protocol, 1);
	f->id = 40;
	f->restarts = 2;
	done[0] = '\0';
	return 0;
}

static void
feed(const char *hex)
{
	uint8_t bytes[64];

	fsm_input(&end.ppp, f, bytes, pp_bytes(hex, bytes, sizeof(bytes)));
}

/* What a peer does, or the time, to make an event. */
static const char *const packets[FSM_EVENTS] = {
	[FSM_RCR_PLUS] = "01 09 0007 010301",
	[FSM_RCR_MINUS] = "01 09 0007 010305",
	[FSM_RCA] = "02 28 0007 010302",
	[FSM_RCN] = "03 28 0007 010307",
	[FSM_RTR] = "05 09 0004",
	[FSM_RTA] = "06 09 0004",
	[FSM_RUC] = "63 09 0004",
	[FSM_RXJ_PLUS] = "07 09 0008 63090004",
	[FSM_RXJ_MINUS] = "07 09 0008 01090004",
	[FSM_RXR] = "09 09 0008 00000000",
};

static void
cause(enum fsm_event event)
{
	if (packets[event] != NULL) {
		feed(packets[event]);
	} else if (event == FSM_TO_PLUS || event == FSM_TO_MINUS) {
		end.ppp.now = f->timer = 5000;
		f->restarts = event == FSM_TO_PLUS ? 2 : 0;
		fsm_tick(&end.ppp, f);
	} else
		fsm_event(&end.ppp, f, event);
}

/* The code of each frame sent, by the action that sends it. */
static void
note_sent(void)
{
	static const char *const actions[] = {
		"", "scr", "sca", "scn", "scn", "str", "sta", "scj"
	};
	const struct pp_frame *k;

	while ((k = pp_take(&end)) != NULL) {
		assert_int_equal(k->bytes[2] << 8 | k->bytes[3], NUMBER);
		assert_in_range(k->bytes[4], 1, 7);
		note(actions[k->bytes[4]]);
	}
}

static bool
has(const char *list, const char *action)
{
	return strstr(list, action) != NULL;
}

/*
 * All actions of a cell happened, and no others.  What is left out of the
 * notes: tls has no effect here, irc and zrc show in the counter.
 */
static void
compare(const char *cell, enum fsm_event event, int state)
{
	static const char *const seen[] = {
		"tlu", "tld", "tlf", "scr", "sca", "scn", "str", "sta", "scj",
		"ser"
	};
	const char *slash = strrchr(cell, '/');
	int next = atoi(slash != NULL ? slash + 1 : cell);

	if (cell[0] == '-')
		next = state;
	for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++)
		if (has(cell, seen[i]) != has(done, seen[i]))
			fail_msg("event %d in state %d: %s, but %s was done",
			    event, state, cell, done);
	if (f->state != next)
		fail_msg("event %d in state %d: now in %d", event, state,
		    f->state);
	if (has(cell, "irc") && f->restarts + has(cell, "scr") +
	    has(cell, "str") != (has(cell, "str") ? MOST_TERMINATE :
	    MOST_CONFIGURE))
		fail_msg("event %d in state %d: counter %d", event, state,
		    f->restarts);
	if (has(cell, "zrc"))
		assert_int_equal(f->restarts, 0);
	assert_int_equal(f->timer != 0, f->state >= FSM_CLOSING &&
	    f->state < FSM_OPENED);
}

static void
every_event_in_every_state(void **ctx)
{
	char cells[256], *cell, *rest;

	assert_int_equal(sizeof(table) / sizeof(table[0]), FSM_EVENTS);
	for (int i = 0; i < FSM_EVENTS; i++) {
		snprintf(cells, sizeof(cells), "%s", table[i].cells);
		rest = cells;
		for (int s = FSM_INITIAL; s < FSM_STATES; s++) {
			setup(NULL);
			f->state = (uint8_t)s;
			if (s >= FSM_CLOSING && s < FSM_OPENED)
				f->timer = 9999;
			cell = strtok_r(rest, " ", &rest);
			assert_non_null(cell);
			cause(table[i].event);
			note_sent();
			compare(cell, table[i].event, s);
		}
	}
}

/* Section 4.6: so many copies of a request, one each interval, one identifier. */
static void
requests_are_repeated(void **ctx)
{
	struct pp_end *e = &end;
	uint8_t id;

	f->state = FSM_STARTING;
	end.ppp.now = 1000;
	fsm_event(&end.ppp, f, FSM_UP);
	id = f->id;
	for (int i = 0; i < MOST_CONFIGURE; i++) {
		assert_int_equal(pp_expect(e, "8001 01 xx 0007 010302")
		    ->bytes[5], id);
		assert_int_equal(f->timer, end.ppp.now + 100);
		end.ppp.now += 99;
		fsm_tick(&end.ppp, f);
		pp_expect_nothing(e);
		end.ppp.now += 1;
		fsm_tick(&end.ppp, f);
	}
	pp_expect_nothing(e);
	assert_string_equal(done, "tlf");
	assert_int_equal(f->state, FSM_STOPPED);
}

static void
terminates_are_repeated(void **ctx)
{
	f->state = FSM_OPENED;
	fsm_event(&end.ppp, f, FSM_CLOSE);
	for (int i = 0; i < MOST_TERMINATE; i++) {
		pp_expect(&end, "8001 05 xx 0004");
		end.ppp.now += 100;
		fsm_tick(&end.ppp, f);
	}
	pp_expect_nothing(&end);
	assert_string_equal(done, "tld,tlf");
}

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
		feed(foreign[i]);
		pp_expect_nothing(&end);
		assert_int_equal(f->state, FSM_REQ_SENT);
	}
	feed(packets[FSM_RCA]);
	assert_int_equal(f->state, FSM_ACK_RCVD);
	feed(packets[FSM_RCA]);		/* the answer to a copy of it */
	assert_int_equal(f->state, FSM_ACK_RCVD);
	pp_expect_nothing(&end);
}

/* A peer whose copy of the Ack was lost asks again; that is no restart. */
static void
a_lost_ack_is_repeated(void **ctx)
{
	f->state = FSM_ACK_RCVD;
	feed("01 09 0007 010301");
	pp_expect(&end, "8001 02 09 0007 010301");
	for (int i = 0; i < 4; i++) {
		feed("01 0a 0007 010301");
		pp_expect(&end, "8001 02 0a 0007 010301");
		pp_expect_nothing(&end);
		assert_string_equal(done, "tlu");
	}
	/* In the end it means it; so it does after a while. */
	feed("01 0a 0007 010301");
	assert_string_equal(done, "tlu,tld");
	assert_int_equal(f->state, FSM_ACK_SENT);
}

static void
a_later_request_is_a_restart(void **ctx)
{
	f->state = FSM_ACK_RCVD;
	feed("01 09 0007 010301");
	end.ppp.now += 100 * MOST_CONFIGURE;
	feed("01 0a 0007 010301");
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
		feed(nak);
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
		feed(packets[FSM_RCR_MINUS]);
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
		feed(ack);
		end.ppp.now += 1000;	/* too late for a copy */
		if (f->state == FSM_OPENED)
			feed("01 09 0007 010301");
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
		feed(bad[i]);
		pp_expect_nothing(&end);
		assert_int_equal(*drops, i + 1);
	}
	/* Behind the length there may be padding. */
	feed("01 09 0007 010301 ffffffff");
	pp_expect(&end, "8001 02 09 0007 010301");
}

/* The same option twice: the second is rejected, whatever it says. */
static void
options_come_once(void **ctx)
{
	f->state = FSM_REQ_SENT;
	feed("01 09 000a 010301 010301");
	pp_expect(&end, "8001 04 09 0007 010301");
	feed("01 09 000d 010305 010301 010305");
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
		cmocka_unit_test(every_event_in_every_state),
		cmocka_unit_test_setup(requests_are_repeated, setup),
		cmocka_unit_test_setup(terminates_are_repeated, setup),
		cmocka_unit_test_setup(foreign_replies_are_ignored, setup),
		cmocka_unit_test_setup(a_lost_ack_is_repeated, setup),
		cmocka_unit_test_setup(a_later_request_is_a_restart, setup),
		cmocka_unit_test_setup(endless_naks_end, setup),
		cmocka_unit_test_setup(endless_requests_end, setup),
		cmocka_unit_test_setup(endless_restarts_end, setup),
		cmocka_unit_test_setup(malformed_is_dropped, setup),
		cmocka_unit_test_setup(options_come_once, setup),
		cmocka_unit_test_setup(replies_do_not_grow, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
