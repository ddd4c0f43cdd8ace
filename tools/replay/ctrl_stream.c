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

/*
 * A segment beyond a gap, or damaged.  The translator waits until TCP sends
 * again; a capture cannot be asked for that.
 */
struct ctrl_stream_piece {
	uint64_t	 packet;
	uint32_t	 seq;
	uint16_t	 len;
	bool		 right;		/* its TCP checksum */
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

/* A packet that was kept says so only when what is before it has come. */
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
	if (s->ngrowth > 0 && packet < s->growth[s->ngrowth - 1].packet)
		packet = s->growth[s->ngrowth - 1].packet;
	s->growth[s->ngrowth++] = (struct ctrl_stream_growth){ packet,
	    ctrl_stream_len(s) };
	return 0;
}

/* Appends what is new of bytes that start at or before the end. */
static int
append_bytes(struct ctrl_stream *s, uint64_t packet, uint32_t seq,
    const uint8_t *data, uint16_t len)
{
	size_t known = (size_t)stream_known(&s->at, seq, len);
	size_t end = ctrl_stream_len(s);

	if (make_room(s, end + len - known) == -1)
		return -1;
	memcpy(s->bytes + end, data + known, len - known);
	s->at.next = s->at.end += (uint32_t)(len - known);
	return note_growth(s, packet);
}

/* Keeps a segment, sorted by its start. */
static int
keep_piece(struct ctrl_stream *s, struct ctrl_stream_piece as,
    const uint8_t *data)
{
	struct ctrl_stream_piece *p;
	size_t i;

	if (s->npieces == PIECES_MAX ||
	    tcp_diff(as.seq, s->at.end) > AHEAD_MAX) {
		s->lost += as.len;
		return 0;
	}
	p = realloc(s->pieces, (s->npieces + 1) * sizeof(*p));
	if (p == NULL)
		return -1;
	s->pieces = p;
	for (i = s->npieces; i > 0 && tcp_diff(p[i - 1].seq, as.seq) > 0; i--)
		p[i] = p[i - 1];
	p[i] = as;
	s->npieces++;
	p[i].bytes = malloc(as.len);
	if (p[i].bytes == NULL)
		return -1;
	memcpy(p[i].bytes, data, as.len);
	return 0;
}

/* Takes in kept segments up to the next gap; damaged ones only if told so. */
static int
join_pieces(struct ctrl_stream *s, bool damaged)
{
	struct ctrl_stream_piece *p;
	size_t left = 0;
	int32_t known;
	int bad = 0;

	for (size_t i = 0; i < s->npieces; i++) {
		p = &s->pieces[i];
		known = stream_known(&s->at, p->seq, p->len);
		if (known < 0 || (known < p->len && !p->right && !damaged)) {
			s->pieces[left++] = *p;
			continue;
		}
		if (known < p->len)
			bad |= append_bytes(s, p->packet, p->seq, p->bytes,
			    p->len);
		free(p->bytes);
	}
	s->npieces = left;
	return bad;
}

int
ctrl_stream_add(struct ctrl_stream *s, uint64_t packet, uint32_t seq,
    const uint8_t *data, uint16_t len, bool right)
{
	struct ctrl_stream_piece piece = { .packet = packet, .seq = seq,
	    .len = len, .right = right };
	int32_t known;

	s->sums_right |= right;
	if (!s->started && starts_message(data, len))
		ctrl_stream_start(s, seq);
	known = stream_known(&s->at, seq, len);
	if (!s->started || known == len || ctrl_stream_offset(s, seq) < 0)
		return 0;
	if (known < 0 || (!right && s->sums_right)) {
		/* The oldest damaged ones have waited long enough. */
		if (s->npieces == PIECES_MAX && join_pieces(s, true) == -1)
			return -1;
		return keep_piece(s, piece, data);
	}
	if (append_bytes(s, packet, seq, data, len) == -1)
		return -1;
	return join_pieces(s, false);
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
	size_t len;

	if (join_pieces(s, true) == -1)
		return -1;
	for (size_t i = 0; i < s->npieces; i++)
		s->lost += s->pieces[i].len;
	if (read_messages(s) == -1)
		return -1;
	len = ctrl_stream_len(s);
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
