/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hears when the kernel's stack may send packets another way than before: of
 * routes, routing rules, addresses and nftables' rules.
 */
#ifndef NAT_NET_CHANGE_WATCH_H
#define NAT_NET_CHANGE_WATCH_H

struct change_watch;

#define CHANGE_WATCH_FDS	2

/*
 * A kernel that does not tell of all that (one without nftables has nothing to
 * tell) is no error.  NULL: out of memory.
 */
struct change_watch	*change_watch_open(void);
void			 change_watch_close(struct change_watch *);

/* To be watched for reading; then change_watch_read.  -1: there is none. */
int			 change_watch_fd(const struct change_watch *, int i);

/* Reads on until there is no more: that there was something is all it says. */
void			 change_watch_read(struct change_watch *);

#endif
