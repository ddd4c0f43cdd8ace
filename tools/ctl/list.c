/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of calls, connections, sessions, dials: as tables or JSON, sorted. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "conf/address.h"
#include "tools/ctl/list.h"
#include "tools/ctl/members.h"
#include "tools/ctl/text_table.h"

#define CELL_MAX	768	/* what a server says is shown whole */
#define SORT_MAX	128
#define COLUMNS_MAX	32

enum show {
	FIELD_TEXT, FIELD_STATE, FIELD_NUMBER, FIELD_BYTES, FIELD_ADDRESS,
	FIELD_ENDPOINT, FIELD_AGE, FIELD_TROUBLE, FIELD_SHOWS
};

/* A field of a line, by which a list can be sorted. */
struct list_field {
	const char	*key;
	enum show	 show;
	const char	*heading;	/* NULL: not a column of its own */
	const char	*port;		/* of an ENDPOINT, behind : */
};

static const struct list_field calls[] = {
	{ "call", FIELD_NUMBER, "CALL", NULL },
	{ "state", FIELD_STATE, "STATE", NULL },
	{ "direction", FIELD_TEXT, "DIRECTION", NULL },
	{ "inside", FIELD_ENDPOINT, "INSIDE", "inside_port" },
	{ "inside_call_id", FIELD_NUMBER, "ID", NULL },
	{ "public", FIELD_ADDRESS, "PUBLIC", NULL },
	{ "mapped_call_id", FIELD_NUMBER, "ID", NULL },
	{ "outside", FIELD_ENDPOINT, "OUTSIDE", "outside_port" },
	{ "outside_call_id", FIELD_NUMBER, "ID", NULL },
	{ "alias", FIELD_ADDRESS, "ALIAS", NULL },
	{ "since", FIELD_AGE, "AGE", NULL },
	{ "packets_in", FIELD_NUMBER, "PKTS-IN", NULL },
	{ "packets_out", FIELD_NUMBER, "PKTS-OUT", NULL },
	{ "bytes_in", FIELD_BYTES, "BYTES-IN", NULL },
	{ "bytes_out", FIELD_BYTES, "BYTES-OUT", NULL },
	{ "last_seen", FIELD_AGE, "SEEN", NULL },
	{ "way_in", FIELD_TEXT, "WAY-IN", NULL },
	{ "confirmed_in", FIELD_AGE, "AGO", NULL },
	{ "way_out", FIELD_TEXT, "WAY-OUT", NULL },
	{ "confirmed_out", FIELD_AGE, "AGO", NULL },
	{ "user", FIELD_TEXT, "USER", NULL },
	{ "method", FIELD_TEXT, "METHOD", NULL },
	{ "encryption", FIELD_TEXT, "ENCRYPTION", NULL },
	{ "tunnel_inside", FIELD_ADDRESS, "TUNNEL-INSIDE", NULL },
	{ "tunnel_outside", FIELD_ADDRESS, "TUNNEL-OUTSIDE", NULL },
	{ "trouble", FIELD_TROUBLE, "TROUBLE", NULL },
	{ "inside_port", FIELD_NUMBER, NULL, NULL },
	{ "outside_port", FIELD_NUMBER, NULL, NULL },
	{ "asked_by", FIELD_TEXT, NULL, NULL },
	{ NULL, FIELD_TEXT, NULL, NULL }
};

static const struct list_field connections[] = {
	{ "state", FIELD_STATE, "STATE", NULL },
	{ "inside", FIELD_ENDPOINT, "INSIDE", "inside_port" },
	{ "public", FIELD_ENDPOINT, "PUBLIC", "public_port" },
	{ "outside", FIELD_ENDPOINT, "OUTSIDE", "outside_port" },
	{ "alias", FIELD_ADDRESS, "ALIAS", NULL },
	{ "opened_by", FIELD_TEXT, "OPENED-BY", NULL },
	{ "calls", FIELD_NUMBER, "CALLS", NULL },
	{ "since", FIELD_AGE, "AGE", NULL },
	{ "last_seen", FIELD_AGE, "SEEN", NULL },
	{ "reason", FIELD_TEXT, "REASON", NULL },
	{ "inside_port", FIELD_NUMBER, NULL, NULL },
	{ "public_port", FIELD_NUMBER, NULL, NULL },
	{ "outside_port", FIELD_NUMBER, NULL, NULL },
	{ NULL, FIELD_TEXT, NULL, NULL }
};

