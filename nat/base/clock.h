/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon's clock, which is the translator's, too. */
#ifndef NAT_BASE_CLOCK_H
#define NAT_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds, never set back. */
static inline uint64_t
clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* What to add to our clock, which says now, for milliseconds since 1970. */
static inline uint64_t
clock_epoch(uint64_t now)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000 -
	    now;
}

#endif
