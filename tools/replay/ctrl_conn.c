/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the control connections of a capture in the first reading; when all is
 * read, decides which end is inside, which connections are two views of one,
 * and where each inside end is seen from outside.
 */
#include <stdlib.h>
#include <string.h>

#include "alg/pptp/icmp.h"
#include "tools/replay/ctrl_conn.h"

/* Where nobody told, and documents may show it: TEST-NET-1 (RFC 5737). */
#define PUBLIC_DEFAULT	0xc0000201	/* 192.0.2.1 */
#define PORT_FIRST	1024
#define PORT_TRIES	1000
#define VIEW_TRIES	64	/* connections with one sequence number */

int
ctrl_conns_init(struct ctrl_conns *all, uint32_t room)
{
	if (pool_init(&all->pool, room, sizeof(struct ctrl_conn)) == -1 ||
	    table_init(&all->by_ends, room) == -1 ||
	    table_init(&all->by_pair, room) == -1) {
		ctrl_conns_free(all);
		return -1;
	}
	return 0;
}

void
ctrl_conns_free(struct ctrl_conns *all)
{
	for (uint32_t i = 1; i <= ctrl_conns_count(all); i++)
		for (int end = 0; end < 2; end++)
			ctrl_stream_free(&ctrl_conn_at(all, i)->stream[end]);
	table_free(&all->by_ends);
	table_free(&all->by_pair);
	pool_free(&all->pool);
}

struct ctrl_conn *
ctrl_conn_at(const struct ctrl_conns *all, uint32_t i)
{
	return pool_at(&all->pool, i);
}

/* None is ever given back: they are 1, 2, ... in the order of the capture. */
uint32_t
ctrl_conns_count(const struct ctrl_conns *all)
{
	return all->pool.used;
}

/* Every call starts with a request or a reply of its inside end. */
uint32_t
ctrl_conns_calls(const struct ctrl_conns *all)
{
	uint32_t n = 0;
	const struct ctrl_stream *t;

	for (uint32_t i = 1; i <= ctrl_conns_count(all); i++) {
		t = &ctrl_conn_at(all, i)->stream[ctrl_conn_at(all, i)->inside];
		for (size_t m = 0; m < t->nmessages; m++)
			n += t->messages[m].row->id[0].whose ==
			    MESSAGE_OWN_NEW;
	}
	return n;
}

struct ends {
	uint32_t	 address[2];
	uint16_t	 port[2];
};

static struct ends
sort_ends(uint32_t a, uint16_t a_port, uint32_t b, uint16_t b_port)
{
	if (a < b || (a == b && a_port <= b_port))
		return (struct ends){ { a, b }, { a_port, b_port } };
	return (struct ends){ { b, a }, { b_port, a_port } };
}

static uint64_t
hash_ends(const struct ctrl_conns *all, const struct ends *e)
{
	return hash_words(&all->key, e->address[0], e->address[1],
	    (uint32_t)e->port[0] << 16 | e->port[1]);
}

static uint64_t
hash_pair(const struct ctrl_conns *all, uint32_t a, uint32_t b)
{
	return a < b ? hash_words(&all->key, a, b, 0) :
	    hash_words(&all->key, b, a, 0);
}

static bool
has_ends(const struct ctrl_conn *c, const struct ends *e)
{
	return c->address[0] == e->address[0] &&
	    c->address[1] == e->address[1] && c->port[0] == e->port[0] &&
	    c->port[1] == e->port[1];
}

enum ctrl_conn_end
ctrl_conn_sender(const struct packet *p, const struct tcp *t)
{
	return p->src < p->dst ||
	    (p->src == p->dst && t->src_port <= t->dst_port) ?
	    CTRL_CONN_LOW : CTRL_CONN_HIGH;
}

