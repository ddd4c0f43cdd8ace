/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes records over, as the next daemon does when it starts. */
#ifndef ALG_RECORD_RESTORE_H
#define ALG_RECORD_RESTORE_H

#include <stddef.h>
#include <stdint.h>

#include "alg/alg.h"

/*
 * Takes over what one record says, in the order in which they were written;
 * the later one is right.  Whatever the bytes are, a record counts all or not
 * at all: REASON_NONE, or why not.  Calls that live stay, even above limits
 * that were lowered, but for limits { connections }.  No changes are told:
 * alg_calls shows what there is; the next records should be a snapshot.
 */
enum reason	restore_record(struct alg *, uint64_t now, uint64_t epoch,
		    const uint8_t *bytes, size_t len);

/* Another firewall, whose records are taken over while this one works. */
struct restore_peer {
	uint64_t	 now, epoch;	/* as above; epoch may be negative */
	bool		 foreign;	/* it passes what they tell of */
	/* Is a connection's public address here? */
	bool		(*keeps)(void *arg, const struct alg_connection_info *);
	void		*arg;
};

/*
 * The same for one of its records.  What passes here stays as it is:
 * REASON_CLAIMED_TWICE.  Calls that come up or go are told: alg_change is to be
 * drained after each record.
 */
enum reason	restore_peer_record(struct alg *, const struct restore_peer *,
		    const uint8_t *bytes, size_t len);

/*
 * Before and after all that the other firewall knows: connections of its, and
 * calls on them, that were not among it are forgotten (those of one connection
 * at a time), but for what has its public address here.  alg_change is to be
 * drained each time; *at starts at 0; false: no more.
 */
void		restore_peer_begin(struct alg *);
bool		restore_peer_end(struct alg *, const struct restore_peer *,
		    uint32_t *at);

#endif
