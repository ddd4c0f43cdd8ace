/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rate with bursts, kept in one number. */
#ifndef ALG_BASE_RATE_H
#define ALG_BASE_RATE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Takes n of what comes back one each interval, up to burst at once (the
 * virtual scheduling algorithm of ITU-T I.371); n <= burst.  *next starts as 0;
 * times in ms.  false when there are not so many: then nothing has changed.
 */
static inline bool
rate_take(uint64_t *next, uint64_t now, uint32_t interval, uint32_t burst,
    uint32_t n)
{
	uint64_t due = *next > now ? *next : now;

	if (due - now > (uint64_t)interval * (burst - n))
		return false;
	*next = due + (uint64_t)interval * n;
	return true;
}

#endif
