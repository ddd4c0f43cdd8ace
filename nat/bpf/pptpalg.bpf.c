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
 * What a call's packets get, if the slot is its own.  The daemon may give it to
 * another call at any time: it takes the key away first, and shows the new one
 * last.
 */
static __always_inline int
read_call(const volatile struct fast_slot *slot, const struct fast_key *key,
    struct fast_call *is)
{
	is->to = slot->call.to;
	is->mark = slot->call.mark;
	barrier();
	if (!is_at(&slot->key, key) || is->address == 0)
		return 0;
	barrier();
	/* Else it was still the former call's. */
	return slot->call.to == is->to;
}

/* A call's slot, and what its packets get; or NULL. */
static __always_inline struct fast_slot *
find_call(void *map, const struct fast_key *key, struct fast_call *is)
{
	__u32 at = fast_home(key, &settings.table);
	struct fast_slot *slot = bpf_map_lookup_elem(map, &at);

	if (unlikely(slot == NULL || !read_call(slot, key, is))) {
		at = find_stray(key->outside, key->here, key->id,
		    map == &inbound);
		slot = at == 0 ? NULL : bpf_map_lookup_elem(map, &at);
		if (slot == NULL || !read_call(slot, key, is))
			return NULL;
	}
	return slot;
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

	if (unlikely((state.now_in ^ now) != jiffies)) {
		now = bpf_ktime_get_ns();
		state.now = now;
		state.now_in = jiffies ^ now;
	}
	return now;
}

/* Counts a packet that is whole, or a first fragment. */
static __always_inline void
count_whole(struct fast_call *call, const unaligned_packet *p, __u64 now,
    __u32 counter)
{
	__u32 length = bpf_ntohs(p->tot_len);

	__sync_fetch_and_add(&call->packets, 1);
	__sync_fetch_and_add(&call->bytes, length);
	call->last = now;
	count_bytes(counter, 1, length);
}

