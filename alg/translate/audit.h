/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who still uses PPTP: a count of calls by client, server, user, protection. */
#ifndef ALG_TRANSLATE_AUDIT_H
#define ALG_TRANSLATE_AUDIT_H

#include "alg/alg.h"
#include "alg/base/places.h"

/*
 * A fixed number of rows.  A hash of the client's address says which few it
 * may have, so that nobody can push out the rows of others with many names.
 */
struct audits {
	struct alg_audit	*rows;		/* from index 1 on */
	struct places		 places;
	struct places_queue	 dirty;		/* to be recorded */
};

int	audit_init(struct alg *, uint32_t connections);
void	audit_free(struct alg *);

/* One more of these: all but calls, times and addresses. */
void	audit_count(struct alg *, const struct alg_audit *);

/* One call more, of who is logged in; NULL: that was not read. */
void	audit_count_call(struct alg *, uint32_t call,
	    const struct alg_login *);

/* As alg_audit. */
bool	audit_next(const struct alg *, uint32_t *at, struct alg_audit *);

/* The next row to be recorded, or 0. */
uint32_t audit_next_dirty(struct alg *);
const struct alg_audit *audit_at(const struct alg *, uint32_t);

/* From a record: it replaces what an older one said of the same. */
void	audit_put(struct alg *, const struct alg_audit *);

#endif
