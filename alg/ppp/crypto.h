/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The old algorithms that PPP authentication and MPPE are made of.  None is
 * secure by today's measure; PPTP has no others.
 */
#ifndef ALG_PPP_CRYPTO_H
#define ALG_PPP_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CRYPTO_MD4	16
#define CRYPTO_MD5	16
#define CRYPTO_SHA1	20

/* A hash is over the pieces one after the other. */
struct crypto_piece {
	const void	*bytes;
	size_t		 len;
};

void	crypto_md4(uint8_t digest[CRYPTO_MD4], const struct crypto_piece *,
	    size_t pieces);
void	crypto_md5(uint8_t digest[CRYPTO_MD5], const struct crypto_piece *,
	    size_t pieces);
void	crypto_sha1(uint8_t digest[CRYPTO_SHA1], const struct crypto_piece *,
	    size_t pieces);

/*
 * DES of one block; in and out may be the same.  The key is without parity
 * bits (RFC 2433 appendix A.5).
 */
void	crypto_des(const uint8_t key[7], const uint8_t in[8], uint8_t out[8]);

/* HMAC (RFC 2104) with MD5. */
void	crypto_hmac_md5(uint8_t digest[CRYPTO_MD5], const void *key,
	    size_t key_len, const void *bytes, size_t len);

/* An RC4 keystream; wiped by its owner. */
struct crypto_rc4 {
	uint8_t	 s[256];
	uint8_t	 i, j;
};

/* Starts it with a key of 1 to 256 bytes. */
void	crypto_rc4_key(struct crypto_rc4 *, const uint8_t *key, size_t len);

/* Encrypts or decrypts; in and out may be the same. */
void	crypto_rc4(struct crypto_rc4 *, uint8_t *out, const uint8_t *in,
	    size_t len);

/* Compares in constant time. */
bool	crypto_equal(const void *, const void *, size_t len);

#endif
