/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tc programs that translate the GRE of calls that are up.  Nothing else is
 * touched: what they leave alone goes to the queue.  They need no headers or
 * type information of the kernel that they will run on.
 */
#include "nat/bpf/packet.bpf.h"

/* Packets of a call from one look at its reverse path to the next. */
#define RECHECK	1024

/* BPF_FIB_LOOKUP_MARK, since Linux 6.10; others refuse it: no direct way. */
#define FIB_LOOKUP_MARK	(1U << 5)

/* Constant for the kernel, which leaves out what is not needed. */
const volatile struct fast_settings settings = { 0 };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct fast_slot);
	__uint(max_entries, 1);		/* the daemon says how many */
	__uint(map_flags, BPF_F_MMAPABLE);
} inbound SEC(".maps"), outbound SEC(".maps");

/* Call IDs of packets that the stack has fragmented. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, struct fast_fragment);
	__type(value, __be16);
	__uint(max_entries, 1024);
} fragments SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, FAST_COUNTERS);
} counters SEC(".maps");

char LICENSE[] SEC("license") = "GPL";

static __always_inline void
count_event(__u32 counter)
{
	__u64 *n = bpf_map_lookup_elem(&counters, &counter);

	if (n != NULL)
		(*n)++;
}

/* What we do not translate goes on as it came, to other tc programs first. */
static __always_inline int
leave_alone(int why)
{
	if (why >= 0)
		count_event((__u32)why);
	return TC_ACT_UNSPEC;
}

static __always_inline int
is_at(const volatile struct fast_key *at, const struct fast_key *key)
{
	return at->here == key->here && at->id == key->id &&
	    at->outside == key->outside;
}

/*
 * A call, and what its packets get: the daemon may give its place to another
 * call at any time, but then the key changes before that does.
 */
static __always_inline struct fast_call *
find_call(void *map, __be32 outside, __be32 here, __be16 id,
    struct fast_call *is)
{
	struct fast_key key = { outside, here, id, 0 };
	__u32 i, at = fast_index(&key, settings.seed, settings.slots);
	volatile struct fast_slot *slot;

#pragma clang loop unroll(disable)
	for (i = 0; i < FAST_PROBES; i++, at++) {
		slot = bpf_map_lookup_elem(map, &at);
		if (slot == NULL)
			return NULL;
		if (!is_at(&slot->key, &key))
			continue;
		is->to = slot->call.to;
		is->mark = slot->call.mark;
		return is_at(&slot->key, &key) && is->address != 0 ?
		    (struct fast_call *)&slot->call : NULL;
	}
	return NULL;
}

/* Counts a packet; of its later fragments only what they carry. */
static __always_inline void
count_packet(struct fast_call *call, const struct gre_packet *p, __u32 counter)
{
	__u32 length = bpf_ntohs(p->tot_len);

	if (p->frag_off & bpf_htons(IP_OFFSET)) {
		__sync_fetch_and_add(&call->bytes,
		    length - sizeof(struct iphdr));
		return;
	}
	__sync_fetch_and_add(&call->packets, 1);
	__sync_fetch_and_add(&call->bytes, length);
	call->last = settings.coarse ? bpf_ktime_get_coarse_ns() :
	    bpf_ktime_get_ns();
	count_event(counter);
}

/* The kernel's route for a packet with a mark; without one, as ever. */
static __always_inline long
look_up(struct __sk_buff *skb, struct bpf_fib_lookup *route, __u32 mark)
{
	if (mark == 0)
		return bpf_fib_lookup(skb, route, sizeof(*route), 0);
	*(__u32 *)route->smac = mark;	/* a union since Linux 6.10 */
	return bpf_fib_lookup(skb, route, sizeof(*route), FIB_LOOKUP_MARK);
}

/*
 * Does a packet come from where an answer would go?  Past the stack, nobody
 * else asks (rp_filter).  Asked once in a while only.
 */
static __always_inline int
check_reverse_path(struct __sk_buff *skb, const struct gre_packet *p,
    struct fast_call *call, __u32 mark)
{
	struct bpf_fib_lookup back = {
		.family = AF_INET, .l4_protocol = IPPROTO_GRE,
		.ifindex = skb->ifindex, .ipv4_src = p->daddr,
		.ipv4_dst = p->saddr
	};
	long result;

