/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_BPF_KERNEL_BPF_H
#define NAT_BPF_KERNEL_BPF_H

#include <linux/bpf.h>
#include <linux/pkt_cls.h>

/*
 * What tc programs need of the kernel and of libbpf, as of Linux 5.10; for
 * clang -target bpf only.
 */
#define SEC(name)	__attribute__((section(name), used))
#define inline		inline __attribute__((always_inline))
#define to_be16(x)	__builtin_bswap16(x)
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#undef to_be16
#define to_be16(x)	(x)
#endif

/* The kernel's helper functions, by their numbers in linux/bpf.h. */
static void *(*const map_find)(void *, const void *) =
    (void *)BPF_FUNC_map_lookup_elem;
static long (*const map_put)(void *, const void *, const void *, __u64) =
    (void *)BPF_FUNC_map_update_elem;
static __u64 (*const clock_fine)(void) = (void *)BPF_FUNC_ktime_get_ns;
static __u64 (*const clock_coarse)(void) =
    (void *)BPF_FUNC_ktime_get_coarse_ns;
static long (*const skb_store)(struct __sk_buff *, __u32, const void *, __u32,
    __u64) = (void *)BPF_FUNC_skb_store_bytes;
static long (*const skb_pull)(struct __sk_buff *, __u32) =
    (void *)BPF_FUNC_skb_pull_data;
static long (*const skb_tail)(struct __sk_buff *, __u32, __u64) =
    (void *)BPF_FUNC_skb_change_tail;
static long (*const skb_head)(struct __sk_buff *, __u32, __u64) =
    (void *)BPF_FUNC_skb_change_head;
static long (*const fib_lookup)(void *, struct bpf_fib_lookup *, int, __u32) =
    (void *)BPF_FUNC_fib_lookup;
static long (*const redirect_neigh)(__u32, struct bpf_redir_neigh *, int,
    __u64) = (void *)BPF_FUNC_redirect_neigh;

#define MAP(map_type, key_type, value_type)				\
	int (*type)[map_type];						\
	key_type *key;							\
	value_type *value

#endif
