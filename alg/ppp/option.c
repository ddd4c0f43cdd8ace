/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and writing lists of configuration options by a protocol's table. */
#include "alg/ppp/option.h"

#define HEADER	2	/* type, length */

/* An option as received; its length is checked against what is left. */
struct option_raw {
	uint8_t		 type;
	const uint8_t	*bytes;		/* all of it */
	size_t		 len;
	struct cursor	 value;
};

/* The next one: 1, at the end 0, -1 for a length that cannot be. */
static int
next_option(struct cursor *c, struct option_raw *raw)
{
	uint8_t len;

	if (c->left == 0)
		return 0;
	raw->bytes = c->pos;
	raw->value = *c;
	if (cursor_u8(&raw->value, &raw->type) == -1 ||
	    cursor_u8(&raw->value, &len) == -1 || len < HEADER ||
	    cursor_truncate(&raw->value, (size_t)len - HEADER) == -1)
		return -1;
	raw->len = len;
	return cursor_skip(c, len) == 0 ? 1 : -1;
}

bool
option_well_formed(struct cursor c)
{
	struct option_raw raw;
	int more;

	while ((more = next_option(&c, &raw)) == 1)
		;
	return more == 0;
}

/* The row for it, if its size fits; -1: none. */
static int
find_row(const struct option_table *t, const struct option_raw *raw)
{
	for (int i = 0; i < t->count; i++)
		if (t->row[i].type == raw->type)
			return t->row[i].size == OPTION_ANY ||
			    t->row[i].size == raw->value.left ? i : -1;
	return -1;
}

enum option_answer
option_answer_request(struct ppp *p, const struct option_table *t,
    struct cursor c, bool nothing_but_reject, struct writer *nak,
    struct writer *rej, uint16_t *seen)
{
	enum option_answer one, all = OPTION_ACK;
	struct option_raw raw;
	int i;

	*seen = 0;
	while (next_option(&c, &raw) == 1) {
		i = find_row(t, &raw);
		one = OPTION_REJECT;
		if (i >= 0 && (*seen & 1 << i) == 0 && t->row[i].asked != NULL)
			one = t->row[i].asked(p, raw.type, raw.value,
			    nak);
		if (one == OPTION_NAK && nothing_but_reject)
			one = OPTION_REJECT;
		if (one == OPTION_REJECT)
			writer_bytes(rej, raw.bytes, raw.len);
		else
			*seen |= (uint16_t)(1 << i);
		if (one > all)
			all = one;
	}
	return all;
}

static void
put_row(struct ppp *p, const struct option_row *o, struct writer *w)
{
	uint8_t *start = w->pos;

	if (writer_u8(w, o->type) == -1 || writer_u8(w, HEADER) == -1)
		return;
	if (o->put != NULL)
		o->put(p, o->type, w);
	start[1] = (uint8_t)(w->pos - start);
}

size_t
option_request(struct ppp *p, const struct option_table *t, uint16_t want,
    uint8_t *bytes, size_t size)
{
	struct writer w = writer_of(bytes, size);

	for (int i = 0; i < t->count; i++)
		if (want & 1 << i)
			put_row(p, &t->row[i], &w);
	return size - w.left;
}

bool
option_apply_refusal(struct ppp *p, const struct option_table *t,
    struct cursor c, bool reject, uint16_t *want)
{
	uint16_t asked = *want, met = 0;
	struct option_raw raw;
	int i;

	while (next_option(&c, &raw) == 1) {
		for (i = 0; i < t->count && t->row[i].type != raw.type; i++)
			;
		if (i == t->count || (asked & ~met & 1 << i) == 0)
			continue;
		met |= (uint16_t)(1 << i);
		if (!reject && t->row[i].nakked != NULL &&
		    t->row[i].nakked(p, raw.type, raw.value))
			continue;
		*want &= (uint16_t)~(1 << i);
		if (t->row[i].refused != NULL)
			t->row[i].refused(p);
	}
	return met != 0;
}

void
option_put(struct writer *w, uint8_t type, const uint8_t *value, uint8_t len)
{
	if (w->left < (size_t)len + HEADER)
		return;
	writer_u8(w, type);
	writer_u8(w, (uint8_t)(len + HEADER));
	writer_bytes(w, value, len);
}

void
option_put_u32(struct writer *w, uint8_t type, uint32_t value)
{
	uint8_t bytes[4];
	struct writer v = writer_of(bytes, sizeof(bytes));

	writer_u32(&v, value);
	option_put(w, type, bytes, sizeof(bytes));
}
