/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>

#include <err.h>
#include <stdio.h>
#include <string.h>

#include "tools/ctl/client.h"
#include "tools/ctl/commands.h"
#include "tools/ctl/event.h"
#include "tools/ctl/field.h"
#include "tools/ctl/json_line.h"
#include "tools/ctl/list.h"
#include "tools/ctl/object.h"

#define ERROR_MAX	512

struct command {
	const char	*name, *words, *help;
	/* Prints the reply; the exit status. */
	int		(*show)(struct client *, const struct options *);
};

static int
show_calls(struct client *client, const struct options *options)
{
	return list_show(REQUEST_CALLS, client, options);
}

static int
show_connections(struct client *client, const struct options *options)
{
	return list_show(REQUEST_CONNECTIONS, client, options);
}

static int
show_sessions(struct client *client, const struct options *options)
{
	return list_show(REQUEST_SESSIONS, client, options);
}

static int
show_dials(struct client *client, const struct options *options)
{
	return list_show(REQUEST_DIALS, client, options);
}

static int
show_events(struct client *client, const struct options *options)
{
	return event_follow(client, options->json);
}

/* Lets print tell about the reply's one item, or prints it as it came. */
static int
show_item(struct client *client, const struct options *options,
    void (*print)(const struct item *, const struct options *))
{
	struct item item;
	const char *line;
	size_t len;
	int more;

	while ((more = client_next(client, &line, &len)) == 1) {
		if (options->json)
			puts(line);
		else if (item_read(&item, line, len) == 0)
			print(&item, options);
		else
			warnx("cannot read the reply: is pptpalgd of the "
			    "same version?");
	}
	return more == 0 ? 0 : 1;
}

static void
print_status(const struct item *item, const struct options *options)
{
	object_status(item);
}

static void
print_counters(const struct item *item, const struct options *options)
{
	object_counters(item, options->all);
}

static void
print_cleared(const struct item *item, const struct options *options)
{
	char count[32];

	printf("control connections reset: %s\n",
	    item_text(item, "cleared", count, sizeof(count)));
}

static void
print_kicked(const struct item *item, const struct options *options)
{
	char count[32];

	printf("sessions ended: %s\n",
	    item_text(item, "kicked", count, sizeof(count)));
}

static int
show_kicked(struct client *client, const struct options *options)
{
	return show_item(client, options, print_kicked);
}

static int
show_status(struct client *client, const struct options *options)
{
	return show_item(client, options, print_status);
}

static int
show_counters(struct client *client, const struct options *options)
{
	return show_item(client, options, print_counters);
}

static int
show_cleared(struct client *client, const struct options *options)
{
	return show_item(client, options, print_cleared);
}

/* The reply has no item. */
static int
show_done(struct client *client, const struct options *options)
{
	const char *line;
	size_t len;

	if (client_next(client, &line, &len) != 0)
		return 1;
	if (options->json)
		puts("{\"ok\":true}");
	return 0;
}

/* In the order of enum request_command. */
static const struct command commands[REQUEST_COMMANDS] = {
	{ "status", "", "the daemon and its queues", show_status },
	{ "calls", "", "calls; see the options", show_calls },
	{ "connections", "", "control connections", show_connections },
	{ "counters", "", "what was refused, dropped or passed, and why",
	    show_counters },
	{ "events", "", "follow what happens to calls and sessions",
	    show_events },
	{ "clear", "CALL|CLIENT", "end a call by its number, or all of a "
	    "client's address", show_cleared },
	{ "reload", "", "read the configuration again", show_done },
	{ "log", "LEVEL", "error, warning, info or debug", show_done },
	{ "sessions", "", "tunnels that end here; see the options",
	    show_sessions },
	{ "sessions", "--kick WHOM", "end those of a user, an address or a "
	    "number", show_kicked },
	{ "dial", "status [NAME]", "tunnels that this host makes",
	    show_dials },
	{ "dial", "up NAME", "dial now", show_done },
	{ "dial", "down NAME", "hang up, and stay so", show_done },
	{ "shutdown", "", "end the daemon; GRE of calls goes on in the kernel, "
	    "unless --purge", show_done },
};

