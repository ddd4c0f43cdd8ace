/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_LOAD_TRAFFIC_H
#define TOOLS_LOAD_TRAFFIC_H

#include "tools/load_dial.h"
#include "tools/load_options.h"

struct loop;
struct traffic;

struct traffic_counts {
	uint64_t	 sent, received; /* each packet once */
	uint64_t	 unsent;	/* the kernel did not take them */
	uint64_t	 wrong_call;	/* stamp of another call: an error */
	uint64_t	 duplicates;	/* once more */
	uint64_t	 late;		/* received, but after a later one */
	uint64_t	 strange;	/* not with our stamp */
	uint32_t	 calls, silent;	/* that sent; that got nothing back */
};

/*
 * Sends GRE on all calls that are up, in turn, at the rate that the options
 * say, and checks that it comes back on the same call.  NULL with errno.
 */
struct traffic	*traffic_start(struct loop *, const struct load_options *,
		    const struct dial_call *);

/* What there is so far. */
void		 traffic_look(const struct traffic *, struct traffic_counts *);

/* Sends no more; still receives. */
void		 traffic_pause(struct traffic *);

/* Fills in the counts and frees everything. */
void		 traffic_end(struct traffic *, struct traffic_counts *);

#endif
