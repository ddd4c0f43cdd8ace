/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads and edits TCP headers; the checksum over the segment. */
#include <string.h>

#include "alg/base/checksum.h"
#include "alg/base/cursor.h"
#include "alg/pptp/tcp.h"

#define OFFSET_URGENT	18

/* Options (RFC 9293 section 3.1, RFC 7323 section 2.2). */
#define OPTION_END	0
#define OPTION_NOP	1
#define OPTION_SCALE	3

/* One of SYN, RST and ACK at least; SYN alone or with ACK. */
static bool
has_valid_flags(uint8_t flags)
{
	if (flags & TCP_SYN)
		return !(flags & (TCP_FIN | TCP_RST));
	return flags & (TCP_RST | TCP_ACK);
}

static int
read_start(struct tcp *t, struct cursor *c)
{
	return cursor_u16(c, &t->src_port) == -1 ||
	    cursor_u16(c, &t->dst_port) == -1 ||
	    cursor_u32(c, &t->seq) == -1 ? -1 : 0;
}

enum reason
tcp_parse_quote(struct tcp *t, const struct packet *p)
{
	struct cursor c = cursor_of(p->bytes, p->length);

	*t = (struct tcp){ 0 };
	return cursor_skip(&c, p->header) == -1 || read_start(t, &c) == -1 ?
	    REASON_TRUNCATED : REASON_NONE;
}

enum reason
tcp_parse(struct tcp *t, const struct packet *p)
{
	struct cursor c = cursor_of(p->bytes, p->length);
	uint16_t flags, header;

	if (cursor_skip(&c, p->header) == -1)
		return REASON_TRUNCATED;
	if (read_start(t, &c) == -1 || cursor_u32(&c, &t->ack) == -1 ||
	    cursor_u16(&c, &flags) == -1 || cursor_skip(&c, 6) == -1)
		return REASON_TRUNCATED;
	header = (uint16_t)((flags >> 12) * 4);
	if (header < TCP_HEADER_MIN || p->header + header > p->length)
		return REASON_TRUNCATED;
	t->flags = (uint8_t)flags;
	t->data = (uint16_t)(p->header + header);
	t->len = (uint16_t)(p->length - t->data);
	return has_valid_flags(t->flags) ? REASON_NONE : REASON_BAD_FLAGS;
}

/* The checksum with the pseudo header, over what the field holds, too. */
static uint16_t
compute_checksum(const struct packet *p)
{
	uint16_t len = (uint16_t)(p->length - p->header);

	return checksum_finish(checksum_add(checksum_pseudo(p->bytes, IP_TCP,
	    len), p->bytes + p->header, len));
}

bool
tcp_checksum_right(const struct packet *p)
{
	return compute_checksum(p) == 0;
}

void
tcp_checksum_set(struct packet *p)
{
	ip_put16(p, p->header + TCP_OFFSET_CHECKSUM, 0);
	ip_put16(p, p->header + TCP_OFFSET_CHECKSUM, compute_checksum(p));
}

static void
clear_flag(struct tcp *t, struct packet *p, uint8_t flag)
{
	uint16_t flags = ip_get16(p, p->header + TCP_OFFSET_LENGTH);

	ip_put16(p, p->header + TCP_OFFSET_LENGTH, (uint16_t)(flags & ~flag));
	t->flags &= (uint8_t)~flag;
}

void
tcp_clear_urgent(struct tcp *t, struct packet *p)
{
	clear_flag(t, p, TCP_URG);
	ip_put16(p, p->header + OFFSET_URGENT, 0);
}

void
tcp_set_seq(struct tcp *t, struct packet *p, uint32_t seq)
{
	ip_put16(p, p->header + TCP_OFFSET_SEQ, (uint16_t)(seq >> 16));
	ip_put16(p, p->header + TCP_OFFSET_SEQ + 2, (uint16_t)seq);
	t->seq = seq;
}

/* Where an option is, from the IP header; 0: nowhere. */
static uint16_t
find_option(const struct tcp *t, const struct packet *p, uint8_t kind,
    uint8_t *size)
{
	uint16_t at = (uint16_t)(p->header + TCP_HEADER_MIN);
	struct cursor c = cursor_of(p->bytes + at, (size_t)(t->data - at));
	uint8_t is;

	while (cursor_u8(&c, &is) == 0 && is != OPTION_END) {
		*size = 1;
		if (is != OPTION_NOP && (cursor_u8(&c, size) == -1 ||
		    *size < 2 || cursor_skip(&c, *size - 2U) == -1))
			return 0;
		if (is == kind)
			return at;
		at = (uint16_t)(at + *size);
	}
	return 0;
}

bool
tcp_limit_window(const struct tcp *t, struct packet *p, uint16_t most)
{
	size_t window = (size_t)p->header + TCP_OFFSET_WINDOW;
	bool large = ip_get16(p, window) > most;
	uint16_t scale = 0;
	uint8_t size;

	if (large)
		ip_put16(p, window, most);
	if ((t->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		scale = find_option(t, p, OPTION_SCALE, &size);
	if (scale != 0)
		memset(p->bytes + scale, OPTION_NOP, size);
	return large || scale != 0;
}

void
tcp_cut(struct tcp *t, struct packet *p, uint16_t len)
{
	clear_flag(t, p, TCP_FIN);
	ip_cut(p, (uint16_t)(t->data + len));
	t->len = len;
}
