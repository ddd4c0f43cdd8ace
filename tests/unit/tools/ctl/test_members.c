/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members of a line: found in any order, and nothing is read behind the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/ctl/members.h"

static const char line[] = "{\"call\":12,\"inside\":\"10.0.0.1\",\"user\":"
    "\"a\\\"b\\\\c\x7f\",\"alias\":null,\"parts\":[1,{\"q\":\"]}\"}],"
    "\"since\":1764461127.250,\"ok\":true}\n";

static void
text_is(struct members *all, const char *key, const char *want)
{
	char text[16];

	assert_string_equal(members_text(all, key, text, sizeof(text)), want);
}

static void
test_members(void **state)
{
	struct members all;
	char small[4];

	assert_true(members_read(&all, line, strlen(line)));
	text_is(&all, "since", "1764461127.250");
	text_is(&all, "call", "12");
	text_is(&all, "inside", "10.0.0.1");
	text_is(&all, "user", "a\"b\\c?");
	text_is(&all, "alias", "");
	text_is(&all, "parts", "");
	text_is(&all, "q", "");
	text_is(&all, "ok", "true");
	assert_string_equal(members_text(&all, "inside", small, 4), "10.");
	assert_float_equal(members_number(&all, "since"), 1764461127.25, 0);
	assert_float_equal(members_number(&all, "alias"), -1, 0);
	assert_float_equal(members_number(&all, "inside"), -1, 0);
	assert_float_equal(members_number(&all, "call_id"), -1, 0);
}

/* Each part of a line that is no whole object, in memory of that size. */
static void
test_broken(void **state)
{
	static const char *const broken[] = { "", "[1]", "{\"a\"}", "{a:1}",
	    "{\"a\":}", "{\"a\":1", "{\"a\":1 \"b\":2}", "{\"a\":\"\\\"}" };
	struct members all;

	for (size_t n = 0; n + 1 < strlen(line); n++) {
		char *part = malloc(n + 1);

		memcpy(part, line, n);
		assert_false(members_read(&all, part, n));
		free(part);
	}
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		assert_false(members_read(&all, broken[i], strlen(broken[i])));
	assert_true(members_read(&all, " { } ", 5));
	text_is(&all, "a", "");
}

/* What there is no room for is not seen. */
static void
test_many(void **state)
{
	char many[2000] = "{\"a\":1";
	struct members all;

	for (int i = 0; i < 2 * MEMBERS_MAX; i++)
		strcat(many, ",\"b\":2");
	strcat(many, ",\"c\":3}");
	assert_true(members_read(&all, many, strlen(many)));
	text_is(&all, "a", "1");
	text_is(&all, "c", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
