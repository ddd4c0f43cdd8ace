/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONF_JSON_H
#define CONF_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * A JSON object or list that is put together and printed.  Texts are ASCII
 * or UTF-8.  What there is no memory for is left out.
 */
struct document;

struct document	*document_object(void);
struct document	*document_list(void);

void	document_text(struct document *, const char *key, const char *);
void	document_number(struct document *, const char *key, int64_t);
void	document_real(struct document *, const char *key, double);
void	document_bool(struct document *, const char *key, bool);
void	document_null(struct document *, const char *key);

/* A part of an object, or of a list with key NULL; freed with the whole. */
void	document_put(struct document *, const char *key, struct document *);

/* Prints on one line, without newline, and frees. */
void	document_print(struct document *, FILE *);

#endif
