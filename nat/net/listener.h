/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A TCP port on which clients are waited for.  An address that the host does
 * not have yet is waited for, too.  Addresses are in host byte order.
 */
#ifndef NAT_NET_LISTENER_H
#define NAT_NET_LISTENER_H

#include <stddef.h>
#include <stdint.h>

struct loop;

struct listener;

/* A new connection; the socket does not block and belongs to the callee. */
typedef void	(*listener_accept)(void *arg, int fd, uint32_t peer,
		    uint16_t port);

/* device: the interface or VRF, or "".  NULL with a sentence in error. */
struct listener	*listener_open(struct loop *, uint32_t address, uint16_t port,
		    const char *device, listener_accept, void *arg,
		    char *error, size_t size);
void		 listener_close(struct listener *);	/* NULL is fine */

#endif
