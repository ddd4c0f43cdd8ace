/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "alg/translate/state.h"

/* Lists hold ring positions + 1. */
struct resting {
	uint64_t	 since;		/* ms */
	uint32_t	 space;		/* 0: taken out early */
	uint32_t	 next;		/* of the same space */
	uint16_t	 id;
};

uint32_t
rest_capacity(uint32_t calls)
{
	uint32_t n = 64;

	while (n < calls)
		n *= 2;
	return n;
}

int
rest_init(struct alg *a, uint32_t calls)
{
	uint32_t n = rest_capacity(calls);

	a->rests.mask = n - 1;
	a->rests.ring = calloc(n, sizeof(*a->rests.ring));
	return a->rests.ring != NULL ? 0 : -1;
}

void
rest_free(struct alg *a)
{
	free(a->rests.ring);
}

static struct resting *
ring_at(const struct alg *a, uint32_t position)
{
	return &a->rests.ring[position & a->rests.mask];
}

static struct resting *
take_first(struct alg *a, struct list *line)
{
	struct resting *r = ring_at(a, line->head - 1);

	line->head = r->next;
	if (line->head == 0)
		line->tail = 0;
	r->space = 0;
	a->counters.resting--;
	return r;
}

int
rest_take(struct alg *a, struct list *line)
{
	if (line->head == 0)
		return IDSPACE_NONE;
	brain_count(a, REASON_QUARANTINE_CUT);
	return take_first(a, line)->id;
}

bool
rest_cut(struct alg *a, uint32_t space, uint16_t id)
{
	struct list *line = idspace_resting(a, space);
	uint32_t i = line->head;

	while (i != 0 && ring_at(a, i - 1)->id != id)
		i = ring_at(a, i - 1)->next;
	if (i == 0)
		return false;
	while (line->head != i)
		idspace_release(a, space, take_first(a, line)->id);
	take_first(a, line);
	return true;
}

/* Ends the longest rest of all. */
static void
pop(struct alg *a)
{
	struct resting *r = ring_at(a, a->rests.first);
	uint32_t space = r->space;

	a->rests.first++;
	a->rests.n--;
	if (space == 0)
		return;
	take_first(a, idspace_resting(a, space));
	idspace_release(a, space, r->id);
}

void
rest_add(struct alg *a, uint32_t space, uint16_t id, uint64_t since)
{
	struct rests *all = &a->rests;
	struct list *line = idspace_resting(a, space);
	uint32_t position;

	if (all->n > all->mask) {
		brain_count(a, REASON_QUARANTINE_CUT);
		pop(a);
	}
	position = (all->first + all->n++) & all->mask;
	*ring_at(a, position) = (struct resting){
		.since = since, .space = space, .id = id
	};
	if (line->tail != 0)
		ring_at(a, line->tail - 1)->next = position + 1;
	else
		line->head = position + 1;
	line->tail = position + 1;
	a->counters.resting++;
}

bool
rest_next(const struct alg *a, uint32_t *at, uint32_t *space, uint16_t *id,
    uint64_t *since)
{
	const struct resting *r;

	if (*at - a->rests.first > a->rests.n)	/* it has ended meanwhile */
		*at = a->rests.first;
	for (; *at != a->rests.first + a->rests.n; (*at)++) {
		r = ring_at(a, *at);
		if (r->space == 0)
			continue;
		*space = r->space;
		*id = r->id;
		*since = r->since;
		(*at)++;
		return true;
	}
	return false;
}

void
rest_tick(struct alg *a)
{
	while (a->rests.n > 0 && a->now - ring_at(a, a->rests.first)->since >=
	    a->config.quarantine)
		pop(a);
}
