/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replies of one object, for eyes. */
#ifndef TOOLS_CTL_OBJECT_H
#define TOOLS_CTL_OBJECT_H

#include <stdbool.h>

#include "conf/json_doc.h"

/* With all: lines that are zero, too. */
void	object_status(const struct document *, bool all);
void	object_warning(const struct document *, bool all);
void	object_cluster(const struct document *, bool all);
void	object_counters(const struct document *, bool all);

/* May this firewall have the addresses: does it know all, and tell all? */
bool	object_in_step(const struct document *);

#endif
