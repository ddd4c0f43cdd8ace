/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pair of firewalls: what passes here goes into a store, what passes at
 * the other one is taken from there, so that either can go on with all of it.
 * NULL stands for a firewall that is alone.
 */
#ifndef NAT_CLUSTER_CLUSTER_H
#define NAT_CLUSTER_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/alg.h"
#include "conf/config.h"

struct cluster;
struct interface;
struct loop;
struct publish_sessions;

/*
 * All is borrowed; applied drains alg_change after each record of the other
 * firewall; sessions is NULL where none can end here, interfaces where nothing
 * passes.  NULL with a sentence in error.
 */
struct cluster	*cluster_open(const struct config_cluster *, struct alg *,
		    const struct publish_sessions *, const struct interface *,
		    struct loop *, void (*applied)(void *arg), void *arg,
		    char *error, size_t size);
void		 cluster_close(struct cluster *);

/*
 * Takes what the store holds; waits some seconds for it at most.  Once, after
 * the journal, if there is one, has been read.
 */
void		 cluster_load(struct cluster *, uint64_t now);

/* A journal_reader, and the end of a batch: before its verdicts. */
void		 cluster_records(void *cluster, const uint8_t *records,
		    size_t len);
void		 cluster_commit(struct cluster *);

/*
 * Before what passes is looked at: when the addresses move, a reply may come
 * here to what the other firewall has seen a moment ago.  While something came
 * from there in the last seconds, reads all that it has written by now; waits
 * 50 ms to hear how much, and as long to have it.
 */
void		 cluster_catch_up(struct cluster *, uint64_t now);

/* To be called some times a second. */
void		 cluster_tick(struct cluster *, uint64_t now);

/*
 * Connection tracking does not know it: is it over, or is it just not here
 * (any more, or yet)?  It is here while its public address is.
 */
bool		 cluster_is_here(struct cluster *,
		    const struct alg_connection_info *, uint64_t now);

struct cluster_status {
	const struct config_cluster *config;
	const char	*store;		/* in use; "": none is known */
	const char	*sentinel;	/* that has told so; "": none */
	bool		 reached;	/* the store */
	bool		 loaded;	/* all of it was taken, and is news */
	bool		 complete;	/* and it has all of ours */
	bool		 active;	/* a public address of calls is here */
	char		 peer[64];	/* "": no other one is there */
	uint32_t	 theirs;	/* connections that pass at the other */
	uint32_t	 sessions;	/* that end there */
	uint64_t	 lag_records;	/* of it, not taken yet */
	uint64_t	 lag;		/* ms that the last change took */
	uint64_t	 changed;	/* ms, 0: never */
	uint64_t	 written, taken;	/* records */
	size_t		 unsent;	/* bytes */
};

/* False when there is no cluster. */
bool		 cluster_status(const struct cluster *, uint64_t now,
		    struct cluster_status *);

#endif