static const struct list_field sessions[] = {
	{ "session", FIELD_NUMBER, "SESSION", NULL },
	{ "state", FIELD_STATE, "STATE", NULL },
	{ "section", FIELD_TEXT, "SECTION", NULL },
	{ "user", FIELD_TEXT, "USER", NULL },
	{ "address", FIELD_ADDRESS, "ADDRESS", NULL },
	{ "source", FIELD_ENDPOINT, "SOURCE", "source_port" },
	{ "method", FIELD_TEXT, "METHOD", NULL },
	{ "encryption", FIELD_TEXT, "ENCRYPTION", NULL },
	{ "mtu", FIELD_NUMBER, "MTU", NULL },
	{ "interface", FIELD_TEXT, "INTERFACE", NULL },
	{ "way", FIELD_TEXT, "WAY", NULL },
	{ "bytes_in", FIELD_BYTES, "BYTES-IN", NULL },
	{ "bytes_out", FIELD_BYTES, "BYTES-OUT", NULL },
	{ "since", FIELD_AGE, "AGE", NULL },
	{ "last_seen", FIELD_AGE, "IDLE", NULL },
	{ "role", FIELD_TEXT, NULL, NULL },
	{ "login", FIELD_TEXT, NULL, NULL },
	{ "local", FIELD_ADDRESS, NULL, NULL },
	{ "server", FIELD_ADDRESS, NULL, NULL },
	{ "packets_in", FIELD_NUMBER, NULL, NULL },
	{ "packets_out", FIELD_NUMBER, NULL, NULL },
	{ "lost", FIELD_NUMBER, NULL, NULL },
	{ "late", FIELD_NUMBER, NULL, NULL },
	{ NULL, FIELD_TEXT, NULL, NULL }
};

static const struct list_field dials[] = {
	{ "dial", FIELD_TEXT, "DIAL", NULL },
	{ "state", FIELD_STATE, "STATE", NULL },
	{ "server", FIELD_TEXT, "SERVER", NULL },
	{ "user", FIELD_TEXT, "USER", NULL },
	{ "local", FIELD_ADDRESS, "LOCAL", NULL },
	{ "address", FIELD_ADDRESS, "ADDRESS", NULL },
	{ "method", FIELD_TEXT, "METHOD", NULL },
	{ "encryption", FIELD_TEXT, "ENCRYPTION", NULL },
	{ "mtu", FIELD_NUMBER, "MTU", NULL },
	{ "interface", FIELD_TEXT, "INTERFACE", NULL },
	{ "way", FIELD_TEXT, "WAY", NULL },
	{ "session", FIELD_NUMBER, "SESSION", NULL },
	{ "since", FIELD_AGE, "AGE", NULL },
	{ "attempts", FIELD_NUMBER, "TRIES", NULL },
	{ "text", FIELD_TEXT, "LAST-FAILURE", NULL },
	{ "server_address", FIELD_ADDRESS, NULL, NULL },
	{ "next_try", FIELD_NUMBER, NULL, NULL },
	{ "reason", FIELD_TEXT, NULL, NULL },
	{ NULL, FIELD_TEXT, NULL, NULL }
};

static const struct list_field history[] = {
	{ "attempt", FIELD_NUMBER, "ATTEMPT", NULL },
	{ "began", FIELD_AGE, "AGO", NULL },
	{ "client", FIELD_ENDPOINT, "CLIENT", "client_port" },
	{ "server", FIELD_ENDPOINT, "SERVER", "server_port" },
	{ "call", FIELD_NUMBER, "CALL", NULL },
	{ "user", FIELD_TEXT, "USER", NULL },
	{ "reached", FIELD_TEXT, "REACHED", NULL },
	{ "ended", FIELD_AGE, "ENDED", NULL },
	{ "ended_by", FIELD_TEXT, "BY", NULL },
	{ "packets_in", FIELD_NUMBER, "PKTS-IN", NULL },
	{ "packets_out", FIELD_NUMBER, "PKTS-OUT", NULL },
	{ "trouble", FIELD_TROUBLE, "TROUBLE", NULL },
	{ "client_port", FIELD_NUMBER, NULL, NULL },
	{ "server_port", FIELD_NUMBER, NULL, NULL },
	{ "public", FIELD_ADDRESS, NULL, NULL },
	{ "reason", FIELD_TEXT, NULL, NULL },
	{ NULL, FIELD_TEXT, NULL, NULL }
};

static const struct list_field audit[] = {
	{ "client", FIELD_ADDRESS, "CLIENT", NULL },
	{ "client_side", FIELD_TEXT, "SIDE", NULL },
	{ "server", FIELD_ADDRESS, "SERVER", NULL },
	{ "user", FIELD_TEXT, "USER", NULL },
	{ "method", FIELD_TEXT, "METHOD", NULL },
	{ "encryption", FIELD_TEXT, "ENCRYPTION", NULL },
	{ "calls", FIELD_NUMBER, "CALLS", NULL },
	{ "first", FIELD_AGE, "FIRST", NULL },
	{ "last", FIELD_AGE, "LAST", NULL },
	{ NULL, FIELD_TEXT, NULL, NULL }
};

