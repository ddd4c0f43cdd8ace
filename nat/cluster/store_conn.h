/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection to the store (Redis, Valkey) that comes back by itself and
 * never makes the daemon wait unless it is asked to.
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

/* It is there, or lost with all replies that have not come. */
typedef void (*store_conn_changed)(void *arg, bool up);

/*
 * where is unix:/PATH or ADDRESS:PORT, password may be NULL; both are
 * borrowed.  NULL: out of memory.
 */
struct store_conn	*store_conn_new(struct loop *, const char *where,
			    const char *password, store_conn_changed,
			    void *arg);
void			 store_conn_free(struct store_conn *);	/* NULL: fine */

/* To be called some times a second: connects, and gives up what hangs. */
void			 store_conn_tick(struct store_conn *, uint64_t now);

bool			 store_conn_is_up(const struct store_conn *);

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

/* Gives it up for now, and says why. */
void			 store_conn_drop(struct store_conn *, const char *why);

/* Writes at once what has been sent, as far as the kernel takes it. */
void			 store_conn_flush(struct store_conn *);

/* Reads and writes until *done (NULL: it is up), or lost, or ms are over. */
void			 store_conn_wait(struct store_conn *,
			    const bool *done, uint64_t ms);

/* Bytes that the kernel has not taken yet. */
size_t			 store_conn_unsent(const struct store_conn *);

#endif
