/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An interface of the host with sessions behind it: one, or all of a section.
 */
#ifndef NAT_ENDPOINT_TUN_DEVICE_H
#define NAT_ENDPOINT_TUN_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat/net/tun.h"

struct context;
struct session;

struct tun_device {
	struct context		*context;
	struct tun		*tun;
	struct watch		*watch;
	struct session		*session;	/* the only one; NULL: shared */
	uint32_t		 local, remote;	/* remote 0: many */
	uint16_t		 mtu;
	struct tun_device	*next_reaped;
	bool			 retired;
	bool			 named;		/* by the admin, without %d */
};

/*
 * Makes an interface that is up and has our own address; remote: the only
 * address behind it, or 0 for many.  NULL with a sentence in error.
 */
struct tun_device	*tun_device_open(struct context *, const char *name,
		    uint16_t mtu, uint32_t local, uint32_t remote,
		    struct session *, char *error, size_t size);
void		 tun_device_close(struct tun_device *);	/* NULL is fine */

/*
 * Stops reading it.  It is closed at the end of the turn of the event loop,
 * since packets may still have to be written to it.
 */
void		 tun_device_retire(struct tun_device *);

#endif
