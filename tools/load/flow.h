/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbered packets of a call, of GRE or through its tunnel: which of them came
 * back, and on the right call.
 */
#ifndef TOOLS_LOAD_FLOW_H
#define TOOLS_LOAD_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/base/cursor.h"

struct flow_counts {
	uint64_t	 sent, received; /* each packet once */
	uint64_t	 unsent;	/* not taken */
	uint64_t	 wrong_call;	/* stamp of another call: an error */
	uint64_t	 duplicates;	/* once more */
	uint64_t	 late;		/* received, but after a later one */
	uint64_t	 strange;	/* not with our stamp */
	uint32_t	 calls, silent;	/* that sent; that got nothing back */
};

/* A call's own numbers; sequences start at 0 and are also in the stamp. */
struct flow {
	uint32_t	 call, next, expected, received;
	uint64_t	 seen;		/* bit n: expected - 1 - n was */
};

/* Stamps the flow's next packet: which call sent it, and its number. */
void	flow_stamp(struct flow *, uint8_t *payload, size_t room);

/* Reads a stamp; -1 when it is not ours. */
int	flow_read(struct cursor *, uint32_t *call, uint32_t *sequence);

/* One of the flow's packets came back; what is long past counts as late. */
void	flow_count(struct flow *, uint32_t sequence, struct flow_counts *);

/* Adds up the flows that sent something, and those that heard nothing. */
void	flow_sum(const struct flow *, uint32_t n, struct flow_counts *);

/*
 * How many packets are due now, of n flows with so many a second each, that
 * began at a time of process_clock; due: as many were before.  No more than
 * a burst: what is beyond is left out.
 */
unsigned flow_due(double rate, uint32_t n, uint64_t begun, uint64_t *due);

#endif
