/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The socket's clients, called admins here: requests in, lines of JSON out. */
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nat/base/acceptor.h"
#include "nat/base/clock.h"
#include "nat/base/log.h"
#include "nat/base/loop.h"
#include "nat/control/attempt_json.h"
#include "nat/control/call_json.h"
#include "nat/control/control.h"
#include "nat/control/handler.h"
#include "nat/control/reply_json.h"
#include "nat/control/unix_socket.h"

#define ADMIN_MAX		64	/* at once */
/* Bytes of output kept for a client that does not read. */
#define ADMIN_OUTPUT_MAX	(256 * 1024)
/* Calls looked at between two looks at the packet queues. */
#define ADMIN_SLICE		64
/* A client that neither asks nor reads for so long is disconnected. */
#define ADMIN_SILENT_SECONDS	600

enum admin_state {
	ADMIN_IDLE,		/* waits for a request */
	ADMIN_BUSY,		/* a request is being answered */
	ADMIN_ANSWERED,		/* the rest of the reply is on its way */
	ADMIN_FOLLOWING,	/* gets events until it disconnects */
	ADMIN_CLOSING		/* gets its last line */
};

struct control {
	struct loop		*loop;
	struct control_host	 host;
	struct unix_socket	 socket;
	struct acceptor		*acceptor;
	struct admin		*admins[ADMIN_MAX];
	unsigned		 count;		/* of admins */
	unsigned		 followers;	/* of them */
};

/* A connected client, such as pptpalgctl. */
struct admin {
	struct control		*control;
	struct bufferevent	*bev;
	struct event		*turn;	/* the loop's next turn */
	enum admin_state	 state;
	bool			 ended;	/* it sends no more */
	uint64_t		 lost;	/* events, since it was last told */
	struct handler		 handler;
};

static void
free_admin(struct admin *a)
{
	struct control *control = a->control;
	unsigned i = 0;

	while (control->admins[i] != a)
		i++;
	control->admins[i] = control->admins[--control->count];
	if (a->state == ADMIN_FOLLOWING)
		control->followers--;
	if (a->turn != NULL)
		event_free(a->turn);
	if (a->bev != NULL)
		bufferevent_free(a->bev);
	free(a);
}

/*
 * The only way into a state.  It is read only where what comes is taken at
 * once: libevent spins on input that is left at its limit.  Followers may be
 * silent for ever.
 */
static void
enter_state(struct admin *a, enum admin_state state)
{
	static const struct timeval silent = { ADMIN_SILENT_SECONDS, 0 };

	if (state == ADMIN_FOLLOWING)
		a->control->followers++;
	a->state = state;
	if (state == ADMIN_IDLE || state == ADMIN_FOLLOWING)
		bufferevent_enable(a->bev, EV_READ);
	else
		bufferevent_disable(a->bev, EV_READ);
	bufferevent_set_timeouts(a->bev,
	    state == ADMIN_IDLE ? &silent : NULL,
	    state == ADMIN_FOLLOWING ? NULL : &silent);
}

static size_t
count_unsent(const struct admin *a)
{
	return evbuffer_get_length(bufferevent_get_output(a->bev));
}

static void
put_line(struct admin *a, const struct json_line *line)
{
	if (line->len > 0)
		bufferevent_write(a->bev, line->text, line->len);
}

static void
end_reply(struct admin *a, enum admin_state next, const char *error)
{
	struct json_line line;

	reply_json_end(&line, error);
	put_line(a, &line);
	enter_state(a, next);
}

/* Goes on answering until the answer, this turn or the memory is used up. */
static void
continue_reply(struct admin *a)
{
	static const struct timeval now = { 0, 0 };
	enum handler_result result = HANDLER_MORE;
	struct json_line line;

	for (int i = 0; i < ADMIN_SLICE && result == HANDLER_MORE; i++) {
		if (count_unsent(a) > ADMIN_OUTPUT_MAX - JSON_LINE_MAX)
			return;		/* on_sent goes on */
		result = handler_step(&a->handler, &line);
		put_line(a, &line);
	}
	if (result == HANDLER_MORE)
		event_add(a->turn, &now);
	else if (result == HANDLER_FOLLOW)
		enter_state(a, ADMIN_FOLLOWING);
	else if (result == HANDLER_DONE)
		end_reply(a, ADMIN_ANSWERED, NULL);
	else
		end_reply(a, ADMIN_CLOSING, a->handler.error);
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	continue_reply(arg);
}

