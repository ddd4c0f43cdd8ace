/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The privileges that the daemon needs, and giving up all others. */
#ifndef NAT_BASE_PRIVILEGE_H
#define NAT_BASE_PRIVILEGE_H

#include <stdbool.h>
#include <stddef.h>

/* Do we have what the daemon needs: CAP_NET_ADMIN and CAP_NET_RAW? */
bool	privilege_present(void);

/* Gives up for good all capabilities but those two; -1 with errno. */
int	privilege_drop_capabilities(void);

/*
 * Gives up for good what the running daemon does not need: all but those
 * two capabilities, new privileges through exec, and all system calls but
 * those it uses (any other fails with EPERM and leaves a line in the kernel's
 * audit log; calls that are up are not ended because of one).  Call it when
 * everything is open.  -1 with a sentence in error.
 */
int	privilege_drop(char *error, size_t size);

#endif
