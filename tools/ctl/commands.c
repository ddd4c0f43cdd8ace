/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands for a running daemon: what they ask, and how they show it. */
#include <stdio.h>
#include <string.h>

#include "conf/address.h"
#include "conf/json_doc.h"
#include "conf/similar.h"
#include "tools/ctl/client.h"
#include "tools/ctl/commands.h"
#include "tools/ctl/event.h"
#include "tools/ctl/hook.h"
#include "tools/ctl/list.h"
#include "tools/ctl/object.h"
#include "tools/ctl/why.h"

#define ERROR_MAX	512
#define OUT_OF_STEP	3	/* the exit status of cluster */

struct command {
	const char	*name, *words, *help;
	/* A reply of one object: what prints it, or what its number counts. */
	void		(*print)(const struct document *, bool all);
	const char	*counted;
};

/* In the order of enum request_command. */
static const struct command commands[REQUEST_COMMANDS] = {
	{ "status", "", "the daemon and its queues", object_status, NULL },
	{ "calls", "", "calls; see the options", NULL, NULL },
	{ "connections", "", "control connections", NULL, NULL },
	{ "counters", "", "what was refused, dropped or passed, and why",
	    object_counters, NULL },
	{ "events", "", "follow what happens to calls and sessions", NULL,
	    NULL },
	{ "clear", "CALL|CLIENT", "end a call by its number, or all of a "
	    "client's address", NULL, "control connections reset" },
	{ "reload", "", "read the configuration again", object_warning, NULL },
	{ "log", "LEVEL", "error, warning, info or debug", NULL, NULL },
	{ "sessions", "", "tunnels that end here; see the options", NULL,
	    NULL },
	{ "sessions", "--kick WHOM", "end those of a user, an address or a "
	    "number", NULL, "sessions ended" },
	{ "dial", "status [NAME]", "tunnels that this host makes", NULL,
	    NULL },
	{ "dial", "up NAME", "dial now", NULL, NULL },
	{ "dial", "down NAME", "hang up, and stay so", NULL, NULL },
	{ "shutdown", "", "end the daemon; GRE goes on, unless --purge", NULL,
	    NULL },
	{ "history", "", "the last attempts, and why they failed", NULL,
	    NULL },
	{ "why", "CLIENT|CALL|USER", "why a client does not get through", NULL,
	    NULL },
	{ "audit", "", "who uses PPTP, where, and how protected", NULL, NULL },
	{ "cluster", "", "this firewall of two, and the other one",
	    object_cluster, NULL },
};

/* The exit status. */
static int
print_object(const struct command *command, const char *line, size_t len,
    const struct options *options)
{
	struct document *reply = json_doc_read(line, len);
	char count[32];
	int status = 0;

	if (options->json)
		puts(line);
	else if (reply == NULL)
		client_unreadable(line);
	else if (command->print != NULL)
		command->print(reply, options->all);
	else if (command->counted != NULL)
		printf("%s: %s\n", command->counted, json_doc_get_text(reply,
		    json_doc_next_key(reply, NULL), count, sizeof(count)));
	if (command == &commands[REQUEST_CLUSTER] && (reply == NULL ||
	    !object_in_step(reply)))
		status = OUT_OF_STEP;
	json_doc_free(reply);
	return status;
}

/* A reply of one object, or of none. */
static int
show_object(const struct command *command, struct client *client,
    const struct options *options)
{
	const char *line;
	size_t len, n = 0;
	int more, status = 0;

	while ((more = client_next(client, &line, &len)) == 1) {
		n++;
		status = print_object(command, line, len, options);
	}
	if (more == 0 && n == 0 && options->json)
		puts("{\"ok\":true}");
	return more == 0 ? status : 1;
}

/* Prints the reply; the exit status. */
static int
show_reply(enum request_command command, struct client *client,
    const struct options *options)
{
	if (command == REQUEST_EVENTS && options->exec != NULL)
		return hook_follow(client, options->exec, options->as);
	if (command == REQUEST_EVENTS)
		return event_follow(client, options->json);
	if (command == REQUEST_WHY && !options->json)
		return why_show(client);
	if (list_has(command))
		return list_show(command, client, options);
	return show_object(&commands[command], client, options);
}

