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
#define SUM_OFFSET	offsetof(struct iphdr, check)
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
typedef __u32 unaligned_word __attribute__((aligned(2)));

/*
 * What a packet rarely is comes behind what it mostly is: a program's time is
 * largely that in which the processor reads the program.
 */
#define unlikely(what)	__builtin_expect(!!(what), 0)

/*
 * A word of the IP header; behind Ethernet's, of that length, these lie well.
 * Volatile: else the compiler takes both for the same.
 */
static __always_inline __u32
get_word(const void *at, __u32 offset)
{
	return offset == ETH_HLEN ? *(const volatile __u32 *)at :
	    *(const unaligned_word *)at;
}

static __always_inline void
put_word(void *at, __u32 offset, __u32 word)
{
	if (offset == ETH_HLEN)
		*(volatile __u32 *)at = word;
	else
		*(unaligned_word *)at = word;
}

/* Asked for anew each time: the kernel knows no copy of it. */
static __always_inline void *
packet_end(const struct __sk_buff *skb)
{
	return (void *)(long)*(const volatile __u32 *)&skb->data_end;
}

/*
 * The IPv4 header and what follows it, so many bytes, where the packet is; or
 * NULL.  offset is the length of the link header.  What is shorter than a
 * header of GRE is nothing that we translate, but for a packet's last fragment.
 */
static __always_inline unaligned_packet *
packet_at(struct __sk_buff *skb, __u32 offset, __u32 length)
{
	void *at = (void *)(long)skb->data + offset;

	if (unlikely(skb->protocol != bpf_htons(ETH_P_IP) || skb->vlan_present))
		return NULL;
	if (unlikely(at + length > packet_end(skb))) {
		if (bpf_skb_pull_data(skb, offset + length) != 0)
			return NULL;
		at = (void *)(long)skb->data + offset;
		if (at + length > packet_end(skb))
			return NULL;
	}
	barrier_var(at);	/* one register for the packet, not two */
	return at;
}

/* The translator's own checks: what fails here, the queue's log explains. */
static __always_inline int
check_gre(const unaligned_packet *p, __u32 offset, __u32 length)
{
	__u32 start = get_word(&p->flags, offset);
	__u32 needed = sizeof(*p);

	if (unlikely((start & bpf_htonl(GRE_FIXED << 16 | 0xFFFF)) !=
	    bpf_htonl(GRE_WANTED << 16 | GRE_PROTO_PPP)))
		return (start & bpf_htonl(GRE_VERSION << 16 | 0xFFFF)) !=
		    bpf_htonl(1 << 16 | GRE_PROTO_PPP) ? NOT_OURS :
		    FAST_MALFORMED;
	if (start & bpf_htonl(GRE_ACK << 16))
		needed += 4;
	if (start & bpf_htonl(GRE_SEQ << 16))
		needed += 4 + bpf_ntohs(p->payload);
	else if (unlikely(p->payload != 0))
		return FAST_MALFORMED;
	return unlikely(needed > length) ? FAST_MALFORMED : FINE;
}

/* GRE, and sent to this interface's own hardware address? */
static __always_inline int
is_gre(const struct __sk_buff *skb, const unaligned_packet *p)
{
	return p != NULL && p->protocol == IPPROTO_GRE &&
	    skb->pkt_type == PACKET_HOST;
}

/* Is it one of PPTP, and whole?  FINE, or why not. */
static __always_inline int
check_arrival(const struct __sk_buff *skb, __u32 offset,
    const unaligned_packet *p)
{
	__u32 length = bpf_ntohs(p->tot_len);
	int what;

	if (unlikely(p->version_ihl != IP_VERSION_IHL))
		return p->version_ihl >> 4 == 4 ? FAST_OPTIONS : NOT_OURS;
	if (unlikely(p->frag_off & bpf_htons(IP_MF | IP_OFFSET)))
		return FAST_FRAGMENT;
	if (unlikely(length + offset > skb->len))
		return FAST_MALFORMED;
	what = check_gre(p, offset, length);
	return unlikely(what == FINE && p->ttl <= 1) ? FAST_TTL : what;
}

/*
 * Takes off what the link layer that it came from has padded it with.  The
 * packet, as it lies then, or NULL.
 */
static __always_inline unaligned_packet *
trim_packet(struct __sk_buff *skb, __u32 offset, unaligned_packet *p)
{
	__u32 length = offset + bpf_ntohs(p->tot_len);

	if (!unlikely(skb->len > length))
		return p;
	return bpf_skb_change_tail(skb, length, 0) != 0 ? NULL :
	    packet_at(skb, offset, sizeof(*p));
}

/* IP's checksum when so much is added to its complement (RFC 1624). */
static __always_inline __sum16
new_checksum(const unaligned_packet *p, __u32 more)
{
	__u32 sum = (__u16)~p->check + more;

	sum = (sum & 0xFFFF) + (sum >> 16);
	sum = (sum & 0xFFFF) + (sum >> 16);
	return (__sum16)~sum;
}

/*
 * Another address, where the packet is.  A program that writes like this, which
 * is quicker than bpf_skb_store_bytes, gets its own copy of every header that
 * is shared: not good at egress, where all TCP segments of this host share
 * theirs.
 */
static __always_inline void
change_address(unaligned_packet *p, __u32 offset, void *address,
    const struct fast_call *is, __u32 hops)
{
	p->check = new_checksum(p, is->sum +
	    (hops != 0 ? bpf_htons(0xFFFF - 0x100) : 0));
	p->ttl -= hops;
	put_word(address, offset, is->address);
}

/* To the inside: destination and call ID. */
static __always_inline void
rewrite_in(struct __sk_buff *skb, __u32 offset, unaligned_packet *p,
    const struct fast_call *is, __u32 hops)
{
	change_address(p, offset, &p->daddr, is, hops);
	/* The IP header's own checksum takes its changes back. */
	if (p->call_id != is->id)
		bpf_csum_update(skb, (~p->call_id & 0xFFFF) + is->id);
	p->call_id = is->id;
}

/* The same of one that leaves: another source. */
static __always_inline long
store_source(struct __sk_buff *skb, __u32 offset, const unaligned_packet *p,
    const struct fast_call *is)
{
	struct {
		__sum16	check;
		__u32	saddr;
	} __attribute__((packed)) words = {
		new_checksum(p, is->sum), is->address
	};

	return bpf_skb_store_bytes(skb, offset + SUM_OFFSET, &words,
	    sizeof(words), 0);
}

#endif
