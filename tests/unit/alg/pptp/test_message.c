/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of control messages, against what RFC 2637 draws. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "alg/pptp/message.h"

/* What RFC 2637 draws in sections 2.1 to 2.15; offsets are from length on. */
static const struct {
	uint16_t	 type;
	const char	*name, *abbrev;
	uint16_t	 length;
	uint8_t		 id, peer_id;	/* where they are drawn, or 0 */
	uint8_t		 result;
} rfc[] = {
	{ 1, "Start-Control-Connection-Request", "SCCRQ", 156, 0, 0, 0 },
	{ 2, "Start-Control-Connection-Reply", "SCCRP", 156, 0, 0, 14 },
	{ 3, "Stop-Control-Connection-Request", "StopCCRQ", 16, 0, 0, 0 },
	{ 4, "Stop-Control-Connection-Reply", "StopCCRP", 16, 0, 0, 12 },
	{ 5, "Echo-Request", "EchoRQ", 16, 0, 0, 0 },
	{ 6, "Echo-Reply", "EchoRP", 20, 0, 0, 16 },
	{ 7, "Outgoing-Call-Request", "OCRQ", 168, 12, 0, 0 },
	{ 8, "Outgoing-Call-Reply", "OCRP", 32, 12, 14, 16 },
	{ 9, "Incoming-Call-Request", "ICRQ", 220, 12, 0, 0 },
	{ 10, "Incoming-Call-Reply", "ICRP", 24, 12, 14, 16 },
	{ 11, "Incoming-Call-Connected", "ICCN", 28, 0, 12, 0 },
	{ 12, "Call-Clear-Request", "CCRQ", 16, 12, 0, 0 },
	{ 13, "Call-Disconnect-Notify", "CDN", 148, 12, 0, 14 },
	{ 14, "WAN-Error-Notify", "WEN", 40, 0, 12, 0 },
	{ 15, "Set-Link-Info", "SLI", 24, 0, 12, 0 },
};

#define ROWS	(sizeof(rfc) / sizeof(rfc[0]))

/* Where a row says that the sender's or the receiver's ID is. */
static uint8_t
place(const struct message *m, int peers)
{
	for (int i = 0; i < MESSAGE_ID_FIELDS; i++) {
		int peer = m->id[i].whose == MESSAGE_PEER ||
		    m->id[i].whose == MESSAGE_PEER_OR_OWN;

		if (m->id[i].whose != MESSAGE_NOBODY && peer == peers)
			return m->id[i].offset;
	}
	return 0;
}

static void
test_rows_are_the_rfcs(void **state)
{
	assert_int_equal(ROWS, MESSAGE_TYPES - 1);
	for (size_t i = 0; i < ROWS; i++) {
		const struct message *m = message_of(rfc[i].type);

		assert_non_null(m);
		assert_string_equal(m->name, rfc[i].name);
		assert_string_equal(m->abbrev, rfc[i].abbrev);
		assert_int_equal(m->length, rfc[i].length);
		assert_int_equal(place(m, 0), rfc[i].id);
		assert_int_equal(place(m, 1), rfc[i].peer_id);
		assert_int_equal(m->result, rfc[i].result);
	}
}

/* A new ID is assigned by requests for calls and by their replies only. */
static void
test_new_ids(void **state)
{
	for (uint16_t type = 1; type < MESSAGE_TYPES; type++) {
		const struct message *m = message_of(type);
		int assigns = type >= MESSAGE_OCRQ && type <= MESSAGE_ICRP;

		assert_int_equal(m->id[0].whose == MESSAGE_OWN_NEW, assigns);
		assert_int_not_equal(m->id[1].whose, MESSAGE_OWN_NEW);
	}
}

static void
test_no_other_types(void **state)
{
	assert_null(message_of(0));
	for (unsigned type = MESSAGE_TYPES; type <= UINT16_MAX; type++)
		assert_null(message_of((uint16_t)type));
}

