/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control connections whose acknowledgments the tc programs let pass, and
 * what they have let pass.
 */
#ifndef NAT_BPF_CONTROL_MAP_H
#define NAT_BPF_CONTROL_MAP_H

#include "alg/alg.h"

struct control_map;

typedef void	(*control_map_heard)(void *arg, const struct alg_ack *);

/* The programs' maps, which are borrowed; NULL with errno. */
struct control_map *control_map_open(int controls, int acks);
void		 control_map_close(struct control_map *);

/*
 * Segments of a connection that only acknowledge pass from the next commit on,
 * or no longer.  Where there is no room for it they are queued as all others.
 */
void		 control_map_put(struct control_map *,
		    const struct alg_connection_info *);
void		 control_map_remove(struct control_map *,
		    const struct alg_connection_info *);

void		 control_map_commit(struct control_map *);

/* Tells all that has passed since the last time. */
void		 control_map_read(struct control_map *, control_map_heard,
		    void *arg);

#endif
