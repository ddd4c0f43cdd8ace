/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts sessions among those who use PPTP. */
#ifndef NAT_ENDPOINT_SESSION_AUDIT_H
#define NAT_ENDPOINT_SESSION_AUDIT_H

struct session;

/* It is up for the first time. */
void	session_audit_count(const struct session *);

#endif
