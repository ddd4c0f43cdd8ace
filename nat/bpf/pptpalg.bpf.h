/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tc programs and the daemon share.  Addresses and call IDs are in
 * network byte order: as they are in packets.
 */
#ifndef NAT_BPF_PPTPALG_BPF_H
#define NAT_BPF_PPTPALG_BPF_H

#include <asm/byteorder.h>
#include <linux/types.h>

/* Where in the table of a direction calls are looked for. */
struct fast_layout {
	__u32	places;		/* that say where strays are */
	__u32	first;		/* slot behind these */
	__u32	homes;		/* slots from there on, a power of 2; less 1 */
	__u64	seed;		/* that no peer knows */
};

/* Set by the daemon before it loads the programs. */
struct fast_settings {
	__u32	mark;		/* one bit of the packet mark */
	__u32	direct;		/* forward = direct */
	__u32	automatic;	/* forward = auto */
	__u32	ipsec;		/* the kernel can be asked about it */
	__u32	window;		/* the largest of a control connection */
	struct fast_layout table;
};

/* Finds a call, by the addresses and the call ID of a GRE packet. */
struct fast_key {
	__u32	outside;	/* the peer's address */
	__u32	here;		/* inbound: public address, outbound: inside */
	__u16	id;		/* inbound: mapped ID, outbound: outside ID */
	__u16	zero;
};

/* A call that is up, in one direction, and what has passed. */
struct fast_call {
	union {
		struct {
			__u32	address; /* inside; outbound: public */
			__u16	id;	 /* the same: inside; mapped */
			__u16	sum;	 /* of the address: fast_sum */
		};
		__u64	to;		/* all, for at once */
	};
	__u32	ifindex;	/* its packets come from there, 0: not known */
	__u32	at;		/* its place in the table */
	__u32	mark;		/* to route its packets by, 0: none */
	__u32	heard;		/* of PPP: enum fast_heard */
	__u64	packets, bytes;	/* bytes with IP header */
	__u64	last;		/* ns of CLOCK_MONOTONIC, 0: none yet */
};

/* How a packet leaves: what is equal in all that take a call's way. */
union fast_hop {
	struct {
		__u32	link[3]; /* Ethernet addresses */
		__s32	to;	 /* interface; below 0: without link header */
		__u32	mark, priority;
	};
	__u64	all[3];		/* to be compared and copied */
};

/*
 * The way of a call's packets past the stack (forward = auto): what the stack
 * did with a packet of the call that it was given, the probe, when that left.
 * Known while asked is the same as confirmed, not zero and less than
 * FAST_PROBE_NS ago.  Only the programs write here, but for zero.
 */
struct fast_way {
	__u64	asked;		/* ns: when the probe came */
	__u64	confirmed;	/* the same, once the probe has left */
	__u32	generation;	/* fast_state's, when the probe came */
	__u32	from;		/* interface that the probe came by */
	__u32	from_mark;	/* its mark then */
	__u32	from_link;	/* of the Ethernet address that it came with */
	__u16	length;		/* of the largest that has left since, IP */
	__u16	probe_length;
	__u8	probe_tos, probe_ttl;
	__u8	probe_flags;	/* DF */
	union fast_hop hop;	/* how it left */
};

#define FAST_PROBE_NS	1000000000

/* What the daemon tells the programs while they run, and they each other. */
struct fast_state {
	__u64	now;		/* ns, and in which jiffy: see time_now */
	__u64	now_in;		/* the jiffy, exclusive or now */
	__u32	generation;	/* another: no way is known any more */
	__u64	plain;		/* ns: until then nothing comes by IPsec */
};

/*
 * A call in the table of a direction: two lines of the processor's cache, side
 * by side.  Free: no key.
 */
struct fast_slot {
	struct fast_key		key;
	struct fast_call	call;
	struct fast_way		way;
} __attribute__((aligned(128)));

/*
 * A call's slot is its home, which its ID leads to, so that a packet waits for
 * the processor's memory once.  An ID is mostly unique among those that an
 * outside host gives, or gets from us.  Where another call is at home already,
 * the slot is any free one, and the call a stray: the table begins with
 * places, which fill slots of their own; at the one that fast_place says, or
 * soon behind, there is the number of its slot, and above it bits of the hash,
 * so that hardly a slot is looked at in vain.  0: nothing.
 */
#define FAST_LAYOUT	1	/* one more when what is in a slot changes */
#define FAST_PLACES	(sizeof(struct fast_slot) / sizeof(__u32))
#define FAST_PROBES	32
#define FAST_SLOT_BITS	21

static inline __u32
fast_home(const struct fast_key *key, const volatile struct fast_layout *at)
{
	__u64 host = (__u64)(key->outside ^ (__u32)at->seed) *
	    0x9E3779B97F4A7C15;

	return at->first +
	    (((__u32)(host >> 32) + __be16_to_cpu(key->id)) & at->homes);
}