static void
put16(uint8_t *bytes, uint16_t v)
{
	bytes[0] = (uint8_t)(v >> 8);
	bytes[1] = (uint8_t)v;
}

/* A header as it should be; what follows does not matter. */
static void
write_message(uint8_t bytes[MESSAGE_MAX_LEN], uint16_t length, uint16_t type)
{
	static const uint8_t cookie[] = { 0x1A, 0x2B, 0x3C, 0x4D };

	memset(bytes, 0xEE, MESSAGE_MAX_LEN);
	put16(bytes, length);
	put16(bytes + 2, 1);
	memcpy(bytes + 4, cookie, sizeof(cookie));
	put16(bytes + 8, type);
}

/* Every beginning of a right message is right; its type is known in time. */
static void
test_every_prefix(void **state)
{
	uint8_t bytes[MESSAGE_MAX_LEN];
	const struct message *row;

	for (size_t i = 0; i < ROWS; i++) {
		write_message(bytes, rfc[i].length, rfc[i].type);
		for (size_t have = 0; have <= rfc[i].length; have++) {
			assert_int_equal(message_check(bytes, have, &row),
			    REASON_NONE);
			assert_ptr_equal(row, have < 10 ? NULL :
			    message_of(rfc[i].type));
		}
	}
}

/* From byte `from` on this is wrong for this reason, and before it is not. */
static void
check_wrong(const uint8_t *bytes, size_t from, enum reason reason)
{
	const struct message *row;

	for (size_t have = 0; have <= MESSAGE_HEADER_LEN; have++)
		assert_int_equal(message_check(bytes, have, &row),
		    have < from ? REASON_NONE : reason);
}

static void
test_wrong_lengths(void **state)
{
	uint8_t bytes[MESSAGE_MAX_LEN];

	for (size_t i = 0; i < ROWS; i++) {
		for (unsigned len = 0; len <= UINT16_MAX;
		    len += 1 + len / 256) {
			if (len == rfc[i].length)
				continue;
			write_message(bytes, (uint16_t)len, rfc[i].type);
			/* No message of any type is so short or long. */
			check_wrong(bytes, len < 12 || len > 220 ? 2 : 10,
			    REASON_BAD_LENGTH);
		}
	}
}

static void
test_wrong_headers(void **state)
{
	uint8_t bytes[MESSAGE_MAX_LEN];

	for (unsigned type = 0; type <= UINT16_MAX; type++) {
		write_message(bytes, 16, MESSAGE_ECHORQ);
		put16(bytes + 2, (uint16_t)type);
		if (type != 1)
			check_wrong(bytes, 4, REASON_BAD_MESSAGE_TYPE);
		write_message(bytes, 16, (uint16_t)type);
		if (type < 1 || type > 15)
			check_wrong(bytes, 10, REASON_BAD_CONTROL_TYPE);
	}
	for (size_t byte = 4; byte < 8; byte++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			write_message(bytes, 16, MESSAGE_ECHORQ);
			bytes[byte] ^= (uint8_t)(1 << bit);
			check_wrong(bytes, byte + 1, REASON_BAD_COOKIE);
		}
	}
}

/* Reserved fields and all values behind the header are not judged. */
static void
test_reserved_is_not_judged(void **state)
{
	uint8_t bytes[MESSAGE_MAX_LEN];
	const struct message *row;

	for (unsigned v = 0; v < 256; v++) {
		write_message(bytes, 32, MESSAGE_OCRP);
		memset(bytes + 10, (int)v, 22);
		assert_int_equal(message_check(bytes, 32, &row), REASON_NONE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_are_the_rfcs),
		cmocka_unit_test(test_new_ids),
		cmocka_unit_test(test_no_other_types),
		cmocka_unit_test(test_every_prefix),
		cmocka_unit_test(test_wrong_lengths),
		cmocka_unit_test(test_wrong_headers),
		cmocka_unit_test(test_reserved_is_not_judged),
	};

	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
