/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "tools/replay/ctrl_conn.h"

int
sessions_init(struct sessions *all, uint32_t room)
{
	if (pool_init(&all->pool, room, sizeof(struct session)) == -1 ||
	    table_init(&all->by_ends, room) == -1 ||
	    table_init(&all->by_pair, room) == -1) {
		sessions_free(all);
		return -1;
	}
	return 0;
}

void
sessions_free(struct sessions *all)
{
	for (uint32_t i = 1; i <= sessions_count(all); i++)
		for (int end = 0; end < 2; end++)
			talk_free(&session_at(all, i)->talk[end]);
	table_free(&all->by_ends);
	table_free(&all->by_pair);
	pool_free(&all->pool);
}

struct session *
session_at(const struct sessions *all, uint32_t i)
{
	return pool_at(&all->pool, i);
}

/* None is ever given back: they are 1, 2, ... in the order of the capture. */
uint32_t
sessions_count(const struct sessions *all)
{
	return all->pool.used;
}

/* Every call starts with a request or a reply of its inside end. */
uint32_t
sessions_calls(const struct sessions *all)
{
	uint32_t n = 0;
	const struct talk *t;

	for (uint32_t i = 1; i <= sessions_count(all); i++) {
		t = &session_at(all, i)->talk[session_at(all, i)->inside];
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
sorted(uint32_t a, uint16_t a_port, uint32_t b, uint16_t b_port)
{
	if (a < b || (a == b && a_port <= b_port))
		return (struct ends){ { a, b }, { a_port, b_port } };
	return (struct ends){ { b, a }, { b_port, a_port } };
}

static uint64_t
hash_ends(const struct sessions *all, const struct ends *e)
{
	return hash_words(&all->key, e->address[0], e->address[1],
	    (uint32_t)e->port[0] << 16 | e->port[1]);
}

static uint64_t
hash_pair(const struct sessions *all, uint32_t a, uint32_t b)
{
	return a < b ? hash_words(&all->key, a, b, 0) :
	    hash_words(&all->key, b, a, 0);
}

static bool
has_ends(const struct session *s, const struct ends *e)
{
	return s->address[0] == e->address[0] &&
	    s->address[1] == e->address[1] && s->port[0] == e->port[0] &&
	    s->port[1] == e->port[1];
}

enum session_end
session_sender(const struct packet *p, const struct tcp *t)
{
	return p->src < p->dst ||
	    (p->src == p->dst && t->src_port <= t->dst_port) ?
	    SESSION_LOW : SESSION_HIGH;
}

/* The newest that had started by then; ends are used again. */
static uint32_t
find(const struct sessions *all, const struct ends *e, uint64_t number)
{
	uint32_t i = table_first(&all->by_ends, hash_ends(all, e));

	while (i != 0 && (session_at(all, i)->first > number ||
	    !has_ends(session_at(all, i), e)))
		i = table_next(&all->by_ends, i);
	return i;
}

uint32_t
session_find(const struct sessions *all, const struct packet *p,
    const struct tcp *t, uint64_t number)
{
	struct ends e = sorted(p->src, t->src_port, p->dst, t->dst_port);

	return find(all, &e, number);
}

uint32_t
session_of_flow(const struct sessions *all, const struct alg_flow *f,
    uint64_t number)
{
	struct ends e = sorted(f->inside, f->inside_port, f->outside,
	    f->outside_port);

	return find(all, &e, number);
}

struct alg_flow
session_flow(const struct session *s)
{
	int in = s->inside, out = 1 - in;

	return (struct alg_flow){ s->address[in], s->address[out],
	    s->port[in], s->port[out] };
}

uint32_t
session_between(const struct sessions *all, uint32_t a, uint32_t b)
{
	uint32_t i = table_first(&all->by_pair, hash_pair(all, a, b));
	uint32_t any = 0;
	const struct session *s;

	for (; i != 0; i = table_next(&all->by_pair, i)) {
		s = session_at(all, i);
		if (!(s->address[0] == a && s->address[1] == b) &&
		    !(s->address[0] == b && s->address[1] == a))
			continue;
		if (s->twin == 0)
			return i;
		any = i;
	}
	return any;
}

static uint32_t
make(struct sessions *all, const struct ends *e, uint64_t number)
{
	uint32_t i = pool_take(&all->pool);
	struct session *s = session_at(all, i);

	if (i == 0) {
		all->ignored++;
		return 0;
	}
	s->first = number;
	memcpy(s->address, e->address, sizeof(s->address));
	memcpy(s->port, e->port, sizeof(s->port));
	s->opener = s->rst = SESSION_NOBODY;
	table_insert(&all->by_ends, hash_ends(all, e), i);
	table_insert(&all->by_pair, hash_pair(all, e->address[0],
	    e->address[1]), i);
	return i;
}

/* A SYN that is no repetition of the one that opened this session. */
static bool
opens_anew(const struct session *s, enum session_end from,
    const struct tcp *t)
{
	return (t->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN &&
	    !(s->syn && s->opener == from && s->isn == t->seq);
}

static void
handshake(struct session *s, enum session_end from, const struct tcp *t)
{
	if (t->flags & TCP_ACK) {
		s->syn_ack = true;
		if (s->opener == SESSION_NOBODY)
			s->opener = 1 - from;
		talk_start(&s->talk[1 - from], t->ack);
	} else {
		s->syn = true;
		s->syns++;
		s->opener = from;
		s->isn = t->seq;
	}
	talk_start(&s->talk[from], t->seq + 1);
}

int
sessions_add(struct sessions *all, const struct packet *p,
    const struct tcp *t, uint64_t number)
{
	struct ends e = sorted(p->src, t->src_port, p->dst, t->dst_port);
	enum session_end from = session_sender(p, t);
	uint32_t i = find(all, &e, number);
	uint32_t seq = t->seq + ((t->flags & TCP_SYN) != 0);
	struct session *s;

	if (i == 0 || opens_anew(session_at(all, i), from, t))
		i = make(all, &e, number);
	if (i == 0)
		return 0;
	s = session_at(all, i);
	if (t->flags & TCP_SYN)
		handshake(s, from, t);
	if (t->flags & TCP_RST && s->rst == SESSION_NOBODY) {
		s->rst = from;
		s->rst_packet = number;
	}
	if (t->flags & TCP_RST)
		return 0;
	if (talk_add(&s->talk[from], number, seq, p->bytes + t->data,
	    t->len) == -1)
		return -1;
	if (t->flags & TCP_FIN)
		talk_add_fin(&s->talk[from], number, seq + t->len);
	return 0;
}
