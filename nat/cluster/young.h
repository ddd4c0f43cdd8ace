/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections that were opened a moment ago, and of which no call has been up.
 * Most of them have one very soon, and change several times until then.
 */
#ifndef NAT_CLUSTER_YOUNG_H
#define NAT_CLUSTER_YOUNG_H

#include <stdbool.h>
#include <stdint.h>

#include "alg/alg.h"

#define YOUNG_AGE	1000	/* ms */

struct young;

struct young	*young_new(void);		/* NULL: out of memory */
void		 young_free(struct young *);	/* NULL is fine */

/*
 * Is it one of them?  Then young_tick comes back to it, unless this says no
 * before.  No, too, when there are too many.
 */
bool		 young_is(struct young *, const struct alg_connection_info *,
		    uint64_t now);

/* To be called some times a second: what is older now is recorded again. */
void		 young_tick(struct young *, struct alg *, uint64_t now);

#endif
