/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that is given out in pieces, and wiped and freed as a whole. */
#ifndef CONF_ARENA_H
#define CONF_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block	*blocks;
};

/* Zeroed and aligned for pointers; NULL with errno when there is none. */
void	*arena_take(struct arena *, size_t);

/* A copy of a text. */
char	*arena_text(struct arena *, const char *);

void	 arena_free(struct arena *);

#endif
