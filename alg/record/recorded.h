/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ALG_RECORD_RECORDED_H
#define ALG_RECORD_RECORDED_H

#include "alg/base/cursor.h"
#include "alg/translate/state.h"

/* What a record says, read and checked, before it is taken over. */

/* A control connection; bytes point into the record. */
struct recorded_connection {
	struct connection	 c;	/* streams without blocks */
	uint16_t		 refusal;
	uint64_t		 serial;	/* the last one so far */
	const uint8_t		*came[2], *goes[2];
	struct call		 refused[BRAIN_REFUSED_PER_CONNECTION];
	uint8_t			 nrefused;
};

struct recorded_call {
	struct alg_flow		 flow;
	struct call		 call;
};

/* A call ID at rest. */
struct recorded_rest {
	uint32_t		 public, peer;
	uint16_t		 id;
	uint64_t		 since;	/* ms */
};

/* A record's body, and what alg_restore has been told of time. */
struct recorded {
	struct cursor		 in;
	uint64_t		 now, epoch;
};

/* -1 when the brain could not have written it. */
int	recorded_connection(struct recorded *, struct recorded_connection *);
int	recorded_call(struct recorded *, struct recorded_call *);
int	recorded_rest(struct recorded *, struct recorded_rest *);
int	recorded_end(struct recorded *, struct alg_flow *);
int	recorded_serial(struct recorded *, uint64_t *);

#endif
