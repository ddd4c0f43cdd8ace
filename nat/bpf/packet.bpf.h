/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_BPF_PACKET_BPF_H
#define NAT_BPF_PACKET_BPF_H

#include "nat/bpf/kernel.bpf.h"
#include "nat/bpf/pptpalg.bpf.h"

/*
 * Enhanced GRE in IPv4, as tc programs see it: read, checked, rewritten.  All
 * words are in network byte order.
 */
#define ETHERNET	14		/* bytes of link header */
#define ETH_P_IP	0x0800
#define AF_INET		2
#define PACKET_HOST	0
#define TRUSTED		1024		/* packets until asked again */
#define IP		20		/* bytes of IP header */
#define GRE		8		/* bytes of GRE header that we need */
#define IP_OFFSET_TTL	8
#define IP_PROTO_GRE	47
#define MORE_FRAGMENTS	0x2000
#define FRAGMENT_MASK	0x1FFF
/* Enhanced GRE, RFC 2637 section 4.1: flags word C R K S s Recur A Flags Ver */
#define GRE_PROTOCOL	0x880B
#define GRE_VERSION	0x0007
#define GRE_SEQ		0x1000
#define GRE_ACK		0x0080
#define GRE_FIXED	0xEF7F		/* all but S and A */
#define GRE_WANTED	0x2001		/* K and version 1 */

#define NOT_OURS	(-1)
#define FINE		(-2)

/* RFC 791 without options, and RFC 2637 section 4.1 as far as the call ID. */
struct packet {
	__u8	version, tos;
	__u16	length, ident, fragment;
	__u8	ttl, protocol;		/* from here on we write */
	__u16	sum;
	__u32	src, dst;
	__u16	flags, gre_protocol, payload, id;
};

/*
 * Copies the headers out; link is the length of the link header.  A last
 * fragment may be shorter than a GRE header: then there is none.
 */
static inline int
read_packet(struct __sk_buff *skb, __u32 link, struct packet *p)
{
	void *data = (void *)(long)skb->data;
	void *end = (void *)(long)skb->data_end;
	__u32 whole = link + sizeof(*p);
	struct packet *from;

	if (skb->protocol != to_be16(ETH_P_IP) || skb->vlan_present)
		return NOT_OURS;
	if (data + whole > end && skb_pull(skb,
	    skb->len < whole ? link + IP : whole) != 0)
		return NOT_OURS;
	from = (void *)(long)skb->data + link;
	end = (void *)(long)skb->data_end;
	if ((void *)from + IP > end ||
	    from->protocol != IP_PROTO_GRE || from->version >> 4 != 4)
		return NOT_OURS;
	if ((void *)(from + 1) <= end)
		*p = *from;
	else
		__builtin_memcpy(p, from, IP);
	return FINE;
}

/* The same checks as the brain's: what fails here, the brain explains. */
static inline int
check_gre(const struct packet *p, __u32 length)
{
	__u16 flags = to_be16(p->flags);
	__u32 needed = IP + GRE + (flags & GRE_SEQ ? 4 : 0) +
	    (flags & GRE_ACK ? 4 : 0);

	if ((flags & GRE_VERSION) != 1 ||
	    p->gre_protocol != to_be16(GRE_PROTOCOL))
		return NOT_OURS;
	if ((flags & GRE_FIXED) != GRE_WANTED)
		return FAST_MALFORMED;
	if (flags & GRE_SEQ)
		needed += to_be16(p->payload);
	else if (p->payload != 0)
		return FAST_MALFORMED;
	return needed <= length ? FINE : FAST_MALFORMED;
}

/* A whole GRE packet of PPTP that arrives? */
static inline int
read_arrival(struct __sk_buff *skb, __u32 link, struct packet *p)
{
	int what = read_packet(skb, link, p);
	__u32 length = to_be16(p->length);

	if (skb->pkt_type != PACKET_HOST || what != FINE)
		return NOT_OURS;
	if (p->version != 0x45)
		return FAST_OPTIONS;
	if (p->fragment & to_be16(MORE_FRAGMENTS | FRAGMENT_MASK))
		return FAST_FRAGMENT;
	if (length + link > skb->len)
		return FAST_MALFORMED;
	what = check_gre(p, length);
	return what == FINE && p->ttl <= 1 ? FAST_TTL : what;
}

/* RFC 1624: what a checksum becomes when a word changes. */
static inline __u32
adjust(__u32 sum, __u32 before, __u32 after)
{
	return sum + (~before & 0xFFFF) + (~before >> 16) + (after & 0xFFFF) +
	    (after >> 16);
}

static inline __u16
fold(__u32 sum)
{
	sum = (sum & 0xFFFF) + (sum >> 16);
	sum = (sum & 0xFFFF) + (sum >> 16);
	return (__u16)~sum;
}

/* To the inside: destination and call ID. */
static inline long
rewrite_in(struct __sk_buff *skb, __u32 link, struct packet *p, __u32 inside,
    __u16 id, __u8 hops)
{
	__u32 sum = adjust((__u16)~p->sum, p->dst, inside);

	p->ttl -= hops;
	if (hops != 0)
		sum += to_be16(0xFFFF - 0x100);
	p->sum = fold(sum);
	p->dst = inside;
	p->id = id;
	return skb_store(skb, link + IP_OFFSET_TTL, &p->ttl,
	    IP - IP_OFFSET_TTL + GRE, BPF_F_RECOMPUTE_CSUM);
}

/* To the outside: only the source. */
static inline long
rewrite_out(struct __sk_buff *skb, __u32 link, struct packet *p,
    __u32 public, __u8 hops)
{
	__u32 sum = adjust((__u16)~p->sum, p->src, public);

	p->ttl -= hops;
	if (hops != 0)
		sum += to_be16(0xFFFF - 0x100);
	p->sum = fold(sum);
	p->src = public;
	return skb_store(skb, link + IP_OFFSET_TTL, &p->ttl,
	    IP - IP_OFFSET_TTL, 0);
}

#endif
