/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hears when the kernel's stack may send packets another way than before: of
 * routes, routing rules, addresses, nftables' rules and IPsec.
 */
#ifndef NAT_NET_CHANGE_WATCH_H
#define NAT_NET_CHANGE_WATCH_H

#include <stdbool.h>

struct change_watch;

#define CHANGE_WATCH_FDS	3

/*
 * A kernel that does not tell of all that (one without nftables has nothing to
 * tell) is no error.  NULL: out of memory.
 */
struct change_watch	*change_watch_open(void);
void			 change_watch_close(struct change_watch *);

/* To be watched for reading; then change_watch_read.  -1: there is none. */
int			 change_watch_fd(const struct change_watch *, int i);

/* Reads on until there is no more: something may have changed. */
void			 change_watch_read(struct change_watch *);

/* Can packets come by IPsec, as far as has been read? */
bool			 change_watch_ipsec(const struct change_watch *);

#endif
