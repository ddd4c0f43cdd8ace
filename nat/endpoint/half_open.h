/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits of what is half-open: of calls that have not logged in, and of
 * connections that have no calls, for each source and in all.  A connection
 * whose last call has ended counts again, so that a source does not get more
 * attempts at passwords by making more calls.
 */
#ifndef NAT_ENDPOINT_PRE_AUTH_H
#define NAT_ENDPOINT_PRE_AUTH_H

#include <stdbool.h>
#include <stdint.h>

struct server;
struct ctrl_socket;
struct session;

#define PRE_AUTH_CALLS	8	/* of a connection may end without a login */

/*
 * Is there room for one more connection from an address?  A refusal is
 * counted.  When the limit of all is reached, the oldest of the source that
 * has most is ended.
 */
bool	pre_auth_fits(struct server *, uint32_t address);

/* A connection is accepted, or closed. */
void	pre_auth_comes(struct ctrl_socket *);
void	pre_auth_leaves(struct ctrl_socket *);

/* A connection asks for a call; false: it may not have it. */
bool	pre_auth_calls(struct session *);

/* The session has logged in: it is not half-open any more. */
void	pre_auth_known(struct session *);

/* The session's call is over, logged in or not. */
void	pre_auth_ends(struct session *);

#endif
