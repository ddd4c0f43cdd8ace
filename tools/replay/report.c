/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "tools/replay/report.h"

/* A reserved field is only worth a word when somebody used it. */
static bool
idle(const struct message_field *f, const uint8_t *bytes)
{
	if (strncmp(f->name, "Reserved", 8) != 0)
		return false;
	for (uint8_t i = 0; i < f->size; i++)
		if (bytes[f->offset + i] != 0)
			return false;
	return true;
}

/* Where Reserved0 is; what comes before is the same in all messages. */
#define FIRST_OFFSET	10

const struct message_field *
report_field(const struct message *row, const uint8_t *bytes,
    const struct message_field *f)
{
	uint16_t type = (uint16_t)(row - message_of(MESSAGE_SCCRQ) +
	    MESSAGE_SCCRQ);

	for (f = f == NULL ? message_fields_list() : f + 1; f->type != 0; f++)
		if (f->type == type && f->offset >= FIRST_OFFSET &&
		    !idle(f, bytes))
			return f;
	return NULL;
}
