/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRE on all calls that are up, to see that each gets its own back. */
#ifndef TOOLS_LOAD_TRAFFIC_H
#define TOOLS_LOAD_TRAFFIC_H

#include "tools/load/dial.h"
#include "tools/load/flow.h"
#include "tools/load/options.h"

struct loop;
struct traffic;

/*
 * Sends GRE on all calls that are up, in turn, at the rate that the options
 * say, and checks that it comes back on the same call.  Ends the program with
 * a message when there is no raw socket.
 */
struct traffic	*traffic_start(struct loop *, const struct load_options *,
		    const struct dial_call *);

/* What there is so far. */
void		 traffic_look(const struct traffic *, struct flow_counts *);

/* Sends no more; still receives. */
void		 traffic_pause(struct traffic *);

/* Fills in the counts and frees everything. */
void		 traffic_end(struct traffic *, struct flow_counts *);

#endif
