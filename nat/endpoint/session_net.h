/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a session gets in the host's network once its addresses are agreed. */
#ifndef NAT_ENDPOINT_SESSION_NET_H
#define NAT_ENDPOINT_SESSION_NET_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/tunnel_options.h"
#include "nat/privsep/script.h"

struct session;

/*
 * What a session whose addresses are agreed gets in the host: an interface,
 * a route, proxy ARP, a place in the tables.  -1 with a sentence in error.
 */
int	session_net_up(struct session *, char *error, size_t size);

/* Takes away what there is of that. */
void	session_net_remove(struct session *);

/*
 * IPv6 has come up, changed or gone down, if it has: the interface gets a
 * link-local address, scripts are run.  Only while it is up.
 */
void	session_net_ipv6(struct session *);

/* Of its jobs: its number, and its place in the pool. */
uint64_t session_net_token(const struct session *);

/* What scripts are told about it now. */
void	session_net_facts(const struct session *, struct script_facts *);

/* Asks for one of its scripts, as script_run. */
int	session_net_script(struct session *, enum tunnel_script, bool wanted);

#endif
