/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nat/endpoint/context.h"
#include "nat/endpoint/ctrl_socket.h"
#include "nat/endpoint/pre_auth.h"
#include "nat/endpoint/profile.h"
#include "nat/endpoint/server.h"
#include "nat/endpoint/session.h"

static uint64_t
source_of(const struct server *c, uint32_t address)
{
	return context_hash(c->exchange, c, &address, sizeof(address));
}

static uint32_t
strangers_of(const struct server *c, uint32_t address)
{
	return quota_count(&c->strangers, source_of(c, address));
}

static bool
fits(const struct server *c, uint32_t address)
{
	const struct terminate *t = &c->profile->terminate;
	enum reason reason = REASON_NONE;

	if (t->half_open_source_limit != 0 &&
	    strangers_of(c, address) >= t->half_open_source_limit)
		reason = REASON_SOURCE_LIMIT;
	else if (c->nstrangers >= t->half_open_limit)
		reason = REASON_HALF_OPEN_LIMIT;
	if (reason != REASON_NONE)
		alg_count(c->exchange->alg, reason, 1);
	return reason == REASON_NONE;
}

/* A call, if its connection has others, too; else the connection. */
static void
end_stranger(struct context *x, uint32_t thing)
{
	struct session *s = NULL;
	struct ctrl_socket *p;

	if (thing > x->peers.capacity)
		s = pool_at(&x->sessions, thing - x->peers.capacity);
	p = s != NULL ? s->peer : pool_at(&x->peers, thing);
	if (s != NULL && p->calls > 1) {
		session_withdraw(s, PPP_HALF_OPEN_LIMIT);
		session_close(s, PPP_HALF_OPEN_LIMIT);
	} else
		ctrl_conn_lost(&p->tunnel, REASON_HALF_OPEN_LIMIT, x->now);
}

bool
pre_auth_fits(struct server *c, uint32_t address)
{
	uint32_t most, oldest = quota_greediest(&c->strangers, &most);

	if (c->nstrangers >= c->profile->terminate.half_open_limit &&
	    strangers_of(c, address) < most)
		end_stranger(c->exchange, oldest);
	return fits(c, address);
}

static void
count(struct ctrl_socket *p, uint32_t thing)
{
	struct server *c = p->arg;

	c->nstrangers++;
	quota_add(&c->strangers, source_of(c, p->path.peer), thing);
}

static void
uncount(struct ctrl_socket *p, uint32_t thing)
{
	struct server *c = p->arg;

	c->nstrangers--;
	quota_remove(&c->strangers, thing);
}

/* Connections are numbered first, then calls. */
static uint32_t
thing_of(const struct session *s)
{
	return s->exchange->peers.capacity + s->index;
}

void
pre_auth_comes(struct ctrl_socket *p)
{
	count(p, p->index);
	p->stranger = true;
}

void
pre_auth_leaves(struct ctrl_socket *p)
{
	if (p->stranger)
		uncount(p, p->index);
	p->stranger = false;
}

/* The first call takes the place of its connection. */
bool
pre_auth_calls(struct session *s)
{
	struct ctrl_socket *p = s->peer;

	if (p->failures >= PRE_AUTH_CALLS ||
	    (!p->stranger && !fits(p->arg, p->path.peer)))
		return false;
	pre_auth_leaves(p);
	count(p, thing_of(s));
	s->stranger = true;
	p->calls++;
	return true;
}

void
pre_auth_known(struct session *s)
{
	if (s->stranger)
		uncount(s->peer, thing_of(s));
	s->stranger = false;
}

void
pre_auth_ends(struct session *s)
{
	struct ctrl_socket *p = s->peer;

	if (s->stranger)
		p->failures++;
	pre_auth_known(s);
	if (--p->calls == 0)
		pre_auth_comes(p);
}
