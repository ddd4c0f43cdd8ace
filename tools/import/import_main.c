/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "pptpalgctl import": its options and files. */
#include <limits.h>
#include <stdio.h>

#include "conf/command_line.h"
#include "tools/import/import.h"

static const struct command_line_option option_table[] = {
	{ 0, "root", "DIR", "look for files that files name below DIR",
	    COMMAND_LINE_MEMBER(TEXT, import_options, root) },
	{ 0, "secrets", "FILE", "make this file for secrets that stand in "
	    "them", COMMAND_LINE_MEMBER(TEXT, import_options, secrets) },
};

static const struct command_line command_line = {
	.program = "pptpalgctl import",
	.usage = "[--root DIR] [--secrets FILE] FILE...",
	.about =
	    "Reads pptpd.conf, options and peers files of pppd, ppp.conf,\n"
	    "ppp.secret, ppp.linkup and ppp.linkdown of BSD's ppp, and\n"
	    "NetworkManager's keyfiles, and prints what pptpalg.conf would\n"
	    "say, below comments with the fate of each directive.",
	.options = option_table,
	.n = sizeof(option_table) / sizeof(option_table[0]),
	.words = "a file",
	.min = 1,
	.max = INT_MAX,
	.status = "0 done, 1 a file cannot be read, 2 something was\n"
		  "refused (told on stderr, too) or wrong usage.",
};

int
import_main(int argc, char **argv)
{
	struct import_options options = { .root = "" };
	int status = command_line_read(&command_line, &options, &argc, &argv);

	if (status != -1)
		return status;
	return (int)import_files((const char *const *)argv, (size_t)argc,
	    &options, stdout, stderr);
}
