/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The calculations of MS-CHAP: hashes of passwords, responses and their proof,
 * start keys for MPPE.
 */
#include <string.h>

#include "alg/base/cursor.h"
#include "alg/ppp/crypto.h"
#include "alg/ppp/mschap.h"

#define PIECES(array)	(sizeof(array) / sizeof(*(array)))
#define TEXT(text)	{ text, sizeof(text) - 1 }

/* --- hashes --------------------------------------------------------------- */

/*
 * One character; -1 when it is not well-formed.  The least value for each
 * length keeps overlong forms out.
 */
static int
utf8_next(struct cursor *c, uint32_t *v)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	uint8_t b;
	int more;

	if (cursor_u8(c, &b) == -1)
		return -1;
	more = b < 0x80 ? 0 : b < 0xC0 ? -1 : b < 0xE0 ? 1 : b < 0xF0 ? 2 :
	    b < 0xF8 ? 3 : -1;
	if (more == -1)
		return -1;
	*v = more == 0 ? b : b & (0x3Fu >> more);
	for (int i = 0; i < more; i++) {
		if (cursor_u8(c, &b) == -1 || (b & 0xC0) != 0x80)
			return -1;
		*v = *v << 6 | (b & 0x3F);
	}
	if (*v < least[more] || *v > 0x10FFFF || (*v >= 0xD800 && *v < 0xE000))
		return -1;
	return 0;
}

static int
utf16_put(struct writer *w, uint32_t unit)
{
	return writer_u16(w, (uint16_t)((unit & 0xFF) << 8 | unit >> 8));
}

/* UTF-8 as UTF-16LE: the number of bytes, or -1. */
static int
utf16_of(uint8_t utf16[2 * MSCHAP_PASSWORD_MAX], const char *utf8, size_t len)
{
	struct writer w = writer_of(utf16, 2 * MSCHAP_PASSWORD_MAX);
	struct cursor c = cursor_of(utf8, len);
	uint32_t v;

	while (c.left > 0) {
		if (utf8_next(&c, &v) == -1)
			return -1;
		if (v >= 0x10000) {
			if (utf16_put(&w, 0xD7C0 + (v >> 10)) == -1)
				return -1;
			v = 0xDC00 | (v & 0x3FF);
		}
		if (utf16_put(&w, v) == -1)
			return -1;
	}
	return (int)(w.pos - utf16);
}

int
mschap_nt_hash(uint8_t hash[MSCHAP_HASH], const char *password, size_t len)
{
	uint8_t utf16[2 * MSCHAP_PASSWORD_MAX];
	int n = utf16_of(utf16, password, len);

	if (n == -1)
		memset(hash, 0, MSCHAP_HASH);
	else
		crypto_md4(hash, &(struct crypto_piece){ utf16, (size_t)n }, 1);
	explicit_bzero(utf16, sizeof(utf16));
	return n == -1 ? -1 : 0;
}

int
mschap_lm_hash(uint8_t hash[MSCHAP_HASH], const char *password, size_t len)
{
	static const uint8_t block[8] = { 'K', 'G', 'S', '!', '@', '#', '$',
	    '%' };
	uint8_t upper[14] = { 0 };

	memset(hash, 0, MSCHAP_HASH);
	for (size_t i = 0; i < len; i++)
		if ((uint8_t)password[i] >= 0x80)
			return -1;
	for (size_t i = 0; i < len && i < sizeof(upper); i++)
		upper[i] = (uint8_t)(password[i] >= 'a' && password[i] <= 'z' ?
		    password[i] - 'a' + 'A' : password[i]);
	crypto_des(upper, block, hash);
	crypto_des(upper + 7, block, hash + 8);
	explicit_bzero(upper, sizeof(upper));
	return 0;
}

static void
hash_nt_hash(uint8_t hash[MSCHAP_HASH], const uint8_t nt_hash[MSCHAP_HASH])
{
	crypto_md4(hash, &(struct crypto_piece){ nt_hash, MSCHAP_HASH }, 1);
}

