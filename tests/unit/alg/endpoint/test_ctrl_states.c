/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every state asked with every message: what is sent, told and noted.  Our
 * call is 1001, the peer's number for it 7.
 */
#include "tests/unit/alg/endpoint/play_ctrl_conn.h"

enum stage { SERVER_WAITS, CLIENT_ASKS, SERVER_OPEN, CLIENT_OPEN,
	CLIENT_CALLS, CLIENT_CLEARS, SERVER_STOPS, CLIENT_STOPS, STAGES };

struct answer {
	const char	*log;
	int		 sends;		/* message type, 0: nothing */
	enum reason	 note;
};

#define NOTHING		{ "", 0, REASON_NONE }
#define ENDS		{ "closed:out-of-turn ", 0, REASON_NONE }
#define STOPS(log)	{ log "closed:stop ", STOPRP, REASON_NONE }
#define ECHOES		{ "", ECHORP, REASON_NONE }
#define NOTED(note)	{ "", 0, REASON_##note }
#define SENDS(type, note) { "", type, REASON_##note }
#define TOLD(log)	{ log, 0, REASON_NONE }

#define NOT_STARTED							\
	[STOPRP] = ENDS, [ECHORP] = ENDS, [OCRQ] = ENDS,		\
	[OCRP] = ENDS, [ICRQ] = ENDS, [ICRP] = ENDS, [ICCN] = ENDS,	\
	[CCRQ] = ENDS, [CDN] = ENDS, [WEN] = ENDS, [SLI] = ENDS

#define OPENED								\
	[SCCRQ] = SENDS(SCCRP, OUT_OF_TURN), [SCCRP] = NOTED(OUT_OF_TURN), \
	[STOPRP] = NOTED(OUT_OF_TURN), [ECHORQ] = ECHOES,		\
	[ECHORP] = NOTHING, [ICRQ] = SENDS(ICRP, CALL_NOT_WANTED),	\
	[ICRP] = NOTED(OUT_OF_TURN), [ICCN] = NOTED(OUT_OF_TURN),	\
	[WEN] = NOTED(WAN_ERROR), [SLI] = NOTHING

#define STOPPING							\
	[SCCRQ] = NOTHING, [SCCRP] = NOTHING,				\
	[STOPRQ] = { "closed:admin ", STOPRP, REASON_NONE },		\
	[STOPRP] = TOLD("closed:admin "), [ECHORQ] = ECHOES,		\
	[ECHORP] = NOTHING, [OCRQ] = NOTHING, [OCRP] = NOTHING,		\
	[ICRQ] = NOTHING, [ICRP] = NOTHING, [ICCN] = NOTHING,		\
	[CCRQ] = NOTHING, [CDN] = NOTHING, [WEN] = NOTHING, [SLI] = NOTHING

static const struct answer answers[STAGES][16] = {
	[SERVER_WAITS] = { NOT_STARTED,
		[SCCRQ] = { "open ", SCCRP, REASON_NONE },
		[SCCRP] = ENDS, [STOPRQ] = STOPS(""), [ECHORQ] = ENDS },
	[CLIENT_ASKS] = { NOT_STARTED,
		[SCCRQ] = ENDS, [SCCRP] = TOLD("open "),
		[STOPRQ] = STOPS(""), [ECHORQ] = ECHOES },
	[SERVER_OPEN] = { OPENED, [STOPRQ] = STOPS("down:1001:stop "),
		[OCRQ] = { "down:1001:call-again up:1002 ", OCRP,
		    REASON_NONE },
		[OCRP] = NOTED(UNKNOWN_ID),
		[CCRQ] = { "down:1001:clear ", CDN, REASON_NONE },
		[CDN] = TOLD("down:1001:disconnect ") },
	[CLIENT_OPEN] = { OPENED, [STOPRQ] = STOPS("down:1001:stop "),
		[OCRQ] = SENDS(OCRP, CALL_NOT_WANTED),
		[OCRP] = NOTED(UNKNOWN_ID),
		[CCRQ] = { "down:1001:clear ", CDN, REASON_NONE },
		[CDN] = TOLD("down:1001:disconnect ") },
	[CLIENT_CALLS] = { OPENED, [STOPRQ] = STOPS("down:1001:stop "),
		[OCRQ] = SENDS(OCRP, CALL_NOT_WANTED),
		[OCRP] = TOLD("up:1001 "),
		[CCRQ] = NOTED(UNKNOWN_ID), [CDN] = NOTED(UNKNOWN_ID) },
	[CLIENT_CLEARS] = { OPENED, [STOPRQ] = { "down:1001:admin "
		    "closed:admin ", STOPRP, REASON_NONE },
		[OCRQ] = SENDS(OCRP, CALL_NOT_WANTED),
		[OCRP] = NOTED(UNKNOWN_ID),
		[CCRQ] = { "down:1001:admin ", CDN, REASON_NONE },
		[CDN] = { "down:1001:admin ", STOPRQ, REASON_NONE } },
	[SERVER_STOPS] = { STOPPING },
	[CLIENT_STOPS] = { STOPPING },
};

