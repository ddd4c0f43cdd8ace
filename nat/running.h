/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What there is of a running daemon: what a reload or an admin is about. */
#ifndef NAT_RUNNING_H
#define NAT_RUNNING_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/config.h"
#include "nat/host/firewall.h"
#include "nat/netfilter/queue.h"
#include "nat/netfilter/verdict.h"

/* Its queues. */
enum { RUNNING_CONTROL, RUNNING_GRE, RUNNING_HAIRPIN, RUNNING_QUEUES };

/* What is needed after the start; only config is its own. */
struct running {
	struct config		*config;
	const char		*file;
	bool			 verbose;	/* whatever config says */
	uint64_t		 started;	/* ms */
	struct verdict		*verdict;
	struct queue		*queues[RUNNING_QUEUES];	/* or NULL */
	bool			 ending;	/* as asked for, soon */
	struct firewall		 firewall;	/* as it was at the start */
	unsigned		 missing;	/* interfaces */
};

#endif
