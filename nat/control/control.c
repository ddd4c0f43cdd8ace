/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nat/base/clock.h"
#include "nat/control/call_json.h"
#include "nat/control/control.h"
#include "nat/control/handler.h"
#include "nat/control/unix_socket.h"

#define SESSION_MAX		64	/* at once */
/* What one session may keep in memory when it does not read. */
#define SESSION_OUTPUT_MAX	(256 * 1024)
/* Calls looked at between two looks at the packet queues. */
#define SESSION_SLICE		64
/* Who neither asks nor reads for so long is forgotten. */
#define SESSION_SILENT_SECONDS	600

enum session_state {
	SESSION_IDLE,		/* waits for a request */
	SESSION_BUSY,		/* a request is being answered */
	SESSION_ANSWERED,	/* the rest of the reply is on its way */
	SESSION_FOLLOWING,	/* gets events until it goes */
	SESSION_CLOSING		/* gets its last line */
};

struct control {
	struct event_base	*base;
	struct control_host	 host;
	char			*path;
	struct evconnlistener	*listener;
	struct session		*session[SESSION_MAX];
	unsigned		 count;		/* of sessions */
	unsigned		 followers;	/* of them */
};

/* One who talks with the daemon. */
struct session {
	struct control		*control;
	struct bufferevent	*bev;
	struct event		*turn;	/* the loop's next turn */
	enum session_state	 state;
	bool			 ended;	/* it sends no more */
	uint64_t		 lost;	/* events, since it was last told */
	struct handler		 handler;
};

static void
session_free(struct session *s)
{
	struct control *control = s->control;
	unsigned i = 0;

	while (control->session[i] != s)
		i++;
	control->session[i] = control->session[--control->count];
	if (s->state == SESSION_FOLLOWING)
		control->followers--;
	if (s->turn != NULL)
		event_free(s->turn);
	if (s->bev != NULL)
		bufferevent_free(s->bev);
	free(s);
}

/*
 * The only way into a state.  It is read only where what comes is taken at
 * once: libevent spins on input that is left at its limit.  Followers may be
 * silent for ever.
 */
static void
session_enter(struct session *s, enum session_state state)
{
	static const struct timeval silent = { SESSION_SILENT_SECONDS, 0 };

	if (state == SESSION_FOLLOWING)
		s->control->followers++;
	s->state = state;
	if (state == SESSION_IDLE || state == SESSION_FOLLOWING)
		bufferevent_enable(s->bev, EV_READ);
	else
		bufferevent_disable(s->bev, EV_READ);
	bufferevent_set_timeouts(s->bev,
	    state == SESSION_IDLE ? &silent : NULL,
	    state == SESSION_FOLLOWING ? NULL : &silent);
}

static size_t
session_unsent(const struct session *s)
{
	return evbuffer_get_length(bufferevent_get_output(s->bev));
}

static void
session_put(struct session *s, const struct json_line *item)
{
	if (item->len > 0)
		bufferevent_write(s->bev, item->text, item->len);
}

static void
session_end(struct session *s, enum session_state next, const char *error)
{
	struct json_line item;

	call_json_end(&item, error);
	session_put(s, &item);
	session_enter(s, next);
}

/* Goes on answering until the answer, this turn or the memory is used up. */
static void
session_step(struct session *s)
{
	static const struct timeval now = { 0, 0 };
	enum handler_result result = HANDLER_MORE;
	struct json_line item;

	for (int i = 0; i < SESSION_SLICE && result == HANDLER_MORE; i++) {
		if (session_unsent(s) > SESSION_OUTPUT_MAX - JSON_LINE_MAX)
			return;		/* session_sent goes on */
		result = handler_step(&s->handler, &item);
		session_put(s, &item);
	}
	if (result == HANDLER_MORE)
		event_add(s->turn, &now);
	else if (result == HANDLER_FOLLOW)
		session_enter(s, SESSION_FOLLOWING);
	else if (result == HANDLER_DONE)
		session_end(s, SESSION_ANSWERED, NULL);
	else
		session_end(s, SESSION_CLOSING, s->handler.error);
}

static void
session_turn(evutil_socket_t fd, short what, void *arg)
{
	session_step(arg);
}

static void
session_start(struct session *s, const char *line, size_t len)
{
	if (handler_start(&s->handler, &s->control->host, line, len) ==
	    HANDLER_FAILED) {
		session_end(s, SESSION_CLOSING, s->handler.error);
		return;
	}
	s->handler.followers = s->control->followers;
	session_enter(s, SESSION_BUSY);
	session_step(s);
}

/* There is no whole line: wait, complain, or part. */
static void
session_partial(struct session *s, size_t len)
{
	if (len > REQUEST_MAX)
		session_end(s, SESSION_CLOSING, "the request is too long");
	else if (s->ended && len > 0)
		session_end(s, SESSION_CLOSING,
		    "the request does not end with a newline");
	else if (s->ended)
		session_free(s);
}

/* Takes the next request. */
static void
session_serve(struct session *s)
{
	struct evbuffer *input = bufferevent_get_input(s->bev);
	char *line;
	size_t len;

	line = evbuffer_readln(input, &len, EVBUFFER_EOL_LF);
	if (line == NULL) {
		session_partial(s, evbuffer_get_length(input));
		return;
	}
	session_start(s, line, len);
	free(line);
}

