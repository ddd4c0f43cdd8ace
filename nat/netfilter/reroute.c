/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sends a packet as the kernel would forward it: in fragments (RFC 791), or
 * with an ICMP error, "fragmentation needed" (RFC 1191) or "time to live
 * exceeded" (RFC 792).
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "alg/base/checksum.h"
#include "alg/base/writer.h"
#include "alg/pptp/ip.h"
#include "nat/net/raw_socket.h"
#include "nat/netfilter/reroute.h"

#define HEADER_MAX	60
#define OFFSET_FRAGMENT	6
#define DONT_FRAGMENT	0x4000
#define MORE_FRAGMENTS	0x2000
#define MTU_MIN		(HEADER_MAX + 8)
#define TTL		64
/* ICMP type and code. */
#define TOO_LARGE	(3 << 8 | 4)
#define EXPIRED		(11 << 8)

static size_t
header_length(const uint8_t *packet)
{
	return (size_t)(packet[0] & 15) * 4;
}

static uint16_t
read_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/*
 * Each fragment is made where its bytes lie: its header over the end of the
 * one that was sent before.
 */
static int
send_fragments(struct raw_socket *s, uint8_t *packet, size_t len,
    uint32_t mark, uint16_t mtu)
{
	size_t header = header_length(packet), n, at;
	size_t most = (mtu - header) & ~(size_t)7;
	uint8_t copy[HEADER_MAX];

	memcpy(copy, packet, header);
	for (at = 0; at < len - header; at += n) {
		uint8_t *part = packet + at;
		bool last = len - header - at <= most;

		n = last ? len - header - at : most;
		memcpy(part, copy, header);
		writer_put_u16(part + OFFSET_FRAGMENT,
		    (uint16_t)(at / 8 | (last ? 0 : MORE_FRAGMENTS)));
		ip_seal(part, header, header + n);
		if (raw_socket_send(s, part, header + n, mark) == -1)
			return -1;
	}
	return 0;
}

/* About a packet as it came, from the address that fits. */
static int
send_error(struct raw_socket *s, const uint8_t came[REROUTE_QUOTE],
    uint16_t what, uint16_t mtu, uint32_t mark)
{
	size_t quote = header_length(came) + 8;
	uint8_t packet[IP_HEADER_MIN + 8 + REROUTE_QUOTE];
	uint8_t *icmp = packet + IP_HEADER_MIN;
	struct writer w = writer_of(packet, sizeof(packet));

	writer_u16(&w, 0x4500);
	writer_u16(&w, 0);
	writer_u32(&w, DONT_FRAGMENT);
	writer_u16(&w, TTL << 8 | IP_ICMP);
	writer_u16(&w, 0);
	writer_u32(&w, 0);		/* the kernel's choice */
	writer_bytes(&w, came + 12, 4);
	writer_u16(&w, what);
	writer_u16(&w, 0);		/* the checksum, below */
	writer_u32(&w, mtu);
	writer_bytes(&w, came, quote);
	writer_put_u16(icmp + 2,
	    checksum_finish(checksum_add(0, icmp, 8 + quote)));
	ip_seal(packet, IP_HEADER_MIN, IP_HEADER_MIN + 8 + quote);
	return raw_socket_send(s, packet, IP_HEADER_MIN + 8 + quote, mark);
}

int
reroute_send(struct raw_socket *s, uint8_t *packet, size_t len, uint32_t mark,
    const uint8_t came[REROUTE_QUOTE], uint32_t ours)
{
	uint16_t mtu;

	if (raw_socket_send(s, packet, len, mark) == 0)
		return 0;
	if (errno != EMSGSIZE ||
	    (mtu = raw_socket_mtu(s, packet, mark)) < MTU_MIN)
		return -1;
	if (read_u16(packet + OFFSET_FRAGMENT) & DONT_FRAGMENT)
		return send_error(s, came, TOO_LARGE, mtu, ours);
	return send_fragments(s, packet, len, mark, mtu);
}

int
reroute_refuse_expired(struct raw_socket *s, const uint8_t came[REROUTE_QUOTE],
    uint32_t ours)
{
	return send_error(s, came, EXPIRED, 0, ours);
}
