/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A session whose user a RADIUS server knows: its login, what the user has by
 * the server's word, and its accounting (RFC 2865, RFC 2866).
 */
#ifndef NAT_ENDPOINT_SESSION_RADIUS_H
#define NAT_ENDPOINT_SESSION_RADIUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/ppp/ppp.h"

struct radius_client;
struct radius_user;
struct radius_user_route;
struct secret;
struct server;
struct session;
struct terminate;

/*
 * Makes the clients of a section: for logins, and for accounting; NULL when
 * it names no such servers.  -1 with a sentence in error.
 */
int	session_radius_open(struct server *, const struct terminate *,
	    struct radius_client **logins, struct radius_client **records,
	    char *error, size_t size);

/*
 * As a ppp_host's ask(), of a session of a section that has such servers; the
 * answer takes that much longer, in ms.
 */
enum ppp_reason session_radius_ask(struct session *, const struct ppp_login *,
	    const struct ppp_proof *, uint32_t delay);

/* Is there no answer yet? */
bool	session_radius_waits(const struct session *);

/*
 * What the server has said of the user, as a line of secrets and for PPP; NULL
 * if none was asked.
 */
const struct secret *session_radius_secret(const struct session *);
const struct ppp_config *session_radius_config(const struct session *);

/* The session is up; it is no longer, after it was. */
void	session_radius_up(struct session *);
void	session_radius_down(struct session *);

/* Other times from now on, since a server says so; 0: as before. */
void	session_radius_change(struct session *, const struct radius_user *);

/*
 * Networks that are behind the client, by the server's word; NULL: none.  Is
 * an address in one of them?
 */
const struct radius_user_route *session_radius_routes(const struct session *,
	    size_t *n);
bool	session_radius_reaches(const struct session *, uint32_t address);

/* As accounting names the session. */
#define SESSION_RADIUS_ID	40	/* bytes, NUL and all */
void	session_radius_id(const struct session *,
	    char id[SESSION_RADIUS_ID]);

/* Frees what is kept of the user; nobody waits for servers any more. */
void	session_radius_free(struct session *);

#endif
