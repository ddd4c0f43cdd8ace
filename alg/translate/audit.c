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
	size_t n;

	all->sets = connections < STATE_AUDIT_SETS ? connections :
	    STATE_AUDIT_SETS;
	all->places = all->sets * STATE_AUDIT_KEPT;
	n = (size_t)all->places + 1;
	all->rows = calloc(n, sizeof(*all->rows));
	all->used = calloc(all->sets, sizeof(*all->used));
	all->queued = calloc(n, sizeof(*all->queued));
	all->links = calloc(n, sizeof(*all->links));
	return all->rows != NULL && all->used != NULL && all->queued != NULL &&
	    all->links != NULL ? 0 : -1;
}

void
audit_free(struct alg *a)
{
	free(a->audits.rows);
	free(a->audits.used);
	free(a->audits.queued);
	free(a->audits.links);
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
	uint32_t set = (uint32_t)hash_words(&a->key, key->client, 0,
	    0x41554449) % a->audits.sets;
	uint32_t first = 1 + set * STATE_AUDIT_KEPT, oldest = first;

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
	a->audits.used[(i - 1) / STATE_AUDIT_KEPT] = true;
}

static void
queue_row(struct alg *a, uint32_t i)
{
	struct audits *all = &a->audits;

	if (!dirty_recording(a) || all->queued[i])
		return;
	all->queued[i] = true;
	list_append(all->links, &all->dirty, i);
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

	while ((*at = state_next_place(all->used, all->sets, STATE_AUDIT_KEPT,
	    *at)) <= all->places) {
		*row = all->rows[*at];
		if (row->calls > 0)
			return true;
	}
	return false;
}

uint32_t
audit_next_dirty(struct alg *a)
{
	struct audits *all = &a->audits;
	uint32_t i = all->dirty.head;

	if (i == 0)
		return 0;
	list_remove(all->links, &all->dirty, i);
	all->queued[i] = false;
	return i;
}

void
audit_put(struct alg *a, const struct alg_audit *row)
{
	put_row(a, find_row(a, row), row);
}
