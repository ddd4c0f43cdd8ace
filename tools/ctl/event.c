/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alg/reason.h"
#include "tools/ctl/event.h"
#include "tools/ctl/json_line.h"

#define TEXT_MAX	256

static void
print_field(const struct item *item, const char *before, const char *key)
{
	char text[TEXT_MAX];

	item_text(item, key, text, sizeof(text));
	printf("%s%s", before, *text == '\0' ? "-" : text);
}

static void
print_time(const struct item *item)
{
	time_t when = (time_t)item_number(item, "time");
	char text[TEXT_MAX];
	struct tm tm;

	if (localtime_r(&when, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm) == 0)
		strcpy(text, "-");
	printf("%s", text);
}

/* The sentence for a reason; a newer daemon's stays a name. */
static void
print_reason(const struct item *item)
{
	char name[TEXT_MAX];

	item_text(item, "reason", name, sizeof(name));
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
print_call(const struct item *item)
{
	char name[TEXT_MAX];

	printf("  %-7s", item_text(item, "event", name, sizeof(name)));
	print_field(item, "  call ", "call");
	print_field(item, "  inside ", "inside");
	print_field(item, ":", "inside_port");
	print_field(item, " ID ", "inside_call_id");
	print_field(item, "  public ", "public");
	print_field(item, " ID ", "mapped_call_id");
	print_field(item, "  outside ", "outside");
	print_field(item, ":", "outside_port");
	print_field(item, " ID ", "outside_call_id");
	print_field(item, "  packets in ", "packets_in");
	print_field(item, " out ", "packets_out");
	print_reason(item);
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
print_login(const struct item *item)
{
	char text[TEXT_MAX];

	printf("  %s", item_text(item, "event", text, sizeof(text)));
	for (size_t i = 0; i < sizeof(login_fields) / sizeof(login_fields[0]);
	    i++)
		if (*item_text(item, login_fields[i].key, text,
		    sizeof(text)) != '\0')
			printf("%s%s", login_fields[i].before, text);
	if (*item_text(item, "text", text, sizeof(text)) != '\0' ||
	    *item_text(item, "reason", text, sizeof(text)) != '\0')
		printf(": %s", text);
}

/* The events of sessions have a section. */
static bool
is_login(const struct item *item)
{
	char text[TEXT_MAX];

	return *item_text(item, "section", text, sizeof(text)) != '\0';
}

static void
print_event(const struct item *item)
{
	print_time(item);
	if (item_is(item, "event", "lost")) {
		print_field(item, "  lost     ", "count");
		printf(" events: this program did not read fast enough");
	} else if (is_login(item))
		print_login(item);
	else
		print_call(item);
	printf("\n");
}

int
event_follow(struct client *client, bool json)
{
	struct item item;
	const char *line;
	size_t len;

	while (client_next(client, &line, &len) == 1) {
		if (json)
			printf("%s\n", line);
		else if (item_read(&item, line, len) == 0)
			print_event(&item);
		else
			warnx("cannot read '%.60s...': is pptpalgd of the "
			    "same version?", line);
		if (fflush(stdout) == EOF)
			break;
	}
	return 1;
}
