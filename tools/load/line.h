/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client's control connection with its calls: they come up one after the
 * other, and end together.
 */
#ifndef TOOLS_LOAD_LINE_H
#define TOOLS_LOAD_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "alg/endpoint/ctrl_conn.h"
#include "tools/load/dial.h"

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

struct line {
	struct lines	*lines;
	struct dial_call *calls;	/* all of them */
	struct dial_call *call;		/* the one that is to come up */
	uint32_t	 ncalls, number;	/* of the first one */
	int		 fd;		/* -1: not connected */
	bool		 busy;		/* being set up, or cleared */
	bool		 over;		/* to be closed, for this reason: */
	struct failure	 failure;
	struct watch	*ready, *timer;	/* of fd; for what is waited for */
	struct ctrl_conn ctrl;
};

/* Sets up the connection and its calls; then done is called, once. */
void	line_open(struct line *);

/* Ends the calls and the connection, which is open; done is called again. */
void	line_clear(struct line *);

/* Does not wait any longer for calls to come up: that is a failure. */
void	line_give_up(struct line *);

#endif
