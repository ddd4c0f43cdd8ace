/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the rest of the old host has to do with its tunnels. */
#ifndef TOOLS_IMPORT_HOST_H
#define TOOLS_IMPORT_HOST_H

#include "tools/import/plan.h"

/* pppd's name is the host's, if nothing else is said. */
void	host_set_name(struct plan *, struct plan_part *);

/* Scripts that pppd runs without being told. */
void	host_set_scripts(struct plan *, struct plan_part *);

/* Refuses scripts and firewall rules that name the old interfaces. */
void	host_check_interfaces(struct plan *);

#endif
