/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ALG_PPP_PPP_INTERNAL_H
#define ALG_PPP_PPP_INTERNAL_H

#include "alg/ppp/data.h"
#include "alg/ppp/dissect.h"
#include "alg/ppp/ppp.h"

/*
 * What the parts of a link do for one another.  One public function of
 * ppp.h is at work at a time; p->now is its time.
 */

/* What a negotiation packet may hold after its four bytes of header. */
#define PART_DATA_MAX	1496

/* Sends one; data beyond what the peer takes is cut off. */
void	 part_send(struct ppp *, uint16_t protocol, uint8_t code, uint8_t id,
	    const uint8_t *data, size_t len);

/*
 * The link has to end, for this reason if it has none yet.  It is done after
 * all else: the one who calls goes on.
 */
void	 part_end(struct ppp *, enum ppp_reason);

void	 part_drop(struct ppp *, enum ppp_drop);
void	 part_event(struct ppp *, const struct ppp_event *);
uint32_t part_random(struct ppp *);	/* never 0 */

/* Whom we log in as. */
const char *part_user(const struct ppp_config *);

/* What becomes of the link. */
void	 part_lcp_up(struct ppp *);
void	 part_lcp_down(struct ppp *);
void	 part_lcp_finished(struct ppp *);
void	 part_authenticated(struct ppp *);
void	 part_ccp_settled(struct ppp *);
void	 part_network_changed(struct ppp *);
void	 part_rejected(struct ppp *, uint16_t protocol);

/* Asks the caller for addresses, unless it was asked before. */
enum ppp_reason part_grant(struct ppp *, const struct ppp_login *);

/* Earliest of two timers of which 0 does not run. */
static inline uint64_t
part_sooner(uint64_t a, uint64_t b)
{
	return a != 0 && (b == 0 || a < b) ? a : b;
}

static inline bool
part_due(const struct ppp *p, uint64_t timer)
{
	return timer != 0 && p->now >= timer;
}

#endif
