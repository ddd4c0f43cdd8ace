/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ALG_PPP_IPV6CP_H
#define ALG_PPP_IPV6CP_H

#include <stdint.h>

/* IPv6 on the link: interface identifiers (RFC 5072), most significant
 * byte first in the number; 0: not known. */
struct ppp;

struct ipv6cp {
	uint64_t	 local, remote;
};

void	 ipv6cp_init(struct ppp *);

#endif
