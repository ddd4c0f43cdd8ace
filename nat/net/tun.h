/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A TUN device: what the host routes into it is read here, what is written
 * here the host gets.
 */
#ifndef NAT_NET_TUN_H
#define NAT_NET_TUN_H

#include <sys/uio.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat/net/tso.h"

struct tun;

#define TUN_DEVICE	"/dev/net/tun"

/*
 * Makes a device of that name (a %d in it: the first free number) out of a
 * descriptor of TUN_DEVICE, which is taken over.  NULL with a sentence in
 * error.
 */
struct tun	*tun_open(int fd, const char *name, char *error, size_t size);
/* The descriptor, to be closed: only then it goes away.  -1 for NULL. */
int		 tun_release(struct tun *);

/* To be watched for reading. */
int		 tun_fd(const struct tun *);
const char	*tun_name(const struct tun *);
unsigned int	 tun_index(const struct tun *);	/* of the interface */

/* An admin made it ready: it stays when its descriptor is closed. */
bool		 tun_persists(const struct tun *);

/* The interface was deleted: it is readable for ever, and nothing comes. */
bool		 tun_is_gone(const struct tun *);

/*
 * Nobody has deleted it, or moved it to another namespace: else its index may
 * be that of another interface.
 */
bool		 tun_is_here(const struct tun *);

/* Reads what there is next; false if there is nothing. */
bool		 tun_read(struct tun *, struct tso *);

/*
 * Writes a packet that is made up of pieces, the first of which is a struct
 * virtio_net_hdr.  -1 when the kernel does not take it.
 */
int		 tun_write(struct tun *, const struct iovec *, int pieces);

#endif
