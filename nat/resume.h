/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Brings back the calls of before, and opens the journal that has them. */
#ifndef NAT_RESUME_H
#define NAT_RESUME_H

#include <stddef.h>

#include "nat/netfilter/verdict.h"

/*
 * Opens the journal at path (empty: none), brings back what the last daemon
 * and another firewall of a cluster knew, as far as it is still so, and starts
 * the engine with that.  -1 with a sentence in error.
 */
int	resume_calls(struct verdict *, const char *path, char *error,
	    size_t size);

#endif
