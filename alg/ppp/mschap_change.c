/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "alg/base/cursor.h"
#include "alg/ppp/crypto.h"
#include "alg/ppp/mschap.h"

/*
 * The new password travels at the end of a block of 512 bytes, random before
 * it, then its length, little-endian; all under RC4 with the old NT hash
 * (RFC 2759 section 8.10).
 */
#define BLOCK		512
#define ENCRYPTED	(BLOCK + 4)

/* RFC 2433 section 7: four hashes, length and flags. */
static int
parse1(struct mschap_change *m, struct cursor *c)
{
	return cursor_skip(c, 4 * MSCHAP_HASH + 4);
}

/* RFC 2433 section 8: the same by NT and LM hash, both responses, flags. */
static int
parse2(struct mschap_change *m, struct cursor *c)
{
	if (cursor_bytes(c, ENCRYPTED, &m->password) == -1 ||
	    cursor_bytes(c, MSCHAP_HASH, &m->hash) == -1 ||
	    cursor_skip(c, ENCRYPTED + MSCHAP_HASH + MSCHAP_RESPONSE) == -1 ||
	    cursor_bytes(c, MSCHAP_RESPONSE, &m->response) == -1)
		return -1;
	return cursor_skip(c, 2);
}

/* RFC 2759 section 7. */
static int
parse3(struct mschap_change *m, struct cursor *c)
{
	if (cursor_bytes(c, ENCRYPTED, &m->password) == -1 ||
	    cursor_bytes(c, MSCHAP_HASH, &m->hash) == -1 ||
	    cursor_bytes(c, MSCHAP2_CHALLENGE, &m->peer_challenge) == -1 ||
	    cursor_skip(c, 8) == -1 ||
	    cursor_bytes(c, MSCHAP_RESPONSE, &m->response) == -1)
		return -1;
	return cursor_skip(c, 2);
}

int
mschap_change_parse(struct mschap_change *m, uint8_t code,
    const uint8_t *bytes, size_t len)
{
	struct cursor c = cursor_of(bytes, len);

	memset(m, 0, sizeof(*m));
	m->code = code;
	switch (code) {
	case MSCHAP_CHANGE1:
		return parse1(m, &c);
	case MSCHAP_CHANGE2:
		return parse2(m, &c);
	case MSCHAP_CHANGE3:
		return parse3(m, &c);
	default:
		return -1;
	}
}

/* The hash of the password in a block, decrypted; -1: no sane length. */
static int
hash_block(uint8_t hash[MSCHAP_HASH], const uint8_t clear[ENCRYPTED])
{
	size_t len = clear[BLOCK] | (size_t)clear[BLOCK + 1] << 8 |
	    (size_t)clear[BLOCK + 2] << 16 | (size_t)clear[BLOCK + 3] << 24;

	if (len == 0 || len > BLOCK)
		return -1;
	crypto_md4(hash, &(struct crypto_piece){ clear + BLOCK - len, len }, 1);
	return 0;
}

int
mschap_change_open(const struct mschap_change *m,
    const uint8_t old_hash[MSCHAP_HASH], uint8_t new_hash[MSCHAP_HASH])
{
	uint8_t clear[ENCRYPTED], proof[MSCHAP_HASH];
	struct crypto_rc4 rc4;
	int result = -1;

	memset(new_hash, 0, MSCHAP_HASH);
	if (m->password == NULL)
		return -1;
	crypto_rc4_key(&rc4, old_hash, MSCHAP_HASH);
	crypto_rc4(&rc4, clear, m->password, ENCRYPTED);
	if (hash_block(new_hash, clear) == 0) {
		crypto_des(new_hash, old_hash, proof);
		crypto_des(new_hash + 7, old_hash + 8, proof + 8);
		if (crypto_equal(proof, m->hash, MSCHAP_HASH))
			result = 0;
		else
			explicit_bzero(new_hash, MSCHAP_HASH);
	}
	explicit_bzero(&rc4, sizeof(rc4));
	explicit_bzero(clear, sizeof(clear));
	explicit_bzero(proof, sizeof(proof));
	return result;
}
