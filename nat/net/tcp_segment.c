/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes the headers of a bare TCP segment, and sends it by a raw socket. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "alg/base/checksum.h"
#include "alg/base/writer.h"
#include "alg/pptp/ip.h"
#include "alg/pptp/tcp.h"
#include "nat/base/log.h"
#include "nat/net/raw_socket.h"
#include "nat/net/tcp_segment.h"

#define IP_HEADER	IP_HEADER_MIN
#define TCP_HEADER	TCP_HEADER_MIN
#define TTL		64

/* RFC 791: the kernel fills in identification and header checksum. */
static void
write_ip(struct writer *w, const struct tcp_segment *s)
{
	writer_u16(w, 0x4500);
	writer_u16(w, IP_HEADER + TCP_HEADER);
	writer_u16(w, 0);
	writer_u16(w, 0x4000);			/* don't fragment */
	writer_u16(w, TTL << 8 | IPPROTO_TCP);
	writer_u16(w, 0);
	writer_u32(w, s->from);
	writer_u32(w, s->to);
}

static void
write_tcp(struct writer *w, const struct tcp_segment *s)
{
	writer_u16(w, s->from_port);
	writer_u16(w, s->to_port);
	writer_u32(w, s->seq);
	writer_u32(w, s->ack);
	writer_u16(w, (uint16_t)((TCP_HEADER / 4) << 12 | s->flags));
	writer_u16(w, 0);
	writer_u32(w, 0);			/* checksum, urgent pointer */
}

static void
write_checksum(uint8_t *packet)
{
	uint32_t sum = checksum_pseudo(packet, IPPROTO_TCP, TCP_HEADER);

	sum = checksum_add(sum, packet + IP_HEADER, TCP_HEADER);
	writer_put_u16(packet + IP_HEADER + TCP_OFFSET_CHECKSUM,
	    checksum_finish(sum));
}

bool
tcp_segment_send(struct raw_socket *socket, uint32_t mark,
    const struct tcp_segment *s)
{
	uint8_t packet[IP_HEADER + TCP_HEADER];
	struct writer w = writer_of(packet, sizeof(packet));
	struct in_addr to = { htonl(s->to) };

	write_ip(&w, s);
	write_tcp(&w, s);
	write_checksum(packet);
	if (raw_socket_send(socket, packet, sizeof(packet), mark) != -1)
		return true;
	log_debug("TCP segment to %s: %s", inet_ntoa(to), strerror(errno));
	return false;
}
