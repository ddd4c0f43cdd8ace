/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets of RFC 2865, and what is not one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alg/ppp/crypto.h"
#include "alg/radius/radius_user.h"
#include "tests/unit/hex.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

static const struct radius_secret secret = { "xyzzy5461", 9 };

/* RFC 2865 section 7.1: the request's authenticator, and the reply. */
static const char authenticator[] = "0f403f9473978057bd83d5cb98f4227a";
static const char accept[] = "02000026 86fe220e7624ba2a1005f6bf9b55e0b2"
    "06060000 00010f06 00000000 0e06c0a8 0103";

static void
begin(struct radius_packet *p, enum radius_code code)
{
	uint8_t bytes[RADIUS_AUTHENTICATOR];

	hex_bytes(bytes, sizeof(bytes), authenticator);
	radius_packet_begin(p, code, 0, bytes);
}

static void
password_is_hidden(void **ctx)
{
	struct radius_packet p;
	uint8_t hidden[16];

	hex_bytes(hidden, sizeof(hidden), "0dbe708d93d413ce3196e43f782a0aee");
	begin(&p, RADIUS_ACCESS_REQUEST);
	radius_packet_add_password(&p, &secret, (const uint8_t *)"arctangent",
	    10);
	assert_memory_equal(p.bytes + p.len - 16, hidden, 16);
	/* As many blocks as it takes, and one at least. */
	begin(&p, RADIUS_ACCESS_REQUEST);
	radius_packet_add_password(&p, &secret, (const uint8_t *)"", 0);
	assert_int_equal(p.len, RADIUS_HEADER + 18 + 18);
	radius_packet_add_password(&p, &secret,
	    (const uint8_t *)"seventeen letters", 17);
	assert_int_equal(p.len, RADIUS_HEADER + 18 + 18 + 34);
	assert_false(p.full);
}

/* A valid signature of old; but without the newer one it could be forged. */
static void
reply_without_message_authenticator(void **ctx)
{
	struct radius_packet p;
	uint8_t bytes[64];
	size_t len = hex_bytes(bytes, sizeof(bytes), accept);

	begin(&p, RADIUS_ACCESS_REQUEST);
	assert_int_equal(radius_packet_check(bytes, &len, &p, &secret),
	    RADIUS_FAULT_UNSIGNED);
	for (size_t i = 0; i < len; i++) {
		bytes[i] ^= 1;
		assert_int_not_equal(radius_packet_check(bytes, &len, &p,
		    &secret), RADIUS_FAULT_UNSIGNED);
		bytes[i] ^= 1;
		len = 38;
	}
}

/* Makes a reply to p that is signed in both ways. */
static size_t
sign_reply(uint8_t *bytes, size_t size, const struct radius_packet *p,
    const char *attributes)
{
	const struct crypto_piece pieces[] = { { bytes, 0 },
	    { secret.bytes, secret.len } };
	struct crypto_piece all[2] = { pieces[0], pieces[1] };
	size_t len = 38 + hex_bytes(bytes + 38, size - 38, attributes);
	uint8_t sum[16];

	memset(bytes, 0, 38);
	bytes[0] = RADIUS_ACCESS_ACCEPT;
	bytes[2] = (uint8_t)(len >> 8);
	bytes[3] = (uint8_t)len;
	memcpy(bytes + 4, p->bytes + 4, 16);
	bytes[20] = RADIUS_MESSAGE_AUTHENTICATOR;
	bytes[21] = 18;
	crypto_hmac_md5(sum, secret.bytes, secret.len, bytes, len);
	memcpy(bytes + 22, sum, sizeof(sum));
	all[0].len = len;
	crypto_md5(sum, all, 2);
	memcpy(bytes + 4, sum, sizeof(sum));
	return len;
}

static const char settings[] =
    "0806 0a630032 0906 ffffff00 0c06 00000514 1b06 00000e10 1c06 0000003c"
    "1904 aabb 1904 ccdd"
    "1a0c 00000137 1c06 0a000003"
    "1610 3230332e302e3131332e302f3234"
    "1a0c 00000137 0706 00000002 1a0c 00000137 0806 00000004";

