/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/load/line.h"
#include "tools/load/login.h"
#include "tools/load/loop.h"
#include "tools/load/process.h"
#include "tools/load/socket.h"

#define RESULT_OK	1

/*
 * What an answer leads to: the next message to send, the next state; or the
 * message that does the same with the line's next call.
 */
static const struct step {
	enum dial_state		state;
	enum message_type	got, send;	/* send 0: nothing */
	enum dial_state		next;
	enum message_type	again;
} steps[] = {
	{ DIAL_STARTING, MESSAGE_SCCRP, MESSAGE_OCRQ, DIAL_CALLING, 0 },
	{ DIAL_CALLING, MESSAGE_OCRP, 0, DIAL_UP, MESSAGE_OCRQ },
	{ DIAL_CLEARING, MESSAGE_CDN, MESSAGE_STOPRQ, DIAL_STOPPING,
	    MESSAGE_CCRQ },
	{ DIAL_STOPPING, MESSAGE_STOPRP, 0, DIAL_CLOSED, 0 },
	/* A server whose last call is over may stop by itself. */
	{ DIAL_CLEARING, MESSAGE_STOPRQ, MESSAGE_STOPRP, DIAL_CLOSED, 0 },
	{ DIAL_STOPPING, MESSAGE_STOPRQ, MESSAGE_STOPRP, DIAL_CLOSED, 0 },
};

static void	line_event(enum loop_what, void *);

/* The one that ends with a call that is up. */
static const struct step *
step_to_up(void)
{
	const struct step *step = steps;

	while (step->next != DIAL_UP)
		step++;
	return step;
}

/* The line is where it should be, for now or for ever: next, please. */
static void
line_done(struct line *l)
{
	l->lines->done(l->lines->arg);
}

static void
line_close(struct line *l)
{
	bool waiting = l->call->state != DIAL_UP;

	if (l->watch != NULL)
		watch_free(l->watch);
	l->watch = NULL;
	close(l->stream.fd);
	l->stream.fd = -1;
	for (uint32_t i = 0; i < l->ncalls; i++) {
		l->calls[i].state = DIAL_CLOSED;
		if (l->lines->login != NULL)
			login_drop(l->lines->login, l->number + i);
	}
	if (waiting)
		line_done(l);
}

/* Takes all calls of the line with it that have not ended. */
static void
line_fail(struct line *l, enum failure_kind kind, int code, int detail)
{
	struct dial_call *call = l->calls;

	for (; call < l->calls + l->ncalls; call++)
		if (call->state != DIAL_CLOSED)
			call->failure = (struct failure){ (uint8_t)kind,
			    call->state, (uint8_t)code, (uint8_t)detail };
	line_close(l);
}

/* Goes on to a state; the clock for the next answer starts anew. */
static void
line_state(struct line *l, enum dial_state state)
{
	struct dial_call *call = l->call;

	call->state = (uint8_t)state;
	if (state == DIAL_UP) {
		watch_start(l->watch, 0);
		line_done(l);
	} else {
		watch_start(l->watch, l->lines->options->timeout);
	}
}

static int
line_send(struct line *l, enum message_type type, uint32_t identifier)
{
	struct load_values v = { .own = l->call->own_id,
	    .peer = l->call->peer_id, .result = RESULT_OK,
	    .identifier = identifier };

	if (type == 0 || stream_send(&l->stream, type, &v) == 0)
		return 0;
	line_fail(l, FAILURE_ERRNO, errno, 0);
	return -1;
}

/* Is it an answer to go on with? */
static bool
line_accept(struct line *l, enum message_type got,
    const struct load_values *v)
{
	struct dial_call *call = l->call;

	if (message_of(got)->result != 0 && got != MESSAGE_CDN &&
	    v->result != RESULT_OK) {
		line_fail(l, FAILURE_REFUSED, v->result, v->error);
		return false;
	}
	if (got != MESSAGE_OCRP)
		return true;
	if (v->own != call->own_id) {
		line_fail(l, FAILURE_WRONG_ID, 0, 0);
		return false;
	}
	call->peer_id = v->peer;
	return true;
}

static void
line_up(struct line *l)
{
	l->call->latency = (uint32_t)(process_clock() - l->call->begun);
	l->call->came_up = true;
}

static int
line_again(struct line *l, const struct step *step)
{
	l->call->state = (uint8_t)(step->next == DIAL_UP ? DIAL_UP :
	    DIAL_CLOSED);
	l->call++;
	if (step->next == DIAL_UP)
		l->call->begun = process_clock();
	l->call->state = (uint8_t)step->state;
	if (line_send(l, step->again, 0) == -1)
		return -1;
	line_state(l, step->state);
	return 0;
}

