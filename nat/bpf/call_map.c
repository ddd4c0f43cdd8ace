/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hash table with open addressing that kernel and daemon use at once. */
#include <sys/mman.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nat/bpf/call_map.h"

#define SLOT_MASK	((1U << FAST_SLOT_BITS) - 1)
#define LAST		UINT32_MAX	/* behind the last one of the list */

static const struct fast_key none;	/* the key of a free slot */

/* Twice the calls: so hardly one finds all FAST_PROBES places taken. */
static uint32_t
count_places(uint32_t calls)
{
	return 2 * calls + 4096;
}

struct fast_layout
call_map_layout(uint32_t calls, uint64_t seed)
{
	struct fast_layout layout = { .places = count_places(calls),
	    .seed = seed };

	layout.first = (layout.places + FAST_PROBES) / FAST_PLACES + 1;
	while (2 * layout.homes + 2 <= calls)
		layout.homes = 2 * layout.homes + 1;
	return layout;
}

uint32_t
call_map_entries(uint32_t calls)
{
	return call_map_layout(calls, 0).first + calls;
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

int
call_map_open(struct call_map *s, int map, uint32_t calls, uint64_t seed,
    bool empty)
{
	const struct fast_layout layout = call_map_layout(calls, seed);
	struct fast_slot *slot = NULL;
	void *memory;

	memory = mmap(NULL, map_bytes(calls), PROT_READ | PROT_WRITE,
	    MAP_SHARED, map, 0);
	if (memory == MAP_FAILED)
		return -1;
	*s = (struct call_map){
		.slot = memory, .room = calls, .layout = layout,
		.free = LAST, .top = layout.first,
		.next = calloc(call_map_entries(calls), sizeof(*s->next))
	};
	if (s->next == NULL) {
		call_map_close(s);
		return -1;
	}
	/* To look at a new one would only make the kernel give it memory. */
	while (!empty && (slot = call_map_next(s, slot)) != NULL)
		s->used++;
	return 0;
}

void
call_map_close(struct call_map *s)
{
	if (s->slot != NULL)
		(void)munmap(s->slot, map_bytes(s->room));
	free(s->next);
	s->slot = NULL;
	s->next = NULL;
}

/* The place that says where a stray is, or a free one (key NULL). */
static uint32_t *
find_place(const struct call_map *s, uint64_t hash,
    const struct fast_key *key)
{
	uint32_t *place = (uint32_t *)(void *)s->slot +
	    fast_place(hash, &s->layout);
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

static struct fast_slot *
home_of(const struct call_map *s, const struct fast_key *key)
{
	return &s->slot[fast_home(key, &s->layout)];
}

struct fast_slot *
call_map_find(const struct call_map *s, const struct fast_key *key)
{
	struct fast_slot *home = home_of(s, key);
	const uint32_t *place;

	if (memcmp(&home->key, key, sizeof(*key)) == 0)
		return home;
	place = find_place(s, fast_hash(key, &s->layout), key);
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

/* A free one, when there is one: some in the list were taken as a home. */
static uint32_t
take_any(struct call_map *s)
{
	uint32_t number;

	while ((number = s->free) != LAST) {
		s->free = s->next[number];
		s->next[number] = 0;
		if (is_free(&s->slot[number]))
			return number;
	}
	while (!is_free(&s->slot[s->top]))
		s->top++;
	return s->top++;
}

/* A slot for a new call, and the place that says so of a stray; or NULL. */
static struct fast_slot *
take_slot(struct call_map *s, const struct fast_key *key)
{
	uint64_t hash = fast_hash(key, &s->layout);
	uint32_t *place;
	uint32_t number;

	if (s->used == s->room)
		return NULL;
	if (!is_free(home_of(s, key))) {
		if ((place = find_place(s, hash, NULL)) == NULL)
			return NULL;
		number = take_any(s);
		*place = ((uint32_t)hash & ~SLOT_MASK) | number;
		s->used++;
		return &s->slot[number];
	}
	s->used++;
	return home_of(s, key);
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
	uint32_t number = (uint32_t)(slot - s->slot), *place;

	if (slot != home_of(s, &slot->key) && (place = find_place(s,
	    fast_hash(&slot->key, &s->layout), &slot->key)) != NULL)
		*place = 0;
	hide_slot(slot);
	memset(slot, 0, sizeof(*slot));
	s->used--;
	if (number < s->top && s->next[number] == 0) {
		s->next[number] = s->free;
		s->free = number;
	}
}

struct fast_slot *
call_map_next(const struct call_map *s, const struct fast_slot *slot)
{
	struct fast_slot *next = s->slot + (slot == NULL ? s->layout.first :
	    (uint32_t)(slot - s->slot) + 1);

	for (; next < s->slot + call_map_entries(s->room); next++)
		if (!is_free(next))
			return next;
	return NULL;
}
