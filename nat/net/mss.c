/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clamps the TCP maximum segment size (MSS) in SYN packets. */
#include <netinet/in.h>

#include "alg/base/checksum.h"
#include "alg/base/cursor.h"
#include "alg/pptp/tcp.h"
#include "nat/net/mss.h"

#define IP_FRAGMENT	6		/* offset in the IP header */
#define OPTION_END	0
#define OPTION_NOP	1
#define OPTION_MSS	2
#define HEADERS		40		/* IP and TCP, without options */

static uint16_t
read_u16(const uint8_t *p)
{
	struct cursor c = cursor_of(p, 2);
	uint16_t v = 0;

	(void)cursor_u16(&c, &v);
	return v;
}

/* The checksum is of words at even bytes; the value's may be odd ones. */
static void
lower_mss(uint8_t *tcp, size_t at, uint16_t mss)
{
	size_t even = at & ~(size_t)1, words = 1 + (at & 1), i;
	uint16_t before[2], sum = read_u16(tcp + TCP_OFFSET_CHECKSUM);

	for (i = 0; i < words; i++)
		before[i] = read_u16(tcp + even + 2 * i);
	writer_put_u16(tcp + at, mss);
	for (i = 0; i < words; i++)
		sum = checksum_adjust(sum, before[i],
		    read_u16(tcp + even + 2 * i));
	writer_put_u16(tcp + TCP_OFFSET_CHECKSUM, sum);
}

/* RFC 9293, 3.1: options up to the header's end. */
static void
clamp_options(uint8_t *tcp, struct cursor options, uint16_t mss)
{
	struct cursor value;
	uint8_t kind, len;
	uint16_t before;

	while (cursor_u8(&options, &kind) == 0 && kind != OPTION_END) {
		if (kind == OPTION_NOP)
			continue;
		if (cursor_u8(&options, &len) == -1 || len < 2 ||
		    cursor_sub(&options, len - 2U, &value) == -1)
			return;
		if (kind == OPTION_MSS && len == 4 &&
		    cursor_u16(&value, &before) == 0 && before > mss)
			lower_mss(tcp, (size_t)(value.pos - tcp) - 2, mss);
	}
}

/* The TCP header of a packet that is no later fragment of a datagram. */
static int
find_tcp(struct cursor packet, struct cursor *tcp)
{
	uint8_t first, ttl, protocol;
	struct cursor c = packet;
	uint16_t fragment;

	if (cursor_u8(&c, &first) == -1 ||
	    cursor_skip(&c, IP_FRAGMENT - 1) == -1 ||
	    cursor_u16(&c, &fragment) == -1 || cursor_u8(&c, &ttl) == -1 ||
	    cursor_u8(&c, &protocol) == -1 || protocol != IPPROTO_TCP ||
	    (fragment & 0x1FFF) != 0)
		return -1;
	*tcp = packet;
	return cursor_skip(tcp, (first & 15) * 4U);
}

void
mss_clamp(uint8_t *packet, size_t len, uint16_t mtu)
{
	struct cursor tcp, c;
	uint8_t length, flags;

	if (len < HEADERS || mtu <= HEADERS ||
	    find_tcp(cursor_of(packet, len), &tcp) == -1)
		return;
	c = tcp;
	if (cursor_skip(&c, TCP_OFFSET_LENGTH) == -1 ||
	    cursor_u8(&c, &length) == -1 || cursor_u8(&c, &flags) == -1 ||
	    (flags & TCP_SYN) == 0)
		return;
	c = tcp;
	if (cursor_truncate(&c, (length >> 4) * 4U) == 0 &&
	    cursor_skip(&c, TCP_HEADER_MIN) == 0)
		clamp_options(packet + (tcp.pos - packet), c,
		    (uint16_t)(mtu - HEADERS));
}
