/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fields of control messages, against the table of messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "alg/pptp/message.h"
#include "alg/pptp/message_fields.h"

static const struct message_field *
find(uint16_t type, const char *name)
{
	for (const struct message_field *f = message_fields_list();
	     f->type != 0; f++)
		if (f->type == type && strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

/* The rows of a type follow each other without hole or overlap to its end. */
static void
test_fields_cover_every_message(void **state)
{
	const struct message_field *f = message_fields_list();
	const struct message *m;
	unsigned end;

	for (uint16_t type = 1; (m = message_of(type)) != NULL; type++) {
		for (end = 0; f->type == type; f++) {
			assert_int_equal(f->offset, end);
			end += f->size;
		}
		assert_int_equal(end, m->length);
	}
	assert_int_equal(f->type, 0);
}

/* The call ID fields that are translated are those called so. */
static void
test_ids_are_named(void **state)
{
	const struct message *m;
	const struct message_field *f;
	const char *name;

	for (f = message_fields_list(); f->type != 0; f++) {
		m = message_of(f->type);
		for (int i = 0; i < MESSAGE_ID_FIELDS; i++) {
			if (m->id[i].whose == MESSAGE_NOBODY ||
			    m->id[i].offset != f->offset)
				continue;
			name = m->id[i].whose == MESSAGE_PEER ||
			    m->id[i].whose == MESSAGE_PEER_OR_OWN ?
			    "Peer's Call ID" : "Call ID";
			assert_string_equal(f->name, name);
			assert_int_equal(f->size, 2);
		}
		if (m->result != 0 && m->result == f->offset)
			assert_string_equal(f->name, "Result Code");
	}
}

static void
test_codes(void **state)
{
	static const struct {
		uint16_t	 type;
		const char	*field;
		uint32_t	 value;
		const char	*meaning;
	} t[] = {
		{ MESSAGE_SCCRP, "Result Code", 4,
		    "requester is not authorized" },
		{ MESSAGE_OCRP, "Result Code", 1, "connected" },
		{ MESSAGE_OCRP, "Result Code", 7, "do not accept" },
		{ MESSAGE_ICRP, "Result Code", 3, "do not accept" },
		{ MESSAGE_CDN, "Result Code", 3, "admin shutdown" },
		{ MESSAGE_CDN, "Result Code", 0, "unknown" },
		{ MESSAGE_OCRP, "Error Code", 4, "no resource" },
		{ MESSAGE_CDN, "Cause Code", 16, "normal call clearing" },
		{ MESSAGE_CDN, "Cause Code", 65535, "unknown" },
		{ MESSAGE_STOPRQ, "Reason", 3, "local shutdown" },
		{ MESSAGE_OCRQ, "Framing Type", 3, "either" },
		{ MESSAGE_OCRQ, "Call ID", 1, "unknown" },
	};
	const struct message_field *f;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		f = find(t[i].type, t[i].field);
		assert_non_null(f);
		assert_string_equal(
		    message_fields_code(f, t[i].value), t[i].meaning);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields_cover_every_message),
		cmocka_unit_test(test_ids_are_named),
		cmocka_unit_test(test_codes),
	};

	return cmocka_run_group_tests_name("field", tests, NULL, NULL);
}