static void
start_reply(struct admin *a, const char *line, size_t len)
{
	if (handler_start(&a->handler, &a->control->host, line, len) ==
	    HANDLER_FAILED) {
		end_reply(a, ADMIN_CLOSING, a->handler.error);
		return;
	}
	a->handler.followers = a->control->followers;
	enter_state(a, ADMIN_BUSY);
	continue_reply(a);
}

/* There is no whole line: wait, send an error, or close. */
static void
await_line(struct admin *a, size_t len)
{
	if (len > REQUEST_MAX)
		end_reply(a, ADMIN_CLOSING, "the request is too long");
	else if (a->ended && len > 0)
		end_reply(a, ADMIN_CLOSING,
		    "the request does not end with a newline");
	else if (a->ended)
		free_admin(a);
}

/* Takes the next request. */
static void
serve_admin(struct admin *a)
{
	struct evbuffer *input = bufferevent_get_input(a->bev);
	char *line;
	size_t len;

	line = evbuffer_readln(input, &len, EVBUFFER_EOL_LF);
	if (line == NULL) {
		await_line(a, evbuffer_get_length(input));
		return;
	}
	start_reply(a, line, len);
	free(line);
}

static void
on_received(struct bufferevent *bev, void *arg)
{
	struct admin *a = arg;

	if (a->state == ADMIN_FOLLOWING)
		evbuffer_drain(bufferevent_get_input(bev),
		    evbuffer_get_length(bufferevent_get_input(bev)));
	else
		serve_admin(a);
}

/* A follower has caught up: how many events are missing here? */
static void
tell_lost(struct admin *a)
{
	struct json_line line;

	if (a->lost == 0)
		return;
	reply_json_lost(&line, a->lost, clock_epoch(0));
	a->lost = 0;
	put_line(a, &line);
}

/* All that was written has gone to the kernel. */
static void
on_sent(struct bufferevent *bev, void *arg)
{
	struct admin *a = arg;

	switch (a->state) {
	case ADMIN_IDLE:
		break;
	case ADMIN_ANSWERED:
		enter_state(a, ADMIN_IDLE);
		serve_admin(a);
		break;
	case ADMIN_BUSY:
		if (!evtimer_pending(a->turn, NULL))
			continue_reply(a);
		break;
	case ADMIN_FOLLOWING:
		tell_lost(a);
		break;
	case ADMIN_CLOSING:
		free_admin(a);
		break;
	}
}

/*
 * A client that has shut down its side may still wait for a reply, except a
 * follower, to which there is no last reply.
 */
static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct admin *a = arg;

	if ((what & BEV_EVENT_EOF) == 0 || a->state != ADMIN_IDLE) {
		free_admin(a);
		return;
	}
	a->ended = true;
	serve_admin(a);
}

static void
add_admin(struct control *control, int fd)
{
	struct admin *a = calloc(1, sizeof(*a));

	if (a == NULL) {
		close(fd);
		return;
	}
	a->control = control;
	control->admins[control->count++] = a;
	a->turn = evtimer_new(loop_base(control->loop), on_turn, a);
	a->bev = bufferevent_socket_new(loop_base(control->loop), fd,
	    BEV_OPT_CLOSE_ON_FREE);
	if (a->bev == NULL)
		close(fd);
	if (a->bev == NULL || a->turn == NULL) {
		free_admin(a);
		return;
	}
	bufferevent_setcb(a->bev, on_received, on_sent, on_event, a);
	bufferevent_setwatermark(a->bev, EV_READ, 0, REQUEST_MAX + 1);
	enter_state(a, ADMIN_IDLE);
}

/* Lines of the log are about no end: only those get them who asked for them. */
static bool
wants_event(const struct admin *a, const uint32_t ends[2])
{
	const struct request *r = &a->handler.request;

	if (a->state != ADMIN_FOLLOWING)
		return false;
	if (ends == NULL)
		return r->value[REQUEST_LOG_LINES] != 0;
	return request_fits(r, REQUEST_CLIENT, ends[0]) ||
	    request_fits(r, REQUEST_CLIENT, ends[1]);
}

