/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tc programs on the interfaces, as these come and go. */
#ifndef NAT_BPF_ATTACH_H
#define NAT_BPF_ATTACH_H

#include "conf/config.h"

struct interface;
struct program;

struct attach;

/*
 * Both are borrowed; attaches to nothing yet.  Which programs an interface
 * gets depends on how packets go on.  NULL: out of memory.
 */
struct attach	*attach_new(struct program *, struct interface *,
		    enum config_forward);

/* The programs stay where they are. */
void		 attach_free(struct attach *);

/*
 * Brings the programs in line with the interfaces that there are and with
 * their sides; those of a former daemon are replaced without a gap.
 */
void		 attach_update(struct attach *);

/* Takes the programs off every interface, whoever put them there. */
void		 attach_remove_all(void);

#endif
