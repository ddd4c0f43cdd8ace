/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hashes, DES and RC4 by the known answers of their specifications. */
#include <nettle/des.h>

#include "alg/ppp/crypto.h"
#include "tests/unit/hex.h"

/* Each text also cut into three pieces. */
static void
check_hash(void (*hash)(uint8_t *, const struct crypto_piece *, size_t),
    const char *text, const char *digest)
{
	size_t len = strlen(text);
	struct crypto_piece piece[3] = { { text, len } };
	uint8_t got[20];

	hash(got, piece, 1);
	assert_hex(got, digest);
	for (size_t a = 0; a <= len; a++)
		for (size_t b = a; b <= len; b++) {
			piece[0] = (struct crypto_piece){ text, a };
			piece[1] = (struct crypto_piece){ text + a, b - a };
			piece[2] = (struct crypto_piece){ text + b, len - b };
			hash(got, piece, 3);
			assert_hex(got, digest);
		}
}

/* RFC 1320 section A.5, RFC 1321 section A.5, FIPS 180-1 appendix A. */
static void
test_hashes(void **state)
{
	check_hash(crypto_md4, "", "31d6cfe0d16ae931b73c59d7e0c089c0");
	check_hash(crypto_md4, "message digest",
	    "d9130a8164549fe818874806e1c7014b");
	check_hash(crypto_md5, "", "d41d8cd98f00b204e9800998ecf8427e");
	check_hash(crypto_md5, "message digest",
	    "f96b697d7cb7938d525a2f31aaf161d0");
	check_hash(crypto_sha1, "abc",
	    "a9993e364706816aba3e25717850c26c9cd0d89d");
	check_hash(crypto_sha1,
	    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	    "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
}

/* CHAP-MD5 of RFC 1994: identifier, secret, challenge. */
static void
test_chap(void **state)
{
	const struct crypto_piece first[] = {
		{ hex("01"), 1 }, { "secret", 6 },
		{ hex("000102030405060708090a0b0c0d0e0f"), 16 },
	}, second[] = {
		{ hex("42"), 1 }, { "clientPass", 10 },
		{ hex("5B5D7C7D7B3F2F3E3C2C602132262628"), 16 },
	};
	uint8_t digest[CRYPTO_MD5];

	crypto_md5(digest, first, 3);
	assert_hex(digest, "740E86463BDA3A4D7017D6E0FBA0699D");
	crypto_md5(digest, second, 3);
	assert_hex(digest, "F3DD75C773BE4A5A7080F52EDEF67063");
}

/* RFC 2759 section 9.3: the NT hash of "MyPw" as three keys. */
static void
test_des_key(void **state)
{
	const uint8_t *hash = hex("FC156AF7EDCD6C0EDDE3337D427F4EAC"
	    "0000000000");
	static const char *const keys[] = { "FD0B5B5E7F6E34D9",
	    "0E6E796737EA08FE", "4F57010101010101" };
	const uint8_t *block = hex("102DB5DF085D3041");
	uint8_t want[8], got[8];
	struct des_ctx c;

	for (int i = 0; i < 3; i++) {
		assert_true(des_check_parity(8, hex(keys[i])));
		des_set_key(&c, hex(keys[i]));
		des_encrypt(&c, 8, want, block);
		crypto_des(hash + 7 * i, block, got);
		assert_memory_equal(got, want, 8);
	}
}

/* The hash of some password starts with the weak key of all zeros. */
static void
test_des(void **state)
{
	uint8_t block[8];

	crypto_des(hex("00000000000000"), hex("0000000000000000"), block);
	assert_hex(block, "8CA64DE9C1B123A7");
	memcpy(block, "KGS!@#$%", 8);
	crypto_des((const uint8_t *)"MYPW\0\0\0", block, block);
	assert_hex(block, "75BA30198E6D1975");
}

/* RFC 6229: the first bytes of the keystream. */
static void
test_rc4(void **state)
{
	static const struct {
		size_t		 len;
		const char	*stream;
	} table[] = {
		{ 5, "b2396305f03dc027ccc3524a0a1118a8" },
		{ 7, "293f02d47f37c9b633f2af5285feb46b" },
		{ 8, "97ab8a1bf0afb96132f2f67258da15a8" },
		{ 16, "9ac7cc9a609d1ef7b2932899cde41b97" },
		{ 32, "eaa6bd25880bf93d3f5d1e4ca2611d91" },
	};
	static const uint8_t zeros[16];
	uint8_t key[32], out[16];
	struct crypto_rc4 rc4;

	for (uint8_t i = 0; i < sizeof(key); i++)
		key[i] = i + 1;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		crypto_rc4_key(&rc4, key, table[i].len);
		crypto_rc4(&rc4, out, zeros, sizeof(out));
		assert_hex(out, table[i].stream);
	}
	crypto_rc4_key(&rc4, (const uint8_t *)"Key", 3);
	memcpy(out, "Plaintext", 9);
	crypto_rc4(&rc4, out, out, 4);		/* it goes on, in place */
	crypto_rc4(&rc4, out + 4, out + 4, 5);
	assert_hex(out, "BBF316E8D940AF0AD3");
}

static void
test_equal(void **state)
{
	uint8_t a[24] = { 1, 2, 3 }, b[24] = { 1, 2, 3 };

	assert_true(crypto_equal(a, b, sizeof(a)));
	assert_true(crypto_equal(a, b, 0));
	for (size_t i = 0; i < sizeof(a); i++) {
		b[i] ^= 0x80;
		assert_false(crypto_equal(a, b, sizeof(a)));
		assert_true(crypto_equal(a, b, i));
		b[i] ^= 0x80;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hashes),
		cmocka_unit_test(test_chap),
		cmocka_unit_test(test_des_key),
		cmocka_unit_test(test_des),
		cmocka_unit_test(test_rc4),
		cmocka_unit_test(test_equal),
	};

	return cmocka_run_group_tests_name("crypto", tests, NULL, NULL);
}
