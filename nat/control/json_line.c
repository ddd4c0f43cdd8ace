/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "nat/control/json_line.h"

#define DIGITS		20	/* of UINT64_MAX */
#define CLOSING		2	/* kept free: a brace and a newline */

static void
put(struct json_line *item, const char *bytes, size_t len)
{
	memcpy(item->text + item->len, bytes, len);
	item->len += len;
}

/* Writes `"key":`; 0 if that and a value of room bytes do not fit. */
static int
put_key(struct json_line *item, const char *key, size_t room)
{
	size_t len = strlen(key);

	if (len + room + 4 + CLOSING > JSON_LINE_MAX - item->len)
		return 0;
	if (item->len > 1)
		item->text[item->len++] = ',';
	item->text[item->len++] = '"';
	put(item, key, len);
	put(item, "\":", 2);
	return 1;
}

static void
put_number(struct json_line *item, uint64_t value)
{
	char digits[DIGITS];
	size_t at = DIGITS;

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	put(item, digits + at, DIGITS - at);
}

static void
put_character(struct json_line *item, char c)
{
	if (c == '"' || c == '\\')
		item->text[item->len++] = '\\';
	item->text[item->len++] = c >= ' ' && c <= '~' ? c : '?';
}

void
json_line_open(struct json_line *item)
{
	item->text[0] = '{';
	item->len = 1;
}

void
json_line_number(struct json_line *item, const char *key, uint64_t value)
{
	if (put_key(item, key, DIGITS))
		put_number(item, value);
}

void
json_line_bool(struct json_line *item, const char *key, int value)
{
	if (!put_key(item, key, 5))
		return;
	if (value)
		put(item, "true", 4);
	else
		put(item, "false", 5);
}

void
json_line_null(struct json_line *item, const char *key)
{
	if (put_key(item, key, 4))
		put(item, "null", 4);
}

void
json_line_text(struct json_line *item, const char *key, const char *text)
{
	if (text == NULL) {
		json_line_null(item, key);
		return;
	}
	if (!put_key(item, key, 2 * strlen(text) + 2))
		return;
	item->text[item->len++] = '"';
	for (; *text != '\0'; text++)
		put_character(item, *text);
	item->text[item->len++] = '"';
}

void
json_line_address(struct json_line *item, const char *key, uint32_t address)
{
	if (!put_key(item, key, sizeof("\"255.255.255.255\"")))
		return;
	item->text[item->len++] = '"';
	for (int shift = 24; shift >= 0; shift -= 8) {
		put_number(item, address >> shift & 0xff);
		item->text[item->len++] = shift == 0 ? '"' : '.';
	}
}

void
json_line_time(struct json_line *item, const char *key, uint64_t ms)
{
	char decimals[4] = { '.', (char)('0' + ms / 100 % 10),
	    (char)('0' + ms / 10 % 10), (char)('0' + ms % 10) };

	if (!put_key(item, key, DIGITS + sizeof(decimals)))
		return;
	put_number(item, ms / 1000);
	put(item, decimals, sizeof(decimals));
}

void
json_line_close(struct json_line *item)
{
	put(item, "}\n", CLOSING);
}
