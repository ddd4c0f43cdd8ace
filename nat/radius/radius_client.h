/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks RADIUS servers: sends requests, again when no reply comes, and to the
 * next server when that is of no use (RFC 2865 section 2.4).  Nothing waits:
 * whoever asks is told later.
 */
#ifndef NAT_RADIUS_RADIUS_CLIENT_H
#define NAT_RADIUS_RADIUS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/radius/radius_packet.h"

#define RADIUS_CLIENT_SERVERS	8
#define RADIUS_CLIENT_SECRET	128	/* bytes, NUL and all */
#define RADIUS_CLIENT_PASSWORD	RADIUS_PASSWORD_MAX

struct loop;
struct radius_client;

/* Addresses are in host byte order, times milliseconds. */
struct radius_client_config {
	char		 name[32];	/* for the log */
	size_t		 n;		/* of servers, the first preferred */
	struct radius_client_server {
		uint32_t address;
		uint16_t port;
		char	 secret[RADIUS_CLIENT_SECRET];
	} server[RADIUS_CLIENT_SERVERS];
	uint32_t	 source;	/* our address, 0: any */
	uint32_t	 timeout;	/* between tries */
	uint32_t	 tries;		/* of one server */
	uint32_t	 dead_time;	/* a silent one is not asked */
	bool		 unsigned_replies;	/* are taken: not safe */
	uint32_t	 capacity;	/* requests at once */
};

/* What is to be asked: a packet without identifier and signature. */
struct radius_client_request {
	struct radius_packet packet;
	/* User-Password, hidden for each server; none if len is 0. */
	size_t		 password_len;
	uint8_t		 password[RADIUS_CLIENT_PASSWORD];
};

/* A reply that was checked; valid during the call. */
struct radius_client_reply {
	const uint8_t	*bytes;
	size_t		 len;
	const struct radius_packet *request;	/* as it was sent */
	struct radius_secret secret;
};

/* The reply, or NULL: no server answers. */
typedef void	(*radius_client_done)(void *arg,
		    const struct radius_client_reply *);

/* All that was counted, of all clients. */
struct radius_client_counters {
	uint64_t	 asked, answered, repeated, silent, full;
	uint64_t	 orders, orders_refused;	/* RFC 5176 */
	uint64_t	 faults[RADIUS_FAULTS];
};

/* Before rights are given up.  NULL with a sentence in error. */
struct radius_client *radius_client_open(struct loop *,
		    const struct radius_client_config *,
		    struct radius_client_counters *, char *error, size_t size);

/* Those who still wait are told that no server answers.  NULL is fine. */
void		 radius_client_close(struct radius_client *);

/*
 * It is asked nothing more, and closes itself when all has been answered that
 * was; nobody is told.  NULL is fine.
 */
void		 radius_client_retire(struct radius_client *);

/*
 * Asks; the number of the request, for radius_client_forget(), or 0 when so
 * many wait that there is no room.  done is never called before this returns.
 */
uint32_t	 radius_client_ask(struct radius_client *,
		    const struct radius_client_request *, radius_client_done,
		    void *arg);

/* Nobody waits for the reply any more; 0 is fine. */
void		 radius_client_forget(struct radius_client *, uint32_t number);

/* What we share with the server of this address; false: there is none. */
bool		 radius_client_secret(const struct radius_client *,
		    uint32_t address, struct radius_secret *);

/* Does nobody wait? */
bool		 radius_client_idle(const struct radius_client *);

#endif
