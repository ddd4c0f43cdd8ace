/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MS-CHAP version 1 (RFC 2433) and 2 (RFC 2759), and the MPPE start keys that
 * come out of them (RFC 3079).  Nothing is kept; secrets that pass through are
 * wiped from the stack.  Bytes are as on the wire.
 */
#ifndef ALG_PPP_MSCHAP_H
#define ALG_PPP_MSCHAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MSCHAP_HASH		16
#define MSCHAP_RESPONSE		24	/* NT or LM response */
#define MSCHAP1_CHALLENGE	8
#define MSCHAP2_CHALLENGE	16
#define MSCHAP_PASSWORD_MAX	256	/* UTF-16 units */
#define MSCHAP2_SUCCESS_SIZE	43	/* "S=", 40 digits and a NUL */
#define MSCHAP_KEY		16

/*
 * The NT hash of a UTF-8 password.  -1 (hash zeroed) when it is not valid
 * UTF-8 (overlong forms, surrogates, beyond U+10FFFF) or longer than 256 units
 * of UTF-16.
 */
int	mschap_nt_hash(uint8_t hash[MSCHAP_HASH], const char *password,
	    size_t len);

/*
 * The LM hash: upper case, the first 14 characters.  -1 (hash zeroed) when
 * the password is not ASCII: its bytes would depend on the peer's code page.
 */
int	mschap_lm_hash(uint8_t hash[MSCHAP_HASH], const char *password,
	    size_t len);

/* The name without DOMAIN\: what follows the last backslash. */
const char *mschap_user(const char *name, size_t *len);

/* The 24 bytes to a challenge of 8, for v1 with the NT or the LM hash. */
void	mschap1_response(uint8_t response[MSCHAP_RESPONSE],
	    const uint8_t challenge[MSCHAP1_CHALLENGE],
	    const uint8_t hash[MSCHAP_HASH]);

/* A login by version 2: what both ends' calculations go over. */
struct mschap2 {
	const uint8_t	*challenge;	/* the server's, 16 bytes */
	const uint8_t	*peer_challenge;	/* the client's, 16 bytes */
	const char	*name;		/* as sent; a domain is left out */
	size_t		 name_len;
};

void	mschap2_response(uint8_t response[MSCHAP_RESPONSE],
	    const struct mschap2 *, const uint8_t nt_hash[MSCHAP_HASH]);

/* The server's proof, "S=..." with 40 capital digits, to this response. */
void	mschap2_success(char text[MSCHAP2_SUCCESS_SIZE],
	    const struct mschap2 *, const uint8_t nt_hash[MSCHAP_HASH],
	    const uint8_t response[MSCHAP_RESPONSE]);

/*
 * Whether the message of a Success packet proves that the server knows the
 * password.  What follows "S=..." may be nothing, "M=..." or " M=..."; where
 * its text starts is put into message (NULL and 0: none).
 */
bool	mschap2_proved(const char *success, size_t len,
	    const struct mschap2 *, const uint8_t nt_hash[MSCHAP_HASH],
	    const uint8_t response[MSCHAP_RESPONSE],
	    const char **message, size_t *message_len);

/*
 * MPPE start keys after MS-CHAPv2, for mppe_*_init (RFC 3079 section 3): what
 * the server sends with is what the client receives with.
 */
void	mschap2_start_keys(uint8_t send[MSCHAP_KEY],
	    uint8_t receive[MSCHAP_KEY], bool server,
	    const uint8_t nt_hash[MSCHAP_HASH],
	    const uint8_t response[MSCHAP_RESPONSE]);

/* The one of 128 bits, of who has the hash of the NT hash only. */
void	mschap1_long_key(uint8_t key[MSCHAP_KEY],
	    const uint8_t twice[MSCHAP_HASH],
	    const uint8_t challenge[MSCHAP1_CHALLENGE]);

/*
 * The start key of both directions after MS-CHAPv1 (RFC 3079 section 2).
 * 128 bits need the NT hash and the challenge, 40 and 56 only the LM hash.
 */
void	mschap1_start_key(uint8_t key[MSCHAP_KEY], int bits,
	    const uint8_t hash[MSCHAP_HASH],
	    const uint8_t challenge[MSCHAP1_CHALLENGE]);

#endif
