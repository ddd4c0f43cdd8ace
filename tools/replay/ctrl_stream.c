/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts captured segments in the order of their sequence numbers, remembers
 * when what had come, and tells control messages apart.
 */
#include <stdlib.h>
#include <string.h>

#include "alg/pptp/tcp.h"
#include "tools/replay/ctrl_stream.h"

#define PIECES_MAX	1024	/* segments kept beyond a gap */
#define AHEAD_MAX	(1 << 20)	/* bytes that they may be ahead */

struct ctrl_stream_piece {
	size_t		 start, len;
	uint8_t		*bytes;
};

void
ctrl_stream_start(struct ctrl_stream *s, uint32_t seq)
{
	if (s->started)
		return;
	s->started = true;
	s->base = seq;
}

int64_t
ctrl_stream_offset(const struct ctrl_stream *s, uint32_t seq, size_t near)
{
	return (int64_t)near + tcp_diff(seq, s->base + (uint32_t)near);
}

/* Does a message start here?  Asked where a stream's start is not known. */
static bool
starts_message(const uint8_t *data, size_t len)
{
	const struct message *row;

	return len >= MESSAGE_HEADER_LEN &&
	    message_check(data, len, &row) == REASON_NONE;
}

static int
make_room(struct ctrl_stream *s, size_t len)
{
	size_t room = s->room != 0 ? s->room : 512;
	uint8_t *bytes;

	while (room < len)
		room *= 2;
	if (room == s->room)
		return 0;
	bytes = realloc(s->bytes, room);
	if (bytes == NULL)
		return -1;
	s->bytes = bytes;
	s->room = room;
	return 0;
}

/* Appends what is new of bytes that start at or before the end. */
static int
append_bytes(
    struct ctrl_stream *s, size_t start, const uint8_t *data, size_t len)
{
	size_t known = s->len - start;

	if (known >= len)
		return 0;
	if (make_room(s, start + len) == -1)
		return -1;
	memcpy(s->bytes + s->len, data + known, len - known);
	s->len = start + len;
	return 0;
}

/* Keeps a segment beyond a gap, sorted by its start. */
static int
keep_piece(struct ctrl_stream *s, size_t start, const uint8_t *data, size_t len)
{
	struct ctrl_stream_piece *p;
	size_t i;

	if (s->npieces == PIECES_MAX || start - s->len > AHEAD_MAX) {
		s->lost += len;
		return 0;
	}
	p = realloc(s->pieces, (s->npieces + 1) * sizeof(*p));
	if (p == NULL)
		return -1;
	s->pieces = p;
	for (i = s->npieces; i > 0 && p[i - 1].start > start; i--)
		p[i] = p[i - 1];
	p[i] = (struct ctrl_stream_piece){ start, len, malloc(len) };
	s->npieces++;
	if (p[i].bytes == NULL)
		return -1;
	memcpy(p[i].bytes, data, len);
	return 0;
}

/* Takes in kept segments that the end has come up to. */
static int
join_pieces(struct ctrl_stream *s)
{
	size_t n = 0;
	int bad = 0;

	while (n < s->npieces && s->pieces[n].start <= s->len) {
		bad |= append_bytes(s, s->pieces[n].start, s->pieces[n].bytes,
		    s->pieces[n].len);
		free(s->pieces[n++].bytes);
	}
	if (n == 0)
		return bad;
	s->npieces -= n;
	memmove(s->pieces, s->pieces + n, s->npieces * sizeof(*s->pieces));
	return bad;
}

static int
note_growth(struct ctrl_stream *s, uint64_t packet)
{
	struct ctrl_stream_growth *g;

	/* Room for powers of two. */
	if ((s->ngrowth & (s->ngrowth - 1)) == 0) {
		g = realloc(s->growth, (s->ngrowth != 0 ? s->ngrowth * 2 : 1) *
		    sizeof(*g));
		if (g == NULL)
			return -1;
		s->growth = g;
	}
	s->growth[s->ngrowth++] = (struct ctrl_stream_growth){ packet, s->len };
	return 0;
}

int
ctrl_stream_add(struct ctrl_stream *s, uint64_t packet, uint32_t seq,
    const uint8_t *data, size_t len)
{
	size_t before = s->len;
	int64_t start;

	if (!s->started && starts_message(data, len))
		ctrl_stream_start(s, seq);
	if (!s->started || len == 0)
		return 0;
	start = ctrl_stream_offset(s, seq, s->len);
	if (start < 0 || start + (int64_t)len <= (int64_t)s->len)
		return 0;
	if (start > (int64_t)s->len)
		return keep_piece(s, (size_t)start, data, len);
	if (append_bytes(s, (size_t)start, data, len) == -1 ||
	    join_pieces(s) == -1)
		return -1;
	return s->len > before ? note_growth(s, packet) : 0;
}

void
ctrl_stream_add_fin(struct ctrl_stream *s, uint64_t packet, uint32_t seq)
{
	int64_t at = ctrl_stream_offset(s, seq, s->len);

	if (!s->started || s->fin || at < 0)
		return;
	s->fin = true;
	s->fin_at = (size_t)at;
	s->fin_packet = packet;
}

static int
cut_messages(struct ctrl_stream *s)
{
	const struct message *row;
	struct ctrl_stream_message *m;
	size_t room = 0;

	while (s->cut < s->len) {
		s->wrong = message_check(s->bytes + s->cut, s->len - s->cut,
		    &row);
		if (s->wrong != REASON_NONE || row == NULL ||
		    row->length > s->len - s->cut)
			return 0;
		if (s->nmessages == room) {
			room = room * 2 + 16;
			m = realloc(s->messages, room * sizeof(*m));
			if (m == NULL)
				return -1;
			s->messages = m;
		}
		s->messages[s->nmessages++] =
		    (struct ctrl_stream_message){ s->cut, row, false };
		s->cut += row->length;
	}
	return 0;
}

int
ctrl_stream_finish(struct ctrl_stream *s)
{
	for (size_t i = 0; i < s->npieces; i++)
		s->lost += s->pieces[i].len;
	if (cut_messages(s) == -1)
		return -1;
	if (s->len == 0)
		return 0;
	s->came = malloc(s->len);
	s->goes = malloc(s->len);
	if (s->came == NULL || s->goes == NULL)
		return -1;
	memcpy(s->came, s->bytes, s->len);
	memcpy(s->goes, s->bytes, s->len);
	return 0;
}

void
ctrl_stream_free(struct ctrl_stream *s)
{
	for (size_t i = 0; i < s->npieces; i++)
		free(s->pieces[i].bytes);
	free(s->pieces);
	free(s->bytes);
	free(s->came);
	free(s->goes);
	free(s->growth);
	free(s->messages);
}

size_t
ctrl_stream_len_at(const struct ctrl_stream *s, uint64_t packet)
{
	size_t low = 0, high = s->ngrowth, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (s->growth[middle].packet <= packet)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? 0 : s->growth[low - 1].len;
}

struct ctrl_stream_message *
ctrl_stream_message_at(const struct ctrl_stream *s, size_t offset)
{
	size_t low = 0, high = s->nmessages, middle;

	if (offset >= s->cut)
		return NULL;
	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (s->messages[middle].start <= offset)
			low = middle;
		else
			high = middle;
	}
	return &s->messages[low];
}

uint32_t
ctrl_stream_number(const uint8_t *bytes, size_t size)
{
	struct cursor c = cursor_of(bytes, size);
	uint32_t v = 0;
	uint8_t byte;

	while (cursor_u8(&c, &byte) == 0)
		v = v << 8 | byte;
	return v;
}
