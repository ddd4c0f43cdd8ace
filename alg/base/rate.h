/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rate with bursts, kept in one number. */
#ifndef ALG_BASE_RATE_H
#define ALG_BASE_RATE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Takes one of what comes back each interval, up to burst at once (the virtual
 * scheduling algorithm of ITU-T I.371).  *next starts as 0; times in ms.  false
 * when there is none left: then nothing has changed.
 */
static inline bool
rate_take(uint64_t *next, uint64_t now, uint32_t interval, uint32_t burst)
{
	uint64_t due = *next > now ? *next : now;

	if (due - now > (uint64_t)interval * (burst - 1))
		return false;
	*next = due + interval;
	return true;
}

#endif
