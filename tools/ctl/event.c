/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "pptpalgctl events": one line of text for each event. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alg/reason.h"
#include "conf/json_doc.h"
#include "tools/ctl/event.h"

#define TEXT_MAX	1024

static void
print_field(const struct document *event, const char *before, const char *key)
{
	char text[TEXT_MAX];

	json_doc_get_text(event, key, text, sizeof(text));
	printf("%s%s", before, *text == '\0' ? "-" : text);
}

static void
print_time(const struct document *event)
{
	time_t when = (time_t)json_doc_get_number(event, "time");
	char text[TEXT_MAX];
	struct tm tm;

	if (localtime_r(&when, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm) == 0)
		strcpy(text, "-");
	printf("%s", text);
}

/* The sentence for a reason; a newer daemon's stays a name. */
static void
print_reason(const struct document *event)
{
	char name[TEXT_MAX];

	json_doc_get_text(event, "reason", name, sizeof(name));
	if (*name == '\0')
		return;
	for (int i = 0; i < REASON_COUNT; i++)
		if (strcmp(name, reason_name((enum reason)i)) == 0) {
			printf(": %s", reason_text((enum reason)i));
			return;
		}
	printf(": %s", name);
}

static void
print_call(const struct document *event)
{
	char name[TEXT_MAX];

	printf("  %-7s", json_doc_get_text(event, "event", name, sizeof(name)));
	print_field(event, "  call ", "call");
	print_field(event, "  inside ", "inside");
	print_field(event, ":", "inside_port");
	print_field(event, " ID ", "inside_call_id");
	print_field(event, "  public ", "public");
	print_field(event, " ID ", "mapped_call_id");
	print_field(event, "  outside ", "outside");
	print_field(event, ":", "outside_port");
	print_field(event, " ID ", "outside_call_id");
	print_field(event, "  packets in ", "packets_in");
	print_field(event, " out ", "packets_out");
	if (json_doc_get_number(event, "seconds") >= 0)
		print_field(event, "  seconds ", "seconds");
	if (strcmp(name, "login") == 0) {
		print_field(event, "  user ", "user");
		print_field(event, "  method ", "method");
		print_field(event, "  encryption ", "encryption");
	}
	print_reason(event);
}

/* Fields of logins and dials, where they are known. */
static const struct {
	const char	*before, *key;
} login_fields[] = {
	{ "  user ", "user" }, { "  from ", "source" }, { ":", "source_port" },
	{ "  method ", "method" }, { "  encryption ", "encryption" },
	{ "  address ", "address" }, { "  interface ", "interface" },
	{ "  section ", "section" }, { "  session ", "session" },
	{ "  try ", "try" }, { "  seconds ", "seconds" },
	{ "  bytes in ", "bytes_in" }, { "  out ", "bytes_out" },
	{ "  attempts ", "attempts" },
};

static void
print_login(const struct document *event)
{
	char text[TEXT_MAX];

	printf("  %s", json_doc_get_text(event, "event", text, sizeof(text)));
	for (size_t i = 0; i < sizeof(login_fields) / sizeof(login_fields[0]);
	    i++)
		if (*json_doc_get_text(event, login_fields[i].key, text,
		    sizeof(text)) != '\0')
			printf("%s%s", login_fields[i].before, text);
	if (*json_doc_get_text(event, "text", text, sizeof(text)) != '\0' ||
	    *json_doc_get_text(event, "reason", text, sizeof(text)) != '\0')
		printf(": %s", text);
}

/* Attempts, and what is wrong with them. */
static void
print_attempt(const struct document *event)
{
	char text[TEXT_MAX];

	printf("  %-7s", json_doc_get_text(event, "event", text, sizeof(text)));
	print_field(event, "  attempt ", "attempt");
	print_field(event, "  call ", "call");
	print_field(event, "  client ", "client");
	print_field(event, ":", "client_port");
	print_field(event, "  server ", "server");
	print_field(event, ":", "server_port");
	print_field(event, "  reached ", "reached");
	if (*json_doc_get_text(event, "trouble", text, sizeof(text)) == '\0')
		return;
	printf(": %s", text);
	print_field(event, ": ", "text");
}

/* What an event is about, by a field that only those have. */
static const struct {
	const char	*key;
	void		(*print)(const struct document *);
} subjects[] = {
	{ "section", print_login }, { "attempt", print_attempt },
	{ "call", print_call },
};

static void
print_subject(const struct document *event)
{
	char text[TEXT_MAX];

	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
		if (*json_doc_get_text(event, subjects[i].key, text,
		    sizeof(text)) == '\0')
			continue;
		subjects[i].print(event);
		return;
	}
}

static void
print_event(const struct document *event)
{
	char name[TEXT_MAX];

	json_doc_get_text(event, "event", name, sizeof(name));
	print_time(event);
	if (strcmp(name, "lost") == 0) {
		print_field(event, "  lost     ", "count");
		printf(" events: this program did not read fast enough");
	} else
		print_subject(event);
	printf("\n");
}

int
event_follow(struct client *client, bool json)
{
	struct document *event;
	const char *line;
	size_t len;

	while (client_next(client, &line, &len) == 1) {
		if (json)
			printf("%s\n", line);
		else if ((event = json_doc_read(line, len)) != NULL) {
			print_event(event);
			json_doc_free(event);
		} else
			client_unreadable(line);
		if (fflush(stdout) == EOF)
			break;
	}
	return 1;
}
