/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the kernel's own pptp helper is at work: it would translate a second
 * time.
 */
#ifndef NAT_HOST_HELPER_H
#define NAT_HOST_HELPER_H

#include <stddef.h>

#include "nat/host/firewall.h"

/* By a rule, or for every connection: -1, and in error what to do. */
int	helper_check(const struct firewall *, char *error, size_t size);

#endif
