/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The call IDs in use between a public address and an outside peer. */
#ifndef ALG_TRANSLATE_IDSPACE_H
#define ALG_TRANSLATE_IDSPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "alg/base/list.h"
#include "alg/base/pool.h"
#include "alg/base/table.h"

struct alg;

/*
 * An ID space belongs to one public address and one outside peer: a bitmap of
 * 256 pages with 256 IDs each, a page only where one is in use.  A freed ID is
 * quarantined (limits { quarantine }): taken still, though no call has it, so
 * that late GRE of the old call goes nowhere.  One ring holds all quarantined
 * IDs, the oldest first; in it, each space has a list of its own.
 *
 * One ID of each space is never given to a call: it goes out in a request
 * that has to be refused, so that the reply can be told from all others.
 */
struct idspaces {
	struct pool	 spaces, pages;
	struct table	 by_key, by_page;
	struct quarantined_id *ring;
	struct list_link	*links;		/* of the ring's slots */
	uint32_t	 mask, first, n;	/* of the ring */
};

int		 idspace_init(struct alg *, uint32_t connections,
		    uint32_t calls);
void		 idspace_free(struct alg *);

/* The space of a pair, held until idspace_put; 0 when out of memory. */
uint32_t	 idspace_get(struct alg *, uint32_t public, uint32_t peer);
void		 idspace_put(struct alg *, uint32_t space);

#define IDSPACE_NONE	(-1)

/*
 * Takes an ID: the wanted one when free, else a random one of the same page,
 * else any; when none is free, the one that is in quarantine longest.
 * IDSPACE_NONE when all are in use.  O(1).
 */
int		 idspace_take(struct alg *, uint32_t space, uint16_t want);

/* A random free ID with this high byte, IDSPACE_NONE when there is none. */
int		 idspace_take_low(struct alg *, uint32_t space, uint8_t page);

/* A random one, with this high byte when there is any free. */
int		 idspace_take_in_page(struct alg *, uint32_t space,
		    uint8_t page);

/* Takes just this ID; false when it is in use. */
bool		 idspace_claim(struct alg *, uint32_t space, uint16_t id);

/* Gives back at once, for an ID that no peer has seen. */
void		 idspace_release(struct alg *, uint32_t space, uint16_t id);

/* The ID for requests that are refused. */
uint16_t	 idspace_refusal(const struct alg *, uint32_t space);

/* Another one, taken before, in its place. */
void		 idspace_set_refusal(struct alg *, uint32_t space,
		    uint16_t id);

/* Quarantines a taken ID; it is so since that time (ms). */
void		 idspace_quarantine(struct alg *, uint32_t space, uint16_t id,
		    uint64_t since);

/*
 * Takes just this ID out of the quarantine; false when it is not in it.  All
 * that is in it longer, of this space, is free: had it not been when the ID
 * was taken first, that one would have been taken instead.
 */
bool		 idspace_claim_quarantined(struct alg *, uint32_t space,
		    uint16_t id);

/*
 * Walks the quarantined IDs, the oldest first; *at starts at 0 and is moved
 * on.  false at the end.
 */
bool		 idspace_next_quarantined(const struct alg *, uint32_t *at,
		    uint32_t *space, uint16_t *id, uint64_t *since);

/* Frees the IDs whose quarantine is over. */
void		 idspace_tick(struct alg *);

/* How many IDs it has not to give: calls', quarantined, the refusal's. */
uint32_t	 idspace_used(const struct alg *, uint32_t space);

/* The addresses of a pair. */
void		 idspace_ends(const struct alg *, uint32_t space,
		    uint32_t *public, uint32_t *peer);

#endif
