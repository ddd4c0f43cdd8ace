/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Metrics and a status page for those who watch the daemon, by HTTP. */
#ifndef NAT_HTTP_HTTP_H
#define NAT_HTTP_HTTP_H

#include <stddef.h>
#include <stdint.h>

#include "nat/control/control.h"

struct loop;

struct http;

/*
 * Serves at a loopback address with a port, or a path (mode 0600), what the
 * host tells; nothing can be changed.  The host is copied.  NULL with a
 * sentence in error.
 */
struct http	*http_open(struct loop *, const char *listen,
		    const struct control_host *, char *error, size_t size);
void		 http_close(struct http *);	/* NULL is fine */

/*
 * A descriptor of the folder that the socket's name is to be removed from; -1:
 * a TCP port, or NULL.
 */
int		 http_folder(const struct http *);

/* To be called some times a second; now in ms.  NULL is fine. */
void		 http_tick(struct http *, uint64_t now);

#endif
