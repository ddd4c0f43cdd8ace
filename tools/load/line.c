/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The client's side of one TCP connection: what the control connection in
 * it (alg/endpoint) tells becomes a state, or a failure, of its calls.
 */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nat/base/loop.h"
#include "tools/load/line.h"
#include "tools/load/login.h"
#include "tools/load/must.h"
#include "tools/load/process.h"

#define READ_MAX	2048	/* bytes */
#define NO_CLOCK	0	/* the line itself keeps all times */

static const struct ctrl_conn_config config = {
	.client = true, .host_name = OPTIONS_NAME, .vendor = OPTIONS_NAME,
	.speed = OPTIONS_SPEED, .window = OPTIONS_WINDOW,
	.calls = OPTIONS_CALLS
};

/* Starts anew the time for the next answer; 0 s: for ever. */
static void
restart_timer(struct line *l)
{
	double seconds = l->lines->options->timeout;

	if (seconds > 0)
		loop_watch_in(l->timer, (uint64_t)(seconds * 1e3));
}

static void
enter_state(struct line *l, enum dial_state state)
{
	l->call->state = (uint8_t)state;
	restart_timer(l);
}

/* The line is where it should be, for now or for ever. */
static void
tell_done(struct line *l)
{
	if (l->busy)
		l->lines->done(l->lines->arg);
	l->busy = false;
}

/* The line is to be closed; the first failure counts. */
static void
fail_line(struct line *l, enum failure_kind kind, int code, int detail)
{
	if (!l->over)
		l->failure = (struct failure){ .kind = (uint8_t)kind,
		    .code = (uint8_t)code, .detail = (uint8_t)detail };
	l->over = true;
}

/* A failure takes all calls of the line with it that have not ended. */
static void
close_call(struct line *l, struct dial_call *call)
{
	if (call->state != DIAL_CLOSED) {
		call->failure = l->failure;
		call->failure.state = call->state;
	}
	call->state = DIAL_CLOSED;
	if (l->lines->login != NULL)
		login_drop(l->lines->login, l->number +
		    (uint32_t)(call - l->calls));
}

/* Every way into the line ends here: nothing closes it underneath others. */
static void
close_if_over(struct line *l)
{
	if (!l->over || l->timer == NULL)
		return;
	loop_watch_free(l->ready);
	loop_watch_free(l->timer);
	l->timer = NULL;
	if (l->fd != -1)
		close(l->fd);
	l->fd = -1;
	for (uint32_t i = 0; i < l->ncalls; i++)
		close_call(l, &l->calls[i]);
	tell_done(l);
}

static void
request_call(struct line *l)
{
	enter_state(l, DIAL_CALLING);
	ctrl_conn_request(&l->ctrl, &l->call->ctrl, NO_CLOCK);
}

static void
call_is_up(struct line *l)
{
	struct dial_call *call = l->call;

	call->latency = (uint32_t)(process_clock() - call->begun);
	call->came_up = true;
	call->state = DIAL_UP;
	if (call + 1 < l->calls + l->ncalls) {
		l->call++;
		l->call->begun = process_clock();
		request_call(l);
	} else {
		loop_watch_stop(l->timer);
		tell_done(l);
	}
}

/* PPP is up, or over. */
static void
ppp_told(void *arg, enum ppp_reason reason)
{
	struct line *l = arg;

	if (reason != PPP_OK)
		fail_line(l, FAILURE_PPP, reason, 0);
	else if (l->call->state == DIAL_LOGIN)
		call_is_up(l);
	close_if_over(l);
}

/*
 * What the control connection tells.
 */

/* It is told that all went out: what did not ends the line. */
static size_t
ctrl_send(void *arg, const uint8_t *bytes, size_t len)
{
	struct line *l = arg;
	ssize_t n = send(l->fd, bytes, len, MSG_NOSIGNAL);

	if (n != (ssize_t)len)
		fail_line(l, FAILURE_ERRNO, n == -1 ? errno : ENOBUFS, 0);
	return len;
}

static void
ctrl_opened(void *arg, const struct ctrl_conn_peer *peer)
{
	request_call(arg);
}

static void
ctrl_call_up(void *arg, struct ctrl_call *call)
{
	struct line *l = arg;

	if (l->lines->login == NULL) {
		call_is_up(l);
		return;
	}
	enter_state(l, DIAL_LOGIN);
	login_begin(l->lines->login, l->number + (uint32_t)(l->call -
	    l->calls), l->call, ppp_told, l);
}

/* With others, the connection is over, which is told next. */
static void
ctrl_call_down(void *arg, struct ctrl_call *ctrl, enum reason reason)
{
	struct dial_call *call = (struct dial_call *)(void *)
	    ((uint8_t *)ctrl - offsetof(struct dial_call, ctrl));
	struct line *l = arg;

	if (reason == REASON_REPLY_REFUSED) {
		fail_line(l, FAILURE_REFUSED, ctrl->result, ctrl->error);
	} else if (reason == REASON_DISCONNECT || reason == REASON_CLEAR) {
		fail_line(l, FAILURE_ENDED, 0, 0);
	} else if (reason == REASON_ADMIN) {
		call->state = l->ctrl.calls != NULL ? DIAL_CLOSED :
		    DIAL_STOPPING;
		restart_timer(l);
	}
}

