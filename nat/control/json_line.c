/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes flat JSON objects into a buffer of fixed size. */
#include <string.h>

#include "nat/control/json_line.h"

#define DIGITS		20	/* of UINT64_MAX */
#define CLOSING		2	/* kept free: a brace and a newline */

static void
put_bytes(struct json_line *line, const char *bytes, size_t len)
{
	memcpy(line->text + line->len, bytes, len);
	line->len += len;
}

/* Writes `"key":`; 0 if that and a value of room bytes do not fit. */
static int
put_key(struct json_line *line, const char *key, size_t room)
{
	size_t len = strlen(key);

	if (len + room + 4 + CLOSING > JSON_LINE_MAX - line->len)
		return 0;
	if (line->len > 1)
		line->text[line->len++] = ',';
	line->text[line->len++] = '"';
	put_bytes(line, key, len);
	put_bytes(line, "\":", 2);
	return 1;
}

static void
put_number(struct json_line *line, uint64_t value)
{
	char digits[DIGITS];
	size_t at = DIGITS;

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	put_bytes(line, digits + at, DIGITS - at);
}

static void
put_character(struct json_line *line, char c)
{
	if (c == '"' || c == '\\')
		line->text[line->len++] = '\\';
	line->text[line->len++] = c >= ' ' && c <= '~' ? c : '?';
}

void
json_line_open(struct json_line *line)
{
	line->text[0] = '{';
	line->len = 1;
}

void
json_line_number(struct json_line *line, const char *key, uint64_t value)
{
	if (put_key(line, key, DIGITS))
		put_number(line, value);
}

void
json_line_bool(struct json_line *line, const char *key, int value)
{
	if (!put_key(line, key, 5))
		return;
	if (value)
		put_bytes(line, "true", 4);
	else
		put_bytes(line, "false", 5);
}

void
json_line_null(struct json_line *line, const char *key)
{
	if (put_key(line, key, 4))
		put_bytes(line, "null", 4);
}

void
json_line_text(struct json_line *line, const char *key, const char *text)
{
	if (text == NULL) {
		json_line_null(line, key);
		return;
	}
	if (!put_key(line, key, 2 * strlen(text) + 2))
		return;
	line->text[line->len++] = '"';
	for (; *text != '\0'; text++)
		put_character(line, *text);
	line->text[line->len++] = '"';
}

void
json_line_address(struct json_line *line, const char *key, uint32_t address)
{
	if (!put_key(line, key, sizeof("\"255.255.255.255\"")))
		return;
	line->text[line->len++] = '"';
	for (int shift = 24; shift >= 0; shift -= 8) {
		put_number(line, address >> shift & 0xff);
		line->text[line->len++] = shift == 0 ? '"' : '.';
	}
}

void
json_line_time(struct json_line *line, const char *key, uint64_t ms)
{
	char decimals[4] = { '.', (char)('0' + ms / 100 % 10),
	    (char)('0' + ms / 10 % 10), (char)('0' + ms % 10) };

	if (!put_key(line, key, DIGITS + sizeof(decimals)))
		return;
	put_number(line, ms / 1000);
	put_bytes(line, decimals, sizeof(decimals));
}

void
json_line_since(struct json_line *line, const char *key, uint64_t epoch,
    uint64_t ms)
{
	if (ms == 0)
		json_line_null(line, key);
	else
		json_line_time(line, key, epoch + ms);
}

void
json_line_close(struct json_line *line)
{
	put_bytes(line, "}\n", CLOSING);
}
