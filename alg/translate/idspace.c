/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which call IDs are taken: bitmaps, and the quarantine of freed ones. */
#include <assert.h>
#include <stdlib.h>

#include "alg/translate/state.h"

struct bits {
	uint64_t	 word[4];
};

struct space {
	uint32_t	 public, peer;
	uint32_t	 holders;	/* connections */
	uint32_t used; /* IDs: calls', quarantined, refusal's */
	struct list	 quarantined;	/* slots of the ring, oldest first */
	uint16_t	 refusal;
	struct bits	 full;		/* pages without a free ID */
};

struct page {
	uint32_t	 space;
	uint16_t	 number, used;
	struct bits	 taken;
};

/* A freed ID; it is taken in its space until the quarantine is over. */
struct quarantined_id {
	uint64_t	 since;		/* ms */
	uint32_t	 space;		/* 0: its quarantine was cut short */
	uint16_t	 id;
};

static bool
bit_get(const struct bits *b, uint8_t n)
{
	return b->word[n / 64] >> (n % 64) & 1;
}

static void
bit_set(struct bits *b, uint8_t n)
{
	b->word[n / 64] |= 1ULL << (n % 64);
}

static void
bit_clear(struct bits *b, uint8_t n)
{
	b->word[n / 64] &= ~(1ULL << (n % 64));
}

/* The first zero at or after start, going round; -1 if there is none. */
static int
bit_zero(const struct bits *b, uint8_t start)
{
	for (unsigned i = 0; i <= 4; i++) {
		unsigned w = (start / 64 + i) % 4;
		uint64_t free = ~b->word[w];

		if (i == 0)
			free &= ~0ULL << (start % 64);
		if (free != 0)
			return (int)(w * 64) + __builtin_ctzll(free);
	}
	return -1;
}

static struct space *
space_at(const struct alg *a, uint32_t i)
{
	return pool_at(&a->spaces.spaces, i);
}

static struct page *
page_at(const struct alg *a, uint32_t i)
{
	return pool_at(&a->spaces.pages, i);
}

static uint64_t
space_hash(const struct alg *a, uint32_t public, uint32_t peer)
{
	return hash_words(&a->key, public, peer, 0);
}

static uint64_t
page_hash(const struct alg *a, uint32_t space, uint16_t number)
{
	return hash_words(&a->key, space, number, 0);
}

/* How many can be in quarantine when there can be so many calls. */
static uint32_t
quarantine_capacity(uint32_t calls)
{
	uint32_t n = 64;

	while (n < calls)
		n *= 2;
	return n;
}

int
idspace_init(struct alg *a, uint32_t connections, uint32_t calls)
{
	struct idspaces *s = &a->spaces;
	uint32_t quarantine = quarantine_capacity(calls), spaces, pages;

	/* A quarantined ID may hold a space, and a page, all alone. */
	spaces = connections + quarantine;
	pages = spaces + calls + quarantine;
	if (pool_init(&s->spaces, spaces, sizeof(struct space)) == -1 ||
	    pool_init(&s->pages, pages, sizeof(struct page)) == -1 ||
	    table_init(&s->by_key, spaces) == -1 ||
	    table_init(&s->by_page, pages) == -1)
		return -1;
	s->mask = quarantine - 1;
	s->ring = calloc(quarantine, sizeof(*s->ring));
	s->links = calloc((size_t)quarantine + 1, sizeof(*s->links));
	return s->ring != NULL && s->links != NULL ? 0 : -1;
}

void
idspace_free(struct alg *a)
{
	struct idspaces *s = &a->spaces;

	pool_free(&s->spaces);
	pool_free(&s->pages);
	table_free(&s->by_key);
	table_free(&s->by_page);
	free(s->ring);
	free(s->links);
}

static uint32_t
page_find(const struct alg *a, uint32_t space, uint16_t number)
{
	const struct table *t = &a->spaces.by_page;
	uint32_t i = table_first(t, page_hash(a, space, number));

	while (i != 0 && (page_at(a, i)->space != space ||
	    page_at(a, i)->number != number))
		i = table_next(t, i);
	return i;
}

