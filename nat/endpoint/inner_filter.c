/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks at IP packets out of a tunnel: whole, of the peer's own address, and
 * no tunnel in itself.
 */
#include <netinet/icmp6.h>
#include <netinet/in.h>

#include "alg/base/cursor.h"
#include "nat/endpoint/inner_filter.h"
#include "nat/endpoint/profile.h"
#include "nat/endpoint/session.h"
#include "nat/endpoint/session_radius.h"
#include "nat/net/rtnetlink.h"

#define IPV6_HEADER	40

int
inner_filter_ipv4(
    const uint8_t *packet, size_t len, uint32_t *from, uint32_t *to)
{
	struct cursor c = cursor_of(packet, len);
	uint16_t total;
	uint8_t first;

	if (cursor_u8(&c, &first) == -1 || first >> 4 != 4 ||
	    (first & 15) < 5 || cursor_skip(&c, 1) == -1 ||
	    cursor_u16(&c, &total) == -1 || total > len ||
	    total < (first & 15) * 4 || cursor_skip(&c, 8) == -1 ||
	    cursor_u32(&c, from) == -1 || cursor_u32(&c, to) == -1)
		return -1;
	return 0;
}

/* The source of an IPv6 packet that is whole. */
static int
read_ipv6(const uint8_t *packet, size_t len, uint64_t from[2])
{
	struct cursor c = cursor_of(packet, len);
	uint16_t payload;

	if (len < IPV6_HEADER || packet[0] >> 4 != 6 ||
	    cursor_skip(&c, 4) == -1 || cursor_u16(&c, &payload) == -1 ||
	    payload > len - IPV6_HEADER || cursor_skip(&c, 2) == -1 ||
	    cursor_u64(&c, &from[0]) == -1)
		return -1;
	return cursor_u64(&c, &from[1]);
}

/*
 * Router advertisements and redirects: a host that routes no IPv6 would
 * believe them.  In fragments it does not (RFC 6980).
 */
static bool
is_routers(const uint8_t *packet, size_t len)
{
	struct cursor c = cursor_of(packet, len);
	uint8_t next = packet[6], words, type;

	(void)cursor_skip(&c, IPV6_HEADER);
	while (next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING ||
	    next == IPPROTO_DSTOPTS)
		if (cursor_u8(&c, &next) == -1 ||
		    cursor_u8(&c, &words) == -1 ||
		    cursor_skip(&c, 6 + 8 * (size_t)words) == -1)
			return false;
	return next == IPPROTO_ICMPV6 && cursor_u8(&c, &type) == 0 &&
	    (type == ND_ROUTER_ADVERT || type == ND_REDIRECT);
}

/* Only at servers: whole networks may be behind a client's server. */
static bool
checks_source(const struct session *s)
{
	return !s->profile->client && s->profile->terminate.source_check;
}

static enum reason
check_ipv6(const struct session *s, const uint8_t *packet, size_t len)
{
	uint64_t from[2];

	if (read_ipv6(packet, len, from) == -1)
		return REASON_INNER_MALFORMED;
	if (checks_source(s) && (from[0] != RTNETLINK_LINK_LOCAL ||
	    from[1] != s->remote_ipv6))
		return REASON_SPOOFED;
	/* A server's router advertisements are accepted by a client. */
	return !s->profile->client && is_routers(packet, len) ?
	    REASON_SPOOFED : REASON_NONE;
}

/*
 * A client has one address, and what a RADIUS server says is behind it.  GRE
 * to our own end of the tunnel, inside of the tunnel, would be the tunnel in
 * itself.
 */
static enum reason
check_ipv4(const struct session *s, const uint8_t *packet, size_t len)
{
	uint32_t from, to;

	if (inner_filter_ipv4(packet, len, &from, &to) == -1)
		return REASON_INNER_MALFORMED;
	if (checks_source(s) && from != s->remote &&
	    !session_radius_reaches(s, from))
		return REASON_SPOOFED;
	if (to == s->path.local && packet[9] == IPPROTO_GRE)
		return REASON_IN_ITSELF;
	return REASON_NONE;
}

enum reason
inner_filter_check(const struct session *s, const uint8_t *packet, size_t len,
    bool ipv6)
{
	return ipv6 ? check_ipv6(s, packet, len) : check_ipv4(s, packet, len);
}
