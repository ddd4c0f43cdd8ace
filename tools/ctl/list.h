/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_CTL_LIST_H
#define TOOLS_CTL_LIST_H

#include "tools/ctl/client.h"
#include "tools/ctl/commands.h"

/* The lists of the daemon: calls and connections. */

/* Can it be sorted by that field?  -1 and a sentence in error if not. */
int	list_check_sort(enum request_command, const char *field, char *error,
	    size_t size);

/* Prints the reply as a table or a JSON array; the exit status. */
int	list_show(enum request_command, struct client *,
	    const struct options *);

#endif
