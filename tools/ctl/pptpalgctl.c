/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/ctl/commands.h"
#include "tools/import/import.h"
#include "tools/rules/rules.h"

#define DEFAULT_SOCKET	"/run/pptpalg/pptpalgd.sock"

/* Long options without a letter; filters follow with their argument. */
enum { OPTION_SORT = 256, OPTION_ALL, OPTION_KICK, OPTION_PURGE,
    OPTION_FILTER };

static const struct option longopts[] = {
	{ "socket", required_argument, NULL, 's' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "sort", required_argument, NULL, OPTION_SORT },
	{ "all", no_argument, NULL, OPTION_ALL },
	{ "kick", required_argument, NULL, OPTION_KICK },
	{ "user", required_argument, NULL, OPTION_FILTER + REQUEST_USER },
	{ "address", required_argument, NULL,
	    OPTION_FILTER + REQUEST_ADDRESS },
	{ "source", required_argument, NULL, OPTION_FILTER + REQUEST_SOURCE },
	{ "purge", no_argument, NULL, OPTION_PURGE },
	{ "client", required_argument, NULL, OPTION_FILTER + REQUEST_CLIENT },
	{ "server", required_argument, NULL, OPTION_FILTER + REQUEST_SERVER },
	{ "public", required_argument, NULL, OPTION_FILTER + REQUEST_PUBLIC },
	{ "call-id", required_argument, NULL,
	    OPTION_FILTER + REQUEST_CALL_ID },
	{ NULL, 0, NULL, 0 }
};

static void
help(void)
{
	printf("usage: pptpalgctl [-s SOCKET] [--json] COMMAND\n\n"
	    "Commands:\n");
	commands_help();
	printf("\nOptions:\n"
	    "  -s, --socket SOCKET  the daemon's control-socket\n"
	    "                       (%s)\n"
	    "  -j, --json           for scripts: lists as an array, events\n"
	    "                       as lines, everything else as one object\n"
	    "  -h, --help           this text\n"
	    "  -V, --version        the version\n\n"
	    "calls and connections take\n"
	    "  --client ADDRESS     who opened the control connection\n"
	    "  --server ADDRESS     the other end\n"
	    "  --public ADDRESS     the address that the outside sees\n"
	    "  --call-id ID         calls only: any of the three IDs\n"
	    "  --sort FIELD         a field as --json names it; -FIELD turns\n"
	    "                       the order round\n"
	    "sessions takes\n"
	    "  --user NAME          as sent, or without a domain\n"
	    "  --address ADDRESS    inside the tunnel\n"
	    "  --source ADDRESS     outside\n"
	    "  --kick USER|ADDRESS|SESSION\n"
	    "                       ends those that fit\n"
	    "  --sort FIELD         as above\n"
	    "counters takes\n"
	    "  --all                those that are zero, too\n"
	    "shutdown takes\n"
	    "  --purge              leave no BPF programs and maps behind:\n"
	    "                       GRE of calls stops, too\n\n"
	    "Exit status: 0 done, 1 not possible, 2 wrong usage.\n",
	    DEFAULT_SOCKET);
}

static void
set_option(struct options *options, int option, const char *value)
{
	switch (option) {
	case 's':
		options->socket = value;
		break;
	case 'j':
		options->json = true;
		break;
	case OPTION_SORT:
		options->sort = value;
		break;
	case OPTION_KICK:
		options->kick = value;
		break;
	case OPTION_ALL:
		options->all = true;
		break;
	case OPTION_PURGE:
		options->filter[REQUEST_PURGE] = "true";
		break;
	case 'h':
		help();
		exit(0);
	case 'V':
		printf("pptpalgctl %s\n", VERSION);
		exit(0);
	default:
		if (option < OPTION_FILTER) {
			fprintf(stderr, "Try pptpalgctl -h\n");
			exit(2);
		}
		options->filter[option - OPTION_FILTER] = value;
	}
}

/* Reads options; the index of the first word that is none. */
static int
read_options(struct options *options, int argc, char **argv,
    const char *letters)
{
	int option;

	optind = 0;	/* glibc: start anew */
	while ((option = getopt_long(argc, argv, letters, longopts, NULL)) !=
	    -1)
		set_option(options, option, optarg);
	return optind;
}

/* Text that cannot be written is not done. */
static int
finish(int status)
{
	if (fflush(stdout) == EOF || ferror(stdout)) {
		warn("stdout");
		return 1;
	}
	return status;
}

int
main(int argc, char **argv)
{
	struct options options = { .socket = DEFAULT_SOCKET };
	const char *command;
	int first = read_options(&options, argc, argv, "+s:jhV");

	if (first == argc) {
		fprintf(stderr, "pptpalgctl: expected a command; "
		    "try pptpalgctl -h\n");
		return 2;
	}
	command = argv[first];
	argc -= first;
	argv += first;
	if (strcmp(command, "rules") == 0) {
		optind = 0;
		return finish(rules_main(argc, argv));
	}
	if (strcmp(command, "import") == 0) {
		optind = 0;
		return finish(import_main(argc, argv));
	}
	/* Options may stand behind the command, too. */
	argv[0] = program_invocation_name;
	first = read_options(&options, argc, argv, "s:jhV");
	return finish(commands_run(&options, command, argc - first,
	    argv + first));
}
