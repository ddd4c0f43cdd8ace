/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verifies that packets have a way into a session's tunnel when it comes up:
 * the addresses that were agreed, and the host's routes.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "nat/base/log.h"
#include "nat/endpoint/context.h"
#include "nat/endpoint/profile.h"
#include "nat/endpoint/session.h"
#include "nat/endpoint/session_way.h"
#include "nat/endpoint/tun_device.h"
#include "nat/net/rtnetlink.h"

#define SENTENCE	256

static const struct {
	enum session_way	 way;
	const char		*name;
} ways[] = {
	{ SESSION_WAY_UNCONFIRMED, "unconfirmed" },
	{ SESSION_WAY_NO_ROUTE, "no-route" },
	{ SESSION_WAY_ROUTE_LOST, "route-lost" },
	{ SESSION_WAY_NO_PROXY_ARP, "no-proxy-arp" },
	{ SESSION_WAY_NO_IPV6, "no-ipv6" },
};
#define WAYS	(sizeof(ways) / sizeof(ways[0]))

static void
write_ways(uint8_t bits, struct line *l)
{
	const char *between = "";

	for (size_t i = 0; i < WAYS; i++)
		if ((bits & ways[i].way) != 0) {
			line_add(l, "%s%s", between, ways[i].name);
			between = ",";
		}
}

void
session_way_write(const struct session *s, struct line *l)
{
	if (s->in_the_way == 0)
		line_add(l, "ok");
	write_ways(s->in_the_way, l);
}

void
session_way_note(struct session *s, enum session_way way, const char *format,
    ...)
{
	char text[SENTENCE];
	struct line l = line_of(text, sizeof(text));
	va_list ap;

	s->in_the_way |= (uint8_t)way;
	line_add(&l, "session %" PRIu64 ": ", s->serial);
	write_ways((uint8_t)way, &l);
	line_add(&l, ": ");
	va_start(ap, format);
	(void)vsnprintf(l.pos, l.left, format, ap);
	va_end(ap);
	log_warning("%s", text);
}

/* Dotted, for a sentence. */
static const char *
address_text(uint32_t address, char text[16])
{
	struct line l = line_of(text, 16);

	line_add_ipv4(&l, address);
	return text;
}

static void
check_peer_route(struct session *s)
{
	struct rtnetlink *r = s->context->rtnetlink;
	char text[16];

	if (s->remote == 0 || rtnetlink_goes(r, s->remote, 32,
	    tun_index(s->device->tun)))
		return;
	session_way_note(s, SESSION_WAY_NO_ROUTE,
	    rtnetlink_is_own(r, s->remote, 0) ?
	    "the peer's address %s is one of this host's own" :
	    "packets for %s do not go into the tunnel: another route wins",
	    address_text(s->remote, text));
}

void
session_way_check(struct session *s)
{
	struct ppp_info info;

	ppp_info(&s->ppp, &info);
	if (!info.confirmed)
		session_way_note(s, SESSION_WAY_UNCONFIRMED,
		    "the peer has not agreed to the addresses: it may use "
		    "others");
	check_peer_route(s);
}

/*
 * A packet to the network's first address that a host can have speaks for it,
 * unless a route to a part of it has that one.
 */
void
session_way_check_route(struct session *s, uint32_t to, uint8_t bits)
{
	uint32_t probe = bits < 32 ? to | 1 : to;
	char text[16];

	if (probe >> 24 == 0)
		probe |= 1U << 24;
	if (!rtnetlink_goes(s->context->rtnetlink, probe, bits,
	    tun_index(s->device->tun)))
		session_way_note(s, SESSION_WAY_ROUTE_LOST,
		    "packets for %s/%u do not go into the tunnel: another "
		    "route wins", address_text(to, text), bits);
}

/* Two tunnels of ours may have the same one. */
bool
session_way_is_own_address(const struct session *s)
{
	const struct session *other;
	uint32_t at = 0;

	if (!s->profile->client || s->profile->dial.local_address != 0 ||
	    !rtnetlink_is_own(s->context->rtnetlink, s->local, 0))
		return false;
	while ((other = context_next_session(s->context, &at)) != NULL)
		if (other != s && other->device != NULL &&
		    other->profile->client && other->local == s->local)
			return false;
	return true;
}
