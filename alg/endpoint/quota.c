/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <stdlib.h>

#include "alg/endpoint/quota.h"

struct owner {
	uint64_t	 key;
	struct list	 things;	/* the oldest first */
	uint32_t	 count;
};

int
quota_init(struct quota *l, uint32_t capacity)
{
	*l = (struct quota){ 0 };
	l->links = calloc((size_t)capacity + 1, sizeof(*l->links));
	l->owner_of = calloc((size_t)capacity + 1, sizeof(*l->owner_of));
	l->ranked = calloc((size_t)capacity + 1, sizeof(*l->ranked));
	if (l->links == NULL || l->owner_of == NULL || l->ranked == NULL ||
	    pool_init(&l->owners, capacity, sizeof(struct owner)) == -1 ||
	    table_init(&l->by_key, capacity) == -1) {
		quota_free(l);
		return -1;
	}
	return 0;
}

void
quota_free(struct quota *l)
{
	pool_free(&l->owners);
	table_free(&l->by_key);
	free(l->links);
	free(l->ranked);
	free(l->owner_of);
	*l = (struct quota){ 0 };
}

static struct owner *
owner_at(const struct quota *l, uint32_t i)
{
	return pool_at(&l->owners, i);
}

static uint32_t
find(const struct quota *l, uint64_t key)
{
	uint32_t i = table_first(&l->by_key, key);

	while (i != 0 && owner_at(l, i)->key != key)
		i = table_next(&l->by_key, i);
	return i;
}

static struct list *
rank_of(struct quota *l, uint32_t count)
{
	return &l->rank[count < QUOTA_RANKS ? count : QUOTA_RANKS - 1];
}

static void
change_count(struct quota *l, uint32_t i, uint32_t count)
{
	struct owner *o = owner_at(l, i);

	if (o->count > 0)
		list_remove(l->ranked, rank_of(l, o->count), i);
	o->count = count;
	if (count > 0)
		list_append(l->ranked, rank_of(l, count), i);
}

/* There is always room: nobody has less than one thing. */
void
quota_add(struct quota *l, uint64_t key, uint32_t thing)
{
	uint32_t i = find(l, key);

	assert(thing != 0 && thing <= l->owners.capacity &&
	    l->owner_of[thing] == 0);
	if (i == 0) {
		i = pool_take(&l->owners);
		*owner_at(l, i) = (struct owner){ .key = key };
		table_insert(&l->by_key, key, i);
	}
	l->owner_of[thing] = i;
	list_append(l->links, &owner_at(l, i)->things, thing);
	change_count(l, i, owner_at(l, i)->count + 1);
}

void
quota_remove(struct quota *l, uint32_t thing)
{
	uint32_t i = l->owner_of[thing];
	struct owner *o = owner_at(l, i);

	if (i == 0)
		return;
	l->owner_of[thing] = 0;
	list_remove(l->links, &o->things, thing);
	change_count(l, i, o->count - 1);
	if (o->count > 0)
		return;
	table_remove(&l->by_key, o->key, i);
	pool_give(&l->owners, i);
}

uint32_t
quota_count(const struct quota *l, uint64_t key)
{
	uint32_t i = find(l, key);

	return i != 0 ? owner_at(l, i)->count : 0;
}

uint32_t
quota_oldest(const struct quota *l, uint64_t key)
{
	uint32_t i = find(l, key);

	return i != 0 ? owner_at(l, i)->things.head : 0;
}

uint32_t
quota_greediest(const struct quota *l, uint32_t *count)
{
	uint32_t n = QUOTA_RANKS - 1;
	struct owner *o;

	while (n > 0 && l->rank[n].head == 0)
		n--;
	*count = 0;
	if (n == 0)
		return 0;
	o = owner_at(l, l->rank[n].head);
	*count = o->count;
	return o->things.head;
}
