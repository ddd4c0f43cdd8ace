/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hash tables of calls, by address or connection and by call ID. */
#include "alg/translate/lookup.h"
#include "alg/translate/state.h"

/* An end may give all calls one ID: no more with one key are told apart. */
#define SEARCH_MAX	16

/* Has a call the key (x, y, id) of a table? */
typedef bool (*key_fits)(const struct call *, uint32_t x, uint32_t y,
    uint16_t id);

/* The newest call of a key. */
static uint32_t
find_hashed(const struct alg *a, const struct table *t, uint64_t hash,
    uint32_t x, uint32_t y, uint16_t id, key_fits fits)
{
	uint32_t i = table_first(t, hash);

	while (i != 0 && !fits(call_at(a, i), x, y, id))
		i = table_next(t, i);
	return i;
}

static uint32_t
find_in_table(const struct alg *a, const struct table *t, uint32_t x,
    uint32_t y, uint16_t id, key_fits fits)
{
	return find_hashed(a, t, hash_words(&a->key, x, y, id), x, y, id,
	    fits);
}

/* The same, but a call that is up is preferred to one that is clearing. */
static uint32_t
find_call_up(const struct alg *a, const struct table *t, uint32_t x, uint32_t y,
    uint16_t id, key_fits fits)
{
	uint32_t newest = find_in_table(a, t, x, y, id, fits), i = newest;

	for (int n = 0; i != 0 && n < SEARCH_MAX; n++) {
		if (call_at(a, i)->state == ALG_CALL_UP)
			return i;
		i = table_same(t, i);
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
	return c->alias_id == id && c->alias == alias &&
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
	return find_in_table(
	    a, &a->calls.by_mapped, public, peer, id, fits_mapped);
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
	return find_in_table(a, &a->calls.by_own, connection, 0, id, fits_own);
}

uint32_t
lookup_other(const struct alg *a, uint32_t connection, uint16_t id)
{
	return find_in_table(
	    a, &a->calls.by_other, connection, 0, id, fits_other);
}

/* A key of a call, and the table where it leads to it. */
struct call_key {
	struct table	*t;
	uint32_t	 x, y;
	uint16_t	 id;
	key_fits	 fits;
	uint64_t	 hash;
};

#define KEYS_MAX	6

static uint32_t
find_key(const struct alg *a, const struct call_key *k)
{
	return find_hashed(a, k->t, k->hash, k->x, k->y, k->id, k->fits);
}

/* Into a table, the newest call first; no further back than is looked. */
static void
insert_by_age(struct alg *a, const struct call_key *k, uint32_t i)
{
	uint64_t serial = call_at(a, i)->serial;
	uint32_t first = find_key(a, k), before = 0, at = first;

	for (int n = 0; at != 0 && n < SEARCH_MAX &&
	    call_at(a, at)->serial > serial; n++) {
		before = at;
		at = table_same(k->t, at);
	}
	table_insert_same(k->t, k->hash, first, before, i);
}

static void
insert_newest(struct alg *a, const struct call_key *k, uint32_t i)
{
	table_insert_same(k->t, k->hash, find_key(a, k), 0, i);
}

static void
remove_key(struct alg *a, const struct call_key *k, uint32_t i)
{
	table_remove_same(k->t, i);
}

typedef void (*key_changer)(struct alg *, const struct call_key *, uint32_t);

/* All tables are far away in memory: they are fetched at once. */
static void
change_keys(struct alg *a, uint32_t i, struct call_key *keys, size_t n,
    key_changer change)
{
	struct call_key *k, *end = keys + n;

	for (k = keys; k < end; k++) {
		k->hash = hash_words(&a->key, k->x, k->y, k->id);
		table_fetch_chain(k->t, k->hash);
	}
	for (k = keys; k < end; k++)
		table_fetch_links(k->t, k->hash);
	for (k = keys; k < end; k++)
		change(a, k, i);
}

/* How many keys there are that do not need the outside end's ID. */
static size_t
get_own_keys(struct alg *a, uint32_t i, struct call_key *keys)
{
	const struct call *c = call_at(a, i);
	struct calls *all = &a->calls;

	keys[0] = (struct call_key){ &all->by_own, c->connection, 0,
	    c->inside_id, fits_own, 0 };
	if (c->state == ALG_CALL_REFUSED)
		return 1;
	keys[1] = (struct call_key){ &all->by_mapped, c->public,
	    c->flow.outside, c->mapped_id, fits_mapped, 0 };
	keys[2] = (struct call_key){ &all->by_inside, c->flow.inside,
	    c->alias, c->inside_id, fits_inside, 0 };
	return 3;
}

static size_t
get_outside_keys(struct alg *a, uint32_t i, struct call_key *keys)
{
	const struct call *c = call_at(a, i);
	struct calls *all = &a->calls;

	if (!c->has_outside_id)
		return 0;
	keys[0] = (struct call_key){ &all->by_peer, c->public,
	    c->flow.outside, c->outside_id, fits_peer, 0 };
	keys[1] = (struct call_key){ &all->by_outside, c->flow.inside,
	    c->alias, c->alias_id, fits_outside, 0 };
	keys[2] = (struct call_key){ &all->by_other, c->connection, 0,
	    c->outside_id, fits_other, 0 };
	return 3;
}

static void
change_all(struct alg *a, uint32_t i, key_changer change)
{
	struct call_key keys[KEYS_MAX];
	size_t n = get_own_keys(a, i, keys);

	n += get_outside_keys(a, i, keys + n);
	change_keys(a, i, keys, n, change);
}

static void
change_outside(struct alg *a, uint32_t i, key_changer change)
{
	struct call_key keys[KEYS_MAX];

	change_keys(a, i, keys, get_outside_keys(a, i, keys), change);
}

void
lookup_add(struct alg *a, uint32_t i)
{
	change_all(a, i, insert_by_age);
}

void
lookup_remove(struct alg *a, uint32_t i)
{
	change_all(a, i, remove_key);
}

void
lookup_add_outside(struct alg *a, uint32_t i)
{
	change_outside(a, i, insert_newest);
}

void
lookup_remove_outside(struct alg *a, uint32_t i)
{
	change_outside(a, i, remove_key);
}