	if (call->ifindex == skb->ifindex && call->packets % RECHECK != 0)
		return FINE;
	call->ifindex = 0;
	result = look_up(skb, &back, mark);
	if ((result != BPF_FIB_LKUP_RET_SUCCESS &&
	    result != BPF_FIB_LKUP_RET_NO_NEIGH) ||
	    back.ifindex != skb->ifindex)
		return FAST_SOURCE;
	call->ifindex = skb->ifindex;
	return FINE;
}

/* The kernel's route and neighbour for a packet; FINE or why not. */
static __always_inline int
find_route(struct __sk_buff *skb, const struct gre_packet *p,
    struct fast_call *call, __u32 mark, __be32 src, __be32 dst,
    struct bpf_fib_lookup *route)
{
	int what = check_reverse_path(skb, p, call, mark);
	long result;

	if (what != FINE)
		return what;
	*route = (struct bpf_fib_lookup){
		.family = AF_INET, .l4_protocol = IPPROTO_GRE,
		.tot_len = bpf_ntohs(p->tot_len), .ifindex = skb->ifindex,
		.tos = p->tos, .ipv4_src = src, .ipv4_dst = dst
	};
	result = look_up(skb, route, mark);
	if (result == BPF_FIB_LKUP_RET_FRAG_NEEDED)
		return FAST_MTU;
	if (result == BPF_FIB_LKUP_RET_NO_NEIGH)
		return FAST_NEIGHBOUR;
	if (result != BPF_FIB_LKUP_RET_SUCCESS || route->family != AF_INET ||
	    route->ifindex == skb->ifindex)
		return FAST_ROUTE;
	return FINE;
}

/* Straight to the next hop, once it is translated. */
static __always_inline int
redirect_packet(struct __sk_buff *skb, __u32 offset,
    const struct gre_packet *p, const struct bpf_fib_lookup *route)
{
	struct bpf_redir_neigh hop = { .nh_family = AF_INET,
	    .ipv4_nh = route->ipv4_dst };
	__u32 length = offset + bpf_ntohs(p->tot_len);

	/* Padding of the link layer that it came from. */
	if (skb->len > length && bpf_skb_change_tail(skb, length, 0) != 0)
		return TC_ACT_SHOT;
	/* The kernel takes the link header off again. */
	if (offset == 0 && bpf_skb_change_head(skb, ETH_HLEN, 0) != 0)
		return TC_ACT_SHOT;
	return (int)bpf_redirect_neigh(route->ifindex, &hop, sizeof(hop), 0);
}

/* Our bit, and what the control connection is routed by. */
static __always_inline void
set_mark(struct __sk_buff *skb, __u32 mark)
{
	skb->mark = (mark != 0 ? mark : skb->mark) | settings.mark;
}

/* Ingress of an outside interface. */
static __always_inline int
from_outside(struct __sk_buff *skb, __u32 offset)
{
	struct bpf_fib_lookup route;
	struct fast_call *call, is;
	struct gre_packet p = { 0 };
	int what = read_arrival(skb, offset, &p);

	if (what != FINE)
		return leave_alone(what);
	call = find_call(&inbound, p.saddr, p.daddr, p.call_id, &is);
	if (call == NULL)
		return leave_alone(FAST_UNKNOWN);
	count_packet(call, &p, FAST_IN);
	what = NOT_OURS;
	if (settings.direct)
		what = find_route(skb, &p, call, is.mark, p.saddr, is.address,
		    &route);
	if (rewrite_in(skb, offset, &p, is.address, is.id, what == FINE) != 0)
		return TC_ACT_SHOT;
	if (what == FINE)
		return redirect_packet(skb, offset, &p, &route);
	set_mark(skb, is.mark);
	return leave_alone(what);
}

/* Straight on, if there is a route; else the queue gets it as it is. */
static __always_inline int
send_direct(struct __sk_buff *skb, __u32 offset, struct gre_packet *p,
    struct fast_call *call, const struct fast_call *is)
{
	struct bpf_fib_lookup route;
	int what = find_route(skb, p, call, is->mark, p->saddr, p->daddr,
	    &route);

