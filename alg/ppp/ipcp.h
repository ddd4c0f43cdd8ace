/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPCP (RFC 1332): IPv4 on the link, its addresses and name servers (RFC 1877).
 */
#ifndef ALG_PPP_IPCP_H
#define ALG_PPP_IPCP_H

#include <stdbool.h>
#include <stdint.h>

struct ppp;

enum ipcp_server {
	IPCP_DNS1, IPCP_NBNS1, IPCP_DNS2, IPCP_NBNS2, IPCP_SERVERS
};

/* Addresses are in host byte order, 0: not known. */
struct ipcp {
	uint32_t	 local, remote;
	bool		 named;		/* remote, by the peer itself */
	bool		 unheard;	/* the peer rejects to hear local */
	bool		 remote_contested;	/* it wants another one */
	bool		 local_contested;	/* ... for us */
	uint32_t	 server[IPCP_SERVERS];	/* that the peer told us */
};

/* Before a negotiation. */
void	 ipcp_init(struct ppp *);

/* Under way, and the two ends want different addresses. */
bool	 ipcp_is_contested(const struct ppp *);

/* Whether each end has told its address, and the other one has agreed. */
bool	 ipcp_is_confirmed(const struct ppp *);

#endif
