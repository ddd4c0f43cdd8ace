/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_CTL_CLIENT_H
#define TOOLS_CTL_CLIENT_H

#include <stddef.h>

#include "conf/request.h"

/* The daemon's end of the line. */
struct client;

/*
 * Connects to the daemon's socket and sends the request.  Errors are told on
 * stderr, then the result is NULL.
 */
struct client	*client_open(const char *path, const struct request *);
void		 client_close(struct client *);

/*
 * The next item of the reply, without its newline, valid until the next
 * call: 1; 0 after the last one; -1 when the daemon refuses or is gone,
 * told on stderr.
 */
int		 client_next(struct client *, const char **line, size_t *len);

#endif
