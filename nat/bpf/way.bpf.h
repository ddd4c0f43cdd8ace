/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way of a call's packets past the stack.  It is learned from a probe, a
 * packet of the call that is left to the stack: what the stack has sent it
 * with (interface, link header, mark, priority) is kept.  For clang -target bpf
 * only.
 */
#ifndef NAT_BPF_WAY_BPF_H
#define NAT_BPF_WAY_BPF_H

#include "nat/bpf/packet.bpf.h"

/*
 * Can a packet that has arrived take the way that is known?  FINE with a copy
 * of the way, or why not; FAST_PROBE: it is time to ask again.
 */
static __always_inline int
way_check(const struct __sk_buff *skb, const struct gre_packet *p,
    volatile struct fast_way *way, __u64 now, __u32 generation,
    struct fast_way *copy)
{
	__u64 asked = way->asked;

	if (asked == 0 || now - asked >= FAST_PROBE_NS ||
	    way->generation != generation)
		return FAST_PROBE;
	if (way->confirmed != asked)
		return FAST_UNCONFIRMED;
	if (way->from != skb->ifindex || way->from_mark != skb->mark ||
	    way->probe_tos != p->tos)
		return FAST_OTHER;
	if (bpf_ntohs(p->tot_len) > way->length)
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

/* This packet is the probe. */
static __always_inline void
way_ask(const struct __sk_buff *skb, const struct gre_packet *p,
    volatile struct fast_way *way, __u64 now, __u32 generation)
{
	way->confirmed = 0;
	way->generation = generation;
	way->from = skb->ifindex;
	way->from_mark = skb->mark;
	way->length = 0;
	way->probe_length = bpf_ntohs(p->tot_len);
	way->probe_tos = p->tos;
	way->probe_ttl = p->ttl;
	way->asked = now;
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
 * A packet of the call leaves that came by the stack, before anything is done
 * to it here.  What the stack has changed but for TTL and link header, or cut
 * into fragments, has no way past it; the largest that leaves as it came shows
 * what fits.  Only the probe itself shows the way: others may have come from
 * where the probe did not.  FAST_CHANGED, or FINE.
 */
static __always_inline int
way_confirm(struct __sk_buff *skb, __u32 offset, const struct gre_packet *p,
    volatile struct fast_way *way, int is_probe)
{
	__u16 length = bpf_ntohs(p->tot_len);
	union way_link link = { 0 };
	__u64 asked = way->asked;
	int bare = offset == 0;

	if (p->frag_off & bpf_htons(IP_MF | IP_OFFSET))
		return FAST_CHANGED;
	if (asked == 0 || (!bare &&
	    bpf_skb_load_bytes(skb, 0, &link.header, ETH_HLEN) != 0))
		return FINE;
	if (way->confirmed == asked) {
		if (length > way->length && p->tos == way->probe_tos &&
		    way_leads(skb, way, &link, bare))
			way->length = length;
		return FINE;
	}
	if (!is_probe || length != way->probe_length)
		return FINE;		/* or the probe of before */
	if (p->tos != way->probe_tos || p->ttl + 1 != way->probe_ttl)
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
