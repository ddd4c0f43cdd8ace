/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LCP: the link's own options, echoes and rejects (RFC 1661, RFC 1570). */
#ifndef ALG_PPP_LCP_H
#define ALG_PPP_LCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ppp;

struct lcp {
	uint64_t	 silent;	/* since the last frame or echo */
	uint32_t	 magic;		/* our Magic-Number; 0: none */
	uint16_t	 mru;		/* ours */
	uint16_t	 peer_mru;
	bool		 send_pfc, send_acfc;	/* the peer accepts these */
	uint8_t		 ask;		/* enum ppp_method, 0: the peer need
					   not log in */
	uint8_t		 refused;	/* methods that it does not want */
	uint8_t		 answer;	/* how we have to log in; 0: no */
	bool		 demanded;	/* by a method that we do not allow */
	bool		 heard;		/* some frame came from the peer */
	uint8_t		 loops;		/* how often our magic came back */
	uint8_t		 echoes;	/* sent since the peer was heard */
	uint8_t		 id;		/* of echoes and rejects */
};
#define LCP_MRU_DEFAULT	1500
#define LCP_MRU_MIN	128

/* Before the first negotiation. */
void	 lcp_init(struct ppp *);

/* A frame came from the peer: no echo is needed for a while. */
void	 lcp_heard(struct ppp *);

/* Sends a Protocol-Reject of a frame, from its information field on. */
void	 lcp_reject(struct ppp *, uint16_t protocol, const uint8_t *, size_t);

/* Echo-Requests when the peer is silent; the time of the next, 0: never. */
void	 lcp_tick(struct ppp *);
uint64_t lcp_due(const struct ppp *);

#endif
