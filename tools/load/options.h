/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the command line asks for, and what follows from it for each call. */
#ifndef TOOLS_LOAD_OPTIONS_H
#define TOOLS_LOAD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* What both ends say of themselves: what real ones do. */
#define OPTIONS_NAME	"pptpalg-load"
#define OPTIONS_SPEED	100000000	/* bit/s */
#define OPTIONS_WINDOW	64		/* frames */
#define OPTIONS_CALLS	16		/* of one connection, at most */

/* What the command line asks for; addresses and ports in host byte order. */
struct load_options {
	bool		 server;	/* else client */
	uint32_t	 address, servers; /* first server, how many */
	uint16_t	 port;
	uint32_t	 local, locals;	/* first client address, how many */
	uint32_t	 calls, per_connection;
	int32_t		 call_id;	/* first of each connection; -1: all
					   of a client differ */
	double		 rate;		/* calls per second, 0: no limit */
	uint32_t	 concurrency;	/* calls being set up at once */
	double		 timeout;	/* seconds to wait for an answer */
	double		 hold;		/* seconds to keep all calls up */
	double		 gre;		/* packets per second and call */
	const char	*user;		/* of every tunnel; NULL: no PPP */
	const char	*password_file;
	bool		 plain;		/* without encryption */
	double		 ping;		/* packets per second and tunnel */
	uint32_t	 size;		/* of packets, with IP header */
	uint32_t	 processes;
	bool		 clear, json;
};

/* Exits with status 2 and a sentence when it cannot be understood. */
void		 options_read(struct load_options *, int argc, char **argv);

/* Does an address belong to the servers, or to the clients? */
bool		 options_is_server(const struct load_options *, uint32_t);
bool		 options_is_client(const struct load_options *, uint32_t);

/* How many control connections all calls take. */
uint32_t	 options_connections(const struct load_options *);

/*
 * Of one of the client's calls, by its number: its local address (0: the
 * kernel's choice), its server, its call ID.
 */
uint32_t	 options_local(const struct load_options *, uint32_t call);
uint32_t	 options_server(const struct load_options *, uint32_t call);
uint16_t	 options_call_id(const struct load_options *, uint32_t call);

#endif
