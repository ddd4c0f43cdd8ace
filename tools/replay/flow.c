/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts the GRE packets of each direction and call ID. */
#include <string.h>

#include "alg/pptp/tcp.h"
#include "tools/replay/flow.h"

int
flows_init(struct flows *all, uint32_t room, const struct hash_key *key)
{
	memset(all, 0, sizeof(*all));
	all->key = *key;
	if (pool_init(&all->pool, room, sizeof(struct flow)) == -1 ||
	    table_init(&all->by_ends, room) == -1 ||
	    table_init(&all->by_pair, room) == -1) {
		flows_free(all);
		return -1;
	}
	return 0;
}

void
flows_free(struct flows *all)
{
	table_free(&all->by_ends);
	table_free(&all->by_pair);
	pool_free(&all->pool);
}

uint32_t
flows_count(const struct flows *all)
{
	return all->pool.used;
}

struct flow *
flow_at(const struct flows *all, uint32_t i)
{
	return pool_at(&all->pool, i);
}

/* The newest with these ends and this ID. */
static struct flow *
find_flow(const struct flows *all, uint32_t src, uint32_t dst, uint16_t id)
{
	uint32_t i = table_first(&all->by_ends,
	    hash_words(&all->key, src, dst, id));
	struct flow *f;

	for (; i != 0; i = table_next(&all->by_ends, i)) {
		f = flow_at(all, i);
		if (f->src == src && f->dst == dst && f->call_id == id)
			return f;
	}
	return NULL;
}

static uint64_t
hash_flow(const struct flows *all, uint32_t a, uint32_t b)
{
	return a < b ? hash_words(&all->key, a, b, 1U << 16) :
	    hash_words(&all->key, b, a, 1U << 16);
}

/* by_pair has only the first flow between two addresses. */
static const struct flow *
first_between(const struct flows *all, uint32_t src, uint32_t dst)
{
	uint32_t i = table_first(&all->by_pair, hash_flow(all, src, dst));
	const struct flow *f;

	for (; i != 0; i = table_next(&all->by_pair, i)) {
		f = flow_at(all, i);
		if ((f->src == src && f->dst == dst) ||
		    (f->src == dst && f->dst == src))
			return f;
	}
	return NULL;
}

bool
flow_first(const struct flows *all, uint32_t src, uint32_t dst)
{
	const struct flow *f = first_between(all, src, dst);

	return f == NULL || f->src == src;
}

static struct flow *
make_flow(struct flows *all, const struct packet *p, uint16_t id,
    enum alg_dir dir, uint64_t now)
{
	uint32_t i = pool_take(&all->pool);
	struct flow *f = flow_at(all, i);

	if (i == 0)
		return NULL;
	*f = (struct flow){ .src = p->src, .dst = p->dst, .call_id = id,
	    .dir = dir, .first = now };
	table_insert(&all->by_ends, hash_words(&all->key, p->src, p->dst, id),
	    i);
	if (first_between(all, p->src, p->dst) == NULL)
		table_insert(&all->by_pair, hash_flow(all, p->src, p->dst), i);
	return f;
}

static void
count_seq(struct flow *f, uint32_t seq)
{
	int32_t ahead = tcp_diff(seq, f->seq);

	if (f->has_seq && ahead <= 0) {
		f->repeats++;
		return;
	}
	if (f->has_seq)
		f->missing += (unsigned)ahead - 1;
	f->has_seq = true;
	f->seq = seq;
}

struct flow *
flow_add(struct flows *all, const struct packet *p, const struct gre *g,
    enum alg_dir dir, const struct alg_result *r, uint64_t now)
{
	struct flow *f = find_flow(all, p->src, p->dst, g->call_id);

	/* The same ID again for another call. */
	if (f == NULL || (r->call != 0 && f->call != 0 && f->call != r->call))
		f = make_flow(all, p, g->call_id, dir, now);
	if (f == NULL)
		return NULL;
	if (r->call != 0)
		f->call = r->call;
	f->packets++;
	f->bytes += p->length;
	f->last = now;
	if (g->has_seq)
		count_seq(f, g->seq);
	else
		f->acks++;
	if (r->action != ALG_PASS) {
		f->dropped++;
		f->reason = r->reason;
	}
	return f;
}
