/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sentences that say what in a capture explains a failure. */
#ifndef TOOLS_REPLAY_VERDICT_H
#define TOOLS_REPLAY_VERDICT_H

#include "tools/replay/play.h"

/* In the order of the connections and calls; -1 when memory runs out. */
int	verdict_find(const struct play *, struct findings *);
void	verdict_free(struct findings *);

#endif
