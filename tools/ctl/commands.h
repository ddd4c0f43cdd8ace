/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands for a running daemon, with their options. */
#ifndef TOOLS_CTL_COMMANDS_H
#define TOOLS_CTL_COMMANDS_H

#include <stdbool.h>

#include "conf/command_line.h"
#include "conf/request.h"

/* What was asked for on the command line. */
struct options {
	const char	*socket;
	bool		 json;
	bool		 all;		/* counters that are zero, too */
	bool		 purge;		/* leave nothing in the kernel */
	bool		 trouble;	/* only what is in trouble */
	bool		 log;		/* lines of the log are events, too */
	const char	*sort;		/* a field, or NULL */
	const char	*columns;	/* fields, commas between; or NULL */
	const char	*exec, *as;	/* a program for events, its user */
	const char	*kick;		/* sessions that are ended, or NULL */
	const char	*filter[REQUEST_ARGUMENTS];
};

/*
 * Runs a command with its words; the exit status: 0, 1 when it cannot be
 * done, 2 when it was used wrongly, both told on stderr; 3 when the cluster is
 * not in step.
 */
int	commands_run(const struct command_line *, const struct options *,
	    const char *command, int nwords, char **words);

/* One line of help for each command on stdout. */
void	commands_help(void);

#endif
