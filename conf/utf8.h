/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks that a text is UTF-8, and fit for a terminal. */
#ifndef CONF_UTF8_H
#define CONF_UTF8_H

#include <stdbool.h>

/* Valid UTF-8? */
bool	utf8_is_valid(const char *);

/* The same without control characters. */
bool	utf8_is_printable(const char *);

#endif