static uint32_t
page_make(struct alg *a, uint32_t space, uint16_t number)
{
	uint32_t i = pool_take(&a->spaces.pages);

	if (i == 0)
		return 0;
	*page_at(a, i) = (struct page){ .space = space, .number = number };
	table_insert(&a->spaces.by_page, page_hash(a, space, number), i);
	return i;
}

bool
idspace_claim(struct alg *a, uint32_t space, uint16_t id)
{
	uint8_t number = (uint8_t)(id >> 8), low = (uint8_t)id;
	uint32_t i = page_find(a, space, number);
	struct page *p;

	if (i == 0)
		i = page_make(a, space, number);
	if (i == 0 || bit_get(&page_at(a, i)->taken, low))
		return false;
	p = page_at(a, i);
	bit_set(&p->taken, low);
	if (++p->used == 256)
		bit_set(&space_at(a, space)->full, number);
	space_at(a, space)->used++;
	return true;
}

/* Frees a space without holders in which only the refusal ID is taken. */
static void
space_drop_unused(struct alg *a, uint32_t space)
{
	struct space *s = space_at(a, space);
	uint32_t i;

	if (s->holders != 0 || s->used > 1)
		return;
	i = page_find(a, space, s->refusal >> 8);
	table_remove(&a->spaces.by_page, i);
	pool_give(&a->spaces.pages, i);
	table_remove(&a->spaces.by_key, space);
	pool_give(&a->spaces.spaces, space);
}

void
idspace_release(struct alg *a, uint32_t space, uint16_t id)
{
	uint8_t number = (uint8_t)(id >> 8);
	uint32_t i = page_find(a, space, number);
	struct page *p = page_at(a, i);

	assert(i != 0 && bit_get(&p->taken, (uint8_t)id));
	bit_clear(&p->taken, (uint8_t)id);
	bit_clear(&space_at(a, space)->full, number);
	space_at(a, space)->used--;
	if (--p->used == 0) {
		table_remove(&a->spaces.by_page, i);
		pool_give(&a->spaces.pages, i);
	}
	space_drop_unused(a, space);
}

static uint32_t
space_make(struct alg *a, uint32_t public, uint32_t peer)
{
	uint32_t i = pool_take(&a->spaces.spaces);
	struct space *s = space_at(a, i);

	if (i == 0)
		return 0;
	*s = (struct space){ .public = public, .peer = peer,
	    .refusal = (uint16_t)state_random(a) };
	if (!idspace_claim(a, i, s->refusal)) {
		pool_give(&a->spaces.spaces, i);
		return 0;
	}
	table_insert(&a->spaces.by_key, space_hash(a, public, peer), i);
	return i;
}

uint32_t
idspace_get(struct alg *a, uint32_t public, uint32_t peer)
{
	const struct table *t = &a->spaces.by_key;
	uint32_t i = table_first(t, space_hash(a, public, peer));

	while (i != 0 && (space_at(a, i)->public != public ||
	    space_at(a, i)->peer != peer))
		i = table_next(t, i);
	if (i == 0)
		i = space_make(a, public, peer);
	if (i != 0)
		space_at(a, i)->holders++;
	return i;
}

void
idspace_put(struct alg *a, uint32_t space)
{
	space_at(a, space)->holders--;
	space_drop_unused(a, space);
}

/* Slots of the ring count from 1; positions go on and on. */
static uint32_t
slot_of(const struct alg *a, uint32_t position)
{
	return (position & a->spaces.mask) + 1;
}

static struct quarantined_id *
quarantined_at(const struct alg *a, uint32_t slot)
{
	return &a->spaces.ring[slot - 1];
}

/* The ID stays taken. */
static uint16_t
unquarantine(struct alg *a, uint32_t slot)
{
	struct quarantined_id *q = quarantined_at(a, slot);

	list_remove(a->spaces.links, &space_at(a, q->space)->quarantined,
	    slot);
	q->space = 0;
	a->counters.quarantined--;
	return q->id;
}

/* Frees the ID that is in quarantine longest, of all spaces. */
static void
free_oldest(struct alg *a)
{
	uint32_t slot = slot_of(a, a->spaces.first);
	uint32_t space = quarantined_at(a, slot)->space;

	a->spaces.first++;
	a->spaces.n--;
	if (space != 0)
		idspace_release(a, space, unquarantine(a, slot));
}

