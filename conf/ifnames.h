/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of names of interfaces, in which NAME+ stands for any ending. */
#ifndef CONF_IFNAMES_H
#define CONF_IFNAMES_H

#include "conf/config.h"

/* Could this be an interface, or a pattern of interfaces? */
bool		 ifnames_is_valid(const char *);

/* Does an interface name match one of the list (iptables' + rule)? */
bool		 ifnames_match(const struct config_names *, const char *ifname);

/* The first of the names that shares an interface with this one, or NULL. */
const char	*ifnames_overlap(const struct config_names *, const char *name);

/*
 * By the device's flags (IFF_...): is it a VRF's?  Bonds are masters, too, but
 * have ARP (vrf_dev_init in drivers/net/vrf.c).
 */
bool		 ifnames_is_vrf(unsigned int flags);

/* Copies the name.  -1 with errno when there is no memory. */
int		 ifnames_add(struct config_names *, const char *name);
void		 ifnames_free(struct config_names *);

#endif
