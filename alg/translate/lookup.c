/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hash tables of calls, by address or connection and by call ID. */
#include "alg/translate/lookup.h"
#include "alg/translate/state.h"

/* An end may give all calls one ID: no more with one key are told apart. */
#define SEARCH_MAX	16

/* Walks the chain of (x, y, id) until fits says yes. */
static uint32_t
find_call(const struct alg *a, const struct table *t, uint32_t x, uint32_t y,
    uint16_t id, bool (*fits)(const struct call *, uint32_t, uint32_t,
    uint16_t))
{
	uint32_t i = table_first(t, hash_words(&a->key, x, y, id));

	while (i != 0 && !fits(call_at(a, i), x, y, id))
		i = table_next(t, i);
	return i;
}

/* The same, but a call that is up is preferred to one that is clearing. */
static uint32_t
find_call_up(const struct alg *a, const struct table *t, uint32_t x, uint32_t y,
    uint16_t id, bool (*fits)(const struct call *, uint32_t, uint32_t,
    uint16_t))
{
	uint32_t newest = find_call(a, t, x, y, id, fits), i = newest;

	for (int n = 0; i != 0 && n < SEARCH_MAX; n++) {
		if (call_at(a, i)->state == ALG_CALL_UP &&
		    fits(call_at(a, i), x, y, id))
			return i;
		i = table_next(t, i);
	}
	return newest;
}

static bool
fits_mapped(const struct call *c, uint32_t public, uint32_t peer, uint16_t id)
{
	return c->mapped_id == id && c->flow.outside == peer &&
	    c->public == public;
}

static bool
fits_peer(const struct call *c, uint32_t public, uint32_t peer, uint16_t id)
{
	return c->outside_id == id && c->flow.outside == peer &&
	    c->public == public;
}

static bool
fits_outside(const struct call *c, uint32_t inside, uint32_t alias,
    uint16_t id)
{
	return c->outside_id == id && c->alias == alias &&
	    c->flow.inside == inside;
}

static bool
fits_inside(const struct call *c, uint32_t inside, uint32_t alias, uint16_t id)
{
	return c->inside_id == id && c->alias == alias &&
	    c->flow.inside == inside;
}

static bool
fits_own(const struct call *c, uint32_t connection, uint32_t zero,
    uint16_t id)
{
	(void)zero;
	return c->inside_id == id && c->connection == connection;
}

static bool
fits_other(const struct call *c, uint32_t connection, uint32_t zero,
    uint16_t id)
{
	(void)zero;
	return c->outside_id == id && c->connection == connection;
}

uint32_t
lookup_mapped(const struct alg *a, uint32_t public, uint32_t peer, uint16_t id)
{
	return find_call(a, &a->calls.by_mapped, public, peer, id, fits_mapped);
}

uint32_t
lookup_peer(const struct alg *a, uint32_t public, uint32_t peer, uint16_t id)
{
	return find_call_up(a, &a->calls.by_peer, public, peer, id, fits_peer);
}

uint32_t
lookup_outside(const struct alg *a, uint32_t inside, uint32_t alias,
    uint16_t id)
{
	return find_call_up(a, &a->calls.by_outside, inside, alias, id,
	    fits_outside);
}

uint32_t
lookup_inside(const struct alg *a, uint32_t inside, uint32_t alias, uint16_t id)
{
	return find_call_up(a, &a->calls.by_inside, inside, alias, id,
	    fits_inside);
}

uint32_t
lookup_own(const struct alg *a, uint32_t connection, uint16_t id)
{
	return find_call(a, &a->calls.by_own, connection, 0, id, fits_own);
}

uint32_t
lookup_other(const struct alg *a, uint32_t connection, uint16_t id)
{
	return find_call(a, &a->calls.by_other, connection, 0, id, fits_other);
}

/* Into a table, the newest call first; no further back than is looked. */
static void
insert_by_age(struct alg *a, struct table *t, uint64_t hash, uint32_t i)
{
	uint64_t serial = call_at(a, i)->serial;
	uint32_t before = 0, at = table_first(t, hash);

	for (int n = 0; at != 0 && n < SEARCH_MAX &&
	    call_at(a, at)->serial > serial; n++) {
		before = at;
		at = table_next(t, at);
	}
	table_insert_after(t, hash, before, i);
}

static void
insert_newest(struct alg *a, struct table *t, uint64_t hash, uint32_t i)
{
	table_insert(t, hash, i);
}

static void
remove_key(struct alg *a, struct table *t, uint64_t hash, uint32_t i)
{
	table_remove(t, hash, i);
}

typedef void (*key_changer)(struct alg *, struct table *, uint64_t, uint32_t);

static void
change_own_keys(struct alg *a, uint32_t i, key_changer change)
{
	const struct call *c = call_at(a, i);
	struct calls *all = &a->calls;

	change(a, &all->by_own, hash_words(&a->key, c->connection, 0,
	    c->inside_id), i);
	if (c->state == ALG_CALL_REFUSED)
		return;
	change(a, &all->by_mapped, hash_words(&a->key, c->public,
	    c->flow.outside, c->mapped_id), i);
	change(a, &all->by_inside, hash_words(&a->key, c->flow.inside,
	    c->alias, c->inside_id), i);
}

static void
change_outside_keys(struct alg *a, uint32_t i, key_changer change)
{
	const struct call *c = call_at(a, i);
	struct calls *all = &a->calls;

	if (!c->has_outside_id)
		return;
	change(a, &all->by_peer, hash_words(&a->key, c->public,
	    c->flow.outside, c->outside_id), i);
	change(a, &all->by_outside, hash_words(&a->key, c->flow.inside,
	    c->alias, c->outside_id), i);
	change(a, &all->by_other, hash_words(&a->key, c->connection, 0,
	    c->outside_id), i);
}

void
lookup_add(struct alg *a, uint32_t i)
{
	change_own_keys(a, i, insert_by_age);
	change_outside_keys(a, i, insert_by_age);
}

void
lookup_remove(struct alg *a, uint32_t i)
{
	change_own_keys(a, i, remove_key);
	change_outside_keys(a, i, remove_key);
}

void
lookup_add_outside(struct alg *a, uint32_t i)
{
	change_outside_keys(a, i, insert_newest);
}

void
lookup_remove_outside(struct alg *a, uint32_t i)
{
	change_outside_keys(a, i, remove_key);
}
