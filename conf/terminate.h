/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A section "terminate NAME" of pptpalg.conf: tunnels that clients make to us.
 */
#ifndef CONF_TERMINATE_H
#define CONF_TERMINATE_H

#include <stddef.h>

#include "conf/tunnel_options.h"

#define TERMINATE_NAME_MAX	32	/* with NUL */
#define TERMINATE_LISTEN_MAX	16
#define TERMINATE_RANGES_MAX	64
#define TERMINATE_NETS_MAX	64
#define TERMINATE_FILES_MAX	8
#define TERMINATE_SERVERS_MAX	2
#define TERMINATE_RADIUS_MAX	8

/* Addresses are in host byte order in all of these. */
struct terminate_endpoint {
	uint32_t	 address;	/* 0: any address of this host */
	uint16_t	 port;		/* the usual one if none was given */
};

struct terminate_range {
	uint32_t	 first, last;	/* both belong to it */
};

struct terminate_net {
	uint32_t	 address;	/* bits outside of the mask are 0 */
	uint8_t		 bits;		/* 0 to 32 */
};

enum terminate_interfaces {
	TERMINATE_AUTO,		/* each when there is a script, else shared */
	TERMINATE_SHARED,	/* one interface for the section */
	TERMINATE_EACH		/* one for each tunnel */
};

enum terminate_full {
	TERMINATE_REPLACE,	/* the user's oldest session ends */
	TERMINATE_DENY		/* the new login is refused */
};

/*
 * A section "terminate NAME": tunnels that clients make to this host.  Checked
 * and complete: listen has entries; there are remote addresses or only users
 * with an address of their own; local_address is set; secrets has a file.
 *
 * On reload everything is taken over for new logins, but listen, bind_device
 * and interface need a restart; sections may be added to and removed from the
 * file (a removed section stops to listen and keeps its tunnels).
 * Sections are told apart by their name.
 */
struct terminate {
	struct terminate	 *next;
	char			  name[TERMINATE_NAME_MAX];

	/* Who may connect: */
	struct terminate_endpoint listen[TERMINATE_LISTEN_MAX];
	size_t			  nlisten;
	char			  bind_device[IFNAMSIZ];  /* VRF; "": none */
	struct terminate_net	  allow[TERMINATE_NETS_MAX];
	size_t			  nallow;	/* 0: everybody */

	/* What tunnels get: */
	uint32_t		  local_address;   /* never given to a client */
	struct terminate_range	  remote[TERMINATE_RANGES_MAX];
	size_t			  nremote;	/* 0: only users' own ones */
	uint32_t		  dns[TERMINATE_SERVERS_MAX];
	size_t			  ndns;
	uint32_t		  wins[TERMINATE_SERVERS_MAX];
	size_t			  nwins;
	bool			  client_chooses; /* free one of its own wish */
	bool			  proxy_arp;
	bool			  source_check;	/* IP from its address only */
	enum terminate_interfaces interfaces;
	struct tunnel_options	  tunnel;

	/* Users: */
	char			  server_name[TUNNEL_TEXT_MAX]; /* in secrets */
	/* DOMAIN\user, if there is no secret for that, is user. */
	bool			  strip_domain;
	char			  secrets[TERMINATE_FILES_MAX][TUNNEL_FILE_MAX];
	size_t			  nsecrets;
	char			  pap_secrets[TERMINATE_FILES_MAX]
				      [TUNNEL_FILE_MAX];
	size_t			  npap_secrets;	/* 0: secrets serve PAP, too */
	/* With radius, users are not in secrets but there.  Seconds. */
	struct terminate_endpoint radius[TERMINATE_RADIUS_MAX];
	size_t			  nradius;
	struct terminate_endpoint radius_accounting[TERMINATE_RADIUS_MAX];
	size_t			  nradius_accounting;
	char			  radius_secrets[TUNNEL_FILE_MAX];
	uint32_t		  radius_source;	/* 0: any of ours */
	uint32_t		  radius_timeout;	/* between tries */
	uint32_t		  radius_tries;		/* of one server */
	uint32_t		  radius_dead_time;	/* not asked so long */
	bool			  radius_unsigned;	/* replies may be so */
	uint32_t		  radius_interim;	/* 0: none */
	struct terminate_endpoint radius_listen[1];	/* RFC 5176 */
	size_t			  nradius_listen;
	char			  nas_identifier[TUNNEL_TEXT_MAX];
	uint32_t		  login_tries;	/* in one call */
	uint32_t		  login_delay;	/* ms before "no" */
	uint32_t		  login_timeout;
	uint32_t		  rechallenge;	/* CHAP again; 0: never */

	/* Limits; 0 is no limit: */
	uint32_t		  user_limit;	/* sessions of a user */
	enum terminate_full	  user_full;
	uint32_t		  source_limit;	/* sessions of an address */
	uint32_t		  total_limit;	/* sessions; never 0 */
	uint32_t		  half_open_limit; /* not logged in; never 0 */
	uint32_t		  half_open_source_limit; /* of an address */
	uint32_t		  start_timeout; /* until Start-Control-... */
	uint32_t		  call_timeout;	 /* until a call */
};

/* Is there an interface for each tunnel? */
bool	terminate_each(const struct terminate *);

/* Does it listen there, if at any address? */
bool	terminate_listens(const struct terminate *, uint32_t address,
	    uint16_t port);

/* May a client with this address connect? */
bool	terminate_allows(const struct terminate *, uint32_t address);

#endif
