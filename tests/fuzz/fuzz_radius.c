/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The input as what comes from a RADIUS server: checked, and read as if its
 * signature were right.  The first byte says how the user has logged in.
 */
#include "alg/radius/radius_user.h"
#include "tests/fuzz/stage.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
walk_attributes(const uint8_t *bytes, size_t len)
{
	struct radius_walk w = radius_packet_walk(bytes, len);
	struct radius_attribute a;

	while (radius_packet_next(&w, &a)) {
		CHECK(a.value.left <= RADIUS_VALUE_MAX);
		CHECK(a.value.pos >= bytes &&
		    a.value.pos + a.value.left <= bytes + len);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t len)
{
	static const struct radius_secret secret = { "secret", 6 };
	struct radius_asked asked = { .method = PPP_PAP };
	uint8_t authenticator[RADIUS_AUTHENTICATOR] = { 1 };
	uint8_t bytes[RADIUS_PACKET_MAX];
	struct radius_packet request;
	struct radius_user user;
	size_t own;

	if (len < 1 || len > sizeof(bytes))
		return 0;
	asked.method = (enum ppp_method)(1U << (*input & 3));
	own = --len;
	memcpy(bytes, input + 1, len);
	radius_packet_begin(&request, RADIUS_ACCESS_REQUEST, 0, authenticator);
	(void)radius_packet_check(bytes, &own, &request, &secret);
	CHECK(memcmp(bytes, input + 1, len) == 0 && own <= len);
	(void)radius_packet_check(bytes, &own, NULL, &secret);
	if (own < RADIUS_HEADER)
		return 0;
	walk_attributes(bytes, own);
	if (radius_user_read(&user, &asked, bytes, own, &request,
	    &secret) == PPP_OK)
		CHECK(user.nclasses <= RADIUS_USER_CLASSES &&
		    user.nroutes <= RADIUS_USER_ROUTES);
	radius_user_change(&user, bytes, own);
	return 0;
}
