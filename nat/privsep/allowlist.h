/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the helper process, which keeps root's rights, runs for the daemon,
 * whatever has become of that: programs that a configuration names, with no
 * variables but those that scripts are told.
 */
#ifndef NAT_PRIVSEP_ALLOWLIST_H
#define NAT_PRIVSEP_ALLOWLIST_H

#include <stdbool.h>

struct config;
struct job;

struct allowlist {
	struct allowlist	*next;
	char			 file[];
};

/*
 * Adds all programs of a configuration; those of before stay, since
 * sessions of before are still to be ended.  -1 with errno ENOMEM.
 */
int	allowlist_add(struct allowlist **, const struct config *);

/* May this JOB_SCRIPT be run? */
bool	allowlist_has(const struct allowlist *, const struct job *);

#endif
