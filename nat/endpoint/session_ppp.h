/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is the same in the struct ppp_host of all sessions, whoever dials; the
 * arg is the struct session.  Logins are asked of server_auth.c or client.c.
 */
#ifndef NAT_ENDPOINT_SESSION_PPP_H
#define NAT_ENDPOINT_SESSION_PPP_H

#include <stdbool.h>
#include <stddef.h>

#include "alg/ppp/ppp.h"

void	session_ppp_event(void *session, const struct ppp_event *);
void	session_ppp_random(void *session, void *bytes, size_t n);
bool	session_ppp_mppc(void *session, struct mppc_compressor **,
	    struct mppc_expander **);

#endif
