/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cryptographic algorithms, by nettle; RC4 keys are set up here. */
#include <nettle/arcfour.h>
#include <nettle/des.h>
#include <nettle/hmac.h>
#include <nettle/md4.h>
#include <nettle/md5.h>
#include <nettle/memops.h>
#include <nettle/sha1.h>
#include <string.h>

#include "alg/ppp/crypto.h"

/* The same members; all are bytes, so that either name may be used. */
_Static_assert(sizeof(struct crypto_rc4) == sizeof(struct arcfour_ctx) &&
    offsetof(struct crypto_rc4, i) == offsetof(struct arcfour_ctx, i) &&
    offsetof(struct crypto_rc4, j) == offsetof(struct arcfour_ctx, j),
    "nettle's RC4 state is laid out like ours");

void
crypto_md4(uint8_t digest[CRYPTO_MD4], const struct crypto_piece *piece,
    size_t pieces)
{
	struct md4_ctx c;

	md4_init(&c);
	for (size_t i = 0; i < pieces; i++)
		md4_update(&c, piece[i].len, piece[i].bytes);
	md4_digest(&c, CRYPTO_MD4, digest);
	explicit_bzero(&c, sizeof(c));
}

void
crypto_md5(uint8_t digest[CRYPTO_MD5], const struct crypto_piece *piece,
    size_t pieces)
{
	struct md5_ctx c;

	md5_init(&c);
	for (size_t i = 0; i < pieces; i++)
		md5_update(&c, piece[i].len, piece[i].bytes);
	md5_digest(&c, CRYPTO_MD5, digest);
	explicit_bzero(&c, sizeof(c));
}

void
crypto_sha1(uint8_t digest[CRYPTO_SHA1], const struct crypto_piece *piece,
    size_t pieces)
{
	struct sha1_ctx c;

	sha1_init(&c);
	for (size_t i = 0; i < pieces; i++)
		sha1_update(&c, piece[i].len, piece[i].bytes);
	sha1_digest(&c, CRYPTO_SHA1, digest);
	explicit_bzero(&c, sizeof(c));
}

void
crypto_hmac_md5(uint8_t digest[CRYPTO_MD5], const void *key, size_t key_len,
    const void *bytes, size_t len)
{
	struct hmac_md5_ctx c;

	hmac_md5_set_key(&c, key_len, key);
	hmac_md5_update(&c, len, bytes);
	hmac_md5_digest(&c, CRYPTO_MD5, digest);
	explicit_bzero(&c, sizeof(c));
}

/* Seven bits go into each byte; nettle ignores the parity bit. */
static void
spread_key_bits(uint8_t key[8], const uint8_t bytes[7])
{
	uint64_t bits = 0;

	for (int i = 0; i < 7; i++)
		bits = bits << 8 | bytes[i];
	for (int i = 0; i < 8; i++)
		key[i] = (uint8_t)(bits >> (49 - 7 * i) << 1);
}

/* Weak keys are not refused: the password determines the key. */
void
crypto_des(const uint8_t key[7], const uint8_t in[8], uint8_t out[8])
{
	struct des_ctx c;
	uint8_t full[8];

	spread_key_bits(full, key);
	(void)des_set_key(&c, full);
	des_encrypt(&c, 8, out, in);
	explicit_bzero(&c, sizeof(c));
	explicit_bzero(full, sizeof(full));
}

/*
 * nettle's arcfour_set_key divides 256 times and takes two to three times as
 * long as this; with two keys for each frame that would be half of all time.
 */
void
crypto_rc4_key(struct crypto_rc4 *rc4, const uint8_t *key, size_t len)
{
	uint8_t *s = rc4->s, j = 0, a;
	size_t n = 0;

	for (int i = 0; i < 256; i++)
		s[i] = (uint8_t)i;
#pragma GCC unroll 16
	for (int i = 0; i < 256; i++) {
		a = s[i];
		j = (uint8_t)(j + a + key[n]);
		s[i] = s[j];
		s[j] = a;
		if (++n == len)
			n = 0;
	}
	rc4->i = rc4->j = 0;
}

void
crypto_rc4(struct crypto_rc4 *rc4, uint8_t *out, const uint8_t *in, size_t len)
{
	arcfour_crypt((struct arcfour_ctx *)rc4, len, out, in);
}

bool
crypto_equal(const void *a, const void *b, size_t len)
{
	return memeql_sec(a, b, len) != 0;
}
