/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "nat/net/server_route.h"

struct bypass *
bypass_take(struct bypass **all, struct route *r, uint32_t address,
    uint32_t mark)
{
	struct bypass *b = *all;

	while (b != NULL && b->entry.to != address)
		b = b->next;
	if (b == NULL) {
		if ((b = calloc(1, sizeof(*b))) == NULL)
			return NULL;
		if (route_find(r, address, mark, &b->entry) == -1 ||
		    route_add(r, &b->entry) == -1) {
			free(b);
			return NULL;
		}
		b->next = *all;
		*all = b;
	}
	b->users++;
	return b;
}

void
bypass_give(struct bypass **all, struct route *r, struct bypass *b)
{
	if (b == NULL || --b->users > 0)
		return;
	while (*all != b)
		all = &(*all)->next;
	*all = b->next;
	(void)route_remove(r, &b->entry);
	free(b);
}
