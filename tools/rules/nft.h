/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules for nftables: as text, applied, removed. */
#ifndef TOOLS_RULES_NFT_H
#define TOOLS_RULES_NFT_H

#include "conf/config.h"

/*
 * The rules as a script for nft -f, in a table of their own that the script
 * replaces as a whole.  All return an exit status.
 */
int	nft_print(const struct config *);
int	nft_apply(const struct config *);
int	nft_remove(const struct config *);		/* may be NULL */

#endif
