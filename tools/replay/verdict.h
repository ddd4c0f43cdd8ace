/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_REPLAY_VERDICT_H
#define TOOLS_REPLAY_VERDICT_H

#include "tools/replay/play.h"

/*
 * Sentences that say what in the capture explains a failure, in the order of
 * the connections and calls.  -1 when memory runs out.
 */
int	verdict_find(const struct play *, struct findings *);
void	verdict_free(struct findings *);

/* One more, with its text still empty; NULL when memory runs out. */
struct finding *verdict_add(struct findings *, const char *name,
	    bool failure, uint32_t conn, uint64_t call);

/* The parts: about one connection, about one call. */
void	verdict_conn(const struct play *, struct findings *, uint32_t);
void	verdict_call(const struct play *, struct findings *,
	    const struct ppp_trace *);

#endif