static int
line_go_on(struct line *l, const struct step *step)
{
	if (step->next == DIAL_UP)
		line_up(l);
	if (step->again != 0 && l->call + 1 < l->calls + l->ncalls)
		return line_again(l, step);
	if (line_send(l, step->send, 0) == -1)
		return -1;
	if (step->next != DIAL_CLOSED) {
		line_state(l, step->next);
		return 0;
	}
	line_close(l);
	return -1;
}

/* PPP is up, or over. */
static void
line_told(void *arg, enum ppp_reason reason)
{
	struct line *l = arg;

	if (reason != PPP_OK)
		line_fail(l, FAILURE_PPP, reason, 0);
	else if (l->call->state == DIAL_LOGIN)
		line_go_on(l, step_to_up());
}

static int
line_step(struct line *l, const struct step *step,
    const struct load_values *v)
{
	if (!line_accept(l, step->got, v))
		return -1;
	if (step->next != DIAL_UP || l->lines->login == NULL)
		return line_go_on(l, step);
	line_state(l, DIAL_LOGIN);
	login_begin(l->lines->login, l->number + (uint32_t)(l->call -
	    l->calls), l->call, line_told, l);
	return 0;
}

static int
line_message(void *arg, enum message_type type, const struct load_values *v)
{
	struct line *l = arg;

	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
		if (steps[i].state == l->call->state && steps[i].got == type)
			return line_step(l, &steps[i], v);
	if (type == MESSAGE_ECHORQ)
		return line_send(l, MESSAGE_ECHORP, v->identifier);
	if (type == MESSAGE_CDN || type == MESSAGE_STOPRQ) {
		line_fail(l, FAILURE_ENDED, 0, 0);
		return -1;
	}
	return 0;
}

static void
line_readable(struct line *l)
{
	enum reason reason;

	switch (stream_read(&l->stream, line_message, l, &reason)) {
	case STREAM_OPEN:
		break;
	case STREAM_EOF:
		line_fail(l, FAILURE_EOF, 0, 0);
		break;
	case STREAM_ERROR:
		line_fail(l, FAILURE_ERRNO, errno, 0);
		break;
	case STREAM_MALFORMED:
		line_fail(l, FAILURE_MALFORMED, reason, 0);
		break;
	}
}

/* Waits for one thing instead of another. */
static void
line_watch(struct line *l, enum loop_what what)
{
	if (l->watch != NULL)
		watch_free(l->watch);
	l->watch = watch_new(l->lines->loop, l->stream.fd, what, line_event, l);
	watch_start(l->watch, l->lines->options->timeout);
}

static void
line_connected(struct line *l)
{
	struct sockaddr_in local = { .sin_family = AF_INET };
	int error = 0;
	socklen_t len = sizeof error, local_len = sizeof local;

	getsockopt(l->stream.fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error != 0) {
		line_fail(l, FAILURE_ERRNO, error, 0);
		return;
	}
	getsockname(l->stream.fd, (struct sockaddr *)&local, &local_len);
	for (uint32_t i = 0; i < l->ncalls; i++)
		l->calls[i].local = ntohl(local.sin_addr.s_addr);
	line_watch(l, LOOP_READ);
	if (line_send(l, MESSAGE_SCCRQ, 0) == 0)
		line_state(l, DIAL_STARTING);
}

static void
line_event(enum loop_what what, void *arg)
{
	struct line *l = arg;

	if (what == LOOP_TIMEOUT)
		line_fail(l, FAILURE_TIMEOUT, 0, 0);
	else if (what == LOOP_WRITE)
		line_connected(l);
	else
		line_readable(l);
}

void
line_open(struct line *l)
{
	l->call->begun = process_clock();
	l->call->state = DIAL_CONNECTING;
	l->stream.fd = socket_dial(l->lines->options, l->number);
	if (l->stream.fd == -1)
		line_fail(l, FAILURE_ERRNO, errno, 0);
	else
		line_watch(l, LOOP_WRITE);
}

/* The user says good-bye first, as pppd(8) does. */
void
line_clear(struct line *l)
{
	if (l->lines->login != NULL)
		for (uint32_t i = 0; i < l->ncalls; i++)
			login_end(l->lines->login, l->number + i);
	l->call = l->calls;
	l->call->state = DIAL_CLEARING;
	if (line_send(l, MESSAGE_CCRQ, 0) == 0)
		line_state(l, DIAL_CLEARING);
}

bool
line_waits(const struct line *l)
{
	return l->stream.fd != -1 && l->call->state != DIAL_UP;
}

void
line_give_up(struct line *l)
{
	line_fail(l, FAILURE_TIMEOUT, 0, 0);
}
