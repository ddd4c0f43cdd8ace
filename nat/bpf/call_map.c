/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hash table with open addressing that kernel and daemon use at once. */
#include <sys/mman.h>

#include <errno.h>
#include <string.h>

#include "nat/bpf/call_map.h"

static const struct fast_key none;	/* the key of a free slot */

/* Twice the calls: so hardly one finds all FAST_PROBES places taken. */
uint32_t
call_map_size(uint32_t calls)
{
	return 2 * calls + 4096;
}

uint32_t
call_map_entries(uint32_t calls)
{
	return call_map_size(calls) + FAST_PROBES;
}

int
call_map_open(struct call_map *s, int map, uint32_t calls, uint64_t seed,
    bool empty)
{
	const struct fast_slot *slot = NULL;
	size_t size = call_map_entries(calls) * sizeof(*s->slot);
	void *memory;

	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
	if (memory == MAP_FAILED)
		return -1;
	*s = (struct call_map){
		.slot = memory, .n = call_map_size(calls), .room = calls,
		.seed = seed
	};
	/* To look at a new one would only make the kernel give it memory. */
	while (!empty && (slot = call_map_next(s, slot)) != NULL)
		s->used++;
	return 0;
}

void
call_map_close(struct call_map *s)
{
	if (s->slot != NULL)
		(void)munmap(s->slot, (s->n + FAST_PROBES) * sizeof(*s->slot));
	s->slot = NULL;
}

/* The slot with what is there (a key or none), where this key can be. */
static struct fast_slot *
find_place(const struct call_map *s, const struct fast_key *key,
    const struct fast_key *there)
{
	struct fast_slot *slot = s->slot + fast_index(key, s->seed, s->n);
	int i;

	for (i = 0; i < FAST_PROBES; i++, slot++)
		if (memcmp(&slot->key, there, sizeof(*there)) == 0)
			return slot;
	return NULL;
}

struct fast_slot *
call_map_find(const struct call_map *s, const struct fast_key *key)
{
	return find_place(s, key, key);
}

/*
 * The programs look at any time, before and after they read a call: a slot
 * that changes has no key.
 */
static void
hide_slot(struct fast_slot *slot)
{
	__atomic_store_n(&slot->key.outside, 0, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

int
call_map_put(struct call_map *s, const struct fast_key *key,
    const struct fast_call *call)
{
	struct fast_slot *slot = find_place(s, key, key);

	if (slot == NULL) {
		if (s->used == s->room ||
		    (slot = find_place(s, key, &none)) == NULL) {
			errno = E2BIG;
			return -1;
		}
		s->used++;
	}
	hide_slot(slot);
	memset(&slot->way, 0, sizeof(slot->way));
	slot->key.here = key->here;
	slot->key.id = key->id;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	slot->call = (struct fast_call){ .at = (uint32_t)(slot - s->slot),
	    .mark = call->mark,
	    .packets = call->packets, .bytes = call->bytes,
	    .last = call->last };
	__atomic_store_n(&slot->call.to, call->to, __ATOMIC_SEQ_CST);
	__atomic_store_n(&slot->key.outside, key->outside, __ATOMIC_RELEASE);
	return 0;
}

void
call_map_remove(struct call_map *s, struct fast_slot *slot)
{
	hide_slot(slot);
	memset(slot, 0, sizeof(*slot));
	s->used--;
}

struct fast_slot *
call_map_next(const struct call_map *s, const struct fast_slot *slot)
{
	struct fast_slot *next = slot == NULL ? s->slot :
	    s->slot + (slot - s->slot) + 1;

	for (; next < s->slot + s->n + FAST_PROBES; next++)
		if (memcmp(&next->key, &none, sizeof(none)) != 0)
			return next;
	return NULL;
}
