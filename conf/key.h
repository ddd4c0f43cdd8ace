/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONF_KEY_H
#define CONF_KEY_H

#include "conf/config.h"

#define KEYS_MAX	32

/* The keys that have one value: a number, or one of some words. */

void	key_defaults(struct config *);

/* The index of a key, below KEYS_MAX; the name must be one. */
size_t	key_find(const char *name);

/* -1 with a sentence in error when the key does not take this value. */
int	key_set(struct config *, size_t key, const char *text, char *error,
	    size_t size);

/* All keys with their sections, as a file has them. */
void	key_print(const struct config *, FILE *);

#endif
