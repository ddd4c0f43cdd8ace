/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes over what the store holds: all of it at first, and then each change
 * that the other firewall writes, as it comes.
 */
#ifndef NAT_CLUSTER_FOLLOW_H
#define NAT_CLUSTER_FOLLOW_H

#include "alg/alg.h"
#include "alg/record/restore.h"
#include "conf/config.h"
#include "nat/cluster/store_conn.h"

struct follow;
struct publish;
struct publish_sessions;

struct follow_host {
	struct alg	*alg;
	const struct config_cluster *config;
	uint64_t	 node;			/* the hash of our name */
	struct store_conn *conn;
	struct publish	*publish;
	const struct publish_sessions *sessions;	/* or NULL */
	/* As in struct restore_peer. */
	bool		(*keeps)(void *arg, const struct alg_connection_info *);
	void		(*applied)(void *arg);	/* drains alg_change */
	void		(*loaded)(void *arg);	/* all of it is there */
	/* What PUBLISH_NODES holds: notes it, and calls follow_peer. */
	void		(*nodes)(void *arg, const redisReply *);
	void		*arg;
};

struct follow	*follow_new(const struct follow_host *);
void		 follow_free(struct follow *);	/* NULL is fine */

/*
 * From now on.  With fresh, what we ourselves wrote before counts, too;
 * without, we know better, and it is taken out of the store.
 */
void		 follow_start(struct follow *, bool fresh);
void		 follow_stop(struct follow *);

/* Once more, soon. */
void		 follow_again(struct follow *);

/*
 * Whose changes are to be followed, of which version its records are, and
 * whether all that it knows is in the store.
 */
void		 follow_peer(struct follow *, const char *node,
		    unsigned int version, bool whole);

/* For store_conn_wait: all of it has been taken over. */
const bool	*follow_done(const struct follow *);

/* Has the other one written something in the last seconds? */
bool		 follow_lately(const struct follow *, uint64_t now);

#define FOLLOW_ENTRY_MAX	48	/* of a stream's entry, its name */

/* Reads its stream up to an entry, for ms at most: is it there? */
bool		 follow_until(struct follow *, const char *entry, uint64_t ms);

struct follow_status {
	uint64_t	 records;	/* that were taken */
	uint64_t	 changed;	/* ms: the last one; 0: none yet */
	uint64_t	 delay;		/* ms from its writer to us */
	uint64_t	 node, count;	/* who wrote it, and its number */
};

void		 follow_status(const struct follow *, struct follow_status *);

#endif
