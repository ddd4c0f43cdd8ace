/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands before records in the store: who wrote them, and when. */
#ifndef NAT_CLUSTER_STAMP_H
#define NAT_CLUSTER_STAMP_H

#include "alg/base/cursor.h"
#include "alg/base/writer.h"

#define STAMP_SIZE	32

/* Numbers in network byte order; times are milliseconds. */
struct stamp {
	uint64_t	 node;		/* a hash of its name */
	uint64_t	 epoch;		/* since 1970 when its clock was 0 */
	uint64_t	 sent;		/* by its clock */
	uint64_t	 count;		/* of records, up to the last here */
};

static inline void
stamp_write(const struct stamp *s, uint8_t bytes[STAMP_SIZE])
{
	struct writer w = writer_of(bytes, STAMP_SIZE);

	writer_u64(&w, s->node);
	writer_u64(&w, s->epoch);
	writer_u64(&w, s->sent);
	writer_u64(&w, s->count);
}

static inline int
stamp_read(struct cursor *in, struct stamp *s)
{
	return cursor_u64(in, &s->node) || cursor_u64(in, &s->epoch) ||
	    cursor_u64(in, &s->sent) || cursor_u64(in, &s->count) ? -1 : 0;
}

#endif
