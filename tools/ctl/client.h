/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon's control socket, from the tool's side. */
#ifndef TOOLS_CTL_CLIENT_H
#define TOOLS_CTL_CLIENT_H

#include <stddef.h>

#include "conf/request.h"

struct client;

/*
 * Connects to the daemon's socket and sends the request.  Errors are told on
 * stderr, then the result is NULL.
 */
struct client	*client_open(const char *path, const struct request *);
void		 client_close(struct client *);

/*
 * The next line of the reply, without its newline, valid until the next
 * call: 1; 0 after the last one; -1 when the daemon refuses or is gone,
 * told on stderr.
 */
int		 client_next(struct client *, const char **line, size_t *len);

/* Tells on stderr that a line is not what it should be. */
void		 client_unreadable(const char *line);

#endif
