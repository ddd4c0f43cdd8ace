/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts half-open connections and calls, of a source and in all, and makes
 * room for new ones.
 */
#include "nat/endpoint/context.h"
#include "nat/endpoint/ctrl_socket.h"
#include "nat/endpoint/half_open.h"
#include "nat/endpoint/profile.h"
#include "nat/endpoint/server.h"
#include "nat/endpoint/session.h"

static uint32_t
half_open_of(const struct server *c, uint32_t address)
{
	return quota_count(&c->half_open, server_hash_address(c, address));
}

/* A refusal is counted. */
static bool
check_room(const struct server *c, uint32_t address)
{
	const struct terminate *t = &c->profile->terminate;
	enum reason reason = REASON_NONE;

	if (t->half_open_source_limit != 0 &&
	    half_open_of(c, address) >= t->half_open_source_limit)
		reason = REASON_SOURCE_LIMIT;
	else if (c->nhalf_open >= t->half_open_limit)
		reason = REASON_HALF_OPEN_LIMIT;
	if (reason != REASON_NONE)
		alg_count(c->context->alg, reason, 1);
	return reason == REASON_NONE;
}

/* A call, if its connection has others, too; else the connection. */
static void
end_half_open(struct context *x, uint32_t thing)
{
	struct session *s = NULL;
	struct ctrl_socket *p;

	if (thing > x->ctrl_sockets.capacity)
		s = pool_at(&x->sessions, thing - x->ctrl_sockets.capacity);
	p = s != NULL ? s->ctrl : pool_at(&x->ctrl_sockets, thing);
	if (s != NULL && p->calls > 1) {
		session_withdraw(s, PPP_HALF_OPEN_LIMIT);
		session_close(s, PPP_HALF_OPEN_LIMIT);
	} else
		ctrl_conn_lost(&p->conn, REASON_HALF_OPEN_LIMIT, x->now);
}

bool
half_open_make_room(struct server *c, uint32_t address)
{
	uint32_t most, oldest = quota_greediest(&c->half_open, &most);

	if (c->nhalf_open >= c->profile->terminate.half_open_limit &&
	    half_open_of(c, address) < most)
		end_half_open(c->context, oldest);
	return check_room(c, address);
}

static void
count_half_open(struct ctrl_socket *p, uint32_t thing)
{
	struct server *c = p->arg;

	c->nhalf_open++;
	quota_add(&c->half_open, server_hash_address(c, p->path.peer), thing);
}

static void
uncount_half_open(struct ctrl_socket *p, uint32_t thing)
{
	struct server *c = p->arg;

	c->nhalf_open--;
	quota_remove(&c->half_open, thing);
}

/* Connections are numbered first, then calls. */
static uint32_t
thing_of(const struct session *s)
{
	return s->context->ctrl_sockets.capacity + s->index;
}

void
half_open_add_connection(struct ctrl_socket *p)
{
	count_half_open(p, p->index);
	p->half_open = true;
}

void
half_open_remove_connection(struct ctrl_socket *p)
{
	if (p->half_open)
		uncount_half_open(p, p->index);
	p->half_open = false;
}

/* The first call takes the place of its connection. */
bool
half_open_add_call(struct session *s)
{
	struct ctrl_socket *p = s->ctrl;

	if (p->failures >= HALF_OPEN_FAILURES ||
	    (!p->half_open && !check_room(p->arg, p->path.peer)))
		return false;
	half_open_remove_connection(p);
	count_half_open(p, thing_of(s));
	s->half_open = true;
	p->calls++;
	return true;
}

void
half_open_login(struct session *s)
{
	if (s->half_open)
		uncount_half_open(s->ctrl, thing_of(s));
	s->half_open = false;
}

void
half_open_end_call(struct session *s)
{
	struct ctrl_socket *p = s->ctrl;

	if (s->half_open)
		p->failures++;
	half_open_login(s);
	if (--p->calls == 0)
		half_open_add_connection(p);
}
