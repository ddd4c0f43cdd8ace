/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decodes UTF-8 (RFC 3629) to check it. */
#include <stddef.h>
#include <stdint.h>

#include "conf/utf8.h"

/* The character that starts at *s, which is moved behind it; -1: none. */
static int32_t
next_character(const char **s)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	const unsigned char *c = (const unsigned char *)*s;
	int more = *c < 0x80 ? 0 : *c < 0xc0 ? -1 : *c < 0xe0 ? 1 :
	    *c < 0xf0 ? 2 : *c < 0xf8 ? 3 : -1;
	uint32_t value;
	int i;

	if (more == -1)
		return -1;
	value = more == 0 ? *c : *c & (0x3fU >> more);
	for (i = 1; i <= more; i++) {
		if ((c[i] & 0xc0) != 0x80)
			return -1;
		value = value << 6 | (c[i] & 0x3f);
	}
	if (value < least[more] || value > 0x10ffff ||
	    (value >= 0xd800 && value <= 0xdfff))
		return -1;
	*s += more + 1;
	return (int32_t)value;
}

bool
utf8_is_valid(const char *s)
{
	while (*s != '\0')
		if (next_character(&s) == -1)
			return false;
	return true;
}

bool
utf8_is_printable(const char *s)
{
	int32_t c;

	while (*s != '\0') {
		c = next_character(&s);
		if (c < ' ' || (c >= 0x7f && c < 0xa0))
			return false;
	}
	return true;
}
