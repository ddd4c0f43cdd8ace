/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads command lines with getopt_long, and writes help, by the same tables. */
#include <assert.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/command_line.h"
#include "conf/similar.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))
#define OPTIONS_MAX	64
#define FIRST_VALUE	256	/* of getopt_long: above all letters */
#define HELP_COLUMN	26

/* Options of every program. */
static const struct command_line_option common[] = {
	{ .letter = 'h', .name = "help", .help = "this text" },
	{ .letter = 'V', .name = "version", .help = "the version" },
};

/* The table of a program goes on with the common one; NULL behind it. */
static const struct command_line_option *
option_at(const struct command_line *line, size_t i)
{
	if (i < line->n)
		return &line->options[i];
	i -= line->n;
	return i < NELEM(common) ? &common[i] : NULL;
}

/* A text's lines; those behind the first one start at the column. */
static void
print_lines(const char *text, int column)
{
	for (; *text != '\0'; text++) {
		putchar(*text);
		if (*text == '\n')
			printf("%*s", column, "");
	}
	putchar('\n');
}

static void
print_option(const struct command_line_option *o)
{
	int len;

	if (o->letter == '\0' && o->name == NULL) {
		print_lines(o->help, 0);
		return;
	}
	len = o->letter != '\0' ? printf("  -%c", o->letter) : printf("    ");
	if (o->name != NULL)
		len += printf("%s--%s", o->letter != '\0' ? ", " : "  ",
		    o->name);
	if (o->argument != NULL)
		len += printf(" %s", o->argument);
	if (len > HELP_COLUMN - 2) {
		putchar('\n');
		len = 0;
	}
	printf("%*s", HELP_COLUMN - len, "");
	print_lines(o->help, HELP_COLUMN);
}

static void
print_usage(const struct command_line *line)
{
	const char *usage = line->usage, *start = "usage: ";
	size_t n;

	for (; *usage != '\0'; usage += n + (usage[n] != '\0')) {
		n = strcspn(usage, "\n");
		if (*usage == ' ')
			printf("%s%*s", start, (int)strlen(line->program), "");
		else
			printf("%s%s ", start, line->program);
		printf("%.*s\n", (int)n, usage);
		start = "       ";
	}
}

static int
print_help(const struct command_line *line)
{
	const struct command_line_option *o;
	size_t i;

	print_usage(line);
	putchar('\n');
	if (line->about != NULL)
		printf("%s\n\n", line->about);
	if (line->more != NULL)
		line->more();
	for (i = 0; (o = option_at(line, i)) != NULL; i++)
		print_option(o);
	if (line->status != NULL)
		printf("\nExit status: %s\n", line->status);
	return EXIT_SUCCESS;
}

int
command_line_error(const struct command_line *line, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", line->program);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "; try %s -h\n", line->program);
	return COMMAND_LINE_WRONG;
}

static int
convert_number(const struct command_line_option *o, void *member,
    const char *text, char *error, size_t size)
{
	bool whole = o->type == COMMAND_LINE_WHOLE;
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end != '\0' ||
	    !(value >= o->min && value <= o->max) ||
	    (whole && value != (double)(uint32_t)value)) {
		snprintf(error, size, "expected a%s number from %.0f to %.0f, "
		    "not '%s'", whole ? " whole" : "", o->min, o->max, text);
		return -1;
	}
	if (whole)
		*(uint32_t *)member = (uint32_t)value;
	else
		*(double *)member = value;
	return 0;
}

static int
set_option(const struct command_line_option *o, void *object,
    const char *text, char *error, size_t size)
{
	void *member = (char *)object + o->offset;

	switch (o->type) {
	case COMMAND_LINE_FLAG:
		*(bool *)member = true;
		break;
	case COMMAND_LINE_TEXT:
		*(const char **)member = text;
		break;
	case COMMAND_LINE_WHOLE:
	case COMMAND_LINE_REAL:
		return convert_number(o, member, text, error, size);
	case COMMAND_LINE_OTHER:
		return o->set(object, text, error, size);
	}
	return 0;
}

