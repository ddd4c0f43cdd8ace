/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alg/record/record_header.h"
#include "alg/record/recorded.h"
#include "alg/translate/lookup.h"

/*
 * Records are taken over as if a stranger had written them: all of one is
 * checked before.  What an older record said and a newer one contradicts is
 * over: the brain that wrote them was right at any time.
 */

/* The stream that keeps half of this ID loses it. */
static bool
half_cut(struct alg *a, uint32_t space, uint16_t id)
{
	uint32_t i = 0;

	while ((i = pool_next(&a->connections.pool, i + 1)) != 0) {
		struct connection *c = connection_at(a, i);
		struct stream *s = &c->stream[ALG_OUTBOUND];

		if (c->space == space && s->half_taken && s->half_id == id) {
			s->half_taken = false;
			return true;
		}
	}
	return false;
}

/* Takes an ID, if need be from who had it before. */
static bool
seize(struct alg *a, uint32_t space, uint16_t id)
{
	uint32_t public, peer, call;

	if (idspace_claim(a, space, id))
		return true;
	if (id == idspace_refusal(a, space))
		return false;
	idspace_ends(a, space, &public, &peer);
	call = lookup_mapped(a, public, peer, id);
	if (call != 0) {
		call_forget(a, call);
		return true;
	}
	return idspace_claim_quarantined(a, space, id) ||
	    half_cut(a, space, id);
}

/* Held, with the refusal ID that went out; 0 when that cannot be. */
static uint32_t
get_space(struct alg *a, const struct recorded_connection *rec)
{
	uint32_t space = idspace_get(a, rec->c.public, rec->c.flow.outside);

	if (space == 0 || idspace_refusal(a, space) == rec->refusal)
		return space;
	if (seize(a, space, rec->refusal)) {
		idspace_set_refusal(a, space, rec->refusal);
		return space;
	}
	idspace_put(a, space);
	return 0;
}

/* Is it the one that is known, later? Then that one's calls stay. */
static bool
goes_on(const struct connection *known, const struct recorded_connection *rec)
{
	const struct connection *c = &rec->c;

	return connection_alive(c) && (connection_alive(known) ||
	    known->state == ALG_CONNECTION_OPENING) &&
	    known->inside_opened == c->inside_opened &&
	    known->has_public == c->has_public &&
	    known->public == c->public &&
	    known->public_port == c->public_port;
}

/* All that a new record of the same connection tells anew. */
static void
strip(struct alg *a, uint32_t i)
{
	struct connection *c = connection_at(a, i);
	uint32_t call;

	while ((call = call_refused(a, i)) != 0)
		call_forget(a, call);
	for (int dir = 0; dir < 2; dir++) {
		struct stream *s = &c->stream[dir];

		if (s->half_taken)
			idspace_release(a, c->space, s->half_id);
		stream_release(a, s);
		*s = (struct stream){ 0 };
	}
}

/* Puts it beside the others, without its streams; 0 when there is no room. */
static uint32_t
put_anew(struct alg *a, const struct recorded_connection *rec, uint32_t space)
{
	struct connection new = rec->c;
	uint32_t i;

	new.space = space;
	new.stream[ALG_OUTBOUND] = new.stream[ALG_INBOUND] =
	    (struct stream){ 0 };
	i = connection_put(a, &new);
	if (i == 0 && space != 0)
		idspace_put(a, space);
	return i;
}

/* Its place, new or known already, with nothing in it that is old. */
static enum reason
find_place(struct alg *a, const struct recorded_connection *rec, uint32_t *i)
{
	uint32_t space = 0;

	*i = connection_find(a, &rec->c.flow);
	if (*i != 0 && goes_on(connection_at(a, *i), rec)) {
		strip(a, *i);
		connection_renew(a, *i, &rec->c);
		return REASON_NONE;
	}
	if (*i != 0)
		connection_forget(a, *i);
	*i = 0;
	if (rec->c.has_public && (space = get_space(a, rec)) == 0)
		return REASON_CALL_LIMIT;
	*i = put_anew(a, rec, space);
	return *i != 0 ? REASON_NONE : REASON_CONNECTION_LIMIT;
}

