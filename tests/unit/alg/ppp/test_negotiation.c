/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What frames of both ends of a link add up to: who is logged in, and how. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "alg/ppp/negotiation.h"

#define FRAME_MAX	128
#define OUT		ALG_OUTBOUND
#define IN		ALG_INBOUND

struct heard {
	enum alg_dir	 dir;
	const char	*hex;
};

static size_t
bytes_of(const char *hex, uint8_t *bytes)
{
	size_t n = 0;
	unsigned v;
	int used;

	for (; sscanf(hex, " %2x%n", &v, &used) == 1; hex += used)
		bytes[n++] = (uint8_t)v;
	return n;
}

/* Frames as they come, the last with hex NULL. */
static bool
hear(struct negotiation side[2], const struct heard *h, struct alg_login *is)
{
	uint8_t bytes[FRAME_MAX];
	struct dissect d;
	char line[200];

	for (; h->hex != NULL; h++) {
		dissect_frame(bytes, bytes_of(h->hex, bytes), line,
		    sizeof(line), &d);
		negotiation_heard(&side[h->dir], &d);
	}
	return negotiation_login(side, is);
}

/* LCP: the outside end asks for MS-CHAPv2; "ann" answers. */
static const struct heard chap[] = {
	{ IN, "c021 0101 0009 0305 c22381" },
	{ OUT, "c021 0201 0009 0305 c22381" },
	{ OUT, "c021 0101 0004" }, { IN, "c021 0201 0004" },
	{ IN, "c223 0101 0007 01aa 62" }, { OUT, "c223 0201 0009 01bb 616e6e" },
	{ IN, "c223 0301 0006 533d" }, { OUT, NULL }
};

static const struct heard ipcp[] = {
	{ OUT, "8021 0101 000a 0306 0a000002" },
	{ IN, "8021 0201 000a 0306 0a000002" },
	{ IN, "8021 0101 000a 0306 0a000001" },
	{ OUT, "8021 0201 000a 0306 0a000001" }, { OUT, NULL }
};

static void
test_login(void **state)
{
	static const struct heard mppe[] = {
		{ OUT, "80fd 0201 000a 1206 01000040" },
		{ IN, "80fd 0201 000a 1206 01000020" }, { OUT, NULL }
	};
	struct negotiation side[2] = { 0 };
	struct alg_login is;

	assert_false(hear(side, chap, &is));
	assert_true(hear(side, ipcp, &is));
	assert_int_equal(is.method, ALG_METHOD_MSCHAP_V2);
	assert_string_equal(is.user, "ann");
	assert_int_equal(is.encryption, ALG_ENCRYPTION_NONE);
	assert_int_equal(is.address[OUT], 0x0a000002);
	assert_int_equal(is.address[IN], 0x0a000001);
	/* The weaker way is what counts. */
	assert_true(hear(side, mppe, &is));
	assert_int_equal(is.encryption, ALG_ENCRYPTION_40);
}

/* Nobody was asked, and data passes without IPCP's being seen. */
static void
test_without_login(void **state)
{
	static const struct heard data[] = {
		{ OUT, "21 45000014" }, { IN, "0021 45000014" }, { OUT, NULL }
	};
	static const struct heard lcp[] = {
		{ OUT, "c021 0101 0004" }, { IN, "c021 0101 0004" },
		{ OUT, NULL }
	};
	struct negotiation side[2] = { 0 };
	struct alg_login is;

	/* That began before it was read. */
	assert_false(hear(side, data, &is));
	assert_true(hear(side, lcp, &is));
	assert_int_equal(is.method, ALG_METHOD_NONE);
	assert_string_equal(is.user, "");
	assert_int_equal(is.encryption, ALG_ENCRYPTION_NONE);
	assert_int_equal(is.address[OUT], 0);
}

/* PAP towards the inside end; what is no text is escaped. */
static void
test_pap_inbound(void **state)
{
	static const struct heard pap[] = {
		{ IN, "c021 0101 0004" }, { OUT, "c021 0101 0008 0304 c023" },
		{ IN, "c023 0101 000b 03 1b41 22 02 6162" },
		{ OUT, "c023 0201 0005 00" }, { OUT, NULL }
	};
	struct negotiation side[2] = { 0 };
	struct alg_login is;

	assert_false(hear(side, pap, &is));
	assert_true(hear(side, ipcp, &is));
	assert_int_equal(is.method, ALG_METHOD_PAP);
	assert_string_equal(is.user, "\\x1bA\\x22");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_without_login),
		cmocka_unit_test(test_pap_inbound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
