/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables for a terminal or a pipe, and how they say ages. */
#ifndef TOOLS_CTL_TABLE_H
#define TOOLS_CTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct table_column {
	const char	*heading;
	bool		 right;		/* aligned, as numbers are */
	/* The colour of a cell on a terminal, or NULL; may be NULL. */
	const char	*(*colour)(const char *cell);
};

struct table;

/* The columns are borrowed. */
struct table	*table_new(const struct table_column *, size_t n);
void		 table_free(struct table *);

/* Adds the next cell; n of them make a row. */
void		 table_cell(struct table *, const char *text);

/* Prints all whole rows to stdout, below a line of headings. */
void		 table_print(const struct table *);

/* Colours, for columns: what is well, what needs a look, what is wrong. */
#define TABLE_GOOD	"\033[32m"
#define TABLE_ODD	"\033[33m"
#define TABLE_BAD	"\033[31m"

/* Numbers as people say them: 999, 1.2M; seconds: 42s, 5m07s, 1h02m, 3d04h. */
#define TABLE_AGE_MAX	24
const char	*table_scale(double number, char buf[TABLE_AGE_MAX]);
const char	*table_age(double seconds, char buf[TABLE_AGE_MAX]);

#endif
