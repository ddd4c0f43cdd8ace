/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes of a control connection, kept so that a retransmission is the same. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "alg/pptp/tcp.h"
#include "alg/translate/state.h"

/*
 * A short message; what opens a connection and a call, which few exceed; all
 * that there can be.  Many streams that are restored have little.
 */
static const uint32_t sizes[STREAM_SIZES] = { 64, 512, STREAM_BLOCK };

/* Bytes as they came, and behind them as they went out. */
struct block {
	uint8_t		*original, *rewritten;
	uint32_t	 size;		/* of each */
};

int
stream_init(struct alg *a, uint32_t connections)
{
	struct streams *s = &a->streams;
	size_t n = connections * 2, all = STREAM_SIZES * n + 1;

	for (int i = 0; i < STREAM_SIZES; i++)
		if (pool_init(&s->blocks[i], (uint32_t)n, 2 * sizes[i]) == -1)
			return -1;
	s->links = calloc(all, sizeof(*s->links));
	s->owner = calloc(all, sizeof(*s->owner));
	return s->links != NULL && s->owner != NULL ? 0 : -1;
}

void
stream_free(struct alg *a)
{
	for (int i = 0; i < STREAM_SIZES; i++)
		pool_free(&a->streams.blocks[i]);
	free(a->streams.links);
	free(a->streams.owner);
}

/* Which size a block has; its number becomes its place in that pool. */
static int
size_of_block(const struct alg *a, uint32_t *block)
{
	int i = 0;

	for (; *block > a->streams.blocks[i].capacity; i++)
		*block -= a->streams.blocks[i].capacity;
	return i;
}

static struct block
block_of(const struct alg *a, const struct stream *s)
{
	uint32_t at = s->block;
	int i = size_of_block(a, &at);
	uint8_t *bytes = pool_at(&a->streams.blocks[i], at);

	return (struct block){ bytes, bytes + sizes[i], sizes[i] };
}

static void
give_block(struct alg *a, uint32_t block)
{
	int i = size_of_block(a, &block);

	pool_give(&a->streams.blocks[i], block);
}

void
stream_start(struct stream *s, uint32_t seq, uint32_t expects)
{
	assert(s->block == 0);
	*s = (struct stream){ .next = seq, .acked = seq, .base = seq,
	    .end = seq, .message = seq, .expects = expects };
}

/* Its bytes are needed. */
static void
unspare_block(struct alg *a, struct stream *s)
{
	if (!s->spare)
		return;
	list_remove(a->streams.links, &a->streams.spare, s->block);
	a->streams.nspare--;
	s->spare = false;
}

void
stream_release(struct alg *a, struct stream *s)
{
	if (s->block == 0)
		return;
	unspare_block(a, s);
	give_block(a, s->block);
	s->block = 0;
	s->base = s->end;
}

void
stream_lose(struct alg *a, struct stream *s, uint32_t seq)
{
	uint32_t expects = s->expects;

	stream_release(a, s);
	stream_start(s, seq, expects);
	s->lost = true;
}

/*
 * All is read and acknowledged: only late retransmissions need the bytes.  They
 * may be freed, the oldest first.
 */
static void
spare_block(struct alg *a, struct stream *s)
{
	struct streams *all = &a->streams;
	uint32_t owner;

	if (s->block == 0 || s->spare || s->message != s->end ||
	    tcp_diff(s->acked, s->end) < 0)
		return;
	list_append(all->links, &all->spare, s->block);
	s->spare = true;
	if (++all->nspare <= STREAM_SPARE_MAX)
		return;
	owner = all->owner[all->spare.head];
	stream_release(a, &connection_at(a, owner / 2)->stream[owner % 2]);
}

/* Makes room by forgetting what is read and acknowledged. */
static void
compact_block(const struct alg *a, struct stream *s)
{
	struct block b = block_of(a, s);
	uint32_t until = tcp_diff(s->acked, s->message) < 0 ?
	    s->acked : s->message;
	uint32_t n = until - s->base, left = s->end - until;

	memmove(b.original, b.original + n, left);
	memmove(b.rewritten, b.rewritten + n, left);
	s->base = until;
}

/* For n bytes; there is a block of each size for each stream. */
static void
take_block(struct alg *a, uint32_t connection, enum alg_dir dir, uint32_t n)
{
	struct stream *s = &connection_at(a, connection)->stream[dir];
	struct streams *all = &a->streams;
	uint32_t at, before = 0;
	int i;

	for (i = 0; n > sizes[i] && i < STREAM_SIZES - 1; i++)
		before += all->blocks[i].capacity;
	at = pool_take(&all->blocks[i]);
	assert(at != 0);
	s->block = before + at;
	all->owner[s->block] = connection * 2 + dir;
}

/* The same bytes, and room for n in all. */
static void
enlarge_block(struct alg *a, uint32_t connection, enum alg_dir dir, uint32_t n)
{
	struct stream *s = &connection_at(a, connection)->stream[dir];
	struct block from = block_of(a, s), to;
	uint32_t before = s->block;

	take_block(a, connection, dir, n);
	to = block_of(a, s);
	memcpy(to.original, from.original, s->end - s->base);
	memcpy(to.rewritten, from.rewritten, s->end - s->base);
	give_block(a, before);
}

