/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/config.h"
#include "conf/request.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))
#define ERROR_MAX	128
#define GIVEN(a)	(1U << REQUEST_##a)

/* A line, and what it must mean. */
static const struct {
	const char		*line;
	enum request_command	 command;
	unsigned		 given;
	enum request_argument	 which;
	uint64_t		 value;
} good[] = {
	{ "{\"command\":\"status\"}", REQUEST_STATUS, 0, 0, 0 },
	{ " { \"command\" : \"calls\" } \r", REQUEST_CALLS, 0, 0, 0 },
	{ "{\"client\":\"192.168.1.2\",\"command\":\"calls\"}",
	    REQUEST_CALLS, GIVEN(CLIENT), REQUEST_CLIENT, 0xc0a80102 },
	{ "{\"command\":\"calls\",\"server\":\"255.255.255.255\"}",
	    REQUEST_CALLS, GIVEN(SERVER), REQUEST_SERVER, 0xffffffff },
	{ "{\"command\":\"connections\",\"public\":\"0.0.0.0\"}",
	    REQUEST_CONNECTIONS, GIVEN(PUBLIC), REQUEST_PUBLIC, 0 },
	{ "{\"command\":\"calls\",\"call_id\":0,\"public\":\"1.2.3.4\"}",
	    REQUEST_CALLS, GIVEN(CALL_ID) | GIVEN(PUBLIC), REQUEST_CALL_ID,
	    0 },
	{ "{\"command\":\"calls\",\"call_id\":65535}", REQUEST_CALLS,
	    GIVEN(CALL_ID), REQUEST_CALL_ID, 65535 },
	{ "{\"command\":\"counters\"}", REQUEST_COUNTERS, 0, 0, 0 },
	{ "{\"command\":\"events\"}", REQUEST_EVENTS, 0, 0, 0 },
	{ "{\"command\":\"clear\",\"call\":9223372036854775807}",
	    REQUEST_CLEAR, GIVEN(CALL), REQUEST_CALL, INT64_MAX },
	{ "{\"command\":\"clear\",\"client\":\"10.0.0.1\"}", REQUEST_CLEAR,
	    GIVEN(CLIENT), REQUEST_CLIENT, 0x0a000001 },
	{ "{\"command\":\"reload\"}", REQUEST_RELOAD, 0, 0, 0 },
	{ "{\"command\":\"log\",\"level\":\"debug\"}", REQUEST_LOG,
	    GIVEN(LEVEL), REQUEST_LEVEL, CONFIG_LOG_DEBUG },
	{ "{\"command\":\"sessions\",\"source\":\"10.0.0.1\"}",
	    REQUEST_SESSIONS, GIVEN(SOURCE), REQUEST_SOURCE, 0x0a000001 },
	{ "{\"command\":\"kick\",\"session\":7}", REQUEST_KICK,
	    GIVEN(SESSION), REQUEST_SESSION, 7 },
	{ "{\"command\":\"kick\",\"address\":\"10.0.0.1\"}", REQUEST_KICK,
	    GIVEN(ADDRESS), REQUEST_ADDRESS, 0x0a000001 },
	{ "{\"command\":\"dials\"}", REQUEST_DIALS, 0, 0, 0 },
	{ "{\"command\":\"dial-down\",\"name\":\"x\"}", REQUEST_DIAL_DOWN,
	    GIVEN(NAME), REQUEST_NAME, 0 },
};

