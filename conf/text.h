/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration's text, made fit for libconfuse. */
#ifndef CONF_TEXT_H
#define CONF_TEXT_H

#include <stddef.h>

/*
 * Works in place: comments become spaces, because libconfuse miscounts lines at
 * comments and does not take them in lists.
 * What it would skip or expand in silence is an error here: unknown
 * characters, an open quote or brace, ${variables} and escapes.
 * text[len] must be 0.  -1 with NAME:LINE: and a sentence in error.
 */
int	text_clean(char *text, size_t len, const char *name, char *error,
	    size_t size);

#endif
