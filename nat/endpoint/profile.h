/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A section of the configuration as its sessions use it.  It stays as long
 * as one of them does, whatever the file says meanwhile.
 */
#ifndef NAT_ENDPOINT_PROFILE_H
#define NAT_ENDPOINT_PROFILE_H

#include "alg/endpoint/ctrl_conn.h"
#include "alg/ppp/ppp.h"
#include "conf/dial.h"
#include "conf/terminate.h"

struct profile {
	unsigned int		 users;
	bool			 client;
	const char		*name;		/* of the section */
	const struct tunnel_options *options;
	union {
		struct terminate terminate;
		struct dial	 dial;
	};
	struct ppp_config	 ppp;
	struct ctrl_conn_config	 ctrl;
};

/* Makes a profile with one user of it.  NULL: out of memory. */
struct profile	*profile_of_terminate(const struct terminate *);
struct profile	*profile_of_dial(const struct dial *);

struct profile	*profile_use(struct profile *);
void		 profile_leave(struct profile *);	/* NULL is fine */

#endif
