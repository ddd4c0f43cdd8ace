/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "alg/pptp/tcp.h"
#include "tools/replay/ctrl_stream.h"

#define PIECES_MAX	1024	/* segments kept beyond a gap */
#define AHEAD_MAX	(1 << 20)	/* bytes that they may be ahead */

struct talk_piece {
	size_t		 start, len;
	uint8_t		*bytes;
};

void
talk_start(struct talk *t, uint32_t seq)
{
	if (t->started)
		return;
	t->started = true;
	t->base = seq;
}

int64_t
talk_offset(const struct talk *t, uint32_t seq, size_t near)
{
	return (int64_t)near + tcp_diff(seq, t->base + (uint32_t)near);
}

/* Does a message start here?  Asked where a stream's start is not known. */
static bool
plausible(const uint8_t *data, size_t len)
{
	const struct message *row;

	return len >= MESSAGE_HEADER_LEN &&
	    message_check(data, len, &row) == REASON_NONE;
}

static int
grow(struct talk *t, size_t len)
{
	size_t room = t->room != 0 ? t->room : 512;
	uint8_t *bytes;

	while (room < len)
		room *= 2;
	if (room == t->room)
		return 0;
	bytes = realloc(t->bytes, room);
	if (bytes == NULL)
		return -1;
	t->bytes = bytes;
	t->room = room;
	return 0;
}

/* Appends what is new of bytes that start at or before the end. */
static int
append(struct talk *t, size_t start, const uint8_t *data, size_t len)
{
	size_t known = t->len - start;

	if (known >= len)
		return 0;
	if (grow(t, start + len) == -1)
		return -1;
	memcpy(t->bytes + t->len, data + known, len - known);
	t->len = start + len;
	return 0;
}

/* Keeps a segment beyond a gap, sorted by its start. */
static int
keep(struct talk *t, size_t start, const uint8_t *data, size_t len)
{
	struct talk_piece *p;
	size_t i;

	if (t->npieces == PIECES_MAX || start - t->len > AHEAD_MAX) {
		t->lost += len;
		return 0;
	}
	p = realloc(t->pieces, (t->npieces + 1) * sizeof(*p));
	if (p == NULL)
		return -1;
	t->pieces = p;
	for (i = t->npieces; i > 0 && p[i - 1].start > start; i--)
		p[i] = p[i - 1];
	p[i] = (struct talk_piece){ start, len, malloc(len) };
	t->npieces++;
	if (p[i].bytes == NULL)
		return -1;
	memcpy(p[i].bytes, data, len);
	return 0;
}

/* Takes in kept segments that the end has come up to. */
static int
join(struct talk *t)
{
	size_t n = 0;
	int bad = 0;

	while (n < t->npieces && t->pieces[n].start <= t->len) {
		bad |= append(t, t->pieces[n].start, t->pieces[n].bytes,
		    t->pieces[n].len);
		free(t->pieces[n++].bytes);
	}
	if (n == 0)
		return bad;
	t->npieces -= n;
	memmove(t->pieces, t->pieces + n, t->npieces * sizeof(*t->pieces));
	return bad;
}

static int
note_growth(struct talk *t, uint64_t packet)
{
	struct talk_growth *g;

	/* Room for powers of two. */
	if ((t->ngrowth & (t->ngrowth - 1)) == 0) {
		g = realloc(t->growth, (t->ngrowth != 0 ? t->ngrowth * 2 : 1) *
		    sizeof(*g));
		if (g == NULL)
			return -1;
		t->growth = g;
	}
	t->growth[t->ngrowth++] = (struct talk_growth){ packet, t->len };
	return 0;
}

int
talk_add(struct talk *t, uint64_t packet, uint32_t seq, const uint8_t *data,
    size_t len)
{
	size_t before = t->len;
	int64_t start;

	if (!t->started && plausible(data, len))
		talk_start(t, seq);
	if (!t->started || len == 0)
		return 0;
	start = talk_offset(t, seq, t->len);
	if (start < 0 || start + (int64_t)len <= (int64_t)t->len)
		return 0;
	if (start > (int64_t)t->len)
		return keep(t, (size_t)start, data, len);
	if (append(t, (size_t)start, data, len) == -1 || join(t) == -1)
		return -1;
	return t->len > before ? note_growth(t, packet) : 0;
}

void
talk_add_fin(struct talk *t, uint64_t packet, uint32_t seq)
{
	int64_t at = talk_offset(t, seq, t->len);

	if (!t->started || t->fin || at < 0)
		return;
	t->fin = true;
	t->fin_at = (size_t)at;
	t->fin_packet = packet;
}

static int
cut_messages(struct talk *t)
{
	const struct message *row;
	struct talk_message *m;
	size_t room = 0;

	while (t->cut < t->len) {
		t->wrong = message_check(t->bytes + t->cut, t->len - t->cut,
		    &row);
		if (t->wrong != REASON_NONE || row == NULL ||
		    row->length > t->len - t->cut)
			return 0;
		if (t->nmessages == room) {
			room = room * 2 + 16;
			m = realloc(t->messages, room * sizeof(*m));
			if (m == NULL)
				return -1;
			t->messages = m;
		}
		t->messages[t->nmessages++] = (struct talk_message){ t->cut,
		    row, false };
		t->cut += row->length;
	}
	return 0;
}

int
talk_finish(struct talk *t)
{
	for (size_t i = 0; i < t->npieces; i++)
		t->lost += t->pieces[i].len;
	if (cut_messages(t) == -1)
		return -1;
	if (t->len == 0)
		return 0;
	t->came = malloc(t->len);
	t->goes = malloc(t->len);
	if (t->came == NULL || t->goes == NULL)
		return -1;
	memcpy(t->came, t->bytes, t->len);
	memcpy(t->goes, t->bytes, t->len);
	return 0;
}

void
talk_free(struct talk *t)
{
	for (size_t i = 0; i < t->npieces; i++)
		free(t->pieces[i].bytes);
	free(t->pieces);
	free(t->bytes);
	free(t->came);
	free(t->goes);
	free(t->growth);
	free(t->messages);
}

size_t
talk_len_at(const struct talk *t, uint64_t packet)
{
	size_t low = 0, high = t->ngrowth, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (t->growth[middle].packet <= packet)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? 0 : t->growth[low - 1].len;
}

struct talk_message *
talk_message_at(const struct talk *t, size_t offset)
{
	size_t low = 0, high = t->nmessages, middle;

	if (offset >= t->cut)
		return NULL;
	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (t->messages[middle].start <= offset)
			low = middle;
		else
			high = middle;
	}
	return &t->messages[low];
}

uint32_t
talk_number(const uint8_t *bytes, size_t size)
{
	struct cursor c = cursor_of(bytes, size);
	uint32_t v = 0;
	uint8_t byte;

	while (cursor_u8(&c, &byte) == 0)
		v = v << 8 | byte;
	return v;
}
