/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SipHash-1-3, for tables and for checksums of records. */
#include <string.h>

#include "alg/base/hash.h"

struct sip {
	uint64_t	 v0, v1, v2, v3;
};

static inline uint64_t
rotate_left(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

static inline void
sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = rotate_left(s->v1, 13) ^ s->v0;
	s->v0 = rotate_left(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotate_left(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotate_left(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotate_left(s->v1, 17) ^ s->v2;
	s->v2 = rotate_left(s->v2, 32);
}

static inline void
sip_word(struct sip *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	s->v0 ^= word;
}

struct hash_key
hash_key_of(const uint8_t key[16])
{
	struct hash_key k;

	memcpy(&k, key, sizeof(k));
	return k;
}

static struct sip
sip_start(const struct hash_key *key)
{
	return (struct sip){
		.v0 = key->k0 ^ 0x736f6d6570736575ULL,
		.v1 = key->k1 ^ 0x646f72616e646f6dULL,
		.v2 = key->k0 ^ 0x6c7967656e657261ULL,
		.v3 = key->k1 ^ 0x7465646279746573ULL,
	};
}

static uint64_t
sip_finish(struct sip *s)
{
	s->v2 ^= 0xFF;
	sip_round(s);
	sip_round(s);
	sip_round(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

uint64_t
hash_words(const struct hash_key *key, uint32_t a, uint32_t b, uint32_t c)
{
	struct sip s = sip_start(key);

	sip_word(&s, (uint64_t)b << 32 | a);
	sip_word(&s, 12ULL << 56 | c);
	return sip_finish(&s);
}

/* Little-endian; compilers know this as one instruction. */
static inline uint64_t
word_of(const uint8_t b[8])
{
	return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 |
	    (uint64_t)b[3] << 24 | (uint64_t)b[4] << 32 |
	    (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 |
	    (uint64_t)b[7] << 56;
}

uint64_t
hash_bytes(const struct hash_key *key, const uint8_t *bytes, size_t len)
{
	struct sip s = sip_start(key);
	uint8_t rest[8] = { 0 };
	size_t at;

	for (at = 0; at + 8 <= len; at += 8)
		sip_word(&s, word_of(bytes + at));
	if (at < len)
		memcpy(rest, bytes + at, len - at);
	rest[7] = (uint8_t)len;
	sip_word(&s, word_of(rest));
	return sip_finish(&s);
}
