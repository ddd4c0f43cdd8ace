/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tunnels need in the kernel's tables (rtnetlink): addresses, routes,
 * proxy ARP.  Addresses are in host byte order, interfaces are numbers.
 * Everything that outlives its interface has a mark, so that a later daemon
 * can take away what a killed one has left; each daemon of a network
 * namespace has a mark of its own.
 *
 * An int is 0, or -1 with errno: EEXIST when it was there before and
 * somebody else's, ESRCH when there was nothing to take away.
 */
#ifndef NAT_NET_RTNETLINK_H
#define NAT_NET_RTNETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rtnetlink;

struct rtnetlink	*rtnetlink_open(char *error, size_t size);
void		 rtnetlink_close(struct rtnetlink *);	/* NULL is fine */

/* Takes away what is left of a daemon that is gone. */
void		 rtnetlink_clean(struct rtnetlink *);

/* Brings an interface up, with this MTU. */
int		 rtnetlink_up(struct rtnetlink *, unsigned int interface,
		    uint16_t mtu);

/* Takes it down and calls it so; %d is the first free number. */
int		 rtnetlink_rename(struct rtnetlink *, unsigned int interface,
		    const char *name);

/*
 * Keeps the kernel from making IPv6 addresses of its own on an interface that
 * is not up yet; no error where the kernel has no IPv6.
 */
int		 rtnetlink_no_auto(struct rtnetlink *, unsigned int interface);

/* Our own link-local address there, of an interface identifier. */
#define RTNETLINK_LINK_LOCAL	0xfe80000000000000ULL	/* first half */
int rtnetlink_link_local(
    struct rtnetlink *, unsigned int interface, uint64_t identifier);
int rtnetlink_no_link_local(
    struct rtnetlink *, unsigned int interface, uint64_t identifier);

/* Our own address there; peer: the only one behind it, or 0. */
int		 rtnetlink_address(struct rtnetlink *, unsigned int interface,
		    uint32_t local, uint32_t peer);
int rtnetlink_no_address(
    struct rtnetlink *, unsigned int interface, uint32_t local, uint32_t peer);

struct rtnetlink_entry {
	uint32_t		 to;
	uint8_t			 bits;
	unsigned int		 interface;
	uint32_t		 gateway;	/* 0: none needed */
	uint32_t		 source;	/* 0: as the kernel likes */
	uint32_t		 metric;
	uint16_t		 mtu;		/* 0: the interface's */
};

/* Another of ours to the same place and metric is replaced. */
int rtnetlink_add(struct rtnetlink *, const struct rtnetlink_entry *);
int rtnetlink_remove(struct rtnetlink *, const struct rtnetlink_entry *);

/*
 * Which way an address is now: to, bits, gateway, interface and source are
 * set.  Our own addresses are no way.
 */
int		 rtnetlink_find(struct rtnetlink *, uint32_t to, uint32_t mark,
		    struct rtnetlink_entry *);

/*
 * One of this host's addresses, or a broadcast address of its networks: of
 * those behind a VRF's device, or, with 0, behind none.
 */
bool		 rtnetlink_is_own(struct rtnetlink *, uint32_t address,
		    unsigned int vrf);

/*
 * Do packets to this address of a network of so many bits leave by the
 * interface, or by a route to a smaller network in it?
 */
bool		 rtnetlink_goes(struct rtnetlink *, uint32_t to, uint8_t bits,
		    unsigned int interface);

/* Answers ARP for an address on that interface. */
int		 rtnetlink_proxy(struct rtnetlink *, unsigned int interface,
		    uint32_t address);
int		 rtnetlink_no_proxy(struct rtnetlink *, unsigned int interface,
		    uint32_t address);

#endif