static enum reason
fill(struct alg *a, uint32_t i, const struct recorded_connection *rec)
{
	const struct stream *s = &rec->c.stream[ALG_OUTBOUND];

	if (s->half_taken && !seize(a, connection_at(a, i)->space, s->half_id))
		return REASON_BAD_RECORD;
	for (int dir = 0; dir < 2; dir++)
		stream_restore(a, i, (enum alg_dir)dir, &rec->c.stream[dir],
		    rec->came[dir], rec->goes[dir]);
	for (int n = 0; n < rec->nrefused; n++) {
		if (call_put(a, i, &rec->refused[n]) == 0)
			return REASON_CALL_LIMIT;
	}
	return REASON_NONE;
}

static enum reason
restore_connection(struct alg *a, struct recorded *r)
{
	struct recorded_connection rec;
	enum reason reason;
	uint32_t i;

	if (recorded_connection(r, &rec) == -1)
		return REASON_BAD_RECORD;
	call_serial(a, rec.serial);
	reason = find_place(a, &rec, &i);
	if (reason == REASON_NONE)
		reason = fill(a, i, &rec);
	if (reason != REASON_NONE && i != 0)
		connection_forget(a, i);
	return reason;
}

static enum reason
restore_call(struct alg *a, struct recorded *r)
{
	const struct connection *owner;
	struct recorded_call rec;
	uint32_t i;

	if (recorded_call(r, &rec) == -1)
		return REASON_BAD_RECORD;
	i = connection_find(a, &rec.flow);
	owner = connection_at(a, i);
	/* What kept its connection out. */
	if (i == 0 && a->connections.pool.used == a->config.connections)
		return REASON_CONNECTION_LIMIT;
	if (i == 0 || !connection_alive(owner) || !owner->has_public ||
	    !seize(a, owner->space, rec.call.mapped_id))
		return REASON_BAD_RECORD;
	if (call_put(a, i, &rec.call) == 0) {
		idspace_release(a, owner->space, rec.call.mapped_id);
		return REASON_CALL_LIMIT;
	}
	a->counters.calls_up += rec.call.state == ALG_CALL_UP;
	return REASON_NONE;
}

static enum reason
restore_rest(struct alg *a, struct recorded *r)
{
	struct recorded_rest rec;
	uint32_t space;

	if (recorded_rest(r, &rec) == -1)
		return REASON_BAD_RECORD;
	if ((space = idspace_get(a, rec.public, rec.peer)) == 0)
		return REASON_CALL_LIMIT;
	if (seize(a, space, rec.id)) {
		if (a->now - rec.since < a->config.quarantine)
			idspace_quarantine(a, space, rec.id, rec.since);
		else
			idspace_release(a, space, rec.id);
	}
	idspace_put(a, space);
	return REASON_NONE;
}

static enum reason
restore_end(struct alg *a, struct recorded *r)
{
	struct alg_flow flow;
	uint32_t i;

	if (recorded_end(r, &flow) == -1)
		return REASON_BAD_RECORD;
	i = connection_find(a, &flow);
	if (i != 0)
		connection_forget(a, i);
	return REASON_NONE;
}

static enum reason
restore_serial(struct alg *a, struct recorded *r)
{
	uint64_t serial;

	if (recorded_serial(r, &serial) == -1)
		return REASON_BAD_RECORD;
	call_serial(a, serial);
	return REASON_NONE;
}

static enum reason (*const kinds[])(struct alg *, struct recorded *) = {
	[RECORD_SERIAL] = restore_serial,
	[RECORD_CONNECTION] = restore_connection,
	[RECORD_CALL] = restore_call,
	[RECORD_REST] = restore_rest,
	[RECORD_END] = restore_end,
};

enum reason
alg_restore(struct alg *a, uint64_t now, uint64_t epoch, const uint8_t *bytes,
    size_t len)
{
	struct recorded r = { .epoch = epoch };
	enum reason reason = REASON_BAD_RECORD;
	bool recording = a->config.recording;
	enum record_kind kind;

	brain_advance(a, now);
	r.now = a->now;
	/* What comes from a record needs no record. */
	a->config.recording = false;
	if (len != 0 && record_header_open(bytes, len, &kind, &r.in) == len &&
	    (size_t)kind < sizeof(kinds) / sizeof(kinds[0]) &&
	    kinds[kind] != NULL)
		reason = kinds[kind](a, &r);
	a->config.recording = recording;
	if (reason != REASON_NONE)
		brain_count(a, reason);
	return reason;
}