/* A line, and what its error must name. */
static const struct {
	const char	*line, *what;
} bad[] = {
	{ "", "not JSON" },
	{ "status", "not JSON" },
	{ "{\"command\":\"status\"", "not JSON" },
	{ "{\"command\":\"status\"} x", "not JSON" },
	{ "{\"command\":\"status\",}", "not JSON" },
	{ "{\"command\":\"status\"}{\"command\":\"status\"}", "not JSON" },
	{ "{\"command\":\"st\xff\"}", "not JSON" },
	{ "{\"command\":\"status\\u0000\"}", "not JSON" },
	{ "{\"command\":\"calls\",\"call_id\":1,\"call_id\":2}",
	    "duplicate" },
	{ "[]", "expected {" },
	{ "5", "not JSON" },
	{ "\"status\"", "not JSON" },
	{ "{}", "expected {" },
	{ "{\"command\":5}", "expected {" },
	{ "{\"command\":null}", "expected {" },
	{ "{\"command\":[\"status\"]}", "expected {" },
	{ "{\"command\":\"\"}", "unknown command ''" },
	{ "{\"command\":\"stat\"}", "unknown command 'stat'" },
	{ "{\"command\":\"Status\"}", "unknown command 'Status'" },
	{ "{\"command\":\"calls\",\"colour\":\"red\"}",
	    "unknown argument 'colour'" },
	{ "{\"command\":\"calls\",\"\\u001b[2J\\u00fc\":1}",
	    "unknown argument '?[2J?" },
	{ "{\"command\":\"status\",\"client\":\"10.0.0.1\"}",
	    "status does not take client" },
	{ "{\"command\":\"connections\",\"call_id\":1}",
	    "connections does not take call_id" },
	{ "{\"command\":\"calls\",\"client\":167772161}",
	    "client: expected an IPv4 address" },
	{ "{\"command\":\"calls\",\"client\":\"10.0.0\"}",
	    "client: expected" },
	{ "{\"command\":\"calls\",\"server\":\"10.0.0.256\"}",
	    "server: expected" },
	{ "{\"command\":\"calls\",\"public\":\"::1\"}", "public: expected" },
	{ "{\"command\":\"calls\",\"public\":\"\"}", "public: expected" },
	{ "{\"command\":\"calls\",\"call_id\":65536}", "0 to 65535" },
	{ "{\"command\":\"calls\",\"call_id\":-1}", "0 to 65535" },
	{ "{\"command\":\"calls\",\"call_id\":1.0}", "0 to 65535" },
	{ "{\"command\":\"calls\",\"call_id\":\"1\"}", "0 to 65535" },
	{ "{\"command\":\"calls\",\"call_id\":true}", "0 to 65535" },
	{ "{\"command\":\"clear\",\"call\":9223372036854775808}",
	    "not JSON" },
	{ "{\"command\":\"clear\"}", "clear needs one of: client, call" },
	{ "{\"command\":\"clear\",\"call\":1,\"client\":\"10.0.0.1\"}",
	    "clear needs one of" },
	{ "{\"command\":\"log\"}", "log needs one of: level" },
	{ "{\"command\":\"log\",\"level\":\"loud\"}",
	    "error, warning, info or debug" },
	{ "{\"command\":\"log\",\"level\":{}}", "level: expected" },
	{ "{\"command\":\"kick\"}", "kick needs one of: user, address, "
	    "session" },
	{ "{\"command\":\"kick\",\"user\":\"\"}", "user: expected" },
	{ "{\"command\":\"kick\",\"user\":7}", "user: expected" },
	{ "{\"command\":\"dial-up\"}", "dial-up needs one of: name" },
	{ "{\"command\":\"dial-up\",\"user\":\"x\"}",
	    "dial-up does not take user" },
	{ "{\"command\":\"sessions\",\"name\":\"x\"}",
	    "sessions does not take name" },
};

static void
test_good(void **state)
{
	char error[ERROR_MAX] = "";
	struct request r;

	for (size_t i = 0; i < NELEM(good); i++) {
		if (request_parse(good[i].line, strlen(good[i].line), &r,
		    error, sizeof(error)) == -1)
			fail_msg("%s: %s", good[i].line, error);
		assert_int_equal(r.command, good[i].command);
		assert_int_equal(r.given, good[i].given);
		assert_true(r.value[good[i].which] == good[i].value);
	}
}

static void
test_bad(void **state)
{
	char error[ERROR_MAX];
	struct request r;

	for (size_t i = 0; i < NELEM(bad); i++) {
		error[0] = '\0';
		assert_int_equal(request_parse(bad[i].line,
		    strlen(bad[i].line), &r, error, sizeof(error)), -1);
		if (strstr(error, bad[i].what) == NULL)
			fail_msg("%s: '%s', not '%s'", bad[i].line, error,
			    bad[i].what);
	}
}

/* A NUL does not end a line, and names of any length fit into the error. */
static void
test_odd_bytes(void **state)
{
	static const char with_nul[] = "{\"command\":\"status\"}\0x";
	static const char start[] = "{\"command\":\"";
	char line[REQUEST_MAX + 1], error[ERROR_MAX];
	struct request r;

	assert_int_equal(request_parse(with_nul, sizeof(with_nul) - 1, &r,
	    error, sizeof(error)), -1);
	memset(line, 'x', sizeof(line));
	memcpy(line, start, strlen(start));
	memcpy(line + REQUEST_MAX - 2, "\"}", 2);
	assert_int_equal(request_parse(line, REQUEST_MAX, &r, error,
	    sizeof(error)), -1);
	assert_non_null(strstr(error, "unknown command"));
	assert_int_equal(request_parse(line, REQUEST_MAX + 1, &r, error,
	    sizeof(error)), -1);
	assert_non_null(strstr(error, "longer than 4096"));
}

