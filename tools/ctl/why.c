/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attempts to reach a server, in sentences. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conf/json_doc.h"
#include "tools/ctl/text_table.h"
#include "tools/ctl/why.h"

#define TEXT_MAX	2048

struct why {
	struct document	**attempts;
	size_t		 n, room;
};

static const char nothing[] =
"Nothing of it has come to the daemon. Does it use this host as its gateway,\n"
"and call port 1723 of the server? Has this host a route (ip route get)?\n"
"Do the rules hand over its packets (pptpalgctl check)? Or nothing was tried\n"
"since the history began.\n";

static void
keep_attempt(struct why *why, struct document *attempt)
{
	if (why->n == why->room) {
		why->room = why->room * 2 + 16;
		why->attempts = reallocarray(why->attempts, why->room,
		    sizeof(struct document *));
		if (why->attempts == NULL)
			err(1, NULL);
	}
	why->attempts[why->n++] = attempt;
}

static int
compare_attempts(const void *left, const void *right)
{
	double a, b;

	a = json_doc_get_number(*(struct document *const *)left, "began");
	b = json_doc_get_number(*(struct document *const *)right, "began");
	return (a > b) - (a < b);
}

static void
print_began(const struct document *attempt)
{
	double began = json_doc_get_number(attempt, "began");
	time_t when = (time_t)began;
	char text[64], age[TEXT_TABLE_AGE_MAX];
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	if (localtime_r(&when, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm) == 0)
		strcpy(text, "-");
	printf("%s, %s ago: ", text, text_table_age((double)now.tv_sec - began,
	    age));
}

static void
print_ends(const struct document *attempt)
{
	static const char *const parts[][2] = {
		{ "", "client" }, { ":", "client_port" }, { " to ", "server" },
		{ ":", "server_port" }, { ", call ", "call" }
	};
	char text[64];

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (*json_doc_get_text(attempt, parts[i][1], text,
		    sizeof(text)) != '\0')
			printf("%s%s", parts[i][0], text);
	printf("\n");
}

/* In a few words: does it fail, and how far did it get? */
static const char *
word_of(const struct document *attempt)
{
	char text[64];
	bool trouble, over;

	trouble = *json_doc_get_text(attempt, "trouble", text,
	    sizeof(text)) != '\0';
	over = *json_doc_get_text(attempt, "ended", text, sizeof(text)) !=
	    '\0';
	if (trouble)
		return over ? "failed" : "in trouble";
	return over ? "ended" : "no trouble seen";
}

static void
print_attempt(const struct document *attempt)
{
	char reached[64], name[64], text[TEXT_MAX];

	print_began(attempt);
	print_ends(attempt);
	json_doc_get_text(attempt, "reached", reached, sizeof(reached));
	json_doc_get_text(attempt, "trouble", name, sizeof(name));
	printf("  %s, got as far as: %s%s%s\n", word_of(attempt), reached,
	    *name == '\0' ? "" : "; ", name);
	if (*json_doc_get_text(attempt, "text", text, sizeof(text)) != '\0')
		printf("  %s\n", text);
	if (*json_doc_get_text(attempt, "advice", text, sizeof(text)) != '\0')
		printf("  What to do: %s\n", text);
}

static void
print_attempts(struct why *why)
{
	if (why->n == 0)
		fputs(nothing, stdout);
	else
		qsort(why->attempts, why->n, sizeof(struct document *),
		    compare_attempts);
	for (size_t i = 0; i < why->n; i++)
		print_attempt(why->attempts[i]);
}

int
why_show(struct client *client)
{
	struct why why = { NULL, 0, 0 };
	struct document *attempt;
	const char *line;
	size_t len, found;
	int more;

	while ((more = client_next(client, &line, &len)) == 1) {
		attempt = json_doc_read(line, len);
		if (attempt == NULL)
			client_unreadable(line);
		else
			keep_attempt(&why, attempt);
	}
	if (more == 0)
		print_attempts(&why);
	found = why.n;
	while (why.n > 0)
		json_doc_free(why.attempts[--why.n]);
	free(why.attempts);
	return more == 0 && found > 0 ? 0 : 1;
}
