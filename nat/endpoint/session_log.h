/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells of logins and logouts: the log, a line each as pptpalg-sessions(8)
 * says, and those who follow events.
 */
#ifndef NAT_ENDPOINT_SESSION_LOG_H
#define NAT_ENDPOINT_SESSION_LOG_H

#include "alg/ppp/ppp.h"
#include "alg/reason.h"

struct ctrl_socket;
struct line;
struct session;

void	session_log_login(const struct session *);
void	session_log_refusal(struct session *, const struct ppp_event *);

/* Before it is taken out of the tables: a logout, or why there is no login. */
void	session_log_end(const struct session *);

/* The sentence of a reason, and what there is to say beyond it. */
void	session_log_explain(const struct session *, enum ppp_reason,
	    struct line *);

/* A connection is over that never had a call. */
void	session_log_no_call(const struct ctrl_socket *, enum reason);

#endif