static struct end *
reach(enum stage stage)
{
	bool client = stage != SERVER_WAITS && stage != SERVER_OPEN &&
	    stage != SERVER_STOPS;
	struct end *e = end_new(client);

	if (stage == SERVER_WAITS || stage == CLIENT_ASKS) {
		e->seen = e->nsent;
		return e;
	}
	end_opens(e);
	if (stage == CLIENT_CALLS)
		ctrl_conn_request(&e->conn, end_call(e), e->now);
	else if (stage != CLIENT_STOPS)
		end_calls(e);
	if (stage == SERVER_STOPS || stage == CLIENT_STOPS ||
	    stage == CLIENT_CLEARS)
		ctrl_conn_stop(&e->conn, REASON_ADMIN, e->now);
	e->seen = e->nsent;
	end_forget(e);
	return e;
}

static void
ask(enum stage stage, int type)
{
	const struct answer *a = &answers[stage][type];
	struct end *e = reach(stage);

	if (type == SCCRQ || type == SCCRP)
		end_gets_start(e, type, 0x0100, 1);
	else
		end_gets(e, type, 7, 1001, 1);
	if (strcmp(e->log, a->log) != 0)
		fail_msg("stage %d, message %d: \"%s\", not \"%s\"", stage,
		    type, e->log, a->log);
	if (a->sends != 0)
		end_sends(e, a->sends);
	if (stage != CLIENT_CLEARS || type != CCRQ)
		end_sends_nothing(e);
	for (int r = 0; r < REASON_COUNT; r++)
		assert_int_equal(e->notes[r], a->note != REASON_NONE &&
		    r == (int)a->note);
	end_free(e);
}

static void
test_every_message(void **state)
{
	for (int stage = 0; stage < STAGES; stage++) {
		for (int type = SCCRQ; type <= SLI; type++) {
			assert_non_null(answers[stage][type].log);
			ask(stage, type);
		}
	}
}

/* What the Start messages may say. */
static void
test_start(void **state)
{
	static const struct {
		int		 type;
		uint16_t	 version;
		uint8_t		 result;
		const char	*log, *why;
	} cases[] = {
		{ SCCRQ, 0x0100, 0, "open ", "" },
		{ SCCRQ, 0x0001, 0, "closed:bad-version ", "" },
		{ SCCRQ, 0x0101, 0, "closed:bad-version ", "" },
		{ SCCRP, 0x0100, 1, "open ", "" },
		{ SCCRP, 0x0100, 0, "open ", "" },	/* modems */
		{ SCCRP, 0x0100, 2, "closed:start-refused ",
		    "general error (Result Code 2)" },
		{ SCCRP, 0x0100, 4, "closed:start-refused ",
		    "requester is not authorized (Result Code 4)" },
		{ SCCRP, 0x0100, 255, "closed:start-refused ",
		    "unknown (Result Code 255)" },
		{ SCCRP, 0x0200, 1, "closed:bad-version ", "" },
	};
	char text[100];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct end *e = end_new(cases[i].type == SCCRP);

		e->seen = e->nsent;
		end_gets_start(e, cases[i].type, cases[i].version,
		    cases[i].result);
		assert_string_equal(e->log, cases[i].log);
		assert_string_equal(ctrl_conn_explain_start(&e->conn, text,
		    sizeof(text)), cases[i].why);
		if (cases[i].type == SCCRQ)
			assert_int_equal(end_sends(e, SCCRP)[14],
			    cases[i].version == 0x0100 ? 1 : 5);
		end_sends_nothing(e);
		end_free(e);
	}
}

