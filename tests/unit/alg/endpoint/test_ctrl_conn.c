/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A control connection that ends here, as its peer sees it. */
#include "tests/unit/alg/endpoint/play_ctrl_conn.h"

static int
set_server(void **state)
{
	*state = end_new(false);
	return 0;
}

static int
set_client(void **state)
{
	*state = end_new(true);
	return 0;
}

static int
unset(void **state)
{
	end_free(*state);
	return 0;
}

/* Everything in the order of pptp-linux and of Windows. */
static void
test_server(void **state)
{
	struct end *e = *state;
	const uint8_t *m;

	end_gets_start(e, SCCRQ, 0x0100, 0);
	assert_log(e, "open ");
	assert_string_equal(e->peer.host_name, "there");
	assert_int_equal(strlen(e->peer.vendor), 64);
	assert_int_equal(e->peer.firmware, 2600);
	m = end_sends(e, SCCRP);
	assert_int_equal(wire_get16(m + 12), 0x0100);
	assert_int_equal(m[14], 1);
	assert_int_equal(m[15], 0);
	assert_string_equal((const char *)m + 28, "here");
	assert_string_equal((const char *)m + 92, "someone");
	end_gets(e, OCRQ, 7, 0, 0);
	assert_log(e, "up:1001 ");
	m = end_sends(e, OCRP);
	assert_int_equal(wire_get16(m + 12), 1001);
	assert_int_equal(wire_get16(m + 14), 7);
	assert_int_equal(m[16], 1);
	assert_int_equal(wire_get32(m + 20), 0x94959697);	/* echoed */
	assert_int_equal(wire_get16(m + 24), 64);
	end_gets(e, SLI, 1001, 0, 0);
	end_gets(e, ECHORQ, 0, 0, 0);
	m = end_sends(e, ECHORP);
	assert_int_equal(wire_get32(m + 12), 0x8C8D8E8F);
	assert_int_equal(m[16], 1);
	end_gets(e, CCRQ, 7, 0, 0);
	m = end_sends(e, CDN);
	assert_int_equal(wire_get16(m + 12), 1001);
	assert_int_equal(m[14], 4);
	end_gets(e, STOPRQ, 0, 0, 0);
	m = end_sends(e, STOPRP);
	assert_int_equal(m[12], 1);
	end_sends_nothing(e);
	assert_log(e, "down:1001:clear closed:stop ");
	end_gets(e, OCRQ, 7, 0, 0);	/* too late: nobody hears it */
	assert_log(e, "");
}

static void
test_client(void **state)
{
	struct end *e = *state;
	const uint8_t *m = end_sends(e, SCCRQ);

	assert_int_equal(wire_get16(m + 12), 0x0100);
	assert_int_equal(wire_get16(m + 14), 0);
	e->asks = true;
	end_gets_start(e, SCCRP, 0x0100, 1);
	m = end_sends(e, OCRQ);
	assert_int_equal(wire_get16(m + 12), 1001);
	assert_int_equal(wire_get32(m + 20), 10000000);
	assert_int_equal(wire_get16(m + 32), 64);
	assert_int_equal(wire_get16(m + 36), 0);
	end_gets(e, OCRP, 0, 1001, 1);		/* 0 is an ID like others */
	assert_log(e, "open up:1001 ");
	assert_int_equal(e->calls[0].peer_id, 0);
	ctrl_conn_stop(&e->conn, REASON_ADMIN, e->now);
	m = end_sends(e, CCRQ);
	assert_int_equal(wire_get16(m + 12), 1001);
	end_sends_nothing(e);			/* first the CDN, then stop */
	assert_log(e, "");
	end_gets(e, CDN, 0, 0, 0);
	m = end_sends(e, STOPRQ);
	assert_int_equal(m[12], 3);
	assert_log(e, "down:1001:admin ");
	end_gets(e, STOPRP, 0, 0, 0);
	assert_log(e, "closed:admin ");
}

static void
test_server_stops(void **state)
{
	struct end *e = *state;
	const uint8_t *m;

	end_opens(e);
	end_calls(e);
	end_gets(e, OCRQ, 8, 0, 0);
	end_sends(e, OCRP);
	end_forget(e);
	ctrl_conn_stop(&e->conn, REASON_ADMIN, e->now);
	m = end_sends(e, CDN);
	assert_int_equal(wire_get16(m + 12), 1001);
	assert_int_equal(m[14], 3);
	end_sends(e, CDN);
	end_sends(e, STOPRQ);
	assert_log(e, "down:1001:admin down:1002:admin ");
	end_gets(e, ECHORQ, 0, 0, 0);		/* was under way */
	end_gets(e, CCRQ, 7, 0, 0);
	end_gets(e, STOPRP, 0, 0, 0);
	assert_log(e, "closed:admin ");
}