static void
ctrl_noted(void *arg, enum reason reason)
{
	struct line *l = arg;

	if (reason == REASON_UNKNOWN_ID && l->call->state == DIAL_CALLING)
		fail_line(l, FAILURE_WRONG_ID, 0, 0);
}

/* A server may stop by itself while its last calls are cleared. */
static void
ctrl_closed(void *arg, enum reason reason)
{
	struct line *l = arg;

	if (reason == REASON_ADMIN)
		fail_line(l, FAILURE_WELL, 0, 0);
	else if (reason == REASON_START_REFUSED)
		fail_line(l, FAILURE_REFUSED, l->ctrl.result, l->ctrl.error);
	else if (reason == REASON_STOP)
		fail_line(l, FAILURE_ENDED, 0, 0);
	else
		fail_line(l, FAILURE_MALFORMED, reason, 0);
}

static const struct ctrl_conn_host host = {
	.send = ctrl_send, .open = ctrl_opened, .up = ctrl_call_up,
	.down = ctrl_call_down, .note = ctrl_noted, .closed = ctrl_closed
};

/*
 * What the loop tells.
 */

static void
line_readable(void *arg)
{
	struct line *l = arg;
	uint8_t bytes[READ_MAX];
	ssize_t n = recv(l->fd, bytes, sizeof(bytes), 0);

	if (n > 0)
		ctrl_conn_input(&l->ctrl, bytes, (size_t)n, NO_CLOCK);
	else if (n == 0)
		fail_line(l, FAILURE_EOF, 0, 0);
	else if (errno != EAGAIN)
		fail_line(l, FAILURE_ERRNO, errno, 0);
	close_if_over(l);
}

static void
line_connected(struct line *l)
{
	struct sockaddr_in local = { .sin_family = AF_INET };
	socklen_t len = sizeof(local);

	getsockname(l->fd, (struct sockaddr *)&local, &len);
	for (uint32_t i = 0; i < l->ncalls; i++)
		l->calls[i].local = ntohl(local.sin_addr.s_addr);
	loop_watch_free(l->ready);
	l->ready = must_have(loop_read(l->lines->loop, l->fd, line_readable,
	    l));
	enter_state(l, DIAL_STARTING);
	ctrl_conn_open(&l->ctrl, &config, &host, l, NO_CLOCK);
}

static void
line_writable(void *arg)
{
	struct line *l = arg;
	int error = 0;
	socklen_t len = sizeof(error);

	getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error != 0)
		fail_line(l, FAILURE_ERRNO, error, 0);
	else
		line_connected(l);
	close_if_over(l);
}

static void
line_timeout(void *arg)
{
	fail_line(arg, FAILURE_TIMEOUT, 0, 0);
	close_if_over(arg);
}

/*
 * Opening and closing.
 */

/* Begins to connect; -1 with errno. */
static int
connect_socket(int fd, const struct load_options *o, uint32_t call)
{
	struct sockaddr_in local = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(options_local(o, call)) };
	struct sockaddr_in server = { .sin_family = AF_INET,
	    .sin_port = htons(o->port),
	    .sin_addr.s_addr = htonl(options_server(o, call)) };
	int yes = 1;

	/* The port is chosen at connect: the same one can serve twice. */
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof(yes));
	if (bind(fd, (struct sockaddr *)&local, sizeof(local)) == -1)
		return -1;
	if (connect(fd, (struct sockaddr *)&server, sizeof(server)) == -1 &&
	    errno != EINPROGRESS)
		return -1;
	return 0;
}

void
line_open(struct line *l)
{
	l->busy = true;
	l->call->begun = process_clock();
	l->timer = must_have(loop_timer(l->lines->loop, line_timeout, l));
	l->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	enter_state(l, DIAL_CONNECTING);
	if (l->fd == -1 ||
	    connect_socket(l->fd, l->lines->options, l->number) == -1) {
		fail_line(l, FAILURE_ERRNO, errno, 0);
	} else {
		l->ready = must_have(loop_write(l->lines->loop, l->fd,
		    line_writable, l));
		loop_watch_start(l->ready);
	}
	close_if_over(l);
}

/* The user says good-bye first, as pppd(8) does. */
void
line_clear(struct line *l)
{
	l->busy = true;
	for (uint32_t i = 0; i < l->ncalls; i++) {
		if (l->lines->login != NULL)
			login_end(l->lines->login, l->number + i);
		l->calls[i].state = DIAL_CLEARING;
	}
	restart_timer(l);
	ctrl_conn_stop(&l->ctrl, REASON_ADMIN, NO_CLOCK);
	close_if_over(l);
}

void
line_give_up(struct line *l)
{
	if (l->busy)
		line_timeout(l);
}
