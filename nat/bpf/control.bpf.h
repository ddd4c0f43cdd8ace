/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Segments of control connections in which there is no call ID to rewrite:
 * what does nothing but acknowledge, and the message that a stream starts
 * with.  They pass the queue, and the daemon is told.
 */
#ifndef NAT_BPF_CONTROL_BPF_H
#define NAT_BPF_CONTROL_BPF_H

#include "nat/bpf/packet.bpf.h"

#define PPTP_PORT	1723
#define TCP_ACK		0x10
#define TCP_PSH		0x08
#define TCP_WORDS	5		/* of a header, at least */
#define TCP_FLAGS	0x3F		/* URG, ACK, PSH, RST, SYN, FIN */
#define WINDOW_OFFSET	offsetof(struct control_segment, window)
#define CHECK_OFFSET	offsetof(struct control_segment, tcp_check)

/* IPv4 without options, and TCP (RFC 9293 section 3.1). */
struct control_segment {
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

/* How SCCRQ and SCCRP begin (RFC 2637 section 2.1). */
struct start_header {
	__be16	length, message_type;
	__be32	cookie;
	__be16	type, zero;
};

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

/* What has passed, for the daemon: struct fast_passed or fast_start. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, FAST_PASSED_BYTES);
} passed SEC(".maps");

/* Behind the headers; if they are such as may pass, or -1. */
static __always_inline int
data_length(const struct control_segment *s)
{
	if (s->version_ihl != IP_VERSION_IHL || s->protocol != IPPROTO_TCP ||
	    s->frag_off & bpf_htons(IP_MF | IP_OFFSET) || s->ttl <= 1 ||
	    (s->flags & TCP_FLAGS & ~TCP_PSH) != TCP_ACK ||
	    s->words >> 4 < TCP_WORDS ||
	    (s->source != bpf_htons(PPTP_PORT) &&
	    s->dest != bpf_htons(PPTP_PORT)))
		return -1;
	return bpf_ntohs(s->tot_len) - (int)sizeof(struct iphdr) -
	    (s->words >> 4) * 4;
}

/* As the translator would: beyond it there is no room for what comes. */
static __always_inline long
limit_window(struct __sk_buff *skb, __u32 offset, __be16 before, __u32 most)
{
	__be16 window = bpf_htons(most);
	struct control_segment *s;
	long failed = bpf_l4_csum_replace(skb, offset + CHECK_OFFSET, before,
	    window, sizeof(window));

	s = (void *)(long)skb->data + offset;
	if (failed || (void *)(s + 1) > packet_end(skb))
		return -1;
	s->window = window;
	return 0;
}

/* The message that its stream starts with, whole? */
static __always_inline int
is_start(const struct fast_start *s)
{
	const struct start_header *h = (const void *)s->bytes;

	return h->length == bpf_htons(FAST_START_LENGTH) &&
	    h->message_type == bpf_htons(1) &&
	    h->cookie == bpf_htonl(0x1A2B3C4D) &&
	    h->type == bpf_htons(s->passed.control.start);
}

/*
 * Shows the daemon the message at at, once: numbers come again after 4 GiB.
 * Another one in its place, which the queue sees, begins as it does.
 */
static __always_inline int
note_start(struct __sk_buff *skb, __u32 at, struct fast_control *control,
    const struct fast_passed *is)
{
	struct fast_start *start = bpf_ringbuf_reserve(&passed, sizeof(*start),
	    0);

	if (start == NULL)
		return 0;
	start->passed = *is;
	if (bpf_skb_load_bytes(skb, at, start->bytes,
	    sizeof(start->bytes)) != 0 || !is_start(start)) {
		bpf_ringbuf_discard(start, BPF_RB_NO_WAKEUP);
		return 0;
	}
	bpf_ringbuf_submit(start, BPF_RB_NO_WAKEUP);
	control->start = 0;
	return 1;
}

/*
 * Need a segment at ingress not be queued?  Then it is noted, and what is
 * counted of it returned; or else NOT_OURS.
 */
static __noinline int
note_segment(struct __sk_buff *skb, __u32 offset, __u32 inbound, __u32 most)
{
	struct control_segment *s = (void *)(long)skb->data + offset;
	struct fast_control *control;
	struct fast_ends ends = { 0 };
	struct fast_passed is = { 0 };
	__be16 window;
	__u32 data;
	int noted;

	if ((void *)(s + 1) > packet_end(skb))
		return NOT_OURS;
	ends.src = s->saddr;
	ends.dst = s->daddr;
	ends.sport = s->source;
	ends.dport = s->dest;
	ends.inbound = inbound;
	control = bpf_map_lookup_elem(&controls, &ends);
	if (control == NULL)
		return NOT_OURS;
	is.control = *control;
	is.seq = bpf_ntohl(s->seq);
	is.ack = bpf_ntohl(s->ack);
	is.inbound = inbound;
	window = s->window;
	data = sizeof(struct iphdr) + (s->words >> 4) * 4;
	/* Without room to tell the daemon it has to be queued. */
	if (bpf_ntohs(s->tot_len) == data)
		noted = bpf_ringbuf_output(&passed, &is, sizeof(is),
		    BPF_RB_NO_WAKEUP) == 0 ? FAST_ACKS : NOT_OURS;
	else
		noted = is.control.start != 0 && is.seq == is.control.first &&
		    note_start(skb, offset + data, control, &is) ? FAST_STARTS :
		    NOT_OURS;
	return noted == NOT_OURS || bpf_ntohs(window) <= most ||
	    limit_window(skb, offset, window, most) == 0 ? noted : NOT_OURS;
}

/* Whether what arrives need not be queued, and has been noted: the same. */
static __always_inline int
passes_segment(struct __sk_buff *skb, __u32 offset, __u32 inbound, __u32 most)
{
	const struct control_segment *s = (void *)(long)skb->data + offset;
	int length;

	if ((const void *)(s + 1) > packet_end(skb))
		return NOT_OURS;
	length = data_length(s);
	return (length == 0 && !(s->flags & TCP_PSH)) ||
	    length == FAST_START_LENGTH ?
	    note_segment(skb, offset, inbound, most) : NOT_OURS;
}

#endif
