/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets, defaults and prints values by a table of keys. */
#include <assert.h>
#include <string.h>

#include "conf/key.h"

/* The part that a key is in; number becomes its place there. */
static const struct key_part *
part_of(const struct key_part *part, size_t *number)
{
	for (; part->keys != NULL; part++) {
		if (*number < part->n)
			return part;
		*number -= part->n;
	}
	return NULL;
}

const struct key *
key_at(const struct key_part *parts, size_t number)
{
	const struct key_part *part = part_of(parts, &number);

	return part != NULL ? &part->keys[number] : NULL;
}

size_t
key_find(const struct key_part *parts, const char *name)
{
	const struct key *key;
	size_t i;

	for (i = 0; (key = key_at(parts, i)) != NULL; i++)
		if (strcmp(key->name, name) == 0)
			return i;
	return KEYS_MAX;
}

bool
key_is_list(const struct key *key)
{
	return key->room > 0 || key->value.type == VALUE_FLAGS;
}

int
key_set(const struct key_part *parts, size_t number, void *object,
    const char *text, char *error, size_t size)
{
	const struct key_part *part = part_of(parts, &number);
	const struct key *key = &part->keys[number];
	char *base = (char *)object + part->offset, *at = base + key->offset;
	size_t *count = NULL;
	int len;

	len = snprintf(error, size, "%s: ", key->name);
	if (len < 0 || (size_t)len > size)
		return -1;
	if (key->room > 0) {
		count = (size_t *)(void *)(base + key->count);
		if (*count == key->room) {
			snprintf(error + len, size - (size_t)len,
			    "expected at most %zu values", key->room);
			return -1;
		}
		at += *count * key->value.size;
	}
	if (value_read(&key->value, at, text, error + len,
	    size - (size_t)len) == -1)
		return -1;
	if (count != NULL)
		(*count)++;
	return 0;
}

void
key_clear(const struct key_part *parts, size_t number, void *object)
{
	const struct key_part *part = part_of(parts, &number);
	const struct key *key = &part->keys[number];
	char *base = (char *)object + part->offset;

	if (key->room > 0)
		*(size_t *)(void *)(base + key->count) = 0;
	else
		memset(base + key->offset, 0, key->value.size);
}

void
key_defaults(const struct key_part *parts, void *object,
    const bool seen[KEYS_MAX])
{
	const struct key *key;
	char error[256];
	size_t i;
	int result;

	for (i = 0; (key = key_at(parts, i)) != NULL; i++) {
		if (seen[i] || key->standard == NULL)
			continue;
		result = key_set(parts, i, object, key->standard, error,
		    sizeof(error));
		assert(result == 0);
		(void)result;
	}
}

static void
print_list(const struct key *key, const char *base, FILE *f)
{
	size_t i, n;

	putc('{', f);
	if (key->value.type == VALUE_FLAGS)
		value_print(&key->value, base + key->offset, f);
	else {
		n = *(const size_t *)(const void *)(base + key->count);
		for (i = 0; i < n; i++) {
			fputs(i > 0 ? ", " : "", f);
			value_print(&key->value, base + key->offset +
			    i * key->value.size, f);
		}
	}
	putc('}', f);
}

static void
print_key(const struct key *key, const char *base, FILE *f)
{
	fprintf(f, "%s = ", key->name);
	if (key_is_list(key))
		print_list(key, base, f);
	else
		value_print(&key->value, base + key->offset, f);
	putc('\n', f);
}

void
key_print(const struct key_part *part, const void *object, const bool *only,
    const char *indent, FILE *f)
{
	const char *open = NULL;
	const struct key *key;

	for (; part->keys != NULL; part++)
		for (key = part->keys; key < part->keys + part->n; key++) {
			if (only != NULL && !*only++)
				continue;
			if (open != key->section && open != NULL)
				fprintf(f, "%s}\n", indent);
			if (open != key->section && key->section != NULL)
				fprintf(f, "%s%s {\n", indent, key->section);
			open = key->section;
			fprintf(f, "%s%s", indent, open != NULL ? "\t" : "");
			print_key(key, (const char *)object + part->offset,
			    f);
		}
	if (open != NULL)
		fprintf(f, "%s}\n", indent);
}
