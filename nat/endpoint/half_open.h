/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits of what is half-open: of calls that have not logged in, and of
 * connections that have no calls, for each source and in all.  A connection
 * whose last call has ended counts again, so that a source does not get more
 * attempts at passwords by making more calls.
 */
#ifndef NAT_ENDPOINT_HALF_OPEN_H
#define NAT_ENDPOINT_HALF_OPEN_H

#include <stdbool.h>
#include <stdint.h>

struct server;
struct ctrl_socket;
struct session;

#define HALF_OPEN_FAILURES	8	/* calls that end without a login */

/*
 * Is there room for one more connection from an address?  A refusal is
 * counted.  When the limit of all is reached, the oldest of the source that
 * has most is ended.
 */
bool	half_open_make_room(struct server *, uint32_t address);

/* A connection is accepted, or closed. */
void	half_open_add_connection(struct ctrl_socket *);
void	half_open_remove_connection(struct ctrl_socket *);

/* A connection asks for a call; false: it may not have it. */
bool	half_open_add_call(struct session *);

/* The session has logged in: it is not half-open any more. */
void	half_open_login(struct session *);

/* The session's call is over, logged in or not. */
void	half_open_end_call(struct session *);

#endif