/* The fields of a command's lines, the last with key NULL; NULL: no list. */
static const struct list_field *
fields_of(enum request_command command)
{
	static const struct list_field *const tables[REQUEST_COMMANDS] = {
		[REQUEST_CALLS] = calls, [REQUEST_CONNECTIONS] = connections,
		[REQUEST_SESSIONS] = sessions, [REQUEST_DIALS] = dials,
		[REQUEST_HISTORY] = history, [REQUEST_WHY] = history,
		[REQUEST_AUDIT] = audit,
	};

	return tables[command];
}

/* A line kept for sorting. */
struct row {
	char		*line;
	size_t		 len;
	size_t		 at;		/* as it came */
	double		 number;
	char		 text[SORT_MAX];
};

struct list {
	const struct list_field	*fields;
	/* The columns of a table. */
	const struct list_field	*columns[COLUMNS_MAX];
	size_t			 ncolumns;
	struct text_table		*table;	/* NULL: JSON */
	bool			 human;	/* units, for a terminal */
	size_t			 printed;
	double			 now;
	const struct list_field	*sort;	/* NULL: as they come */
	struct row		*rows;
	size_t			 nrows, size;
};

/* By its name or its heading; len bytes of key. */
static const struct list_field *
find_field(const struct list_field *fields, const char *key, size_t len)
{
	for (; fields->key != NULL; fields++)
		if ((strlen(fields->key) == len &&
		    strncmp(fields->key, key, len) == 0) ||
		    (fields->heading != NULL &&
		    strlen(fields->heading) == len &&
		    strncasecmp(fields->heading, key, len) == 0))
			return fields;
	return NULL;
}

/* A minus sign before the field: biggest first. */
static const struct list_field *
find_sort(const struct list_field *fields, const char *key)
{
	key += *key == '-';
	return find_field(fields, key, strlen(key));
}

/* Those that are asked for, or all that have a heading; -1: no such. */
static int
choose_columns(struct list *list, const char *wanted)
{
	const struct list_field *field = list->fields;
	size_t len;

	for (; wanted == NULL && field->key != NULL; field++)
		if (field->heading != NULL)
			list->columns[list->ncolumns++] = field;
	while (wanted != NULL) {
		len = strcspn(wanted, ",");
		field = find_field(list->fields, wanted, len);
		if (field == NULL || list->ncolumns == COLUMNS_MAX)
			return -1;
		list->columns[list->ncolumns++] = field;
		wanted = wanted[len] == ',' ? wanted + len + 1 : NULL;
	}
	return 0;
}

bool
list_has(enum request_command command)
{
	return fields_of(command) != NULL;
}

static int
fail_fields(const struct list_field *field, const char *what, const char *key,
    char *error, size_t size)
{
	int len = snprintf(error, size, "cannot %s '%.64s'; fields are:", what,
	    key);

	for (; field->key != NULL && len > 0 && (size_t)len < size; field++)
		len += snprintf(error + len, size - (size_t)len, " %s",
		    field->key);
	return -1;
}

int
list_check(enum request_command command, const struct options *options,
    char *error, size_t size)
{
	struct list list = { .fields = fields_of(command) };

	if (options->sort == NULL && options->columns == NULL)
		return 0;
	if (list.fields == NULL) {
		snprintf(error, size, "only lists are sorted, or have columns");
		return -1;
	}
	if (options->sort != NULL &&
	    find_sort(list.fields, options->sort) == NULL)
		return fail_fields(list.fields, "sort by", options->sort, error,
		    size);
	if (choose_columns(&list, options->columns) == -1)
		return fail_fields(list.fields, "show", options->columns, error,
		    size);
	return 0;
}

static const char *
state_colour(const char *state)
{
	static const char *const good[] = { "up", "open", NULL };
	static const char *const bad[] = { "refused", "dead", "unread", NULL };

	for (size_t i = 0; good[i] != NULL; i++)
		if (strcmp(state, good[i]) == 0)
			return TEXT_TABLE_GOOD;
	for (size_t i = 0; bad[i] != NULL; i++)
		if (strcmp(state, bad[i]) == 0)
			return TEXT_TABLE_BAD;
	return TEXT_TABLE_ODD;
}

static const char *
trouble_colour(const char *trouble)
{
	return strcmp(trouble, "-") == 0 ? NULL : TEXT_TABLE_BAD;
}

/* Colours of cells, by what they show. */
static const char *(*const colours[FIELD_SHOWS])(const char *) = {
	[FIELD_STATE] = state_colour, [FIELD_TROUBLE] = trouble_colour
};