/* The tables as getopt_long wants them. */
struct tables {
	char		 letters[OPTIONS_MAX * 2 + 3];
	struct option	 words[OPTIONS_MAX + 1];
};

static void
make_tables(const struct command_line *line, struct tables *tables)
{
	const struct command_line_option *o;
	struct option *word = tables->words;
	char *letter = tables->letters;
	size_t i;

	memset(tables, 0, sizeof(*tables));
	assert(line->n + NELEM(common) <= OPTIONS_MAX);
	if (line->has_commands)
		*letter++ = '+';
	*letter++ = ':';
	for (i = 0; (o = option_at(line, i)) != NULL; i++) {
		if (o->letter != '\0')
			*letter++ = o->letter;
		if (o->letter != '\0' && o->argument != NULL)
			*letter++ = ':';
		if (o->name != NULL)
			*word++ = (struct option){ o->name,
			    o->argument != NULL ? required_argument :
			    no_argument, NULL, FIRST_VALUE + (int)i };
	}
}

/* The option that getopt_long found, by its letter or its place. */
static const struct command_line_option *
find_option(const struct command_line *line, int found)
{
	const struct command_line_option *o;
	size_t i;

	if (found >= FIRST_VALUE)
		return option_at(line, (size_t)(found - FIRST_VALUE));
	for (i = 0; (o = option_at(line, i)) != NULL; i++)
		if (o->letter == found)
			break;
	return o;
}

/* "-n" or "--calls", as messages say it. */
static const char *
option_name(const struct command_line_option *o, char buf[32])
{
	if (o->name != NULL)
		snprintf(buf, 32, "--%s", o->name);
	else
		snprintf(buf, 32, "-%c", o->letter);
	return buf;
}

static int
explain_unknown(const struct command_line *line, const char *word)
{
	const struct command_line_option *o;
	struct similar s = similar_to(strncmp(word, "--", 2) == 0 ?
	    word + 2 : "");
	char meant[80] = "";
	size_t i;

	for (i = 0; (o = option_at(line, i)) != NULL; i++)
		if (o->name != NULL)
			similar_offer(&s, o->name);
	similar_add(&s, meant, sizeof(meant));
	return command_line_error(line, "unknown option '%s'%s", word, meant);
}

/* -1 to go on, else the exit status. */
static int
take_option(const struct command_line *line, void *object, int found,
    const char *word)
{
	const struct command_line_option *o;
	char error[512], name[32];

	if (found == '?' && optopt > 0 && optopt < FIRST_VALUE)
		return command_line_error(line, "unknown option '-%c'",
		    optopt);
	if (found == '?')
		return explain_unknown(line, word);
	o = find_option(line, found == ':' ? optopt : found);
	if (found == ':')
		return command_line_error(line, "%s: expected %s",
		    option_name(o, name), o->argument);
	if (o == &common[0])
		return print_help(line);
	if (o == &common[1]) {
		printf("%.*s %s\n", (int)strcspn(line->program, " "),
		    line->program, VERSION);
		return EXIT_SUCCESS;
	}
	if (set_option(o, object, optarg, error, sizeof(error)) == -1)
		return command_line_error(line, "%s: %s",
		    option_name(o, name), error);
	return -1;
}

int
command_line_read(const struct command_line *line, void *object, int *argc,
    char ***argv)
{
	struct tables tables;
	int found, status;

	make_tables(line, &tables);
	opterr = 0;
	optind = 0;	/* glibc: start anew */
	while ((found = getopt_long(*argc, *argv, tables.letters,
	    tables.words, NULL)) != -1) {
		status = take_option(line, object, found, (*argv)[optind - 1]);
		if (status != -1)
			return status;
	}
	*argc -= optind;
	*argv += optind;
	if (*argc < line->min)
		return command_line_error(line, "expected %s", line->words);
	if (*argc > line->max && !line->has_commands)
		return command_line_error(line, "unexpected word '%s'",
		    (*argv)[line->max]);
	return -1;
}
