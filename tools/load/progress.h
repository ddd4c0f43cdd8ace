/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On a terminal, a line that says how far things are. */
#ifndef TOOLS_LOAD_PROGRESS_H
#define TOOLS_LOAD_PROGRESS_H

#include <stddef.h>

struct loop;

/*
 * A line that says each second how far things are: on stderr, and only when
 * that is a terminal; otherwise there is none (NULL), and nothing is done.
 */
struct progress;

typedef void	 progress_text(void *arg, char *text, size_t size);

struct progress	*progress_new(struct loop *, progress_text *, void *arg);

/* Makes room for other output, until the next second. */
void		 progress_hide(struct progress *);
void		 progress_free(struct progress *);

#endif
