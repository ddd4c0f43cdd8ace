/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MPPC: compression into literals and copies, and expansion. */
#include <string.h>

#include "alg/base/cursor.h"
#include "alg/ppp/mppc.h"

#define COPY_MIN		3	/* shortest copy */
#define ONES_MAX	11	/* before the 0 of a copy's length */
#define NEAR		64	/* offsets below this take 10 bits */
#define MIDDLE		320	/* below this 12, from this on 16 */

/* --- compression ---------------------------------------------------------- */

/* Bits are written from the highest of each byte on. */
struct bit_writer {
	struct writer	 to;
	uint32_t	 bits;
	unsigned	 count;		/* of bits that wait, below 8 */
	bool		 full;
};

static void
put_bits(struct bit_writer *w, uint32_t value, unsigned n)
{
	w->bits = w->bits << n | value;
	w->count += n;
	while (w->count >= 8) {
		w->count -= 8;
		if (writer_u8(&w->to, (uint8_t)(w->bits >> w->count)) == -1)
			w->full = true;
	}
}

/* RFC 2118 section 4.1. */
static void
put_literal(struct bit_writer *w, uint8_t byte)
{
	if (byte < 0x80)
		put_bits(w, byte, 8);
	else
		put_bits(w, 0x100 | (byte & 0x7Fu), 9);
}

/*
 * RFC 2118 section 4.2.  Its ranges of offsets seem to overlap at 320; the
 * form of 16 bits is the one that every implementation uses for it.
 */
static void
put_offset(struct bit_writer *w, uint32_t offset)
{
	if (offset < NEAR)
		put_bits(w, 0xFu << 6 | offset, 10);
	else if (offset < MIDDLE)
		put_bits(w, 0xEu << 8 | (offset - NEAR), 12);
	else
		put_bits(w, 0x6u << 13 | (offset - MIDDLE), 16);
}

/* RFC 2118 section 4.3: for 2^k and more, k - 1 ones, a zero and k bits. */
static void
put_length(struct bit_writer *w, uint32_t len)
{
	unsigned k;

	if (len == COPY_MIN) {
		put_bits(w, 0, 1);
		return;
	}
	k = 31 - (unsigned)__builtin_clz(len);
	put_bits(w, (1u << k) - 2, k);
	put_bits(w, len - (1u << k), k);
}

/* The hash table's slot for the three bytes at a place. */
static uint16_t *
hash_slot(struct mppc_compressor *m, size_t at)
{
	const uint8_t *p = m->history + at;
	uint32_t three = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];

	return &m->hash[three * 0x9E3779B1u >> 20];
}

/*
 * How many bytes at `at` are the same as at an earlier place.  The table's
 * entry may be outdated; only the bytes before `at` count, which the peer has
 * too.
 */
static size_t
match_length(const struct mppc_compressor *m, size_t before, size_t at,
    size_t end)
{
	const uint8_t *a = m->history + before, *b = m->history + at;
	size_t n = 0;

	if (before >= at)
		return 0;
	while (n < end - at && a[n] == b[n])
		n++;
	return n;
}

/* One literal or copy; the number of bytes that it stands for. */
static size_t
put_next(struct mppc_compressor *m, struct bit_writer *w, size_t at,
    size_t end)
{
	size_t before, len = 0;
	uint16_t *p;

	if (end - at >= COPY_MIN) {
		p = hash_slot(m, at);
		before = *p;
		*p = (uint16_t)at;
		len = match_length(m, before, at, end);
	}
	if (len < COPY_MIN) {
		put_literal(w, m->history[at]);
		return 1;
	}
	put_offset(w, (uint32_t)(at - before));
	put_length(w, (uint32_t)len);
	for (size_t i = at + 1; i < at + len && i + COPY_MIN <= end; i++)
		*hash_slot(m, i) = (uint16_t)i;
	return len;
}

