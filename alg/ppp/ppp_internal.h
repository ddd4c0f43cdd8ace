/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of a PPP link need of ppp.c and frame.c, and no caller.  One
 * public function of ppp.h is at work at a time; p->now is its time.
 */
#ifndef ALG_PPP_PPP_INTERNAL_H
#define ALG_PPP_PPP_INTERNAL_H

#include "alg/ppp/dissect.h"
#include "alg/ppp/explain.h"
#include "alg/ppp/frame.h"
#include "alg/ppp/ppp.h"

/* frame.c: bytes of a control packet after code, identifier and length. */
#define PPP_CONTROL_MAX	1496

/* Sends one; what exceeds the peer's MRU is cut off. */
void	 frame_send_control(struct ppp *, uint16_t protocol, uint8_t code,
	    uint8_t id, const uint8_t *data, size_t len);

/* Counts a frame that is dropped. */
void	 frame_drop(struct ppp *, enum ppp_drop);

/*
 * ppp.c: the link has to end, for this reason if it has none yet.  It is done
 * when the public function returns, so that the caller goes on.
 */
void	 ppp_end_link(struct ppp *, enum ppp_reason);

void	 ppp_emit_event(struct ppp *, const struct ppp_event *);
uint32_t ppp_random(struct ppp *);	/* never 0 */

/* The name that we log in with. */
const char *ppp_own_name(const struct ppp_config *);

/* Changes of phase: what has come up, gone down, or been decided. */
void	 ppp_lcp_up(struct ppp *);
void	 ppp_lcp_down(struct ppp *);
void	 ppp_lcp_finished(struct ppp *);
void	 ppp_authenticated(struct ppp *);
void	 ppp_ccp_done(struct ppp *);
void	 ppp_network_changed(struct ppp *);
void	 ppp_protocol_rejected(struct ppp *, uint16_t protocol);

/* Asks the caller for what the link may have, unless it did before. */
enum ppp_reason ppp_obtain_grant(struct ppp *, const struct ppp_login *);

/* Timers; 0 is one that is stopped.  The earlier of two; whether one is due. */
uint64_t ppp_earlier(uint64_t, uint64_t);
bool	 ppp_expired(const struct ppp *, uint64_t timer);

#endif
