/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads and edits IPv4 headers, whole packets and quoted ones. */
#include <assert.h>

#include "alg/base/checksum.h"
#include "alg/base/cursor.h"
#include "alg/pptp/ip.h"

#define OFFSET_LENGTH	2
#define OFFSET_CHECKSUM	10
#define OFFSET_SRC	12
#define OFFSET_DST	16
#define MORE_FRAGMENTS	0x2000
#define FRAGMENT_MASK	0x1FFF

static enum reason
parse_header(struct packet *p, uint8_t *bytes, size_t len, uint16_t *fragment)
{
	struct cursor c = cursor_of(bytes, len);
	uint8_t version;

	if (cursor_u8(&c, &version) == -1)
		return REASON_TRUNCATED;
	if (version >> 4 != 4)
		return REASON_NOT_OURS;
	if (cursor_skip(&c, 1) == -1 || cursor_u16(&c, &p->length) == -1 ||
	    cursor_skip(&c, 2) == -1 || cursor_u16(&c, fragment) == -1 ||
	    cursor_skip(&c, 1) == -1 || cursor_u8(&c, &p->protocol) == -1 ||
	    cursor_skip(&c, 2) == -1 || cursor_u32(&c, &p->src) == -1 ||
	    cursor_u32(&c, &p->dst) == -1)
		return REASON_TRUNCATED;
	p->bytes = bytes;
	p->header = (uint16_t)((version & 0x0F) * 4);
	if (p->header < IP_HEADER_MIN || p->header > p->length)
		return REASON_TRUNCATED;
	return p->header > len ? REASON_TRUNCATED : REASON_NONE;
}

enum reason
ip_parse(struct packet *p, uint8_t *bytes, size_t len)
{
	uint16_t fragment;
	enum reason r = parse_header(p, bytes, len, &fragment);

	if (r != REASON_NONE)
		return r;
	if (p->length > len)
		return REASON_TRUNCATED;
	if (fragment & (MORE_FRAGMENTS | FRAGMENT_MASK))
		return REASON_FRAGMENT;
	return REASON_NONE;
}

enum reason
ip_quote(struct packet *p, uint8_t *bytes, size_t len)
{
	uint16_t fragment;
	enum reason r = parse_header(p, bytes, len, &fragment);

	if (r != REASON_NONE)
		return r;
	if (p->length > len)
		p->length = (uint16_t)len;
	return fragment & FRAGMENT_MASK ? REASON_FRAGMENT : REASON_NONE;
}

uint16_t
ip_get16(const struct packet *p, size_t offset)
{
	struct cursor c = cursor_of(p->bytes, p->length);
	uint16_t v;
	int missing = cursor_skip(&c, offset) == -1 || cursor_u16(&c, &v) == -1;

	assert(!missing);
	return v;
}

void
ip_put16(struct packet *p, size_t offset, uint16_t v)
{
	struct writer w = writer_of(p->bytes + offset, p->length - offset);
	int missing = offset > p->length || writer_u16(&w, v) == -1;

	assert(!missing);
	(void)missing;
}

void
ip_seal(uint8_t *packet, size_t header, size_t length)
{
	writer_put_u16(packet + OFFSET_LENGTH, (uint16_t)length);
	writer_put_u16(packet + OFFSET_CHECKSUM, 0);
	writer_put_u16(packet + OFFSET_CHECKSUM,
	    checksum_finish(checksum_add(0, packet, header)));
}

/* A 16-bit word of the IP header, checksum kept. */
static void
put_header(struct packet *p, size_t offset, uint16_t v)
{
	uint16_t before = ip_get16(p, offset);
	uint16_t sum = ip_get16(p, OFFSET_CHECKSUM);

	ip_put16(p, offset, v);
	ip_put16(p, OFFSET_CHECKSUM, checksum_adjust(sum, before, v));
}

static void
put_address(struct packet *p, size_t offset, uint32_t v)
{
	put_header(p, offset, (uint16_t)(v >> 16));
	put_header(p, offset + 2, (uint16_t)v);
}

void
ip_set_src(struct packet *p, uint32_t v)
{
	put_address(p, OFFSET_SRC, v);
	p->src = v;
}

void
ip_set_dst(struct packet *p, uint32_t v)
{
	put_address(p, OFFSET_DST, v);
	p->dst = v;
}

void
ip_cut(struct packet *p, uint16_t length)
{
	assert(length >= p->header && length <= p->length);
	put_header(p, OFFSET_LENGTH, length);
	p->length = length;
}
