/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Places in many small sets, of which a hash names one; queues of places. */
#ifndef ALG_BASE_PLACES_H
#define ALG_BASE_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#include "alg/base/list.h"

/* Numbered from 1 on, set by set. */
struct places {
	bool		*used;		/* sets that something was put in */
	uint32_t	 sets, kept;	/* kept: places of a set */
	uint32_t	 number;	/* of all places */
};

/* Places in the order in which they came in, each of them once. */
struct places_queue {
	struct list		 list;
	struct list_link	*links;
	bool			*queued;
};

/* -1: out of memory; to be freed then, too. */
int	places_init(struct places *, uint32_t sets, uint32_t kept);
void	places_free(struct places *);

/* The first place of the set that a hash names. */
uint32_t places_first(const struct places *, uint64_t hash);

/* Something was put there. */
void	places_use(struct places *, uint32_t place);

/*
 * The place after this one (0: the first), beyond number at the end.  The
 * memory of sets that were never used need not even be touched.
 */
uint32_t places_next(const struct places *, uint32_t place);

int	places_queue_init(struct places_queue *, const struct places *);
void	places_queue_free(struct places_queue *);
void	places_queue_add(struct places_queue *, uint32_t place);

/* The first leaves it; 0: there is none. */
uint32_t places_queue_take(struct places_queue *);

#endif
