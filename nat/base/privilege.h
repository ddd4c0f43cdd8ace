/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each process needs of root's rights, and giving up the rest. */
#ifndef NAT_BASE_PRIVILEGE_H
#define NAT_BASE_PRIVILEGE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

enum privilege_role {
	PRIVILEGE_START,	/* the daemon, while it opens what it needs */
	PRIVILEGE_DAEMON,	/* from then on */
	PRIVILEGE_HELPER,	/* runs scripts as root */
	PRIVILEGE_CLOSER,	/* closes descriptors */
	PRIVILEGE_ROLES
};

/* Do we have what the daemon needs: CAP_NET_ADMIN and CAP_NET_RAW? */
bool	privilege_present(void);

/* Can this process become another user, and keep capabilities? */
bool	privilege_can_switch(void);

/*
 * Gives up for good all capabilities but those of a role, as far as they are
 * there, and new privileges through exec; -1 with errno.
 */
int	privilege_keep(enum privilege_role);

/*
 * The same, and becomes a user with its groups: for good, too.  -1 with errno;
 * then the process should end.
 */
int	privilege_become(enum privilege_role, uid_t, gid_t);

#endif