/* The newest that had started by then; ends are used again. */
static uint32_t
find_newest(const struct ctrl_conns *all, const struct ends *e, uint64_t number)
{
	uint32_t i = table_first(&all->by_ends, hash_ends(all, e));

	while (i != 0 && (ctrl_conn_at(all, i)->first > number ||
	    !has_ends(ctrl_conn_at(all, i), e)))
		i = table_next(&all->by_ends, i);
	return i;
}

uint32_t
ctrl_conn_find(const struct ctrl_conns *all, const struct packet *p,
    const struct tcp *t, uint64_t number)
{
	struct ends e = sort_ends(p->src, t->src_port, p->dst, t->dst_port);

	return find_newest(all, &e, number);
}

uint32_t
ctrl_conn_of_flow(const struct ctrl_conns *all, const struct alg_flow *f,
    uint64_t number)
{
	struct ends e = sort_ends(f->inside, f->inside_port, f->outside,
	    f->outside_port);

	return find_newest(all, &e, number);
}

struct alg_flow
ctrl_conn_flow(const struct ctrl_conn *c)
{
	int in = c->inside, out = 1 - in;

	return (struct alg_flow){ c->address[in], c->address[out],
	    c->port[in], c->port[out], 0 };
}

uint32_t
ctrl_conn_between(const struct ctrl_conns *all, uint32_t a, uint32_t b)
{
	uint32_t i = table_first(&all->by_pair, hash_pair(all, a, b));
	uint32_t any = 0;
	const struct ctrl_conn *c;

	for (; i != 0; i = table_next(&all->by_pair, i)) {
		c = ctrl_conn_at(all, i);
		if (!(c->address[0] == a && c->address[1] == b) &&
		    !(c->address[0] == b && c->address[1] == a))
			continue;
		if (c->outside_view_of == 0)
			return i;
		any = i;
	}
	return any;
}

static uint32_t
make_conn(struct ctrl_conns *all, const struct ends *e, uint64_t number)
{
	uint32_t i = pool_take(&all->pool);
	struct ctrl_conn *c = ctrl_conn_at(all, i);

	if (i == 0) {
		all->ignored++;
		return 0;
	}
	c->first = number;
	memcpy(c->address, e->address, sizeof(c->address));
	memcpy(c->port, e->port, sizeof(c->port));
	c->opener = c->rst = CTRL_CONN_NOBODY;
	table_insert(&all->by_ends, hash_ends(all, e), i);
	table_insert(&all->by_pair, hash_pair(all, e->address[0],
	    e->address[1]), i);
	return i;
}

