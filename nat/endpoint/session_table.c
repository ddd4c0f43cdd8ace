/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds sessions by hash tables: for GRE by its addresses and call ID, for IP
 * by the address inside.
 */
#include <sys/random.h>

#include "nat/endpoint/session.h"
#include "nat/endpoint/session_table.h"
#include "nat/endpoint/tun_device.h"

int
session_table_init(struct session_table *d, const struct pool *sessions)
{
	uint8_t key[16];

	if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key) ||
	    table_init(&d->by_call, sessions->capacity) == -1 ||
	    table_init(&d->by_address, sessions->capacity) == -1)
		return -1;
	d->sessions = sessions;
	d->key = hash_key_of(key);
	return 0;
}

void
session_table_free(struct session_table *d)
{
	table_free(&d->by_call);
	table_free(&d->by_address);
}

static uint64_t
call_hash(const struct session_table *d, uint32_t peer, uint32_t local,
    uint16_t id)
{
	return hash_words(&d->key, peer, local, id);
}

struct session *
session_table_find_call(const struct session_table *d, uint32_t peer,
    uint32_t local, uint16_t id)
{
	uint32_t i = table_first(&d->by_call, call_hash(d, peer, local, id));
	struct session *s;

	for (; i != 0; i = table_next(&d->by_call, i)) {
		s = pool_at(d->sessions, i);
		if (s->path.peer == peer && s->path.local == local &&
		    s->call.id == id)
			return s;
	}
	return NULL;
}

void
session_table_add_call(struct session_table *d, struct session *s)
{
	if (s->in_table)
		return;
	table_insert(&d->by_call, call_hash(d, s->path.peer, s->path.local,
	    s->call.id), s->index);
	s->in_table = true;
}

void
session_table_remove_call(struct session_table *d, struct session *s)
{
	if (!s->in_table)
		return;
	table_remove(&d->by_call, s->index);
	s->in_table = false;
}

static uint64_t
address_hash(const struct session_table *d, uint32_t address)
{
	return hash_words(&d->key, address, 0, 1U << 16);
}

struct session *
session_table_find_address(const struct session_table *d,
    const struct tun_device *device, uint32_t address)
{
	uint32_t i = table_first(&d->by_address, address_hash(d, address));
	struct session *s;

	for (; i != 0; i = table_next(&d->by_address, i)) {
		s = pool_at(d->sessions, i);
		if (s->remote == address && s->device == device)
			return s;
	}
	return NULL;
}

void
session_table_add_address(struct session_table *d, struct session *s)
{
	table_insert(&d->by_address, address_hash(d, s->remote), s->index);
}

void
session_table_remove_address(struct session_table *d, struct session *s)
{
	table_remove(&d->by_address, s->index);
}