void
commands_help(void)
{
	char usage[64];

	printf("Commands:\n");
	for (size_t i = 0; i < REQUEST_COMMANDS; i++) {
		snprintf(usage, sizeof(usage), "%s %s", commands[i].name,
		    commands[i].words);
		printf("  %-21s %s\n", usage, commands[i].help);
	}
	printf("  %-21s %s\n", "top [OPTION...]",
	    "the daemon and its busiest calls, again and again");
	printf("  %-21s %s\n", "rules [OPTION...]",
	    "the firewall rules that pptpalgd needs: see rules -h");
	printf("  %-21s %s\n", "check [OPTION...]",
	    "whether this host is set up for it: see check -h");
	printf("  %-21s %s\n", "import FILE...",
	    "what other programs' files say: see import -h");
}

/* Which argument is the word behind the command? */
static int
add_word(struct request *request, const char *word, char error[ERROR_MAX])
{
	struct terminate_net net;
	enum request_argument argument = REQUEST_NAME;

	if (request->command == REQUEST_LOG)
		argument = REQUEST_LEVEL;
	else if (request->command == REQUEST_CLEAR)
		argument = strchr(word, '.') != NULL ?
		    REQUEST_CLIENT : REQUEST_CALL;
	else if (request->command == REQUEST_WHY)
		argument = address_read_net(word, &net) ?
		    REQUEST_CLIENT : word[strspn(word, "0123456789")] == '\0' ?
		    REQUEST_CALL : REQUEST_USER;
	else if (request->command == REQUEST_KICK)
		argument = address_read_net(word, &net) ?
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
add_flag(struct request *request, enum request_argument argument, bool set,
    char error[ERROR_MAX])
{
	return set ? request_add(request, argument, "true", error, ERROR_MAX) :
	    0;
}

/* Names the command that was meant. */
static int
explain_unknown(const char *command, char error[ERROR_MAX])
{
	static const char *const others[] = { "rules", "check", "import",
	    "top" };
	struct similar s = similar_to(command);

	for (size_t i = 0; i < REQUEST_COMMANDS; i++)
		similar_offer(&s, commands[i].name);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		similar_offer(&s, others[i]);
	similar_add(&s, error, ERROR_MAX);
	return -1;
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
		return explain_unknown(command, error);
	for (unsigned i = 0; i < REQUEST_ARGUMENTS; i++)
		if (options->filter[i] != NULL && request_add(request,
		    (enum request_argument)i, options->filter[i], error,
		    ERROR_MAX) == -1)
			return -1;
	if (add_flag(request, REQUEST_PURGE, options->purge, error) == -1 ||
	    add_flag(request, REQUEST_TROUBLE, options->trouble, error) == -1 ||
	    add_flag(request, REQUEST_LOG_LINES, options->log, error) == -1)
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
	if (options->kick != NULL && command != REQUEST_KICK)
		snprintf(error, ERROR_MAX, "--kick is for sessions");
	else if (options->exec != NULL && command != REQUEST_EVENTS)
		snprintf(error, ERROR_MAX, "--exec is for events");
	else if (options->all && command != REQUEST_COUNTERS)
		snprintf(error, ERROR_MAX, "--all is for counters");
	else
		return list_check(command, options, error, ERROR_MAX);
	return -1;
}

int
commands_run(const struct command_line *line, const struct options *options,
    const char *command, int nwords, char **words)
{
	struct request request;
	struct client *client;
	char error[ERROR_MAX];
	int status;

	if (make_request(&request, options, command, nwords, words, error) ==
	    -1 || check_options(request.command, options, error) == -1)
		return command_line_error(line, "%s", error);
	client = client_open(options->socket, &request);
	if (client == NULL)
		return 1;
	status = show_reply(request.command, client, options);
	client_close(client);
	return status;
}
