/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps the last attempts of each inside end, and says which are new. */
#include <stdlib.h>

#include "alg/translate/change.h"
#include "alg/translate/state.h"

int
attempt_init(struct alg *a, uint32_t connections)
{
	struct attempts *all = &a->attempts;

	if (places_init(&all->places, connections < STATE_ATTEMPT_SETS ?
	    connections : STATE_ATTEMPT_SETS, STATE_ATTEMPTS_KEPT) == -1)
		return -1;
	all->kept = calloc((size_t)all->places.number + 1, sizeof(*all->kept));
	return all->kept != NULL &&
	    places_queue_init(&all->untold, &all->places) == 0 &&
	    places_queue_init(&all->dirty, &all->places) == 0 ? 0 : -1;
}

void
attempt_free(struct alg *a)
{
	struct attempts *all = &a->attempts;

	free(all->kept);
	places_free(&all->places);
	places_queue_free(&all->untold);
	places_queue_free(&all->dirty);
}

const struct alg_attempt *
attempt_at(const struct alg *a, uint32_t i)
{
	return &a->attempts.kept[i];
}

/*
 * A place for an attempt of this inside end: the one that it has already, or
 * else its set's oldest one's.
 */
static uint32_t
take_place(struct alg *a, uint32_t inside, uint64_t number)
{
	const struct alg_attempt *kept = a->attempts.kept;
	uint32_t first = places_first(&a->attempts.places,
	    hash_words(&a->key, inside, 0, 0x41545445)), oldest = first;

	for (uint32_t i = first; i < first + STATE_ATTEMPTS_KEPT; i++) {
		if (kept[i].number == number)
			return i;
		if (kept[i].number < kept[oldest].number)
			oldest = i;
	}
	return oldest;
}

static void
put_attempt(struct attempts *all, uint32_t i, const struct alg_attempt *attempt)
{
	all->kept[i] = *attempt;
	places_use(&all->places, i);
}

static void
keep_attempt(struct alg *a, struct attempt_place *place,
    struct alg_attempt *attempt)
{
	struct attempts *all = &a->attempts;

	if (place->number == 0 ||
	    all->kept[place->at].number != place->number) {
		place->number = ++all->number;
		place->at = take_place(a, attempt->flow.inside, place->number);
	}
	attempt->number = place->number;
	put_attempt(all, place->at, attempt);
	places_queue_add(&all->untold, place->at);
	/* A flood of SYNs, or of what was never opened, leaves no records. */
	if (dirty_recording(a) && attempt->over != 0 &&
	    (attempt->start_asked || attempt->call.serial != 0))
		places_queue_add(&all->dirty, place->at);
}

void
attempt_of_connection(
    const struct alg *a, uint32_t i, struct alg_attempt *attempt)
{
	const struct connection *c = connection_at(a, i);

	*attempt = (struct alg_attempt){
		.number = c->place.number,
		.flow = c->flow,
		.inside_opened = c->inside_opened,
		.first = c->opened,
		.by = c->by,
		.syns = c->syns,
		.answered = c->answered || connection_alive(c),
		.start_asked = c->start_asked,
		.start = c->start,
		.stop = c->stop,
		.refusal = c->refusal,
		.stopped = c->stopped,
	};
}

void
attempt_of_call(const struct alg *a, uint32_t i,
    const struct alg_call_info *info, struct alg_attempt *attempt)
{
	const struct call *c = call_at(a, i);

	attempt_of_connection(a, c->connection, attempt);
	attempt->call = *info;
	attempt->number = c->place.number;
	if (c->by != ALG_NOBODY)
		attempt->by = c->by;
	attempt->reply = c->reply;
	attempt->disconnect = c->disconnect;
	if (c->login != 0)
		attempt->login = *login_of_call(a, i);
	for (int dir = 0; dir < 2; dir++) {
		attempt->unreachable[dir] = c->unreachable[dir];
		attempt->too_large[dir] = c->too_large[dir];
		attempt->mtu[dir] = c->mtu[dir];
	}
}

static void
set_over(const struct alg *a, struct alg_attempt *attempt, enum reason reason)
{
	attempt->reason = reason;
	attempt->over = reason != REASON_NONE ? a->now : 0;
}

void
attempt_note_connection(struct alg *a, uint32_t i, enum reason reason)
{
	struct alg_attempt attempt;

	attempt_of_connection(a, i, &attempt);
	set_over(a, &attempt, reason);
	keep_attempt(a, &connection_at(a, i)->place, &attempt);
}

/* The first call takes the place of its connection's. */
void
attempt_note_call(struct alg *a, uint32_t i, enum reason reason)
{
	struct call *c = call_at(a, i);
	struct connection *owner = connection_at(a, c->connection);
	struct alg_attempt attempt;
	struct alg_call_info info;

	if (c->place.number == 0) {
		c->place = owner->place;
		owner->place.number = 0;
	}
	change_info(a, i, &info);
	attempt_of_call(a, i, &info, &attempt);
	set_over(a, &attempt, reason);
	keep_attempt(a, &c->place, &attempt);
}

bool
attempt_next(const struct alg *a, uint32_t *at, struct alg_attempt *attempt)
{
	const struct attempts *all = &a->attempts;

	while ((*at = places_next(&all->places, *at)) <= all->places.number) {
		*attempt = all->kept[*at];
		if (attempt->number != 0)
			return true;
	}
	return false;
}

bool
attempt_news(struct alg *a, struct alg_attempt *attempt)
{
	struct attempts *all = &a->attempts;
	uint32_t i = places_queue_take(&all->untold);

	if (i != 0)
		*attempt = all->kept[i];
	return i != 0;
}

uint32_t
attempt_next_dirty(struct alg *a)
{
	return places_queue_take(&a->attempts.dirty);
}

uint32_t
attempt_next_over(const struct alg *a, uint32_t at)
{
	const struct attempts *all = &a->attempts;

	while ((at = places_next(&all->places, at)) <= all->places.number)
		if (all->kept[at].over != 0)
			return at;
	return 0;
}

void
attempt_put(struct alg *a, const struct alg_attempt *attempt)
{
	struct attempts *all = &a->attempts;

	put_attempt(all, take_place(a, attempt->flow.inside, attempt->number),
	    attempt);
	if (all->number < attempt->number)
		all->number = attempt->number;
}
