/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads along how calls negotiate PPP, where their GRE comes through the
 * queue.  It changes no packet.
 */
#ifndef NAT_NETFILTER_PPP_WATCH_H
#define NAT_NETFILTER_PPP_WATCH_H

#include <stddef.h>
#include <stdint.h>

#include "alg/alg.h"
#include "alg/ppp/negotiation.h"

struct ppp_watch;

struct ppp_watch	*ppp_watch_new(void);	/* NULL: out of memory */
void		 ppp_watch_free(struct ppp_watch *);

/* A GRE packet of a call, with IP header; allocates and searches nothing. */
void		 ppp_watch_read(struct ppp_watch *, uint64_t call,
		    enum alg_dir, uint8_t *packet, size_t len);

/*
 * Both ends of a call, by enum alg_dir; NULL: the beginning, LCP, was not read.
 */
const struct negotiation *ppp_watch_of(const struct ppp_watch *,
		    uint64_t call);

#endif
