/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells the admin, in one line each, what happens to calls and why packets
 * do not pass.  Every reason has a budget of lines, so that nobody can fill
 * the log; what went over it is counted in the next line.
 */
#ifndef NAT_NETFILTER_CALL_LOG_H
#define NAT_NETFILTER_CALL_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "alg/alg.h"

struct call_log;

struct call_log	*call_log_new(void);		/* NULL: out of memory */
void		 call_log_free(struct call_log *);

/* Something happened to a call. */
void		 call_log_change(struct call_log *, const struct alg_change *,
		    uint64_t now);

/* PPP is up in a call; what it lacks, or REASON_NONE. */
void		 call_log_login(struct call_log *, const struct alg_call_info *,
		    const struct alg_login *, enum reason lack, uint64_t now);

/* Something is wrong with a call, and it goes on. */
void		 call_log_call(struct call_log *, enum reason,
		    const struct alg_call_info *, uint64_t now);

/*
 * What was done with a packet ("dropped", "passed") and why; its addresses
 * are read from it.
 */
void call_log_packet(struct call_log *, const char *done, enum reason,
    const uint8_t *packet, size_t len, uint64_t now);

/*
 * The same of a control segment of which only the connection is known; and
 * why, most likely, where conntrack has no entry for it or hides it from us (or
 * NULL).
 */
void		 call_log_segment(struct call_log *, const char *done,
		    enum reason, const struct alg_flow *, const char *why,
		    uint64_t now);

/* The same without a packet: packets were lost before they were read. */
void		 call_log_loss(struct call_log *, uint16_t queue, uint64_t lost,
		    uint64_t now);

#endif
