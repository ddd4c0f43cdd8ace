/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table of young connections, with one place for each hash. */
#include <stdlib.h>

#include "alg/base/hash.h"
#include "nat/cluster/young.h"

#define PLACES	16384		/* whoever finds its own taken is not young */

struct young_place {
	struct alg_flow	 flow;
	uint64_t	 until;		/* ms; 0: free */
};

struct young {
	struct young_place	 place[PLACES];
};

struct young *
young_new(void)
{
	return calloc(1, sizeof(struct young));
}

void
young_free(struct young *y)
{
	free(y);
}

/* Not secret: who chooses its place is written at once, no more. */
static struct young_place *
place_of(struct young *y, const struct alg_flow *f)
{
	const struct hash_key key = { 0, 0 };

	return &y->place[hash_words(&key, f->inside, f->outside,
	    (uint32_t)f->inside_port << 16 | f->outside_port) % PLACES];
}

static bool
has_place(const struct young_place *p, const struct alg_flow *f)
{
	return p->until != 0 && p->flow.inside == f->inside &&
	    p->flow.outside == f->outside &&
	    p->flow.inside_port == f->inside_port &&
	    p->flow.outside_port == f->outside_port && p->flow.zone == f->zone;
}

bool
young_is(struct young *y, const struct alg_connection_info *c, uint64_t now)
{
	struct young_place *p = place_of(y, &c->flow);
	bool young = !c->had_up && now - c->since < YOUNG_AGE;

	if (young && p->until == 0)
		*p = (struct young_place){ c->flow, c->since + YOUNG_AGE };
	if (!young && has_place(p, &c->flow))
		p->until = 0;
	return young && has_place(p, &c->flow);
}

void
young_tick(struct young *y, struct alg *alg, uint64_t now)
{
	for (struct young_place *p = y->place; p < y->place + PLACES; p++)
		if (p->until != 0 && now >= p->until) {
			p->until = 0;
			alg_record_again(alg, &p->flow);
		}
}
