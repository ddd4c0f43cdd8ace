/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scripts that pppd(8) runs for a link, run for a session. */
#ifndef NAT_PRIVSEP_SCRIPT_H
#define NAT_PRIVSEP_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/tunnel_options.h"

struct helper;

/*
 * What scripts are told about a session, as pppd(8) does.  Addresses are in
 * host byte order, strings never NULL.
 */
struct script_facts {
	uint64_t	 token;		/* scripts of one session, in turn */
	uint64_t	 serial;	/* its number */
	const char	*interface, *user;
	uint32_t	 local, remote;	/* inside; 0: not known */
	uint64_t	 local_ipv6, remote_ipv6; /* identifiers; 0: none */
	uint32_t	 peer;		/* outside */
	uint32_t	 dns[2], wins[2];
	bool		 use_dns;	/* dns is what the server told us */
	uint64_t	 seconds, sent, received;	/* bytes; at the end */
};

/*
 * Asks for a script, if the options name this one.  1: it was asked for;
 * with wanted, helper_done will tell when it is done.  0: it has none.  -1:
 * that cannot be.
 */
int	script_run(struct helper *, const struct tunnel_options *,
	    enum tunnel_script, const struct script_facts *, bool wanted);

/* The same for a file that is told name servers: up or down, interface. */
int	script_run_dns(struct helper *, const struct tunnel_options *,
	    const char *file, const struct script_facts *, bool up);

/* Writes a record for last(1): a user has logged in, or out. */
void	script_wtmp(struct helper *, const struct script_facts *, bool login);

#endif
