/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes bytes for the wire, and never beyond their end. */
#ifndef ALG_BASE_WRITER_H
#define ALG_BASE_WRITER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * As cursor.h reads: values come in host byte order; a put that does not fit
 * returns -1 and writes nothing.
 */
struct writer {
	uint8_t		*pos;
	size_t		 left;
};

static inline struct writer
writer_of(void *bytes, size_t len)
{
	return (struct writer){ bytes, len };
}

static inline int
writer_u8(struct writer *w, uint8_t v)
{
	if (w->left < 1)
		return -1;
	*w->pos++ = v;
	w->left--;
	return 0;
}

static inline int
writer_u16(struct writer *w, uint16_t v)
{
	if (w->left < 2)
		return -1;
	w->pos[0] = (uint8_t)(v >> 8);
	w->pos[1] = (uint8_t)v;
	w->pos += 2;
	w->left -= 2;
	return 0;
}

/* At a place that has room for it. */
static inline void
writer_put_u16(uint8_t *to, uint16_t v)
{
	struct writer w = writer_of(to, 2);

	(void)writer_u16(&w, v);
}

static inline int
writer_u32(struct writer *w, uint32_t v)
{
	if (w->left < 4)
		return -1;
	writer_u16(w, (uint16_t)(v >> 16));
	return writer_u16(w, (uint16_t)v);
}

static inline int
writer_u64(struct writer *w, uint64_t v)
{
	if (w->left < 8)
		return -1;
	writer_u32(w, (uint32_t)(v >> 32));
	return writer_u32(w, (uint32_t)v);
}

static inline int
writer_bytes(struct writer *w, const uint8_t *bytes, size_t n)
{
	if (w->left < n)
		return -1;
	if (n > 0)
		memcpy(w->pos, bytes, n);
	w->pos += n;
	w->left -= n;
	return 0;
}

#endif
