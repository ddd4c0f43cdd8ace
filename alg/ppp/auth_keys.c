/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "alg/ppp/mschap.h"
#include "alg/ppp/ppp_internal.h"

int
auth_nt_hash(uint8_t hash[16], const struct ppp_secret *secret)
{
	if (secret->kind == PPP_SECRET_PASSWORD)
		return mschap_nt_hash(hash, secret->password, secret->len);
	memcpy(hash, secret->nt_hash, MSCHAP_HASH);
	return 0;
}

/* Both directions have the same key. */
static void
add(struct auth_keys *keys, int which, int bits, uint8_t lengths,
    const uint8_t hash[16], const uint8_t challenge[8])
{
	mschap1_start_key(keys->send[which], bits, hash, challenge);
	memcpy(keys->receive[which], keys->send[which], MSCHAP_KEY);
	keys->lengths |= lengths;
}

void
auth_keys_v1(struct auth_keys *keys, const struct ppp_secret *secret,
    const uint8_t nt_hash[16], const uint8_t challenge[8])
{
	uint8_t lm_hash[MSCHAP_HASH];

	memset(keys, 0, sizeof(*keys));
	add(keys, AUTH_KEY_128, 128, PPP_MPPE_128, nt_hash, challenge);
	if (secret->kind == PPP_SECRET_PASSWORD &&
	    mschap_lm_hash(lm_hash, secret->password, secret->len) == 0)
		add(keys, AUTH_KEY_SHORT, 56, PPP_MPPE_40 | PPP_MPPE_56,
		    lm_hash, challenge);
	explicit_bzero(lm_hash, sizeof(lm_hash));
}

void
auth_keys_v2(struct auth_keys *keys, bool server, const uint8_t nt_hash[16],
    const uint8_t response[24])
{
	for (int i = 0; i < AUTH_KEYS; i++)
		mschap2_start_keys(keys->send[i], keys->receive[i], server,
		    nt_hash, response);
	keys->lengths = PPP_MPPE_LENGTHS;
}
