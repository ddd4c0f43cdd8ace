/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON documents: put together and printed, or read. */
#ifndef CONF_JSON_DOC_H
#define CONF_JSON_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * A JSON object or list that is put together and printed.  Texts are ASCII
 * or UTF-8.  What there is no memory for is left out.
 */
struct document;

struct document	*json_doc_object(void);
struct document	*json_doc_list(void);

void	json_doc_text(struct document *, const char *key, const char *);
void	json_doc_number(struct document *, const char *key, int64_t);
void	json_doc_real(struct document *, const char *key, double);
void	json_doc_bool(struct document *, const char *key, bool);
void	json_doc_null(struct document *, const char *key);

/* A part of an object, or of a list with key NULL; freed with the whole. */
void	json_doc_put(struct document *, const char *key, struct document *);

/* Prints on one line, without newline, and frees. */
void	json_doc_print(struct document *, FILE *);

/* Reads an object; NULL if the text is none.  Free with json_doc_free. */
struct document	*json_doc_read(const char *text, size_t len);
void		 json_doc_free(struct document *);

/* The key behind this one, or the first one behind NULL; NULL: none. */
const char	*json_doc_next_key(const struct document *, const char *key);

/*
 * A member as text, which is cut to the buffer: "" when it is absent or null,
 * numbers with the three decimals of times or none, ? for control characters.
 */
const char	*json_doc_get_text(const struct document *, const char *key,
		    char *buf, size_t size);

/* A member as a number: -1 when it is absent or none. */
double		 json_doc_get_number(const struct document *, const char *key);

/* Is a member true? */
bool		 json_doc_is_true(const struct document *, const char *key);

#endif
