/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MS-CHAP's calculations by the examples of RFCs and by real logins. */
#include "alg/ppp/crypto.h"
#include "alg/ppp/mschap.h"
#include "tests/unit/hex.h"

/* One real exchange of MS-CHAPv2. */
struct exchange {
	const char	*name, *password, *challenge, *peer_challenge;
	const char	*challenge_hash, *nt_hash, *response, *success;
	const char	*server_sends, *client_sends;	/* start keys */
};

static const struct exchange exchanges[] = {
	/* RFC 2759 section 9.2, RFC 3079 section 3.5 */
	{ "User", "clientPass", "5B5D7C7D7B3F2F3E3C2C602132262628",
	    "21402324255E262A28295F2B3A337C7E", "D02E4386BCE91226",
	    "44EBBA8D5312B8D611474411F56989AE",
	    "82309ECD8D708B5EA08FAA3981CD83544233114A3D85D6DF",
	    "S=407A5589115FD0D6209F510FE9C04566932CDA56",
	    "8B7CDC149B993A1BA118CB153F56DCCB",
	    "D5F0E9521E3EA9589645E86051C82226" },
	/* Windows 2000 and PoPToP */
	{ "scott", "turquoise", "E3A5D0775370BDA51E16219A06B0278F",
	    "84C4B33E00D9231645598ACF91C38480", "7C00A1A403CA7DF5",
	    "18073343F630B5F82C38C03437F2816B",
	    "565FE2492FD5FB88EDAEC934C00D282C046227406C31609B",
	    "S=CEE89947F2DCA18C95F551C2E9E676504112C722",
	    "F4A91354E1957D8FF2FB619F2E194A5A",
	    "01118AE7C6D7A768CEEDDC8D484CEAF9" },
	/* pptp-linux and PoPToP, 2012 */
	{ "moxie", "bPCFyF2uL1p5Lg5yrKmqmY", "258D4FC024F111512D0B61F9C375AEE1",
	    "ABFE01E6C759850155B4D8D6258CDB67", "6D0E1C056CD94D5F",
	    "653885DFDE892A0740D4374DE3D0C3D4",
	    "1C93ABCE815400686BAECA315F348469256420598A73AD49",
	    "S=54644F81E5F18C0EE9E26776495D6BC7ADDFB767", NULL, NULL },
};

static struct mschap2
exchange_of(const struct exchange *x, const char *name)
{
	return (struct mschap2){ hex(x->challenge), hex(x->peer_challenge),
	    name, strlen(name) };
}

static void
check_exchange(const struct exchange *x)
{
	struct mschap2 m = exchange_of(x, x->name);
	uint8_t hash[16], response[24], send[16], receive[16];
	char success[MSCHAP2_SUCCESS_SIZE];

	assert_int_equal(mschap_nt_hash(hash, x->password,
	    strlen(x->password)), 0);
	assert_hex(hash, x->nt_hash);
	mschap1_response(response, hex(x->challenge_hash), hash);
	assert_hex(response, x->response);
	mschap2_response(response, &m, hash);
	assert_hex(response, x->response);
	mschap2_success(success, &m, hash, response);
	assert_string_equal(success, x->success);
	if (x->server_sends == NULL)
		return;
	mschap2_start_keys(send, receive, true, hash, response);
	assert_hex(send, x->server_sends);
	assert_hex(receive, x->client_sends);
	mschap2_start_keys(send, receive, false, hash, response);
	assert_hex(send, x->client_sends);
	assert_hex(receive, x->server_sends);
}

static void
test_exchanges(void **state)
{
	for (size_t i = 0; i < sizeof(exchanges) / sizeof(*exchanges); i++)
		check_exchange(&exchanges[i]);
}

/* Only the part after the last backslash is hashed, and its case counts. */
static void
test_names(void **state)
{
	static const char *const same[] = { "DOMAIN\\User", "\\User",
	    "a\\b\\User" };
	const struct exchange *x = &exchanges[0];
	struct mschap2 m;
	uint8_t response[24], want[24];
	size_t len = 5;

	for (size_t i = 0; i < 3; i++) {
		m = exchange_of(x, same[i]);
		mschap2_response(response, &m, hex(x->nt_hash));
		assert_hex(response, x->response);
	}
	m = exchange_of(x, "user");
	mschap2_response(response, &m, hex(x->nt_hash));
	mschap1_response(want, hex("E4D87CE5EA699C89"), hex(x->nt_hash));
	assert_memory_equal(response, want, 24);
	assert_string_equal(mschap_user("\\User", &len), "User");
	assert_int_equal(len, 4);
	len = 2;
	mschap_user("a\\", &len);
	assert_int_equal(len, 0);
	len = 3;	/* the backslash is not part of it */
	assert_int_equal(*mschap_user("abc\\d", &len), 'a');
	assert_int_equal(len, 3);
}

static void
check_nt_hash(const char *password, const char *digest)
{
	uint8_t hash[16];

	assert_int_equal(mschap_nt_hash(hash, password, strlen(password)), 0);
	assert_hex(hash, digest);
}

