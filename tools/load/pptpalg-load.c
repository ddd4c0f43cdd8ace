/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program: many PPTP clients, or their server. */
#include "tools/load/client.h"
#include "tools/load/options.h"
#include "tools/load/server.h"

int
main(int argc, char **argv)
{
	struct load_options options;

	options_read(&options, argc, argv);
	return options.server ? server_run(&options) : client_run(&options);
}
