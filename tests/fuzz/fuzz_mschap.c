/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The input as each of the things that a peer or a file of secrets gives:
 * message of a Success, of a Failure, UTF-8.
 */
#include "alg/ppp/mschap_failure.h"
#include "tests/fuzz/stage.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_inside(const char *text, size_t len, const char *part, size_t part_len)
{
	if (part != NULL)
		CHECK(part >= text && part + part_len <= text + len);
}

/* What was parsed, built again and parsed again is the same. */
static void
failure(const char *text, size_t len)
{
	struct mschap_failure f, again;
	char built[8192];
	int n;

	if (mschap_failure_parse(&f, text, len) == -1)
		return;
	check_inside(text, len, f.message, f.message_len);
	CHECK(f.challenge_len <= sizeof(f.challenge));
	n = mschap_failure_build(built, sizeof(built), &f);
	if (n == -1 || memchr(built, '\0', (size_t)n) != NULL)
		return;
	CHECK(n == (int)strlen(built));
	CHECK(mschap_failure_parse(&again, built, (size_t)n) == 0);
	CHECK(again.error == f.error && again.retry == f.retry);
	CHECK(again.version == f.version);
	CHECK(again.challenge_len == f.challenge_len);
	CHECK(memcmp(again.challenge, f.challenge, f.challenge_len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const uint8_t secret[MSCHAP_RESPONSE];
	const char *text = (const char *)bytes, *message;
	uint8_t hash[MSCHAP_HASH];
	struct mschap2 m = { secret, secret, text, len };
	size_t n = len;

	CHECK(!mschap2_proved(text, len, &m, secret, secret, &message, &n));
	check_inside(text, len, message, n);
	failure(text, len);
	(void)mschap_nt_hash(hash, text, len);
	n = len;
	message = mschap_user(text, &n);
	check_inside(text, len, message, n);
	return 0;
}
