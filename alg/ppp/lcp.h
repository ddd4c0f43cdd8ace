/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ALG_PPP_LCP_H
#define ALG_PPP_LCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The link itself: options and echoes (RFC 1661 sections 5, 6; RFC 1570). */
struct ppp;

struct lcp {
	uint64_t	 silent;	/* since a frame came or an echo went */
	uint32_t	 magic;		/* ours; of the peer: not needed */
	uint16_t	 mru;		/* ours */
	uint16_t	 peer_mru;
	bool		 send_pfc, send_acfc;	/* the peer takes it so */
	uint8_t		 ask;		/* enum ppp_method, 0: the peer need
					   not log in */
	uint8_t		 refused;	/* methods that it does not want */
	uint8_t		 answer;	/* how we have to log in; 0: no */
	bool		 demanded;	/* ... it is not how we do that */
	uint8_t		 loops;		/* our magic came back so often */
	uint8_t		 echoes;	/* sent since the peer was heard */
	uint8_t		 id;		/* of echoes and rejects */
};
#define LCP_MRU_DEFAULT	1500
#define LCP_MRU_MIN	128

void	 lcp_init(struct ppp *);

/* Something came from the peer. */
void	 lcp_heard(struct ppp *);

/* Sends a Protocol-Reject of a frame, from its information field on. */
void	 lcp_reject(struct ppp *, uint16_t protocol, const uint8_t *, size_t);

/* Echoes when the peer is silent. */
void	 lcp_tick(struct ppp *);
uint64_t lcp_due(const struct ppp *);	/* 0: never */

#endif
