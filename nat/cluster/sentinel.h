/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks the sentinels of a store, one after the other, which server is the
 * master of them all now.  NULL stands for a store that has none.
 */
#ifndef NAT_CLUSTER_SENTINEL_H
#define NAT_CLUSTER_SENTINEL_H

#include <stdbool.h>
#include <stdint.h>

#include "alg/alg.h"
#include "conf/config.h"

struct loop;
struct sentinel;

/*
 * All is borrowed, password may be NULL.  What is no answer is counted and
 * logged.  NULL: out of memory.
 */
struct sentinel	*sentinel_new(struct loop *, const struct config_cluster *,
		    const char *password, struct alg *);
void		 sentinel_free(struct sentinel *);

/* To be called some times a second: asks, until one has told. */
void		 sentinel_tick(struct sentinel *, uint64_t now);

/* Asks until one has told, each once at most. */
void		 sentinel_wait(struct sentinel *);

/* What was told: ADDRESS:PORT, "" when nothing yet; and who has said so. */
const char	*sentinel_master(const struct sentinel *);
const char	*sentinel_who(const struct sentinel *);

/* The master is lost, or was none (served is false): the next one is asked. */
void		 sentinel_forget(struct sentinel *, bool served);

#endif
