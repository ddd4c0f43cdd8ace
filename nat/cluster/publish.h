/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes records of what passes here into the store: each by its name, so
 * that all of them together are what is known, and all in their order into a
 * stream of this firewall's own, for the other one to follow.
 */
#ifndef NAT_CLUSTER_PUBLISH_H
#define NAT_CLUSTER_PUBLISH_H

#include "alg/alg.h"
#include "conf/config.h"
#include "nat/cluster/store_conn.h"

/* The keys in the store, behind the name of the pair. */
#define PUBLISH_CONNECTIONS	":connections"	/* hash */
#define PUBLISH_CALLS		":calls"	/* hash */
#define PUBLISH_QUARANTINE	":quarantine"	/* by time */
#define PUBLISH_SESSIONS	":sessions"	/* hash */
#define PUBLISH_CHANGES		":changes:"	/* and a node: its stream */
#define PUBLISH_FIELD		"r"		/* its only one */
#define PUBLISH_NODES		":nodes"	/* hash: what each says */
#define PUBLISH_KEY_MAX		160

struct publish;

/*
 * Sessions that end here, and those of the other firewall that the store
 * knows of, as records (session_record.h).
 */
struct publish_sessions {
	/* A walk through ours, *at starts at 0; bytes, 0 at the end. */
	size_t		(*next)(void *arg, uint32_t *at, uint8_t *record);
	/* Before and after all that the store has; one of them, or news. */
	void		(*begin)(void *arg);
	void		(*end)(void *arg);
	void		(*take)(void *arg, const uint8_t *record, size_t len);
	/* How many there are. */
	uint32_t	(*ours)(void *arg);
	uint32_t	(*theirs)(void *arg);
	void		*arg;
};

/*
 * All is borrowed; node is the hash of our name, sessions may be NULL.  NULL:
 * out of memory.
 */
struct publish	*publish_new(struct alg *, const struct publish_sessions *,
		    const struct config_cluster *, uint64_t node,
		    struct store_conn *);
void		 publish_free(struct publish *);	/* NULL is fine */

/* From now on; first of all that is known and passes here. */
void		 publish_start(struct publish *);
void		 publish_stop(struct publish *);

/* A journal_reader. */
void		 publish_records(void *publish, const uint8_t *records,
		    size_t len);

/*
 * The end of a batch: sends what is left, and waits for it as the
 * configuration says.
 */
void		 publish_commit(struct publish *);

/* A slice of all that is known; and once a second, that we are there. */
void		 publish_tick(struct publish *, uint64_t now);

/* Takes a field out of a hash, which tells of what is over. */
void		 publish_forget(struct publish *, const char *hash,
		    const char *field, size_t len);

/*
 * Records since the start, of which some may not have come to the store: by
 * the gap, who follows knows that something is missing.
 */
uint64_t	 publish_count(const struct publish *);

/* Is all that is known in the store? */
bool		 publish_complete(const struct publish *);

/*
 * It has taken nothing for a while, or has lost all, and takes what is written
 * again: not before its own is read anew, as after follow_start.
 */
bool		 publish_missed(const struct publish *);

#endif
