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

/* Takes away what there is of that; the interface may stay a while. */
void	session_net_remove(struct session *);

/*
 * To be called when IPv6 may have come up, changed or gone down: the interface
 * gets a link-local address, scripts are run.  Only while the session is up.
 */
void	session_net_ipv6(struct session *);

/* Identifies the session in jobs of the helper process: serial and index. */
uint64_t session_net_token(const struct session *);

/* What scripts are told about it now. */
void	session_net_facts(const struct session *, struct script_facts *);

/* Has one of the session's scripts run, as script_run does. */
int	session_net_script(struct session *, enum tunnel_script, bool wanted);

#endif