/* Counts a packet that leaves; of its later fragments only what they carry. */
static __always_inline void
count_leaving(struct fast_call *call, const unaligned_packet *p)
{
	__u32 length = bpf_ntohs(p->tot_len);

	if (unlikely(p->frag_off & bpf_htons(IP_OFFSET))) {
		length -= sizeof(struct iphdr);
		__sync_fetch_and_add(&call->bytes, length);
		count_bytes(FAST_OUT, 0, length);
		return;
	}
	count_whole(call, p, time_now(), FAST_OUT);
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
check_reverse_path(struct __sk_buff *skb, const unaligned_packet *p,
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
find_route(struct __sk_buff *skb, const unaligned_packet *p,
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
    const struct bpf_fib_lookup *route)
{
	struct bpf_redir_neigh hop = { .nh_family = AF_INET,
	    .ipv4_nh = route->ipv4_dst };

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
 * May a packet go past the stack whose way is not plain?  FINE, or why not.
 * What comes by IPsec shows no way and takes none: the stack asks who may send
 * what by it.
 */
static __noinline int
find_way(struct __sk_buff *skb, __u32 offset, const unaligned_packet *p,
    struct fast_slot *slot, __u64 now)
{
	__u32 generation = state.generation;
	struct bpf_xfrm_state from;
	__u64 asked;
	int what = way_check(skb, offset, p, now, generation, &slot->way,
	    &asked);

	if (what != FAST_PROBE && what != FINE)
		return what;
	if (settings.ipsec && now >= state.plain &&
	    bpf_skb_get_xfrm_state(skb, 0, &from, sizeof(from), 0) == 0)
		return FAST_IPSEC;
	if (what == FAST_PROBE)
		way_ask(skb, offset, p, now, generation, &slot->way);
	return what;
}

/*
 * Past the stack with this packet?  FINE, and when its way was asked for; or
 * why not.
 */
static __always_inline int
know_way(struct __sk_buff *skb, __u32 offset, const unaligned_packet *p,
    struct fast_slot *slot, __u64 now, __u64 *asked)
{
	if (unlikely(way_check(skb, offset, p, now, state.generation,
	    &slot->way, asked) != FINE ||
	    (settings.ipsec && now >= state.plain)))
		return find_way(skb, offset, p, slot, now);
	return FINE;
}

/* Notes what is found again by the trace, and leaves that with the packet. */
static __always_inline void
set_trace(struct __sk_buff *skb, __u32 trace, __u32 is_probe, __u32 value)
{
	bpf_map_update_elem(&traces, &trace, &value, BPF_ANY);
	skb->tc_index = (__u16)(trace | is_probe);
}

/*
 * What arrives and is no GRE; NULL: nor any IPv4 of that length.  An
 * acknowledgment is marked as what the queue has seen, so that no rule queues
 * it.
 */
static __always_inline int
pass_other(struct __sk_buff *skb, __u32 offset, const unaligned_packet *p,
    __u32 inbound)
{
	if (p != NULL && skb->pkt_type == PACKET_HOST &&
	    passes_ack(skb, offset, inbound, settings.window)) {
		count_event(FAST_ACKS);
		skb->mark |= settings.mark;
	}
	return TC_ACT_UNSPEC;
}

/* GRE that is not translated, whatever is wrong with it. */
static __noinline int
pass_gre(struct __sk_buff *skb, __u32 offset)
{
	const unaligned_packet *p = packet_at(skb, offset, sizeof(*p));

	return leave_alone(p == NULL ? NOT_OURS :
	    check_arrival(skb, offset, p));
}

/*
 * Shows the daemon what a call's first packets negotiate: its ends as the
 * outside knows them.
 */
static __noinline void
listen_to(struct __sk_buff *skb, __u32 offset, const unaligned_packet *p,
    struct fast_slot *slot, __u32 inbound)
{
	const __be32 src = get_word(&p->saddr, offset);
	const __be32 dst = get_word(&p->daddr, offset);
	const struct fast_key key = { inbound ? src : dst, inbound ? dst : src,
	    p->call_id, 0 };
	struct fast_origin of = { slot->call.address, key.outside,
	    slot->call.id, (__u16)inbound };
	int result;

	barrier();
	if (!is_at(&slot->key, &key))	/* another call's meanwhile */
		return;
	if (inbound) {
		of.public = key.here;
		of.mapped_id = key.id;
	}
	result = note_frame(skb, offset, p, &slot->call, &of);
	if (result != 0)
		count_event(result > 0 ? FAST_FRAMES : FAST_FRAMES_LOST);
}

/* Not for what goes to the queue, which sees its frames itself. */
static __always_inline void
hear_call(struct __sk_buff *skb, __u32 offset, const unaligned_packet *p,
    struct fast_slot *slot, __u32 inbound)
{
	if (unlikely(slot->call.packets < FAST_FRAME_PACKETS))
		listen_to(skb, offset, p, slot, inbound);
}

/*
 * Goes inside by the stack: marked, so that no rule of ours queues it, and
 * with a trace to its call.
 */
static __always_inline int
stack_in(struct __sk_buff *skb, __u32 offset, unaligned_packet *p,
    struct fast_slot *slot, const struct fast_call *is, __u64 now, int what)
{
	__u32 at = slot->call.at;

	count_whole(&slot->call, p, now, FAST_IN);
	rewrite_in(skb, offset, p, is, 0);
	set_mark(skb, is->mark);
	if (settings.automatic && what == FAST_PROBE)
		set_trace(skb, way_probe(&slot->way) << 1, TRACE_PROBE, at);
	else if (settings.automatic)
		set_trace(skb, (at << 1 & (TRACES - 1)) | 4, 0, at);
	return leave_alone(what);
}

/* One hop further, and without what it was padded with; or -1. */
static __always_inline int
translate(struct __sk_buff *skb, __u32 offset, unaligned_packet *p,
    const struct fast_call *is, __u32 inbound)
{
	p = trim_packet(skb, offset, p);
	if (unlikely(p == NULL))
		return -1;
	if (inbound)
		rewrite_in(skb, offset, p, is, 1);
	else
		change_address(p, offset, &p->saddr, is, 1);
	return 0;
}

/* Past the stack, the way that the call's probe has shown. */
static __always_inline int
go_fast(struct __sk_buff *skb, __u32 offset, unaligned_packet *p,
    struct fast_slot *slot, const struct fast_call *is, __u64 asked, __u64 now,
    __u32 inbound)
{
	count_whole(&slot->call, p, now, inbound ? FAST_FAST_IN :
	    FAST_FAST_OUT);
	if (unlikely(translate(skb, offset, p, is, inbound) != 0))
		return TC_ACT_SHOT;
	skb->tc_index = TRACE_DONE;
	return way_take(skb, offset, &slot->way, asked);
}

/* Straight on, if there is a route. */
static __always_inline int
direct_in(struct __sk_buff *skb, __u32 offset, unaligned_packet *p,
    struct fast_slot *slot, const struct fast_call *is, __u64 now)
{
	struct bpf_fib_lookup route;
	int what = find_route(skb, p, &slot->call, is->mark,
	    get_word(&p->saddr, offset), is->address, &route);

	if (what != FINE)
		return stack_in(skb, offset, p, slot, is, now, what);
	count_whole(&slot->call, p, now, FAST_IN);
	return translate(skb, offset, p, is, 1) != 0 ? TC_ACT_SHOT :
	    redirect_packet(skb, offset, &route);
}

/* Ingress of an outside interface. */
static __always_inline int
from_outside(struct __sk_buff *skb, __u32 offset)
{
	unaligned_packet *p = packet_at(skb, offset, sizeof(*p));
	struct fast_slot *slot;
	struct fast_key key;
	struct fast_call is;
	__u64 now, asked;
	int what = NOT_OURS;

	if (!is_gre(skb, p))
		return pass_other(skb, offset, p, 1);
	if (unlikely(check_arrival(skb, offset, p) != FINE))
		return pass_gre(skb, offset);
	now = time_now();
	key = (struct fast_key){ get_word(&p->saddr, offset),
	    get_word(&p->daddr, offset), p->call_id, 0 };
	slot = find_call(&inbound, &key, &is);
	if (unlikely(slot == NULL))
		return leave_alone(FAST_UNKNOWN);
	hear_call(skb, offset, p, slot, 1);
	if (unlikely(settings.direct))
		return direct_in(skb, offset, p, slot, &is, now);
	if (settings.automatic)
		what = know_way(skb, offset, p, slot, now, &asked);
	if (settings.automatic && !unlikely(what != FINE))
		return go_fast(skb, offset, p, slot, &is, asked, now, 1);
	return stack_in(skb, offset, p, slot, &is, now, what);
}

/* Straight on, if there is a route; else the queue gets it as it is. */
static __always_inline int
direct_out(struct __sk_buff *skb, __u32 offset, unaligned_packet *p,
    struct fast_slot *slot, const struct fast_call *is, __u64 now)
{
	struct bpf_fib_lookup route;
	int what = find_route(skb, p, &slot->call, is->mark,
	    get_word(&p->saddr, offset), get_word(&p->daddr, offset), &route);

	/* The kernel looks for the neighbour when it gets the packet. */
	if (what == FAST_NEIGHBOUR)
		count_event(FAST_NEIGHBOUR);
	else if (what != FINE)
		return leave_alone(what);
	hear_call(skb, offset, p, slot, 0);
	count_whole(&slot->call, p, now, FAST_OUT);
	return translate(skb, offset, p, is, 0) != 0 ? TC_ACT_SHOT :
	    redirect_packet(skb, offset, &route);
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

/* By the stack, which gets it as it is: marked, and with its trace. */
static __always_inline int
stack_out(struct __sk_buff *skb, const struct fast_slot *slot, __be32 src,
    __u32 mark, int what)
{
	set_mark(skb, mark);
	if (what == FAST_PROBE)
		set_trace(skb, way_probe(&slot->way) << 1 | 1, TRACE_PROBE,
		    src);
	else
		skb->tc_index = (__u16)trace_of(src);
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
	unaligned_packet *p = packet_at(skb, offset, sizeof(*p));
	struct fast_slot *slot;
	struct fast_key key;
	struct fast_call is;
	__u64 now = 0, asked;
	int what = NOT_OURS;

	if (!is_gre(skb, p))
		return pass_other(skb, offset, p, 0);
	/* Seen already, by the program of a port or slave of this one. */
	if (unlikely(skb->mark & settings.mark))
		return TC_ACT_UNSPEC;
	if (unlikely(check_arrival(skb, offset, p) != FINE))
		return pass_gre(skb, offset);
	/* (What leaves by the stack is counted there.) */
	if (settings.automatic || settings.direct)
		now = time_now();
	key = (struct fast_key){ get_word(&p->daddr, offset),
	    get_word(&p->saddr, offset), p->call_id, 0 };
	slot = find_call(&outbound, &key, &is);
	if (unlikely(slot == NULL))
		return leave_alone(FAST_UNKNOWN);
	if (unlikely(settings.direct))
		return direct_out(skb, offset, p, slot, &is, now);
	hear_call(skb, offset, p, slot, 0);
	if (settings.automatic)
		what = know_way(skb, offset, p, slot, now, &asked);
	if (settings.automatic && !unlikely(what != FINE))
		return go_fast(skb, offset, p, slot, &is, asked, now, 0);
	return stack_out(skb, slot, get_word(&p->saddr, offset), is.mark,
	    what);
}

/*
 * The GRE packet that leaves, so far as it has headers: a later fragment has
 * only IP's.  Or NULL.
 */
static __always_inline unaligned_packet *
leaving_at(struct __sk_buff *skb, __u32 offset)
{
	unaligned_packet *p = packet_at(skb, offset, sizeof(struct iphdr));

	if (p == NULL || p->protocol != IPPROTO_GRE ||
	    p->version_ihl != IP_VERSION_IHL)
		return NULL;
	return p->frag_off & bpf_htons(IP_OFFSET) ? p :
	    packet_at(skb, offset, sizeof(*p));
}

/* So leaving_at says; where it may be a fragment the kernel wants to see it. */
static __always_inline int
has_gre_header(const struct __sk_buff *skb, const unaligned_packet *p)
{
	return (void *)(p + 1) <= packet_end(skb);
}

/* The call of a packet that goes out, or of a fragment of one. */
static __always_inline struct fast_slot *
leaving_call(const struct __sk_buff *skb, __u32 offset,
    const unaligned_packet *p, struct fast_call *is)
{
	struct fast_key key = { get_word(&p->daddr, offset),
	    get_word(&p->saddr, offset), 0, 0 };
	struct fast_fragment whole = { key.here, key.outside, p->id, 0 };
	__be16 *known;

	if (unlikely(p->frag_off & bpf_htons(IP_OFFSET))) {
		known = bpf_map_lookup_elem(&fragments, &whole);
		if (known == NULL)
			return NULL;
		key.id = *known;
	} else if (!has_gre_header(skb, p) ||
	    p->gre_protocol != bpf_htons(GRE_PROTO_PPP)) {
		return NULL;
	} else {
		key.id = p->call_id;
		if (unlikely(p->frag_off & bpf_htons(IP_MF)))
			bpf_map_update_elem(&fragments, &whole, &key.id,
			    BPF_ANY);
	}
	return find_call(&outbound, &key, is);
}

/* As the packet leaves: also where another interface carries this one's. */
static __always_inline void
confirm_way(struct __sk_buff *skb, __u32 offset, const unaligned_packet *p,
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
	unaligned_packet *p;
	struct fast_slot *slot;
	struct fast_call is;

	if (!(skb->mark & settings.mark) || skb->tc_index == TRACE_DONE)
		return TC_ACT_UNSPEC;
	p = leaving_at(skb, offset);
	if (p == NULL)
		return TC_ACT_UNSPEC;
	slot = leaving_call(skb, offset, p, &is);
	if (slot != NULL) {
		if (settings.automatic)
			confirm_way(skb, offset, p, slot);
		count_leaving(&slot->call, p);
		return store_source(skb, offset, p, &is) == 0 ?
		    TC_ACT_UNSPEC : TC_ACT_SHOT;
	}
	/* Most likely the queue engine has translated it already. */
	if (!has_source(skb->tc_index, get_word(&p->saddr, offset)))
		return TC_ACT_UNSPEC;
	count_event(FAST_GONE);
	return TC_ACT_SHOT;
}

/* The call whose trace a packet that goes inside has. */
static __always_inline struct fast_slot *
traced_call(const struct __sk_buff *skb, __u32 offset,
    const unaligned_packet *p, __u32 trace)
{
	const volatile struct fast_slot *slot;
	__u32 *at = bpf_map_lookup_elem(&traces, &trace);

	if (at == NULL || !has_gre_header(skb, p))
		return NULL;
	slot = bpf_map_lookup_elem(&inbound, at);
	return slot != NULL && slot->key.outside == get_word(&p->saddr,
	    offset) && slot->call.address == get_word(&p->daddr, offset) &&
	    slot->call.id == p->call_id ? (struct fast_slot *)slot : NULL;
}

/* Egress of an inside interface, for forward = auto: how the probe leaves. */
static __always_inline int
to_inside(struct __sk_buff *skb, __u32 offset)
{
	unaligned_packet *p;
	struct fast_slot *slot;

	if (!(skb->mark & settings.mark) || skb->tc_index <= TRACE_DONE ||
	    skb->tc_index & 1)
		return TC_ACT_UNSPEC;
	p = leaving_at(skb, offset);
	if (p == NULL)
		return TC_ACT_UNSPEC;
	if (p->frag_off & bpf_htons(IP_OFFSET))
		return leave_alone(FAST_CHANGED);
	slot = traced_call(skb, offset, p, skb->tc_index & ~TRACE_PROBE);
	if (slot != NULL)
		confirm_way(skb, offset, p, slot);
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
