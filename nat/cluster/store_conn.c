/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connects to the store, again and again, with limits for what it may hold. */
#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/adapters/libevent.h>

#include "nat/base/clock.h"
#include "nat/base/log.h"
#include "nat/base/loop.h"
#include "nat/cluster/store_conn.h"

#define UNSENT_MAX	(16 << 20)	/* bytes that the store has not taken */

struct store_conn {
	struct event_base	*base;
	const struct store_conn_kind *kind;
	const char		*where, *password;
	redisAsyncContext	*redis;		/* NULL: none */
	bool			 up;
	bool			 told;		/* the log says it is away */
	uint64_t		 tried, heard;	/* ms */
	store_conn_changed	 changed;
	void			*arg;
};

struct store_conn *
store_conn_new(struct loop *loop, const struct store_conn_kind *kind,
    const char *where, const char *password, store_conn_changed changed,
    void *arg)
{
	struct store_conn *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	*c = (struct store_conn){ .base = loop_base(loop), .kind = kind,
	    .where = where, .password = password, .changed = changed,
	    .arg = arg };
	return c;
}

static void
log_away(struct store_conn *c, const char *why)
{
	if (!c->told)
		log_error("cluster: %s %s: %s; %s", c->kind->what, c->where,
		    why, c->kind->loss);
	c->told = true;
}

/* Whoever waits for replies is told that none come, too. */
static void
leave_redis(struct store_conn *c)
{
	c->redis = NULL;
	c->up = false;
	c->changed(c->arg, false);
}

void
store_conn_drop(struct store_conn *c, const char *why)
{
	redisAsyncContext *redis = c->redis;

	if (redis == NULL)
		return;
	if (why != NULL)
		log_away(c, why);
	redis->data = NULL;
	leave_redis(c);
	redisAsyncFree(redis);
}

void
store_conn_free(struct store_conn *c)
{
	if (c == NULL)
		return;
	if (c->redis != NULL) {
		c->redis->data = NULL;
		redisAsyncFree(c->redis);
	}
	free(c);
}

static void
on_disconnect(const redisAsyncContext *redis, int status)
{
	struct store_conn *c = redis->data;

	if (c == NULL)
		return;
	log_away(c, status == REDIS_OK ? "closed" : redis->errstr);
	leave_redis(c);
}

static void
on_password(redisAsyncContext *redis, void *answer, void *arg)
{
	const redisReply *reply = answer;
	struct store_conn *c = redis->data;

	if (c != NULL && reply != NULL && reply->type == REDIS_REPLY_ERROR &&
	    !c->kind->open)
		store_conn_drop(c, reply->str);
}

static void
begin_service(struct store_conn *c)
{
	c->up = true;
	c->heard = clock_ms();
	c->changed(c->arg, true);
}

/* An array that begins with what it is. */
static void
on_role(redisAsyncContext *redis, void *answer, void *arg)
{
	const redisReply *reply = answer;
	struct store_conn *c = redis->data;

	if (c == NULL || reply == NULL)
		return;
	if (reply->type == REDIS_REPLY_ERROR)
		store_conn_drop(c, reply->str);
	else if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0 ||
	    reply->element[0]->type != REDIS_REPLY_STRING ||
	    strcmp(reply->element[0]->str, "master") != 0)
		store_conn_drop(c, "is no master");
	else
		begin_service(c);
}

static void
on_connect(const redisAsyncContext *redis, int status)
{
	struct store_conn *c = redis->data;

	if (c == NULL)
		return;
	if (status != REDIS_OK) {
		log_away(c, redis->errstr);
		leave_redis(c);
		return;
	}
	if (c->password != NULL)
		(void)redisAsyncCommand(c->redis, on_password, NULL,
		    "AUTH %s", c->password);
	if (c->kind->master)
		(void)redisAsyncCommand(c->redis, on_role, NULL, "ROLE");
	else
		begin_service(c);
}

static redisAsyncContext *
connect_redis(const char *where)
{
	const char *port = strrchr(where, ':');
	char address[16];

	if (strncmp(where, "unix:", 5) == 0)
		return redisAsyncConnectUnix(where + 5);
	snprintf(address, sizeof(address), "%.*s", (int)(port - where), where);
	return redisAsyncConnect(address, atoi(port + 1));
}

