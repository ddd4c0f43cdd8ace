/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one firewall writes of a session, the other one reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "alg/record/record_header.h"
#include "alg/record/session_record.h"

static const struct session_record session = {
	.local = 0xC0000201, .peer = 0xC6336407, .local_port = 1723,
	.peer_port = 40000, .address = 0x0A63000A, .sends = 0xFFFFFFF0,
	.expects = 17, .owner = 0x0123456789ABCDEF
};

static void
test_both_kinds(void **state)
{
	uint8_t record[SESSION_RECORD_MAX], end[SESSION_RECORD_MAX];
	struct session_record over = session, read;
	size_t len = session_record_write(&session, record);

	over.over = true;
	assert_true(session_record_read(record, len, &read));
	assert_int_equal(session_record_write(&read, end), len);
	assert_memory_equal(record, end, len);
	len = session_record_write(&over, end);
	assert_true(session_record_read(end, len, &read));
	assert_true(read.over && read.address == session.address);
	/* Both are kept by one name. */
	assert_memory_equal(record + RECORD_HEADER, end + RECORD_HEADER,
	    SESSION_RECORD_KEY);
}

/* Cut anywhere, longer, of another kind: with right checksums. */
static void
test_impossible(void **state)
{
	uint8_t record[SESSION_RECORD_MAX + 1] = { 0 };
	size_t len = session_record_write(&session, record);
	struct session_record read;

	for (size_t n = 0; n < len; n++)
		assert_false(session_record_read(record, n, &read));
	record[RECORD_HEADER] ^= 1;
	assert_false(session_record_read(record, len, &read));
	for (size_t n = RECORD_HEADER; n <= len + 1; n++) {
		record_header_seal(record, n, RECORD_SESSION);
		assert_true(session_record_read(record, n, &read) ==
		    (n == len));
	}
	record_header_seal(record, len, RECORD_SESSION_END);
	assert_false(session_record_read(record, len, &read));
	record_header_seal(record, len, RECORD_CALL);
	assert_false(session_record_read(record, len, &read));
}

static void
test_owners(void **state)
{
	uint64_t owner = session_record_owner("office", "ann");

	assert_true(owner == session_record_owner("office", "ann"));
	assert_true(owner != session_record_owner("office", "bob"));
	assert_true(owner != session_record_owner("home", "ann"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_kinds),
		cmocka_unit_test(test_impossible),
		cmocka_unit_test(test_owners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
