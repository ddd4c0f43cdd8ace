/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of a file of secrets, one struct secret each; for secrets.c. */
#ifndef CONF_SECRET_LINE_H
#define CONF_SECRET_LINE_H

#include "conf/arena.h"
#include "conf/secrets.h"

/* Where the lines of secrets files go. */
struct secret_lines {
	struct arena	 *arena;	/* keeps all of a line */
	int		(*keep)(void *, struct secret *);
	void		 *keep_arg;
	secrets_warn	 *warn;		/* of lines that are no use, or NULL */
	void		 *warn_arg;
};

/* All lines of a text; -1 with errno when there is no memory. */
int	secret_lines(const struct secret_lines *, const char *text, size_t len,
	    const char *name);

#endif
