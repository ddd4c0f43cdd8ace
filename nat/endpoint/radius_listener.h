/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes orders of a section's RADIUS servers: to end a session, or to change
 * how long it may last (RFC 5176).
 */
#ifndef NAT_ENDPOINT_RADIUS_LISTENER_H
#define NAT_ENDPOINT_RADIUS_LISTENER_H

#include <stddef.h>

struct radius_listener;
struct server;

/* NULL with a sentence in error. */
struct radius_listener *radius_listener_open(struct server *, char *error,
	    size_t size);
void	radius_listener_close(struct radius_listener *);  /* NULL is fine */

#endif
