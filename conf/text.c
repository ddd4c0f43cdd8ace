/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blanks comments, and finds what libconfuse would misread in silence. */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "conf/text.h"

/* How many bytes of a comment start here; more than left if it has no end. */
static size_t
comment_length(const char *s, size_t left)
{
	const char *end;

	if (s[0] == '#' || (left > 1 && s[0] == '/' && s[1] == '/')) {
		end = memchr(s, '\n', left);
		return end != NULL ? (size_t)(end - s) : left;
	}
	if (left < 2 || s[0] != '/' || s[1] != '*')
		return 0;
	end = memmem(s + 2, left - 2, "*/", 2);
	return end != NULL ? (size_t)(end + 2 - s) : left + 1;
}

/* The same for a string; it ends on its own line. */
static size_t
string_length(const char *s, size_t left)
{
	size_t n;

	if (s[0] != '"' && s[0] != '\'')
		return 0;
	for (n = 1; n < left && s[n] != '\n'; n++)
		if (s[n] == s[0])
			return n + 1;
	return left + 1;
}

/* Blanks a comment; the number of lines that end in it. */
static unsigned int
blank_comment(char *s, size_t n)
{
	unsigned int lines = 0;

	for (; n > 0; n--, s++) {
		if (*s == '\n')
			lines++;
		else
			*s = ' ';
	}
	return lines;
}

struct scan {
	char		*pos;
	size_t		 left;
	unsigned int	 line;
	unsigned int	 depth, opened;		/* braces; line of the last { */
	char		 problem[80];
};

/* Bytes that may not stand in a string, or else outside of one. */
static bool
is_bad(const char *s, char quote)
{
	if (strchr(" \t\r\n", *s) != NULL && *s != '\0')
		return false;
	if (quote == '\'' && (*s == '$' || *s == '\\'))
		return *s == '\\' && (s[1] == '\\' || s[1] == '\'');
	if (quote != '\0' && (unsigned char)*s >= 0x80)
		return false;	/* UTF-8, which whoever takes it checks */
	if (*s < ' ' || *s > '~' || *s == '\\' || *s == '$')
		return true;
	return quote == '\0' && (*s == '*' || (*s == '+' && s[1] != '='));
}

static const char *
hint_at_byte(const char *s, char quote)
{
	if (*s == '+')
		return ", which needs quotes, as in \"ppp+\"";
	if (*s == '\\' && quote == '\'')
		return " before another or the closing quote";
	if (*s == '\\')
		return ", which needs single quotes, as in 'DOMAIN\\user'";
	return "";
}

static void
scan_bytes(struct scan *scan, size_t n, char quote)
{
	const char *s = scan->pos;

	while (n > 0 && !is_bad(s, quote)) {
		s++;
		n--;
	}
	if (n == 0)
		return;
	if (isprint((unsigned char)*s))
		snprintf(scan->problem, sizeof(scan->problem),
		    "unexpected '%c'%s", *s, hint_at_byte(s, quote));
	else
		snprintf(scan->problem, sizeof(scan->problem),
		    "unexpected byte 0x%02x", (unsigned char)*s);
}

static void
scan_plain(struct scan *scan)
{
	scan_bytes(scan, 1, '\0');
	if (*scan->pos == '\n')
		scan->line++;
	else if (*scan->pos == '{') {
		scan->depth++;
		scan->opened = scan->line;
	} else if (*scan->pos == '}' && scan->depth > 0)
		scan->depth--;
}

/* One comment, string or other byte; how long it is. */
static size_t
scan_step(struct scan *scan)
{
	size_t n = comment_length(scan->pos, scan->left);

	if (n > scan->left)
		strcpy(scan->problem, "expected */ at the end of the comment");
	else if (n > 0)
		scan->line += blank_comment(scan->pos, n);
	else if ((n = string_length(scan->pos, scan->left)) > scan->left)
		strcpy(scan->problem, "expected a closing quote in this line");
	else if (n > 0)
		scan_bytes(scan, n, *scan->pos);
	else {
		scan_plain(scan);
		n = 1;
	}
	return n;
}

int
text_clean(char *text, size_t len, const char *name, char *error, size_t size)
{
	struct scan scan = { .pos = text, .left = len, .line = 1 };
	size_t n;

	while (scan.left > 0 && scan.problem[0] == '\0') {
		n = scan_step(&scan);
		if (scan.problem[0] == '\0') {
			scan.pos += n;
			scan.left -= n;
		}
	}
	if (scan.problem[0] == '\0' && scan.depth > 0) {
		strcpy(scan.problem, "expected } for this {");
		scan.line = scan.opened;
	}
	if (scan.problem[0] == '\0')
		return 0;
	snprintf(error, size, "%s:%u: %s", name, scan.line, scan.problem);
	return -1;
}
