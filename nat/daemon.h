/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The running daemon: everything it has open, and its event loop. */
#ifndef NAT_DAEMON_H
#define NAT_DAEMON_H

#include <stdbool.h>

#include "conf/config.h"

struct daemon;

/*
 * Opens and binds everything and gives up privileges; takes the config over,
 * read from file.  With verbose the log level stays at debug.  NULL after the
 * reason was logged.
 */
struct daemon	*daemon_open(struct config *, const char *file, bool verbose);

/* Works until SIGTERM or SIGINT; 0, or -1 when the event loop failed. */
int		 daemon_run(struct daemon *);

void		 daemon_close(struct daemon *);

#endif