/* --- responses ------------------------------------------------------------ */

const char *
mschap_user(const char *name, size_t *len)
{
	const char *slash = memrchr(name, '\\', *len);

	if (slash == NULL)
		return name;
	*len -= (size_t)(slash + 1 - name);
	return slash + 1;
}

/* RFC 2433 appendix A.4: the hash, with five zeros, is three DES keys. */
void
mschap1_response(uint8_t response[MSCHAP_RESPONSE],
    const uint8_t challenge[MSCHAP1_CHALLENGE],
    const uint8_t hash[MSCHAP_HASH])
{
	uint8_t key[21] = { 0 };

	memcpy(key, hash, MSCHAP_HASH);
	for (int i = 0; i < 3; i++)
		crypto_des(key + 7 * i, challenge, response + 8 * i);
	explicit_bzero(key, sizeof(key));
}

/* RFC 2759 section 8.2. */
static void
challenge_hash(uint8_t hash[MSCHAP1_CHALLENGE], const struct mschap2 *m)
{
	uint8_t digest[CRYPTO_SHA1];
	size_t len = m->name_len;
	const char *user = mschap_user(m->name, &len);
	const struct crypto_piece pieces[] = {
		{ m->peer_challenge, MSCHAP2_CHALLENGE },
		{ m->challenge, MSCHAP2_CHALLENGE }, { user, len },
	};

	crypto_sha1(digest, pieces, PIECES(pieces));
	memcpy(hash, digest, MSCHAP1_CHALLENGE);
}

void
mschap2_response(uint8_t response[MSCHAP_RESPONSE], const struct mschap2 *m,
    const uint8_t nt_hash[MSCHAP_HASH])
{
	uint8_t challenge[MSCHAP1_CHALLENGE];

	challenge_hash(challenge, m);
	mschap1_response(response, challenge, nt_hash);
}

/* RFC 2759 section 8.7. */
static void
authenticator_response(uint8_t digest[CRYPTO_SHA1], const struct mschap2 *m,
    const uint8_t nt_hash[MSCHAP_HASH],
    const uint8_t response[MSCHAP_RESPONSE])
{
	uint8_t challenge[MSCHAP1_CHALLENGE], hash[MSCHAP_HASH];
	const struct crypto_piece first[] = {
		{ hash, MSCHAP_HASH }, { response, MSCHAP_RESPONSE },
		TEXT("Magic server to client signing constant"),
	}, second[] = {
		{ digest, CRYPTO_SHA1 }, { challenge, MSCHAP1_CHALLENGE },
		TEXT("Pad to make it do more than one iteration"),
	};

	hash_nt_hash(hash, nt_hash);
	challenge_hash(challenge, m);
	crypto_sha1(digest, first, PIECES(first));
	crypto_sha1(digest, second, PIECES(second));
	explicit_bzero(hash, sizeof(hash));
}

void
mschap2_success(char text[MSCHAP2_SUCCESS_SIZE], const struct mschap2 *m,
    const uint8_t nt_hash[MSCHAP_HASH],
    const uint8_t response[MSCHAP_RESPONSE])
{
	static const char digits[] = "0123456789ABCDEF";
	uint8_t digest[CRYPTO_SHA1];
	char *p = text;

	authenticator_response(digest, m, nt_hash, response);
	*p++ = 'S';
	*p++ = '=';
	for (size_t i = 0; i < sizeof(digest); i++) {
		*p++ = digits[digest[i] >> 4];
		*p++ = digits[digest[i] & 15];
	}
	*p = '\0';
}

/* The text after "M=", with or without blanks before. */
static void
find_message(struct cursor c, const char **message, size_t *len)
{
	while (c.left > 0 && *c.pos == ' ')
		cursor_skip(&c, 1);
	*message = NULL;
	*len = 0;
	if (c.left >= 2 && memcmp(c.pos, "M=", 2) == 0) {
		cursor_skip(&c, 2);
		*message = (const char *)c.pos;
		*len = c.left;
	}
}

