/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Segments of control connections that do nothing but acknowledge: there is
 * nothing in them to read, so they pass the queue, and the daemon is told.
 */
#ifndef NAT_BPF_ACK_BPF_H
#define NAT_BPF_ACK_BPF_H

#include "nat/bpf/packet.bpf.h"

#define PPTP_PORT	1723
#define TCP_ACK		0x10
#define TCP_FLAGS	0x3F		/* URG, ACK, PSH, RST, SYN, FIN */
#define TCP_WORDS	5		/* of a header, at least */
#define WINDOW_OFFSET	offsetof(struct ack_segment, window)
#define CHECK_OFFSET	offsetof(struct ack_segment, tcp_check)

/* IPv4 without options, and TCP (RFC 9293 section 3.1). */
struct ack_segment {
	__u8	version_ihl, tos;
	__be16	tot_len, id, frag_off;
	__u8	ttl, protocol;
	__sum16	check;
	__be32	saddr, daddr;
	__be16	source, dest;
	__be32	seq, ack;
	__u8	words, flags;		/* header length: its upper half */
	__be16	window;
	__sum16	tcp_check;
} __attribute__((packed, aligned(2)));

/*
 * The connections that the daemon follows.  With memory from the start: to
 * allocate it for each costs as much time as all else about the map.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct fast_ends);
	__type(value, struct fast_control);
	__uint(max_entries, 1);		/* the daemon says how many */
} controls SEC(".maps");

/* What has passed, for the daemon: struct fast_ack. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, FAST_ACK_BYTES);
} acks SEC(".maps");

static __always_inline int
is_only_ack(const struct ack_segment *s)
{
	return s->version_ihl == IP_VERSION_IHL &&
	    s->protocol == IPPROTO_TCP &&
	    !(s->frag_off & bpf_htons(IP_MF | IP_OFFSET)) && s->ttl > 1 &&
	    (s->flags & TCP_FLAGS) == TCP_ACK && s->words >> 4 >= TCP_WORDS &&
	    (s->source == bpf_htons(PPTP_PORT) ||
	    s->dest == bpf_htons(PPTP_PORT)) &&
	    bpf_ntohs(s->tot_len) ==
	    sizeof(struct iphdr) + (s->words >> 4) * 4U;
}

/* As the translator would: beyond it there is no room for what comes. */
static __always_inline long
limit_window(struct __sk_buff *skb, __u32 offset, __be16 before, __u32 most)
{
	__be16 window = bpf_htons(most);
	struct ack_segment *s;
	long failed = bpf_l4_csum_replace(skb, offset + CHECK_OFFSET, before,
	    window, sizeof(window));

	s = (void *)(long)skb->data + offset;
	if (failed || (void *)(s + 1) > (void *)(long)skb->data_end)
		return -1;
	s->window = window;
	return 0;
}

/* Need an acknowledgment at ingress not be queued?  Then it is noted. */
static __noinline int
note_ack(struct __sk_buff *skb, __u32 offset, __u32 inbound, __u32 most)
{
	struct ack_segment *s = (void *)(long)skb->data + offset;
	struct fast_control *control;
	struct fast_ends ends = { 0 };
	struct fast_ack ack = { 0 };
	__be16 window;

	if ((void *)(s + 1) > packet_end(skb))
		return 0;
	ends.src = s->saddr;
	ends.dst = s->daddr;
	ends.sport = s->source;
	ends.dport = s->dest;
	ends.inbound = inbound;
	control = bpf_map_lookup_elem(&controls, &ends);
	if (control == NULL)
		return 0;
	ack.control = *control;
	ack.seq = bpf_ntohl(s->seq);
	ack.ack = bpf_ntohl(s->ack);
	ack.inbound = inbound;
	window = s->window;
	/* Without room to tell the daemon it has to be queued. */
	return bpf_ringbuf_output(&acks, &ack, sizeof(ack),
	    BPF_RB_NO_WAKEUP) == 0 && (bpf_ntohs(window) <= most ||
	    limit_window(skb, offset, window, most) == 0);
}

/* Whether what arrives does nothing but acknowledge, and has been noted. */
static __always_inline int
passes_ack(struct __sk_buff *skb, __u32 offset, __u32 inbound, __u32 most)
{
	const struct ack_segment *s = (void *)(long)skb->data + offset;

	return (const void *)(s + 1) <= packet_end(skb) && is_only_ack(s) &&
	    note_ack(skb, offset, inbound, most);
}

#endif
