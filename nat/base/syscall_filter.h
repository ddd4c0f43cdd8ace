/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system calls that each process may still make: seccomp(2). */
#ifndef NAT_BASE_SYSCALL_FILTER_H
#define NAT_BASE_SYSCALL_FILTER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * All three are for good, and are passed on to programs that are run.  A call
 * that is refused fails with EPERM and leaves a line in the kernel's audit
 * log: calls that are up are not ended because of one.  -1: the kernel has no
 * such filters.
 */

/*
 * For the daemon, when everything is open: files to read, sockets of the
 * kinds that it uses, no memory that can be executed, no signal to others.
 * Of the descriptors of folders (-1: none), names can be removed.  Other
 * programs' sockets with a path can be connected to where a store has one.
 */
int	syscall_filter_daemon(const int folders[], size_t n, bool unix_store);

/* For the helper and its scripts: nothing that only an init system needs. */
int	syscall_filter_helper(void);

/* For the closer: receive descriptors and close them. */
int	syscall_filter_closer(void);

#endif
