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

/* All of a packet that the stack's decision may hang on, but for addresses. */
struct way_arrival {
	__u64	now;		/* ns */
	__u32	generation;	/* of what the daemon has told */
	__u32	from, mark, link;
	__u16	length;
	__u8	tos, ttl, flags;
};

/* Four bytes of the Ethernet address that it comes from, or 0. */
static __always_inline __u32
link_source(const struct __sk_buff *skb, __u32 offset)
{
	const __u16 *at = (void *)(long)skb->data + 8;

	if (offset == 0 || (void *)(at + 2) > (void *)(long)skb->data_end)
		return 0;
	return (__u32)at[0] << 16 | at[1];
}

/* DF: fragments and options have no way. */
static __always_inline __u8
ip_flags(const struct gre_packet *p)
{
	return (__u8)(bpf_ntohs(p->frag_off) >> 8);
}

static __always_inline struct way_arrival
way_arrival(const struct __sk_buff *skb, __u32 offset,
    const struct gre_packet *p, __u64 now, __u32 generation)
{
	return (struct way_arrival){ .now = now, .generation = generation,
	    .from = skb->ifindex, .mark = skb->mark,
	    .link = link_source(skb, offset),
	    .length = bpf_ntohs(p->tot_len), .tos = p->tos, .ttl = p->ttl,
	    .flags = ip_flags(p) };
}

/*
 * Can a packet that has arrived take the way that is known?  FINE with a copy
 * of the way, or why not; FAST_PROBE: it is time to ask again.
 */
static __always_inline int
way_check(const struct way_arrival *is, volatile struct fast_way *way,
    struct fast_way *copy)
{
	__u64 asked = way->asked;

	if (asked == 0 || is->now - asked >= FAST_PROBE_NS ||
	    way->generation != is->generation)
		return FAST_PROBE;
	if (way->confirmed != asked)
		return FAST_UNCONFIRMED;
	if (way->from != is->from || way->from_mark != is->mark ||
	    way->from_link != is->link || way->probe_tos != is->tos ||
	    way->probe_flags != is->flags)
		return FAST_OTHER;
	if (is->length > way->length)
		return FAST_LARGER;
	copy->to = way->to;
	copy->mark = way->mark;
	copy->priority = way->priority;
	copy->bare = way->bare;
	copy->header[0] = way->header[0];
	copy->header[1] = way->header[1];
	copy->header[2] = way->header[2];
	barrier();
	/* It may have changed while it was copied. */
	return way->confirmed == asked ? FINE : FAST_UNCONFIRMED;
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
way_ask(const struct way_arrival *is, volatile struct fast_way *way)
{
	way->confirmed = 0;
	way->generation = is->generation;
	way->from = is->from;
	way->from_mark = is->mark;
	way->from_link = is->link;
	way->length = 0;
	way->probe_length = is->length;
	way->probe_tos = is->tos;
	way->probe_ttl = is->ttl;
	way->probe_flags = is->flags;
	way->asked = (is->now & ~0xFFFFULL) - 0x10000 +
	    (bpf_get_smp_processor_id() & 0xFFFF);
}

/* An Ethernet header, of which the addresses are as many words. */
union way_link {
	struct ethhdr	header;
	__u32		word[3];
};

typedef union way_link unaligned_link __attribute__((aligned(2)));

static __always_inline int
way_leads(const struct __sk_buff *skb, const volatile struct fast_way *way,
    const union way_link *link, int bare)
{
	return way->to == skb->ifindex && way->mark == skb->mark &&
	    way->priority == skb->priority && way->bare == bare &&
	    way->header[0] == link->word[0] &&
	    way->header[1] == link->word[1] && way->header[2] == link->word[2];
}

/*
 * What the stack has changed but for TTL and link header, or cut into
 * fragments, has no way past it, nor what the next interface sends on by what
 * the stack has put beside the packet (a tunnel's far end).
 */
static __always_inline int
is_changed(struct __sk_buff *skb, const struct gre_packet *p,
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
way_confirm(struct __sk_buff *skb, __u32 offset, const struct gre_packet *p,
    volatile struct fast_way *way, __u32 probe)
{
	__u16 length = bpf_ntohs(p->tot_len);
	union way_link link = { 0 };
	__u64 asked = way->asked;
	int bare = offset == 0;

	if (p->frag_off & bpf_htons(IP_MF | IP_OFFSET))
		return FAST_CHANGED;
	if (asked == 0 || (probe != NO_PROBE && probe != way_probe(way)) ||
	    (!bare &&
	    bpf_skb_load_bytes(skb, 0, &link.header, ETH_HLEN) != 0))
		return FINE;
	if (way->confirmed == asked) {
		if (!way_leads(skb, way, &link, bare))
			return probe != NO_PROBE ? way_forget(way) : FINE;
		if (length > way->length && p->tos == way->probe_tos)
			way->length = length;
		return FINE;
	}
	if (probe == NO_PROBE || length != way->probe_length)
		return FINE;
	if (is_changed(skb, p, way))
		return FAST_CHANGED;
	way->to = skb->ifindex;
	way->mark = skb->mark;
	way->priority = skb->priority;
	way->bare = bare;
	way->header[0] = link.word[0];
	way->header[1] = link.word[1];
	way->header[2] = link.word[2];
	way->length = length;
	barrier();
	way->confirmed = asked;
	return FINE;
}

static __always_inline int
write_link(struct __sk_buff *skb, __u32 offset, const struct fast_way *way)
{
	unaligned_link *to;

	if (offset == 0 && bpf_skb_change_head(skb, ETH_HLEN, 0) != 0)
		return -1;
	to = (void *)(long)skb->data;
	if ((void *)(to + 1) > (void *)(long)skb->data_end)
		return -1;
	to->word[0] = way->header[0];
	to->word[1] = way->header[1];
	to->word[2] = way->header[2];
	to->header.h_proto = bpf_htons(ETH_P_IP);
	return 0;
}

/*
 * Sends a packet that is translated, its TTL one less, as its probe left: the
 * interface's own programs, filters and qdisc still see it.
 */
static __always_inline int
way_take(struct __sk_buff *skb, __u32 offset, const struct gre_packet *p,
    const struct fast_way *way)
{
	__u32 length = offset + bpf_ntohs(p->tot_len);

	/* Padding of the link layer that it came from. */
	if (skb->len > length && bpf_skb_change_tail(skb, length, 0) != 0)
		return TC_ACT_SHOT;
	/* A header that the next interface lacks is taken off by the kernel. */
	if (!way->bare && write_link(skb, offset, way) != 0)
		return TC_ACT_SHOT;
	skb->mark = way->mark;
	skb->priority = way->priority;
	return (int)bpf_redirect(way->to, 0);
}

#endif
