/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes and sends TCP resets: RFC 9293, in time with RFC 5961. */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "alg/base/checksum.h"
#include "alg/base/cursor.h"
#include "alg/pptp/tcp.h"
#include "nat/base/log.h"
#include "nat/net/raw_socket.h"
#include "nat/netfilter/tcp_reset.h"

#define IP_HEADER	IP_HEADER_MIN
#define TCP_HEADER	TCP_HEADER_MIN
#define TTL		64

/* Where resets to an end go, and by which mark. */
struct reset_way {
	struct raw_socket	*socket;
	uint32_t		 mark;
};

/* One end of a control connection. */
struct tcp_end {
	uint32_t	address;
	uint16_t	port;
};

/* RFC 791: the kernel fills in identification and header checksum. */
static void
write_ip(struct writer *w, struct tcp_end from, struct tcp_end to)
{
	writer_u16(w, 0x4500);
	writer_u16(w, IP_HEADER + TCP_HEADER);
	writer_u16(w, 0);
	writer_u16(w, 0x4000);			/* don't fragment */
	writer_u16(w, TTL << 8 | IPPROTO_TCP);
	writer_u16(w, 0);
	writer_u32(w, from.address);
	writer_u32(w, to.address);
}

/* RFC 9293 section 3.1: no data, no options, no window. */
static void
write_tcp(struct writer *w, struct tcp_end from, struct tcp_end to,
    uint32_t seq, uint32_t ack)
{
	writer_u16(w, from.port);
	writer_u16(w, to.port);
	writer_u32(w, seq);
	writer_u32(w, ack);
	writer_u16(w, (TCP_HEADER / 4) << 12 | TCP_RST | TCP_ACK);
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

static bool
send_reset(const struct reset_way *way, struct tcp_end from, struct tcp_end to,
    uint32_t seq, uint32_t ack)
{
	uint8_t packet[IP_HEADER + TCP_HEADER];
	struct writer w = writer_of(packet, sizeof(packet));
	struct in_addr in = { htonl(to.address) };

	write_ip(&w, from, to);
	write_tcp(&w, from, to, seq, ack);
	write_checksum(packet);
	if (raw_socket_send(way->socket, packet, sizeof(packet),
	    way->mark) != -1)
		return true;
	log_debug("reset to %s: %s", inet_ntoa(in), strerror(errno));
	return false;
}

/*
 * An end takes a reset only at the sequence number it expects next (RFC 5961
 * section 3.2).  That is what it last acknowledged, or, when data was under
 * way to it, what the other end sends next: one reset for each.
 */
static bool
reset_end(const struct reset_way *way, struct tcp_end from, struct tcp_end to,
    uint32_t expected, uint32_t sends, uint32_t ack)
{
	return send_reset(way, from, to, expected, ack) &&
	    (sends == expected || send_reset(way, from, to, sends, ack));
}

bool
tcp_reset_send(struct raw_socket *socket, uint32_t mark,
    const struct alg_connection_info *c)
{
	struct tcp_end inside = { c->flow.inside, c->flow.inside_port };
	struct tcp_end outside = { c->flow.outside, c->flow.outside_port };
	struct tcp_end public = { c->public, c->public_port };
	struct tcp_end alias = { c->alias, c->alias_port };
	struct reset_way in = { socket, mark | c->mark[ALG_INBOUND] };
	struct reset_way out = { socket, mark | c->mark[ALG_OUTBOUND] };
	bool sent;

	sent = reset_end(&in, alias, inside, c->inside_expects,
	    c->outside_sends, c->inside_sends);
	/* Before that is known the outside end has not seen the connection. */
	if (!c->has_public)
		return sent;
	return reset_end(&out, public, outside, c->outside_expects,
	    c->inside_sends, c->outside_sends) && sent;
}
