/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the daemon says of itself and its calls at one time, with rates. */
#ifndef TOOLS_CTL_SNAPSHOT_H
#define TOOLS_CTL_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/json_doc.h"

#define SNAPSHOT_TEXT	24	/* of an end: ADDRESS:PORT */
#define SNAPSHOT_WORD	24
#define SNAPSHOT_USER	32	/* of a longer name, the beginning */

/* A call; rates are bytes a second since the last snapshot. */
struct snapshot_call {
	uint64_t	 number, bytes[2];	/* in, out */
	double		 rate[2];
	double		 since, seen;		/* s since 1970; -1: never */
	uint32_t	 inside_at, outside_at;	/* to sort by */
	char		 state[SNAPSHOT_WORD], trouble[SNAPSHOT_WORD];
	char		 inside[SNAPSHOT_TEXT], public[SNAPSHOT_TEXT];
	char		 outside[SNAPSHOT_TEXT], way[SNAPSHOT_WORD];
	char		 user[SNAPSHOT_USER];
};

struct snapshot {
	double			 when, took;	/* s; to get it */
	struct document		*status;
	struct snapshot_call	*calls;
	size_t			 ncalls, size;
	struct document		**failures;	/* the latest is the last */
	size_t			 nfailures;
	size_t			 troubled;	/* calls */
	double			 rate[2];	/* of all calls */
};

/* Asks the daemon; before may be NULL.  NULL after what is wrong was said. */
struct snapshot	*snapshot_take(const char *socket,
		    struct snapshot *before);
void		 snapshot_free(struct snapshot *);	/* NULL is fine */

/* Orders that calls can be shown in; those in trouble always come first. */
enum snapshot_order {
	SNAPSHOT_BY_RATE, SNAPSHOT_BY_CALL, SNAPSHOT_BY_INSIDE,
	SNAPSHOT_BY_OUTSIDE, SNAPSHOT_BY_AGE, SNAPSHOT_BY_SEEN,
	SNAPSHOT_ORDERS
};

void		 snapshot_sort(struct snapshot *, enum snapshot_order,
		    bool backwards);

#endif
