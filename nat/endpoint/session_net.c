/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gives a session its interface, route, proxy ARP and IPv6 address, runs its
 * scripts, and takes it all back.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "alg/radius/radius_user.h"
#include "nat/base/log.h"
#include "nat/endpoint/context.h"
#include "nat/endpoint/ctrl_socket.h"
#include "nat/endpoint/profile.h"
#include "nat/endpoint/session.h"
#include "nat/endpoint/session_net.h"
#include "nat/endpoint/session_radius.h"
#include "nat/endpoint/session_way.h"
#include "nat/endpoint/tun_device.h"
#include "nat/net/rtnetlink.h"

/* Behind a device of its own the kernel makes the route. */
static struct rtnetlink_entry
own_route(const struct session *s)
{
	return (struct rtnetlink_entry){
		.to = s->remote, .bits = 32,
		.interface = tun_index(s->device->tun),
		.source = s->local,
		.mtu = s->mtu < s->device->mtu ? s->mtu : 0
	};
}

/* The interface whose network the client's address belongs to, or 0. */
static unsigned int
network_of(struct rtnetlink *r, uint32_t address)
{
	struct rtnetlink_entry e;

	return rtnetlink_find(r, address, 0, &e) == 0 && e.gateway == 0 ?
	    e.interface : 0;
}

/* Proxy ARP: the host answers for the client in the client's network. */
static void
start_proxy_arp(struct session *s)
{
	struct context *x = s->context;
	unsigned int interface;

	if (s->profile->client || !s->profile->terminate.proxy_arp)
		return;
	if ((interface = network_of(x->rtnetlink, s->remote)) == 0)
		session_way_note(s, SESSION_WAY_NO_PROXY_ARP, "the client's "
		    "address is in the network of no interface");
	else if (rtnetlink_proxy(x->rtnetlink, interface, s->remote) == -1)
		session_way_note(s, SESSION_WAY_NO_PROXY_ARP, "the kernel "
		    "does not take the entry: %s", strerror(errno));
	else
		s->proxied = interface;
}

static struct rtnetlink_entry
network_behind(const struct session *s, const struct radius_user_route *r)
{
	return (struct rtnetlink_entry){
		.to = r->to, .bits = r->bits, .metric = r->metric,
		.interface = tun_index(s->device->tun), .source = s->local
	};
}

/* On a shared interface a packet's session is found by its own address. */
static void
add_networks(struct session *s)
{
	struct rtnetlink_entry e;
	size_t i, n;
	const struct radius_user_route *r = session_radius_routes(s, &n);

	if (n > 0 && s->device->session == NULL) {
		log_warning("session %" PRIu64 ": no routes to what is behind "
		    "the client: this needs interfaces = each", s->serial);
		return;
	}
	for (i = 0; i < n; i++) {
		e = network_behind(s, &r[i]);
		if (rtnetlink_add(s->context->rtnetlink, &e) == -1)
			log_warning("session %" PRIu64 ": no route to what is "
			    "behind the client: %s", s->serial,
			    strerror(errno));
	}
}

static void
remove_networks(struct session *s)
{
	struct rtnetlink_entry e;
	size_t i, n;
	const struct radius_user_route *r = session_radius_routes(s, &n);

	for (i = 0; i < n; i++) {
		e = network_behind(s, &r[i]);
		(void)rtnetlink_remove(s->context->rtnetlink, &e);
	}
}

static int
find_device(struct session *s, char *error, size_t size)
{
	struct context *x = s->context;

	s->device = s->ctrl->host->device == NULL ? NULL :
	    s->ctrl->host->device(s);
	if (s->device == NULL)
		s->device = tun_device_open(x, s->profile->options->interface,
		    s->mtu, s->local, s->remote, s, error, size);
	return s->device == NULL ? -1 : 0;
}

