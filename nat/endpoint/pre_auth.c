/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nat/endpoint/context.h"
#include "nat/endpoint/ctrl_socket.h"
#include "nat/endpoint/pre_auth.h"
#include "nat/endpoint/profile.h"
#include "nat/endpoint/server.h"
#include "nat/endpoint/session.h"

static uint64_t
source_of(const struct gate *c, uint32_t address)
{
	return exchange_hash(c->exchange, c, &address, sizeof(address));
}

static uint32_t
strangers_of(const struct gate *c, uint32_t address)
{
	return ledger_count(&c->strangers, source_of(c, address));
}

static bool
fits(const struct gate *c, uint32_t address)
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
end_stranger(struct exchange *x, uint32_t thing)
{
	struct session *s = NULL;
	struct peer *p;

	if (thing > x->peers.capacity)
		s = pool_at(&x->sessions, thing - x->peers.capacity);
	p = s != NULL ? s->peer : pool_at(&x->peers, thing);
	if (s != NULL && p->calls > 1) {
		session_withdraw(s, PPP_HALF_OPEN_LIMIT);
		session_close(s, PPP_HALF_OPEN_LIMIT);
	} else
		tunnel_lost(&p->tunnel, REASON_HALF_OPEN_LIMIT, x->now);
}

bool
stranger_fits(struct gate *c, uint32_t address)
{
	uint32_t most, oldest = ledger_greediest(&c->strangers, &most);

	if (c->nstrangers >= c->profile->terminate.half_open_limit &&
	    strangers_of(c, address) < most)
		end_stranger(c->exchange, oldest);
	return fits(c, address);
}

static void
count(struct peer *p, uint32_t thing)
{
	struct gate *c = p->arg;

	c->nstrangers++;
	ledger_add(&c->strangers, source_of(c, p->path.peer), thing);
}

static void
uncount(struct peer *p, uint32_t thing)
{
	struct gate *c = p->arg;

	c->nstrangers--;
	ledger_remove(&c->strangers, thing);
}

/* Connections are numbered first, then calls. */
static uint32_t
thing_of(const struct session *s)
{
	return s->exchange->peers.capacity + s->index;
}

void
stranger_comes(struct peer *p)
{
	count(p, p->index);
	p->stranger = true;
}

void
stranger_leaves(struct peer *p)
{
	if (p->stranger)
		uncount(p, p->index);
	p->stranger = false;
}

/* The first call takes the place of its connection. */
bool
stranger_calls(struct session *s)
{
	struct peer *p = s->peer;

	if (p->failures >= STRANGER_CALLS ||
	    (!p->stranger && !fits(p->arg, p->path.peer)))
		return false;
	stranger_leaves(p);
	count(p, thing_of(s));
	s->stranger = true;
	p->calls++;
	return true;
}

void
stranger_known(struct session *s)
{
	if (s->stranger)
		uncount(s->peer, thing_of(s));
	s->stranger = false;
}

void
stranger_ends(struct session *s)
{
	struct peer *p = s->peer;

	if (s->stranger)
		p->failures++;
	stranger_known(s);
	if (--p->calls == 0)
		stranger_comes(p);
}
