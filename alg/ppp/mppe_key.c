/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "alg/ppp/crypto.h"
#include "alg/ppp/mppe_key.h"

/* RFC 3079 section 2.1: what is known of keys shorter than their 8 bytes. */
static void
weaken(struct mppe_key *k)
{
	static const uint8_t known[3] = { 0xD1, 0x26, 0x9E };

	memcpy(k->session, known, k->known);
}

/* GetNewKeyFromSHA of RFC 3079 section 3.4 (Get_Key of section 2.3). */
static void
hash_keys(struct mppe_key *k)
{
	static const uint8_t pad1[40], pad2[40] = { [0 ... 39] = 0xF2 };
	uint8_t digest[CRYPTO_SHA1];
	const struct crypto_piece pieces[] = {
		{ k->start, k->len }, { pad1, sizeof(pad1) },
		{ k->session, k->len }, { pad2, sizeof(pad2) },
	};

	crypto_sha1(digest, pieces, sizeof(pieces) / sizeof(*pieces));
	memcpy(k->session, digest, k->len);
	explicit_bzero(digest, sizeof(digest));
}

void
mppe_key_init(struct mppe_key *k, int bits, const uint8_t start[16])
{
	memset(k, 0, sizeof(*k));
	if (bits == 0)
		return;
	k->len = bits == 128 ? 16 : 8;
	k->known = bits == 40 ? 3 : bits == 56 ? 1 : 0;
	memcpy(k->start, start, k->len);
	memcpy(k->session, start, k->len);
	hash_keys(k);
	weaken(k);
}

/* RFC 3078 section 7.3. */
void
mppe_key_change(struct mppe_key *k)
{
	struct crypto_rc4 rc4;

	if (k->len == 0)
		return;
	hash_keys(k);
	crypto_rc4_key(&rc4, k->session, k->len);
	crypto_rc4(&rc4, k->session, k->session, k->len);
	weaken(k);
	explicit_bzero(&rc4, sizeof(rc4));
}
