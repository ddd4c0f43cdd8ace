/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Draws a snapshot: the daemon, its calls, the last failures. */
#ifndef TOOLS_CTL_SCREEN_H
#define TOOLS_CTL_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/ctl/snapshot.h"

/* What is shown of it, and how. */
struct screen {
	bool			 plain;		/* no colours, no end of rows */
	unsigned		 rows, columns;	/* of the terminal */
	enum snapshot_order	 order;
	bool			 backwards;
	bool			 busy, troubled;	/* only such calls */
	size_t			 from;		/* calls that are above */
	const char		*note;		/* a last line, or NULL */
};

/* Writes it to stdout at once, its calls sorted. */
void	screen_draw(const struct screen *, struct snapshot *);

/* The order's name, as headings have it. */
const char *screen_order(enum snapshot_order);

#endif
