/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes of the control connection: cut anywhere, malformed, not read. */
#include "tests/unit/alg/endpoint/play_ctrl_conn.h"

#define STREAM	2048

/* All that a peer may say to a server, in one stream. */
static size_t
script(uint8_t *stream)
{
	static const struct {
		int		 type;
		uint16_t	 id;
	} lines[] = {
		{ OCRQ, 7 }, { SLI, 1001 }, { ECHORQ, 0 }, { OCRQ, 8 },
		{ WEN, 0 }, { ICRQ, 9 }, { CCRQ, 8 }, { CDN, 7 },
		{ ECHORP, 0 }, { STOPRQ, 0 },
	};
	size_t n = wire_message(stream, SCCRQ, 0, 0, 0);

	wire_put16(stream + 12, 0x0100);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		n += wire_message(stream + n, lines[i].type, lines[i].id, 0,
		    1);
	assert_true(n < STREAM);
	return n;
}

/* The same comes of it as when it came whole. */
static void
check_same(struct end *e, const struct end *whole)
{
	assert_string_equal(e->log, whole->log);
	assert_int_equal(e->nsent, whole->nsent);
	assert_memory_equal(e->sent, whole->sent, whole->nsent);
	end_free(e);
}

static void
test_splits(void **state)
{
	uint8_t stream[STREAM];
	size_t n = script(stream);
	struct end *whole = end_new(false), *e;

	end_gets_bytes(whole, stream, n);
	assert_string_equal(whole->log, "open up:1001 up:1002 "
	    "down:1002:clear down:1001:disconnect closed:stop ");
	for (size_t cut = 1; cut < n; cut++) {
		e = end_new(false);
		end_gets_bytes(e, stream, cut);
		end_gets_bytes(e, stream + cut, n - cut);
		check_same(e, whole);
		e = end_new(false);
		for (size_t at = 0; at < n; at += cut)
			end_gets_bytes(e, stream + at,
			    n - at < cut ? n - at : cut);
		check_same(e, whole);
	}
	end_free(whole);
}

/* The first ten bytes tell, whatever comes then. */
static void
test_malformed(void **state)
{
	static const struct {
		size_t		 at;
		uint16_t	 value;
		const char	*log;
	} cases[] = {
		{ 0, 0, "closed:bad-length " },
		{ 0, 1, "closed:bad-length " },	/* CVE-2003-0213 */
		{ 0, 11, "closed:bad-length " },
		{ 0, 15, "closed:bad-length " },
		{ 0, 17, "closed:bad-length " },
		{ 0, 221, "closed:bad-length " },
		{ 0, 0xFFFF, "closed:bad-length " },
		{ 2, 2, "closed:bad-message-type " },
		{ 4, 0x1A2C, "closed:bad-cookie " },
		{ 6, 0x3C4E, "closed:bad-cookie " },
		{ 8, 0, "closed:bad-control-type " },
		{ 8, 16, "closed:bad-control-type " },
		{ 8, 0xFFFF, "closed:bad-control-type " },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct end *e = end_new(false);
		uint8_t m[256];

		end_opens(e);
		wire_message(m, ECHORQ, 0, 0, 0);
		wire_put16(m + cases[i].at, cases[i].value);
		for (size_t n = 0; n < 10; n++)
			end_gets_bytes(e, m + n, 1);
		assert_string_equal(e->log, cases[i].log);
		end_gets_bytes(e, m, 16);
		assert_string_equal(e->log, cases[i].log);
		end_sends_nothing(e);
		end_free(e);
	}
}

/* An unknown message of no length: not for ever the same bytes. */
static void
test_unknown_of_no_length(void **state)
{
	static const uint8_t m[12] = { 0, 0, 0, 1, 0x1A, 0x2B, 0x3C, 0x4D,
	    0, 99, 0, 0 };
	struct end *e = end_new(false);

	end_opens(e);
	end_gets_bytes(e, m, sizeof(m));
	assert_log(e, "closed:bad-length ");
	end_free(e);
}

/* The socket takes a few bytes now and then: nothing is lost or doubled. */
static void
test_partial_writes(void **state)
{
	uint8_t stream[STREAM];
	size_t n = script(stream);
	struct end *whole = end_new(false);

	end_gets_bytes(whole, stream, n);
	for (size_t few = 1; few < 200; few++) {
		struct end *e = end_new(false);

		for (size_t i = 0; i < n; i += 16) {
			e->takes = few;
			end_gets_bytes(e, stream + i,
			    n - i < 16 ? n - i : 16);
			while (few < 14 && ctrl_conn_waits(&e->conn) > 300) {
				e->takes = few;
				ctrl_conn_flush(&e->conn);
			}
		}
		e->takes = SIZE_MAX;
		ctrl_conn_flush(&e->conn);
		assert_int_equal(ctrl_conn_waits(&e->conn), 0);
		ctrl_conn_flush(&e->conn);
		check_same(e, whole);
	}
	end_free(whole);
}

