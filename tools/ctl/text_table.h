/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables for a terminal or a pipe, and how they say ages. */
#ifndef TOOLS_CTL_TEXT_TABLE_H
#define TOOLS_CTL_TEXT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct text_table_column {
	const char	*heading;
	bool		 right;		/* aligned, as numbers are */
	/* The colour of a cell on a terminal, or NULL; may be NULL. */
	const char	*(*colour)(const char *cell);
};

struct text_table;

/* The columns are borrowed. */
struct text_table *text_table_new(const struct text_table_column *, size_t n);
void		 text_table_free(struct text_table *);

/* Adds the next cell; n of them make a row. */
void		 text_table_cell(struct text_table *, const char *text);

/* Prints all whole rows to stdout, below a line of headings. */
void		 text_table_print(const struct text_table *);

/* Colours, for columns: what is well, what needs a look, what is wrong. */
#define TEXT_TABLE_GOOD	"\033[32m"
#define TEXT_TABLE_ODD	"\033[33m"
#define TEXT_TABLE_BAD	"\033[31m"

/* Numbers as people say them: 999, 1.2M; seconds: 42s, 5m07s, 1h02m, 3d04h. */
#define TEXT_TABLE_AGE_MAX	24
const char	*text_table_scale(double number, char buf[TEXT_TABLE_AGE_MAX]);
const char	*text_table_age(double seconds, char buf[TEXT_TABLE_AGE_MAX]);

#endif
