/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>
#include <stdio.h>

#include "tools/import/import.h"
#include "tools/import/main.h"

enum { OPTION_ROOT = 256, OPTION_SECRETS };

static const struct option longopts[] = {
	{ "root", required_argument, NULL, OPTION_ROOT },
	{ "secrets", required_argument, NULL, OPTION_SECRETS },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

static void
help(void)
{
	printf("usage: pptpalgctl import [--root DIR] [--secrets FILE] "
	    "FILE...\n\n"
	    "Reads pptpd.conf, options and peers files of pppd, ppp.conf,\n"
	    "ppp.secret, ppp.linkup and ppp.linkdown of BSD's ppp, and\n"
	    "NetworkManager's keyfiles, and prints what pptpalg.conf would\n"
	    "say, below comments with the fate of each directive.\n\n"
	    "  --root DIR      look for files that files name below DIR\n"
	    "  --secrets FILE  make this file for secrets that stand in them\n"
	    "  -h, --help      this text\n\n"
	    "Exit status: 0 done, 1 a file cannot be read, 2 something was\n"
	    "refused (told on stderr, too) or wrong usage.\n");
}

int
import_main(int argc, char **argv)
{
	struct import_options options = { .root = "" };
	int option;

	while ((option = getopt_long(argc, argv, "h", longopts, NULL)) != -1)
		switch (option) {
		case OPTION_ROOT:
			options.root = optarg;
			break;
		case OPTION_SECRETS:
			options.secrets = optarg;
			break;
		case 'h':
			help();
			return 0;
		default:
			fprintf(stderr, "Try pptpalgctl import -h\n");
			return 2;
		}
	if (optind == argc) {
		fprintf(stderr, "pptpalgctl: import needs a file; try "
		    "pptpalgctl import -h\n");
		return 2;
	}
	return (int)import_files((const char *const *)argv + optind,
	    (size_t)(argc - optind), &options, stdout, stderr);
}
