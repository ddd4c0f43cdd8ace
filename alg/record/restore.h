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

#endif
