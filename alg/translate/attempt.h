/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of each try to reach a server: the history. */
#ifndef ALG_TRANSLATE_ATTEMPT_H
#define ALG_TRANSLATE_ATTEMPT_H

#include "alg/alg.h"
#include "alg/base/places.h"

/* Where in the history an attempt is; number 0: not there yet. */
struct attempt_place {
	uint32_t	 at;
	uint64_t	 number;
};

/*
 * A fixed number of attempts.  A hash of the inside end's address says which
 * few places it has, so that neither a client that tries again and again nor
 * somebody outside with many addresses can push out those of others.
 */
struct attempts {
	struct alg_attempt	*kept;		/* from index 1 on */
	struct places		 places;
	struct places_queue	 untold, dirty;
	uint64_t		 number;	/* the last one given */
};

int	attempt_init(struct alg *, uint32_t connections);
void	attempt_free(struct alg *);

/*
 * Puts into the history what is known so far of a connection without calls, or
 * of a call; what is known later takes the same place.  With a reason it is
 * over.  The admin is told of it (attempt_news), and it is recorded.
 */
void	attempt_note_connection(struct alg *, uint32_t connection,
	    enum reason);
void	attempt_note_call(struct alg *, uint32_t call, enum reason);

/* What is known now of a connection or call that lives. */
void	attempt_of_connection(const struct alg *, uint32_t connection,
	    struct alg_attempt *);
void	attempt_of_call(const struct alg *, uint32_t call,
	    const struct alg_call_info *, struct alg_attempt *);

/* As alg_attempts and alg_attempt_news. */
bool	attempt_next(const struct alg *, uint32_t *at, struct alg_attempt *);
bool	attempt_news(struct alg *, struct alg_attempt *);

/*
 * Those that are over are recorded: the next that was not, and the next of all
 * behind a place; 0: none.
 */
uint32_t attempt_next_dirty(struct alg *);
uint32_t attempt_next_over(const struct alg *, uint32_t at);
const struct alg_attempt *attempt_at(const struct alg *, uint32_t);

/* From a record. */
void	attempt_put(struct alg *, const struct alg_attempt *);

#endif
