/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clamps the TCP maximum segment size (MSS) in SYN packets. */
#include <netinet/in.h>

#include "alg/base/checksum.h"
#include "alg/base/cursor.h"
#include "alg/pptp/tcp.h"
#include "nat/net/mss.h"

#define IP_PROTOCOL	9		/* offsets in the IP header */
#define IP_FRAGMENT	6
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
clamp_options(uint8_t *tcp, size_t end, uint16_t mss)
{
	size_t at = TCP_HEADER_MIN, len;

	while (at < end && tcp[at] != OPTION_END) {
		if (tcp[at] == OPTION_NOP) {
			at++;
			continue;
		}
		if (at + 2 > end || (len = tcp[at + 1]) < 2 || at + len > end)
			return;
		if (tcp[at] == OPTION_MSS && len == 4 &&
		    read_u16(tcp + at + 2) > mss)
			lower_mss(tcp, at + 2, mss);
		at += len;
	}
}

void
mss_clamp(uint8_t *packet, size_t len, uint16_t mtu)
{
	size_t ip, header;

	if (len < HEADERS || packet[IP_PROTOCOL] != IPPROTO_TCP ||
	    (read_u16(packet + IP_FRAGMENT) & 0x1FFF) != 0 || mtu <= HEADERS)
		return;
	ip = (size_t)(packet[0] & 15) * 4;
	if (ip + TCP_HEADER_MIN > len ||
	    (packet[ip + TCP_OFFSET_FLAGS] & TCP_SYN) == 0)
		return;
	header = (size_t)(packet[ip + TCP_OFFSET_LENGTH] >> 4) * 4;
	if (header < TCP_HEADER_MIN || ip + header > len)
		return;
	clamp_options(packet + ip, header, (uint16_t)(mtu - HEADERS));
}
