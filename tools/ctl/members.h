/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The members of one line of a list, which is a flat JSON object. */
#ifndef TOOLS_CTL_MEMBERS_H
#define TOOLS_CTL_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>

#define MEMBERS_MAX	64	/* of a line; more are not seen */

/*
 * Points into a line.  There may be 65,000 lines, so nothing is copied, and
 * what is asked for in the line's order is found at once.
 */
struct members {
	struct member {
		const char	*key, *value;	/* texts: within the quotes */
		size_t		 key_len, value_len;
		bool		 text;
	}	 list[MEMBERS_MAX];
	size_t	 n, last;	/* found last */
};

/* false if it is no JSON object.  Members that have parts are left out. */
bool		 members_read(struct members *, const char *line, size_t len);

/* As json_doc_get_text. */
const char	*members_text(struct members *, const char *key, char *buf,
		    size_t size);

/* As json_doc_get_number. */
double		 members_number(struct members *, const char *key);

#endif
