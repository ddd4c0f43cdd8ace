/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection to the store (Redis, Valkey), or to a sentinel of it, that comes
 * back by itself and never makes the daemon wait unless it is asked to.
 */
#ifndef NAT_CLUSTER_STORE_CONN_H
#define NAT_CLUSTER_STORE_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hiredis/hiredis.h>
#include <hiredis/async.h>

struct loop;
struct store_conn;

struct store_conn_kind {
	const char	*what, *loss;	/* in the log: it, and its being away */
	uint64_t	 silent;	/* ms without any reply */
	uint64_t	 retry;		/* ms between two attempts */
	size_t		 reply_max;	/* bytes of one that is not whole */
	bool		 open;		/* it may have no password */
	bool		 master;	/* no copy of another one will do */
};

/* It is there; or lost, with all replies that have not come, or never was. */
typedef void (*store_conn_changed)(void *arg, bool up);

/*
 * where is unix:/PATH or ADDRESS:PORT, or "" while there is none; password may
 * be NULL.  All is borrowed.  NULL: out of memory.
 */
struct store_conn	*store_conn_new(struct loop *,
			    const struct store_conn_kind *, const char *where,
			    const char *password, store_conn_changed,
			    void *arg);
void			 store_conn_free(struct store_conn *);	/* NULL: fine */

/* To be called some times a second: connects, and gives up what hangs. */
void			 store_conn_tick(struct store_conn *, uint64_t now);

bool			 store_conn_is_up(const struct store_conn *);
const char		*store_conn_where(const struct store_conn *);

/*
 * Sends one command; its reply is told once, NULL when the connection is lost.
 * False when it is down, or when so much waits that the store is too slow: it
 * is given up then.
 */
bool			 store_conn_send(struct store_conn *,
			    redisCallbackFn *, void *arg, int argc,
			    const char *const *argv, const size_t *lens);

#define STORE_CONN_WORDS	12

/* The same, of so many words that are text. */
bool			 store_conn_ask(struct store_conn *, redisCallbackFn *,
			    void *arg, const char *const *words, int n);

/* To be told of each reply: the store works. */
void			 store_conn_heard(struct store_conn *);

/* Gives it up for now, and says why; NULL: all is well. */
void			 store_conn_drop(struct store_conn *, const char *why);

/* What is at where now is another: what is wrong with it is told anew. */
void			 store_conn_moved(struct store_conn *);

/* True when an error says that it is no master (any more): it is given up. */
bool			 store_conn_demoted(struct store_conn *,
			    const char *error);

/* Writes at once what has been sent, as far as the kernel takes it. */
void			 store_conn_flush(struct store_conn *);

/* Reads and writes until *done (NULL: it is up), or lost, or ms are over. */
void			 store_conn_wait(struct store_conn *,
			    const bool *done, uint64_t ms);

/* Bytes that the kernel has not taken yet. */
size_t			 store_conn_unsent(const struct store_conn *);

#endif
