/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The firewall rules that are loaded, as far as they matter to the daemon. */
#ifndef NAT_HOST_FIREWALL_H
#define NAT_HOST_FIREWALL_H

#include <stdbool.h>

#include "conf/config.h"

enum firewall_variant {
	FIREWALL_LEGACY, FIREWALL_IPTABLES_NFT, FIREWALL_NFTABLES,
	FIREWALL_VARIANTS
};

#define FIREWALL_RULE	200

/* Rules are quoted as their program lists them, cut; "": there is none. */
struct firewall {
	bool	 listed;	/* the kernel or one program could tell */
	/* By variant: rules of ours are there; they name the queue. */
	bool	 ours[FIREWALL_VARIANTS], queued[FIREWALL_VARIANTS];
	bool	 named[32];	/* by the places in outside = {} */
	char	 before[FIREWALL_RULE];	/* ours in mangle FORWARD */
	char	 marks[FIREWALL_RULE];	/* sets our bit of the mark */
	char	 zone[FIREWALL_RULE];	/* zones of connection tracking */
	bool	 translates;	/* the source of something */
	char	 helper[FIREWALL_RULE];	/* gives PPTP to the kernel's own */
	const char *helper_way_out;	/* what removes it */
};

/* Asks iptables-save and nft; takes as long as they do. */
void	firewall_read(const struct config *, struct firewall *);

/* "iptables-legacy", ... of the rules that hand over our queue, or NULL. */
const char	*firewall_name(const struct firewall *);

#endif
