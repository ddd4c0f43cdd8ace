/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks for what would keep the daemon from working, before it starts. */
#ifndef NAT_PREFLIGHT_H
#define NAT_PREFLIGHT_H

#include <stddef.h>

#include "conf/config.h"

struct firewall;

/*
 * No privilege, a kernel that refuses to change packets here, the kernel's own
 * pptp helper on the same traffic (the last two with the ALG and the rules
 * that were read; NULL: without).  0, or -1 with a sentence in error that says
 * what is wrong and what to do.
 */
int	preflight_all(const struct firewall *, char *error, size_t size);

/*
 * Reads the secrets that the daemon will read, as the user that it will be and
 * with no more rights than it will have: root's are given up for good.  Logs
 * what is wrong with them; -1 when a section could not work.
 */
int	preflight_secrets(const struct config *);

#endif
