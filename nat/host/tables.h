/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the kernel has tables of rules here, asked without a program. */
#ifndef NAT_HOST_TABLES_H
#define NAT_HOST_TABLES_H

#include <stdbool.h>

/* Of this network namespace; true, too, when it cannot be known. */
bool	tables_of_legacy(void);		/* iptables-legacy */
bool	tables_of_nft(void);		/* nftables, iptables-nft */

#endif