/* A follower that does not read loses the event. */
static void
tell_admin(struct admin *a, const struct json_line *line)
{
	if (a->lost > 0 ||
	    count_unsent(a) > ADMIN_OUTPUT_MAX - JSON_LINE_MAX)
		a->lost++;
	else
		put_line(a, line);
}

/* A new socket has room for one line, so this never waits. */
static void
refuse_admin(int fd)
{
	struct json_line line;

	reply_json_end(
	    &line, "too many clients: close some, or try again later");
	(void)!send(fd, line.text, line.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

static void
accept_admin(void *arg, int fd, const struct sockaddr *from)
{
	struct control *control = arg;

	if (control->count >= ADMIN_MAX)
		refuse_admin(fd);
	else
		add_admin(control, fd);
}

static int
open_acceptor(
    struct control *control, const char *path, char *error, size_t size)
{
	int fd = unix_socket_open(&control->socket, path, error, size);

	if (fd == -1)
		return -1;
	control->acceptor = acceptor_open(control->loop, fd, accept_admin,
	    control);
	if (control->acceptor != NULL)
		return 0;
	snprintf(error, size, "no memory for the control socket");
	close(fd);
	return -1;
}

static void
tell_log_line(void *arg, const char *level, const char *text)
{
	struct control *control = arg;
	struct json_line line;

	if (!control_followed(control))
		return;
	reply_json_log(&line, level, text, clock_epoch(0));
	control_tell(control, NULL, &line);
}

struct control *
control_open(struct loop *loop, const char *path,
    const struct control_host *host, char *error, size_t size)
{
	struct control *control = calloc(1, sizeof(*control));

	if (control == NULL) {
		snprintf(error, size, "no memory for the control socket");
		return NULL;
	}
	/* A client that has gone shows as EPIPE. */
	signal(SIGPIPE, SIG_IGN);
	control->socket.folder = -1;
	control->loop = loop;
	control->host = *host;
	if (open_acceptor(control, path, error, size) == 0) {
		log_listen(tell_log_line, control);
		return control;
	}
	control_close(control);
	return NULL;
}

int
control_folder(const struct control *control)
{
	return control->socket.folder;
}

void
control_close(struct control *control)
{
	if (control == NULL)
		return;
	log_listen(NULL, NULL);
	while (control->count > 0)
		free_admin(control->admins[0]);
	acceptor_close(control->acceptor);
	unix_socket_remove(&control->socket);
	free(control);
}

bool
control_followed(const struct control *control)
{
	return control->followers > 0;
}

void
control_tell(struct control *control, const uint32_t ends[2],
    const struct json_line *line)
{
	for (unsigned i = 0; i < control->count; i++)
		if (wants_event(control->admins[i], ends))
			tell_admin(control->admins[i], line);
}

static void
tell_flow(struct control *control, const struct alg_flow *flow,
    const struct json_line *line)
{
	const uint32_t ends[2] = { flow->inside, flow->outside };

	control_tell(control, ends, line);
}

/*
 * When an event happens that is told now, and when the clock's 0 was, in ms
 * since 1970.  False: nobody is there to be told.
 */
static bool
read_time(const struct control *control, uint64_t *when, uint64_t *epoch)
{
	uint64_t now;

	if (!control_followed(control))
		return false;
	now = clock_ms();
	*epoch = clock_epoch(now);
	*when = now + *epoch;
	return true;
}

void
control_change(struct control *control, const struct alg_change *change)
{
	struct json_line line;
	uint64_t when, epoch;

	if (!read_time(control, &when, &epoch))
		return;
	call_json_change(&line, change, when, epoch);
	tell_flow(control, &change->call.flow, &line);
}

void
control_login(struct control *control, const struct alg_call_info *call,
    const struct alg_login *login, enum reason lack)
{
	struct json_line line;
	uint64_t when, epoch;

	if (!read_time(control, &when, &epoch))
		return;
	call_json_login(&line, call, login, lack, when, epoch);
	tell_flow(control, &call->flow, &line);
}

void
control_attempt(struct control *control, const struct alg_attempt *attempt,
    const struct explanations *all)
{
	struct json_line line;
	uint64_t when, epoch;

	if (!read_time(control, &when, &epoch))
		return;
	attempt_json_event(&line, attempt, all, when, epoch);
	tell_flow(control, &attempt->flow, &line);
}
