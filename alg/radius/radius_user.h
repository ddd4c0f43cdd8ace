/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A user whom a RADIUS server knows: how it is asked about a login, and what
 * it says of a user whom it lets in (RFC 2865, RFC 2548).
 */
#ifndef ALG_RADIUS_RADIUS_USER_H
#define ALG_RADIUS_RADIUS_USER_H

#include "alg/ppp/mschap.h"
#include "alg/ppp/ppp.h"
#include "alg/radius/radius_packet.h"

#define RADIUS_USER_CLASSES	4	/* more are not kept */
#define RADIUS_USER_ROUTES	16	/* the same */

/* Class, which accounting gives back as it is. */
struct radius_user_class {
	uint8_t		 len;
	uint8_t		 bytes[RADIUS_VALUE_MAX];
};

/* A network behind the client; host byte order. */
struct radius_user_route {
	uint32_t	 to, metric;
	uint8_t		 bits;
};

/* Addresses are in host byte order, times seconds; 0: it does not say. */
struct radius_user {
	unsigned	 error;		/* E= of a refusal */
	char		 success[MSCHAP2_SUCCESS_SIZE];
	struct auth_keys keys;
	uint8_t		 mppe;		/* ppp_mppe lengths allowed */
	bool		 mppe_required;
	uint32_t	 address;	/* all ones, or one less: any */
	uint32_t	 netmask;
	uint32_t	 mtu;
	uint32_t	 session, idle, interim;
	uint32_t	 dns[2], wins[2];
	size_t		 nclasses, nroutes;
	struct radius_user_class classes[RADIUS_USER_CLASSES];
	struct radius_user_route routes[RADIUS_USER_ROUTES];
};

/* What of a login is kept until the reply comes. */
struct radius_asked {
	enum ppp_method	 method;
	uint8_t		 challenge[MSCHAP2_CHALLENGE];
};

/*
 * Adds the name and proof of a login to a request; a password (PAP) is not
 * added, as it is hidden for each server.
 */
void	radius_user_ask(struct radius_packet *, const struct ppp_login *,
	    const struct ppp_proof *);

/*
 * Reads a reply, which was checked, to such a request: PPP_OK for a user who
 * is let in, or why not, when only error counts.  What is malformed in it
 * counts as not there.
 */
enum ppp_reason radius_user_read(struct radius_user *,
	    const struct radius_asked *, const uint8_t *reply, size_t len,
	    const struct radius_packet *request, const struct radius_secret *);

/* The attributes that a Change-of-Authorization may bring, too. */
void	radius_user_change(struct radius_user *, const uint8_t *bytes,
	    size_t len);

#endif