	/* The kernel looks for the neighbour when it gets the packet. */
	if (what == FAST_NEIGHBOUR)
		count_event(FAST_NEIGHBOUR);
	else if (what != FINE)
		return leave_alone(what);
	count_packet(call, p, FAST_OUT);
	change_address(p, &p->saddr, is->address, 1);
	if (write_packet(skb, offset, p) != 0)
		return TC_ACT_SHOT;
	return redirect_packet(skb, offset, p, &route);
}

/*
 * Goes with a packet as its tc_index, so that it cannot leave with the source
 * that it came with.
 */
static __always_inline __u16
trace_of(__be32 src)
{
	return (src * 0x9E3779B1) >> 16 | 1;
}

/*
 * Ingress of an inside interface.  A source of our own would be a martian
 * before routing: what takes the stack's way is only marked here, and
 * translated on its way out.
 */
static __always_inline int
from_inside(struct __sk_buff *skb, __u32 offset)
{
	struct fast_call *call, is;
	struct gre_packet p = { 0 };
	int what = read_arrival(skb, offset, &p);

	if (what != FINE)
		return leave_alone(what);
	call = find_call(&outbound, p.daddr, p.saddr, p.call_id, &is);
	if (call == NULL)
		return leave_alone(FAST_UNKNOWN);
	if (settings.direct)
		return send_direct(skb, offset, &p, call, &is);
	set_mark(skb, is.mark);
	skb->tc_index = trace_of(p.saddr);
	return TC_ACT_UNSPEC;
}

/* The call of a packet that goes out, or of a fragment of one. */
static __always_inline struct fast_call *
leaving_call(const struct gre_packet *p, struct fast_call *is)
{
	struct fast_fragment whole = { p->saddr, p->daddr, p->id, 0 };
	__be16 *known, id = p->call_id;

	if (p->frag_off & bpf_htons(IP_OFFSET)) {
		known = bpf_map_lookup_elem(&fragments, &whole);
		if (known == NULL)
			return NULL;
		id = *known;
	} else if (p->gre_protocol != bpf_htons(GRE_PROTO_PPP)) {
		return NULL;
	} else if (p->frag_off & bpf_htons(IP_MF)) {
		bpf_map_update_elem(&fragments, &whole, &id, BPF_ANY);
	}
	return find_call(&outbound, p->daddr, p->saddr, id, is);
}

/* Egress of an outside interface: marked packets of inside hosts. */
static __always_inline int
to_outside(struct __sk_buff *skb, __u32 offset)
{
	struct fast_call *call, is;
	struct gre_packet p = { 0 };

	if (!(skb->mark & settings.mark))
		return TC_ACT_UNSPEC;
	if (read_packet(skb, offset, &p) != FINE ||
	    p.version_ihl != IP_VERSION_IHL)
		return TC_ACT_UNSPEC;
	call = leaving_call(&p, &is);
	if (call != NULL) {
		count_packet(call, &p, FAST_OUT);
		change_address(&p, &p.saddr, is.address, 0);
		return bpf_skb_store_bytes(skb, offset + TTL_OFFSET, &p.ttl,
		    sizeof(struct iphdr) - TTL_OFFSET, 0) == 0 ? TC_ACT_UNSPEC :
		    TC_ACT_SHOT;
	}
	/* Most likely the queue engine has translated it already. */
	if (skb->tc_index != trace_of(p.saddr))
		return TC_ACT_UNSPEC;
	count_event(FAST_GONE);
	return TC_ACT_SHOT;
}

/* Each for interfaces with and without an Ethernet header. */
#define PROGRAMS(what)							\
SEC("tc") int what##_ethernet(struct __sk_buff *skb)			\
{									\
	return what(skb, ETH_HLEN);					\
}									\
SEC("tc") int what##_bare(struct __sk_buff *skb)			\
{									\
	return what(skb, 0);						\
}

PROGRAMS(from_outside)
PROGRAMS(from_inside)
PROGRAMS(to_outside)
