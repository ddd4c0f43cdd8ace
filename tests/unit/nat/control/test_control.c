/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "conf/request.h"
#include "tests/unit/nat/control/stub_daemon.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))
#define CALLS		12

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

static void
expect(const char *request, const char *reply)
{
	char *got = stub_ask(request);

	if (strcmp(got, reply) != 0)
		fail_msg("%s: '%s', not '%s'", request, got, reply);
	free(got);
}

static void
expect_with(const char *request, const char *part)
{
	char *got = stub_ask(request);

	if (strstr(got, part) == NULL)
		fail_msg("%s: '%s' without '%s'", request, got, part);
	free(got);
}

/* The serials of a list of calls, as "1 2 3". */
static void
expect_calls(const char *request, const char *serials)
{
	char *got = stub_ask(request), *line, *rest = got, list[256] = "";
	unsigned long serial;

	while ((line = strsep(&rest, "\n")) != NULL)
		if (sscanf(line, "{\"call\":%lu,", &serial) == 1)
			sprintf(list + strlen(list), "%s%lu",
			    *list == '\0' ? "" : " ", serial);
	if (strcmp(list, serials) != 0)
		fail_msg("%s: '%s', not '%s'", request, list, serials);
	free(got);
}

static void
test_socket_file(void **state)
{
	struct stat st;

	assert_int_equal(stat(stub->path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0600);
}

static struct control *
open_at(const char *path, char *error, size_t size)
{
	static const struct control_host host;

	error[0] = '\0';
	return control_open(stub->loop, path, &host, error, size);
}

/* What a daemon that was killed leaves behind. */
static void
leave_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address,
	    sizeof(address)), 0);
	close(fd);
}

static void
test_stale_is_replaced(void **state)
{
	char path[100], error[256];
	struct control *control;

	snprintf(path, sizeof(path), "%s/stale", stub->folder);
	leave_socket(path);
	control = open_at(path, error, sizeof(error));
	assert_string_equal(error, "");
	assert_non_null(control);
	control_close(control);
	assert_int_equal(access(path, F_OK), -1);
}

static void
test_live_is_kept(void **state)
{
	char error[256];

	assert_null(open_at(stub->path, error, sizeof(error)));
	assert_non_null(strstr(error, "another daemon"));
	assert_non_null(strstr(error, stub->path));
	expect("{\"command\":\"reload\"}", "{\"ok\":true}\n");
}

static void
test_other_file_is_kept(void **state)
{
	char path[100], error[256];

	snprintf(path, sizeof(path), "%s/file", stub->folder);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	assert_null(open_at(path, error, sizeof(error)));
	assert_non_null(strstr(error, "something else"));
	assert_int_equal(unlink(path), 0);
}

static void
test_no_such_folder(void **state)
{
	char path[300], error[512];

	snprintf(path, sizeof(path), "%s/a/b/s", stub->folder);
	assert_null(open_at(path, error, sizeof(error)));
	assert_non_null(strstr(error, "No such file"));
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	assert_null(open_at(path, error, sizeof(error)));
	assert_non_null(strstr(error, "expected a path"));
	assert_null(open_at("", error, sizeof(error)));
}

static void
test_objects(void **state)
{
	expect_with("{\"command\":\"status\"}",
	    "\"config_file\":\"/etc/\\\"pptpalg\\\".conf\"");
	expect_with("{\"command\":\"status\"}", "\"queue_gre_lost\":77,");
	expect_with("{\"command\":\"counters\"}",
	    "\"gap\":18446744073709551615,");
}

static void
test_call_fields(void **state)
{
	expect_with("{\"command\":\"calls\",\"client\":\"10.0.0.4\"}",
	    "{\"call\":5,\"inside\":\"10.0.0.4\",\"inside_port\":1024,"
	    "\"inside_call_id\":1,\"outside\":\"203.0.113.9\","
	    "\"outside_port\":1723,\"outside_call_id\":7,"
	    "\"alias\":null,\"public\":\"198.51.100.0\",\"mapped_call_id\":4,"
	    "\"state\":\"up\",\"direction\":\"outgoing\","
	    "\"asked_by\":\"inside\",\"since\":");
	expect_with("{\"command\":\"calls\",\"client\":\"10.0.0.0\"}",
	    "\"outside_call_id\":null,");
	expect_with("{\"command\":\"calls\",\"client\":\"10.0.0.0\"}",
	    "\"last_seen\":null,\"user\":\"ann\",\"method\":\"pap\","
	    "\"encryption\":\"mppe-40\",\"tunnel_inside\":\"0.0.0.1\","
	    "\"tunnel_outside\":null,\"way_in\":\"fast\",\"confirmed_in\":");
	expect_with("{\"command\":\"audit\",\"server\":\"0.0.0.2\"}",
	    "{\"client\":\"0.0.0.1\",\"server\":\"0.0.0.2\","
	    "\"client_side\":\"inside\",\"user\":\"ann\","
	    "\"method\":\"pap\",\"encryption\":null,\"calls\":3,"
	    "\"first\":");
	expect_calls("{\"command\":\"calls\",\"user\":\"bob\"}", "");
	expect_with("{\"command\":\"calls\",\"client\":\"10.0.0.0\"}",
	    "\"way_out\":\"stack\",\"confirmed_out\":null,"
	    "\"trouble\":null}\n");
}

