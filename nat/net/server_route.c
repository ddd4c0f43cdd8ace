/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host routes to servers, shared by all that dial the same one. */
#include <stdlib.h>

#include "nat/net/server_route.h"

struct server_route *
server_route_take(struct server_route **all, struct rtnetlink *r,
    uint32_t address, uint32_t mark)
{
	struct server_route *b = *all;

	while (b != NULL && b->entry.to != address)
		b = b->next;
	if (b == NULL) {
		if ((b = calloc(1, sizeof(*b))) == NULL)
			return NULL;
		if (rtnetlink_find(r, address, mark, &b->entry) == -1 ||
		    rtnetlink_add(r, &b->entry) == -1) {
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
server_route_give(
    struct server_route **all, struct rtnetlink *r, struct server_route *b)
{
	if (b == NULL || --b->users > 0)
		return;
	while (*all != b)
		all = &(*all)->next;
	*all = b->next;
	(void)rtnetlink_remove(r, &b->entry);
	free(b);
}