static struct text_table *
make_table(const struct list *list)
{
	static struct text_table_column columns[COLUMNS_MAX];

	for (size_t i = 0; i < list->ncolumns; i++) {
		const struct list_field *field = list->columns[i];

		columns[i].heading = field->heading != NULL ? field->heading :
		    field->key;
		columns[i].right = field->show == FIELD_NUMBER ||
		    field->show == FIELD_BYTES || field->show == FIELD_AGE;
		columns[i].colour = colours[field->show];
	}
	return text_table_new(columns, list->ncolumns);
}

/* A state that is well has another look where something is wrong. */
static void
mark_trouble(struct members *line, char cell[CELL_MAX])
{
	char trouble[CELL_MAX];
	size_t len = strlen(cell);

	if (*members_text(line, "trouble", trouble, sizeof(trouble)) != '\0' &&
	    len + 2 < CELL_MAX)
		strcpy(cell + len, " !");
}

static const char *
cell_text(const struct list *list, struct members *line,
    const struct list_field *field, char cell[CELL_MAX])
{
	char port[CELL_MAX];
	size_t len;

	members_text(line, field->key, cell, CELL_MAX);
	if (*cell == '\0')
		return "-";
	if (field->show == FIELD_STATE)
		mark_trouble(line, cell);
	if (field->show == FIELD_BYTES && list->human)
		text_table_scale(strtod(cell, NULL), cell);
	if (field->show == FIELD_AGE)
		text_table_age(list->now - strtod(cell, NULL), cell);
	if (field->port == NULL)
		return cell;
	len = strlen(cell);
	members_text(line, field->port, port, sizeof(port));
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
	struct members members;

	if (list->table == NULL) {
		print_json(list, line, len);
		return 0;
	}
	if (!members_read(&members, line, len)) {
		client_unreadable(line);
		return -1;
	}
	for (size_t i = 0; i < list->ncolumns; i++)
		text_table_cell(list->table, cell_text(list, &members,
		    list->columns[i], cell));
	list->printed++;
	return 0;
}

static void
set_sort_key(struct row *row, const struct list_field *sort)
{
	struct members line;
	uint32_t address;

	row->number = -1;
	row->text[0] = '\0';
	if (!members_read(&line, row->line, row->len))
		return;
	members_text(&line, sort->key, row->text, sizeof(row->text));
	if (sort->show == FIELD_ADDRESS || sort->show == FIELD_ENDPOINT) {
		if (address_read(row->text, &address))
			row->number = address;
	} else if (sort->show == FIELD_NUMBER || sort->show == FIELD_BYTES ||
	    sort->show == FIELD_AGE)
		row->number = members_number(&line, sort->key);
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
	set_sort_key(row, list->sort);
}

static int
compare_rows(const void *left, const void *right)
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
		qsort(list->rows, list->nrows, sizeof(*list->rows),
		    compare_rows);
	for (size_t i = 0; i < list->nrows; i++) {
		const struct row *row =
		    &list->rows[backwards ? list->nrows - 1 - i : i];

		if (result == 0)
			result = print_line(list, row->line, row->len);
	}
	return result;
}

static int
receive_lines(struct list *list, struct client *client)
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
finish_list(struct list *list, int result)
{
	if (list->table == NULL && list->printed > 0)
		fputs("\n]\n", stdout);
	else if (list->table == NULL && result == 0)
		fputs("[]\n", stdout);
	else if (list->table != NULL && result == 0) {
		text_table_print(list->table);
		if (list->human)
			printf("%zu in all\n", list->printed);
	}
	if (list->table != NULL)
		text_table_free(list->table);
	for (size_t i = 0; i < list->nrows; i++)
		free(list->rows[i].line);
	free(list->rows);
}

int
list_show(enum request_command command, struct client *client,
    const struct options *options)
{
	struct list list = { .fields = fields_of(command) };
	struct timespec now;
	int result;

	clock_gettime(CLOCK_REALTIME, &now);
	list.now = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
	if (options->sort != NULL)
		list.sort = find_sort(list.fields, options->sort);
	else if (command == REQUEST_HISTORY)
		list.sort = find_sort(list.fields, "began");
	else if (command == REQUEST_AUDIT)
		list.sort = find_sort(list.fields, "client");
	(void)choose_columns(&list, options->columns);
	list.human = isatty(STDOUT_FILENO);
	if (!options->json)
		list.table = make_table(&list);
	result = receive_lines(&list, client);
	if (result == 0 && list.sort != NULL)
		result = print_sorted(&list, options->sort != NULL &&
		    options->sort[0] == '-');
	finish_list(&list, result);
	return result == 0 ? 0 : 1;
}
