/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tc programs that translate the GRE of calls that are up, and note what
 * control connections only acknowledge.  Nothing else is touched: what they
 * leave alone goes to the queue.  They need no headers or type information of
 * the kernel that they will run on.
 */
#include "nat/bpf/ack.bpf.h"
#include "nat/bpf/frame.bpf.h"
#include "nat/bpf/packet.bpf.h"
#include "nat/bpf/way.bpf.h"

/* Packets of a call from one look at its reverse path to the next. */
#define RECHECK	1024

/* BPF_FIB_LOOKUP_MARK, since Linux 6.10; others refuse it: no direct way. */
#define FIB_LOOKUP_MARK	(1U << 5)

/*
 * Traces go with a packet through the stack as its tc_index.  Of one that came
 * from inside the trace is odd, of one that goes there even.
 */
#define TRACE_DONE	2		/* it has its way already */
#define TRACE_PROBE	0x8000		/* this bit: the stack shall show it */
#define TRACES		0x8000

/* Constant for the kernel, which leaves out what is not needed. */
const volatile struct fast_settings settings = { 0 };
volatile struct fast_state state = { 0 };

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

/*
 * By its trace: of a packet that goes inside, the slot of its call; of a probe
 * that comes from there, the address that it came with.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, TRACES);
} traces SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct fast_count);
	__uint(max_entries, FAST_COUNTERS);
} counters SEC(".maps");

char LICENSE[] SEC("license") = "GPL";

static __always_inline void
count_bytes(__u32 counter, __u32 packets, __u32 bytes)
{
	struct fast_count *n = bpf_map_lookup_elem(&counters, &counter);

	if (n == NULL)
		return;
	n->packets += packets;
	n->bytes += bytes;
}

static __always_inline void
count_event(__u32 counter)
{
	count_bytes(counter, 1, 0);
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

/* The slot that a place of a table says, if it may be the call's; or 0. */
static __always_inline __u32
slot_at(void *map, __u32 place, __u64 hash)
{
	__u32 at = place / FAST_PLACES;
	__u32 *places = bpf_map_lookup_elem(map, &at);

	if (places == NULL)
		return 0;
	at = *(volatile __u32 *)&places[place % FAST_PLACES];
	return fast_fits(at, hash) ? at & ((1U << FAST_SLOT_BITS) - 1) : 0;
}

/*
 * The slot of a call that is not at home, or 0.  A function that the kernel
 * checks by itself: that is quicker than as a part of each program.
 */
__noinline __u32
find_stray(__u32 outside, __u32 here, __u32 id, __u32 is_inbound)
{
	const struct fast_key key = { outside, here, (__u16)id, 0 };
	void *map = is_inbound ? (void *)&inbound : (void *)&outbound;
	__u64 hash = fast_hash(&key, &settings.table);
	__u32 i, at, place = fast_place(hash, &settings.table);
	volatile struct fast_slot *slot;

#pragma clang loop unroll(disable)
	for (i = 0; i < FAST_PROBES; i++, place++) {
		at = slot_at(map, place, hash);
		slot = at == 0 ? NULL : bpf_map_lookup_elem(map, &at);
		if (slot != NULL && is_at(&slot->key, &key))
			return at;
	}
	return 0;
}

/*
 * A call's slot, and what its packets get: the daemon may give the slot to
 * another call at any time, but then the key changes before that does.
 */
static __always_inline struct fast_slot *
find_call(void *map, __be32 outside, __be32 here, __be16 id,
    struct fast_call *is)
{
	const struct fast_key key = { outside, here, id, 0 };
	__u32 at = fast_home(&key, &settings.table);
	volatile struct fast_slot *slot = bpf_map_lookup_elem(map, &at);

	if (slot == NULL || !is_at(&slot->key, &key)) {
		at = find_stray(outside, here, id, map == &inbound);
		slot = at == 0 ? NULL : bpf_map_lookup_elem(map, &at);
	}
	if (slot == NULL)
		return NULL;
	is->to = slot->call.to;
	is->mark = slot->call.mark;
	return is_at(&slot->key, &key) && is->address != 0 ?
	    (struct fast_slot *)slot : NULL;
}