/* Echo requests, and nobody reads the replies: 25 are kept, not a 26th. */
static void
test_not_reading(void **state)
{
	struct end *e = end_new(false);

	end_opens(e);
	end_calls(e);
	e->takes = 0;
	for (int i = 0; i < CTRL_CONN_OUTPUT_MAX / 20; i++)
		end_gets(e, ECHORQ, 0, 0, 0);
	assert_log(e, "");
	assert_int_equal(
	    ctrl_conn_waits(&e->conn), CTRL_CONN_OUTPUT_MAX / 20 * 20);
	end_gets(e, ECHORQ, 0, 0, 0);
	assert_log(e, "down:1001:not-reading closed:not-reading ");
	assert_int_equal(ctrl_conn_waits(&e->conn), 0);
	end_free(e);
}

/* The reply to a call request is what does not fit any more. */
static void
test_not_reading_call(void **state)
{
	for (size_t full = 0; full < 168; full += 4) {
		struct end *e = end_new(full % 8 == 0);

		end_opens(e);
		e->takes = 0;
		while (ctrl_conn_waits(&e->conn) + full + 20 <=
		    CTRL_CONN_OUTPUT_MAX)
			end_gets(e, ECHORQ, 0, 0, 0);
		assert_log(e, "");
		if (e->config.client) {
			ctrl_conn_request(&e->conn, end_call(e), e->now);
			ctrl_conn_stop(&e->conn, REASON_ADMIN, e->now);
		} else {
			end_gets(e, OCRQ, 7, 0, 0);
			end_gets(e, CCRQ, 7, 0, 0);
		}
		for (int i = 0; i < END_CALLS; i++)
			assert_true(!e->used[i] ||
			    e->conn.state != CTRL_CONN_CLOSED);
		end_free(e);
	}
}

/* Moves what one end sent to the other, in pieces. */
static bool
carry(struct end *from, struct end *to)
{
	size_t n = from->nsent - from->seen;

	if (n == 0)
		return false;
	if (n > 13)
		n = (size_t)random() % n + 1;
	end_gets_bytes(to, from->sent + from->seen, n);
	from->seen += n;
	return true;
}

/* Until neither has anything left to say. */
static void
carry_both(struct end *client, struct end *server)
{
	bool more;

	do {
		more = carry(client, server);
		more |= carry(server, client);
	} while (more);
}

/* Our two ends understand each other, several calls on one connection. */
static void
test_both_ends(void **state)
{
	struct end *client = end_new(true), *server = end_new(false);

	client->asks = true;
	carry_both(client, server);
	assert_log(client, "open up:1001 ");
	assert_log(server, "open up:1001 ");
	client->next_id = 2001;
	ctrl_conn_request(&client->conn, end_call(client), client->now);
	carry_both(client, server);
	assert_log(client, "up:2001 ");
	assert_log(server, "up:1002 ");
	assert_int_equal(client->calls[1].peer_id, 1002);
	assert_int_equal(server->calls[1].peer_id, 2001);
	assert_int_equal(client->calls[1].speed, 10000000);
	assert_string_equal(server->peer.vendor, "someone");
	ctrl_conn_clear(&server->calls[0], REASON_ADMIN, server->now);
	carry_both(client, server);
	assert_log(client, "down:1001:disconnect ");
	ctrl_conn_stop(&client->conn, REASON_ADMIN, client->now);
	carry_both(client, server);
	assert_log(client, "down:2001:admin closed:admin ");
	assert_log(server, "down:1001:admin down:1002:clear closed:stop ");
	end_free(client);
	end_free(server);
}

/* Names longer than their fields, and a number to call. */
static void
test_long_names(void **state)
{
	char name[100] = { 0 };
	struct end *e;

	memset(name, 'n', 99);
	e = end_new(true);
	end_opens(e);
	e->config.phone = name;
	ctrl_conn_request(&e->conn, end_call(e), e->now);
	assert_int_equal(wire_get16(e->sent + e->seen + 36), 63);
	assert_int_equal(strlen((const char *)e->sent + e->seen + 40), 63);
	end_free(e);
	e = end_new(false);
	e->config.host_name = e->config.vendor = name;
	end_gets_start(e, SCCRQ, 0x0100, 0);
	assert_int_equal(strlen((const char *)e->sent + 28), 63);
	assert_int_equal(strlen((const char *)e->sent + 92), 63);
	end_free(e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_splits),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_unknown_of_no_length),
		cmocka_unit_test(test_partial_writes),
		cmocka_unit_test(test_not_reading),
		cmocka_unit_test(test_not_reading_call),
		cmocka_unit_test(test_both_ends),
		cmocka_unit_test(test_long_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