void
idspace_quarantine(struct alg *a, uint32_t space, uint16_t id, uint64_t since)
{
	struct idspaces *s = &a->spaces;
	uint32_t slot;

	if (s->n > s->mask) {
		state_count(a, REASON_QUARANTINE_CUT);
		free_oldest(a);
	}
	slot = slot_of(a, s->first + s->n++);
	*quarantined_at(a, slot) = (struct quarantined_id){
		.since = since, .space = space, .id = id
	};
	list_append(s->links, &space_at(a, space)->quarantined, slot);
	a->counters.quarantined++;
}

/* Takes the ID that is in quarantine longest, of this space. */
static int
take_quarantined(struct alg *a, uint32_t space)
{
	uint32_t slot = space_at(a, space)->quarantined.head;

	if (slot == 0)
		return IDSPACE_NONE;
	state_count(a, REASON_QUARANTINE_CUT);
	return unquarantine(a, slot);
}

bool
idspace_claim_quarantined(struct alg *a, uint32_t space, uint16_t id)
{
	const struct list *line = &space_at(a, space)->quarantined;
	uint32_t slot = line->head;

	while (slot != 0 && quarantined_at(a, slot)->id != id)
		slot = a->spaces.links[slot].next;
	if (slot == 0)
		return false;
	while (line->head != slot)
		idspace_release(a, space, unquarantine(a, line->head));
	unquarantine(a, slot);
	return true;
}

bool
idspace_next_quarantined(const struct alg *a, uint32_t *at, uint32_t *space,
    uint16_t *id, uint64_t *since)
{
	const struct idspaces *s = &a->spaces;
	const struct quarantined_id *q;

	if (*at - s->first > s->n)	/* its quarantine is over meanwhile */
		*at = s->first;
	for (; *at != s->first + s->n; (*at)++) {
		q = quarantined_at(a, slot_of(a, *at));
		if (q->space == 0)
			continue;
		*space = q->space;
		*id = q->id;
		*since = q->since;
		(*at)++;
		return true;
	}
	return false;
}

void
idspace_tick(struct alg *a)
{
	const struct idspaces *s = &a->spaces;

	while (s->n > 0 && a->now - quarantined_at(a,
	    slot_of(a, s->first))->since >= a->config.quarantine)
		free_oldest(a);
}

int
idspace_take_low(struct alg *a, uint32_t space, uint8_t number)
{
	static const struct bits none;
	uint32_t i = page_find(a, space, number);
	int low = bit_zero(i != 0 ? &page_at(a, i)->taken : &none,
	    (uint8_t)state_random(a));

	if (low == -1 || !idspace_claim(a, space,
	    (uint16_t)(number << 8 | low)))
		return IDSPACE_NONE;
	return number << 8 | low;
}

int
idspace_take_in_page(struct alg *a, uint32_t space, uint8_t page)
{
	int id = idspace_take_low(a, space, page);
	int other;

	if (id != IDSPACE_NONE)
		return id;
	other = bit_zero(&space_at(a, space)->full, (uint8_t)state_random(a));
	if (other != -1)
		return idspace_take_low(a, space, (uint8_t)other);
	return take_quarantined(a, space);
}

int
idspace_take(struct alg *a, uint32_t space, uint16_t want)
{
	if (idspace_claim(a, space, want))
		return want;
	return idspace_take_in_page(a, space, (uint8_t)(want >> 8));
}

uint16_t
idspace_refusal(const struct alg *a, uint32_t space)
{
	return space_at(a, space)->refusal;
}

void
idspace_set_refusal(struct alg *a, uint32_t space, uint16_t id)
{
	uint16_t before = space_at(a, space)->refusal;

	space_at(a, space)->refusal = id;
	idspace_release(a, space, before);
}

void
idspace_ends(const struct alg *a, uint32_t space, uint32_t *public,
    uint32_t *peer)
{
	*public = space_at(a, space)->public;
	*peer = space_at(a, space)->peer;
}

uint32_t
idspace_used(const struct alg *a, uint32_t i)
{
	return space_at(a, i)->used;
}
