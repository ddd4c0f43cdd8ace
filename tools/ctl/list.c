/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/ctl/age.h"
#include "tools/ctl/field.h"
#include "tools/ctl/json_line.h"
#include "tools/ctl/list.h"
#include "tools/ctl/table.h"

#define CELL_MAX	128
#define COLUMNS_MAX	16

/* An item kept for sorting. */
struct row {
	char		*line;
	size_t		 len;
	size_t		 at;		/* as it came */
	double		 number;
	char		 text[CELL_MAX];
};

struct list {
	const struct message_field	*fields;
	struct table		*table;	/* NULL: JSON */
	size_t			 printed;
	double			 now;
	const struct message_field	*sort;	/* NULL: as they come */
	struct row		*rows;
	size_t			 nrows, size;
};

/* A minus sign before the field: biggest first. */
static const struct message_field *
find_field(const struct message_field *fields, const char *key)
{
	if (*key == '-')
		key++;
	for (; fields->key != NULL; fields++)
		if (strcmp(fields->key, key) == 0)
			return fields;
	return NULL;
}

int
list_check_sort(enum request_command command, const char *key, char *error,
    size_t size)
{
	const struct message_field *field = field_table(command);
	int len;

	if (find_field(field, key) != NULL)
		return 0;
	len = snprintf(error, size, "cannot sort by '%.32s'; fields are:", key);
	for (; field->key != NULL && len > 0 && (size_t)len < size; field++)
		len += snprintf(error + len, size - (size_t)len, " %s",
		    field->key);
	return -1;
}

static const char *
state_colour(const char *state)
{
	static const char *const good[] = { "up", "open", NULL };
	static const char *const bad[] = { "refused", "dead", "unread", NULL };

	for (size_t i = 0; good[i] != NULL; i++)
		if (strcmp(state, good[i]) == 0)
			return TABLE_GOOD;
	for (size_t i = 0; bad[i] != NULL; i++)
		if (strcmp(state, bad[i]) == 0)
			return TABLE_BAD;
	return TABLE_ODD;
}

static struct table *
make_table(const struct message_field *field)
{
	static struct table_column columns[COLUMNS_MAX];
	size_t n = 0;

	for (; field->key != NULL; field++) {
		if (field->heading == NULL)
			continue;
		columns[n].heading = field->heading;
		columns[n].right = field->show == FIELD_NUMBER ||
		    field->show == FIELD_AGE;
		columns[n].colour = field->show == FIELD_STATE ?
		    state_colour : NULL;
		n++;
	}
	return table_new(columns, n);
}

static const char *
cell_text(const struct list *list, const struct item *item,
    const struct message_field *field, char cell[CELL_MAX])
{
	char port[CELL_MAX];
	size_t len;

	item_text(item, field->key, cell, CELL_MAX);
	if (*cell == '\0')
		return "-";
	if (field->show == FIELD_AGE)
		age_format(list->now - strtod(cell, NULL), cell);
	if (field->port == NULL)
		return cell;
	len = strlen(cell);
	item_text(item, field->port, port, sizeof(port));
	if (len + 1 + strlen(port) < CELL_MAX) {
		cell[len] = ':';
		strcpy(cell + len + 1, port);
	}
	return cell;
}

static void
print_json(struct list *list, const char *line, size_t len)
{
	fputs(list->printed++ == 0 ? "[\n" : ",\n", stdout);
	fwrite(line, 1, len, stdout);
}

static int
print_line(struct list *list, const char *line, size_t len)
{
	char cell[CELL_MAX];
	struct item item;

	if (list->table == NULL) {
		print_json(list, line, len);
		return 0;
	}
	if (item_read(&item, line, len) == -1) {
		warnx("cannot read '%.60s...': is pptpalgd of the same "
		    "version?", line);
		return -1;
	}
	for (const struct message_field *f = list->fields; f->key != NULL; f++)
		if (f->heading != NULL)
			table_cell(list->table,
			    cell_text(list, &item, f, cell));
	return 0;
}

static void
set_key(struct row *row, const struct message_field *sort)
{
	struct in_addr address;
	struct item item;

	row->number = -1;
	row->text[0] = '\0';
	if (item_read(&item, row->line, row->len) == -1)
		return;
	item_text(&item, sort->key, row->text, sizeof(row->text));
	if (sort->show == FIELD_ADDRESS || sort->show == FIELD_ENDPOINT) {
		if (inet_pton(AF_INET, row->text, &address) == 1)
			row->number = ntohl(address.s_addr);
	} else if (sort->show == FIELD_NUMBER || sort->show == FIELD_AGE)
		row->number = item_number(&item, sort->key);
}

static void
keep_line(struct list *list, const char *line, size_t len)
{
	struct row *row;

	if (list->nrows == list->size) {
		list->size = list->size == 0 ? 1024 : list->size * 2;
		list->rows = reallocarray(list->rows, list->size,
		    sizeof(*list->rows));
	}
	if (list->rows == NULL)
		err(1, NULL);
	row = &list->rows[list->nrows];
	row->line = strdup(line);
	if (row->line == NULL)
		err(1, NULL);
	row->len = len;
	row->at = list->nrows++;
	set_key(row, list->sort);
}

static int
compare(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	int words;

	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	words = a->number == -1 ? strcmp(a->text, b->text) : 0;
	if (words != 0)
		return words;
	return a->at < b->at ? -1 : 1;
}

static int
print_sorted(struct list *list, int backwards)
{
	int result = 0;

	if (list->nrows > 0)
		qsort(list->rows, list->nrows, sizeof(*list->rows), compare);
	for (size_t i = 0; i < list->nrows; i++) {
		const struct row *row =
		    &list->rows[backwards ? list->nrows - 1 - i : i];

		if (result == 0)
			result = print_line(list, row->line, row->len);
	}
	return result;
}

static int
receive(struct list *list, struct client *client)
{
	const char *line;
	size_t len;
	int more;

	while ((more = client_next(client, &line, &len)) == 1) {
		if (list->sort != NULL)
			keep_line(list, line, len);
		else if (print_line(list, line, len) == -1)
			return -1;
	}
	return more;
}

/* A reply that broke off makes no table. */
static void
finish(struct list *list, int result)
{
	if (list->table == NULL && list->printed > 0)
		fputs("\n]\n", stdout);
	else if (list->table == NULL && result == 0)
		fputs("[]\n", stdout);
	else if (list->table != NULL && result == 0)
		table_print(list->table);
	if (list->table != NULL)
		table_free(list->table);
	for (size_t i = 0; i < list->nrows; i++)
		free(list->rows[i].line);
	free(list->rows);
}

int
list_show(enum request_command command, struct client *client,
    const struct options *options)
{
	struct list list = { .fields = field_table(command) };
	int result;

	list.now = age_now();
	if (options->sort != NULL)
		list.sort = find_field(list.fields, options->sort);
	if (!options->json)
		list.table = make_table(list.fields);
	result = receive(&list, client);
	if (result == 0 && list.sort != NULL)
		result = print_sorted(&list, options->sort[0] == '-');
	finish(&list, result);
	return result == 0 ? 0 : 1;
}
