/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control socket's requests, and what in the daemon they are about. */
#ifndef NAT_REQUESTS_H
#define NAT_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/config.h"
#include "nat/control/control.h"
#include "nat/host/firewall.h"
#include "nat/netfilter/queue.h"
#include "nat/netfilter/verdict.h"

enum { REQUESTS_CONTROL, REQUESTS_GRE, REQUESTS_HAIRPIN,
	REQUESTS_QUEUES };

/* What the control socket's requests are about; only config is its own. */
struct requests {
	struct config		*config;
	const char		*file;
	bool			 verbose;	/* whatever config says */
	uint64_t		 started;	/* ms */
	struct verdict		*verdict;
	struct queue		*queues[REQUESTS_QUEUES];	/* or NULL */
	bool			 ending;	/* as asked for, soon */
	struct firewall		 firewall;	/* as it was at the start */
	unsigned		 missing;	/* interfaces */
};

/* For control_open; what it is about is borrowed. */
struct control_host	 requests_control(struct requests *);

#endif
