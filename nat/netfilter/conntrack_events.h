/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The socket by which the kernel tells what becomes of tracked connections. */
#ifndef NAT_NETFILTER_CONNTRACK_EVENTS_H
#define NAT_NETFILTER_CONNTRACK_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

struct conntrack_events;
struct nlmsghdr;

/* One message of ctnetlink, at that time (ms). */
typedef void	(*conntrack_events_heard)(void *arg, const struct nlmsghdr *,
		    uint64_t now);

/*
 * Of entries with a server's port 1723, before or behind DNAT: when they end,
 * have a mark, or have just been opened.  NULL with errno.
 */
struct conntrack_events *conntrack_events_open(conntrack_events_heard,
		    void *arg);
void		 conntrack_events_close(struct conntrack_events *);

/* Does the kernel send any (sysctl nf_conntrack_events)? */
bool		 conntrack_events_on(void);

/* To be watched: readable when there are some. */
int		 conntrack_events_fd(const struct conntrack_events *);

/* Tells those that are there; false when others were lost. */
bool		 conntrack_events_read(struct conntrack_events *,
		    uint64_t now);

/*
 * Ten times a second.  While there are very many it listens for a moment each
 * second only, but for ends: what else there was shows no event.
 */
void		 conntrack_events_tick(struct conntrack_events *,
		    uint64_t now);

#endif