static void
session_received(struct bufferevent *bev, void *arg)
{
	struct session *s = arg;

	if (s->state == SESSION_FOLLOWING)
		evbuffer_drain(bufferevent_get_input(bev),
		    evbuffer_get_length(bufferevent_get_input(bev)));
	else
		session_serve(s);
}

/* A follower has caught up: how many events are missing here? */
static void
session_tell_lost(struct session *s)
{
	struct json_line item;

	if (s->lost == 0)
		return;
	call_json_lost(&item, s->lost, clock_epoch(0));
	s->lost = 0;
	session_put(s, &item);
}

/* All that was written has gone to the kernel. */
static void
session_sent(struct bufferevent *bev, void *arg)
{
	struct session *s = arg;

	switch (s->state) {
	case SESSION_IDLE:
		break;
	case SESSION_ANSWERED:
		session_enter(s, SESSION_IDLE);
		session_serve(s);
		break;
	case SESSION_BUSY:
		if (!evtimer_pending(s->turn, NULL))
			session_step(s);
		break;
	case SESSION_FOLLOWING:
		session_tell_lost(s);
		break;
	case SESSION_CLOSING:
		session_free(s);
		break;
	}
}

/*
 * The end of its requests is not the end of a client: it may wait for a
 * reply.  A follower has nothing to wait with.
 */
static void
session_event(struct bufferevent *bev, short what, void *arg)
{
	struct session *s = arg;

	if ((what & BEV_EVENT_EOF) == 0 || s->state != SESSION_IDLE) {
		session_free(s);
		return;
	}
	s->ended = true;
	session_serve(s);
}

static void
session_new(struct control *control, int fd)
{
	struct session *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		close(fd);
		return;
	}
	s->control = control;
	control->session[control->count++] = s;
	s->turn = evtimer_new(control->base, session_turn, s);
	s->bev = bufferevent_socket_new(control->base, fd,
	    BEV_OPT_CLOSE_ON_FREE);
	if (s->bev == NULL)
		close(fd);
	if (s->bev == NULL || s->turn == NULL) {
		session_free(s);
		return;
	}
	bufferevent_setcb(s->bev, session_received, session_sent, session_event,
	    s);
	bufferevent_setwatermark(s->bev, EV_READ, 0, REQUEST_MAX + 1);
	session_enter(s, SESSION_IDLE);
}

/* Who does not read loses the event. */
static void
session_tell(struct session *s, const struct json_line *item)
{
	if (s->state != SESSION_FOLLOWING)
		return;
	if (s->lost > 0 ||
	    session_unsent(s) > SESSION_OUTPUT_MAX - JSON_LINE_MAX)
		s->lost++;
	else
		session_put(s, item);
}

/* A new socket has room for one line, so this never waits. */
static void
refuse(int fd)
{
	struct json_line item;

	call_json_end(
	    &item, "too many clients: close some, or try again later");
	(void)!send(fd, item.text, item.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

static void
accepted(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *address, int len, void *arg)
{
	struct control *control = arg;

	if (control->count >= SESSION_MAX)
		refuse(fd);
	else
		session_new(control, fd);
}

static int
start(struct control *control, const char *path, char *error, size_t size)
{
	int fd = unix_socket_open(path, error, size);

	if (fd == -1)
		return -1;
	control->path = strdup(path);
	control->listener = evconnlistener_new(control->base, accepted,
	    control, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (control->path != NULL && control->listener != NULL)
		return 0;
	snprintf(error, size, "no memory for the control socket");
	if (control->listener == NULL)
		close(fd);
	return -1;
}

struct control *
control_open(struct event_base *base, const char *path,
    const struct control_host *host, char *error, size_t size)
{
	struct control *control = calloc(1, sizeof(*control));

	if (control == NULL) {
		snprintf(error, size, "no memory for the control socket");
		return NULL;
	}
	/* A client that has gone shows as EPIPE. */
	signal(SIGPIPE, SIG_IGN);
	control->base = base;
	control->host = *host;
	if (start(control, path, error, size) == 0)
		return control;
	control_close(control);
	return NULL;
}

void
control_close(struct control *control)
{
	if (control == NULL)
		return;
	while (control->count > 0)
		session_free(control->session[0]);
	if (control->listener != NULL)
		evconnlistener_free(control->listener);
	if (control->path != NULL)
		unlink(control->path);
	free(control->path);
	free(control);
}

bool
control_followed(const struct control *control)
{
	return control->followers > 0;
}

void
control_tell(struct control *control, const struct json_line *item)
{
	for (unsigned i = 0; i < control->count; i++)
		session_tell(control->session[i], item);
}

void
control_change(struct control *control, const struct alg_change *change)
{
	struct json_line item;
	uint64_t now, epoch;

	if (!control_followed(control))
		return;
	now = control->host.now(control->host.arg);
	epoch = clock_epoch(now);
	call_json_change(&item, change, now + epoch, epoch);
	control_tell(control, &item);
}
