/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of calls, connections, sessions, dials: as tables or JSON, sorted. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conf/address.h"
#include "conf/json_doc.h"
#include "tools/ctl/list.h"
#include "tools/ctl/table.h"

#define CELL_MAX	768	/* what a server says is shown whole */
#define SORT_MAX	128
#define COLUMNS_MAX	32

enum show {
	FIELD_TEXT, FIELD_STATE, FIELD_NUMBER, FIELD_ADDRESS, FIELD_ENDPOINT,
	FIELD_AGE, FIELD_TROUBLE, FIELD_SHOWS
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
	{ "bytes_in", FIELD_NUMBER, "BYTES-IN", NULL },
	{ "bytes_out", FIELD_NUMBER, "BYTES-OUT", NULL },
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
	{ "bytes_in", FIELD_NUMBER, "BYTES-IN", NULL },
	{ "bytes_out", FIELD_NUMBER, "BYTES-OUT", NULL },
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
	struct table		*table;	/* NULL: JSON */
	size_t			 printed;
	double			 now;
	const struct list_field	*sort;	/* NULL: as they come */
	struct row		*rows;
	size_t			 nrows, size;
};

/* A minus sign before the field: biggest first. */
static const struct list_field *
find_field(const struct list_field *fields, const char *key)
{
	if (*key == '-')
		key++;
	for (; fields->key != NULL; fields++)
		if (strcmp(fields->key, key) == 0)
			return fields;
	return NULL;
}

bool
list_has(enum request_command command)
{
	return fields_of(command) != NULL;
}

int
list_check_sort(enum request_command command, const char *key, char *error,
    size_t size)
{
	const struct list_field *field = fields_of(command);
	int len;

	if (field == NULL) {
		snprintf(error, size, "only lists can be sorted");
		return -1;
	}
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

static const char *
trouble_colour(const char *trouble)
{
	return strcmp(trouble, "-") == 0 ? NULL : TABLE_BAD;
}

/* Colours of cells, by what they show. */
static const char *(*const colours[FIELD_SHOWS])(const char *) = {
	[FIELD_STATE] = state_colour, [FIELD_TROUBLE] = trouble_colour
};

static struct table *
make_table(const struct list_field *field)
{
	static struct table_column columns[COLUMNS_MAX];
	size_t n = 0;

	for (; field->key != NULL; field++) {
		if (field->heading == NULL)
			continue;
		columns[n].heading = field->heading;
		columns[n].right = field->show == FIELD_NUMBER ||
		    field->show == FIELD_AGE;
		columns[n].colour = colours[field->show];
		n++;
	}
	return table_new(columns, n);
}

/* A state that is well has another look where something is wrong. */
static void
mark_trouble(const struct document *doc, char cell[CELL_MAX])
{
	char trouble[CELL_MAX];
	size_t len = strlen(cell);

	if (*json_doc_get_text(doc, "trouble", trouble, sizeof(trouble)) !=
	    '\0' && len + 2 < CELL_MAX)
		strcpy(cell + len, " !");
}

static const char *
cell_text(const struct list *list, const struct document *doc,
    const struct list_field *field, char cell[CELL_MAX])
{
	char port[CELL_MAX];
	size_t len;

	json_doc_get_text(doc, field->key, cell, CELL_MAX);
	if (*cell == '\0')
		return "-";
	if (field->show == FIELD_STATE)
		mark_trouble(doc, cell);
	if (field->show == FIELD_AGE)
		table_age(list->now - strtod(cell, NULL), cell);
	if (field->port == NULL)
		return cell;
	len = strlen(cell);
	json_doc_get_text(doc, field->port, port, sizeof(port));
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
	struct document *doc;

	if (list->table == NULL) {
		print_json(list, line, len);
		return 0;
	}
	if ((doc = json_doc_read(line, len)) == NULL) {
		client_unreadable(line);
		return -1;
	}
	for (const struct list_field *f = list->fields; f->key != NULL; f++)
		if (f->heading != NULL)
			table_cell(list->table,
			    cell_text(list, doc, f, cell));
	json_doc_free(doc);
	return 0;
}

static void
set_sort_key(struct row *row, const struct list_field *sort)
{
	struct document *doc = json_doc_read(row->line, row->len);
	uint32_t address;

	row->number = -1;
	row->text[0] = '\0';
	if (doc == NULL)
		return;
	json_doc_get_text(doc, sort->key, row->text, sizeof(row->text));
	if (sort->show == FIELD_ADDRESS || sort->show == FIELD_ENDPOINT) {
		if (address_read(row->text, &address))
			row->number = address;
	} else if (sort->show == FIELD_NUMBER || sort->show == FIELD_AGE)
		row->number = json_doc_get_number(doc, sort->key);
	json_doc_free(doc);
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
	struct list list = { .fields = fields_of(command) };
	struct timespec now;
	int result;

	clock_gettime(CLOCK_REALTIME, &now);
	list.now = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
	if (options->sort != NULL)
		list.sort = find_field(list.fields, options->sort);
	else if (command == REQUEST_HISTORY)
		list.sort = find_field(list.fields, "began");
	else if (command == REQUEST_AUDIT)
		list.sort = find_field(list.fields, "client");
	if (!options->json)
		list.table = make_table(list.fields);
	result = receive_lines(&list, client);
	if (result == 0 && list.sort != NULL)
		result = print_sorted(&list, options->sort != NULL &&
		    options->sort[0] == '-');
	finish_list(&list, result);
	return result == 0 ? 0 : 1;
}
