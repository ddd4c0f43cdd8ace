/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes new connections from a socket that listens.  When the process has no
 * descriptors left, it says so once and tries again in a moment.
 */
#ifndef NAT_BASE_ACCEPTOR_H
#define NAT_BASE_ACCEPTOR_H

struct loop;
struct sockaddr;

struct acceptor;

/* A new connection; the socket does not block and belongs to the callee. */
typedef void	(*acceptor_call)(void *arg, int fd,
		    const struct sockaddr *from);

/*
 * The socket does not block, and is the acceptor's from now on, but for NULL:
 * out of memory.
 */
struct acceptor	*acceptor_open(struct loop *, int fd, acceptor_call,
		    void *arg);

/* Closes the socket, too.  NULL is fine. */
void		 acceptor_close(struct acceptor *);

#endif
