/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts connections and calls by the address that opened them. */
#include "alg/translate/state.h"

struct client_count *
client_count_at(const struct alg *a, uint32_t i)
{
	return pool_at(&a->clients.pool, i);
}

static uint64_t
client_count_hash(const struct alg *a, uint32_t address)
{
	return hash_words(&a->key, address, 0, 0);
}

int
client_count_init(struct alg *a, uint32_t capacity)
{
	if (pool_init(&a->clients.pool, capacity,
	    sizeof(struct client_count)) == -1)
		return -1;
	return table_init(&a->clients.by_address, capacity);
}

void
client_count_free(struct alg *a)
{
	pool_free(&a->clients.pool);
	table_free(&a->clients.by_address);
}

static uint32_t
client_count_find(const struct alg *a, uint32_t address)
{
	const struct table *t = &a->clients.by_address;
	uint32_t i = table_first(t, client_count_hash(a, address));

	while (i != 0 && client_count_at(a, i)->address != address)
		i = table_next(t, i);
	return i;
}

uint32_t
client_count_get(struct alg *a, uint32_t address)
{
	uint32_t i = client_count_find(a, address);

	if (i == 0) {
		i = pool_take(&a->clients.pool);
		if (i == 0)
			return 0;
		*client_count_at(a, i) =
		    (struct client_count){ .address = address };
		table_insert(
		    &a->clients.by_address, client_count_hash(a, address), i);
	}
	client_count_at(a, i)->connections++;
	return i;
}

void
client_count_put(struct alg *a, uint32_t i)
{
	struct client_count *c = client_count_at(a, i);

	if (--c->connections > 0)
		return;
	table_remove(&a->clients.by_address, i);
	pool_give(&a->clients.pool, i);
}

uint32_t
client_count_connections(const struct alg *a, uint32_t address)
{
	uint32_t i = client_count_find(a, address);

	return i != 0 ? client_count_at(a, i)->connections : 0;
}
