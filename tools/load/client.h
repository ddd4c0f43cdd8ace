/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program as many PPTP clients. */
#ifndef TOOLS_LOAD_CLIENT_H
#define TOOLS_LOAD_CLIENT_H

#include "tools/load/options.h"

/* Plays the clients: set up, hold with GRE, end; an exit status. */
int	client_run(const struct load_options *);

#endif