bool
mschap2_proved(const char *success, size_t len, const struct mschap2 *m,
    const uint8_t nt_hash[MSCHAP_HASH],
    const uint8_t response[MSCHAP_RESPONSE], const char **message,
    size_t *message_len)
{
	struct cursor c = cursor_of(success, len);
	char want[MSCHAP2_SUCCESS_SIZE], got[MSCHAP2_SUCCESS_SIZE - 1];
	const uint8_t *start;

	*message = NULL;
	*message_len = 0;
	if (cursor_bytes(&c, sizeof(got), &start) == -1)
		return false;
	for (size_t i = 0; i < sizeof(got); i++)
		got[i] = (char)(start[i] >= 'a' && start[i] <= 'f' ?
		    start[i] - 'a' + 'A' : start[i]);
	find_message(c, message, message_len);
	mschap2_success(want, m, nt_hash, response);
	return crypto_equal(want, got, sizeof(got));
}

/* --- keys for MPPE -------------------------------------------------------- */

/* RFC 3079 section 3.4: the two texts, as the client sees them. */
static const char client_sends[] = "On the client side, this is the send key; "
    "on the server side, it is the receive key.";
static const char client_receives[] = "On the client side, this is the receive "
    "key; on the server side, it is the send key.";

static void
asymmetric_key(uint8_t key[MSCHAP_KEY], const uint8_t master[MSCHAP_KEY],
    const char *text)
{
	uint8_t zeros[40] = { 0 }, pad[40], digest[CRYPTO_SHA1];
	const struct crypto_piece pieces[] = {
		{ master, MSCHAP_KEY }, { zeros, sizeof(zeros) },
		{ text, strlen(text) }, { pad, sizeof(pad) },
	};

	memset(pad, 0xF2, sizeof(pad));
	crypto_sha1(digest, pieces, PIECES(pieces));
	memcpy(key, digest, MSCHAP_KEY);
	explicit_bzero(digest, sizeof(digest));
}

void
mschap2_start_keys(uint8_t send[MSCHAP_KEY], uint8_t receive[MSCHAP_KEY],
    bool server, const uint8_t nt_hash[MSCHAP_HASH],
    const uint8_t response[MSCHAP_RESPONSE])
{
	uint8_t hash[MSCHAP_HASH], master[CRYPTO_SHA1];
	const struct crypto_piece pieces[] = {
		{ hash, MSCHAP_HASH }, { response, MSCHAP_RESPONSE },
		TEXT("This is the MPPE Master Key"),
	};

	hash_nt_hash(hash, nt_hash);
	crypto_sha1(master, pieces, PIECES(pieces));
	asymmetric_key(send, master, server ? client_receives : client_sends);
	asymmetric_key(receive, master, server ? client_sends :
	    client_receives);
	explicit_bzero(hash, sizeof(hash));
	explicit_bzero(master, sizeof(master));
}

void
mschap1_long_key(uint8_t key[MSCHAP_KEY], const uint8_t twice[MSCHAP_HASH],
    const uint8_t challenge[MSCHAP1_CHALLENGE])
{
	const struct crypto_piece pieces[] = {
		{ twice, MSCHAP_HASH }, { twice, MSCHAP_HASH },
		{ challenge, MSCHAP1_CHALLENGE },
	};
	uint8_t digest[CRYPTO_SHA1];

	crypto_sha1(digest, pieces, PIECES(pieces));
	memcpy(key, digest, MSCHAP_KEY);
	explicit_bzero(digest, sizeof(digest));
}

void
mschap1_start_key(uint8_t key[MSCHAP_KEY], int bits,
    const uint8_t hash[MSCHAP_HASH],
    const uint8_t challenge[MSCHAP1_CHALLENGE])
{
	uint8_t twice[MSCHAP_HASH];

	if (bits != 128) {
		memcpy(key, hash, MSCHAP_KEY);
		return;
	}
	hash_nt_hash(twice, hash);
	mschap1_long_key(key, twice, challenge);
	explicit_bzero(twice, sizeof(twice));
}
