/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ALG_PPP_MPPE_KEY_H
#define ALG_PPP_MPPE_KEY_H

#include <stdint.h>

/* The session key of one direction and how it goes on (RFC 3078, 3079). */
struct mppe_key {
	uint8_t	 start[16], session[16];
	uint8_t	 len;		/* 8 or 16 bytes are used; 0: no encryption */
	uint8_t	 known;		/* first bytes that are D1 26 9E: 0, 1, 3 */
};

/* bits: 40, 56 or 128 (start has 16 bytes), or 0. */
void	mppe_key_init(struct mppe_key *, int bits, const uint8_t start[16]);

/* The next session key. */
void	mppe_key_change(struct mppe_key *);

#endif
