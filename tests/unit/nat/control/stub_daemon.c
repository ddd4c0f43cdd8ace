/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "alg/explain/explain.h"
#include "nat/base/loop.h"
#include "tests/unit/nat/control/stub_daemon.h"

#define PATIENCE	120000	/* ms */
#define ERROR_MAX	256

static struct stub stub;

uint64_t
stub_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/*
 * Call i: its serial is i + 1, its client 10.x.y.z with xyz = i, inside for
 * even i, its IDs 1, i and 7 (unknown for every third).
 */
static void
make_call(uint32_t i, struct alg_call_info *call)
{
	memset(call, 0, sizeof(*call));
	call->serial = i + 1;
	call->state = ALG_CALL_UP;
	call->inside_asked = true;
	call->flow.inside = i % 2 == 0 ? 0x0a000000 + i : 0xc0a80001;
	call->flow.outside = i % 2 == 0 ? 0xcb007109 : 0x0a000000 + i;
	call->flow.inside_port = 1024;
	call->flow.outside_port = 1723;
	call->public = 0xc6336400 + i % 4;
	call->alias = call->flow.outside;
	call->inside_id = 1;
	call->mapped_id = (uint16_t)i;
	call->has_outside_id = i % 3 != 0;
	call->outside_id = 7;
	call->since = 5;
	call->last_in = i % 5 == 0 ? 0 : 6;
}

bool
alg_calls(const struct alg *alg, uint32_t *at, struct alg_call_info *call)
{
	stub.looked_at++;
	if (*at >= stub.calls)
		return false;
	make_call((*at)++, call);
	return true;
}

bool
alg_connections(const struct alg *alg, uint32_t *at,
    struct alg_connection_info *connection)
{
	struct alg_call_info call;

	if (*at >= stub.calls)
		return false;
	make_call(*at, &call);
	memset(connection, 0, sizeof(*connection));
	connection->flow = call.flow;
	connection->inside_opened = *at % 2 == 0;
	connection->has_public = *at % 3 != 0;
	connection->public = call.public;
	connection->alias = call.alias;
	connection->state = ALG_CONNECTION_OPEN;
	(*at)++;
	return true;
}

bool
alg_connection(const struct alg *alg, const struct alg_flow *flow,
    struct alg_connection_info *connection)
{
	memset(connection, 0, sizeof(*connection));
	connection->flow = *flow;
	connection->inside_opened = flow->inside >> 24 == 10;
	return true;
}

/* Attempts are tested with a whole daemon. */
bool
alg_attempts(const struct alg *alg, uint32_t *at, struct alg_attempt *attempt)
{
	return false;
}

void
alg_calls_attempt(const struct alg *alg, uint32_t at,
    const struct alg_call_info *call, struct alg_attempt *attempt)
{
	memset(attempt, 0, sizeof(*attempt));
}

bool
alg_connections_attempt(
    const struct alg *alg, uint32_t at, struct alg_attempt *attempt)
{
	return false;
}

bool
alg_calls_login(const struct alg *alg, uint32_t at, struct alg_login *login)
{
	*login = (struct alg_login){ .method = ALG_METHOD_PAP,
	    .encryption = ALG_ENCRYPTION_40, .address = { 1, 0 },
	    .user = "ann" };
	return true;
}

bool
alg_audit(const struct alg *alg, uint32_t *at, struct alg_audit *row)
{
	*row = (struct alg_audit){ .client = 1, .server = 2,
	    .login = { .method = ALG_METHOD_PAP, .user = "ann" }, .calls = 3,
	    .first = 1000, .last = 2000 };
	return ++*at == 1;
}

bool
alg_id_spaces(const struct alg *alg, uint32_t *at, struct alg_id_space *space)
{
	*space = (struct alg_id_space){ 0x0A000001, 0x0A000002, 3 };
	return (*at)++ == 0;
}

void
alg_counters(const struct alg *alg, struct alg_counters *counters)
{
	memset(counters, 0, sizeof(*counters));
	counters->calls = stub.calls;
	counters->reasons[REASON_GAP] = UINT64_MAX;
}

const char *
alg_call_state_name(enum alg_call_state state)
{
	return state == ALG_CALL_UP ? "up" : "other";
}

const char *
alg_connection_state_name(enum alg_connection_state state)
{
	return state == ALG_CONNECTION_OPEN ? "open" : "other";
}

static int
answer(char *error, size_t size)
{
	if (!stub.fails)
		return 0;
	snprintf(error, size, "file:3: expected \"x\",\n\tnot \xc3\xa4\\");
	return -1;
}

static int
host_reset(
    struct running *r, const struct alg_flow *flow, char *error, size_t size)
{
	stub.reset[stub.resets++ % 4] = *flow;
	return answer(error, size);
}

static int
host_reload(struct running *r, char *error, size_t size)
{
	return answer(error, size);
}

static void
host_log_level(struct running *r, enum config_level level)
{
	assert_int_equal(level, CONFIG_LOG_WARNING);
}

