/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of a text, as pppd(8) reads its files. */
#ifndef CONF_WORD_H
#define CONF_WORD_H

#include <stdbool.h>
#include <stddef.h>

#define WORD_MAX	1024	/* with NUL */

/*
 * Words may be quoted by " or ', with C's escapes (and \s for a space) in and
 * outside of quotes; \ before a line end joins lines; # starts a comment
 * between words and at a word's end.
 */
struct word_reader {
	const char	*pos, *end;
	unsigned	 line;
	bool		 started;
};

struct word {
	char		 text[WORD_MAX];
	unsigned	 line;		/* where it starts, from 1 */
	bool		 first;		/* in its line */
	/* Why the word is not what its author meant, or NULL. */
	const char	*problem;
};

void	word_start(struct word_reader *, const char *text, size_t len);

/* The next word; false at the end. */
bool	word_next(struct word_reader *, struct word *);

#endif
