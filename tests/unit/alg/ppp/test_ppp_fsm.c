/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The automaton against the table of RFC 1661 section 4.1, copied as it is
 * printed (without the notes p, r and x), one line an event.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alg/ppp/play_fsm.h"

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

/* A peer's packet, the time, or the caller. */
static void
cause(enum fsm_event event)
{
	if (play_fsm_packet(event) != NULL) {
		play_fsm_feed(play_fsm_packet(event));
	} else if (event == FSM_TO_PLUS || event == FSM_TO_MINUS) {
		end.ppp.now = f->timer = 5000;
		f->restart_counter = event == FSM_TO_PLUS ? 2 : 0;
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
		assert_int_equal(k->bytes[2] << 8 | k->bytes[3],
		    PLAY_FSM_PROTOCOL);
		assert_in_range(k->bytes[4], 1, 7);
		play_fsm_note(actions[k->bytes[4]]);
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
	if (has(cell, "irc") && f->restart_counter + has(cell, "scr") +
	    has(cell, "str") != (has(cell, "str") ? PLAY_FSM_TERMINATE :
	    PLAY_FSM_CONFIGURE))
		fail_msg("event %d in state %d: counter %d", event, state,
		    f->restart_counter);
	if (has(cell, "zrc"))
		assert_int_equal(f->restart_counter, 0);
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
			play_fsm_setup(NULL);
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

/* Section 4.6: so many copies, one each interval, with one identifier. */
static void
requests_are_repeated(void **ctx)
{
	struct pp_end *e = &end;
	uint8_t id;

	f->state = FSM_STARTING;
	end.ppp.now = 1000;
	fsm_event(&end.ppp, f, FSM_UP);
	id = f->id;
	for (int i = 0; i < PLAY_FSM_CONFIGURE; i++) {
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
	for (int i = 0; i < PLAY_FSM_TERMINATE; i++) {
		pp_expect(&end, "8001 05 xx 0004");
		end.ppp.now += 100;
		fsm_tick(&end.ppp, f);
	}
	pp_expect_nothing(&end);
	assert_string_equal(done, "tld,tlf");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_in_every_state),
		cmocka_unit_test_setup(requests_are_repeated, play_fsm_setup),
		cmocka_unit_test_setup(terminates_are_repeated, play_fsm_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
