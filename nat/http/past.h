/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last hour in a ring of samples, for plots. */
#ifndef NAT_HTTP_PAST_H
#define NAT_HTTP_PAST_H

#include <stdbool.h>
#include <stdint.h>

#include "nat/control/control.h"
#include "nat/control/json_line.h"

#define PAST_EVERY	10000	/* ms from a sample to the next */
#define PAST_SAMPLES	361	/* an hour has its end, too */

/* What was so far, then; totals where there is no other word. */
struct past_sample {
	uint64_t	 time;		/* ms; 0: none yet */
	uint64_t	 calls, connections;		/* at that time */
	uint64_t	 packets[2], bytes[2];		/* in, out */
	uint64_t	 failed, lost;
};

struct past {
	struct past_sample	 ring[PAST_SAMPLES];
	unsigned		 next;
};

/* Takes a sample, if it is time for one. */
void	past_tick(struct past *, const struct control_host *, uint64_t now);

/*
 * The next sample in order as a line of JSON; *at starts at 0; false at the
 * end.  The line is empty for one that is not there yet.
 */
bool	past_step(const struct past *, uint32_t *at, uint64_t epoch,
	    struct json_line *);

#endif
