/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_NETFILTER_VERDICT_H
#define NAT_NETFILTER_VERDICT_H

#include "alg/alg.h"
#include "conf/config.h"
#include "nat/netfilter/queue.h"

struct conntrack;
struct control;
struct engine;
struct inject;
struct interface;
struct journal;
struct notice;
struct endpoint;

/*
 * Between the queues and the brain: shows it each packet, does what it asks
 * for, and turns what it says into a verdict.  All pointers are borrowed;
 * control and journal may be NULL.
 */
struct verdict {
	struct alg		*alg;
	struct conntrack	*conntrack;
	struct control		*control;
	struct engine		*engine;
	struct inject		*inject;
	struct interface	*interface;
	struct journal		*journal;
	struct notice		*notice;
	struct endpoint	*terminator;	/* or NULL */
	uint32_t		 mark;
	struct alg_result	 result;	/* of the packet at hand */
};

/* Two queue_judge callbacks; arg is the struct verdict. */
void	verdict_control(void *arg, struct queue_packet *);
void	verdict_gre(void *arg, struct queue_packet *);

/*
 * Opens the journal at path (empty: none), brings back what the last daemon
 * knew, as far as it is still so, and starts the engine with that.  -1 with a
 * sentence in error.
 */
int	verdict_remember(struct verdict *, const char *path, char *error,
	    size_t size);

/* A queue_settle callback: what was changed is written down. */
void	verdict_settle(void *arg);

/* Tells the log and the control socket what has changed in the brain. */
void	verdict_changes(struct verdict *, uint64_t now);

/*
 * Resets both ends of a control connection and makes conntrack forget it.
 * The brain has ended it, or does so now when it was alive.
 */
void	verdict_reset(struct verdict *, const struct alg_flow *, enum reason,
	    uint64_t now);

#endif
