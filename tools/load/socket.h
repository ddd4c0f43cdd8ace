/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_LOAD_SOCKET_H
#define TOOLS_LOAD_SOCKET_H

#include "tools/load/options.h"

/* The server's listening socket, one of several; exits when it cannot. */
int	socket_listen(const struct load_options *);

/* A call's control connection, being opened; -1 with errno. */
int	socket_dial(const struct load_options *, uint32_t call);

#endif
