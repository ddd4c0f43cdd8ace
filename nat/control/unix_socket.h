/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A listening Unix stream socket. */
#ifndef NAT_CONTROL_UNIX_SOCKET_H
#define NAT_CONTROL_UNIX_SOCKET_H

#include <stddef.h>

/*
 * Non-blocking, mode 0600, its folder made when missing; a stale one is
 * replaced, a live one is an error.  Who closes it removes the name from its
 * folder.  -1 with a sentence in error.
 */
int	unix_socket_open(const char *path, char *error, size_t size);

/* A descriptor of its folder, to remove it from there; -1 with errno. */
int	unix_socket_folder(const char *path);

#endif
