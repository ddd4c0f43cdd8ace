/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPV6CP (RFC 5072): IPv6 on the link, and its interface identifiers. */
#ifndef ALG_PPP_IPV6CP_H
#define ALG_PPP_IPV6CP_H

#include <stdint.h>

struct ppp;

/* Most significant byte first in the number; 0: not known. */
struct ipv6cp {
	uint64_t	 local, remote;
};

/* Before a negotiation; makes a new identifier. */
void	 ipv6cp_init(struct ppp *);

#endif
