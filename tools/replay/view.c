/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "tools/replay/ctrl_conn.h"

/*
 * What the first reading decides when it is over: which end is inside, which
 * sessions are two views of one (the capture was made on both sides of a
 * NAT), and where each inside end is seen from outside.
 */

/* Where nobody told, and documents may show it: TEST-NET-1 (RFC 5737). */
#define PUBLIC_DEFAULT	0xc0000201	/* 192.0.2.1 */
#define PORT_FIRST	1024
#define PORT_TRIES	1000
#define TWIN_TRIES	64	/* sessions with one sequence number */

/* Tables over the sessions, needed only while deciding. */
struct deciding {
	struct sessions	*all;
	struct table	 by_isn, by_public;
	uint16_t	 next_port;
};

static void
decide_side(const struct sessions *all, struct session *s)
{
	bool low = side_inside(&all->side, s->address[SESSION_LOW]);
	bool high = side_inside(&all->side, s->address[SESSION_HIGH]);

	if (s->opener == SESSION_NOBODY)
		s->opener = s->port[SESSION_LOW] == SESSION_PORT ?
		    SESSION_HIGH : SESSION_LOW;
	s->inside = low == high ? s->opener :
	    low ? SESSION_LOW : SESSION_HIGH;
}

static uint64_t
hash_isn(const struct deciding *d, const struct session *s)
{
	return hash_words(&d->all->key, s->isn, 0, 0);
}

static bool
same_end(const struct session *a, enum session_end x, const struct session *b,
    enum session_end y)
{
	return a->address[x] == b->address[y] && a->port[x] == b->port[y];
}

/*
 * A NAT changes one end of a connection and leaves the sequence numbers.
 * Returns whether the openers differ (source NAT) or the others.
 */
static bool
is_twin(const struct session *a, const struct session *b, bool *openers)
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
	struct session *a = session_at(d->all, i), *b = session_at(d->all, j);
	enum session_end x = openers ? a->opener : 1 - a->opener;
	enum session_end y = openers ? b->opener : 1 - b->opener;
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
	const struct session *s = session_at(d->all, i);
	uint64_t h = hash_isn(d, s);
	int tries = TWIN_TRIES;
	bool openers;

	if (!s->syn)
		return;
	for (uint32_t j = table_first(&d->by_isn, h); j != 0 && tries-- > 0;
	    j = table_next(&d->by_isn, j)) {
		if (!is_twin(s, session_at(d->all, j), &openers))
			continue;
		tie(d, i, j, openers);
		break;
	}
	table_insert(&d->by_isn, h, i);
}

static uint64_t
hash_public(const struct deciding *d, const struct session *s)
{
	return hash_words(&d->all->key, s->public,
	    s->address[1 - s->inside],
	    (uint32_t)s->public_port << 16 | s->port[1 - s->inside]);
}

static bool
taken(const struct deciding *d, const struct session *s)
{
	uint32_t i = table_first(&d->by_public, hash_public(d, s));
	const struct session *t;

	for (; i != 0; i = table_next(&d->by_public, i)) {
		t = session_at(d->all, i);
		if (t->public == s->public &&
		    t->public_port == s->public_port &&
		    same_end(t, 1 - t->inside, s, 1 - s->inside) &&
		    !same_end(t, t->inside, s, s->inside))
			return true;
	}
	return false;
}

/* As masquerading does: the own port when it is free. */
static void
decide_public(struct deciding *d, uint32_t i)
{
	struct session *s = session_at(d->all, i);
	uint32_t inside = s->address[s->inside];

	if (d->all->has_public)
		s->public = d->all->public;
	else if (s->public == 0)
		s->public = side_private(inside) ? PUBLIC_DEFAULT : inside;
	if (s->public_port == 0) {
		s->public_port = s->port[s->inside];
		for (int n = 0; n < PORT_TRIES && taken(d, s); n++) {
			if (++d->next_port < PORT_FIRST)
				d->next_port = PORT_FIRST;
			s->public_port = d->next_port;
		}
	}
	table_insert(&d->by_public, hash_public(d, s), i);
}

static int
decide(struct deciding *d, uint32_t n)
{
	struct session *s;

	for (uint32_t i = 1; i <= n; i++) {
		s = session_at(d->all, i);
		decide_side(d->all, s);
		if (talk_finish(&s->talk[SESSION_LOW]) == -1 ||
		    talk_finish(&s->talk[SESSION_HIGH]) == -1)
			return -1;
	}
	for (uint32_t i = 1; i <= n; i++)
		decide_twin(d, i);
	for (uint32_t i = 1; i <= n; i++)
		if (session_at(d->all, i)->twin == 0)
			decide_public(d, i);
	return 0;
}

int
sessions_finish(struct sessions *all)
{
	struct deciding d = { .all = all, .next_port = PORT_FIRST };
	uint32_t n = sessions_count(all);
	int bad;

	bad = table_init(&d.by_isn, n) == -1 ||
	    table_init(&d.by_public, n) == -1 || decide(&d, n) == -1;
	table_free(&d.by_isn);
	table_free(&d.by_public);
	return bad ? -1 : 0;
}
