/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_REPORT_H
#define NAT_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "alg/alg.h"

/*
 * Tells the admin, in one line each, what happens to calls and why packets
 * do not pass.  Every reason has a budget of lines, so that nobody can fill
 * the log; what went over it is counted in the next line.
 */
struct report;

struct report	*report_new(void);		/* NULL: out of memory */
void		 report_free(struct report *);

/* Something happened to a call. */
void		 report_change(struct report *, const struct alg_change *,
		    uint64_t now);

/*
 * What was done with a packet ("dropped", "passed") and why; its addresses
 * are read from it.
 */
void		 report_packet(struct report *, const char *done, enum reason,
		    const uint8_t *packet, size_t len, uint64_t now);

/* The same without a packet: packets were lost before they were read. */
void		 report_loss(struct report *, uint16_t queue, uint64_t lost,
		    uint64_t now);

#endif
