/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/socket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/nat/control/stub_daemon.h"

#define CALLS		60000
#define MANY		1000	/* clients or events: more than fit at once */
#define TURN_MAX	256	/* calls looked at between two packets */
#define TEXT_MAX	(8 << 20)
#define LINE_MAX	1024
#define ALL_CALLS	"{\"command\":\"calls\"}\n"
#define EVENTS		"{\"command\":\"events\"}\n"

static struct stub *stub;

static int
setup(void **state)
{
	stub = stub_new(CALLS);
	return 0;
}

static int
teardown(void **state)
{
	stub_free();
	return 0;
}

/*
 * Copies the next whole line and moves on; false when there is none.  Long
 * texts are not given to functions of strings: sanitizers look for their end
 * every time.
 */
static bool
next_line(const char **text, const char *end, char line[LINE_MAX])
{
	const char *newline = memchr(*text, '\n', (size_t)(end - *text));
	size_t len;

	if (newline == NULL)
		return false;
	len = (size_t)(newline - *text);
	assert_in_range(len, 1, LINE_MAX - 1);
	memcpy(line, *text, len);
	line[len] = '\0';
	*text = newline + 1;
	return true;
}

/* The number behind a key, or 0. */
static unsigned
number(const char *line, const char *key)
{
	const char *at = strstr(line, key);

	return at == NULL ? 0 : (unsigned)strtoul(at + strlen(key), NULL, 10);
}

/* Every call once, in order, and a good end. */
static void
check_list(const char *text)
{
	const char *end = text + strlen(text);
	char line[LINE_MAX];

	for (unsigned i = 1; i <= CALLS; i++) {
		assert_true(next_line(&text, end, line));
		assert_int_equal(number(line, "{\"call\":"), i);
	}
	assert_string_equal(text, "{\"ok\":true}\n");
}

static void
test_all_in_one_answer(void **state)
{
	char *got = stub_ask(ALL_CALLS);

	check_list(got);
	free(got);
}

/* Between any two looks at the packet queues, little is done. */
static void
test_turns_are_short(void **state)
{
	static const char *const lines[] = { ALL_CALLS,
	    "{\"command\":\"calls\",\"call_id\":2}\n",
	    "{\"command\":\"clear\",\"call\":60000}\n" };
	char buf[1 << 16];
	uint32_t most = 0;
	int fd;

	for (size_t i = 0; i < 3; i++) {
		uint32_t total = 0;

		fd = stub_connect();
		stub_send(fd, lines[i], strlen(lines[i]));
		while (total + stub->looked_at < CALLS) {
			total += stub->looked_at;
			stub->looked_at = 0;
			stub_turn();
			if (most < stub->looked_at)
				most = stub->looked_at;
			while (recv(fd, buf, sizeof(buf), 0) > 0)
				;
		}
		stub->looked_at = 0;
		close(fd);
	}
	assert_in_range(most, 1, TURN_MAX);
}

/* Who does not read costs little, holds nobody up, and loses nothing. */
static void
test_slow_reader(void **state)
{
	int fd = stub_connect();
	uint32_t before;
	char *got;

	stub_send(fd, ALL_CALLS, strlen(ALL_CALLS));
	for (int idle = 0; idle < 10; idle++) {
		before = stub->looked_at;
		stub_turn();
		if (stub->looked_at > before)
			idle = 0;
	}
	assert_in_range(stub->looked_at, 1, CALLS / 10);
	got = stub_ask("{\"command\":\"reload\"}");
	assert_string_equal(got, "{\"ok\":true}\n");
	free(got);
	got = stub_receive(fd, 0);
	check_list(got);
	free(got);
	close(fd);
}

/* Who asks and asks and does not read is not listened to any more. */
static void
test_asks_only(void **state)
{
	static const char line[] = "{\"command\":\"counters\"}\n";
	int fd = stub_connect(), asked = 0;

	for (int idle = 0; idle < 10 && asked < 100 * MANY; idle++) {
		if (send(fd, line, strlen(line), MSG_NOSIGNAL) > 0) {
			asked++;
			idle = 0;
		}
		stub_turn();
	}
	assert_in_range(asked, 1, 100 * MANY - 1);
	close(fd);
}

/* It has asked with a whole line, and waits with its sending side shut. */
static void
test_half_open(void **state)
{
	int fd = stub_connect();
	char *got;

	stub_send(fd, ALL_CALLS, strlen(ALL_CALLS));
	shutdown(fd, SHUT_WR);
	got = stub_receive(fd, 0);
	check_list(got);
	free(got);
	assert_true(stub_closed(fd));
	close(fd);
}

static void
test_vanishing(void **state)
{
	static const char *const lines[] = { "", "{\"comm", ALL_CALLS, EVENTS };
	char *got;

	for (int i = 0; i < MANY; i++) {
		int fd = stub_connect();
		const char *line = lines[i % 4];

		stub_send(fd, line, strlen(line));
		for (int turns = i % 7; turns > 0; turns--)
			stub_turn();
		close(fd);
		stub_turn();
		stub_change(1, ALG_CHANGE_UP, REASON_NONE);
	}
	got = stub_ask("{\"command\":\"status\"}");
	assert_non_null(strstr(got, "\"followers\":0,"));
	free(got);
}

