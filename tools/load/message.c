/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "tools/load/message.h"

#define NAME	"pptpalg-load"

/*
 * What both ends say beside IDs and codes (RFC 2637 section 2): version 1.0,
 * any framing and bearer, speeds and windows that real clients use.
 */
static const struct {
	enum message_type	type;
	uint8_t			offset, size;
	uint32_t		value;
} constants[] = {
	{ MESSAGE_SCCRQ, 12, 2, 0x0100 },
	{ MESSAGE_SCCRQ, 16, 4, 3 },
	{ MESSAGE_SCCRQ, 20, 4, 3 },
	{ MESSAGE_SCCRP, 12, 2, 0x0100 },
	{ MESSAGE_SCCRP, 16, 4, 3 },
	{ MESSAGE_SCCRP, 20, 4, 3 },
	{ MESSAGE_STOPRQ, 12, 1, 1 },
	{ MESSAGE_OCRQ, 16, 4, 300 },
	{ MESSAGE_OCRQ, 20, 4, 100000000 },
	{ MESSAGE_OCRQ, 24, 4, 3 },
	{ MESSAGE_OCRQ, 28, 4, 3 },
	{ MESSAGE_OCRQ, 32, 2, 64 },
	{ MESSAGE_OCRP, 20, 4, 100000000 },
	{ MESSAGE_OCRP, 24, 2, 64 },
};

static void
put_u16(uint8_t *at, uint16_t value)
{
	struct writer w = writer_of(at, 2);

	writer_u16(&w, value);
}

static void
put_u32(uint8_t *at, uint32_t value)
{
	struct writer w = writer_of(at, 4);

	writer_u32(&w, value);
}

static void
put(uint8_t *at, uint8_t size, uint32_t value)
{
	if (size == 1)
		*at = (uint8_t)value;
	else if (size == 2)
		put_u16(at, (uint16_t)value);
	else
		put_u32(at, value);
}

static void
write_ids(uint8_t *bytes, const struct message *row,
    const struct load_values *v)
{
	for (int i = 0; i < MESSAGE_ID_FIELDS; i++) {
		uint8_t *at = bytes + row->id[i].offset;

		switch (row->id[i].whose) {
		case MESSAGE_NOBODY:
			break;
		case MESSAGE_OWN_NEW:
		case MESSAGE_OWN_OR_PEER:
			put_u16(at, v->own);
			break;
		case MESSAGE_PEER:
		case MESSAGE_PEER_OR_OWN:
			put_u16(at, v->peer);
			break;
		}
	}
}

/* Writes a whole message; returns its length. */
static size_t
message_write(uint8_t bytes[MESSAGE_MAX_LEN], enum message_type type,
    const struct load_values *v)
{
	const struct message *row = message_of(type);
	struct writer w = writer_of(bytes, MESSAGE_HEADER_LEN);

	memset(bytes, 0, row->length);
	writer_u16(&w, row->length);
	writer_u16(&w, 1);
	writer_u32(&w, MESSAGE_COOKIE);
	writer_u16(&w, (uint16_t)type);
	write_ids(bytes, row, v);
	for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++)
		if (constants[i].type == type)
			put(bytes + constants[i].offset, constants[i].size,
			    constants[i].value);
	if (row->result != 0) {
		bytes[row->result] = v->result;
		bytes[row->result + 1] = v->error;
	}
	if (type == MESSAGE_ECHORQ || type == MESSAGE_ECHORP)
		put_u32(bytes + 12, v->identifier);
	if (type == MESSAGE_SCCRQ || type == MESSAGE_SCCRP) {
		memcpy(bytes + 28, NAME, sizeof NAME);
		memcpy(bytes + 92, NAME, sizeof NAME);
	}
	return row->length;
}

static uint16_t
id_at(const struct message *row, const uint8_t *bytes, int field)
{
	struct cursor c = cursor_of(bytes, row->length);
	uint16_t id = 0;

	if (cursor_skip(&c, row->id[field].offset) == 0)
		cursor_u16(&c, &id);
	return id;
}

/* What a checked message says; its sender's own is the reader's peer. */
static void
message_read(const struct message *row, const uint8_t *bytes,
    struct load_values *v)
{
	struct cursor c = cursor_of(bytes, row->length);

	memset(v, 0, sizeof *v);
	for (int i = 0; i < MESSAGE_ID_FIELDS; i++) {
		if (row->id[i].whose == MESSAGE_NOBODY)
			continue;
		if (row->id[i].whose == MESSAGE_OWN_NEW ||
		    row->id[i].whose == MESSAGE_OWN_OR_PEER)
			v->peer = id_at(row, bytes, i);
		else
			v->own = id_at(row, bytes, i);
	}
	if (cursor_skip(&c, 12) == 0)
		cursor_u32(&c, &v->identifier);
	c = cursor_of(bytes, row->length);
	if (row->result != 0 && cursor_skip(&c, row->result) == 0 &&
	    cursor_u8(&c, &v->result) == 0)
		cursor_u8(&c, &v->error);
}

/* Takes the first message from the buffer; -1 when the stream is gone. */
static int
stream_take(struct stream *s, const struct message *row,
    stream_handler *handler, void *arg)
{
	struct load_values v;
	struct cursor c = cursor_of(s->bytes, s->have);
	uint16_t type = 0;

	message_read(row, s->bytes, &v);
	if (cursor_skip(&c, 8) == 0)
		cursor_u16(&c, &type);
	s->have -= row->length;
	memmove(s->bytes, s->bytes + row->length, s->have);
	return handler(arg, (enum message_type)type, &v);
}

enum stream_end
stream_read(struct stream *s, stream_handler *handler, void *arg,
    enum reason *reason)
{
	const struct message *row;
	ssize_t n;

	n = recv(s->fd, s->bytes + s->have, sizeof s->bytes - s->have, 0);
	if (n == 0)
		return STREAM_EOF;
	if (n == -1)
		return errno == EAGAIN ? STREAM_OPEN : STREAM_ERROR;
	s->have += (size_t)n;
	for (;;) {
		*reason = message_check(s->bytes, s->have, &row);
		if (*reason != REASON_NONE)
			return STREAM_MALFORMED;
		if (row == NULL || s->have < row->length)
			return STREAM_OPEN;
		if (stream_take(s, row, handler, arg) == -1)
			return STREAM_OPEN;
	}
}

int
stream_send(const struct stream *s, enum message_type type,
    const struct load_values *v)
{
	uint8_t bytes[MESSAGE_MAX_LEN];
	size_t len = message_write(bytes, type, v);
	ssize_t n = send(s->fd, bytes, len, MSG_NOSIGNAL);

	if (n >= 0 && (size_t)n < len)
		errno = ENOBUFS;
	return n == (ssize_t)len ? 0 : -1;
}
