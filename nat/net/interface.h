/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which interfaces are inside, which outside; names follow the kernel. */
#ifndef NAT_NET_INTERFACE_H
#define NAT_NET_INTERFACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/config.h"

struct interface;

enum interface_side {
	INTERFACE_NONE,		/* index 0: the packet has no such interface */
	INTERFACE_INSIDE,
	INTERFACE_OUTSIDE,
	INTERFACE_VRF,		/* outside, but for what others of it get */
	INTERFACE_OTHER,	/* neither */
	INTERFACE_UNKNOWN	/* gone, or too new */
};

/* The configuration is borrowed.  NULL with a sentence in error. */
struct interface	*interface_open(const struct config *,
			    char *error, size_t size);
void			 interface_close(struct interface *);

/* Another configuration from now on, borrowed again. */
void			 interface_configure(struct interface *,
			    const struct config *);

/* To be watched for reading; then interface_read. */
int			 interface_fd(struct interface *);
void			 interface_read(struct interface *);

/* False when it is down or gone. */
bool			 interface_is_up(struct interface *, uint32_t index);

/*
 * The VRFs that are named outside (not by a pattern), one after the other; *at
 * starts at 0.  An index, or 0: no more.
 */
uint32_t		 interface_next_vrf(const struct interface *,
			    size_t *at);

/* One array access for an interface that was asked for before. */
enum interface_side	 interface_side(struct interface *, uint32_t index);

#endif
