/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads bytes from the wire, and never beyond their end. */
#ifndef ALG_BASE_CURSOR_H
#define ALG_BASE_CURSOR_H

#include <stddef.h>
#include <stdint.h>

/* Whoever reads the wire mostly writes it, too. */
#include "alg/base/writer.h"

/*
 * The only way in which bytes from the wire are read.  Every get returns 0
 * and moves on, or returns -1 and moves nothing when too few bytes are left;
 * calls are chained with || into one failure path.  Values come out in host
 * byte order.  The cursor borrows the bytes it is given.
 */
struct cursor {
	const uint8_t	*pos;
	size_t		 left;
};

static inline struct cursor
cursor_of(const void *bytes, size_t len)
{
	return (struct cursor){ bytes, len };
}

static inline int
cursor_skip(struct cursor *c, size_t n)
{
	if (c->left < n)
		return -1;
	c->pos += n;
	c->left -= n;
	return 0;
}

/* A pointer to the next n bytes, valid as long as the bytes themselves. */
static inline int
cursor_bytes(struct cursor *c, size_t n, const uint8_t **bytes)
{
	*bytes = c->pos;
	return cursor_skip(c, n);
}

/* A cursor over the next n bytes, for a field with a length of its own. */
static inline int
cursor_sub(struct cursor *c, size_t n, struct cursor *sub)
{
	*sub = cursor_of(c->pos, n);
	return cursor_skip(c, n);
}

/* Forgets all but the first n bytes of what is left. */
static inline int
cursor_truncate(struct cursor *c, size_t n)
{
	if (c->left < n)
		return -1;
	c->left = n;
	return 0;
}

static inline int
cursor_u8(struct cursor *c, uint8_t *v)
{
	const uint8_t *p = c->pos;

	if (cursor_skip(c, 1) == -1)
		return -1;
	*v = p[0];
	return 0;
}

static inline int
cursor_u16(struct cursor *c, uint16_t *v)
{
	const uint8_t *p = c->pos;

	if (cursor_skip(c, 2) == -1)
		return -1;
	*v = (uint16_t)(p[0] << 8 | p[1]);
	return 0;
}

static inline int
cursor_u32(struct cursor *c, uint32_t *v)
{
	const uint8_t *p = c->pos;

	if (cursor_skip(c, 4) == -1)
		return -1;
	*v = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
	return 0;
}

static inline int
cursor_u64(struct cursor *c, uint64_t *v)
{
	uint32_t high, low;

	if (c->left < 8)
		return -1;
	cursor_u32(c, &high);
	cursor_u32(c, &low);
	*v = (uint64_t)high << 32 | low;
	return 0;
}

#endif
