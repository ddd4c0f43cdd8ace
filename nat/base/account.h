/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The user that the daemon runs as, and what root makes for it before. */
#ifndef NAT_BASE_ACCOUNT_H
#define NAT_BASE_ACCOUNT_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

struct config;

struct account {
	bool	is_other;	/* than who we are; else that is all */
	uid_t	 uid;
	gid_t	 gid;
};

/*
 * Finds the user that a configuration names.  Whoever is not root stays who
 * it is; so does root, with a warning, where the user of the packages is not
 * there or the rights to become another are not.  -1 with a sentence in error:
 * there is no such user.
 */
int	account_find(struct account *, const struct config *, char *error,
	    size_t size);

/*
 * Gives to the user what a daemon keeps: the folder of its control socket, if
 * that is not there yet or is called pptpalg, and its journal.  What cannot be
 * done is told when the daemon meets it.
 */
void	account_prepare(const struct account *, const struct config *);

/*
 * Becomes that user, for good, with the capabilities for a start
 * (PRIVILEGE_START); -1 with a sentence in error.
 */
int	account_become(const struct account *, char *error, size_t size);

#endif
