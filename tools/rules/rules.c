/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <err.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include "conf/config.h"
#include "tools/rules/iptables.h"
#include "tools/rules/nft.h"
#include "tools/rules/rules.h"

enum action { PRINT, APPLY, REMOVE, ACTIONS };

static const struct option longopts[] = {
	{ "file", required_argument, NULL, 'f' },
	{ "nft", no_argument, NULL, 'n' },
	{ "apply", no_argument, NULL, 'a' },
	{ "remove", no_argument, NULL, 'r' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

/* Each takes the configuration (REMOVE none) and returns an exit status. */
static int	(*const actions[2][ACTIONS])(const struct config *) = {
	{ iptables_print, iptables_apply, iptables_remove },
	{ nft_print, nft_apply, nft_remove }
};

static void
help(FILE *f)
{
	fprintf(f, "usage: pptpalgctl rules [-f FILE] [--nft] "
	    "[--apply | --remove]\n\n"
	    "Prints the firewall rules for a configuration, as text for\n"
	    "iptables-restore --noflush.\n"
	    "  -f, --file FILE  the configuration (%s)\n"
	    "      --nft        as a script for nft -f\n"
	    "      --apply      make the rules, instead of printing them\n"
	    "      --remove     remove the rules; needs no configuration\n",
	    CONFIG_DEFAULT_FILE);
}

static int
act(enum action action, bool nft, const char *file)
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
	const char *file = CONFIG_DEFAULT_FILE;
	enum action action = PRINT;
	bool nft = false, usage = false;
	int option;

	while ((option = getopt_long(argc, argv, "f:h", longopts, NULL)) != -1)
		switch (option) {
		case 'f':
			file = optarg;
			break;
		case 'n':
			nft = true;
			break;
		case 'a':
		case 'r':
			usage |= action != PRINT;
			action = option == 'a' ? APPLY : REMOVE;
			break;
		case 'h':
			help(stdout);
			return 0;
		default:
			usage = true;
		}
	if (usage || optind != argc) {
		help(stderr);
		return 2;
	}
	return act(action, nft, file);
}
