/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes and sends TCP resets: RFC 9293, in time with RFC 5961. */
#include "alg/pptp/tcp.h"
#include "nat/net/tcp_segment.h"
#include "nat/netfilter/tcp_reset.h"

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

static bool
send_reset(const struct reset_way *way, struct tcp_end from, struct tcp_end to,
    uint32_t seq, uint32_t ack)
{
	const struct tcp_segment reset = { from.address, to.address,
	    from.port, to.port, seq, ack, TCP_RST | TCP_ACK };

	return tcp_segment_send(way->socket, way->mark, &reset);
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
