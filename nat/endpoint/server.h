/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A server: a section "terminate" of the configuration in use, with its
 * listeners, its users and the addresses that it lends.
 */
#ifndef NAT_ENDPOINT_SERVER_H
#define NAT_ENDPOINT_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/endpoint/address_pool.h"
#include "alg/endpoint/quota.h"
#include "conf/secrets.h"
#include "conf/terminate.h"
#include "nat/endpoint/ctrl_socket.h"

struct listener;
struct radius_client;
struct radius_listener;
struct session;

struct server {
	struct server		*next;
	struct context		*context;
	struct profile		*profile;	/* for new connections */
	struct listener		*listener[TERMINATE_LISTEN_MAX];
	size_t			 nlisteners;
	struct tun_device	*device;	/* shared, or NULL */
	struct secrets		*secrets, *pap_secrets;	/* or NULL */
	struct radius_client	*logins, *records;	/* or NULL */
	struct radius_listener	*radius_listener;	/* or NULL */
	struct address_pool	 address_pool;
	struct quota		 half_open;	/* by source: half_open.h */
	uint32_t		 nhalf_open, sessions;
	bool			 closed;	/* does not listen */
};

/* Listens.  NULL with a sentence in error. */
struct server	*server_open(struct context *, const struct terminate *,
		    char *error, size_t size);

/* Frees a server whose sessions are all over. */
void		 server_free(struct server *);	/* NULL is fine */

/* Takes over what can change; -1 with a sentence, and all stays. */
int		 server_reload(struct server *, const struct terminate *,
		    char *error, size_t size);

/*
 * Accepts no more connections; sessions stay.  When the last one is over, the
 * context's sweep is set off, which frees the server.
 */
void		 server_stop_listening(struct server *);
bool		 server_is_over(const struct server *);

/* The server of a session that it has accepted. */
struct server	*server_of_session(const struct session *);

/* A client's address (host byte order), for what is counted by its source. */
uint64_t	 server_hash_address(const struct server *, uint32_t address);

/* A control connection or session of the server is over. */
void		 server_left(struct server *);

#endif
