/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "tools/ctl/json_line.h"

/* What is left of the line; it ends with NUL, which nothing here skips. */
struct reader {
	const char	*pos;
};

static bool
take(struct reader *r, char c)
{
	if (*r->pos != c)
		return false;
	r->pos++;
	return true;
}

static bool
take_string(struct reader *r, const char **text, size_t *len)
{
	if (!take(r, '"'))
		return false;
	*text = r->pos;
	while (*r->pos != '"') {
		if (*r->pos == '\\')
			r->pos++;
		if (*r->pos == '\0')
			return false;
		r->pos++;
	}
	*len = (size_t)(r->pos - *text);
	return take(r, '"');
}

static bool
take_value(struct reader *r, struct item_field *field)
{
	field->string = *r->pos == '"';
	if (field->string)
		return take_string(r, &field->value, &field->value_len);
	field->value = r->pos;
	field->value_len = strcspn(r->pos, ",}[{\" ");
	r->pos += field->value_len;
	return field->value_len > 0;
}

int
item_read(struct item *item, const char *line, size_t len)
{
	struct reader r = { line };
	struct item_field *field;

	item->n = 0;
	if (!take(&r, '{'))
		return -1;
	do {
		if (item->n == ITEM_FIELDS_MAX)
			return -1;
		field = &item->field[item->n++];
		if (!take_string(&r, &field->key, &field->key_len) ||
		    !take(&r, ':') || !take_value(&r, field))
			return -1;
	} while (take(&r, ','));
	return take(&r, '}') && r.pos == line + len ? 0 : -1;
}

/* NULL when there is no such field. */
static const struct item_field *
item_find(const struct item *item, const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < item->n; i++)
		if (item->field[i].key_len == len &&
		    memcmp(item->field[i].key, key, len) == 0)
			return &item->field[i];
	return NULL;
}

bool
item_is(const struct item *item, const char *key, const char *value)
{
	const struct item_field *field = item_find(item, key);

	return field != NULL && field->value_len == strlen(value) &&
	    memcmp(field->value, value, field->value_len) == 0;
}

const char *
item_text(const struct item *item, const char *key, char *buf, size_t size)
{
	const struct item_field *field = item_find(item, key);
	size_t out = 0;

	buf[0] = '\0';
	if (field == NULL || (!field->string && field->value[0] == 'n'))
		return buf;
	for (size_t i = 0; i < field->value_len && out + 1 < size; i++) {
		if (field->string && field->value[i] == '\\')
			i++;
		buf[out++] = field->value[i];
	}
	buf[out] = '\0';
	return buf;
}

double
item_number(const struct item *item, const char *key)
{
	const struct item_field *field = item_find(item, key);

	if (field == NULL || field->string || field->value[0] == 'n')
		return -1;
	return strtod(field->value, NULL);
}
