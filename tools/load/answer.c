/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/load/answer.h"
#include "tools/load/loop.h"
#include "tools/load/message.h"

#define CALLS_MAX		16	/* of one connection */
#define RESULT_OK		1
#define RESULT_GENERAL_ERROR	2
#define ERROR_NO_RESOURCE	4
#define CDN_REQUESTED		4

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
	struct watch		*watch;
	struct stream		 stream;
	uint32_t		 address;
	uint32_t		 ncalls;
	struct {
		uint16_t	 own, peer;
	} calls[CALLS_MAX];
};

static void
count(uint64_t *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static void
caller_close(struct caller *c)
{
	struct answer *a = c->answer;

	while (c->ncalls > 0)
		map_remove(a->map, c->address, c->calls[--c->ncalls].own);
	watch_free(c->watch);
	close(c->stream.fd);
	free(c);
	if (a->full)
		watch_start(a->accept, 0);
	a->full = false;
}

/* Sends an answer; -1 when the connection is gone. */
static int
reply(struct caller *c, enum message_type type, const struct load_values *v)
{
	if (stream_send(&c->stream, type, v) == 0)
		return 0;
	count(&c->answer->counts->broken);
	caller_close(c);
	return -1;
}

static int
answer_start(struct caller *c, const struct load_values *in)
{
	return reply(c, MESSAGE_SCCRP,
	    &(struct load_values){ .result = RESULT_OK });
}

static int
answer_echo(struct caller *c, const struct load_values *in)
{
	return reply(c, MESSAGE_ECHORP, &(struct load_values){
	    .result = RESULT_OK, .identifier = in->identifier });
}

static int
answer_call(struct caller *c, const struct load_values *in)
{
	struct load_values v = { .peer = in->peer,
	    .result = RESULT_GENERAL_ERROR, .error = ERROR_NO_RESOURCE };

	if (c->ncalls == CALLS_MAX ||
	    !map_add(c->answer->map, c->address, in->peer, &v.own)) {
		count(&c->answer->counts->refused);
		return reply(c, MESSAGE_OCRP, &v);
	}
	c->calls[c->ncalls].own = v.own;
	c->calls[c->ncalls++].peer = in->peer;
	count(&c->answer->counts->calls);
	v.result = RESULT_OK;
	v.error = 0;
	return reply(c, MESSAGE_OCRP, &v);
}

/* The client names its own ID (RFC 2637 section 2.12), we ours (2.13). */
static int
answer_clear(struct caller *c, const struct load_values *in)
{
	struct load_values v = { .result = CDN_REQUESTED };
	uint32_t i = 0;

	while (i < c->ncalls && c->calls[i].peer != in->peer)
		i++;
	if (i == c->ncalls)
		return 0;
	v.own = c->calls[i].own;
	c->calls[i] = c->calls[--c->ncalls];
	map_remove(c->answer->map, c->address, v.own);
	count(&c->answer->counts->cleared);
	return reply(c, MESSAGE_CDN, &v);
}

static int
answer_stop(struct caller *c, const struct load_values *in)
{
	return reply(c, MESSAGE_STOPRP,
	    &(struct load_values){ .result = RESULT_OK });
}

static const struct {
	enum message_type	 type;
	int			(*answer)(struct caller *,
				    const struct load_values *);
} answers[] = {
	{ MESSAGE_SCCRQ, answer_start },
	{ MESSAGE_OCRQ, answer_call },
	{ MESSAGE_ECHORQ, answer_echo },
	{ MESSAGE_CCRQ, answer_clear },
	{ MESSAGE_STOPRQ, answer_stop },
};

static int
caller_message(void *arg, enum message_type type, const struct load_values *v)
{
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
		if (answers[i].type == type)
			return answers[i].answer(arg, v);
	return 0;
}

static void
caller_readable(enum loop_what what, void *arg)
{
	struct caller *c = arg;
	struct answer_counts *counts = c->answer->counts;
	enum reason reason;

	switch (stream_read(&c->stream, caller_message, c, &reason)) {
	case STREAM_OPEN:
		return;
	case STREAM_MALFORMED:
		count(&counts->malformed);
		break;
	case STREAM_ERROR:
		count(&counts->broken);
		break;
	case STREAM_EOF:
		break;
	}
	caller_close(c);
}

static void
caller_open(struct answer *a, int fd, uint32_t address)
{
	struct caller *c;

	if (!options_is_client(a->options, address)) {
		count(&a->counts->strangers);
		close(fd);
		return;
	}
	c = calloc(1, sizeof *c);
	if (c == NULL)
		err(1, "control connection");
	c->answer = a;
	c->address = address;
	c->stream.fd = fd;
	c->watch = watch_new(a->loop, fd, LOOP_READ, caller_readable, c);
	watch_start(c->watch, 0);
	count(&a->counts->connections);
}

/* A bounded number at a time, so that open connections get their turn. */
static void
answer_accept(enum loop_what what, void *arg)
{
	struct answer *a = arg;
	struct sockaddr_in peer;
	socklen_t len;
	int fd;

	for (int i = 0; i < 32; i++) {
		len = sizeof peer;
		fd = accept4(a->listener, (struct sockaddr *)&peer, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd == -1)
			break;
		caller_open(a, fd, ntohl(peer.sin_addr.s_addr));
	}
	if (fd == -1 && errno != EAGAIN && errno != ECONNABORTED) {
		count(&a->counts->no_file);
		watch_pause(a->accept);
		a->full = true;
	}
}

static void
answer_stopped(enum loop_what what, void *arg)
{
	loop_stop(arg);
}

void
answer_run(const struct load_options *o, int listener, int stop,
    struct map *map, struct answer_counts *counts)
{
	struct answer a = { .options = o, .loop = loop_new(),
	    .listener = listener, .map = map, .counts = counts };

	a.accept = watch_new(a.loop, listener, LOOP_READ, answer_accept, &a);
	watch_start(a.accept, 0);
	watch_start(watch_new(a.loop, stop, LOOP_READ, answer_stopped,
	    a.loop), 0);
	loop_run(a.loop);
}
