/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of keys: numbers, words, texts, paths, addresses. */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What values of keys are made of. */
enum value_type {
	VALUE_NUMBER,		/* uint16_t or uint32_t, decimal or 0x */
	VALUE_BIT,		/* uint32_t with one bit set */
	VALUE_WORD,		/* enum or bool: the index of a word */
	VALUE_FLAGS,		/* uint32_t: 1 << index, for each word */
	VALUE_TEXT,		/* char[]: printable UTF-8 */
	VALUE_PATH,		/* char[]: absolute path */
	VALUE_LOCAL,		/* char[]: path, or loopback address:port */
	VALUE_INTERFACE,	/* char[]: a name; %d at its end: a number */
	VALUE_ADDRESS,		/* uint32_t: IPv4, host byte order */
	VALUE_ENDPOINT,		/* struct terminate_endpoint */
	VALUE_NET,		/* struct terminate_net */
	VALUE_RANGE		/* struct terminate_range */
};

struct value {
	enum value_type		  type;
	const char *const	 *words;	/* WORD and FLAGS, then NULL */
	uint32_t		  min, max;	/* NUMBER, BIT; ENDPOINT: min is
						   the usual port */
	size_t			  size;		/* in memory */
	bool			  empty;	/* "" is a value, too */
};

/* -1 with "expected this, not that" in error. */
int	value_read(const struct value *, void *at, const char *text,
	    char *error, size_t size);

/* So that value_read gives the same; FLAGS with commas between. */
void	value_print(const struct value *, const void *at, FILE *);

/* Can value_print quote a text? */
bool	value_can_quote(const char *text);

#endif
