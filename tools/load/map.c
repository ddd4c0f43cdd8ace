/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hash table in shared memory, with open addressing and linear probing. */
#include <pthread.h>

#include "tools/load/map.h"
#include "tools/load/process.h"

/*
 * Open addressing with linear probing.  A slot is one word, read and written
 * whole: peer (32 bits), own ID (16), peer's ID (16).  No peer has the address
 * 0, so small values are free for marks.
 */
#define SLOTS		(1U << 18)
#define ROOM		(SLOTS / 4 * 3)
#define EMPTY		0
#define REMOVED		1

struct map {
	pthread_mutex_t	 lock;		/* of all writers */
	uint32_t	 used;		/* slots that are not empty */
	uint16_t	 next_id;
	uint64_t	 slots[SLOTS];
};

struct map *
map_new(void)
{
	struct map *m = process_memory(sizeof(*m));
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&m->lock, &attr);
	pthread_mutexattr_destroy(&attr);
	return m;
}

static uint64_t
key_of(uint32_t peer, uint16_t own_id)
{
	return (uint64_t)peer << 16 | own_id;
}

static uint32_t
first_slot(uint64_t k)
{
	return (uint32_t)(k * 0x9E3779B97F4A7C15U >> 46);
}

static uint64_t
read_slot(const struct map *m, uint32_t at)
{
	return __atomic_load_n(&m->slots[at], __ATOMIC_RELAXED);
}

static void
write_slot(struct map *m, uint32_t at, uint64_t value)
{
	__atomic_store_n(&m->slots[at], value, __ATOMIC_RELAXED);
}

/* The slot of a key; SLOTS when there is none, *room is where it could go. */
static uint32_t
find_slot(const struct map *m, uint64_t k, uint32_t *room)
{
	uint64_t value;

	*room = SLOTS;
	for (uint32_t at = first_slot(k);; at = (at + 1) % SLOTS) {
		value = read_slot(m, at);
		if (value >> 16 == k)
			return at;
		if (value <= REMOVED && *room == SLOTS)
			*room = at;
		if (value == EMPTY)
			return SLOTS;
	}
}

bool
map_add(struct map *m, uint32_t peer, uint16_t peer_id, uint16_t *own_id)
{
	uint32_t room;
	bool added = false;

	pthread_mutex_lock(&m->lock);
	for (int tries = 0; tries < 0x10000 && m->used < ROOM; tries++) {
		*own_id = ++m->next_id;
		if (find_slot(m, key_of(peer, *own_id), &room) != SLOTS)
			continue;
		m->used += read_slot(m, room) == EMPTY;
		write_slot(m, room, key_of(peer, *own_id) << 16 | peer_id);
		added = true;
		break;
	}
	pthread_mutex_unlock(&m->lock);
	return added;
}

/* Marks before an empty slot serve nobody: they become empty, too. */
static void
sweep_removed(struct map *m, uint32_t at)
{
	if (read_slot(m, (at + 1) % SLOTS) != EMPTY)
		return;
	while (read_slot(m, at) == REMOVED) {
		write_slot(m, at, EMPTY);
		m->used--;
		at = (at + SLOTS - 1) % SLOTS;
	}
}

void
map_remove(struct map *m, uint32_t peer, uint16_t own_id)
{
	uint32_t at, room;

	pthread_mutex_lock(&m->lock);
	at = find_slot(m, key_of(peer, own_id), &room);
	if (at != SLOTS) {
		write_slot(m, at, REMOVED);
		sweep_removed(m, at);
	}
	pthread_mutex_unlock(&m->lock);
}

bool
map_find(struct map *m, uint32_t peer, uint16_t own_id, uint16_t *peer_id)
{
	uint32_t room, at = find_slot(m, key_of(peer, own_id), &room);

	if (at == SLOTS)
		return false;
	*peer_id = (uint16_t)read_slot(m, at);
	return true;
}
