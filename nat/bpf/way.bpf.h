/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way of a call's packets past the stack.  It is learned from a probe, a
 * packet of the call that is left to the stack: what the stack has sent it
 * with (interface, link header, mark, priority) is kept.  For clang -target bpf
 * only.
 */
#ifndef NAT_BPF_WAY_BPF_H
#define NAT_BPF_WAY_BPF_H

#include <asm-generic/errno-base.h>

#include "nat/bpf/packet.bpf.h"

/* What is no probe, as way_confirm knows it. */
#define NO_PROBE	0xFFFF

/* The last four bytes of the Ethernet address that it comes from, or 0. */
static __always_inline __u32
link_source(const unaligned_packet *p, __u32 offset)
{
	return offset == 0 ? 0 :
	    *(const unaligned_word *)((const void *)p - offset + 8);
}

/* An Ethernet header; of its addresses, words that lie well, and the ends. */
struct way_link {
	__u16	first;
	__u32	word[2];
	__u16	last;
	__be16	protocol;
} __attribute__((packed, aligned(2)));

/* Addresses are kept as these words, and both ends in one. */
static __always_inline void
read_link(const struct way_link *from, union fast_hop *hop)
{
	hop->link[0] = get_word(from->word + 0, ETH_HLEN);
	hop->link[1] = get_word(from->word + 1, ETH_HLEN);
	hop->link[2] = (__u32)from->last << 16 | from->first;
}

static __always_inline void
write_link(struct way_link *to, const volatile union fast_hop *hop)
{
	put_word(to->word + 0, ETH_HLEN, hop->link[0]);
	put_word(to->word + 1, ETH_HLEN, hop->link[1]);
	to->first = (__u16)hop->link[2];
	to->last = (__u16)(hop->link[2] >> 16);
	to->protocol = bpf_htons(ETH_P_IP);
}

static __always_inline int
is_hop(const volatile union fast_hop *one, const union fast_hop *other)
{
	return one->all[0] == other->all[0] && one->all[1] == other->all[1] &&
	    one->all[2] == other->all[2];
}

/* DF: fragments and options have no way. */
static __always_inline __u8
ip_flags(const unaligned_packet *p)
{
	return (__u8)(bpf_ntohs(p->frag_off) >> 8);
}

/*
 * Can a packet that has arrived take the way that was asked for at *asked, and
 * is known?  FINE, or why not; FAST_PROBE: it is time to ask again.
 */
static __always_inline int
way_check(const struct __sk_buff *skb, __u32 offset, const unaligned_packet *p,
    __u64 now, __u32 generation, const volatile struct fast_way *way,
    __u64 *asked)
{
	*asked = way->asked;
	/* (0 is long ago.) */
	if (unlikely(now - *asked >= FAST_PROBE_NS ||
	    way->generation != generation))
		return FAST_PROBE;
	if (unlikely(way->confirmed != *asked))
		return FAST_UNCONFIRMED;
	if (unlikely(way->from != skb->ifindex ||
	    way->from_mark != skb->mark ||
	    way->from_link != link_source(p, offset) ||
	    way->probe_tos != p->tos || way->probe_flags != ip_flags(p)))
		return FAST_OTHER;
	return unlikely(bpf_ntohs(p->tot_len) > way->length) ? FAST_LARGER :
	    FINE;
}

/*
 * The number of the probe that is asked for: it goes with the packet, so that
 * no other one, and no probe of before, confirms what this one asked.  Where
 * two processors ask at once and the slot has something of both, it is of
 * neither.
 */
static __always_inline __u32
way_probe(const volatile struct fast_way *way)
{
	__u64 hash = way->asked * 0x9E3779B97F4A7C15;

	hash ^= (__u64)way->from_mark << 32 | way->from;
	hash *= 0xD6E8FEB86659FD93;
	hash ^= hash >> 32 ^ (__u64)way->from_link << 32 ^ way->generation;
	return (__u32)((hash * 0x9E3779B97F4A7C15) >> 50);
}

