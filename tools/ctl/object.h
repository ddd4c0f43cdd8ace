/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_CTL_OBJECT_H
#define TOOLS_CTL_OBJECT_H

#include <stdbool.h>

#include "tools/ctl/json_line.h"

/* Replies of one item, for eyes. */
void	object_status(const struct item *);

/* With all: those that are zero, too. */
void	object_counters(const struct item *, bool all);

#endif
