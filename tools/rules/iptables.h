/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules for iptables: as text, applied, removed. */
#ifndef TOOLS_RULES_IPTABLES_H
#define TOOLS_RULES_IPTABLES_H

#include "conf/config.h"

/*
 * The rules as text for iptables-restore --noflush.  Applied and removed they
 * are with the variant of iptables (legacy or nft) that is in use here.
 * All return an exit status, and say on stderr what went wrong.
 */
int	iptables_print(const struct config *);
int	iptables_apply(const struct config *);
int	iptables_remove(const struct config *);		/* may be NULL */

#endif
