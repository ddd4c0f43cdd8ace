/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A token bucket for lines of the log. */
#ifndef NAT_BASE_RATELIMIT_H
#define NAT_BASE_RATELIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* All zero is a full budget. */
struct ratelimit {
	uint32_t	 used;
	uint32_t	 suppressed;
	uint64_t	 refilled;	/* ms */
};

/*
 * Is there room for a line: so many at once, and another one each refill ms?
 * *suppressed: how many had none before it.
 */
bool	ratelimit_take(struct ratelimit *, uint32_t burst, uint32_t refill,
	    uint64_t now, uint32_t *suppressed);

#endif
