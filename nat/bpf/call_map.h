/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of calls that the tc programs look into: an array in the kernel,
 * shared with it.  Only the daemon writes keys; the programs count.
 */
#ifndef NAT_BPF_CALL_MAP_H
#define NAT_BPF_CALL_MAP_H

#include <stdint.h>

#include "nat/bpf/pptpalg.bpf.h"

struct call_map {
	struct fast_slot	*slot;	/* all of it: first the places */
	uint64_t		*taken;	/* behind these: a bit for each slot */
	uint32_t		 at;	/* where the last free one was found */
	uint32_t		 used, room;
	struct fast_layout	 layout;
};

/* For so many calls; and the size of their map. */
struct fast_layout call_map_layout(uint32_t calls, uint64_t seed);
uint32_t	 call_map_entries(uint32_t calls);

/* The map's table, with what is in it; -1 with errno. */
int		 call_map_open(struct call_map *, int map, uint32_t calls,
		    uint64_t seed);
void		 call_map_close(struct call_map *);

/* NULL: no such call. */
struct fast_slot *call_map_find(
    const struct call_map *, const struct fast_key *);

/* Adds or replaces; -1 with errno E2BIG: no place. */
int		 call_map_put(struct call_map *, const struct fast_key *,
		    const struct fast_call *);

/* Frees a slot with a call. */
void		 call_map_remove(struct call_map *, struct fast_slot *);

/* The call behind one, or the first for NULL; or NULL. */
struct fast_slot *call_map_next(
    const struct call_map *, const struct fast_slot *);

#endif