/* A SYN that is no repetition of the one that opened this connection. */
static bool
opens_anew(const struct ctrl_conn *c, enum ctrl_conn_end from,
    const struct tcp *t)
{
	return (t->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN &&
	    !(c->syn && c->opener == from && c->isn == t->seq);
}

static void
note_handshake(
    struct ctrl_conn *c, enum ctrl_conn_end from, const struct tcp *t)
{
	if (t->flags & TCP_ACK) {
		c->syn_ack = true;
		if (c->opener == CTRL_CONN_NOBODY)
			c->opener = 1 - from;
		ctrl_stream_start(&c->stream[1 - from], t->ack);
	} else {
		c->syn = true;
		c->syns++;
		c->opener = from;
		c->isn = t->seq;
	}
	ctrl_stream_start(&c->stream[from], t->seq + 1);
}

int
ctrl_conns_add(struct ctrl_conns *all, const struct packet *p,
    const struct tcp *t, uint64_t number)
{
	struct ends e = sort_ends(p->src, t->src_port, p->dst, t->dst_port);
	enum ctrl_conn_end from = ctrl_conn_sender(p, t);
	uint32_t i = find_newest(all, &e, number);
	uint32_t seq = t->seq + ((t->flags & TCP_SYN) != 0);
	bool right = tcp_checksum_right(p);
	struct ctrl_conn *c;

	if (i == 0 || opens_anew(ctrl_conn_at(all, i), from, t))
		i = make_conn(all, &e, number);
	if (i == 0)
		return 0;
	c = ctrl_conn_at(all, i);
	if (t->flags & TCP_SYN)
		note_handshake(c, from, t);
	if (t->flags & TCP_RST && c->rst == CTRL_CONN_NOBODY) {
		c->rst = from;
		c->rst_packet = number;
	}
	if (t->flags & TCP_RST)
		return 0;
	if (ctrl_stream_add(&c->stream[from], number, seq,
	    p->bytes + t->data, t->len, right) == -1)
		return -1;
	if (t->flags & TCP_FIN)
		ctrl_stream_add_fin(&c->stream[from], number, seq + t->len);
	return 0;
}

void
ctrl_conns_refuse(struct ctrl_conns *all, const struct packet *p,
    uint64_t number)
{
	struct ctrl_conn *c;
	struct ends e;
	struct icmp i;
	struct tcp t;

	if (icmp_parse(&i, p) != REASON_NONE || i.quote.protocol != IP_TCP ||
	    tcp_parse_quote(&t, &i.quote) != REASON_NONE)
		return;
	e = sort_ends(i.quote.src, t.src_port, i.quote.dst, t.dst_port);
	c = ctrl_conn_at(all, find_newest(all, &e, number));
	if (c->syn && !c->syn_ack && c->isn == t.seq && c->refusal.type == 0)
		c->refusal = (struct alg_refusal){ p->src, i.type, i.code };
}

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
is_other_view(
    const struct ctrl_conn *a, const struct ctrl_conn *b, bool *openers)
{
	bool same_opener = same_end(a, a->opener, b, b->opener);

	*openers = !same_opener;
	return a->isn == b->isn &&
	    same_opener != same_end(a, 1 - a->opener, b, 1 - b->opener);
}

/* Ties two views together if one of them is clearly inside. */
static void
tie_views(struct deciding *d, uint32_t i, uint32_t j, bool openers)
{
	struct ctrl_conn *a = ctrl_conn_at(d->all, i),
			 *b = ctrl_conn_at(d->all, j);
	enum ctrl_conn_end x = openers ? a->opener : 1 - a->opener;
	enum ctrl_conn_end y = openers ? b->opener : 1 - b->opener;
	bool a_inside = side_inside(&d->all->side, a->address[x]);

	if (a_inside == side_inside(&d->all->side, b->address[y]))
		return;
	if (a_inside) {
		b->outside_view_of = i;
		a->public = b->address[y];
		a->public_port = b->port[y];
	} else {
		a->outside_view_of = j;
		b->public = a->address[x];
		b->public_port = a->port[x];
	}
}

static void
find_other_view(struct deciding *d, uint32_t i)
{
	const struct ctrl_conn *c = ctrl_conn_at(d->all, i);
	uint64_t h = hash_isn(d, c);
	int tries = VIEW_TRIES;
	bool openers;

	if (!c->syn)
		return;
	for (uint32_t j = table_first(&d->by_isn, h); j != 0 && tries-- > 0;
	    j = table_next(&d->by_isn, j)) {
		if (!is_other_view(c, ctrl_conn_at(d->all, j), &openers))
			continue;
		tie_views(d, i, j, openers);
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
public_taken(const struct deciding *d, const struct ctrl_conn *c)
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
		for (int n = 0; n < PORT_TRIES && public_taken(d, c); n++) {
			if (++d->next_port < PORT_FIRST)
				d->next_port = PORT_FIRST;
			c->public_port = d->next_port;
		}
	}
	table_insert(&d->by_public, hash_public(d, c), i);
}

static int
decide_all(struct deciding *d, uint32_t n)
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
		find_other_view(d, i);
	for (uint32_t i = 1; i <= n; i++)
		if (ctrl_conn_at(d->all, i)->outside_view_of == 0)
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
	    table_init(&d.by_public, n) == -1 || decide_all(&d, n) == -1;
	table_free(&d.by_isn);
	table_free(&d.by_public);
	return bad ? -1 : 0;
}