void
stream_restore(struct alg *a, uint32_t connection, enum alg_dir dir,
    const struct stream *as, const uint8_t *original, const uint8_t *rewritten)
{
	struct stream *s = &connection_at(a, connection)->stream[dir];
	uint32_t n = as->end - as->base;

	*s = *as;
	if (n == 0)
		return;
	take_block(a, connection, dir, n);
	memcpy(block_of(a, s).original, original, n);
	memcpy(block_of(a, s).rewritten, rewritten, n);
	spare_block(a, s);
}

/* How much of a stream may be kept, so that one client has no more in all. */
static uint32_t
stream_limit(const struct alg *a, uint32_t connection)
{
	uint32_t client = connection_at(a, connection)->client;
	uint32_t n = client_count_at(a, client)->connections;

	if (client == 0 || n <= STREAM_BLOCKS_PER_CLIENT)
		return STREAM_BLOCK;
	n = STREAM_BLOCK * STREAM_BLOCKS_PER_CLIENT / n;
	return n > STREAM_MIN ? n : STREAM_MIN;
}

/* How many of len bytes more there is room for, in its block then. */
static uint16_t
make_stream_room(
    struct alg *a, uint32_t connection, enum alg_dir dir, uint16_t len)
{
	struct stream *s = &connection_at(a, connection)->stream[dir];
	uint32_t limit = stream_limit(a, connection), n;

	if (s->block == 0) {
		take_block(a, connection, dir, len);
		s->base = s->end;
	}
	unspare_block(a, s);
	if (s->end - s->base + len > limit)
		compact_block(a, s);
	n = s->end - s->base;
	if (n + len > limit)
		len = n < limit ? (uint16_t)(limit - n) : 0;
	if (n + len > block_of(a, s).size)
		enlarge_block(a, connection, dir, n + len);
	return len;
}

uint16_t
stream_append(struct alg *a, uint32_t connection, enum alg_dir dir,
    const uint8_t *data, uint16_t len)
{
	struct stream *s = &connection_at(a, connection)->stream[dir];
	struct block b;

	len = make_stream_room(a, connection, dir, len);
	b = block_of(a, s);
	memcpy(b.original + (s->end - s->base), data, len);
	memcpy(b.rewritten + (s->end - s->base), data, len);
	s->end += len;
	s->next = s->end;
	dirty_connection(a, connection);
	return len;
}

int32_t
stream_known(const struct stream *s, uint32_t seq, uint16_t len)
{
	int32_t known = tcp_diff(s->next, seq);

	return known < len ? known : len;
}

const uint8_t *
stream_original(const struct alg *a, const struct stream *s, uint32_t seq)
{
	assert(seq - s->base < s->end - s->base);
	return block_of(a, s).original + (seq - s->base);
}

uint8_t *
stream_rewritten(const struct alg *a, const struct stream *s, uint32_t seq)
{
	assert(seq - s->base < s->end - s->base);
	return block_of(a, s).rewritten + (seq - s->base);
}

bool
stream_conflicts(const struct alg *a, const struct stream *s, uint32_t seq,
    const uint8_t *data, uint16_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		if (tcp_diff(seq + i, s->acked) >= 0 &&
		    tcp_diff(seq + i, s->base) >= 0 &&
		    tcp_diff(seq + i, s->end) < 0 &&
		    *stream_original(a, s, seq + i) != data[i])
			return true;
	}
	return false;
}

static void
note_edit(struct alg_result *r, uint16_t offset, uint8_t before,
    uint8_t after)
{
	r->changed = true;
	if (r->nedits < ALG_EDITS_MAX)
		r->edits[r->nedits++] = (struct alg_edit){ offset, before,
		    after };
}

void
stream_rewrite(const struct alg *a, const struct stream *s, uint32_t seq,
    uint8_t *data, uint16_t len, uint16_t offset, struct alg_result *r)
{
	for (uint16_t i = 0; i < len; i++) {
		uint8_t out;

		if (tcp_diff(seq + i, s->base) < 0 ||
		    tcp_diff(seq + i, s->end) >= 0)
			continue;
		out = *stream_rewritten(a, s, seq + i);
		if (out == data[i])
			continue;
		note_edit(r, (uint16_t)(offset + i), data[i], out);
		data[i] = out;
	}
}

void
stream_ack(struct alg *a, struct stream *s, uint32_t seq)
{
	uint32_t last = s->next + s->fin;

	if (tcp_diff(seq, s->base) >= 0 && tcp_diff(seq, last) <= 0)
		s->ahead = false;
	if (tcp_diff(seq, s->acked) <= 0 || tcp_diff(seq, last) > 0)
		return;
	s->acked = tcp_diff(seq, s->next) > 0 ? s->next : seq;
	spare_block(a, s);
}
