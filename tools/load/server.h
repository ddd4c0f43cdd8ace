/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program as a PPTP server that answers every call. */
#ifndef TOOLS_LOAD_SERVER_H
#define TOOLS_LOAD_SERVER_H

#include "tools/load/options.h"

/* Plays the server until SIGINT or SIGTERM; an exit status. */
int	server_run(const struct load_options *);

#endif