/*
 * Nanoseconds, as they were when the kernel last counted a jiffy: to ask for
 * them would be a fifth of a program's time.  Another processor may be writing,
 * and what is half from before fits no jiffy.
 */
static __always_inline __u64
time_now(void)
{
	__u64 jiffies = bpf_jiffies64(), now = state.now;

	if ((state.now_in ^ now) == jiffies)
		return now;
	now = bpf_ktime_get_ns();
	state.now = now;
	state.now_in = jiffies ^ now;
	return now;
}

/* Counts a packet; of its later fragments only what they carry. */
static __always_inline void
count_packet(struct fast_call *call, const struct gre_packet *p, __u64 now,
    __u32 counter)
{
	__u32 length = bpf_ntohs(p->tot_len);

	if (p->frag_off & bpf_htons(IP_OFFSET)) {
		length -= sizeof(struct iphdr);
		__sync_fetch_and_add(&call->bytes, length);
		count_bytes(counter, 0, length);
		return;
	}
	__sync_fetch_and_add(&call->packets, 1);
	__sync_fetch_and_add(&call->bytes, length);
	call->last = now;
	count_bytes(counter, 1, length);
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

/*
 * Past the stack with this packet?  FINE with its way; or why not.  What comes
 * by IPsec shows no way and takes none: the stack asks who may send what by it.
 */
static __always_inline int
find_way(struct __sk_buff *skb, __u32 offset, const struct gre_packet *p,
    struct fast_slot *slot, __u64 now, struct fast_way *way)
{
	const struct way_arrival is = way_arrival(skb, offset, p, now,
	    state.generation);
	int what = way_check(&is, &slot->way, way);
	struct bpf_xfrm_state from;

	if (what != FAST_PROBE && what != FINE)
		return what;
	if (settings.ipsec && now >= state.plain &&
	    bpf_skb_get_xfrm_state(skb, 0, &from, sizeof(from), 0) == 0)
		return FAST_IPSEC;
	if (what == FAST_PROBE)
		way_ask(&is, &slot->way);
	return what;
}

/* Notes what is found again by the trace, and leaves that with the packet. */
static __always_inline void
set_trace(struct __sk_buff *skb, __u32 trace, __u32 is_probe, __u32 value)
{
	bpf_map_update_elem(&traces, &trace, &value, BPF_ANY);
	skb->tc_index = (__u16)(trace | is_probe);
}

/*
 * Goes inside by the stack: marked, so that no rule of ours queues it, and
 * with a trace to its call.
 */
static __always_inline int
send_by_stack(struct __sk_buff *skb, const struct fast_slot *slot, __u32 mark,
    int what)
{
	__u32 at = slot->call.at;

	set_mark(skb, mark);
	if (settings.automatic && what == FAST_PROBE)
		set_trace(skb, way_probe(&slot->way) << 1, TRACE_PROBE, at);
	else if (settings.automatic)
		set_trace(skb, (at << 1 & (TRACES - 1)) | 4, 0, at);
	return TC_ACT_UNSPEC;
}

/*
 * What arrives and is no GRE of PPTP: an acknowledgment is marked as what the
 * queue has seen, so that no rule queues it.
 */
static __always_inline int
pass_other(struct __sk_buff *skb, __u32 offset, int what, __u32 inbound)
{
	if (what == NOT_OURS && skb->protocol == bpf_htons(ETH_P_IP) &&
	    !skb->vlan_present && skb->pkt_type == PACKET_HOST &&
	    note_ack(skb, offset, inbound, settings.window)) {
		count_event(FAST_ACKS);
		skb->mark |= settings.mark;
	}
	return leave_alone(what);
}

/*
 * Shows the daemon what a call's first packets negotiate: its ends as the
 * outside knows them.
 */
static __always_inline void
listen_to(struct __sk_buff *skb, __u32 offset, const struct gre_packet *p,
    struct fast_call *call, __be32 public, __be32 outside, __be16 mapped_id,
    __u16 inbound)
{
	const struct fast_origin of = { public, outside, mapped_id, inbound };
	__u16 flags = bpf_ntohs(p->flags);
	int result;

	if (call->packets >= FAST_FRAME_PACKETS || !(flags & GRE_SEQ) ||
	    call->heard >= FAST_HEARD_ALL)
		return;
	result = note_frame(skb, offset + sizeof(*p) + 4 +
	    (flags & GRE_ACK ? 4 : 0), bpf_ntohs(p->payload), call, &of);
	if (result != 0)
		count_event(result > 0 ? FAST_FRAMES : FAST_FRAMES_LOST);
}

/* Ingress of an outside interface. */
static __always_inline int
from_outside(struct __sk_buff *skb, __u32 offset)
{
	struct bpf_fib_lookup route;
	struct gre_packet p = { 0 };
	struct fast_slot *slot;
	struct fast_way way;
	__u64 now;
	struct fast_call is;
	int what = read_arrival(skb, offset, &p);

	if (what != FINE)
		return pass_other(skb, offset, what, 1);
	slot = find_call(&inbound, p.saddr, p.daddr, p.call_id, &is);
	if (slot == NULL)
		return leave_alone(FAST_UNKNOWN);
	listen_to(skb, offset, &p, &slot->call, p.daddr, p.saddr, p.call_id,
	    1);
	now = time_now();
	what = NOT_OURS;
	if (settings.direct)
		what = find_route(skb, &p, &slot->call, is.mark, p.saddr,
		    is.address, &route);
	else if (settings.automatic)
		what = find_way(skb, offset, &p, slot, now, &way);
	count_packet(&slot->call, &p, now, settings.automatic && what == FINE ?
	    FAST_FAST_IN : FAST_IN);
	if (rewrite_in(skb, offset, &p, is.address, is.id, what == FINE) != 0)
		return TC_ACT_SHOT;
	if (what != FINE) {
		leave_alone(what);
		return send_by_stack(skb, slot, is.mark, what);
	}
	if (settings.direct)
		return redirect_packet(skb, offset, &p, &route);
	skb->tc_index = TRACE_DONE;
	return way_take(skb, offset, &p, &way);
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
	listen_to(skb, offset, p, call, is->address, p->daddr, is->id, 0);
	count_packet(call, p, time_now(), FAST_OUT);
	change_address(p, &p->saddr, is->address, 1);
	if (write_packet(skb, offset, p) != 0)
		return TC_ACT_SHOT;
	return redirect_packet(skb, offset, p, &route);
}

/*
 * Goes with a packet as its tc_index, so that it cannot leave with the source
 * that it came with.
 */
static __always_inline __u32
trace_of(__be32 src)
{
	return (src * 0x9E3779B1) >> 17 | 1;
}

/* Is that the source that a packet with this trace came with? */
static __always_inline int
has_source(__u32 trace, __be32 src)
{
	__be32 *probe;

	if (!(trace & TRACE_PROBE))
		return trace == trace_of(src);
	trace &= ~TRACE_PROBE;
	probe = bpf_map_lookup_elem(&traces, &trace);
	return trace & 1 && probe != NULL && *probe == src;
}

/* Past the stack, if there is a way; else the stack gets it as it is. */
static __always_inline int
try_way(struct __sk_buff *skb, __u32 offset, struct gre_packet *p,
    struct fast_slot *slot, const struct fast_call *is)
{
	struct fast_way way;
	__u64 now = time_now();
	int what = find_way(skb, offset, p, slot, now, &way);

	if (what == FINE) {
		count_packet(&slot->call, p, now, FAST_FAST_OUT);
		change_address(p, &p->saddr, is->address, 1);
		if (write_packet(skb, offset, p) != 0)
			return TC_ACT_SHOT;
		skb->tc_index = TRACE_DONE;
		return way_take(skb, offset, p, &way);
	}
	set_mark(skb, is->mark);
	if (what == FAST_PROBE)
		set_trace(skb, way_probe(&slot->way) << 1 | 1, TRACE_PROBE,
		    p->saddr);
	else
		skb->tc_index = (__u16)trace_of(p->saddr);
	return leave_alone(what);
}

/*
 * Ingress of an inside interface.  A source of our own would be a martian
 * before routing: what takes the stack's way is only marked here, and
 * translated on its way out.
 */
static __always_inline int
from_inside(struct __sk_buff *skb, __u32 offset)
{
	struct gre_packet p = { 0 };
	struct fast_slot *slot;
	struct fast_call is;
	int what = read_arrival(skb, offset, &p);

	/* Seen already, by the program of a port or slave of this one. */
	if (what != NOT_OURS && skb->mark & settings.mark)
		return TC_ACT_UNSPEC;
	if (what != FINE)
		return pass_other(skb, offset, what, 0);
	slot = find_call(&outbound, p.daddr, p.saddr, p.call_id, &is);
	if (slot == NULL)
		return leave_alone(FAST_UNKNOWN);
	if (settings.direct)
		return send_direct(skb, offset, &p, &slot->call, &is);
	listen_to(skb, offset, &p, &slot->call, is.address, p.daddr, is.id,
	    0);
	if (settings.automatic)
		return try_way(skb, offset, &p, slot, &is);
	set_mark(skb, is.mark);
	skb->tc_index = (__u16)trace_of(p.saddr);
	return TC_ACT_UNSPEC;
}

/* The call of a packet that goes out, or of a fragment of one. */
static __always_inline struct fast_slot *
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

/* As the packet leaves: also where another interface carries this one's. */
static __always_inline void
confirm_way(struct __sk_buff *skb, __u32 offset, const struct gre_packet *p,
    struct fast_slot *slot)
{
	__u32 trace = skb->tc_index;

	leave_alone(way_confirm(skb, offset, p, &slot->way,
	    trace & TRACE_PROBE ? (trace & ~TRACE_PROBE) >> 1 : NO_PROBE));
	skb->tc_index = TRACE_DONE;
}

/* Egress of an outside interface: marked packets of inside hosts. */
static __always_inline int
to_outside(struct __sk_buff *skb, __u32 offset)
{
	struct gre_packet p = { 0 };
	struct fast_slot *slot;
	struct fast_call is;

	if (!(skb->mark & settings.mark) || skb->tc_index == TRACE_DONE)
		return TC_ACT_UNSPEC;
	if (read_packet(skb, offset, &p) != FINE ||
	    p.version_ihl != IP_VERSION_IHL)
		return TC_ACT_UNSPEC;
	slot = leaving_call(&p, &is);
	if (slot != NULL) {
		if (settings.automatic)
			confirm_way(skb, offset, &p, slot);
		count_packet(&slot->call, &p, time_now(), FAST_OUT);
		change_address(&p, &p.saddr, is.address, 0);
		return bpf_skb_store_bytes(skb, offset + TTL_OFFSET, &p.ttl,
		    sizeof(struct iphdr) - TTL_OFFSET, 0) == 0 ? TC_ACT_UNSPEC :
		    TC_ACT_SHOT;
	}
	/* Most likely the queue engine has translated it already. */
	if (!has_source(skb->tc_index, p.saddr))
		return TC_ACT_UNSPEC;
	count_event(FAST_GONE);
	return TC_ACT_SHOT;
}

/* The call whose trace a packet that goes inside has. */
static __always_inline struct fast_slot *
traced_call(const struct gre_packet *p, __u32 trace)
{
	const volatile struct fast_slot *slot;
	__u32 *at = bpf_map_lookup_elem(&traces, &trace);

	if (at == NULL)
		return NULL;
	slot = bpf_map_lookup_elem(&inbound, at);
	return slot != NULL && slot->key.outside == p->saddr &&
	    slot->call.address == p->daddr && slot->call.id == p->call_id ?
	    (struct fast_slot *)slot : NULL;
}

/* Egress of an inside interface, for forward = auto: how the probe leaves. */
static __always_inline int
to_inside(struct __sk_buff *skb, __u32 offset)
{
	struct gre_packet p = { 0 };
	struct fast_slot *slot;

	if (!(skb->mark & settings.mark) || skb->tc_index <= TRACE_DONE ||
	    skb->tc_index & 1)
		return TC_ACT_UNSPEC;
	if (read_packet(skb, offset, &p) != FINE ||
	    p.version_ihl != IP_VERSION_IHL)
		return TC_ACT_UNSPEC;
	if (p.frag_off & bpf_htons(IP_OFFSET))
		return leave_alone(FAST_CHANGED);
	slot = traced_call(&p, skb->tc_index & ~TRACE_PROBE);
	if (slot != NULL)
		confirm_way(skb, offset, &p, slot);
	return TC_ACT_UNSPEC;
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
PROGRAMS(to_inside)
