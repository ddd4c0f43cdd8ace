/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon's lists: calls, connections, sessions, dials. */
#ifndef TOOLS_CTL_LIST_H
#define TOOLS_CTL_LIST_H

#include "tools/ctl/client.h"
#include "tools/ctl/commands.h"

/* Is the reply to a command a list? */
bool	list_has(enum request_command);

/*
 * Has the reply the fields to sort by and to show that the options name?  -1
 * and a sentence in error if not.
 */
int	list_check(enum request_command, const struct options *, char *error,
	    size_t size);

/* Prints the reply as a table or a JSON array; the exit status. */
int	list_show(enum request_command, struct client *,
	    const struct options *);

#endif
