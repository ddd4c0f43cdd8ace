/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts things by the hash of their owner, and knows the oldest of each. */
#include <assert.h>
#include <stdlib.h>

#include "alg/endpoint/quota.h"

struct owner {
	uint64_t	 key;
	struct list	 things;	/* the oldest first */
	uint32_t	 count;
};

int
quota_init(struct quota *q, uint32_t capacity)
{
	*q = (struct quota){ 0 };
	q->links = calloc((size_t)capacity + 1, sizeof(*q->links));
	q->owner_of = calloc((size_t)capacity + 1, sizeof(*q->owner_of));
	q->ranked = calloc((size_t)capacity + 1, sizeof(*q->ranked));
	if (q->links == NULL || q->owner_of == NULL || q->ranked == NULL ||
	    pool_init(&q->owners, capacity, sizeof(struct owner)) == -1 ||
	    table_init(&q->by_key, capacity) == -1) {
		quota_free(q);
		return -1;
	}
	return 0;
}

void
quota_free(struct quota *q)
{
	pool_free(&q->owners);
	table_free(&q->by_key);
	free(q->links);
	free(q->ranked);
	free(q->owner_of);
	*q = (struct quota){ 0 };
}

static struct owner *
owner_at(const struct quota *q, uint32_t i)
{
	return pool_at(&q->owners, i);
}

static uint32_t
find_owner(const struct quota *q, uint64_t key)
{
	uint32_t i = table_first(&q->by_key, key);

	while (i != 0 && owner_at(q, i)->key != key)
		i = table_next(&q->by_key, i);
	return i;
}

static struct list *
rank_of(struct quota *q, uint32_t count)
{
	return &q->rank[count < QUOTA_RANKS ? count : QUOTA_RANKS - 1];
}

static void
change_count(struct quota *q, uint32_t i, uint32_t count)
{
	struct owner *o = owner_at(q, i);

	if (o->count > 0)
		list_remove(q->ranked, rank_of(q, o->count), i);
	o->count = count;
	if (count > 0)
		list_append(q->ranked, rank_of(q, count), i);
}

/* There is always room: each owner has one thing at least. */
void
quota_add(struct quota *q, uint64_t key, uint32_t thing)
{
	uint32_t i = find_owner(q, key);

	assert(thing != 0 && thing <= q->owners.capacity &&
	    q->owner_of[thing] == 0);
	if (i == 0) {
		i = pool_take(&q->owners);
		*owner_at(q, i) = (struct owner){ .key = key };
		table_insert(&q->by_key, key, i);
	}
	q->owner_of[thing] = i;
	list_append(q->links, &owner_at(q, i)->things, thing);
	change_count(q, i, owner_at(q, i)->count + 1);
}

void
quota_remove(struct quota *q, uint32_t thing)
{
	uint32_t i = q->owner_of[thing];
	struct owner *o = owner_at(q, i);

	if (i == 0)
		return;
	q->owner_of[thing] = 0;
	list_remove(q->links, &o->things, thing);
	change_count(q, i, o->count - 1);
	if (o->count > 0)
		return;
	table_remove(&q->by_key, i);
	pool_give(&q->owners, i);
}

uint32_t
quota_count(const struct quota *q, uint64_t key)
{
	uint32_t i = find_owner(q, key);

	return i != 0 ? owner_at(q, i)->count : 0;
}

uint32_t
quota_oldest(const struct quota *q, uint64_t key)
{
	uint32_t i = find_owner(q, key);

	return i != 0 ? owner_at(q, i)->things.head : 0;
}

uint32_t
quota_greediest(const struct quota *q, uint32_t *count)
{
	uint32_t n = QUOTA_RANKS - 1;
	struct owner *o;

	while (n > 0 && q->rank[n].head == 0)
		n--;
	*count = 0;
	if (n == 0)
		return 0;
	o = owner_at(q, q->rank[n].head);
	*count = o->count;
	return o->things.head;
}
