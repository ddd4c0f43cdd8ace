/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ALG_TRANSLATE_REST_H
#define ALG_TRANSLATE_REST_H

#include <stdbool.h>
#include <stdint.h>

#include "alg/base/list.h"

struct alg;

/*
 * Call IDs at rest: taken in their space still, though no call has them, so
 * that late GRE of the old call goes nowhere (limits { quarantine }).  One
 * ring for all, by time; in it, a line for each space.
 */
struct rests {
	struct resting	*ring;
	uint32_t	 mask, first, n;
};

/* How many can rest at once when there can be so many calls. */
uint32_t	 rest_capacity(uint32_t calls);

int		 rest_init(struct alg *, uint32_t calls);
void		 rest_free(struct alg *);

/* A taken ID rests, and has done so since that time (ms). */
void		 rest_add(struct alg *, uint32_t space, uint16_t id,
		    uint64_t since);

/*
 * Takes the ID out that has rested longest in a space's line; it stays taken.
 * IDSPACE_NONE when there is none.
 */
int		 rest_take(struct alg *, struct list *line);

/*
 * Takes just this ID out, which stays taken; false when it does not rest.
 * All that rested longer in this space is free: had it not been when the ID
 * was taken first, that one would have been taken instead.
 */
bool		 rest_cut(struct alg *, uint32_t space, uint16_t id);

/*
 * Walks what rests, the oldest first; *at starts at the ring's first and is
 * moved on.  false at the end.
 */
bool		 rest_next(const struct alg *, uint32_t *at, uint32_t *space,
		    uint16_t *id, uint64_t *since);

/* Ends what has rested long enough. */
void		 rest_tick(struct alg *);

#endif
