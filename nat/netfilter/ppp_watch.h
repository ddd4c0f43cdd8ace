/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads along how calls negotiate PPP, in GRE that comes through the queue and
 * in frames that the tc programs have copied.  It changes no packet.
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

/*
 * The start of a PPP frame of a call, by the call's number; lost: some of
 * before are missing.  True when that makes another login of it, or a first
 * one.  Allocates and searches nothing.
 */
bool		 ppp_watch_frame(struct ppp_watch *, uint64_t call,
		    enum alg_dir, bool lost, const uint8_t *frame, size_t len,
		    struct alg_login *);

/* The same for a GRE packet of a call, with IP header. */
bool		 ppp_watch_packet(struct ppp_watch *, uint64_t call,
		    enum alg_dir, uint8_t *packet, size_t len,
		    struct alg_login *);

/*
 * Both ends of a call, by enum alg_dir; NULL: the beginning, LCP, was not
 * read, or something is missing.
 */
const struct negotiation *ppp_watch_of(const struct ppp_watch *,
		    uint64_t call);

#endif
