/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The server's calls, which all of its processes see. */
#ifndef TOOLS_LOAD_MAP_H
#define TOOLS_LOAD_MAP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The server's calls, shared by its processes: those that answer add and
 * remove, the one that echoes GRE finds.  Own call IDs are distinct per peer.
 */
struct map;

/* To be made before the processes part. */
struct map	*map_new(void);

/* Chooses our ID for a call of this peer; false when none is free. */
bool		 map_add(struct map *, uint32_t peer, uint16_t peer_id,
		    uint16_t *own_id);
void		 map_remove(struct map *, uint32_t peer, uint16_t own_id);

/* The peer's ID of a call; false when there is no such call. */
bool		 map_find(struct map *, uint32_t peer, uint16_t own_id,
		    uint16_t *peer_id);

#endif
