/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_ENDPOINT_PRE_AUTH_H
#define NAT_ENDPOINT_PRE_AUTH_H

#include <stdbool.h>
#include <stdint.h>

struct gate;
struct peer;
struct session;

/*
 * Who has not logged in: a call, and a connection that has no calls.  There
 * are so many of a source, and in all; whatever they do, they stay counted,
 * so that a source does not get more tries at passwords by asking for more.
 */
#define STRANGER_CALLS	8	/* of a connection may end without a login */

/*
 * Is there room for one more connection from there?  If not, that is counted.
 * When all room is taken, whoever takes most of it loses the oldest.
 */
bool	stranger_fits(struct gate *, uint32_t address);

/* A connection is there; it is gone. */
void	stranger_comes(struct peer *);
void	stranger_leaves(struct peer *);

/* It has a call; false: it may not have it. */
bool	stranger_calls(struct session *);

/* It has logged in: it is none any more. */
void	stranger_known(struct session *);

/* A call of before is over, logged in or not. */
void	stranger_ends(struct session *);

#endif
