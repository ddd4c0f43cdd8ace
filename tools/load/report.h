/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is printed at the end of each phase. */
#ifndef TOOLS_LOAD_REPORT_H
#define TOOLS_LOAD_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/load/failure.h"

/* A number with its stable name; a list ends with a NULL name. */
struct report_line {
	const char	*name;
	double		 value;
	int		 decimals;
};

/* How often each kind of failure was seen; ends with a count of 0. */
struct report_failure {
	struct failure	 failure;
	uint32_t	 count;
};

/*
 * Prints one phase's numbers and failures (or NULL) at once: aligned text, or
 * an object on a line.
 */
void	report_print(bool json, const char *phase, const struct report_line *,
	    const struct report_failure *);

#endif
