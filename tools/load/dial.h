/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One process of the clients, and what others see of its calls. */
#ifndef TOOLS_LOAD_DIAL_H
#define TOOLS_LOAD_DIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/endpoint/ctrl_conn.h"
#include "tools/load/failure.h"
#include "tools/load/options.h"

struct ping_shared;

/* One call, in memory that all processes see; its process writes it. */
struct dial_call {
	struct ctrl_call ctrl;		/* call IDs, for others */
	uint32_t	 local;		/* address, host byte order */
	uint8_t		 state;
	bool		 came_up;
	struct failure	 failure;
	uint32_t	 latency;	/* µs from begun to the reply, or the
					   end of the login */
	uint64_t	 begun;		/* process_clock, µs: connect, or the
					   request on a connection in use */
};

/*
 * Sets up the control connections index, index + processes, ... and their
 * calls; then closes the descriptor ready, keeps the calls until stop reaches
 * its end, clears them if asked to.  With ping_shared they ping meanwhile.
 */
void	dial_run(const struct load_options *, struct dial_call *,
	    struct ping_shared *, uint32_t index, int ready, int stop);

#endif
