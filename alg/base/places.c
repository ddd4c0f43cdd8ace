/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Knows which sets of places were used, and which places wait in a queue. */
#include <stdlib.h>

#include "alg/base/places.h"

int
places_init(struct places *p, uint32_t sets, uint32_t kept)
{
	*p = (struct places){ .sets = sets, .kept = kept,
	    .number = sets * kept };
	p->used = calloc(sets, sizeof(*p->used));
	return p->used != NULL ? 0 : -1;
}

void
places_free(struct places *p)
{
	free(p->used);
}

uint32_t
places_first(const struct places *p, uint64_t hash)
{
	return 1 + (uint32_t)hash % p->sets * p->kept;
}

void
places_use(struct places *p, uint32_t place)
{
	p->used[(place - 1) / p->kept] = true;
}

uint32_t
places_next(const struct places *p, uint32_t place)
{
	uint32_t set = place / p->kept;

	if (place % p->kept != 0)
		return place + 1;
	while (set < p->sets && !p->used[set])
		set++;
	return set * p->kept + 1;
}

int
places_queue_init(struct places_queue *q, const struct places *p)
{
	size_t n = (size_t)p->number + 1;

	q->links = calloc(n, sizeof(*q->links));
	q->queued = calloc(n, sizeof(*q->queued));
	return q->links != NULL && q->queued != NULL ? 0 : -1;
}

void
places_queue_free(struct places_queue *q)
{
	free(q->links);
	free(q->queued);
}

void
places_queue_add(struct places_queue *q, uint32_t place)
{
	if (q->queued[place])
		return;
	list_append(q->links, &q->list, place);
	q->queued[place] = true;
}

uint32_t
places_queue_take(struct places_queue *q)
{
	uint32_t place = q->list.head;

	if (place == 0)
		return 0;
	list_remove(q->links, &q->list, place);
	q->queued[place] = false;
	return place;
}