static void
open_redis(struct store_conn *c)
{
	redisAsyncContext *redis = connect_redis(c->where);

	if (redis == NULL || redis->err != 0) {
		log_away(c, redis != NULL ? redis->errstr : "out of memory");
		if (redis != NULL)
			redisAsyncFree(redis);
		return;
	}
	c->redis = redis;
	redis->data = c;
	c->heard = c->tried;
	(void)redisLibeventAttach(redis, c->base);
	redisAsyncSetConnectCallback(redis, on_connect);
	redisAsyncSetDisconnectCallback(redis, on_disconnect);
}

void
store_conn_tick(struct store_conn *c, uint64_t now)
{
	const struct store_conn_kind *kind = c->kind;

	if (c->redis == NULL && c->where[0] != '\0' &&
	    (c->tried == 0 || now - c->tried >= kind->retry)) {
		c->tried = now;
		open_redis(c);
	} else if (c->redis != NULL && now > c->heard + kind->silent)
		store_conn_drop(c, "does not answer");
	else if (c->redis != NULL && c->redis->c.reader->len > kind->reply_max)
		store_conn_drop(c, "a reply without an end");
}

bool
store_conn_is_up(const struct store_conn *c)
{
	return c->up;
}

const char *
store_conn_where(const struct store_conn *c)
{
	return c->where;
}

void
store_conn_moved(struct store_conn *c)
{
	c->told = false;
}

bool
store_conn_demoted(struct store_conn *c, const char *error)
{
	if (!c->kind->master || strncmp(error, "READONLY", 8) != 0)
		return false;
	store_conn_drop(c, "is no master any more");
	return true;
}

bool
store_conn_send(struct store_conn *c, redisCallbackFn *reply, void *arg,
    int argc, const char *const *argv, const size_t *lens)
{
	if (!c->up)
		return false;
	if (store_conn_unsent(c) > UNSENT_MAX) {
		store_conn_drop(c, "too slow");
		return false;
	}
	/* hiredis writes into none of them. */
	return redisAsyncCommandArgv(c->redis, reply, arg, argc,
	    (const char **)(uintptr_t)argv, lens) == REDIS_OK;
}

bool
store_conn_ask(struct store_conn *c, redisCallbackFn *reply, void *arg,
    const char *const *words, int n)
{
	size_t lens[STORE_CONN_WORDS];

	assert(n <= STORE_CONN_WORDS);
	for (int i = 0; i < n; i++)
		lens[i] = strlen(words[i]);
	return store_conn_send(c, reply, arg, n, words, lens);
}

void
store_conn_heard(struct store_conn *c)
{
	c->heard = clock_ms();
	if (c->told)
		log_info("cluster: %s %s answers again", c->kind->what,
		    c->where);
	c->told = false;
}

void
store_conn_flush(struct store_conn *c)
{
	if (c->up && store_conn_unsent(c) > 0)
		redisAsyncHandleWrite(c->redis);
}

void
store_conn_wait(struct store_conn *c, const bool *done, uint64_t ms)
{
	uint64_t now = clock_ms(), end = now + ms;
	struct pollfd p;

	for (; !(done != NULL ? *done : c->up) && c->redis != NULL &&
	    now < end; now = clock_ms()) {
		p = (struct pollfd){ c->redis->c.fd, POLLIN, 0 };
		if (!(c->redis->c.flags & REDIS_CONNECTED) ||
		    store_conn_unsent(c) > 0)
			p.events |= POLLOUT;
		if (poll(&p, 1, (int)(end - now)) <= 0)
			continue;
		if (p.revents & POLLOUT)
			redisAsyncHandleWrite(c->redis);
		if (c->redis != NULL && p.revents & ~POLLOUT)
			redisAsyncHandleRead(c->redis);
	}
}

size_t
store_conn_unsent(const struct store_conn *c)
{
	return c->redis != NULL ? sdslen(c->redis->c.obuf) : 0;
}
