/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nat/bpf/kernel.bpf.h"
#include "nat/bpf/packet.bpf.h"
#include "nat/bpf/pptpalg.bpf.h"

/*
 * tc programs that translate the GRE of calls that are up.  Nothing else is
 * touched: what they leave alone goes the queue's way.  Compiled without
 * headers of the kernel that it will run on.
 */
/* Constant for the kernel, which leaves out what is not needed. */
const volatile struct fast_settings settings = { 0 };

struct {
	MAP(BPF_MAP_TYPE_HASH, struct fast_key, struct fast_call);
	int (*max_entries)[1];
	int (*map_flags)[BPF_F_NO_PREALLOC];
} inbound SEC(".maps"), outbound SEC(".maps");

/* Call IDs of packets that the stack has cut to pieces. */
struct {
	MAP(BPF_MAP_TYPE_LRU_HASH, struct fast_fragment, __u16);
	int (*max_entries)[1024];
} fragments SEC(".maps");

struct {
	MAP(BPF_MAP_TYPE_PERCPU_ARRAY, __u32, __u64);
	int (*max_entries)[FAST_COUNTERS];
} counters SEC(".maps");

char terms[] SEC("license") = "GPL";

static inline void
count(__u32 counter)
{
	__u64 *n = map_find(&counters, &counter);

	if (n != 0)
		(*n)++;
}

/* What we do not translate goes on as it came, to other tc programs first. */
static inline int
leave(int why)
{
	if (why >= 0)
		count((__u32)why);
	return TC_ACT_UNSPEC;
}

static inline struct fast_call *
find(void *map, __u32 outside, __u32 here, __u16 id)
{
	struct fast_key key = { outside, here, id, 0 };

	return map_find(map, &key);
}

/* Counts a packet; of its later fragments only what they carry. */
static inline void
note(struct fast_call *call, const struct packet *p, __u32 counter)
{
	__u32 length = to_be16(p->length);

	if (p->fragment & to_be16(FRAGMENT_MASK)) {
		__sync_fetch_and_add(&call->bytes, length - IP);
		return;
	}
	__sync_fetch_and_add(&call->packets, 1);
	__sync_fetch_and_add(&call->bytes, length);
	call->last = settings.coarse ? clock_coarse() : clock_fine();
	count(counter);
}

/*
 * Does a packet come from where an answer would go?  Past the stack, nobody
 * else asks (rp_filter).  Asked once in a while only.
 */
static inline int
check_source(struct __sk_buff *skb, const struct packet *p,
    struct fast_call *call)
{
	struct bpf_fib_lookup back = {
		.family = AF_INET, .l4_protocol = IP_PROTO_GRE,
		.ifindex = skb->ifindex, .ipv4_src = p->dst, .ipv4_dst = p->src
	};
	long result;

	if (call->ifindex == skb->ifindex && call->packets % TRUSTED != 0)
		return FINE;
	call->ifindex = 0;
	result = fib_lookup(skb, &back, sizeof(back), 0);
	if ((result != BPF_FIB_LKUP_RET_SUCCESS &&
	    result != BPF_FIB_LKUP_RET_NO_NEIGH) ||
	    back.ifindex != skb->ifindex)
		return FAST_SOURCE;
	call->ifindex = skb->ifindex;
	return FINE;
}

/* The kernel's route and neighbour for a packet; FINE or why not. */
static inline int
find_way(struct __sk_buff *skb, const struct packet *p,
    struct fast_call *call, __u32 src, __u32 dst, struct bpf_fib_lookup *way)
{
	int what = check_source(skb, p, call);
	long result;

	if (what != FINE)
		return what;
	*way = (struct bpf_fib_lookup){
		.family = AF_INET, .l4_protocol = IP_PROTO_GRE,
		.tot_len = to_be16(p->length), .ifindex = skb->ifindex,
		.tos = p->tos, .ipv4_src = src, .ipv4_dst = dst
	};
	result = fib_lookup(skb, way, sizeof(*way), 0);
	if (result == BPF_FIB_LKUP_RET_FRAG_NEEDED)
		return FAST_MTU;
	if (result == BPF_FIB_LKUP_RET_NO_NEIGH)
		return FAST_NEIGHBOUR;
	if (result != BPF_FIB_LKUP_RET_SUCCESS || way->family != AF_INET ||
	    way->ifindex == skb->ifindex)
		return FAST_ROUTE;
	return FINE;
}

/* Straight to the next hop, once it is translated. */
static inline int
hand_over(struct __sk_buff *skb, __u32 link, const struct packet *p,
    const struct bpf_fib_lookup *way)
{
	struct bpf_redir_neigh hop = { .nh_family = AF_INET,
	    .ipv4_nh = way->ipv4_dst };
	__u32 length = link + to_be16(p->length);

	/* Padding of the link that it came from. */
	if (skb->len > length && skb_tail(skb, length, 0) != 0)
		return TC_ACT_SHOT;
	/* The kernel takes the link header off again. */
	if (link == 0 && skb_head(skb, ETHERNET, 0) != 0)
		return TC_ACT_SHOT;
	return (int)redirect_neigh(way->ifindex, &hop, sizeof(hop), 0);
}

