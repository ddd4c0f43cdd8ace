/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts text together in a buffer; bytes of a peer are escaped. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "alg/base/line.h"

struct line
line_of(char *buffer, size_t size)
{
	if (size > 0)
		*buffer = '\0';
	return (struct line){ buffer, size };
}

void
line_add(struct line *t, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(t->pos, t->left, format, ap);
	va_end(ap);
	if (n < 0 || t->left == 0)
		return;
	if ((size_t)n >= t->left)
		n = (int)t->left - 1;
	t->pos += n;
	t->left -= (size_t)n;
}

static bool
is_plain(uint8_t b)
{
	return b >= 0x20 && b <= 0x7e && b != '"' && b != '\\';
}

void
line_add_peer(struct line *t, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len && t->left > 1; i++)
		line_add(t, is_plain(bytes[i]) ? "%c" : "\\x%02x", bytes[i]);
}

void
line_add_peer_cut(struct line *t, const uint8_t *bytes, size_t len,
    size_t most)
{
	size_t shown = 0;

	while (shown < len && most >= (is_plain(bytes[shown]) ? 1U : 4U))
		most -= is_plain(bytes[shown++]) ? 1 : 4;
	line_add_peer(t, bytes, shown);
	if (shown < len)
		line_add(t, "...");
}

void
line_add_hex(struct line *t, const uint8_t *bytes, size_t len, size_t most)
{
	for (size_t i = 0; i < len && i < most; i++)
		line_add(t, "%02x", bytes[i]);
	if (len > most)
		line_add(t, "...");
}

void
line_add_ipv4(struct line *t, uint32_t a)
{
	line_add(t, "%u.%u.%u.%u", a >> 24, a >> 16 & 0xff, a >> 8 & 0xff,
	    a & 0xff);
}
