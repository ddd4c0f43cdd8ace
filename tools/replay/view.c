/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "tools/replay/ctrl_conn.h"

/*
 * What the first reading decides when it is over: which end is inside, which
 * connections are two views of one (the capture was made on both sides of a
 * NAT), and where each inside end is seen from outside.
 */

/* Where nobody told, and documents may show it: TEST-NET-1 (RFC 5737). */
#define PUBLIC_DEFAULT	0xc0000201	/* 192.0.2.1 */
#define PORT_FIRST	1024
#define PORT_TRIES	1000
#define TWIN_TRIES	64	/* connections with one sequence number */

/* Tables over the connections, needed only while deciding. */
struct deciding {
	struct ctrl_conns	*all;
	struct table	 by_isn, by_public;
	uint16_t	 next_port;
};

static void
decide_side(const struct ctrl_conns *all, struct ctrl_conn *c)
{
	bool low = side_inside(&all->side, c->address[CTRL_CONN_LOW]);
	bool high = side_inside(&all->side, c->address[CTRL_CONN_HIGH]);

	if (c->opener == CTRL_CONN_NOBODY)
		c->opener = c->port[CTRL_CONN_LOW] == CTRL_CONN_PORT ?
		    CTRL_CONN_HIGH : CTRL_CONN_LOW;
	c->inside = low == high ? c->opener :
	    low ? CTRL_CONN_LOW : CTRL_CONN_HIGH;
}

static uint64_t
hash_isn(const struct deciding *d, const struct ctrl_conn *c)
{
	return hash_words(&d->all->key, c->isn, 0, 0);
}

static bool
same_end(const struct ctrl_conn *a, enum ctrl_conn_end x,
    const struct ctrl_conn *b, enum ctrl_conn_end y)
{
	return a->address[x] == b->address[y] && a->port[x] == b->port[y];
}

/*
 * A NAT changes one end of a connection and leaves the sequence numbers.
 * Returns whether the openers differ (source NAT) or the others.
 */
static bool
is_twin(const struct ctrl_conn *a, const struct ctrl_conn *b, bool *openers)
{
	bool same_opener = same_end(a, a->opener, b, b->opener);

	*openers = !same_opener;
	return a->isn == b->isn &&
	    same_opener != same_end(a, 1 - a->opener, b, 1 - b->opener);
}

/* Ties two views together if one of them is clearly inside. */
static void
tie(struct deciding *d, uint32_t i, uint32_t j, bool openers)
{
	struct ctrl_conn *a = ctrl_conn_at(d->all, i),
			 *b = ctrl_conn_at(d->all, j);
	enum ctrl_conn_end x = openers ? a->opener : 1 - a->opener;
	enum ctrl_conn_end y = openers ? b->opener : 1 - b->opener;
	bool a_inside = side_inside(&d->all->side, a->address[x]);

	if (a_inside == side_inside(&d->all->side, b->address[y]))
		return;
	if (a_inside) {
		b->twin = i;
		a->public = b->address[y];
		a->public_port = b->port[y];
	} else {
		a->twin = j;
		b->public = a->address[x];
		b->public_port = a->port[x];
	}
}

static void
decide_twin(struct deciding *d, uint32_t i)
{
	const struct ctrl_conn *c = ctrl_conn_at(d->all, i);
	uint64_t h = hash_isn(d, c);
	int tries = TWIN_TRIES;
	bool openers;

	if (!c->syn)
		return;
	for (uint32_t j = table_first(&d->by_isn, h); j != 0 && tries-- > 0;
	    j = table_next(&d->by_isn, j)) {
		if (!is_twin(c, ctrl_conn_at(d->all, j), &openers))
			continue;
		tie(d, i, j, openers);
		break;
	}
	table_insert(&d->by_isn, h, i);
}

static uint64_t
hash_public(const struct deciding *d, const struct ctrl_conn *c)
{
	return hash_words(&d->all->key, c->public,
	    c->address[1 - c->inside],
	    (uint32_t)c->public_port << 16 | c->port[1 - c->inside]);
}

static bool
taken(const struct deciding *d, const struct ctrl_conn *c)
{
	uint32_t i = table_first(&d->by_public, hash_public(d, c));
	const struct ctrl_conn *t;

	for (; i != 0; i = table_next(&d->by_public, i)) {
		t = ctrl_conn_at(d->all, i);
		if (t->public == c->public &&
		    t->public_port == c->public_port &&
		    same_end(t, 1 - t->inside, c, 1 - c->inside) &&
		    !same_end(t, t->inside, c, c->inside))
			return true;
	}
	return false;
}

/* As masquerading does: the own port when it is free. */
static void
decide_public(struct deciding *d, uint32_t i)
{
	struct ctrl_conn *c = ctrl_conn_at(d->all, i);
	uint32_t inside = c->address[c->inside];

	if (d->all->has_public)
		c->public = d->all->public;
	else if (c->public == 0)
		c->public = side_private(inside) ? PUBLIC_DEFAULT : inside;
	if (c->public_port == 0) {
		c->public_port = c->port[c->inside];
		for (int n = 0; n < PORT_TRIES && taken(d, c); n++) {
			if (++d->next_port < PORT_FIRST)
				d->next_port = PORT_FIRST;
			c->public_port = d->next_port;
		}
	}
	table_insert(&d->by_public, hash_public(d, c), i);
}

static int
decide(struct deciding *d, uint32_t n)
{
	struct ctrl_conn *c;

	for (uint32_t i = 1; i <= n; i++) {
		c = ctrl_conn_at(d->all, i);
		decide_side(d->all, c);
		if (ctrl_stream_finish(&c->stream[CTRL_CONN_LOW]) == -1 ||
		    ctrl_stream_finish(&c->stream[CTRL_CONN_HIGH]) == -1)
			return -1;
	}
	for (uint32_t i = 1; i <= n; i++)
		decide_twin(d, i);
	for (uint32_t i = 1; i <= n; i++)
		if (ctrl_conn_at(d->all, i)->twin == 0)
			decide_public(d, i);
	return 0;
}

int
ctrl_conns_finish(struct ctrl_conns *all)
{
	struct deciding d = { .all = all, .next_port = PORT_FIRST };
	uint32_t n = ctrl_conns_count(all);
	int bad;

	bad = table_init(&d.by_isn, n) == -1 ||
	    table_init(&d.by_public, n) == -1 || decide(&d, n) == -1;
	table_free(&d.by_isn);
	table_free(&d.by_public);
	return bad ? -1 : 0;
}
