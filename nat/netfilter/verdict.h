/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the queues and the translator: has each packet translated, carries
 * out the changes that this brings, and turns the result into a verdict.
 */
#ifndef NAT_NETFILTER_VERDICT_H
#define NAT_NETFILTER_VERDICT_H

#include "alg/alg.h"
#include "conf/config.h"
#include "nat/netfilter/conntrack.h"
#include "nat/netfilter/queue.h"
#include "nat/netfilter/reroute.h"

struct cluster;
struct control;
struct endpoint;
struct engine;
struct raw_socket;
struct interface;
struct journal;
struct call_log;
struct attempt_log;
struct ppp_watch;

/*
 * All pointers are borrowed; cluster, control, journal and endpoint may be
 * NULL.
 */
struct verdict {
	struct alg		*alg;
	struct conntrack	*conntrack;
	struct control		*control;
	struct endpoint		*endpoint;
	struct engine		*engine;
	struct queue		*replies;	/* of control connections */
	struct queue		*hairpin;	/* bound when it is needed */
	struct raw_socket	*raw_socket;
	struct interface	*interface;
	struct journal		*journal;
	struct cluster		*cluster;
	struct call_log		*call_log;
	struct attempt_log	*attempt_log;
	struct ppp_watch	*ppp_watch;
	struct config_require	 require;
	uint32_t		 mark;
	/* Of the packet at hand. */
	struct conntrack_seen	 seen;
	struct alg_origin	 origin;
	uint8_t			 came[REROUTE_QUOTE];	/* its start */
	struct alg_result	 result;
};

/* Three queue_process callbacks; arg is the struct verdict. */
void	verdict_control(void *arg, struct queue_packet *);
void	verdict_gre(void *arg, struct queue_packet *);
void	verdict_hairpin(void *arg, struct queue_packet *);

/*
 * A batch of GRE is at hand, and a reply that makes it that of a call may still
 * be in the other queue, though it came before: replies are read first.  For
 * queue_before_batch.
 */
void	verdict_replies_first(void *arg);

/* Tells the engine alone: of calls that another firewall tells of. */
void	verdict_followed(void *arg);

/*
 * From now on GRE between inside ends is queued: one of them knows the other
 * by an address of ours.
 */
void	verdict_bind_hairpin(struct verdict *);

/*
 * Before the verdicts of a batch are sent: what they change is written into
 * the journal, and told to the cluster.  For queue_before_verdicts.
 */
void	verdict_save(void *arg);

/*
 * Tells the engine, the log and the control socket what has changed in the
 * translator.
 */
void	verdict_changes(struct verdict *, uint64_t now);

/*
 * Resets both ends of a control connection and makes conntrack forget it.
 * The translator has ended it, or does so now when it was alive.
 */
void	verdict_reset(struct verdict *, const struct alg_flow *, enum reason,
	    uint64_t now);

/* Ends a connection that conntrack lost, so that both ends know. */
void	verdict_lost(void *arg, const struct alg_flow *, enum reason,
	    uint64_t now);

#endif
