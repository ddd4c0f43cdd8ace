/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sentences that say why a call did not come up, or was of no use. */
#ifndef TOOLS_REPLAY_VERDICT_CALL_H
#define TOOLS_REPLAY_VERDICT_CALL_H

#include "tools/replay/play.h"

void	verdict_call(const struct play *, struct findings *,
	    const struct ppp_trace *);

#endif
