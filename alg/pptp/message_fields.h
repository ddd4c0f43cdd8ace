/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fields of control messages by name (RFC 2637 section 2). */
#ifndef ALG_PPTP_MESSAGE_FIELDS_H
#define ALG_PPTP_MESSAGE_FIELDS_H

#include <stdint.h>

/* The fields of control messages, for printing (RFC 2637 section 2). */
enum message_field_show {
	FIELD_DEC, FIELD_HEX, FIELD_BITS, FIELD_TEXT, FIELD_CODE
};

struct message_field {
	uint16_t	 type;		/* enum message_type */
	const char	*name;		/* as the RFC spells it */
	uint8_t		 offset;	/* from the message's start */
	uint8_t		 size;		/* bytes: 1, 2, 4, 16, 64, 128 */
	enum message_field_show	 show;
};

/* All fields of all types in wire order; ends with a row of type 0. */
const struct message_field	*message_fields_list(void);

/* From the first field of a type on: its others follow, then other types. */
const struct message_field	*message_fields_of(uint16_t type);

/*
 * What a value means in that field: result, error, reason and cause codes;
 * "unknown" for a value the RFC does not list.  Static storage.
 */
const char *message_fields_code(const struct message_field *, uint32_t value);

#endif
