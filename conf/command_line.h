/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines of all programs, each by a table of its options. */
#ifndef CONF_COMMAND_LINE_H
#define CONF_COMMAND_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* What an option's argument is, and the type of its member. */
enum command_line_type {
	COMMAND_LINE_FLAG,	/* none; bool */
	COMMAND_LINE_TEXT,	/* const char * */
	COMMAND_LINE_WHOLE,	/* uint32_t */
	COMMAND_LINE_REAL,	/* double */
	COMMAND_LINE_OTHER	/* set reads it, where it likes */
};

/* An option; without letter and name, a heading for those that follow. */
struct command_line_option {
	char			 letter;	/* or 0 */
	const char		*name;		/* behind --, or NULL */
	const char		*argument;	/* as help calls it, or NULL */
	const char		*help;		/* lines, without the last \n */
	enum command_line_type	 type;
	size_t			 offset;	/* of the member */
	double			 min, max;	/* of a number */
	/* -1 with a sentence in error when it cannot be used. */
	int			(*set)(void *object, const char *text,
				    char *error, size_t size);
};

struct command_line {
	const char		*program;
	/* Lines: what follows its name, or with a space first, goes on. */
	const char		*usage;
	const char		*about;	/* lines, or NULL */
	void			(*more)(void);	/* prints more help, or NULL */
	const struct command_line_option *options;
	size_t			 n;
	const char		*status; /* lines on the exit status, or NULL */
	/* Words beside options: what is expected, and how many. */
	const char		*words;
	int			 min, max;
	/* The first word is a command: what follows is left to it. */
	bool			 has_commands;
};

/* Members of a row in a table of options. */
#define COMMAND_LINE_MEMBER(t, s, m)					\
	.type = COMMAND_LINE_##t, .offset = offsetof(struct s, m)

/* What a program that was used wrongly returns. */
#define COMMAND_LINE_WRONG	2

/*
 * Sets the object's members by what the command line says; -h, --help, -V and
 * --version are options of every table.  -1 to go on, with the words that are
 * left in argc and argv; else the exit status, and all is said.
 */
int	command_line_read(const struct command_line *, void *object, int *argc,
	    char ***argv);

/* Says what is wrong, in one line; returns COMMAND_LINE_WRONG. */
int	command_line_error(const struct command_line *, const char *format,
	    ...) __attribute__((format(printf, 2, 3)));

#endif
