/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the row of a client, server, user and protection, and counts in it. */
#include <stdlib.h>
#include <string.h>

#include "alg/translate/audit.h"
#include "alg/translate/state.h"

int
audit_init(struct alg *a, uint32_t connections)
{
	struct audits *all = &a->audits;

	if (places_init(&all->places, connections < STATE_AUDIT_SETS ?
	    connections : STATE_AUDIT_SETS, STATE_AUDIT_KEPT) == -1)
		return -1;
	all->rows = calloc((size_t)all->places.number + 1, sizeof(*all->rows));
	return all->rows != NULL &&
	    places_queue_init(&all->dirty, &all->places) == 0 ? 0 : -1;
}

void
audit_free(struct alg *a)
{
	free(a->audits.rows);
	places_free(&a->audits.places);
	places_queue_free(&a->audits.dirty);
}

const struct alg_audit *
audit_at(const struct alg *a, uint32_t i)
{
	return &a->audits.rows[i];
}

static bool
counts_same(const struct alg_audit *row, const struct alg_audit *key)
{
	return row->calls > 0 && row->client == key->client &&
	    row->server == key->server && row->where == key->where &&
	    row->login.method == key->login.method &&
	    row->login.encryption == key->login.encryption &&
	    strcmp(row->login.user, key->login.user) == 0;
}

/* The row of this, or else the one of its set that nobody used for longest. */
static uint32_t
find_row(const struct alg *a, const struct alg_audit *key)
{
	const struct alg_audit *rows = a->audits.rows;
	uint32_t first = places_first(&a->audits.places,
	    hash_words(&a->key, key->client, 0, 0x41554449)), oldest = first;

	for (uint32_t i = first; i < first + STATE_AUDIT_KEPT; i++) {
		if (counts_same(&rows[i], key))
			return i;
		if (rows[i].last < rows[oldest].last)
			oldest = i;
	}
	return oldest;
}

static void
put_row(struct alg *a, uint32_t i, const struct alg_audit *row)
{
	a->audits.rows[i] = *row;
	places_use(&a->audits.places, i);
}

static void
queue_row(struct alg *a, uint32_t i)
{
	if (dirty_recording(a))
		places_queue_add(&a->audits.dirty, i);
}

void
audit_count(struct alg *a, const struct alg_audit *key)
{
	uint32_t i = find_row(a, key);
	struct alg_audit *row = &a->audits.rows[i];

	if (!counts_same(row, key)) {
		put_row(a, i, key);
		row->first = a->now;
		row->calls = 0;
		memset(row->login.address, 0, sizeof(row->login.address));
	}
	row->calls++;
	row->last = a->now;
	queue_row(a, i);
}

void
audit_count_call(struct alg *a, uint32_t call, const struct alg_login *login)
{
	const struct call *c = call_at(a, call);
	bool inside = connection_at(a, c->connection)->inside_opened;
	struct alg_audit key = {
		.client = inside ? c->flow.inside : c->flow.outside,
		.server = inside ? c->flow.outside : c->flow.inside,
		.where = inside ? ALG_WHERE_INSIDE : ALG_WHERE_OUTSIDE
	};

	if (login != NULL)
		key.login = *login;
	audit_count(a, &key);
}

bool
audit_next(const struct alg *a, uint32_t *at, struct alg_audit *row)
{
	const struct audits *all = &a->audits;

	while ((*at = places_next(&all->places, *at)) <= all->places.number) {
		*row = all->rows[*at];
		if (row->calls > 0)
			return true;
	}
	return false;
}

uint32_t
audit_next_dirty(struct alg *a)
{
	return places_queue_take(&a->audits.dirty);
}

void
audit_put(struct alg *a, const struct alg_audit *row)
{
	put_row(a, find_row(a, row), row);
}
