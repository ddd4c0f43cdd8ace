/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A section "dial NAME" of pptpalg.conf: a tunnel that this host makes. */
#ifndef CONF_DIAL_H
#define CONF_DIAL_H

#include "conf/terminate.h"

#define DIAL_SERVER_MAX		256
#define DIAL_ROUTES_MAX		64

/*
 * A section "dial NAME": a tunnel that this host makes to a server.  Checked
 * and complete: server, user and either password_file or secrets are there;
 * tunnel.interface is a name or ends in %d.
 *
 * On reload a changed section is dialled anew; a section that is gone is hung
 * up; a new one is dialled.  Compare with dial_equal.
 */
struct dial {
	struct dial		*next;
	char			 name[TERMINATE_NAME_MAX];

	char			 server[DIAL_SERVER_MAX]; /* name or address */
	uint16_t		 port;
	char phone[TUNNEL_HOST_MAX];                    /* of the call */
	char			 user[TUNNEL_TEXT_MAX];	/* DOMAIN\user as is */
	/* The password is the file's first line, or it is looked up in */
	char password_file[TUNNEL_FILE_MAX]; /* "": none */
	/* secrets by (user, remote_name). */
	char			 secrets[TERMINATE_FILES_MAX][TUNNEL_FILE_MAX];
	size_t			 nsecrets;
	char			 remote_name[TUNNEL_TEXT_MAX]; /* or the name */
	bool			 automatic;	/* dialled at start */

	/* Addresses and routes: */
	uint32_t		 local_address;	/* asked for; 0: any */
	uint32_t		 remote_address; /* the same for the server's */
	struct terminate_net	 route[DIAL_ROUTES_MAX];
	size_t			 nroute;
	bool			 default_route;
	bool			 host_route;	/* keeps the server outside */
	uint32_t		 metric;	/* of routes; 0: none */
	bool			 use_dns;	/* ask for name servers */
	/* Run with "up" or "down", interface, name servers; "": none. */
	char			 dns_script[TUNNEL_FILE_MAX];
	struct tunnel_options	 tunnel;

	/* How to get there: */
	uint32_t		 bind_address;	/* 0: any */
	char			 bind_device[IFNAMSIZ];		/* "": none */
	uint32_t		 mark;		/* of the outer packets, or 0;
						 * never struct config's */
	uint32_t		 connect_timeout;	/* TCP, and until up */

	/* After a failure or an end that nobody asked for: */
	bool			 reconnect;
	uint32_t		 reconnect_delay, reconnect_delay_max;
	uint32_t		 reconnect_tries;	/* 0: for ever */
};

/* Are both the same in all but their place in a list? */
bool	dial_equal(const struct dial *, const struct dial *);

/*
 * Its password, read anew; NULL with a sentence in error.  Free with
 * secrets_password_free.
 */
char	*dial_password(const struct dial *, char *error, size_t size);

#endif
