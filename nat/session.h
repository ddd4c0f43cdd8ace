/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_SESSION_H
#define NAT_SESSION_H

#include <stdint.h>
#include <sys/queue.h>

#include "alg/alg.h"
#include "nat/control.h"
#include "nat/item.h"

struct event_base;
struct session;

/* Those who talk with the daemon now; no session outlives its list. */
struct session_list {
	LIST_HEAD(, session)	 head;
	unsigned		 count;
	unsigned		 followers;	/* of events */
	const struct control_host *host;
};

#define SESSION_MAX	64	/* at once; others are told to come back */

/* Takes over a connected, non-blocking socket. */
void	session_new(struct session_list *, struct event_base *, int fd);

/* Gives an event to all followers; who does not read loses it. */
void	session_tell(struct session_list *, const struct item *);

void	session_free_all(struct session_list *);

#endif
