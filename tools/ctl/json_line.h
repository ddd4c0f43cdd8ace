/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_CTL_JSON_LINE_H
#define TOOLS_CTL_JSON_LINE_H

#include <stdbool.h>
#include <stddef.h>

#define ITEM_FIELDS_MAX	160

/* One field of an item, as it stands in the line; strings without quotes. */
struct item_field {
	const char	*key, *value;
	size_t		 key_len, value_len;
	bool		 string;
};

/*
 * An item is a flat JSON object on one line; only this shape is read, because
 * tens of thousands come at once.
 */
struct item {
	size_t			 n;
	struct item_field	 field[ITEM_FIELDS_MAX];
};

/* Points into line, which ends with NUL; -1 if it has another shape. */
int	item_read(struct item *, const char *line, size_t len);

/* Does a field have this value? */
bool	item_is(const struct item *, const char *key, const char *value);

/* The value as text: "" when it is absent or null. */
const char *item_text(const struct item *, const char *key, char *buf,
	    size_t size);

/* The value as a number: -1 when it is absent or none. */
double	item_number(const struct item *, const char *key);

#endif