static void
test_filters(void **state)
{
	expect_calls("{\"command\":\"calls\"}", "1 2 3 4 5 6 7 8 9 10 11 12");
	expect_calls("{\"command\":\"calls\",\"client\":\"10.0.0.3\"}", "4");
	expect_calls("{\"command\":\"calls\",\"client\":\"203.0.113.9\"}", "");
	expect_calls("{\"command\":\"calls\",\"server\":\"192.168.0.1\"}",
	    "2 4 6 8 10 12");
	expect_calls("{\"command\":\"calls\",\"public\":\"198.51.100.1\"}",
	    "2 6 10");
	expect_calls("{\"command\":\"calls\",\"call_id\":9}", "10");
	expect_calls("{\"command\":\"calls\",\"call_id\":7}",
	    "2 3 5 6 8 9 11 12");
	expect_calls("{\"command\":\"calls\",\"call_id\":7,"
	    "\"public\":\"198.51.100.1\",\"client\":\"10.0.0.5\"}", "6");
	expect("{\"command\":\"connections\",\"client\":\"10.0.0.0\","
	    "\"public\":\"198.51.100.0\"}", "{\"ok\":true}\n");
	expect_with("{\"command\":\"connections\",\"client\":\"10.0.0.4\"}",
	    "{\"inside\":\"10.0.0.4\"");
}

static void
test_clear(void **state)
{
	expect("{\"command\":\"clear\",\"call\":6}",
	    "{\"cleared\":1}\n{\"ok\":true}\n");
	assert_int_equal(stub->resets, 1);
	assert_int_equal(stub->reset[0].outside, 0x0a000005);
	expect("{\"command\":\"clear\",\"client\":\"10.0.0.2\"}",
	    "{\"cleared\":1}\n{\"ok\":true}\n");
	assert_int_equal(stub->resets, 2);
	assert_int_equal(stub->reset[1].inside, 0x0a000002);
	expect_with("{\"command\":\"clear\",\"call\":0}", "no call 0");
	expect_with("{\"command\":\"clear\",\"client\":\"192.168.0.1\"}",
	    "no control connection");
	assert_int_equal(stub->resets, 2);
}

/* The daemon's own words arrive as JSON, whatever is in them. */
static void
test_errors(void **state)
{
	static const char words[] = "{\"ok\":false,\"error\":"
	    "\"file:3: expected \\\"x\\\",??not ??\\\\\"}\n";

	expect("{\"command\":\"log\",\"level\":\"warning\"}",
	    "{\"ok\":true}\n");
	stub->fails = true;
	expect("{\"command\":\"reload\"}", words);
	expect("{\"command\":\"clear\",\"call\":1}", words);
}

/* One error line, and the connection is closed. */
static void
expect_refused(const char *bytes, size_t len, bool shut)
{
	int fd = stub_connect();
	char *got;

	stub_send(fd, bytes, len);
	if (shut)
		shutdown(fd, SHUT_WR);
	got = stub_receive(fd, 0);
	if (strncmp(got, "{\"ok\":false,\"error\":\"", 21) != 0)
		fail_msg("'%s'", got);
	assert_ptr_equal(strchr(got, '\n'), strrchr(got, '\n'));
	assert_true(stub_closed(fd));
	free(got);
	close(fd);
}

static void
test_bad_requests(void **state)
{
	static const char *const lines[] = { "\n", "status\n", "[]\n", "{}\n",
	    "{\"command\":\"stat\"}\n", "{\"command\":\"clear\"}\n",
	    "\xff\xfe\x01{\n", "GET / HTTP/1.0\r\n\r\n" };
	static char big[1 << 20];

	for (size_t i = 0; i < NELEM(lines); i++)
		expect_refused(lines[i], strlen(lines[i]), false);
	expect_refused("\0\0\0\n", 4, false);
	expect_refused("{\"command\":\"status\"}", 20, true);
	memset(big, '[', sizeof(big));
	expect_refused(big, REQUEST_MAX + 1, false);
	expect_refused(big, sizeof(big), false);
	big[REQUEST_MAX] = '\n';
	expect_refused(big, REQUEST_MAX + 1, false);
	expect("{\"command\":\"reload\"}", "{\"ok\":true}\n");
}

static void
test_longest_request(void **state)
{
	char line[REQUEST_MAX + 1];

	memset(line, ' ', sizeof(line));
	memcpy(line, "{\"command\":\"reload\"}", 20);
	line[REQUEST_MAX] = '\0';
	expect(line, "{\"ok\":true}\n");
}

/* One byte after the other, several requests, and nothing more to say. */
static void
test_requests_in_a_row(void **state)
{
	static const char lines[] = "{\"command\":\"reload\"}\n"
	    "{\"command\":\"clear\",\"call\":1}\n{\"command\":\"reload\"}\n";
	int fd = stub_connect();
	char *got;

	for (size_t i = 0; i < strlen(lines); i++)
		stub_send(fd, lines + i, 1);
	shutdown(fd, SHUT_WR);
	got = stub_receive(fd, 4);
	assert_string_equal(got, "{\"ok\":true}\n{\"cleared\":1}\n"
	    "{\"ok\":true}\n{\"ok\":true}\n");
	assert_true(stub_closed(fd));
	free(got);
	close(fd);
}

#define SOCKET_TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SOCKET_TEST(test_socket_file),
		SOCKET_TEST(test_stale_is_replaced),
		SOCKET_TEST(test_live_is_kept),
		SOCKET_TEST(test_other_file_is_kept),
		SOCKET_TEST(test_no_such_folder),
		SOCKET_TEST(test_objects),
		SOCKET_TEST(test_call_fields),
		SOCKET_TEST(test_filters),
		SOCKET_TEST(test_clear),
		SOCKET_TEST(test_errors),
		SOCKET_TEST(test_bad_requests),
		SOCKET_TEST(test_longest_request),
		SOCKET_TEST(test_requests_in_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
