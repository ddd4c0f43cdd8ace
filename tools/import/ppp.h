/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_IMPORT_PPP_H
#define TOOLS_IMPORT_PPP_H

#include "conf/word.h"
#include "tools/import/plan.h"

#define PPP_WORDS_MAX	12

/* A command of BSD's ppp(8). */
struct ppp_command {
	char		 word[PPP_WORDS_MAX][WORD_MAX];
	size_t		 n;
	unsigned	 line;
	const char	*problem;	/* why it cannot be used, or NULL */
};

/* Maps one command for a section. */
void	ppp_command(struct plan *, struct plan_part *, struct ppp_command *);

#endif
