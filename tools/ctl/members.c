/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads flat JSON objects where they lie. */
#include <stdlib.h>
#include <string.h>

#include "tools/ctl/members.h"

/* What is left of a line. */
struct rest {
	const char	*at, *end;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void
skip_blanks(struct rest *r)
{
	while (r->at < r->end && is_blank(*r->at))
		r->at++;
}

static bool
skip_character(struct rest *r, char c)
{
	skip_blanks(r);
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

/* Behind the opening quote; *text and *len are what is in between. */
static bool
read_quoted(struct rest *r, const char **text, size_t *len)
{
	*text = r->at;
	for (; r->at < r->end && *r->at != '"'; r->at++)
		if (*r->at == '\\' && ++r->at == r->end)
			return false;
	*len = (size_t)(r->at - *text);
	return skip_character(r, '"');
}

/* An object or list in the line: up to its end. */
static bool
skip_parts(struct rest *r)
{
	const char *text;
	size_t len;
	int depth = 0;

	do {
		if (r->at == r->end)
			return false;
		if (*r->at == '"') {
			r->at++;
			if (!read_quoted(r, &text, &len))
				return false;
			continue;
		}
		depth += *r->at == '{' || *r->at == '[';
		depth -= *r->at == '}' || *r->at == ']';
		r->at++;
	} while (depth > 0);
	return true;
}

static bool
read_value(struct rest *r, struct member *m)
{
	skip_blanks(r);
	if (r->at == r->end)
		return false;
	m->text = *r->at == '"';
	if (m->text) {
		r->at++;
		return read_quoted(r, &m->value, &m->value_len);
	}
	m->value = r->at;
	m->value_len = 0;
	if (*r->at == '{' || *r->at == '[')
		return skip_parts(r);
	while (r->at < r->end && *r->at != ',' && *r->at != '}' &&
	    !is_blank(*r->at))
		r->at++;
	m->value_len = (size_t)(r->at - m->value);
	return m->value_len > 0;
}

bool
members_read(struct members *all, const char *line, size_t len)
{
	struct rest r = { line, line + len };
	struct member *m;

	all->n = all->last = 0;
	if (!skip_character(&r, '{'))
		return false;
	if (skip_character(&r, '}'))
		return true;
	do {
		m = &all->list[all->n];
		if (!skip_character(&r, '"') ||
		    !read_quoted(&r, &m->key, &m->key_len) ||
		    !skip_character(&r, ':') || !read_value(&r, m))
			return false;
		if ((m->text || m->value_len > 0) && all->n < MEMBERS_MAX - 1)
			all->n++;
	} while (skip_character(&r, ','));
	return skip_character(&r, '}');
}

static const struct member *
find_member(struct members *all, const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < all->n; i++) {
		const struct member *m;

		all->last = all->last + 1 < all->n ? all->last + 1 : 0;
		m = &all->list[all->last];
		if (m->key_len == len && memcmp(m->key, key, len) == 0)
			return m;
	}
	return NULL;
}

static bool
is_null(const struct member *m)
{
	return !m->text && m->value_len == 4 &&
	    memcmp(m->value, "null", 4) == 0;
}

/* What the daemon writes has no other escapes than \" and \\. */
const char *
members_text(struct members *all, const char *key, char *buf, size_t size)
{
	const struct member *m = find_member(all, key);
	size_t n = 0;

	for (size_t i = 0; m != NULL && !is_null(m) && i < m->value_len &&
	    n + 1 < size; i++) {
		unsigned char c = (unsigned char)m->value[i];

		if (m->text && c == '\\' && i + 1 < m->value_len)
			c = (unsigned char)m->value[++i];
		buf[n++] = c < ' ' || c == 0x7f ? '?' : (char)c;
	}
	buf[n] = '\0';
	return buf;
}

double
members_number(struct members *all, const char *key)
{
	const struct member *m = find_member(all, key);

	/* Behind a number there is always a comma, a blank or a brace. */
	return m == NULL || m->text ||
	    strchr("-0123456789", m->value[0]) == NULL ? -1 :
	    strtod(m->value, NULL);
}
