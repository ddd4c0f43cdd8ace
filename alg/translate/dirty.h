/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has changed since it was recorded last. */
#ifndef ALG_TRANSLATE_DIRTY_H
#define ALG_TRANSLATE_DIRTY_H

#include <stdbool.h>
#include <stdint.h>

#include "alg/alg.h"
#include "alg/base/list.h"

/* Something that is over: a connection, or the use of a call ID. */
struct dirty_end {
	bool		 connection;
	struct alg_flow	 flow;		/* or ID, as dirty_call_end says */
};

/*
 * Nothing is marked unless alg_config.recording says so.  What is over is
 * recorded first and in order: something that lives may have its call ID or
 * its addresses by now.
 */
struct dirty {
	struct list_link	*connection_links, *call_links;
	struct list	 connections, calls;
	struct dirty_end	*ended;
	uint32_t	 nended, told, capacity;
	uint32_t	 paused;	/* so many times */
};

int		 dirty_init(struct alg *, uint32_t connections,
		    uint32_t calls);
void		 dirty_free(struct alg *);

/*
 * While it is paused nothing is marked: what changes comes from a record, or
 * another firewall records it.
 */
void		 dirty_pause(struct alg *, bool pause);

/* Is what changes now to be recorded? */
bool		 dirty_recording(const struct alg *);

/* Something has changed that a record of it holds. */
void		 dirty_connection(struct alg *, uint32_t connection);
void		 dirty_call(struct alg *, uint32_t call);

/* A connection or call is about to be freed. */
void		 dirty_connection_end(struct alg *, uint32_t connection);
void		 dirty_call_end(struct alg *, uint32_t call);

/* Would anything be missing without a record of this connection? */
bool		 dirty_matters(const struct alg *, uint32_t connection);

/* The next in line, which leaves it; 0 or NULL: none. */
const struct dirty_end *dirty_next_end(struct alg *);
uint32_t	 dirty_next_connection(struct alg *);
uint32_t	 dirty_next_call(struct alg *);

#endif
