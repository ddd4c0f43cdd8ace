/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What pptpalg-load cannot go on without: memory, and descriptors. */
#ifndef TOOLS_LOAD_MUST_H
#define TOOLS_LOAD_MUST_H

#include <err.h>
#include <stddef.h>

/* The same; NULL ends the program with a message. */
static inline void *
must_have(void *p)
{
	if (p == NULL)
		errx(1, "out of memory or descriptors");
	return p;
}

#endif
