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
	    bool failure, uint32_t session, uint64_t call);

/* The parts: about one connection, about one call. */
void	verdict_session(const struct play *, struct findings *, uint32_t);
void	verdict_tunnel(const struct play *, struct findings *,
	    const struct ctrl_conn *);

#endif
