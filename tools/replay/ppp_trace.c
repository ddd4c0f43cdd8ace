/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps calls by serial and by call ID, and what their PPP frames say. */
#include <stdio.h>
#include <string.h>

#include "tools/replay/ppp_trace.h"

#define SEARCH_MAX	256	/* calls of one connection */

int
ppp_traces_init(
    struct ppp_traces *all, uint32_t room, const struct hash_key *key)
{
	memset(all, 0, sizeof(*all));
	all->key = *key;
	if (pool_init(&all->pool, room, sizeof(struct ppp_trace)) == -1 ||
	    table_init(&all->by_serial, room) == -1 ||
	    table_init(&all->by_inside, room) == -1 ||
	    table_init(&all->by_mapped, room) == -1) {
		ppp_traces_free(all);
		return -1;
	}
	return 0;
}

void
ppp_traces_free(struct ppp_traces *all)
{
	table_free(&all->by_serial);
	table_free(&all->by_inside);
	table_free(&all->by_mapped);
	pool_free(&all->pool);
}

uint32_t
ppp_traces_count(const struct ppp_traces *all)
{
	return all->pool.used;
}

struct ppp_trace *
ppp_trace_at(const struct ppp_traces *all, uint32_t i)
{
	return pool_at(&all->pool, i);
}

const char *
ppp_trace_state(const struct ppp_trace *t)
{
	if (!t->ended)
		return alg_call_state_name(t->info.state);
	return t->was_up ? "down" : "refused";
}

static uint64_t
hash_serial(const struct ppp_traces *all, uint64_t serial)
{
	return hash_words(&all->key, (uint32_t)serial,
	    (uint32_t)(serial >> 32), 0);
}

struct ppp_trace *
ppp_trace_of(const struct ppp_traces *all, uint64_t serial)
{
	uint32_t i = table_first(&all->by_serial, hash_serial(all, serial));

	while (i != 0 && ppp_trace_at(all, i)->info.serial != serial)
		i = table_next(&all->by_serial, i);
	return i != 0 ? ppp_trace_at(all, i) : NULL;
}

struct ppp_trace *
ppp_trace_inside(const struct ppp_traces *all, uint32_t inside,
    uint32_t outside, uint16_t id)
{
	uint32_t i = table_first(&all->by_inside,
	    hash_words(&all->key, inside, outside, id));
	struct ppp_trace *t, *any = NULL;

	for (; i != 0; i = table_next(&all->by_inside, i)) {
		t = ppp_trace_at(all, i);
		if (t->info.flow.inside != inside || t->info.inside_id != id ||
		    t->info.flow.outside != outside)
			continue;
		if (t->info.state == ALG_CALL_UP)
			return t;
		if (any == NULL)
			any = t;
	}
	return any;
}

struct ppp_trace *
ppp_trace_mapped(const struct ppp_traces *all, uint32_t public,
    uint32_t outside, uint16_t id, uint64_t but)
{
	uint32_t i = table_first(&all->by_mapped,
	    hash_words(&all->key, public, outside, id));
	struct ppp_trace *t;

	for (; i != 0; i = table_next(&all->by_mapped, i)) {
		t = ppp_trace_at(all, i);
		if (t->info.public == public && t->info.mapped_id == id &&
		    t->info.flow.outside == outside && t->info.serial != but)
			return t;
	}
	return NULL;
}

static bool
calls_overlap(const struct ppp_trace *a, const struct ppp_trace *b)
{
	return !(a->ended && a->over < b->asked) &&
	    !(b->ended && b->over < a->asked);
}

struct ppp_trace *
ppp_trace_rival(const struct ppp_traces *all, const struct ppp_trace *t)
{
	const struct alg_call_info *c = &t->info, *o;
	uint32_t i = table_first(&all->by_mapped, hash_words(&all->key,
	    c->public, c->flow.outside, c->inside_id));

	for (; i != 0; i = table_next(&all->by_mapped, i)) {
		o = &ppp_trace_at(all, i)->info;
		if (o->mapped_id == c->inside_id && o->serial != c->serial &&
		    o->flow.inside == c->flow.inside &&
		    o->flow.outside == c->flow.outside &&
		    o->public == c->public &&
		    calls_overlap(ppp_trace_at(all, i), t))
			return ppp_trace_at(all, i);
	}
	return NULL;
}

struct ppp_trace *
ppp_trace_on(
    const struct ppp_traces *all, uint32_t first, bool inside, uint16_t id)
{
	struct ppp_trace *t;
	int most = SEARCH_MAX;

	for (uint32_t i = first; i != 0 && most-- > 0; i = t->next) {
		t = ppp_trace_at(all, i);
		if (t->ended && t->info.state != ALG_CALL_CLEARING)
			continue;
		if (inside ? t->info.inside_id == id :
		    t->info.has_outside_id && t->info.outside_id == id)
			return t;
	}
	return NULL;
}

static struct ppp_trace *
make_trace(
    struct ppp_traces *all, const struct alg_call_info *info, uint32_t *first)
{
	uint32_t i = pool_take(&all->pool);
	struct ppp_trace *t = ppp_trace_at(all, i);

	if (i == 0)
		return NULL;
	t->info = *info;
	t->next = *first;
	*first = i;
	table_insert(&all->by_serial, hash_serial(all, info->serial), i);
	table_insert(&all->by_inside, hash_words(&all->key,
	    info->flow.inside, info->flow.outside, info->inside_id), i);
	table_insert(&all->by_mapped, hash_words(&all->key, info->public,
	    info->flow.outside, info->mapped_id), i);
	return t;
}

struct ppp_trace *
ppp_trace_change(struct ppp_traces *all, const struct alg_change *c,
    uint32_t conn, uint32_t *first, uint64_t now)
{
	struct ppp_trace *t = ppp_trace_of(all, c->call.serial);

	if (t == NULL) {
		t = make_trace(all, &c->call, first);
		if (t == NULL)
			return NULL;
		t->conn = conn;
		t->asked = now;
	}
	t->info = c->call;
	if (c->reason != REASON_NONE)
		t->reason = c->reason;
	if (c->kind == ALG_CHANGE_UP) {
		t->was_up = true;
		t->up = now;
	}
	if (c->kind == ALG_CHANGE_DOWN || c->kind == ALG_CHANGE_REFUSED) {
		t->ended = true;
		t->over = now;
	}
	return t;
}
