/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control messages made and read field by field. */
#include <assert.h>
#include <string.h>

#include "alg/endpoint/ctrl_message.h"
#include "alg/pptp/message_fields.h"

static const struct message_field *
find_field(uint16_t type, const char *name)
{
	const struct message_field *f = message_fields_of(type);

	while (f->type == type && strcmp(f->name, name) != 0)
		f++;
	assert(f->type == type);
	return f;
}

void
ctrl_message_make(struct ctrl_message *m, uint16_t type)
{
	struct writer w = writer_of(m->bytes, MESSAGE_HEADER_LEN);

	*m = (struct ctrl_message){
		.type = type, .len = message_of(type)->length
	};
	writer_u16(&w, m->len);
	writer_u16(&w, MESSAGE_CONTROL);
	writer_u32(&w, MESSAGE_COOKIE);
	writer_u16(&w, type);
}

void
ctrl_message_read(struct ctrl_message *m, const uint8_t *bytes,
    const struct message *row)
{
	struct writer w = writer_of(m->bytes, sizeof(m->bytes));

	m->type = message_type(row);
	m->len = row->length;
	writer_bytes(&w, bytes, m->len);
}

void
ctrl_message_set(struct ctrl_message *m, const char *field, uint32_t value)
{
	const struct message_field *f = find_field(m->type, field);
	struct writer w = writer_of(m->bytes + f->offset, f->size);

	if (f->size == 1)
		writer_u8(&w, (uint8_t)value);
	else if (f->size == 2)
		writer_u16(&w, (uint16_t)value);
	else
		writer_u32(&w, value);
}

uint32_t
ctrl_message_get(const struct ctrl_message *m, const char *field)
{
	const struct message_field *f = find_field(m->type, field);
	struct cursor c = cursor_of(m->bytes + f->offset, f->size);
	uint32_t value = 0;
	uint8_t byte;

	while (cursor_u8(&c, &byte) == 0)
		value = value << 8 | byte;
	return value;
}

/* The last byte stays 0: some peers want one. */
void
ctrl_message_set_text(struct ctrl_message *m, const char *field,
    const char *text)
{
	const struct message_field *f = find_field(m->type, field);
	struct writer w = writer_of(m->bytes + f->offset, f->size);

	writer_bytes(&w, (const uint8_t *)text, strnlen(text, f->size - 1U));
}

void
ctrl_message_get_text(const struct ctrl_message *m, const char *field,
    char text[CTRL_MESSAGE_TEXT + 1])
{
	const struct message_field *f = find_field(m->type, field);

	memcpy(text, m->bytes + f->offset, CTRL_MESSAGE_TEXT);
	text[CTRL_MESSAGE_TEXT] = '\0';
}

const char *
ctrl_message_code(uint16_t type, const char *field, uint32_t value)
{
	return message_fields_code(find_field(type, field), value);
}
