/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts the header in front of a record, and checks it. */
#include "alg/base/hash.h"
#include "alg/record/record_header.h"

#define CHECKSUM	4		/* its place in the header */

/* Finds damage, not malice: no secret.  The first four bytes are the key. */
static uint32_t
compute_checksum(const uint8_t *bytes, size_t len, enum record_kind kind)
{
	const struct hash_key key = { len, (uint64_t)kind << 8 |
	    RECORD_VERSION };

	return (uint32_t)hash_bytes(&key, bytes + RECORD_HEADER,
	    len - RECORD_HEADER);
}

size_t
record_header_seal(uint8_t *bytes, size_t len, enum record_kind kind)
{
	struct writer w = writer_of(bytes, RECORD_HEADER);

	writer_u16(&w, (uint16_t)len);
	writer_u8(&w, RECORD_VERSION);
	writer_u8(&w, (uint8_t)kind);
	writer_u32(&w, compute_checksum(bytes, len, kind));
	return len;
}

size_t
record_header_peek(const uint8_t *bytes, size_t len, enum record_kind *kind)
{
	struct cursor c = cursor_of(bytes, len);
	uint8_t version, k;
	uint16_t length;

	if (cursor_u16(&c, &length) || cursor_u8(&c, &version) ||
	    cursor_u8(&c, &k) || length < RECORD_HEADER || length > len ||
	    version != RECORD_VERSION)
		return 0;
	*kind = (enum record_kind)k;
	return length;
}

size_t
record_header_open(const uint8_t *bytes, size_t len, enum record_kind *kind,
    struct cursor *body)
{
	size_t length = record_header_peek(bytes, len, kind);
	uint32_t check;

	*body = cursor_of(bytes, length);
	if (cursor_skip(body, CHECKSUM) || cursor_u32(body, &check) ||
	    check != compute_checksum(bytes, length, *kind))
		return 0;
	return length;
}
