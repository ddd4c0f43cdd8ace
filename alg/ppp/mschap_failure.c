/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads and writes the text of a Failure packet, and words its E= codes. */
#include <string.h>

#include "alg/base/cursor.h"
#include "alg/base/line.h"
#include "alg/ppp/mschap_failure.h"

/* A decimal number of at most 9 digits. */
static int
parse_number(struct cursor *c, unsigned *v)
{
	size_t digits = 0;

	*v = 0;
	for (; c->left > 0 && *c->pos >= '0' && *c->pos <= '9'; digits++) {
		*v = *v * 10 + (unsigned)(*c->pos - '0');
		cursor_skip(c, 1);
		if (digits == 9)
			return -1;
	}
	return digits == 0 ? -1 : 0;
}

static int
hex_digit(uint8_t b)
{
	if (b >= '0' && b <= '9')
		return b - '0';
	b |= 0x20;
	return b >= 'a' && b <= 'f' ? b - 'a' + 10 : -1;
}

/* 16 digits in MS-CHAPv1, 32 in version 2. */
static int
parse_challenge(struct cursor *c, struct mschap_failure *f)
{
	size_t n = 0;
	int digit;

	while (c->left > 0 && (digit = hex_digit(*c->pos)) != -1) {
		if (n == 2 * sizeof(f->challenge))
			return -1;
		f->challenge[n / 2] = (uint8_t)(f->challenge[n / 2] << 4 |
		    digit);
		n++;
		cursor_skip(c, 1);
	}
	f->challenge_len = n / 2;
	return n == 2 * MSCHAP1_CHALLENGE || n == 2 * MSCHAP2_CHALLENGE ? 0 :
	    -1;
}

static int
parse_field(struct cursor *c, struct mschap_failure *f, char letter)
{
	unsigned retry;

	switch (letter) {
	case 'E':
		return parse_number(c, &f->error);
	case 'R':
		if (parse_number(c, &retry) == -1)
			return -1;
		f->retry = retry != 0;
		return 0;
	case 'C':
		return parse_challenge(c, f);
	case 'V':
		return parse_number(c, &f->version);
	case 'M':		/* all to the end, with its blanks */
		f->message = (const char *)c->pos;
		f->message_len = c->left;
		return cursor_skip(c, c->left);
	default:
		return 0;
	}
}

int
mschap_failure_parse(struct mschap_failure *f, const char *text, size_t len)
{
	struct cursor c = cursor_of(text, len);
	const uint8_t *word;
	bool error = false;

	memset(f, 0, sizeof(*f));
	while (c.left > 0) {
		if (c.left >= 2 && c.pos[1] == '=') {
			cursor_bytes(&c, 2, &word);
			if (parse_field(&c, f, (char)word[0]) == -1)
				return -1;
			error = error || word[0] == 'E';
		}
		while (c.left > 0 && *c.pos != ' ')	/* words unknown */
			cursor_skip(&c, 1);
		while (c.left > 0 && *c.pos == ' ')
			cursor_skip(&c, 1);
	}
	return error ? 0 : -1;
}

int
mschap_failure_build(char *text, size_t size, const struct mschap_failure *f)
{
	struct line t = line_of(text, size);

	line_add(&t, "E=%u R=%d", f->error, f->retry);
	if (f->challenge_len > 0)
		line_add(&t, " C=");
	for (size_t i = 0; i < f->challenge_len; i++)
		line_add(&t, "%02X", f->challenge[i]);
	if (f->version != 0)
		line_add(&t, " V=%u", f->version);
	if (f->message != NULL)
		line_add(&t, " M=%.*s", (int)f->message_len, f->message);
	/* The line is cut when it is full, and then ends at its last byte. */
	return t.left <= 1 ? -1 : (int)(t.pos - text);
}

const char *
mschap_failure_text(unsigned error)
{
	static const struct {
		unsigned	 error;
		const char	*text;
	} table[] = {
		{ MSCHAP_FAILURE_HOURS, "no log-in at this time of day" },
		{ MSCHAP_FAILURE_DISABLED, "the account is disabled" },
		{ MSCHAP_FAILURE_EXPIRED, "the password has expired" },
		{ MSCHAP_FAILURE_NO_DIALIN, "the account may not dial in" },
		{ MSCHAP_FAILURE_LOGIN, "wrong user name or password" },
		{ MSCHAP_FAILURE_CHANGE,
		    "the password could not be changed" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (table[i].error == error)
			return table[i].text;
	return NULL;
}