static void
host_status(struct running *r, struct control_status *status)
{
	status->config_file = "/etc/\"pptpalg\".conf";
	status->engine = "nfqueue";
	status->started = stub_now();
	status->queue[0].name = "control";
	status->queue[0].number = 1723;
	status->queue[1].name = "gre";
	status->queue[1].lost = 77;
	status->queue[2].name = "hairpin";
}

static void
host_counters(struct running *r, struct control_counters *counters)
{
	alg_counters(NULL, &counters->alg);
	counters->n = 1;
	counters->more[0].name = "bpf_in";
	counters->more[0].value = 1;
}

static void
host_ways(struct running *r, const struct alg_call_info *call,
    struct control_way ways[2])
{
	ways[ALG_OUTBOUND] = (struct control_way){ "stack", 0 };
	ways[ALG_INBOUND] = (struct control_way){ "fast", call->since };
}

static void
host_explain(struct running *r, const struct alg_attempt *attempt,
    struct explanations *all)
{
	all->n = 0;
	all->user = NULL;
}

static void
host_shutdown(struct running *r, bool purge)
{
}

struct stub *
stub_new(uint32_t calls)
{
	struct control_host host = {
		.reset = host_reset,
		.reload = host_reload,
		.log_level = host_log_level,
		.status = host_status,
		.counters = host_counters,
		.ways = host_ways,
		.explain = host_explain,
		.shutdown = host_shutdown
	};
	char error[ERROR_MAX] = "";

	memset(&stub, 0, sizeof(stub));
	strcpy(stub.folder, "/tmp/pptpalg-test-XXXXXX");
	assert_non_null(mkdtemp(stub.folder));
	snprintf(stub.path, sizeof(stub.path), "%s/run/s", stub.folder);
	stub.loop = loop_open();
	assert_non_null(stub.loop);
	stub.calls = calls;
	stub.control = control_open(stub.loop, stub.path, &host, error,
	    sizeof(error));
	if (stub.control == NULL)
		fail_msg("%s", error);
	return &stub;
}

void
stub_free(void)
{
	char run[80];

	control_close(stub.control);
	loop_close(stub.loop);
	snprintf(run, sizeof(run), "%s/run", stub.folder);
	assert_int_equal(rmdir(run), 0);	/* the socket has gone */
	assert_int_equal(rmdir(stub.folder), 0);
}

void
stub_turn(void)
{
	assert_int_not_equal(event_base_loop(loop_base(stub.loop),
	    EVLOOP_ONCE | EVLOOP_NONBLOCK), -1);
}

void
stub_change(uint32_t i, enum alg_change_kind kind, enum reason reason)
{
	struct alg_change change = { .kind = kind, .reason = reason };

	make_call(i, &change.call);
	control_change(stub.control, &change);
}

int
stub_connect(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, stub.path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address,
	    sizeof(address)), 0);
	return fd;
}

/* As long as somebody is there to read it. */
void
stub_send(int fd, const void *bytes, size_t len)
{
	const char *pos = bytes;
	ssize_t n;

	while (len > 0) {
		n = send(fd, pos, len, MSG_NOSIGNAL);
		if (n == -1 && errno != EAGAIN)
			return;
		pos += n == -1 ? 0 : n;
		len -= n == -1 ? 0 : (size_t)n;
		stub_turn();
	}
}

static bool
finished(const char *text, size_t len, unsigned count)
{
	const char *last;

	if (len == 0 || text[len - 1] != '\n')
		return false;
	last = memrchr(text, '\n', len - 1);
	last = last == NULL ? text : last + 1;
	if (strncmp(last, "{\"ok\":", 6) == 0)
		return true;
	for (size_t i = 0; i < len && count > 0; i++)
		if (text[i] == '\n' && --count == 0)
			return true;
	return false;
}

char *
stub_receive(int fd, unsigned count)
{
	uint64_t end = stub_now() + PATIENCE;
	size_t len = 0, size = 1 << 20;
	char *text = malloc(size);
	ssize_t n;

	do {
		if (size - len < 1 << 16)
			text = realloc(text, size *= 2);
		assert_non_null(text);
		stub_turn();
		n = recv(fd, text + len, size - len - 1, 0);
		len += n > 0 ? (size_t)n : 0;
		if (stub_now() > end)
			fail_msg("the reply does not end: %.*s", (int)len,
			    text);
	} while (n != 0 && (n > 0 || errno == EAGAIN) &&
	    !finished(text, len, count));
	text[len] = '\0';
	return text;
}

char *
stub_ask(const char *line)
{
	int fd = stub_connect();
	char *reply;

	stub_send(fd, line, strlen(line));
	stub_send(fd, "\n", 1);
	reply = stub_receive(fd, 0);
	close(fd);
	return reply;
}

bool
stub_closed(int fd)
{
	uint64_t end = stub_now() + PATIENCE;
	char byte;

	while (stub_now() < end) {
		stub_turn();
		if (recv(fd, &byte, 1, 0) == 0 || errno != EAGAIN)
			return true;
	}
	return false;
}
