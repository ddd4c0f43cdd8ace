/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A listening Unix stream socket. */
#ifndef NAT_CONTROL_UNIX_SOCKET_H
#define NAT_CONTROL_UNIX_SOCKET_H

#include <stddef.h>

#define UNIX_SOCKET_NAME	108

/* Where its name is: whoever makes it may not reach the path later. */
struct unix_socket {
	int	folder;			/* a descriptor; -1: no socket */
	char	name[UNIX_SOCKET_NAME];
};

/*
 * A descriptor, the caller's: non-blocking, mode 0600, its folder made when
 * missing; a stale one is replaced, a live one is an error.  -1 with a
 * sentence in error.
 */
int	unix_socket_open(struct unix_socket *, const char *path, char *error,
	    size_t size);

/* Removes the name from its folder; of none, nothing. */
void	unix_socket_remove(struct unix_socket *);

#endif
