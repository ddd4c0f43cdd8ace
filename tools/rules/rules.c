/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "pptpalgctl rules": its options, and which action they ask for. */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>

#include "conf/command_line.h"
#include "conf/config.h"
#include "tools/rules/iptables.h"
#include "tools/rules/nft.h"
#include "tools/rules/rules.h"

enum action { PRINT, APPLY, REMOVE, ACTIONS };

struct rules_options {
	const char	*file;
	bool		 nft;
	enum action	 action;
};

static int
set_action(struct rules_options *o, enum action action, char *error,
    size_t size)
{
	if (o->action != PRINT) {
		snprintf(error, size, "expected one of --apply and --remove");
		return -1;
	}
	o->action = action;
	return 0;
}

static int
set_apply(void *options, const char *text, char *error, size_t size)
{
	return set_action(options, APPLY, error, size);
}

static int
set_remove(void *options, const char *text, char *error, size_t size)
{
	return set_action(options, REMOVE, error, size);
}

static const struct command_line_option option_table[] = {
	{ 'f', "file", "FILE", "the configuration\n(" CONFIG_DEFAULT_FILE ")",
	    COMMAND_LINE_MEMBER(TEXT, rules_options, file) },
	{ 0, "nft", NULL, "as a script for nft -f",
	    COMMAND_LINE_MEMBER(FLAG, rules_options, nft) },
	{ 0, "apply", NULL, "make the rules, instead of printing them",
	    .type = COMMAND_LINE_OTHER, .set = set_apply },
	{ 0, "remove", NULL, "remove the rules; needs no configuration",
	    .type = COMMAND_LINE_OTHER, .set = set_remove },
};

static const struct command_line command_line = {
	.program = "pptpalgctl rules",
	.usage = "[-f FILE] [--nft] [--apply | --remove]",
	.about = "Prints the firewall rules for a configuration, as text for\n"
	    "iptables-restore --noflush.",
	.options = option_table,
	.n = sizeof(option_table) / sizeof(option_table[0]),
	.status = "0 done, 1 not possible, 2 wrong usage or configuration.",
};

/* Each takes the configuration (REMOVE none) and returns an exit status. */
static int	(*const actions[2][ACTIONS])(const struct config *) = {
	{ iptables_print, iptables_apply, iptables_remove },
	{ nft_print, nft_apply, nft_remove }
};

static int
run_action(enum action action, bool nft, const char *file)
{
	struct config *config = NULL;
	char error[512];
	int status;

	if (action != REMOVE) {
		config = config_read(file, error, sizeof(error));
		if (config == NULL) {
			warnx("%s", error);
			return 2;
		}
	}
	if (config == NULL || config_has_alg(config))
		status = actions[nft][action](config);
	else {
		warnx("no interface is outside: no rules are needed");
		status = action == PRINT ? 0 : actions[nft][REMOVE](NULL);
	}
	config_free(config);
	return status;
}

int
rules_main(int argc, char **argv)
{
	struct rules_options o = { .file = CONFIG_DEFAULT_FILE };
	int status = command_line_read(&command_line, &o, &argc, &argv);

	return status != -1 ? status : run_action(o.action, o.nft, o.file);
}
