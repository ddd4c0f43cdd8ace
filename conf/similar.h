/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "Did you mean ...?": the known word that is nearest to one that is not. */
#ifndef CONF_SIMILAR_H
#define CONF_SIMILAR_H

#include <stddef.h>

#define SIMILAR_MAX	32	/* characters; longer words have none */

struct similar {
	const char	*word;		/* what was written; borrowed */
	const char	*best;		/* the nearest so far, or NULL */
	unsigned	 distance;
};

struct similar	 similar_to(const char *word);

/* One of those that it may have been meant for; borrowed. */
void		 similar_offer(struct similar *, const char *candidate);

/* Adds "; did you mean 'BEST'?" to a sentence, if there is a best one. */
void		 similar_add(const struct similar *, char *text, size_t size);

#endif