size_t
mppc_compress(struct mppc_compressor *m, const uint8_t *in, size_t len,
    uint8_t *out, size_t room, bool *front)
{
	struct bit_writer w = { .to = writer_of(out, room < len ? room : len) };
	size_t end;

	if (len == 0 || len > MPPC_HISTORY)
		return 0;
	if (m->pos + len > MPPC_HISTORY)
		mppc_flush(m);
	memcpy(m->history + m->pos, in, len);
	end = m->pos + len;
	for (size_t at = m->pos; at < end && !w.full; )
		at += put_next(m, &w, at, end);
	if (w.count > 0)
		put_bits(&w, 0, 8 - w.count);
	if (w.full || (size_t)(w.to.pos - out) >= len)
		return 0;
	*front = m->front;
	m->front = false;
	m->pos = (uint16_t)end;
	return (size_t)(w.to.pos - out);
}

/* Also when the history is full: copies never reach behind its front. */
void
mppc_flush(struct mppc_compressor *m)
{
	m->pos = 0;
	m->front = true;
}

void
mppc_compressor_init(struct mppc_compressor *m)
{
	memset(m, 0, sizeof(*m));
	m->front = true;
}

/* --- expansion ------------------------------------------------------------ */

struct bit_reader {
	struct cursor	 from;
	uint32_t	 bits;
	unsigned	 count;
};

/* The next n bits, at most 13; -1 when there are not so many. */
static int
get_bits(struct bit_reader *r, unsigned n)
{
	uint8_t byte;

	while (r->count < n) {
		if (cursor_u8(&r->from, &byte) == -1)
			return -1;
		r->bits = r->bits << 8 | byte;
		r->count += 8;
	}
	r->count -= n;
	return (int)(r->bits >> r->count & ((1u << n) - 1));
}

/* How many ones there are before a zero, which is read too, or up to most. */
static int
get_ones(struct bit_reader *r, int most)
{
	int n = 0, bit;

	while (n < most) {
		bit = get_bits(r, 1);
		if (bit == -1)
			return -1;
		if (bit == 0)
			break;
		n++;
	}
	return n;
}

/* The length of a copy, or -1. */
static int
get_length(struct bit_reader *r)
{
	int ones = get_ones(r, ONES_MAX + 1), low;

	if (ones == -1 || ones > ONES_MAX)
		return -1;
	if (ones == 0)
		return COPY_MIN;
	low = get_bits(r, (unsigned)ones + 1);
	return low == -1 ? -1 : 1 << (ones + 1) | low;
}

/* Appends a copy of what was offset bytes before; it may overlap itself. */
static int
expand_copy(struct mppc_expander *m, int offset, int len)
{
	if (offset <= 0 || offset >= MPPC_HISTORY || len == -1 ||
	    len > MPPC_HISTORY - m->pos)
		return -1;
	for (; len > 0; len--, m->pos++)
		m->history[m->pos] = m->history[
		    (size_t)(m->pos - offset) % MPPC_HISTORY];
	return 0;
}

static int
expand_next(struct mppc_expander *m, struct bit_reader *r)
{
	/* By the ones at the start: bits of the value, and its base. */
	static const struct {
		unsigned	 bits;
		int		 base;
	} forms[] = { { 7, 0 }, { 7, 0x80 }, { 13, MIDDLE }, { 8, NEAR },
	    { 6, 0 } };
	int ones = get_ones(r, 4), value;

	if (ones == -1)
		return -1;
	value = get_bits(r, forms[ones].bits);
	if (value == -1)
		return -1;
	value += forms[ones].base;
	if (ones >= 2)
		return expand_copy(m, value, get_length(r));
	if (m->pos == MPPC_HISTORY)
		return -1;
	m->history[m->pos++] = (uint8_t)value;
	return 0;
}

int
mppc_expand(struct mppc_expander *m, const uint8_t *in, size_t len,
    bool flushed, bool front, const uint8_t **out)
{
	struct bit_reader r = { .from = cursor_of(in, len) };
	uint16_t start;

	if (flushed)
		mppc_expander_init(m);
	if (front)
		m->pos = 0;
	start = m->pos;
	/* Less than 8 bits that are left have no meaning. */
	while (r.from.left > 0)
		if (expand_next(m, &r) == -1)
			return -1;
	*out = m->history + start;
	return m->pos - start;
}

void
mppc_expander_init(struct mppc_expander *m)
{
	memset(m, 0, sizeof(*m));
}
