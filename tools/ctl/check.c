/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints what nat/host/check.h finds, one matter a line. */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "conf/command_line.h"
#include "conf/config.h"
#include "conf/json_doc.h"
#include "nat/host/check.h"
#include "tools/ctl/check.h"
#include "tools/ctl/text_table.h"

struct check_options {
	const char	*file;
	bool		 json;
	bool		 bad;		/* something cannot work */
};

static const struct {
	const char	*word, *colour;
} levels[] = {
	[CHECK_GOOD]	= { "ok", TEXT_TABLE_GOOD },
	[CHECK_ODD]	= { "look", TEXT_TABLE_ODD },
	[CHECK_BAD]	= { "wrong", TEXT_TABLE_BAD },
};

static void
print_json(enum check_level level, const char *matter, const char *sentence)
{
	struct document *d = json_doc_object();

	json_doc_text(d, "level", levels[level].word);
	json_doc_text(d, "matter", matter);
	json_doc_text(d, "text", sentence);
	json_doc_print(d, stdout);
	putchar('\n');
}

static void
print_finding(void *arg, enum check_level level, const char *matter,
    const char *sentence)
{
	struct check_options *o = arg;
	bool colour = isatty(STDOUT_FILENO);

	o->bad |= level == CHECK_BAD;
	if (o->json)
		print_json(level, matter, sentence);
	else
		printf("%s%-5s%s %-10s %s\n",
		    colour ? levels[level].colour : "", levels[level].word,
		    colour ? "\033[0m" : "", matter, sentence);
}

static const struct command_line_option option_table[] = {
	{ 'f', "file", "FILE", "the configuration\n(" CONFIG_DEFAULT_FILE ")",
	    COMMAND_LINE_MEMBER(TEXT, check_options, file) },
	{ 'j', "json", NULL, "an object for each matter, one a line",
	    COMMAND_LINE_MEMBER(FLAG, check_options, json) },
};

static const struct command_line command_line = {
	.program = "pptpalgctl check",
	.usage = "[-f FILE] [--json]",
	.about = "Looks whether this host is set up for a configuration: "
	    "interfaces, rules,\nmarks, the kernel's settings, files.  Needs "
	    "no daemon.",
	.options = option_table,
	.n = sizeof(option_table) / sizeof(option_table[0]),
	.status = "0 nothing is wrong, 1 something cannot work, 2 wrong usage "
	    "or configuration.",
};

static void
print_weakness(void *arg, const char *sentence)
{
	print_finding(arg, CHECK_ODD, "file", sentence);
}

int
check_main(int argc, char **argv)
{
	struct check_options o = { .file = CONFIG_DEFAULT_FILE };
	int status = command_line_read(&command_line, &o, &argc, &argv);
	struct config *config;
	char error[512];

	if (status != -1)
		return status;
	if ((config = config_read(o.file, error, sizeof(error))) == NULL) {
		warnx("%s", error);
		return 2;
	}
	config_warnings(config, print_weakness, &o);
	check_all(config, print_finding, &o);
	config_free(config);
	return o.bad ? 1 : 0;
}