static inline __u64
fast_hash(const struct fast_key *key, const volatile struct fast_layout *at)
{
	__u64 hash = ((__u64)key->outside << 32 | key->here) ^ at->seed;

	hash *= 0x9E3779B97F4A7C15;
	hash ^= hash >> 32 ^ key->id;
	return hash * 0xD6E8FEB86659FD93;
}

static inline __u32
fast_place(__u64 hash, const volatile struct fast_layout *at)
{
	return (__u32)((hash >> 32) * at->places >> 32);
}

/* Does this number stand for a slot that may be the call's? */
static inline int
fast_fits(__u32 number, __u64 hash)
{
	return number != 0 &&
	    (number ^ (__u32)hash) >> FAST_SLOT_BITS == 0;
}

/*
 * RFC 1624: what is added to the complement of IP's checksum when one address
 * becomes another.
 */
static inline __u16
fast_sum(__u32 before, __u32 after)
{
	__u32 sum = (~before & 0xFFFF) + (~before >> 16) + (after & 0xFFFF) +
	    (after >> 16);

	sum = (sum & 0xFFFF) + (sum >> 16);
	return (__u16)((sum & 0xFFFF) + (sum >> 16));
}

/* The packet whose first fragment was translated; its later ones need this. */
struct fast_fragment {
	__u32	inside, outside;
	__u16	ident, zero;
};

/* A control connection, by the ends of a segment as it arrives. */
struct fast_ends {
	__u32	src, dst;
	__u16	sport, dport;
	__u32	inbound;	/* from an outside interface */
};

/* The same as the daemon knows it (struct alg_flow), in host byte order. */
struct fast_control {
	__u32	inside, outside;
	__u16	inside_port, outside_port;
};

/* A segment that only acknowledged and has passed, in host byte order. */
struct fast_ack {
	struct fast_control	control;
	__u32			seq, ack, inbound;
};

/*
 * The start of a PPP frame of a call, as it passes: all that negotiates in the
 * call's first packets (but for LCP's echoes), and the first frame with data,
 * plain and encrypted.
 */
struct fast_frame {
	struct fast_origin {
		__u32	public, outside;	/* of its call */
		__u16	mapped_id;
		__u16	inbound;
	}	of;
	__u16	length;		/* of what follows, in host byte order */
	__u8	lost;		/* some of the call's before had no room */
	__u8	bytes[253];
};

#define FAST_FRAME_PACKETS	1024	/* of a call, each way, are looked at */
#define FAST_FRAMES_MAX		256	/* of these are copied */
#define FAST_FRAME_BYTES	(1 << 20)	/* that wait for the daemon */

/* Bits of fast_call.heard; above them, how many frames. */
enum fast_heard {
	FAST_HEARD_PLAIN = 1, FAST_HEARD_ENCRYPTED = 2, FAST_HEARD_LOST = 4,
	FAST_HEARD_ONE = 8,
	FAST_HEARD_ALL = FAST_HEARD_ONE * FAST_FRAMES_MAX
};

#define FAST_ACK_BYTES	(256 << 10)	/* of them that wait for the daemon */

/*
 * What the programs count: translated packets, and packets of PPTP that they
 * left to the queue, or to the stack where another way was asked for.
 */
#define FAST_LIST(X)							\
	X(IN, "bpf_in")							\
	X(OUT, "bpf_out")						\
	X(ACKS, "bpf_acks")		/* acknowledgments that passed */ \
	X(FRAMES, "bpf_ppp_frames")	/* of PPP, shown to the daemon */ \
	X(FRAMES_LOST, "bpf_ppp_frames_lost")	/* it was too slow for */ \
	X(FAST_IN, "bpf_fast_in")	/* past the stack by auto */ \
	X(FAST_OUT, "bpf_fast_out")					\
	X(PROBE, "bpf-probe")	/* by the stack, once a second */	\
	X(UNCONFIRMED, "bpf-unconfirmed") /* the probe has not left */	\
	X(CHANGED, "bpf-changed")	/* the probe left as another */	\
	X(LARGER, "bpf-larger")	/* than all that has left since the probe */ \
	X(OTHER, "bpf-other-than-probe") /* sender, mark, TOS */ \
	X(IPSEC, "bpf-ipsec")	/* came by it: always by the stack */	\
	X(UNKNOWN, "bpf-unknown-call")					\
	X(MALFORMED, "bpf-malformed")					\
	X(FRAGMENT, "bpf-fragment")					\
	X(OPTIONS, "bpf-ip-options")					\
	X(TTL, "bpf-ttl")						\
	X(ROUTE, "bpf-no-direct-route")					\
	X(SOURCE, "bpf-other-interface")				\
	X(MTU, "bpf-too-large")						\
	X(NEIGHBOUR, "bpf-no-neighbour")				\
	X(GONE, "bpf-call-gone")	/* dropped: down meanwhile */

/* What one of them counts; bytes (with IP header) of translated packets. */
struct fast_count {
	__u64	packets, bytes;
};

enum fast_counter {
#define X(id, name) FAST_##id,
	FAST_LIST(X)
#undef X
	FAST_COUNTERS
};

#endif
