/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pptpalgctl: reads its options, and leaves the rest to a command. */
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "conf/command_line.h"
#include "tools/ctl/check.h"
#include "tools/ctl/commands.h"
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
	{ .help = "calls, connections, history and audit take" },
	{ 0, "client", "ADDRESS", "who opened the control connection",
	    FILTER(CLIENT) },
	{ 0, "server", "ADDRESS", "the other end", FILTER(SERVER) },
	{ 0, "public", "ADDRESS", "calls and connections only: the address\n"
	    "that the outside sees",
	    FILTER(PUBLIC) },
	{ 0, "call-id", "ID", "calls only: any of the three IDs",
	    FILTER(CALL_ID) },
	{ 0, "sort", "FIELD", "a field as --json names it; -FIELD turns\n"
	    "the order round (sessions, too)", MEMBER(sort) },
	{ 0, "user", "NAME", "calls, audit and sessions, which take a\n"
	    "name without its domain, too", FILTER(USER) },
	{ .help = "sessions takes" },
	{ 0, "address", "ADDRESS", "inside the tunnel", FILTER(ADDRESS) },
	{ 0, "source", "ADDRESS", "outside", FILTER(SOURCE) },
	{ 0, "kick", "USER|ADDRESS|SESSION", "ends those that fit",
	    MEMBER(kick) },
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
	struct options options = { .socket = DEFAULT_SOCKET };
	int status = command_line_read(&command_line, &options, &argc, &argv);

	if (status == -1)
		status = strcmp(argv[0], "rules") == 0 ?
		    rules_main(argc, argv) : strcmp(argv[0], "check") == 0 ?
		    check_main(argc, argv) : strcmp(argv[0], "import") == 0 ?
		    import_main(argc, argv) :
		    run_command(&options, argc, argv);
	return finish_output(status);
}
