/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONF_UTF8_H
#define CONF_UTF8_H

#include <stdbool.h>

/* Valid UTF-8 (RFC 3629)? */
bool	utf8_is_valid(const char *);

/* The same without control characters. */
bool	utf8_is_printable(const char *);

#endif
