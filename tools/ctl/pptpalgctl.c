/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pptpalgctl: reads its options, and leaves the rest to a command. */
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "conf/command_line.h"
#include "tools/ctl/check.h"
#include "tools/ctl/commands.h"
#include "tools/ctl/top.h"
#include "tools/import/import.h"
#include "tools/rules/rules.h"

#define DEFAULT_SOCKET	"/run/pptpalg/pptpalgd.sock"

#define MEMBER(m)	COMMAND_LINE_MEMBER(TEXT, options, m)
#define FILTER(argument)						\
	COMMAND_LINE_MEMBER(TEXT, options, filter[REQUEST_##argument])

static const struct command_line_option option_table[] = {
	{ .help = "\nOptions:" },
	{ 's', "socket", "SOCKET", "the daemon's control-socket\n("
	    DEFAULT_SOCKET ")", MEMBER(socket) },
	{ 'j', "json", NULL, "for scripts: lists as an array, events\n"
	    "as lines, everything else as one object",
	    COMMAND_LINE_MEMBER(FLAG, options, json) },
	{ .help = "calls, connections, history and audit take\n"
	    "(NET: an address or a network)" },
	{ 0, "client", "NET", "who opened the control connection",
	    FILTER(CLIENT) },
	{ 0, "server", "NET", "the other end", FILTER(SERVER) },
	{ 0, "public", "NET", "calls and connections only: the address\n"
	    "that the outside sees",
	    FILTER(PUBLIC) },
	{ 0, "call-id", "ID", "calls only: any of the three IDs",
	    FILTER(CALL_ID) },
	{ 0, "trouble", NULL, "calls and history: those in trouble",
	    COMMAND_LINE_MEMBER(FLAG, options, trouble) },
	{ 0, "user", "NAME", "calls, audit and sessions, which take a\n"
	    "name without its domain, too", FILTER(USER) },
	{ .help = "lists take" },
	{ 0, "sort", "FIELD", "a field as --json names it, or a heading;\n"
	    "-FIELD turns the order round", MEMBER(sort) },
	{ 0, "columns", "FIELD,...", "these columns only, in this order",
	    MEMBER(columns) },
	{ .help = "sessions takes" },
	{ 0, "address", "NET", "inside the tunnel", FILTER(ADDRESS) },
	{ 0, "source", "NET", "outside", FILTER(SOURCE) },
	{ 0, "kick", "USER|ADDRESS|SESSION", "ends those that fit",
	    MEMBER(kick) },
	{ .help = "events takes --client, for either end, and" },
	{ 0, "log", NULL, "all lines of the log, too",
	    COMMAND_LINE_MEMBER(FLAG, options, log) },
	{ 0, "exec", "PROGRAM", "run it for each event, without a shell",
	    MEMBER(exec) },
	{ 0, "as", "USER", "who runs it (nobody)", MEMBER(as) },
	{ .help = "counters takes" },
	{ 0, "all", NULL, "those that are zero, too",
	    COMMAND_LINE_MEMBER(FLAG, options, all) },
	{ .help = "shutdown takes" },
	{ 0, "purge", NULL, "leave no BPF programs and maps behind:\n"
	    "GRE of calls stops, too",
	    COMMAND_LINE_MEMBER(FLAG, options, purge) },
	{ .help = "all take" },
};

static const struct command_line command_line = {
	.program = "pptpalgctl",
	.usage = "[-s SOCKET] [--json] COMMAND",
	.more = commands_help,
	.options = option_table,
	.n = sizeof(option_table) / sizeof(option_table[0]),
	.words = "a command",
	.min = 1,
	.has_commands = true,
	.status = "0 done, 1 not possible, 2 wrong usage.",
};

/* Text that cannot be written is not done. */
static int
finish_output(int status)
{
	if (fflush(stdout) == EOF || ferror(stdout)) {
		warn("stdout");
		return 1;
	}
	return status;
}

/* Options may stand behind the command, too. */
static int
run_command(struct options *options, int argc, char **argv)
{
	struct command_line behind = command_line;
	const char *command = argv[0];
	int status;

	behind.has_commands = false;
	behind.min = 0;
	behind.max = INT_MAX;
	status = command_line_read(&behind, options, &argc, &argv);
	return status != -1 ? status :
	    commands_run(&behind, options, command, argc, argv);
}

int
main(int argc, char **argv)
{
	struct options options = { .socket = DEFAULT_SOCKET, .as = "nobody" };
	int status = command_line_read(&command_line, &options, &argc, &argv);

	if (status == -1)
		status = strcmp(argv[0], "rules") == 0 ?
		    rules_main(argc, argv) : strcmp(argv[0], "check") == 0 ?
		    check_main(argc, argv) : strcmp(argv[0], "import") == 0 ?
		    import_main(argc, argv) : strcmp(argv[0], "top") == 0 ?
		    top_main(options.socket, argc, argv) :
		    run_command(&options, argc, argv);
	return finish_output(status);
}
