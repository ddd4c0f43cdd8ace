/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes written as hexadecimal digits, blanks where one likes. */
#ifndef TESTS_UNIT_HEX_H
#define TESTS_UNIT_HEX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static inline size_t
hex_bytes(uint8_t *bytes, size_t size, const char *hex)
{
	size_t n = 0;
	unsigned v;

	for (hex += strspn(hex, " "); *hex != '\0'; hex += strspn(hex, " ")) {
		assert_int_equal(sscanf(hex, "%2x", &v), 1);
		assert_true(n < size);
		bytes[n++] = (uint8_t)v;
		hex += 2;
	}
	return n;
}

/* Such bytes in a buffer of their own; valid until the sixteenth next call. */
static inline const uint8_t *
hex(const char *digits)
{
	static uint8_t buffer[16][256];
	static unsigned next;

	next = (next + 1) % 16;
	hex_bytes(buffer[next], sizeof(buffer[next]), digits);
	return buffer[next];
}

/* The bytes are what the digits say, all of them. */
#define assert_hex(bytes, digits) do {					\
	uint8_t assert_want[2048];					\
	size_t assert_len = hex_bytes(assert_want, sizeof(assert_want),	\
	    digits);							\
									\
	assert_memory_equal(bytes, assert_want, assert_len);		\
} while (0)

/* Numbers that are the same in every run (xorshift64). */
static inline uint32_t
hex_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (uint32_t)(*seed >> 16);
}

#endif
