/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory in blocks of 64 KiB, or of what a bigger piece needs. */
#include <stdlib.h>
#include <string.h>

#include "conf/arena.h"

#define BLOCK_SIZE	(64 * 1024)
#define ALIGN		_Alignof(void *)

struct arena_block {
	struct arena_block	*next;
	size_t			 size, used;
	_Alignas(void *) char	 bytes[];
};

void *
arena_take(struct arena *arena, size_t n)
{
	struct arena_block *block = arena->blocks;
	size_t size;

	n = (n + ALIGN - 1) / ALIGN * ALIGN;
	if (block == NULL || block->size - block->used < n) {
		size = n > BLOCK_SIZE ? n : BLOCK_SIZE;
		block = calloc(1, sizeof(*block) + size);
		if (block == NULL)
			return NULL;
		block->size = size;
		block->next = arena->blocks;
		arena->blocks = block;
	}
	block->used += n;
	return block->bytes + block->used - n;
}

char *
arena_text(struct arena *arena, const char *text)
{
	size_t n = strlen(text) + 1;
	char *copy = arena_take(arena, n);

	return copy != NULL ? memcpy(copy, text, n) : NULL;
}

void
arena_free(struct arena *arena)
{
	struct arena_block *block;

	while ((block = arena->blocks) != NULL) {
		arena->blocks = block->next;
		explicit_bzero(block->bytes, block->used);
		free(block);
	}
}
