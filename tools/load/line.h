/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_LOAD_LINE_H
#define TOOLS_LOAD_LINE_H

#include "tools/load/dial.h"
#include "tools/load/message.h"

struct login;
struct loop;
struct watch;

/* What all lines of a process share. */
struct lines {
	const struct load_options *options;
	struct loop	*loop;
	struct login	*login;		/* NULL: calls without PPP */
	void		(*done)(void *arg);	/* one is up, or has ended */
	void		*arg;
};

/* A control connection and its calls; one after the other changes. */
struct line {
	struct lines	*lines;
	struct dial_call *calls, *call;
	uint32_t	 ncalls, number;	/* of the first one */
	struct watch	*watch;
	struct stream	 stream;	/* fd -1: not connected */
};

/* Sets up the connection and its calls; then done is called, once. */
void	line_open(struct line *);

/* Ends the calls and the connection, which is open; done is called again. */
void	line_clear(struct line *);

/* Is it still being set up? */
bool	line_waits(const struct line *);

/* Does not wait any longer: that is a failure. */
void	line_give_up(struct line *);

#endif
