/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One entry of connection tracking, as netlink messages and packets tell it. */
#ifndef NAT_NETFILTER_CONNTRACK_ENTRY_H
#define NAT_NETFILTER_CONNTRACK_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "alg/alg.h"

struct nlmsghdr;
struct queue_packet;

/* Of a TCP connection, in host byte order. */
struct conntrack_entry {
	uint32_t	 src, dst, reply_src, reply_dst;
	uint16_t	 sport, dport, reply_sport, reply_dport;
	uint16_t	 zone, reply_zone;
	uint32_t	 mark;
	uint32_t	 timeout;	/* s, what is left of it */
	bool		 helper;
	/*
	 * The first number of the target SYNPROXY that opened it, or 0: then
	 * it was another way.  (Each entry that a program has made, such as
	 * conntrackd, has room for one.)
	 */
	uint32_t	 synproxy_isn;
	bool		 offloaded;	/* into a flow table */
	bool		 open;		/* its handshake is done */
};

/* What a packet says of its entry, read without allocation. */
struct conntrack_seen {
	bool		 told;		/* else the kernel says nothing */
	bool		 tracked;	/* else no entry is made for it */
	bool		 confirmed;	/* there was an entry before */
	bool		 reply;		/* from who did not open it */
	uint16_t	 zone[2];	/* original, reply */
};

/* From an answer or event, or with a packet; -1: none of TCP over IPv4. */
int			 conntrack_entry_read(const struct nlmsghdr *,
			    struct conntrack_entry *);
int			 conntrack_entry_of_packet(const struct queue_packet *,
			    struct conntrack_entry *);

/* All but told. */
struct conntrack_seen	 conntrack_entry_seen(const struct queue_packet *);

/*
 * Names an entry in a request: by the tuple from the inside end to what it
 * knows the outside end by, and that direction's zone.  It is the original one
 * of a connection that was opened from inside, and the reply of one that was
 * opened from outside to a server behind DNAT.  Its timeout (s) is told, unless
 * it is 0.  -1 when out of memory.
 */
int			 conntrack_entry_name(struct nlmsghdr *,
			    const struct alg_flow *, uint32_t timeout);

/*
 * Asks a dump for the entries, in any zone and translated in any way, of which
 * this is the flow between both translations.  Kernels before 5.8 send all.
 */
void			 conntrack_entry_filter(struct nlmsghdr *,
			    const struct alg_flow *);
bool			 conntrack_entry_fits(const struct conntrack_entry *,
			    const struct alg_flow *);

#endif
