/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PPP frames that negotiate, in the first packets of a call: a copy of each
 * goes to the daemon, which reads who logs in and how.  No packet waits.
 */
#ifndef NAT_BPF_FRAME_BPF_H
#define NAT_BPF_FRAME_BPF_H

#include "nat/bpf/packet.bpf.h"

/* RFC 1661 sections 2 and 5: protocol, code, identifier, length. */
#define PPP_HEADER	6
#define PPP_LCP_FIRST	0xC0		/* of LCP's number, 0xC021 */
#define PPP_LCP_SECOND	0x21
#define PPP_ECHO_FIRST	9		/* Echo-Request, Echo-Reply, */
#define PPP_ECHO_LAST	11		/* Discard-Request */
#define PPP_COMPRESSED	0xFD		/* MPPE and MPPC */

/* What has passed, for the daemon: struct fast_frame. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, FAST_FRAME_BYTES);
} frames SEC(".maps");

/* How many bytes of a frame that begins so are wanted: all, its header, 0. */
static __always_inline __u32
frame_wanted(const __u8 *head, __u32 length, struct fast_call *call)
{
	__u32 first = head[0], kind;

	if (first >= 0x80 && (first & 1) == 0)
		return first == PPP_LCP_FIRST && head[1] == PPP_LCP_SECOND &&
		    head[2] >= PPP_ECHO_FIRST && head[2] <= PPP_ECHO_LAST ? 0 :
		    length;
	if (first == 0)
		first = head[1];
	kind = first == PPP_COMPRESSED ? FAST_HEARD_ENCRYPTED :
	    FAST_HEARD_PLAIN;
	if (call->heard & kind)
		return 0;
	call->heard |= kind;
	return PPP_HEADER;
}

/* Copies so many bytes, one at least; 0 without room for them. */
static __always_inline int
copy_frame(struct __sk_buff *skb, __u32 at, __u32 length, __u32 lost,
    const struct fast_origin *of)
{
	struct fast_frame *frame = bpf_ringbuf_reserve(&frames,
	    sizeof(*frame), 0);

	if (frame == NULL)
		return 0;
	frame->of = *of;
	frame->lost = lost != 0;
	/* Before Linux 6.8 the kernel has no notion of what is not 0. */
	length--;
	barrier_var(length);
	if (length >= sizeof(frame->bytes))
		length = sizeof(frame->bytes) - 1;
	frame->length = length + 1;
	if (bpf_skb_load_bytes(skb, at, frame->bytes, length + 1) != 0)
		frame->length = 0;
	bpf_ringbuf_submit(frame, BPF_RB_NO_WAKEUP);
	return 1;
}

/*
 * A packet of a call, which is said by *of: 1 when the daemon gets its frame,
 * -1 when there was no room for that, else 0.
 */
static __always_inline int
note_frame(struct __sk_buff *skb, __u32 offset, const unaligned_packet *p,
    struct fast_call *call, const struct fast_origin *of)
{
	__u16 flags = p->flags;
	__u32 at = offset + sizeof(*p) + 4, length = bpf_ntohs(p->payload);
	__u8 head[PPP_HEADER];
	__u32 skip = 0;

	if (!(flags & bpf_htons(GRE_SEQ)) || call->heard >= FAST_HEARD_ALL)
		return 0;
	if (flags & bpf_htons(GRE_ACK))
		at += 4;
	if (length < PPP_HEADER ||
	    bpf_skb_load_bytes(skb, at, head, sizeof(head)) != 0)
		return 0;
	if (head[0] == 0xFF && head[1] == 0x03) {	/* RFC 1662 */
		skip = 2;
		if (length < PPP_HEADER + 2 ||
		    bpf_skb_load_bytes(skb, at + 2, head, sizeof(head)) != 0)
			return 0;
	}
	length = frame_wanted(head, length - skip, call);
	if (length == 0)
		return 0;
	if (copy_frame(skb, at + skip, length, call->heard & FAST_HEARD_LOST,
	    of)) {
		call->heard += FAST_HEARD_ONE;
		return 1;
	}
	call->heard |= FAST_HEARD_LOST;
	return -1;
}

#endif