/* What comes when nothing comes: first what is due, then not before. */
static void
waits(struct end *e, uint64_t ms, const char *log, int sends)
{
	assert_int_equal(ctrl_conn_due(&e->conn), e->now + ms);
	end_waits(e, ms - 1);
	assert_log(e, "");
	end_sends_nothing(e);
	end_waits(e, 1);
	assert_log(e, log);
	if (sends != 0)
		end_sends(e, sends);
	end_sends_nothing(e);
	assert_true(ctrl_conn_due(&e->conn) > e->now);
}

static void
test_time(void **state)
{
	struct end *e;

	waits(e = reach(SERVER_WAITS), 10000, "closed:no-start ", 0);
	end_free(e);
	waits(e = reach(CLIENT_ASKS), 10000, "closed:no-start ", 0);
	end_free(e);
	waits(e = reach(SERVER_STOPS), 5000, "closed:admin ", 0);
	end_free(e);
	e = reach(CLIENT_CLEARS);
	waits(e, 5000, "down:1001:admin ", STOPRQ);
	waits(e, 5000, "closed:admin ", 0);
	end_free(e);
	e = reach(CLIENT_CALLS);
	waits(e, 20000, "", CCRQ);
	waits(e, 5000, "down:1001:no-reply ", 0);
	end_free(e);
	e = reach(SERVER_OPEN);
	waits(e, 60000, "", ECHORQ);
	waits(e, 60000, "down:1001:no-echo-reply closed:no-echo-reply ", 0);
	end_free(e);
	e = reach(SERVER_OPEN);
	end_waits(e, 50000);
	end_gets(e, CCRQ, 7, 0, 0);
	end_sends(e, CDN);
	end_forget(e);
	end_waits(e, 29999);
	end_gets(e, ECHORQ, 0, 0, 0);
	end_sends(e, ECHORP);
	waits(e, 1, "", STOPRQ);
	waits(e, 5000, "closed:no-call ", 0);
	end_free(e);
}

/* Any message is a sign of life; its own echo request is answered anyway. */
static void
test_echo(void **state)
{
	static const int life[] = { ECHORP, ECHORQ, SLI, WEN };
	struct end *e = reach(SERVER_OPEN);

	for (size_t i = 0; i < sizeof(life) / sizeof(life[0]); i++) {
		end_waits(e, 60000);
		assert_int_equal(wire_get32(end_sends(e, ECHORQ) + 12),
		    i + 1);
		end_waits(e, 59000);
		end_gets(e, life[i], 7, 0, 0);
		if (life[i] == ECHORQ)
			end_sends(e, ECHORP);
		end_sends_nothing(e);
	}
	assert_log(e, "");
	end_free(e);
}

/* 0 is never, not at once. */
static void
test_no_timers(void **state)
{
	struct end *e = reach(SERVER_OPEN);

	e->config.echo_time = 0;
	end_waits(e, 60000);
	end_sends(e, ECHORQ);
	assert_int_equal(ctrl_conn_due(&e->conn), UINT64_MAX);
	end_waits(e, 1000000);
	e->config.echo_interval = e->config.call_time = 0;
	end_gets(e, CCRQ, 7, 0, 0);
	assert_int_equal(ctrl_conn_due(&e->conn), UINT64_MAX);
	end_waits(e, 1000000);
	assert_log(e, "down:1001:clear ");
	end_free(e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_message),
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_no_timers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
