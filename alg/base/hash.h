/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hashes with a secret key, so that no peer can choose its place in a table. */
#ifndef ALG_BASE_HASH_H
#define ALG_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* A secret, so that no peer can choose its place in a table. */
struct hash_key {
	uint64_t	 k0, k1;
};

struct hash_key	hash_key_of(const uint8_t key[16]);

/* SipHash-1-3 of three words. */
uint64_t	hash_words(const struct hash_key *, uint32_t, uint32_t,
		    uint32_t);

/* SipHash-1-3 of bytes; the same on every machine. */
uint64_t	hash_bytes(const struct hash_key *, const uint8_t *,
		    size_t len);

#endif
