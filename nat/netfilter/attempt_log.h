/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells the admin, by log and event, which attempts to reach a server fail
 * and why, and counts them.
 */
#ifndef NAT_NETFILTER_ATTEMPT_LOG_H
#define NAT_NETFILTER_ATTEMPT_LOG_H

#include <stdint.h>

#include "alg/alg.h"
#include "alg/explain/explain.h"

struct attempt_log;
struct control;
struct ppp_watch;

/* NULL: out of memory.  What is read of PPP is borrowed. */
struct attempt_log	*attempt_log_new(const struct ppp_watch *);
void		 attempt_log_free(struct attempt_log *);

/* Tells what is new in the translator's history; control may be NULL. */
void		 attempt_log_news(struct attempt_log *, struct alg *,
		    struct control *, uint64_t now);

/* What there is to say of an attempt now. */
void		 attempt_log_explain(const struct attempt_log *,
		    const struct alg_attempt *, uint64_t now,
		    struct explanations *);

/* How many failed for each reason. */
const uint64_t	*attempt_log_failed(const struct attempt_log *);

#endif
