/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guessing passwords over time: who has failed lately (a source address, a
 * user; hashes with a secret key) waits for each answer, whatever it is.  It
 * takes longer with each failure and is forgotten slowly, so that nobody is
 * locked out.  Of a fixed size; where two share a place, the worse one has
 * it.
 */
#ifndef NAT_ENDPOINT_LOGIN_THROTTLE_H
#define NAT_ENDPOINT_LOGIN_THROTTLE_H

#include <stdint.h>

#define LOGIN_THROTTLE_SLOTS	4096		/* a power of two */
#define LOGIN_THROTTLE_FREE	3		/* failures that cost nothing */
#define LOGIN_THROTTLE_FORGET	30000		/* ms until one is forgotten */
#define LOGIN_THROTTLE_MAX	5000		/* ms that an answer may take */

struct login_throttle {
	struct login_throttle_slot {
		uint64_t	 owner;
		uint64_t	 since;	/* ms, one less from then on */
		uint32_t	 failures;
	} slot[LOGIN_THROTTLE_SLOTS];
};

/* Counts one more failed login of an owner. */
void login_throttle_count(
    struct login_throttle *, uint64_t owner, uint64_t now);

/* How long an answer has to take, in ms: base, doubled with each failure. */
uint32_t login_throttle_delay(const struct login_throttle *, uint64_t owner,
	    uint32_t base, uint64_t now);

#endif
