/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table with a slot for each call that kernel and daemon use at once. */
#include <sys/mman.h>

#include <errno.h>
#include <string.h>

#include "nat/bpf/call_map.h"

#define SLOT_MASK	((1U << FAST_SLOT_BITS) - 1)
#define WORD		64U		/* bits of call_map.taken */

/* Twice the calls: so hardly one finds all FAST_PROBES places taken. */
static uint32_t
count_places(uint32_t calls)
{
	return 2 * calls + 4096;
}

static uint32_t
count_words(uint32_t calls)
{
	return (calls + WORD - 1) / WORD;
}

/* The slots that are full of places. */
static uint32_t
place_slots(uint32_t calls)
{
	return (count_places(calls) + FAST_PROBES) / FAST_PLACES + 1;
}

struct fast_layout
call_map_layout(uint32_t calls, uint64_t seed)
{
	struct fast_layout layout = { .places = count_places(calls),
	    .seed = seed };

	layout.first = place_slots(calls) + (uint32_t)(count_words(calls) *
	    sizeof(uint64_t) / sizeof(struct fast_slot)) + 1;
	while (2 * layout.homes + 2 <= calls)
		layout.homes = 2 * layout.homes + 1;
	return layout;
}

uint32_t
call_map_entries(uint32_t calls)
{
	/* A map of another layout has another size, and is not taken over. */
	return call_map_layout(calls, 0).first + count_words(calls) * WORD +
	    FAST_LAYOUT;
}

static size_t
map_bytes(uint32_t calls)
{
	return call_map_entries(calls) * sizeof(struct fast_slot);
}

int
call_map_open(struct call_map *s, int map, uint32_t calls, uint64_t seed)
{
	void *memory = mmap(NULL, map_bytes(calls), PROT_READ | PROT_WRITE,
	    MAP_SHARED, map, 0);
	uint32_t i;

	if (memory == MAP_FAILED)
		return -1;
	*s = (struct call_map){ .slot = memory, .room = calls,
	    .layout = call_map_layout(calls, seed) };
	s->taken = (void *)&s->slot[place_slots(calls)];
	for (i = 0; i < count_words(calls); i++)
		s->used += (uint32_t)__builtin_popcountll(s->taken[i]);
	return 0;
}

void
call_map_close(struct call_map *s)
{
	if (s->slot != NULL)
		(void)munmap(s->slot, map_bytes(s->room));
	s->slot = NULL;
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
 * The programs look at any time, once they have read what a call's packets
 * get: a slot that changes has no key.
 */
static void
hide_slot(struct fast_slot *slot)
{
	__atomic_store_n(&slot->key.outside, 0, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static uint32_t
number_of(const struct call_map *s, const struct fast_slot *slot)
{
	return (uint32_t)(slot - s->slot) - s->layout.first;
}

static uint64_t
bit_of(uint32_t number)
{
	return 1ULL << number % WORD;
}

/* One that is free, when there is one. */
static struct fast_slot *
any_free(struct call_map *s)
{
	while (s->taken[s->at] == UINT64_MAX)
		s->at = (s->at + 1) % count_words(s->room);
	return &s->slot[s->layout.first + s->at * WORD +
	    (uint32_t)__builtin_ctzll(~s->taken[s->at])];
}

/* A slot for a new call, and the place that says so of a stray; or NULL. */
static struct fast_slot *
take_slot(struct call_map *s, const struct fast_key *key)
{
	uint64_t hash = fast_hash(key, &s->layout);
	struct fast_slot *slot = home_of(s, key);
	uint32_t *place, number = number_of(s, slot);

	if (s->used == s->room)
		return NULL;
	if (s->taken[number / WORD] & bit_of(number)) {
		if ((place = find_place(s, hash, NULL)) == NULL)
			return NULL;
		slot = any_free(s);
		number = number_of(s, slot);
		*place = ((uint32_t)hash & ~SLOT_MASK) |
		    (uint32_t)(slot - s->slot);
	}
	s->taken[number / WORD] |= bit_of(number);
	s->used++;
	return slot;
}

/*
 * Gives a slot a call: a free one, or one that has the key already.  A packet
 * that comes meanwhile gets what the former call's or this one's get: that is
 * one word.  By the stack, to begin with.
 */
static void
fill_slot(struct call_map *s, struct fast_slot *slot,
    const struct fast_key *key, const struct fast_call *call)
{
	struct fast_call own = *call;

	own.sum = fast_sum(key->here, call->address);
	slot->call.ifindex = 0;
	slot->call.at = (uint32_t)(slot - s->slot);
	slot->call.mark = call->mark;
	slot->call.heard = call->heard;
	slot->call.packets = call->packets;
	slot->call.bytes = call->bytes;
	slot->call.last = call->last;
	__atomic_store_n(&slot->call.to, own.to, __ATOMIC_SEQ_CST);
	__atomic_store_n(&slot->way.asked, 0, __ATOMIC_SEQ_CST);
	slot->key.here = key->here;
	slot->key.id = key->id;
	__atomic_store_n(&slot->key.outside, key->outside, __ATOMIC_RELEASE);
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
	fill_slot(s, slot, key, call);
	return 0;
}

void
call_map_remove(struct call_map *s, struct fast_slot *slot)
{
	uint32_t number = number_of(s, slot), *place;

	if (slot != home_of(s, &slot->key) && (place = find_place(s,
	    fast_hash(&slot->key, &s->layout), &slot->key)) != NULL)
		*place = 0;
	hide_slot(slot);
	memset(slot, 0, sizeof(*slot));
	s->taken[number / WORD] &= ~bit_of(number);
	s->used--;
}

struct fast_slot *
call_map_next(const struct call_map *s, const struct fast_slot *slot)
{
	uint32_t number = slot == NULL ? 0 : number_of(s, slot) + 1;
	uint64_t word;

	for (; number < count_words(s->room) * WORD;
	    number = (number | (WORD - 1)) + 1) {
		word = s->taken[number / WORD] >> number % WORD;
		if (word != 0)
			return &s->slot[s->layout.first + number +
			    (uint32_t)__builtin_ctzll(word)];
	}
	return NULL;
}
