/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon's lists: calls, connections, sessions, dials. */
#ifndef TOOLS_CTL_LIST_H
#define TOOLS_CTL_LIST_H

#include "tools/ctl/client.h"
#include "tools/ctl/commands.h"

/* Is the reply to a command a list? */
bool	list_has(enum request_command);

/* Can the reply be sorted by that field?  -1 and a sentence in error if not. */
int	list_check_sort(enum request_command, const char *field, char *error,
	    size_t size);

/* Prints the reply as a table or a JSON array; the exit status. */
int	list_show(enum request_command, struct client *,
	    const struct options *);

#endif