/* Ingress of an outside interface. */
static inline int
from_outside(struct __sk_buff *skb, __u32 link)
{
	struct bpf_fib_lookup way;
	struct fast_call *call;
	struct packet p = { 0 };
	int what = read_arrival(skb, link, &p);
	__u32 inside;
	__u16 id;

	if (what != FINE)
		return leave(what);
	call = find(&inbound, p.src, p.dst, p.id);
	if (call == 0)
		return leave(FAST_UNKNOWN);
	inside = call->address;
	id = call->id;
	note(call, &p, FAST_IN);
	what = NOT_OURS;
	if (settings.direct)
		what = find_way(skb, &p, call, p.src, inside, &way);
	if (rewrite_in(skb, link, &p, inside, id, what == FINE) != 0)
		return TC_ACT_SHOT;
	if (what == FINE)
		return hand_over(skb, link, &p, &way);
	skb->mark |= settings.mark;
	return leave(what);
}

/* Straight on, if there is a way; else the queue gets it as it is. */
static inline int
straight_out(struct __sk_buff *skb, __u32 link, struct packet *p,
    struct fast_call *call)
{
	struct bpf_fib_lookup way;
	int what = find_way(skb, p, call, p->src, p->dst, &way);
	__u32 public = call->address;

	/* The kernel looks for the neighbour when it gets the packet. */
	if (what == FAST_NEIGHBOUR)
		count(FAST_NEIGHBOUR);
	else if (what != FINE)
		return leave(what);
	note(call, p, FAST_OUT);
	if (rewrite_out(skb, link, p, public, 1) != 0)
		return TC_ACT_SHOT;
	return hand_over(skb, link, p, &way);
}

/*
 * Goes with a packet as its tc_index, so that it cannot leave with the source
 * that it came with.
 */
static inline __u16
trace(__u32 src)
{
	return (src * 0x9E3779B1) >> 16 | 1;
}

/*
 * Ingress of an inside interface.  A source of our own would be a martian
 * before routing: what takes the stack's way is only marked here, and
 * translated on its way out.
 */
static inline int
from_inside(struct __sk_buff *skb, __u32 link)
{
	struct packet p = { 0 };
	struct fast_call *call;
	int what = read_arrival(skb, link, &p);

	if (what != FINE)
		return leave(what);
	call = find(&outbound, p.dst, p.src, p.id);
	if (call == 0)
		return leave(FAST_UNKNOWN);
	if (settings.direct)
		return straight_out(skb, link, &p, call);
	skb->mark |= settings.mark;
	skb->tc_index = trace(p.src);
	return TC_ACT_UNSPEC;
}

/* The call of a packet that goes out, or of a piece of one. */
static inline struct fast_call *
leaving_call(const struct packet *p)
{
	struct fast_fragment whole = { p->src, p->dst,
	    p->ident, 0 };
	__u16 *known, id = p->id;

	if (p->fragment & to_be16(FRAGMENT_MASK)) {
		known = map_find(&fragments, &whole);
		if (known == 0)
			return 0;
		id = *known;
	} else if (p->gre_protocol != to_be16(GRE_PROTOCOL)) {
		return 0;
	} else if (p->fragment & to_be16(MORE_FRAGMENTS)) {
		map_put(&fragments, &whole, &id, BPF_ANY);
	}
	return find(&outbound, p->dst, p->src, id);
}

/* Egress of an outside interface: marked packets of inside hosts. */
static inline int
to_outside(struct __sk_buff *skb, __u32 link)
{
	struct fast_call *call = 0;
	struct packet p = { 0 };
	__u32 public;

	if (!(skb->mark & settings.mark))
		return TC_ACT_UNSPEC;
	if (read_packet(skb, link, &p) != FINE || p.version != 0x45)
		return TC_ACT_UNSPEC;
	call = leaving_call(&p);
	if (call != 0) {
		public = call->address;
		note(call, &p, FAST_OUT);
		if (rewrite_out(skb, link, &p, public, 0) == 0)
			return TC_ACT_UNSPEC;
	}
	/* Most likely the queue engine has translated it already. */
	if (skb->tc_index != trace(p.src))
		return TC_ACT_UNSPEC;
	count(FAST_GONE);
	return TC_ACT_SHOT;
}

/* Each for interfaces with and without an Ethernet header. */
#define PROGRAMS(what)							\
SEC("tc") int what##_ethernet(struct __sk_buff *skb)			\
{									\
	return what(skb, ETHERNET);					\
}									\
SEC("tc") int what##_bare(struct __sk_buff *skb)			\
{									\
	return what(skb, 0);						\
}

PROGRAMS(from_outside)
PROGRAMS(from_inside)
PROGRAMS(to_outside)
