/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alg/base/hash.h"
#include "alg/record/record_header.h"

/* Finds damage, not malice: no secret.  The first four bytes are the key. */
static uint32_t
sum(const uint8_t *bytes, size_t len, enum frame_kind kind)
{
	const struct hash_key key = { len, (uint64_t)kind << 8 |
	    FRAME_VERSION };

	return (uint32_t)hash_bytes(&key, bytes + FRAME_HEADER,
	    len - FRAME_HEADER);
}

size_t
frame_seal(uint8_t *bytes, size_t len, enum frame_kind kind)
{
	struct writer w = writer_of(bytes, FRAME_HEADER);

	writer_u16(&w, (uint16_t)len);
	writer_u8(&w, FRAME_VERSION);
	writer_u8(&w, (uint8_t)kind);
	writer_u32(&w, sum(bytes, len, kind));
	return len;
}

size_t
frame_open(const uint8_t *bytes, size_t len, enum frame_kind *kind,
    struct cursor *body)
{
	struct cursor c = cursor_of(bytes, len);
	uint8_t version, k;
	uint16_t length;
	uint32_t check;

	if (cursor_u16(&c, &length) || cursor_u8(&c, &version) ||
	    cursor_u8(&c, &k) || cursor_u32(&c, &check) ||
	    length < FRAME_HEADER || length > len ||
	    version != FRAME_VERSION || check != sum(bytes, length, k))
		return 0;
	*kind = (enum frame_kind)k;
	*body = cursor_of(bytes + FRAME_HEADER, length - FRAME_HEADER);
	return length;
}
