/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits of half-open things: of calls that have not logged in, and of
 * connections that have no calls.  There are so many of a source, and in all;
 * whatever they do, they stay counted, so that a source does not get more
 * tries at passwords by asking for more.
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
 * Is there room for one more connection from there?  If not, that is counted.
 * When all room is taken, whoever takes most of it loses the oldest.
 */
bool	pre_auth_fits(struct server *, uint32_t address);

/* A connection is there; it is gone. */
void	pre_auth_comes(struct ctrl_socket *);
void	pre_auth_leaves(struct ctrl_socket *);

/* It has a call; false: it may not have it. */
bool	pre_auth_calls(struct session *);

/* It has logged in: it is none any more. */
void	pre_auth_known(struct session *);

/* A call of before is over, logged in or not. */
void	pre_auth_ends(struct session *);

#endif
