/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nat/exchange.h"
#include "nat/gate.h"
#include "nat/peer.h"
#include "nat/profile.h"
#include "nat/session.h"
#include "nat/stranger.h"

static uint64_t
source_of(const struct gate *c, uint32_t address)
{
	return exchange_hash(c->exchange, c, &address, sizeof(address));
}

bool
stranger_fits(const struct gate *c, uint32_t address)
{
	const struct terminate *t = &c->profile->terminate;
	enum reason reason = REASON_NONE;

	if (c->strangers >= t->half_open_limit)
		reason = REASON_HALF_OPEN_LIMIT;
	else if (t->half_open_source_limit != 0 &&
	    ledger_count(&c->exchange->strangers, source_of(c, address)) >=
	    t->half_open_source_limit)
		reason = REASON_SOURCE_LIMIT;
	if (reason != REASON_NONE)
		alg_count(c->exchange->alg, reason, 1);
	return reason == REASON_NONE;
}

static void
count(struct peer *p, uint32_t thing)
{
	struct gate *c = p->arg;

	c->strangers++;
	ledger_add(&c->exchange->strangers, source_of(c, p->path.peer),
	    thing);
}

static void
uncount(struct peer *p, uint32_t thing)
{
	struct gate *c = p->arg;

	c->strangers--;
	ledger_remove(&c->exchange->strangers, thing);
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
	    (!p->stranger && !stranger_fits(p->arg, p->path.peer)))
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