void
commands_help(void)
{
	char usage[64];

	for (size_t i = 0; i < REQUEST_COMMANDS; i++) {
		snprintf(usage, sizeof(usage), "%s %s", commands[i].name,
		    commands[i].words);
		printf("  %-21s %s\n", usage, commands[i].help);
	}
	printf("  %-21s %s\n", "rules [OPTION...]",
	    "the firewall rules that pptpalgd needs: see rules -h");
	printf("  %-21s %s\n", "import FILE...",
	    "what other programs' files say: see import -h");
}

/* Which argument is the word behind the command? */
static int
add_word(struct request *request, const char *word, char error[ERROR_MAX])
{
	struct in_addr address;
	enum request_argument argument = REQUEST_NAME;

	if (request->command == REQUEST_LOG)
		argument = REQUEST_LEVEL;
	else if (request->command == REQUEST_CLEAR)
		argument = strchr(word, '.') != NULL ?
		    REQUEST_CLIENT : REQUEST_CALL;
	else if (request->command == REQUEST_KICK)
		argument = inet_pton(AF_INET, word, &address) == 1 ?
		    REQUEST_ADDRESS : word[strspn(word, "0123456789")] == '\0' ?
		    REQUEST_SESSION : REQUEST_USER;
	return request_add(request, argument, word, error, ERROR_MAX);
}

/* "dial up" and the like, by their names on the socket. */
static const char *
dial_command(const char *word)
{
	static const char *const words[][2] = {
		{ "up", "dial-up" }, { "down", "dial-down" },
		{ "status", "dials" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i][0], word) == 0)
			return words[i][1];
	return NULL;
}

static int
make_request(struct request *request, const struct options *options,
    const char *command, int nwords, char **words, char error[ERROR_MAX])
{
	char *kick[1];

	if (options->kick != NULL && strcmp(command, "sessions") == 0 &&
	    nwords == 0) {
		kick[0] = strdupa(options->kick);
		command = "kick";
		words = kick;
		nwords = 1;
	}
	if (strcmp(command, "dial") == 0) {
		command = nwords > 0 ? dial_command(words[0]) : NULL;
		if (command == NULL) {
			snprintf(error, ERROR_MAX, "dial needs up, down or "
			    "status");
			return -1;
		}
		words++;
		nwords--;
	}
	if (request_start(request, command, error, ERROR_MAX) == -1)
		return -1;
	for (unsigned i = 0; i < REQUEST_ARGUMENTS; i++)
		if (options->filter[i] != NULL && request_add(request,
		    (enum request_argument)i, options->filter[i], error,
		    ERROR_MAX) == -1)
			return -1;
	if (nwords > 1 || (nwords == 1 && commands[request->command].words[0]
	    == '\0')) {
		snprintf(error, ERROR_MAX, "%s: too many words", command);
		return -1;
	}
	if (nwords == 1 && add_word(request, words[0], error) == -1)
		return -1;
	return request_check(request, error, ERROR_MAX);
}

/* Options that only change how a reply is shown. */
static int
check_options(enum request_command command, const struct options *options,
    char error[ERROR_MAX])
{
	bool list = field_table(command) != NULL;

	error[0] = '\0';
	if (options->kick != NULL && command != REQUEST_KICK) {
		snprintf(error, ERROR_MAX, "--kick is for sessions");
		return -1;
	}
	if (options->sort != NULL && !list)
		snprintf(error, ERROR_MAX, "only lists can be sorted");
	else if (options->all && command != REQUEST_COUNTERS)
		snprintf(error, ERROR_MAX, "--all is for counters");
	else if (options->sort == NULL ||
	    list_check_sort(command, options->sort, error, ERROR_MAX) == 0)
		return 0;
	return -1;
}

int
commands_run(const struct options *options, const char *command, int nwords,
    char **words)
{
	struct request request;
	struct client *client;
	char error[ERROR_MAX];
	int status;

	if (make_request(&request, options, command, nwords, words, error) ==
	    -1 || check_options(request.command, options, error) == -1) {
		warnx("%s; try pptpalgctl -h", error);
		return 2;
	}
	client = client_open(options->socket, &request);
	if (client == NULL)
		return 1;
	status = commands[request.command].show(client, options);
	client_close(client);
	return status;
}
