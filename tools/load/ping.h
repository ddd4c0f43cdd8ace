/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pings through the tunnels, to see that each comes back through its own. */
#ifndef TOOLS_LOAD_PING_H
#define TOOLS_LOAD_PING_H

#include "tools/load/dial.h"
#include "tools/load/flow.h"
#include "tools/load/options.h"
#include "tools/load/process.h"

struct login;
struct loop;
struct ping;

/* In memory that all processes see. */
struct ping_shared {
	volatile bool		 on;	/* the parent says: send */
	struct flow_counts	 counts[PROCESSES_MAX];	/* by process */
};

/*
 * Sends ICMP echo requests (RFC 792) through a process's tunnels to their
 * other ends, in turn, at the rate that the options say, and checks that each
 * one comes back through its own tunnel.
 */
struct ping	*ping_new(struct loop *, const struct load_options *,
		    struct login *, const struct dial_call *,
		    struct ping_shared *, uint32_t index);

/* The counts are complete then; NULL is fine. */
void		 ping_end(struct ping *);

/* The counts of all processes. */
void		 ping_look(const struct ping_shared *, uint32_t processes,
		    struct flow_counts *);

#endif
