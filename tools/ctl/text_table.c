/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of text: collects all cells, then prints columns as wide as needed. */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/ctl/text_table.h"

#define COLOUR_OFF	"\033[0m"
#define MINUTE		60U
#define HOUR		3600U
#define DAY		86400U

struct text_table {
	const struct text_table_column *column;
	size_t	 n;
	size_t	*width;
	char	*text;		/* all cells, each ends with NUL */
	size_t	 len, size;
	size_t	 cells;
};

struct text_table *
text_table_new(const struct text_table_column *column, size_t n)
{
	struct text_table *table = calloc(1, sizeof(*table));

	if (table != NULL)
		table->width = calloc(n, sizeof(*table->width));
	if (table == NULL || table->width == NULL)
		err(1, NULL);
	table->column = column;
	table->n = n;
	for (size_t i = 0; i < n; i++)
		table->width[i] = strlen(column[i].heading);
	return table;
}

void
text_table_free(struct text_table *table)
{
	free(table->width);
	free(table->text);
	free(table);
}

static void
grow_text(struct text_table *table, size_t need)
{
	while (table->size < need)
		table->size = table->size == 0 ? 4096 : table->size * 2;
	table->text = realloc(table->text, table->size);
	if (table->text == NULL)
		err(1, NULL);
}

void
text_table_cell(struct text_table *table, const char *text)
{
	size_t len = strlen(text), column = table->cells++ % table->n;

	if (table->len + len + 1 > table->size)
		grow_text(table, table->len + len + 1);
	memcpy(table->text + table->len, text, len + 1);
	table->len += len + 1;
	if (table->width[column] < len)
		table->width[column] = len;
}

static void
print_blanks(size_t n)
{
	while (n-- > 0)
		putchar_unlocked(' ');
}

/* The last column ends the line: nothing is padded behind it. */
static void
print_cell(const struct text_table *table, size_t i, const char *text,
    size_t len, const char *colour)
{
	size_t blank = table->width[i] - len;

	if (table->column[i].right)
		print_blanks(blank);
	if (colour != NULL)
		fputs_unlocked(colour, stdout);
	fwrite_unlocked(text, 1, len, stdout);
	if (colour != NULL)
		fputs_unlocked(COLOUR_OFF, stdout);
	if (i + 1 == table->n) {
		putchar_unlocked('\n');
		return;
	}
	if (!table->column[i].right)
		print_blanks(blank);
	print_blanks(2);
}

static bool
colours_wanted(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && (no == NULL || *no == '\0') &&
	    term != NULL && strcmp(term, "dumb") != 0;
}

void
text_table_print(const struct text_table *table)
{
	const char *text = table->text;
	bool colours = colours_wanted();

	for (size_t i = 0; i < table->n; i++)
		print_cell(table, i, table->column[i].heading,
		    strlen(table->column[i].heading), NULL);
	for (size_t cell = 0; cell < table->cells; cell++) {
		const struct text_table_column *column =
		    &table->column[cell % table->n];
		size_t len = strlen(text);

		print_cell(table, cell % table->n, text, len,
		    colours && column->colour != NULL ?
		    column->colour(text) : NULL);
		text += len + 1;
	}
}

const char *
text_table_scale(double n, char buf[TEXT_TABLE_AGE_MAX])
{
	static const char units[] = " kMGTP";
	size_t i = 0;

	for (; n >= 1000 && i < sizeof(units) - 2; i++)
		n /= 1000;
	if (i == 0)
		snprintf(buf, TEXT_TABLE_AGE_MAX, "%.0f", n);
	else
		snprintf(buf, TEXT_TABLE_AGE_MAX, n < 10 ? "%.1f%c" : "%.0f%c",
		    n, units[i]);
	return buf;
}

const char *
text_table_age(double seconds, char buf[TEXT_TABLE_AGE_MAX])
{
	unsigned s = seconds < 0 ? 0 :
	    seconds > UINT32_MAX ? UINT32_MAX : (unsigned)seconds;

	if (s < MINUTE)
		snprintf(buf, TEXT_TABLE_AGE_MAX, "%us", s);
	else if (s < HOUR)
		snprintf(buf, TEXT_TABLE_AGE_MAX, "%um%02us", s / MINUTE,
		    s % MINUTE);
	else if (s < DAY)
		snprintf(buf, TEXT_TABLE_AGE_MAX, "%uh%02um", s / HOUR,
		    s % HOUR / MINUTE);
	else
		snprintf(buf, TEXT_TABLE_AGE_MAX, "%ud%02uh", s / DAY,
		    s % DAY / HOUR);
	return buf;
}
