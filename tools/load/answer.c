/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sockets and the calls of one process of the server; what is said in
 * the control connections is alg/endpoint's.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "alg/endpoint/ctrl_conn.h"
#include "nat/base/loop.h"
#include "tools/load/answer.h"
#include "tools/load/must.h"

#define READ_MAX	2048	/* bytes */
#define ACCEPT_MAX	32	/* before open connections get their turn */
#define NO_CLOCK	0	/* no connection and no call ends by time */

static const struct ctrl_conn_config config = {
	.host_name = OPTIONS_NAME, .vendor = OPTIONS_NAME,
	.speed = OPTIONS_SPEED, .window = OPTIONS_WINDOW,
	.calls = OPTIONS_CALLS
};

/* One process's part of the server. */
struct answer {
	const struct load_options *options;
	struct loop		*loop;
	int			 listener;
	struct watch		*accept;
	struct map		*map;
	struct answer_counts	*counts;
	bool			 full;		/* no descriptors left */
};

/* A client's control connection. */
struct caller {
	struct answer		*answer;
	struct watch		*readable;
	int			 fd;
	uint32_t		 address;
	bool			 unsent;	/* a message, or its end */
	bool			 over;		/* nothing more is to come */
	struct ctrl_conn	 ctrl;
};

static void
count_one(uint64_t *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

/*
 * What the control connection tells.
 */

static size_t
caller_send(void *arg, const uint8_t *bytes, size_t len)
{
	struct caller *c = arg;

	if (send(c->fd, bytes, len, MSG_NOSIGNAL) != (ssize_t)len)
		c->unsent = true;
	return len;
}

static void
caller_opened(void *arg, const struct ctrl_conn_peer *peer)
{
}

/* GRE may follow the reply at once: it must find the call. */
static struct ctrl_call *
caller_call(void *arg, uint16_t peer_id)
{
	struct caller *c = arg;
	struct ctrl_call *call = must_have(calloc(1, sizeof(*call)));

	if (map_add(c->answer->map, c->address, peer_id, &call->id))
		return call;
	free(call);
	return NULL;
}

static void
caller_call_up(void *arg, struct ctrl_call *call)
{
	struct caller *c = arg;

	count_one(&c->answer->counts->calls);
}

static void
caller_call_down(void *arg, struct ctrl_call *call, enum reason reason)
{
	struct caller *c = arg;

	map_remove(c->answer->map, c->address, call->id);
	if (reason == REASON_CLEAR)
		count_one(&c->answer->counts->cleared);
	free(call);
}

static void
caller_noted(void *arg, enum reason reason)
{
	struct caller *c = arg;

	if (reason == REASON_CALL_REFUSED || reason == REASON_CONNECTION_CALLS)
		count_one(&c->answer->counts->refused);
}

/* Who has stopped the connection is the one to close it. */
static void
caller_closed(void *arg, enum reason reason)
{
	struct caller *c = arg;

	c->over = reason != REASON_STOP;
	if (reason == REASON_RESET)
		count_one(&c->answer->counts->broken);
	else if (reason != REASON_STOP && reason != REASON_CLOSED)
		count_one(&c->answer->counts->malformed);
}

static const struct ctrl_conn_host host = {
	.send = caller_send, .open = caller_opened, .make = caller_call,
	.up = caller_call_up, .down = caller_call_down, .note = caller_noted,
	.closed = caller_closed
};

/*
 * What the loop tells.
 */

static void
close_caller(struct caller *c)
{
	struct answer *a = c->answer;

	loop_watch_free(c->readable);
	close(c->fd);
	free(c);
	if (a->full)
		loop_watch_start(a->accept);
	a->full = false;
}

static void
caller_readable(void *arg)
{
	struct caller *c = arg;
	uint8_t bytes[READ_MAX];
	ssize_t n = recv(c->fd, bytes, sizeof(bytes), 0);

	if (n == -1 && errno == EAGAIN)
		return;
	if (n > 0)
		ctrl_conn_input(&c->ctrl, bytes, (size_t)n, NO_CLOCK);
	if (n <= 0 || c->unsent) {
		ctrl_conn_lost(&c->ctrl, n == 0 ? REASON_CLOSED : REASON_RESET,
		    NO_CLOCK);
		c->over = true;
	}
	if (c->over)
		close_caller(c);
}

static void
open_caller(struct answer *a, int fd, uint32_t address)
{
	struct caller *c;

	if (!options_is_client(a->options, address)) {
		count_one(&a->counts->strangers);
		close(fd);
		return;
	}
	c = must_have(calloc(1, sizeof(*c)));
	c->answer = a;
	c->address = address;
	c->fd = fd;
	c->readable = must_have(loop_read(a->loop, fd, caller_readable, c));
	ctrl_conn_open(&c->ctrl, &config, &host, c, NO_CLOCK);
	count_one(&a->counts->connections);
}

static void
accept_callers(void *arg)
{
	struct answer *a = arg;
	struct sockaddr_in peer;
	socklen_t len;
	int fd;

	for (int i = 0; i < ACCEPT_MAX; i++) {
		len = sizeof(peer);
		fd = accept4(a->listener, (struct sockaddr *)&peer, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd == -1)
			break;
		open_caller(a, fd, ntohl(peer.sin_addr.s_addr));
	}
	if (fd == -1 && errno != EAGAIN && errno != ECONNABORTED) {
		count_one(&a->counts->no_file);
		loop_watch_stop(a->accept);
		a->full = true;
	}
}

static void
answer_stopped(void *arg)
{
	loop_end(arg);
}

void
answer_run(const struct load_options *o, int listener, int stop,
    struct map *map, struct answer_counts *counts)
{
	struct answer a = { .options = o, .loop = must_have(loop_open()),
	    .listener = listener, .map = map, .counts = counts };

	a.accept = must_have(loop_read(a.loop, listener, accept_callers, &a));
	must_have(loop_read(a.loop, stop, answer_stopped, a.loop));
	loop_run(a.loop);
}
