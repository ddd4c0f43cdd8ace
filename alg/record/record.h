/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes what must survive a restart as records. */
#ifndef ALG_RECORD_RECORD_H
#define ALG_RECORD_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "alg/alg.h"

struct cursor;

/*
 * What must survive a restart: TCP positions, bytes that may come again,
 * calls, quarantined call IDs, attempts, the audit; not what only counts GRE.
 * Each record has a length and a checksum (record_header.h).  Times in it are
 * milliseconds of any clock: epoch is what that one said when ours was 0.
 */
#define RECORD_MAX	20480	/* bytes; most have less than 200 */
#define RECORD_BODY_MAX	20000	/* before it is packed */

/*
 * Writes the next record of what has changed since it was recorded last; its
 * length, or 0 when there is none.  To be called until then after every batch
 * of packets, before their verdicts, and after whatever else may change
 * something.  Records of one batch count together or not at all.
 */
size_t	record_next(struct alg *, uint64_t epoch, uint8_t *bytes, size_t size);

/* Where a snapshot is; starts as all 0. */
struct record_snapshot {
	enum {
		RECORD_SNAPSHOT_SERIAL,
		RECORD_SNAPSHOT_QUARANTINE,
		RECORD_SNAPSHOT_CONNECTIONS,
		RECORD_SNAPSHOT_CALLS,
		RECORD_SNAPSHOT_ATTEMPTS,
		RECORD_SNAPSHOT_AUDIT,
		RECORD_SNAPSHOT_DONE
	}		 kind;
	uint32_t	 at;
};

/*
 * Writes the next record of all that there is; its length, or 0 at the end.
 * A snapshot may be interrupted when record_next has nothing to say; what it
 * says from the kind CONNECTIONS on belongs into the snapshot as well.
 */
size_t	record_snapshot_next(struct alg *, struct record_snapshot *,
	    uint64_t epoch, uint8_t *bytes, size_t size);

/* A connection's addresses, ports and zone, as a body has them; or -1. */
int	record_read_flow(struct cursor *, struct alg_flow *);

/*
 * What a record tells of, in a few bytes: the same for all records of one
 * connection, or of the use of one call ID (its call, and its quarantine).
 * Its length, or 0: what is not kept by a name, or the call of a connection
 * that is not known any more.  *connection is set where it tells of one.  The
 * record is one that was checked before (record_header_open).
 */
#define RECORD_KEY_MAX	14

size_t	record_key(const struct alg *, const uint8_t *record, size_t len,
	    uint8_t *kind, uint8_t key[RECORD_KEY_MAX],
	    struct alg_connection_info *connection);

#endif