int
session_net_up(struct session *s, char *error, size_t size)
{
	struct context *x = s->context;
	struct rtnetlink_entry e;

	/* Before there is a route into the tunnel. */
	start_proxy_arp(s);
	if (find_device(s, error, size) == -1) {
		session_net_remove(s);
		return -1;
	}
	if (s->device->session == NULL) {
		e = own_route(s);
		if (rtnetlink_add(x->rtnetlink, &e) == -1) {
			snprintf(error, size, "route into the tunnel: %s",
			    strerror(errno));
			s->device = NULL;
			session_net_remove(s);
			return -1;
		}
	}
	session_table_add_address(&x->session_table, s);
	add_networks(s);
	return 0;
}

void
session_net_remove(struct session *s)
{
	struct context *x = s->context;
	struct rtnetlink_entry e;

	if (s->proxied != 0)
		(void)rtnetlink_no_proxy(x->rtnetlink, s->proxied, s->remote);
	s->proxied = 0;
	if (s->device != NULL) {
		session_table_remove_address(&x->session_table, s);
		if (s->device->session == NULL) {
			e = own_route(s);
			e.mtu = 0;
			(void)rtnetlink_remove(x->rtnetlink, &e);
		} else {
			remove_networks(s);
			tun_device_retire(s->device);
		}
	}
	s->device = NULL;
	s->local_ipv6 = s->remote_ipv6 = 0;
}

void
session_net_ipv6(struct session *s)
{
	struct rtnetlink *r = s->context->rtnetlink;
	unsigned int interface = tun_index(s->device->tun);
	struct ppp_info info;

	ppp_info(&s->ppp, &info);
	if (info.local_ipv6 == s->local_ipv6 &&
	    info.remote_ipv6 == s->remote_ipv6)
		return;
	if (s->remote_ipv6 != 0) {
		(void)session_net_script(s, TUNNEL_IPV6_DOWN, false);
		(void)rtnetlink_no_link_local(r, interface, s->local_ipv6);
	}
	s->local_ipv6 = s->remote_ipv6 = 0;
	if (info.local_ipv6 != 0 && info.remote_ipv6 == 0)
		session_way_note(s, SESSION_WAY_NO_IPV6, "the peer has told "
		    "no interface identifier");
	if (info.remote_ipv6 == 0)
		return;
	if (rtnetlink_link_local(r, interface, info.local_ipv6) == -1) {
		session_way_note(s, SESSION_WAY_NO_IPV6, "interface %s does "
		    "not take its address: %s", tun_name(s->device->tun),
		    strerror(errno));
		return;
	}
	s->local_ipv6 = info.local_ipv6;
	s->remote_ipv6 = info.remote_ipv6;
	(void)session_net_script(s, TUNNEL_IPV6_UP, false);
}

uint64_t
session_net_token(const struct session *s)
{
	return s->serial << 32 | s->index;
}

void
session_net_facts(const struct session *s, struct script_facts *f)
{
	struct ppp_info info;

	ppp_info(&s->ppp, &info);
	*f = (struct script_facts){
		.token = session_net_token(s), .serial = s->serial,
		.interface = s->device == NULL ? "" :
		    tun_name(s->device->tun),
		.user = info.account,
		.local = s->local, .remote = s->remote,
		.local_ipv6 = s->local_ipv6, .remote_ipv6 = s->remote_ipv6,
		.peer = s->path.peer,
		.use_dns = s->profile->client && s->profile->dial.use_dns,
		.seconds = s->logged_in == 0 ? 0 :
		    (s->context->now - s->logged_in) / 1000,
		.sent = info.bytes_out, .received = info.bytes_in
	};
	memcpy(f->dns, s->profile->client ? info.dns : s->profile->ppp.dns,
	    sizeof(f->dns));
	memcpy(f->wins, s->profile->client ? info.wins : s->profile->ppp.wins,
	    sizeof(f->wins));
}

int
session_net_script(struct session *s, enum tunnel_script which, bool wanted)
{
	struct script_facts f;

	if (*s->profile->options->script[which] == '\0')
		return 0;
	session_net_facts(s, &f);
	return script_run(s->context->helper, s->profile->options, which, &f,
	    wanted);
}
