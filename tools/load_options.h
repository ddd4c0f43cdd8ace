/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_LOAD_OPTIONS_H
#define TOOLS_LOAD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* What the command line asks for; addresses and ports in host byte order. */
struct load_options {
	bool		 server;	/* else client */
	uint32_t	 address;	/* the server's; 0: any */
	uint16_t	 port;
	uint32_t	 local, locals;	/* first client address, how many */
	uint32_t	 calls;
	int32_t		 call_id;	/* of every call; -1: distinct ones */
	double		 rate;		/* calls per second, 0: no limit */
	uint32_t	 concurrency;	/* calls being set up at once */
	double		 timeout;	/* seconds to wait for an answer */
	double		 hold;		/* seconds to keep all calls up */
	double		 gre;		/* packets per second and call */
	uint32_t	 size;		/* of those, with IP header */
	uint32_t	 processes;
	bool		 clear, json;
};

/* Exits with status 2 and a sentence when it cannot be understood. */
void		 options_read(struct load_options *, int argc, char **argv);

/* Local address and call ID of one of the client's calls, by its number. */
uint32_t	 options_local(const struct load_options *, uint32_t call);
uint16_t	 options_call_id(const struct load_options *, uint32_t call);

#endif
