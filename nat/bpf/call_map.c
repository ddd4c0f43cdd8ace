/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hash table with open addressing that kernel and daemon use at once. */
#include <sys/mman.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nat/bpf/call_map.h"

#define SLOT_MASK	((1U << FAST_SLOT_BITS) - 1)

static const struct fast_key none;	/* the key of a free slot */

/* Twice the calls: so hardly one finds all FAST_PROBES places taken. */
uint32_t
call_map_places(uint32_t calls)
{
	return 2 * calls + 4096;
}

static uint32_t
first_slot(uint32_t calls)
{
	return (call_map_places(calls) + FAST_PROBES) / FAST_PLACES + 1;
}

uint32_t
call_map_entries(uint32_t calls)
{
	return first_slot(calls) + calls;
}

static size_t
map_bytes(uint32_t calls)
{
	return call_map_entries(calls) * sizeof(struct fast_slot);
}

static bool
is_free(const struct fast_slot *slot)
{
	return memcmp(&slot->key, &none, sizeof(none)) == 0;
}

/* Which slots are taken; behind the last one all are as good as new. */
static void
find_taken(struct call_map *s)
{
	const uint32_t *places = (void *)s->slot;
	uint32_t i;

	for (i = 0; i < s->first * FAST_PLACES; i++)
		if ((places[i] & SLOT_MASK) >= s->top)
			s->top = (places[i] & SLOT_MASK) + 1;
	for (i = s->top; i-- > s->first;) {
		if (is_free(&s->slot[i]))
			s->free[s->nfree++] = i;
		else
			s->used++;
	}
}

int
call_map_open(struct call_map *s, int map, uint32_t calls, uint64_t seed,
    bool empty)
{
	void *memory;

	memory = mmap(NULL, map_bytes(calls), PROT_READ | PROT_WRITE,
	    MAP_SHARED, map, 0);
	if (memory == MAP_FAILED)
		return -1;
	*s = (struct call_map){
		.slot = memory, .room = calls, .seed = seed,
		.first = first_slot(calls), .top = first_slot(calls),
		.free = calloc(calls, sizeof(*s->free))
	};
	if (s->free == NULL) {
		call_map_close(s);
		return -1;
	}
	/* To look at a new one would only make the kernel give it memory. */
	if (!empty)
		find_taken(s);
	return 0;
}

void
call_map_close(struct call_map *s)
{
	if (s->slot != NULL)
		(void)munmap(s->slot, map_bytes(s->room));
	free(s->free);
	s->slot = NULL;
	s->free = NULL;
}

/* The place that says where a call is, or a free one (key NULL). */
static uint32_t *
find_place(const struct call_map *s, uint64_t hash,
    const struct fast_key *key)
{
	uint32_t *place = (uint32_t *)(void *)s->slot +
	    fast_place(hash, call_map_places(s->room));
	int i;

	for (i = 0; i < FAST_PROBES; i++, place++) {
		if (key == NULL && *place == 0)
			return place;
		if (key != NULL && fast_fits(*place, hash) &&
		    memcmp(&s->slot[*place & SLOT_MASK].key, key,
		    sizeof(*key)) == 0)
			return place;
	}
	return NULL;
}

struct fast_slot *
call_map_find(const struct call_map *s, const struct fast_key *key)
{
	const uint32_t *place = find_place(s, fast_hash(key, s->seed), key);

	return place == NULL ? NULL : &s->slot[*place & SLOT_MASK];
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

/* One for a new call, and the place that says so; NULL: there is none. */
static struct fast_slot *
take_slot(struct call_map *s, const struct fast_key *key)
{
	uint64_t hash = fast_hash(key, s->seed);
	uint32_t *place = find_place(s, hash, NULL), number;

	if (place == NULL || s->used == s->room)
		return NULL;
	s->used++;
	number = s->nfree > 0 ? s->free[--s->nfree] : s->top++;
	*place = ((uint32_t)hash & ~SLOT_MASK) | number;
	return &s->slot[number];
}

int
call_map_put(struct call_map *s, const struct fast_key *key,
    const struct fast_call *call)
{
	struct fast_slot *slot = call_map_find(s, key);

	if (slot == NULL && (slot = take_slot(s, key)) == NULL) {
		errno = E2BIG;
		return -1;
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
	uint32_t *place = find_place(s, fast_hash(&slot->key, s->seed),
	    &slot->key);

	if (place != NULL)
		*place = 0;
	hide_slot(slot);
	memset(slot, 0, sizeof(*slot));
	s->free[s->nfree++] = (uint32_t)(slot - s->slot);
	s->used--;
}

struct fast_slot *
call_map_next(const struct call_map *s, const struct fast_slot *slot)
{
	struct fast_slot *next = s->slot + (slot == NULL ? s->first :
	    (uint32_t)(slot - s->slot) + 1);

	for (; next < s->slot + s->top; next++)
		if (!is_free(next))
			return next;
	return NULL;
}