/* This packet is the probe; the processor's number makes its time its own. */
static __always_inline void
way_ask(const struct __sk_buff *skb, __u32 offset, const unaligned_packet *p,
    __u64 now, __u32 generation, volatile struct fast_way *way)
{
	way->confirmed = 0;
	way->generation = generation;
	way->from = skb->ifindex;
	way->from_mark = skb->mark;
	way->from_link = link_source(p, offset);
	way->length = 0;
	way->probe_length = bpf_ntohs(p->tot_len);
	way->probe_tos = p->tos;
	way->probe_ttl = p->ttl;
	way->probe_flags = ip_flags(p);
	way->asked = (now & ~0xFFFFULL) - 0x10000 +
	    (bpf_get_smp_processor_id() & 0xFFFF);
}

/*
 * What the stack has changed but for TTL and link header, or cut into
 * fragments, has no way past it, nor what the next interface sends on by what
 * the stack has put beside the packet (a tunnel's far end).
 */
static __always_inline int
is_changed(struct __sk_buff *skb, const unaligned_packet *p,
    const volatile struct fast_way *way)
{
	struct bpf_tunnel_key key;

	return p->tos != way->probe_tos || p->ttl + 1 != way->probe_ttl ||
	    ip_flags(p) != way->probe_flags ||
	    bpf_skb_get_tunnel_key(skb, &key, sizeof(key), 0) != -EINVAL;
}

/* One of a probe and its copies (TEE, dup) leaves: none shows the way. */
static __always_inline int
way_forget(volatile struct fast_way *way)
{
	way->confirmed = 0;
	way->probe_length = 0;
	return FAST_CHANGED;
}

/*
 * A packet of the call leaves that came by the stack, before anything is done
 * to it here.  Only the probe itself shows the way: others may have come from
 * where the filter lets nothing in.  The largest that leaves as it came shows
 * what fits.  FAST_CHANGED, or FINE.
 */
static __always_inline int
way_confirm(struct __sk_buff *skb, __u32 offset, const unaligned_packet *p,
    volatile struct fast_way *way, __u32 probe)
{
	__u16 length = bpf_ntohs(p->tot_len);
	__u64 asked = way->asked;
	union fast_hop hop = { .to = (__s32)skb->ifindex,
	    .mark = skb->mark, .priority = skb->priority };

	if (p->frag_off & bpf_htons(IP_MF | IP_OFFSET))
		return FAST_CHANGED;
	if (asked == 0 || (probe != NO_PROBE && probe != way_probe(way)))
		return FINE;
	if (offset == 0)
		hop.to = -hop.to;
	else
		read_link((const void *)p - offset, &hop);
	if (way->confirmed == asked) {
		if (!is_hop(&way->hop, &hop))
			return probe != NO_PROBE ? way_forget(way) : FINE;
		if (length > way->length && p->tos == way->probe_tos)
			way->length = length;
		return FINE;
	}
	if (probe == NO_PROBE || length != way->probe_length)
		return FINE;
	if (is_changed(skb, p, way))
		return FAST_CHANGED;
	way->hop.all[0] = hop.all[0];
	way->hop.all[1] = hop.all[1];
	way->hop.all[2] = hop.all[2];
	way->length = length;
	barrier();
	way->confirmed = asked;
	return FINE;
}

/* Puts a link header before a packet that has come with one, or without. */
static __always_inline int
put_link(struct __sk_buff *skb, __u32 offset,
    const volatile union fast_hop *hop)
{
	void *to;

	if (offset == 0 && bpf_skb_change_head(skb, ETH_HLEN, 0) != 0)
		return -1;
	to = (void *)(long)skb->data;
	if (unlikely(to + ETH_HLEN > packet_end(skb)))
		return -1;
	write_link(to, hop);
	return 0;
}

/*
 * Sends a packet that is translated, its TTL one less, as the probe that was
 * asked for then has left: the interface's own programs, filters and qdisc
 * still see it.  When the way changes at this moment, the packet is lost, and
 * is not told of.
 */
static __always_inline int
way_take(struct __sk_buff *skb, __u32 offset,
    const volatile struct fast_way *way, __u64 asked)
{
	__s32 to = way->hop.to;

	skb->mark = way->hop.mark;
	skb->priority = way->hop.priority;
	/* A header that the next interface lacks is taken off by the kernel. */
	if (unlikely(to < 0))
		to = -to;
	else if (unlikely(put_link(skb, offset, &way->hop) != 0))
		return TC_ACT_SHOT;
	barrier();
	return unlikely(way->confirmed != asked) ? TC_ACT_SHOT :
	    (int)bpf_redirect((__u32)to, 0);
}

#endif
