/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts captured segments in the order of their sequence numbers, remembers
 * when what had come, and tells control messages apart.
 */
#include <stdlib.h>
#include <string.h>

#include "alg/pptp/tcp.h"
#include "alg/translate/ctrl_reader.h"
#include "tools/replay/ctrl_stream.h"

#define PIECES_MAX	1024	/* segments kept beyond a gap */
#define AHEAD_MAX	(1 << 20)	/* bytes that they may be ahead */

/* The translator lets TCP send again what is beyond a gap; a capture cannot. */
struct ctrl_stream_piece {
	uint32_t	 seq;
	uint16_t	 len;
	uint8_t		*bytes;
};

void
ctrl_stream_start(struct ctrl_stream *s, uint32_t seq)
{
	if (s->started)
		return;
	s->started = true;
	stream_start(&s->at, seq, 0);
}

size_t
ctrl_stream_len(const struct ctrl_stream *s)
{
	return s->at.end - s->at.base;
}

int64_t
ctrl_stream_offset(const struct ctrl_stream *s, uint32_t seq)
{
	return tcp_diff(seq, s->at.base);
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
append_bytes(struct ctrl_stream *s, uint32_t seq, const uint8_t *data,
    uint16_t len)
{
	size_t known = (size_t)stream_known(&s->at, seq, len);
	size_t end = ctrl_stream_len(s);

	if (make_room(s, end + len - known) == -1)
		return -1;
	memcpy(s->bytes + end, data + known, len - known);
	s->at.next = s->at.end += (uint32_t)(len - known);
	return 0;
}

/* Keeps a segment beyond a gap, sorted by its start. */
static int
keep_piece(struct ctrl_stream *s, uint32_t seq, const uint8_t *data,
    uint16_t len)
{
	struct ctrl_stream_piece *p;
	size_t i;

	if (s->npieces == PIECES_MAX ||
	    tcp_diff(seq, s->at.end) > AHEAD_MAX) {
		s->lost += len;
		return 0;
	}
	p = realloc(s->pieces, (s->npieces + 1) * sizeof(*p));
	if (p == NULL)
		return -1;
	s->pieces = p;
	for (i = s->npieces; i > 0 && tcp_diff(p[i - 1].seq, seq) > 0; i--)
		p[i] = p[i - 1];
	p[i] = (struct ctrl_stream_piece){ seq, len, malloc(len) };
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
	struct ctrl_stream_piece *p = s->pieces;
	size_t n;
	int bad = 0;

	for (n = 0; n < s->npieces && stream_known(&s->at, p[n].seq,
	    p[n].len) >= 0; n++) {
		bad |= append_bytes(s, p[n].seq, p[n].bytes, p[n].len);
		free(p[n].bytes);
	}
	if (n == 0)
		return bad;
	s->npieces -= n;
	memmove(p, p + n, s->npieces * sizeof(*p));
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
	s->growth[s->ngrowth++] = (struct ctrl_stream_growth){ packet,
	    ctrl_stream_len(s) };
	return 0;
}

int
ctrl_stream_add(struct ctrl_stream *s, uint64_t packet, uint32_t seq,
    const uint8_t *data, uint16_t len)
{
	int32_t known;

	if (!s->started && starts_message(data, len))
		ctrl_stream_start(s, seq);
	known = stream_known(&s->at, seq, len);
	if (!s->started || known == len || ctrl_stream_offset(s, seq) < 0)
		return 0;
	if (known < 0)
		return keep_piece(s, seq, data, len);
	if (append_bytes(s, seq, data, len) == -1 || join_pieces(s) == -1)
		return -1;
	return note_growth(s, packet);
}

void
ctrl_stream_add_fin(struct ctrl_stream *s, uint64_t packet, uint32_t seq)
{
	int64_t at = ctrl_stream_offset(s, seq);

	if (!s->started || s->fin || at < 0)
		return;
	s->fin = true;
	s->fin_at = (size_t)at;
	s->fin_packet = packet;
}

static int
add_message(struct ctrl_stream *s, size_t start, const struct message *row)
{
	struct ctrl_stream_message *more;

	/* Room for powers of two. */
	if ((s->nmessages & (s->nmessages - 1)) == 0) {
		more = realloc(s->messages, (s->nmessages != 0 ?
		    s->nmessages * 2 : 1) * sizeof(*more));
		if (more == NULL)
			return -1;
		s->messages = more;
	}
	s->messages[s->nmessages++] = (struct ctrl_stream_message){ start,
	    row, false };
	return 0;
}

static int
read_messages(struct ctrl_stream *s)
{
	const struct message *row;
	uint16_t have;
	size_t start;

	while (s->at.message != s->at.end) {
		start = s->at.message - s->at.base;
		s->wrong = ctrl_reader_look(&s->at, s->bytes + start, &row,
		    &have);
		if (s->wrong != REASON_NONE || row == NULL ||
		    have < row->length)
			return 0;
		if (add_message(s, start, row) == -1)
			return -1;
		s->at.message += have;
	}
	return 0;
}

int
ctrl_stream_finish(struct ctrl_stream *s)
{
	size_t len = ctrl_stream_len(s);

	for (size_t i = 0; i < s->npieces; i++)
		s->lost += s->pieces[i].len;
	if (read_messages(s) == -1)
		return -1;
	if (len == 0)
		return 0;
	s->original = malloc(len);
	s->rewritten = malloc(len);
	if (s->original == NULL || s->rewritten == NULL)
		return -1;
	memcpy(s->original, s->bytes, len);
	memcpy(s->rewritten, s->bytes, len);
	return 0;
}

void
ctrl_stream_free(struct ctrl_stream *s)
{
	for (size_t i = 0; i < s->npieces; i++)
		free(s->pieces[i].bytes);
	free(s->pieces);
	free(s->bytes);
	free(s->original);
	free(s->rewritten);
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

	if (offset >= s->at.message - s->at.base)
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

const uint8_t *
ctrl_stream_unread(const struct ctrl_stream *s, size_t *len)
{
	*len = s->at.end - s->at.message;
	return s->bytes + (s->at.message - s->at.base);
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
