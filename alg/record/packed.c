/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs of zeros become their number, all other bytes stay as they are. */
#include "alg/record/packed.h"

/*
 * A byte below ZEROS: one more than it says follow as they are.  Others stand
 * for zeros, two of them at least.
 */
#define ZEROS		0x80
#define BYTES_MAX	0x80
#define ZEROS_MIN	2
#define ZEROS_MAX	(0xff - ZEROS + ZEROS_MIN)
#define ZEROS_WORTH	3	/* fewer do not make up for what is between */

static size_t
count_zeros(const uint8_t *bytes, size_t n)
{
	size_t zeros = 0;

	while (zeros < n && bytes[zeros] == 0)
		zeros++;
	return zeros;
}

/* How many come before zeros that are worth it. */
static size_t
count_others(const uint8_t *bytes, size_t n)
{
	size_t at = 0, zeros = 0;

	while (at < n && zeros < ZEROS_WORTH) {
		zeros = bytes[at] == 0 ? zeros + 1 : 0;
		at++;
	}
	return zeros < ZEROS_WORTH ? n : at - zeros;
}

static uint8_t *
write_zeros(uint8_t *to, size_t n)
{
	size_t part;

	for (; n >= ZEROS_MIN; n -= part) {
		part = n < ZEROS_MAX ? n : ZEROS_MAX;
		*to++ = (uint8_t)(ZEROS + part - ZEROS_MIN);
	}
	if (n == 1) {
		*to++ = 0;
		*to++ = 0;
	}
	return to;
}

static uint8_t *
write_others(uint8_t *to, const uint8_t *bytes, size_t n)
{
	size_t part;

	for (; n > 0; bytes += part, n -= part) {
		part = n < BYTES_MAX ? n : BYTES_MAX;
		*to++ = (uint8_t)(part - 1);
		memcpy(to, bytes, part);
		to += part;
	}
	return to;
}

size_t
packed_write(uint8_t *to, const uint8_t *bytes, size_t n)
{
	uint8_t *start = to;
	size_t part;

	for (; n > 0; bytes += part, n -= part) {
		part = count_zeros(bytes, n);
		if (part >= ZEROS_WORTH) {
			to = write_zeros(to, part);
			continue;
		}
		part = count_others(bytes, n);
		to = write_others(to, bytes, part);
	}
	return (size_t)(to - start);
}

/* How many of n more bytes there is room for behind at. */
static size_t
clip(size_t n, size_t at, size_t size)
{
	size_t room = at < size ? size - at : 0;

	return n < room ? n : room;
}

size_t
packed_read(struct cursor packed, uint8_t *bytes, size_t size)
{
	const uint8_t *others;
	size_t at = 0, n, fits;
	uint8_t what;

	for (; cursor_u8(&packed, &what) == 0; at += n) {
		if (what < ZEROS) {
			n = what + 1U;
			if (cursor_bytes(&packed, n, &others) == -1)
				return SIZE_MAX;
			if ((fits = clip(n, at, size)) > 0)
				memcpy(bytes + at, others, fits);
		} else {
			n = what - ZEROS + ZEROS_MIN;
			if ((fits = clip(n, at, size)) > 0)
				memset(bytes + at, 0, fits);
		}
	}
	return at;
}
