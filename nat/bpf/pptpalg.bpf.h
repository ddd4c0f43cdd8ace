/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_BPF_PPTPALG_BPF_H
#define NAT_BPF_PPTPALG_BPF_H

#include <linux/types.h>

/*
 * What the tc programs and the daemon share.  Addresses and call IDs are in
 * network byte order: as they are in packets.
 */

/* Set by the daemon before it loads the programs. */
struct fast_settings {
	__u32	mark;		/* one bit of the packet mark */
	__u32	direct;		/* forward = direct */
	__u32	coarse;		/* the kernel's cheap clock: Linux 5.11 */
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
	__u32	address;	/* inbound: inside, outbound: public */
	__u16	id;		/* inbound: inside ID, outbound: mapped ID */
	__u16	zero;
	__u32	ifindex;	/* its packets come from there, 0: not known */
	__u32	none;
	__u64	packets, bytes;	/* bytes with IP header */
	__u64	last;		/* ns of CLOCK_MONOTONIC, 0: none yet */
};

/* The packet whose first fragment was translated; its later ones need this. */
struct fast_fragment {
	__u32	inside, outside;
	__u16	ident, zero;
};

/*
 * What the programs count: translated packets, and packets of PPTP that they
 * left to the queue, or to the stack where forward = direct was asked for.
 */
#define FAST_LIST(X)							\
	X(IN, "bpf_in")							\
	X(OUT, "bpf_out")						\
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

enum fast_counter {
#define X(id, name) FAST_##id,
	FAST_LIST(X)
#undef X
	FAST_COUNTERS
};

#endif