static void
test_too_many(void **state)
{
	int fds[MANY], n = 0;
	char *got;

	do {
		fds[n] = stub_connect();
		stub_turn();
		stub_turn();
		got = strdup("");
		if (recv(fds[n], got, 1, MSG_PEEK) > 0) {
			free(got);
			got = stub_receive(fds[n], 0);
			break;
		}
		free(got);
	} while (++n < MANY);
	assert_in_range(n, 8, MANY - 1);
	assert_non_null(strstr(got, "too many clients"));
	assert_true(stub_closed(fds[n]));
	free(got);
	while (n >= 0)
		close(fds[n--]);
	for (int i = 0; i < 10; i++)
		stub_turn();
	got = stub_ask("{\"command\":\"reload\"}");
	assert_string_equal(got, "{\"ok\":true}\n");
	free(got);
}

static int
follow(unsigned others)
{
	char want[32], *got;
	int fd = stub_connect();
	bool there;

	snprintf(want, sizeof(want), "\"followers\":%u,", others + 1);
	stub_send(fd, EVENTS, strlen(EVENTS));
	do {
		got = stub_ask("{\"command\":\"status\"}");
		there = strstr(got, want) != NULL;
		free(got);
	} while (!there);
	return fd;
}

static void
test_events(void **state)
{
	int fd = follow(0);
	char *got;

	stub_change(4, ALG_CHANGE_UP, REASON_NONE);
	stub_change(5, ALG_CHANGE_REFUSED, REASON_CALL_LIMIT);
	got = stub_receive(fd, 2);
	assert_int_equal(strncmp(got, "{\"event\":\"up\",\"time\":", 21), 0);
	assert_non_null(strstr(got, ",\"reason\":null,\"call\":5,"));
	assert_non_null(strstr(got, "{\"event\":\"refused\",\"time\":"));
	assert_non_null(strstr(got, ",\"reason\":\"call-limit\",\"call\":6,"));
	free(got);
	close(fd);
}

/* Tells events to a client that reads and to one that does not. */
static void
tell(int reader, unsigned *told, unsigned turns)
{
	for (unsigned i = 0; i < turns; i++) {
		for (unsigned k = 0; k < MANY / 10; k++)
			stub_change((*told)++, ALG_CHANGE_DOWN, REASON_CLEAR);
		free(stub_receive(reader, MANY / 10));
	}
}

/*
 * The last event that whole lines of a text tell of: call numbers count up,
 * and where they do not, the text says how many are lost.
 */
static unsigned
last_event(const char *text, unsigned *lost)
{
	const char *end = text + strlen(text);
	unsigned last = 0, call;
	char line[LINE_MAX];

	*lost = 0;
	while (next_line(&text, end, line)) {
		call = number(line, "\"call\":");
		if (call != 0)
			assert_int_equal(call, ++last);
		else {
			last += number(line, "\"count\":");
			*lost += number(line, "\"count\":");
		}
	}
	return last;
}

/* Adds what is there, as much as the kernel holds, to a text. */
static void
read_more(int fd, char *text)
{
	size_t len = strlen(text);
	ssize_t n = recv(fd, text + len, TEXT_MAX - 1 - len, 0);

	text[len + (n > 0 ? (size_t)n : 0)] = '\0';
}

/* It reads a little, then nothing, then all: told events or lost ones. */
static void
test_slow_follower(void **state)
{
	int slow = follow(0), reader = follow(1);
	unsigned told = 0, lost;
	uint64_t end;
	char *text = calloc(1, TEXT_MAX);

	assert_non_null(text);
	tell(reader, &told, 50);
	read_more(slow, text);
	tell(reader, &told, 50);
	end = stub_now() + 120000;
	while (last_event(text, &lost) < told && stub_now() < end) {
		stub_turn();
		read_more(slow, text);
	}
	assert_int_equal(last_event(text, &lost), told);
	assert_in_range(lost, 1, told - 1);
	stub_change(told, ALG_CHANGE_UP, REASON_NONE);
	stub_turn();
	read_more(slow, text);
	assert_int_equal(last_event(text, &lost), told + 1);
	free(text);
	close(slow);
	close(reader);
}

#define SOCKET_TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SOCKET_TEST(test_all_in_one_answer),
		SOCKET_TEST(test_turns_are_short),
		SOCKET_TEST(test_slow_reader),
		SOCKET_TEST(test_asks_only),
		SOCKET_TEST(test_half_open),
		SOCKET_TEST(test_vanishing),
		SOCKET_TEST(test_too_many),
		SOCKET_TEST(test_events),
		SOCKET_TEST(test_slow_follower),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