static void
test_deep(void **state)
{
	char line[REQUEST_MAX], error[ERROR_MAX];
	struct request r;

	for (int i = 0; i < 2; i++) {
		memset(line, "[{"[i], sizeof(line));
		assert_int_equal(request_parse(line, sizeof(line), &r, error,
		    sizeof(error)), -1);
	}
}

/* What the tool writes is what the daemon reads. */
static void
test_both_ends(void **state)
{
	char line[REQUEST_MAX], error[ERROR_MAX];
	struct request sent, got;
	size_t len;

	memset(&sent, 0, sizeof(sent));
	assert_int_equal(request_start(&sent, "calls", error,
	    sizeof(error)), 0);
	assert_int_equal(request_add(&sent, REQUEST_CLIENT, "192.168.77.5",
	    error, sizeof(error)), 0);
	assert_int_equal(request_add(&sent, REQUEST_CALL_ID, "65535", error,
	    sizeof(error)), 0);
	assert_int_equal(request_check(&sent, error, sizeof(error)), 0);
	len = request_format(&sent, line);
	assert_int_equal(line[len - 1], '\n');
	assert_int_equal(request_parse(line, len - 1, &got, error,
	    sizeof(error)), 0);
	assert_memory_equal(&sent, &got, sizeof(sent));
}

/* Texts go through as they are, up to their limit. */
static void
test_texts(void **state)
{
	char line[REQUEST_MAX], error[ERROR_MAX], longest[REQUEST_TEXT_MAX];
	const char *const texts[] = {
		"ann", "EXAMPLE\\ann", "a\"b", "\001\n\x1f\x7f", "\xc3\xa4",
		longest
	};
	struct request sent, got;
	size_t len;

	memset(longest, '\001', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	for (size_t i = 0; i < NELEM(texts); i++) {
		request_start(&sent, "kick", error, sizeof(error));
		assert_int_equal(request_add(&sent, REQUEST_USER, texts[i],
		    error, sizeof(error)), 0);
		len = request_format(&sent, line);
		if (request_parse(line, len - 1, &got, error,
		    sizeof(error)) == -1)
			fail_msg("%s: %s", line, error);
		assert_string_equal(got.text, texts[i]);
	}
	memset(line, 'x', REQUEST_TEXT_MAX);
	line[REQUEST_TEXT_MAX] = '\0';
	assert_int_equal(request_add(&sent, REQUEST_USER, line, error,
	    sizeof(error)), -1);
}

/* Words of a command line that are no good. */
static void
test_words(void **state)
{
	static const struct {
		const char		*command;
		enum request_argument	 argument;
		const char		*word;
	} words[] = {
		{ "calls", REQUEST_CALL_ID, "" },
		{ "calls", REQUEST_CALL_ID, "-1" },
		{ "calls", REQUEST_CALL_ID, "+1" },
		{ "calls", REQUEST_CALL_ID, " 1" },
		{ "calls", REQUEST_CALL_ID, "1 " },
		{ "calls", REQUEST_CALL_ID, "0x10" },
		{ "calls", REQUEST_CALL_ID, "65536" },
		{ "calls", REQUEST_CALL_ID, "99999999999999999999999" },
		{ "calls", REQUEST_CLIENT, "10.1" },
		{ "calls", REQUEST_LEVEL, "debug" },
		{ "clear", REQUEST_CALL, "9223372036854775808" },
		{ "log", REQUEST_LEVEL, "DEBUG!" },
	};
	char error[ERROR_MAX];
	struct request r;

	for (size_t i = 0; i < NELEM(words); i++) {
		assert_int_equal(request_start(&r, words[i].command, error,
		    sizeof(error)), 0);
		if (request_add(&r, words[i].argument, words[i].word, error,
		    sizeof(error)) != -1)
			fail_msg("'%s' was taken", words[i].word);
		assert_false(request_has(&r, words[i].argument));
	}
	assert_int_equal(request_start(&r, "call", error, sizeof(error)), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_odd_bytes),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_both_ends),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
