/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "alg/base/hash.h"

struct sip {
	uint64_t	 v0, v1, v2, v3;
};

static inline uint64_t
rotate(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

static inline void
sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v0 = rotate(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v2 = rotate(s->v2, 32);
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

uint64_t
hash_words(const struct hash_key *key, uint32_t a, uint32_t b, uint32_t c)
{
	struct sip s = {
		.v0 = key->k0 ^ 0x736f6d6570736575ULL,
		.v1 = key->k1 ^ 0x646f72616e646f6dULL,
		.v2 = key->k0 ^ 0x6c7967656e657261ULL,
		.v3 = key->k1 ^ 0x7465646279746573ULL,
	};

	sip_word(&s, (uint64_t)b << 32 | a);
	sip_word(&s, 12ULL << 56 | c);
	s.v2 ^= 0xFF;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