static void
reply_says_what_a_user_has(void **ctx)
{
	const struct radius_asked asked = { .method = PPP_PAP };
	struct radius_packet p;
	struct radius_user u;
	uint8_t bytes[512];
	size_t len;

	begin(&p, RADIUS_ACCESS_REQUEST);
	len = sign_reply(bytes, sizeof(bytes), &p, settings);
	assert_int_equal(radius_packet_check(bytes, &len, &p, &secret),
	    RADIUS_FAULT_NONE);
	assert_int_equal(radius_user_read(&u, &asked, bytes, len, &p,
	    &secret), PPP_OK);
	assert_int_equal(u.address, 0x0a630032);
	assert_int_equal(u.netmask, 0xffffff00);
	assert_int_equal(u.mtu, 1300);
	assert_int_equal(u.session, 3600);
	assert_int_equal(u.idle, 60);
	assert_int_equal(u.dns[0], 0x0a000003);
	assert_int_equal(u.nclasses, 2);
	assert_int_equal(u.classes[1].bytes[0], 0xcc);
	assert_int_equal(u.nroutes, 1);
	assert_int_equal(u.routes[0].to, 0xcb007100);
	assert_true(u.mppe_required);
	assert_int_equal(u.mppe, PPP_MPPE_128);
}

/* Any bit that is changed, and any end that is cut off. */
static void
reply_that_was_changed(void **ctx)
{
	struct radius_packet p;
	uint8_t bytes[512];
	size_t i, n, len;

	begin(&p, RADIUS_ACCESS_REQUEST);
	len = sign_reply(bytes, sizeof(bytes), &p, settings);
	for (i = 0; i < 8 * len; i++) {
		bytes[i / 8] ^= (uint8_t)(1U << i % 8);
		n = len;
		assert_int_not_equal(radius_packet_check(bytes, &n, &p,
		    &secret), RADIUS_FAULT_NONE);
		bytes[i / 8] ^= (uint8_t)(1U << i % 8);
	}
	for (i = 0; i < len; i++) {
		n = i;
		assert_int_equal(radius_packet_check(bytes, &n, &p, &secret),
		    RADIUS_FAULT_MALFORMED);
	}
}

static void
routes(void **ctx)
{
	static const struct {
		const char	*text;
		int		 result;
		uint32_t	 to, metric;
		uint8_t		 bits;
	} table[] = {
		{ "203.0.113.0/24 0.0.0.0 1", 0, 0xcb007100, 1, 24 },
		{ "203.0.113.0/24", 0, 0xcb007100, 0, 24 },
		{ "203.0.113.7", 0, 0xcb007107, 0, 32 },
		{ "203.0.113.0/24  192.0.2.1", 0, 0xcb007100, 0, 24 },
		{ "203.0.113.1/24", -1, 0, 0, 0 },
		{ "0.0.0.0/0", -1, 0, 0, 0 },
		{ "203.0.113.0/33", -1, 0, 0, 0 },
		{ "203.0.113", -1, 0, 0, 0 }, { "", -1, 0, 0, 0 },
		{ "256.0.0.0/8", -1, 0, 0, 0 },
		{ "203.0.113.0/24x", -1, 0, 0, 0 },
		{ "203.0.113.0/24 x", -1, 0, 0, 0 },
	};
	const struct radius_asked asked = { .method = PPP_PAP };
	struct radius_packet request, p;
	struct radius_user u;

	begin(&request, RADIUS_ACCESS_REQUEST);
	for (size_t i = 0; i < NELEM(table); i++) {
		begin(&p, RADIUS_ACCESS_ACCEPT);
		radius_packet_add(&p, RADIUS_FRAMED_ROUTE, table[i].text,
		    strlen(table[i].text));
		assert_int_equal(radius_user_read(&u, &asked, p.bytes, p.len,
		    &request, &secret), PPP_OK);
		assert_int_equal(u.nroutes, table[i].result == 0);
		if (u.nroutes == 0)
			continue;
		assert_int_equal(u.routes[0].to, table[i].to);
		assert_int_equal(u.routes[0].bits, table[i].bits);
		assert_int_equal(u.routes[0].metric, table[i].metric);
	}
}

static void
too_much_for_a_packet(void **ctx)
{
	uint8_t value[RADIUS_VALUE_MAX] = { 0 };
	struct radius_packet p;

	begin(&p, RADIUS_ACCOUNTING_REQUEST);
	for (int i = 0; i < 10; i++)
		radius_packet_add(&p, RADIUS_CLASS, value, sizeof(value));
	assert_true(p.full);
	radius_packet_sign(&p, &secret, 7);
	assert_in_range(p.len, RADIUS_HEADER, RADIUS_REQUEST_MAX);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(password_is_hidden),
		cmocka_unit_test(reply_without_message_authenticator),
		cmocka_unit_test(reply_says_what_a_user_has),
		cmocka_unit_test(reply_that_was_changed),
		cmocka_unit_test(routes),
		cmocka_unit_test(too_much_for_a_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
