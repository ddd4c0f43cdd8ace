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
