/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One process of the server: it answers the connections that it accepts. */
#ifndef TOOLS_LOAD_ANSWER_H
#define TOOLS_LOAD_ANSWER_H

#include <stdint.h>

#include "tools/load/map.h"
#include "tools/load/options.h"

/* Shared by all processes, added to atomically. */
struct answer_counts {
	uint64_t	 connections, calls, refused, cleared;
	uint64_t	 malformed, broken;	/* connections, by their end */
	uint64_t	 no_file;		/* accept out of descriptors */
	uint64_t	 strangers;		/* of nobody to be answered */
};

/*
 * Answers control connections from a listening socket until the pipe stop
 * reaches its end.
 */
void	answer_run(const struct load_options *, int listener, int stop,
	    struct map *, struct answer_counts *);

#endif
