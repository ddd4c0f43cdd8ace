/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Enhanced GRE in IPv4, as the tc programs read, check and rewrite it; for
 * clang -target bpf only.
 */
#ifndef NAT_BPF_PACKET_BPF_H
#define NAT_BPF_PACKET_BPF_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "nat/bpf/pptpalg.bpf.h"

#define AF_INET		2
#define IP_MF		0x2000		/* more fragments */
#define IP_OFFSET	0x1FFF		/* of a fragment */
#define TTL_OFFSET	offsetof(struct iphdr, ttl)
#define IP_VERSION_IHL	0x45		/* IPv4 without options */
/* RFC 2637 section 4.1: flags word C R K S s Recur A Flags Ver */
#define GRE_PROTO_PPP	0x880B
#define GRE_VERSION	0x0007
#define GRE_SEQ		0x1000
#define GRE_ACK		0x0080
#define GRE_FIXED	0xEF7F		/* all but S and A */
#define GRE_WANTED	0x2001		/* K and version 1 */

/* What the checks say, beside enum fast_counter. */
#define NOT_OURS	(-1)
#define FINE		(-2)

/*
 * RFC 791 without options, and RFC 2637 section 4.1 as far as the call ID: in
 * network byte order.
 */
struct gre_packet {
	__u8	version_ihl, tos;
	__be16	tot_len, id, frag_off;
	__u8	ttl, protocol;		/* from here on we write */
	__sum16	check;
	__be32	saddr, daddr;
	__be16	flags, gre_protocol, payload, call_id;
};

/*
 * The same in a packet, behind a link header of any even length: not every
 * processor can read a word that lies across two of its own.
 */
typedef struct gre_packet unaligned_packet __attribute__((aligned(2)));

/*
 * Copies the headers out; offset is the length of the link header.  A last
 * fragment may be shorter than a GRE header: then there is none.
 */
static __always_inline int
read_packet(struct __sk_buff *skb, __u32 offset, struct gre_packet *p)
{
	void *data = (void *)(long)skb->data;
	void *end = (void *)(long)skb->data_end;
	__u32 whole = offset + sizeof(*p);
	unaligned_packet *from;

	if (skb->protocol != bpf_htons(ETH_P_IP) || skb->vlan_present)
		return NOT_OURS;
	if (data + whole > end && bpf_skb_pull_data(skb, skb->len < whole ?
	    offset + sizeof(struct iphdr) : whole) != 0)
		return NOT_OURS;
	from = (void *)(long)skb->data + offset;
	end = (void *)(long)skb->data_end;
	if ((void *)from + sizeof(struct iphdr) > end ||
	    from->protocol != IPPROTO_GRE || from->version_ihl >> 4 != 4)
		return NOT_OURS;
	if ((void *)(from + 1) <= end)
		*p = *from;
	else
		__builtin_memcpy(p, from, sizeof(struct iphdr));
	return FINE;
}

/* The translator's own checks: what fails here, the queue's log explains. */
static __always_inline int
check_gre(const struct gre_packet *p, __u32 length)
{
	__u16 flags = bpf_ntohs(p->flags);
	__u32 needed = sizeof(*p) + (flags & GRE_SEQ ? 4 : 0) +
	    (flags & GRE_ACK ? 4 : 0);

	if ((flags & GRE_VERSION) != 1 ||
	    p->gre_protocol != bpf_htons(GRE_PROTO_PPP))
		return NOT_OURS;
	if ((flags & GRE_FIXED) != GRE_WANTED)
		return FAST_MALFORMED;
	if (flags & GRE_SEQ)
		needed += bpf_ntohs(p->payload);
	else if (p->payload != 0)
		return FAST_MALFORMED;
	return needed <= length ? FINE : FAST_MALFORMED;
}

/* A whole GRE packet of PPTP that arrives? */
static __always_inline int
read_arrival(struct __sk_buff *skb, __u32 offset, struct gre_packet *p)
{
	int what = read_packet(skb, offset, p);
	__u32 length = bpf_ntohs(p->tot_len);

	if (skb->pkt_type != PACKET_HOST || what != FINE)
		return NOT_OURS;
	if (p->version_ihl != IP_VERSION_IHL)
		return FAST_OPTIONS;
	if (p->frag_off & bpf_htons(IP_MF | IP_OFFSET))
		return FAST_FRAGMENT;
	if (length + offset > skb->len)
		return FAST_MALFORMED;
	what = check_gre(p, length);
	return what == FINE && p->ttl <= 1 ? FAST_TTL : what;
}

/* RFC 1624: what a checksum becomes when a word changes. */
static __always_inline __u32
checksum_adjust(__u32 sum, __u32 before, __u32 after)
{
	return sum + (~before & 0xFFFF) + (~before >> 16) + (after & 0xFFFF) +
	    (after >> 16);
}

static __always_inline __u16
checksum_fold(__u32 sum)
{
	sum = (sum & 0xFFFF) + (sum >> 16);
	sum = (sum & 0xFFFF) + (sum >> 16);
	return (__u16)~sum;
}

/* Another address, and so many less of the TTL. */
static __always_inline void
change_address(struct gre_packet *p, __be32 *address, __be32 to, __u8 hops)
{
	__u32 sum = checksum_adjust((__u16)~p->check, *address, to);

	p->ttl -= hops;
	if (hops != 0)
		sum += bpf_htons(0xFFFF - 0x100);
	p->check = checksum_fold(sum);
	*address = to;
}

/*
 * Writes what was changed.  A program that writes like this, which is quicker
 * than bpf_skb_store_bytes, gets its own copy of every header that is shared:
 * not good at egress, where all TCP segments of this host share theirs.
 */
static __always_inline long
write_packet(struct __sk_buff *skb, __u32 offset, const struct gre_packet *p)
{
	unaligned_packet *to = (void *)(long)skb->data + offset;

	if ((void *)(to + 1) > (void *)(long)skb->data_end)
		return -1;
	to->ttl = p->ttl;
	to->check = p->check;
	to->saddr = p->saddr;
	to->daddr = p->daddr;
	to->call_id = p->call_id;
	return 0;
}

/* To the inside: destination and call ID. */
static __always_inline long
rewrite_in(struct __sk_buff *skb, __u32 offset, struct gre_packet *p,
    __be32 inside, __be16 call_id, __u8 hops)
{
	change_address(p, &p->daddr, inside, hops);
	/* The IP header's own checksum takes its changes back. */
	if (p->call_id != call_id)
		bpf_csum_update(skb, (~p->call_id & 0xFFFF) + call_id);
	p->call_id = call_id;
	return write_packet(skb, offset, p);
}

#endif