/* pptp-linux: Call-Clear and FIN at once; the CDN goes out after its FIN. */
static void
test_clear_and_fin(void **state)
{
	struct end *e = *state;

	end_opens(e);
	end_calls(e);
	e->takes = 10;
	end_gets(e, CCRQ, 7, 0, 0);
	ctrl_conn_lost(&e->conn, REASON_CLOSED, e->now);
	assert_log(e, "down:1001:clear closed:closed ");
	assert_int_equal(ctrl_conn_waits(&e->conn), 138);
	e->takes = 100;
	ctrl_conn_flush(&e->conn);
	e->takes = 100;
	ctrl_conn_flush(&e->conn);
	assert_int_equal(ctrl_conn_waits(&e->conn), 0);
	end_sends(e, CDN);
}

static void
test_lost(void **state)
{
	struct end *e = *state;

	end_opens(e);
	end_calls(e);
	ctrl_conn_lost(&e->conn, REASON_RESET, e->now);
	ctrl_conn_lost(&e->conn, REASON_RESET, e->now);
	assert_log(e, "down:1001:reset closed:reset ");
	end_sends_nothing(e);
	assert_int_equal(ctrl_conn_due(&e->conn), UINT64_MAX);
}

/* Whose ID ends which of two calls: the sender's before the receiver's. */
static void
test_disconnect(void **state)
{
	static const struct {
		uint16_t	 first;		/* the peer's of call 1001 */
		int		 type;
		uint16_t	 id;
		const char	*log;
	} cases[] = {
		{ 7, CCRQ, 7, "down:1001:clear " },	/* by the RFC */
		{ 7, CCRQ, 1001, "down:1001:clear " },
		{ 7, CDN, 1002, "down:1002:disconnect " }, /* accel-ppp */
		{ 1002, CDN, 1002, "down:1001:disconnect " },
		{ 0, CDN, 0, "down:1001:disconnect " },
		{ 7, CDN, 0, "" },		/* which one? */
		{ 7, CDN, 9, "" },
		{ 7, CCRQ, 9, "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct end *e = end_new(false);

		end_opens(e);
		end_gets(e, OCRQ, cases[i].first, 0, 0);
		end_gets(e, OCRQ, 8, 0, 0);
		end_forget(e);
		end_gets(e, cases[i].type, cases[i].id, 0, 0);
		assert_string_equal(e->log, cases[i].log);
		assert_int_equal(e->notes[REASON_UNKNOWN_ID],
		    cases[i].log[0] == '\0');
		end_free(e);
	}
	(void)state;
}

/* Windows: the answer to a clear request has ID 0 and result 0. */
static void
test_disconnect_zero(void **state)
{
	struct end *e = *state;
	struct ctrl_call *c;

	end_opens(e);
	end_calls(e);
	c = end_calls(e);
	ctrl_conn_clear(c, REASON_ADMIN, e->now);
	ctrl_conn_clear(c, REASON_ADMIN, e->now);	/* once is enough */
	end_sends(e, CCRQ);
	end_sends_nothing(e);
	end_gets(e, CDN, 0, 0, 0);
	assert_log(e, "down:1002:admin ");
	end_gets(e, CDN, 0, 0, 0);
	assert_log(e, "down:1001:disconnect ");
}

static void
test_no_room(void **state)
{
	struct end *e = *state;
	const uint8_t *m;

	end_opens(e);
	e->no_room = true;
	end_gets(e, OCRQ, 7, 0, 0);
	m = end_sends(e, OCRP);
	assert_int_equal(wire_get16(m + 14), 7);
	assert_int_equal(m[16], 2);
	assert_int_equal(m[17], 4);
	assert_int_equal(e->notes[REASON_CALL_REFUSED], 1);
	e->no_room = false;
	for (uint16_t i = 0; i < END_CALLS; i++) {
		end_gets(e, OCRQ, i, 0, 0);
		assert_int_equal(end_sends(e, OCRP)[16], 1);
	}
	end_gets(e, OCRQ, 7, 0, 0);
	assert_int_equal(end_sends(e, OCRP)[16], 2);
	assert_int_equal(e->notes[REASON_CONNECTION_CALLS], 1);
	end_forget(e);
	end_gets(e, OCRQ, 0, 0, 0);		/* a new one in its place */
	assert_int_equal(end_sends(e, OCRP)[16], 1);
	assert_log(e, "down:1001:call-again up:1005 ");
}

/* Incoming calls, and outgoing ones of a client. */
static void
test_not_wanted(void **state)
{
	for (int client = 0; client < 2; client++) {
		struct end *e = end_new(client);
		const uint8_t *m;

		end_opens(e);
		end_gets(e, ICRQ, 7, 0, 0);
		m = end_sends(e, ICRP);
		assert_int_equal(wire_get16(m + 14), 7);
		assert_int_equal(m[16], 3);
		if (client) {
			end_gets(e, OCRQ, 7, 0, 0);
			assert_int_equal(end_sends(e, OCRP)[16], 7);
		}
		assert_int_equal(e->notes[REASON_CALL_NOT_WANTED],
		    client + 1);
		assert_log(e, "");
		end_free(e);
	}
	(void)state;
}

static void
test_call_refused(void **state)
{
	struct end *e = *state;
	char text[100];

	end_opens(e);
	for (int result = 0; result < 256; result++) {
		struct ctrl_call *c = end_call(e);

		if (result == 1)
			result++;
		assert_int_equal(ctrl_conn_request(&e->conn, c, e->now), 0);
		end_sends(e, OCRQ);
		e->seen = e->nsent;
		end_gets(e, OCRP, 7, c->id, (uint8_t)result);
		assert_non_null(strstr(e->log, ":reply-refused "));
		end_forget(e);
		assert_int_equal(c->result, result);
		ctrl_conn_explain_call(c, text, sizeof(text));
		if (result == 4)
			assert_non_null(strstr(text, "busy (Result Code 4)"));
		assert_non_null(strstr(text, "Cause Code"));
	}
	ctrl_conn_explain_call(&e->calls[0], text, 5);	/* never beyond */
	assert_true(strlen(text) < 5);
}

/* Changed its mind before the answer came. */
static void
test_cleared_early(void **state)
{
	struct end *e = *state;
	struct ctrl_call *c;

	end_opens(e);
	c = end_call(e);
	ctrl_conn_request(&e->conn, c, e->now);
	ctrl_conn_clear(c, REASON_ADMIN, e->now);
	end_gets(e, OCRP, 7, 1001, 1);
	assert_log(e, "");
	end_gets(e, CDN, 7, 0, 0);
	assert_log(e, "down:1001:admin ");
	c = end_call(e);
	ctrl_conn_request(&e->conn, c, e->now);
	ctrl_conn_clear(c, REASON_ADMIN, e->now);
	end_gets(e, OCRP, 0, 1002, 2);
	assert_log(e, "down:1002:admin ");
	ctrl_conn_request(&e->conn, end_call(e), e->now);
	ctrl_conn_request(&e->conn, end_call(e), e->now);
	end_gets(e, CDN, 0, 0, 0);		/* none has 0 yet */
	assert_log(e, "");
}

static void
test_limits_of_client(void **state)
{
	struct end *e = *state;
	struct ctrl_call extra = { .id = 5 };

	assert_int_equal(ctrl_conn_request(&e->conn, &extra, e->now), -1);
	end_opens(e);
	for (int i = 0; i < END_CALLS; i++)
		assert_int_equal(ctrl_conn_request(&e->conn, end_call(e),
		    e->now), 0);
	assert_int_equal(ctrl_conn_request(&e->conn, &extra, e->now), -1);
	ctrl_conn_stop(&e->conn, REASON_ADMIN, e->now);
	assert_int_equal(ctrl_conn_request(&e->conn, &extra, e->now), -1);
}

#define SERVER(test)	cmocka_unit_test_setup_teardown(test, set_server, unset)
#define CLIENT(test)	cmocka_unit_test_setup_teardown(test, set_client, unset)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SERVER(test_server),
		CLIENT(test_client),
		SERVER(test_server_stops),
		SERVER(test_clear_and_fin),
		SERVER(test_lost),
		cmocka_unit_test(test_disconnect),
		CLIENT(test_disconnect_zero),
		SERVER(test_no_room),
		cmocka_unit_test(test_not_wanted),
		CLIENT(test_call_refused),
		CLIENT(test_cleared_early),
		CLIENT(test_limits_of_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
