/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON documents: put together and printed, or read. */
#ifndef CONF_JSON_DOC_H
#define CONF_JSON_DOC_H

#include <stdbool.h>
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

#endif
