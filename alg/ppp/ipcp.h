/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPCP (RFC 1332): IPv4 on the link, its addresses and name servers (RFC 1877).
 */
#ifndef ALG_PPP_IPCP_H
#define ALG_PPP_IPCP_H

#include <stdint.h>

struct ppp;

enum ipcp_server {
	IPCP_DNS1, IPCP_NBNS1, IPCP_DNS2, IPCP_NBNS2, IPCP_SERVERS
};

/* Addresses are in host byte order, 0: not known. */
struct ipcp {
	uint32_t	 local, remote;
	uint32_t	 server[IPCP_SERVERS];	/* that the peer told us */
};

/* Before a negotiation. */
void	 ipcp_init(struct ppp *);

#endif