static void
test_passwords(void **state)
{
	check_nt_hash("", "31D6CFE0D16AE931B73C59D7E0C089C0");
	check_nt_hash("MyPw", "FC156AF7EDCD6C0EDDE3337D427F4EAC");
	check_nt_hash("p\xC3\xA4ssw\xC3\xB6rd",
	    "0553152250AC01ADB4213CB9938663E4");
	check_nt_hash("\xD0\xBF\xD0\xB0\xD1\x80\xD0\xBE\xD0\xBB\xD1\x8C",
	    "507E3EE80DF7DB7C1FDD8D50AE8DB606");
}

/* The hash is that of these bytes. */
static void
check_utf16(const char *utf8, const char *want)
{
	uint8_t bytes[64], digest[16], hash[16];
	size_t n = hex_bytes(bytes, sizeof(bytes), want);

	crypto_md4(digest, &(struct crypto_piece){ bytes, n }, 1);
	assert_int_equal(mschap_nt_hash(hash, utf8, strlen(utf8)), 0);
	assert_memory_equal(hash, digest, 16);
}

static void
check_refused(const char *password, size_t len)
{
	uint8_t hash[16];

	assert_int_equal(mschap_nt_hash(hash, password, len), -1);
	assert_hex(hash, "00000000000000000000000000000000");
}

static void
test_utf16(void **state)
{
	static const char *const wrong[] = {
		"\x80", "\xC3", "\xC3(", "\xE2\x82", "\xF0\x9F\x98",
		"\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF",
		"\xED\xA0\x80", "\xED\xBF\xBF", "\xF4\x90\x80\x80",
		"\xF5\x80\x80\x80", "\xF8\x88\x80\x80\x80", "\xFF", "a\xFE",
	};

	check_utf16("clientPass", "63006C00690065006E0074005000610073007300");
	check_utf16("\xE2\x82\xAC", "AC20");
	check_utf16("\xF0\x9F\x98\x80", "3DD800DE");
	check_utf16("\xF4\x8F\xBF\xBF", "FFDBFFDF");
	check_utf16("\xED\x9F\xBF\xEE\x80\x80", "FFD700E0");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		check_refused(wrong[i], strlen(wrong[i]));
}

/* 256 units at most, whatever they take in UTF-8. */
static void
test_long_passwords(void **state)
{
	char text[4 * 129];
	uint8_t hash[16];

	memset(text, 'x', sizeof(text));
	assert_int_equal(mschap_nt_hash(hash, text, 256), 0);
	check_refused(text, 257);
	for (size_t i = 0; i < 129; i++)
		memcpy(text + 4 * i, "\xF0\x9F\x98\x80", 4);
	assert_int_equal(mschap_nt_hash(hash, text, 4 * 128), 0);
	check_refused(text, 4 * 129);
	text[0] = 'x';
	text[3] = 'x';
	check_refused(text + 3, 4 * 128 + 1);
}

/* RFC 2433 appendix B. */
static void
test_v1(void **state)
{
	const uint8_t *challenge = hex("102DB5DF085D3041");
	uint8_t hash[16], response[24];

	assert_int_equal(mschap_nt_hash(hash, "MyPw", 4), 0);
	mschap1_response(response, challenge, hash);
	assert_hex(response, "4E9D3C8F9CFD385D5BF4D3246791956C"
	    "A4C351AB409A3D61");
	assert_int_equal(mschap_lm_hash(hash, "MyPw", 4), 0);
	assert_hex(hash, "75BA30198E6D1975AAD3B435B51404EE");
	mschap1_response(response, challenge, hash);
	assert_hex(response, "91881D0152AB0C33C524135EC24A95EE"
	    "64E23CDC2D33347D");
}

static void
test_lm_hash(void **state)
{
	uint8_t hash[16], other[16];

	assert_int_equal(mschap_lm_hash(hash, "ABCDEFGHIJKLMN", 14), 0);
	assert_int_equal(mschap_lm_hash(other, "abcdefghijklmnop", 16), 0);
	assert_memory_equal(hash, other, 16);
	assert_int_equal(mschap_lm_hash(hash, "p\xC3\xA4ss", 5), -1);
	assert_hex(hash, "00000000000000000000000000000000");
}

/*
 * RFC 3079 section 2.5.  Its step 3 prints the key with "CCA" where its own
 * step 4 and the computation have "CAC".
 */
static void
test_v1_keys(void **state)
{
	const uint8_t *challenge = hex("102DB5DF085D3041");
	uint8_t nt[16], lm[16], key[16];

	assert_int_equal(mschap_nt_hash(nt, "clientPass", 10), 0);
	assert_int_equal(mschap_lm_hash(lm, "clientPass", 10), 0);
	assert_hex(lm, "76A152936096D7830E2390227404AFD2");
	mschap1_start_key(key, 128, nt, challenge);
	assert_hex(key, "A8947850CFC0ACC1D1789FB62DDCDDB0");
	mschap1_start_key(key, 56, lm, challenge);
	assert_memory_equal(key, lm, 8);
	mschap1_start_key(key, 40, lm, challenge);
	assert_memory_equal(key, lm, 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exchanges),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_passwords),
		cmocka_unit_test(test_utf16),
		cmocka_unit_test(test_long_passwords),
		cmocka_unit_test(test_v1),
		cmocka_unit_test(test_lm_hash),
		cmocka_unit_test(test_v1_keys),
	};

	return cmocka_run_group_tests_name("mschap", tests, NULL, NULL);
}
