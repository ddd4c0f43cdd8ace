/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON by jansson, for all of the programs. */
#include <jansson.h>

#include "conf/json_doc.h"

/* A document is one of jansson's values by another name. */
static json_t *
json_of(struct document *d)
{
	return (json_t *)d;
}

static void
put_value(struct document *d, const char *key, json_t *value)
{
	if (key != NULL)
		json_object_set_new(json_of(d), key, value);
	else
		json_array_append_new(json_of(d), value);
}

struct document *
json_doc_object(void)
{
	return (struct document *)json_object();
}

struct document *
json_doc_list(void)
{
	return (struct document *)json_array();
}

void
json_doc_text(struct document *d, const char *key, const char *text)
{
	put_value(d, key, json_string(text));
}

void
json_doc_number(struct document *d, const char *key, int64_t n)
{
	put_value(d, key, json_integer(n));
}

void
json_doc_real(struct document *d, const char *key, double v)
{
	put_value(d, key, json_real(v));
}

void
json_doc_bool(struct document *d, const char *key, bool v)
{
	put_value(d, key, json_boolean(v));
}

void
json_doc_null(struct document *d, const char *key)
{
	put_value(d, key, json_null());
}

void
json_doc_put(struct document *d, const char *key, struct document *part)
{
	put_value(d, key, json_of(part));
}

void
json_doc_print(struct document *d, FILE *out)
{
	json_dumpf(json_of(d), out, JSON_COMPACT | JSON_REAL_PRECISION(12));
	json_decref(json_of(d));
}

struct document *
json_doc_read(const char *text, size_t len)
{
	json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);

	if (json != NULL && !json_is_object(json)) {
		json_decref(json);
		json = NULL;
	}
	return (struct document *)json;
}

void
json_doc_free(struct document *d)
{
	json_decref(json_of(d));
}

static json_t *
find_member(const struct document *d, const char *key)
{
	return json_object_get((const json_t *)d, key);
}

const char *
json_doc_next_key(const struct document *d, const char *key)
{
	json_t *object = (json_t *)(uintptr_t)d;
	void *at = key == NULL ? json_object_iter(object) :
	    json_object_iter_next(object, json_object_iter_at(object, key));

	return at != NULL ? json_object_iter_key(at) : NULL;
}

const char *
json_doc_get_text(const struct document *d, const char *key, char *buf,
    size_t size)
{
	const json_t *json = find_member(d, key);
	char *c;

	buf[0] = '\0';
	if (json_is_string(json))
		snprintf(buf, size, "%s", json_string_value(json));
	else if (json_is_integer(json))
		snprintf(buf, size, "%" JSON_INTEGER_FORMAT,
		    json_integer_value(json));
	else if (json_is_real(json))
		snprintf(buf, size, "%.3f", json_real_value(json));
	else if (json_is_boolean(json))
		snprintf(buf, size, "%s", json_is_true(json) ? "true" :
		    "false");
	for (c = buf; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	return buf;
}

double
json_doc_get_number(const struct document *d, const char *key)
{
	const json_t *json = find_member(d, key);

	return json_is_number(json) ? json_number_value(json) : -1;
}

bool
json_doc_is_true(const struct document *d, const char *key)
{
	return json_is_true(find_member(d, key));
}
