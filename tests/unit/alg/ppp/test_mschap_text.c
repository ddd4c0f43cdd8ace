/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The texts of MS-CHAP's Success and Failure, read and written. */
#include <stdlib.h>

#include "alg/ppp/mschap.h"
#include "alg/ppp/mschap_failure.h"
#include "tests/unit/hex.h"

/* RFC 2759 section 9.2. */
#define NT_HASH		"44EBBA8D5312B8D611474411F56989AE"
#define RESPONSE	"82309ECD8D708B5EA08FAA3981CD83544233114A3D85D6DF"
#define PROOF		"S=407A5589115FD0D6209F510FE9C04566932CDA56"

/* Texts without a NUL behind them, so that a reader that goes on is seen. */
static char *
exact(const char *text, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);

	memcpy(copy, text, len);
	return copy;
}

static bool
proved(const char *text, size_t len, char *message, size_t size)
{
	struct mschap2 m = { hex("5B5D7C7D7B3F2F3E3C2C602132262628"),
	    hex("21402324255E262A28295F2B3A337C7E"), "User", 4 };
	char *copy = exact(text, len);
	const char *at;
	size_t n;
	bool yes;

	yes = mschap2_proved(copy, len, &m, hex(NT_HASH), hex(RESPONSE), &at,
	    &n);
	snprintf(message, size, "%.*s", (int)n, at != NULL ? at : "");
	free(copy);
	return yes;
}

static void
test_success(void **state)
{
	static const struct {
		const char	*text, *message;
		bool		 proof;
	} table[] = {
		{ PROOF, "", true },
		{ PROOF " M=Access granted", "Access granted", true },
		{ PROOF "M=Welcome", "Welcome", true },	/* Server 2019 */
		{ PROOF "   M=", "", true },
		{ PROOF " X=1 M=no", "", true },
		{ "S=407a5589115fd0d6209f510fe9c04566932cda56", "", true },
		{ "S=407A5589115FD0D6209F510FE9C04566932CDA57 M=a", "a",
		    false },
		{ "M=Access granted, whatever the digits might have been", "",
		    false },
		{ "", "", false },
	};
	char message[80];

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		assert_int_equal(proved(table[i].text, strlen(table[i].text),
		    message, sizeof(message)), table[i].proof);
		assert_string_equal(message, table[i].message);
	}
	for (size_t len = 0; len < strlen(PROOF); len++)
		assert_false(proved(PROOF, len, message, sizeof(message)));
}

static int
parse(struct mschap_failure *f, const char *text)
{
	size_t len = strlen(text);
	char *copy = exact(text, len);
	int result = mschap_failure_parse(f, copy, len);
	size_t at = f->message != NULL ? (size_t)(f->message - copy) : 0;

	f->message = f->message != NULL ? text + at : NULL;
	free(copy);
	return result;
}

static void
test_failure(void **state)
{
	struct mschap_failure f;

	assert_int_equal(parse(&f, "E=691 R=1 "
	    "C=00112233445566778899aAbBcCdDeEfF V=3 M=Not this time"), 0);
	assert_int_equal(f.error, MSCHAP_FAILURE_LOGIN);
	assert_true(f.retry);
	assert_int_equal(f.version, 3);
	assert_int_equal(f.challenge_len, MSCHAP2_CHALLENGE);
	assert_hex(f.challenge, "00112233445566778899AABBCCDDEEFF");
	assert_string_equal(f.message, "Not this time");
	assert_int_equal(f.message_len, 13);
	assert_int_equal(parse(&f, "E=648 R=0 C=102DB5DF085D3041 V=2"), 0);
	assert_int_equal(f.error, MSCHAP_FAILURE_EXPIRED);
	assert_false(f.retry);
	assert_int_equal(f.challenge_len, MSCHAP1_CHALLENGE);
	assert_null(f.message);
	assert_int_equal(parse(&f, "  R=1 Z=7 word E=42"), 0);
	assert_int_equal(f.error, 42);
	assert_int_equal(f.challenge_len, 0);
}

static void
test_bad_failures(void **state)
{
	static const char *const wrong[] = {
		"", "E", "E=", "E= 691", "R=1", "M=E=691", "e=691",
		"E=691 R=", "E=691 R=x", "E=691 C=", "E=691 C=0011",
		"E=691 C=102DB5DF085D304", "E=691 C=102DB5DF085D30411",
		"E=691 C=00112233445566778899AABBCCDDEEFF00",
		"E=691 V=", "E=9999999999", "E=691 V=99999999999999999999",
	};
	struct mschap_failure f;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(parse(&f, wrong[i]), -1);
}

static void
test_failure_is_built(void **state)
{
	static const char want[] = "E=691 R=1 "
	    "C=00112233445566778899AABBCCDDEEFF V=3 M=No";
	struct mschap_failure f = {
		.error = MSCHAP_FAILURE_LOGIN, .retry = true, .version = 3,
		.challenge_len = 16, .message = "Nobody", .message_len = 2,
	};
	char text[128];

	memcpy(f.challenge, hex("00112233445566778899AABBCCDDEEFF"), 16);
	assert_int_equal(mschap_failure_build(text, sizeof(text), &f),
	    strlen(want));
	assert_string_equal(text, want);
	f = (struct mschap_failure){ .error = MSCHAP_FAILURE_CHANGE };
	assert_int_equal(mschap_failure_build(text, sizeof(text), &f), 9);
	assert_string_equal(text, "E=709 R=0");
	for (size_t size = 0; size <= 9; size++)
		assert_int_equal(mschap_failure_build(text, size, &f), -1);
	assert_string_equal(mschap_failure_text(MSCHAP_FAILURE_NO_DIALIN),
	    "the account may not dial in");
	assert_null(mschap_failure_text(1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_success),
		cmocka_unit_test(test_failure),
		cmocka_unit_test(test_bad_failures),
		cmocka_unit_test(test_failure_is_built),
	};

	return cmocka_run_group_tests_name("mschap text", tests, NULL, NULL);
}
