/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "nat/net/route_part.h"

#define ANSWER		(32 << 10)	/* bytes: a piece of a table */
#define PORT		0x70707400	/* of rtnetlink, the first daemon's */
#define DAEMONS		8		/* in a namespace; more share a mark */

struct route {
	struct mnl_socket	*socket;
	uint8_t			 number;	/* of this daemon */
	uint32_t		 seq;
	uint8_t			 answer[ANSWER];
};

/*
 * A port of rtnetlink is one socket's in the network namespace, as long as it
 * lives: so it tells daemons that run from those that are gone.
 */
static int
take_number(struct route *r)
{
	for (r->number = 0; r->number < DAEMONS; r->number++)
		if (mnl_socket_bind(r->socket, 0, PORT + r->number) == 0)
			return 0;
	return mnl_socket_bind(r->socket, 0, MNL_SOCKET_AUTOPID);
}

uint8_t
rtnetlink_own(const struct route *r)
{
	return r->number < DAEMONS ? RTNETLINK_PROTOCOL + r->number : 0;
}

struct route *
rtnetlink_open(char *error, size_t size)
{
	struct route *r;

	if ((r = calloc(1, sizeof(*r))) == NULL ||
	    (r->socket = mnl_socket_open2(NETLINK_ROUTE,
	    SOCK_CLOEXEC)) == NULL ||
	    take_number(r) == -1) {
		snprintf(error, size, "rtnetlink: %s", strerror(errno));
		rtnetlink_close(r);
		return NULL;
	}
	r->seq = (uint32_t)time(NULL);
	return r;
}

void
rtnetlink_close(struct route *r)
{
	if (r == NULL)
		return;
	if (r->socket != NULL)
		mnl_socket_close(r->socket);
	free(r);
}

int
rtnetlink_ask(struct route *r, struct nlmsghdr *nlh, mnl_cb_t see, void *arg)
{
	unsigned int port = mnl_socket_get_portid(r->socket);
	ssize_t n;
	int result = MNL_CB_OK;

	nlh->nlmsg_seq = ++r->seq;
	if (mnl_socket_sendto(r->socket, nlh, nlh->nlmsg_len) == -1)
		return -1;
	while (result > MNL_CB_STOP) {
		n = mnl_socket_recvfrom(r->socket, r->answer, ANSWER);
		if (n == -1)
			return -1;
		result = mnl_cb_run(r->answer, (size_t)n, r->seq, port, see,
		    arg);
	}
	return result == MNL_CB_ERROR ? -1 : 0;
}

struct nlmsghdr *
rtnetlink_request(void *buffer, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	return nlh;
}

static int
change(struct route *r, struct nlmsghdr *nlh)
{
	nlh->nlmsg_flags |= NLM_F_ACK;
	return rtnetlink_ask(r, nlh, NULL, NULL);
}

/* The beginning of a change of an interface. */
static struct ifinfomsg *
link_change(struct nlmsghdr *nlh, unsigned int interface)
{
	struct ifinfomsg *link;

	link = mnl_nlmsg_put_extra_header(nlh, sizeof(*link));
	link->ifi_family = AF_UNSPEC;
	link->ifi_index = (int)interface;
	return link;
}

int
rtnetlink_up(struct route *r, unsigned int interface, uint16_t mtu)
{
	uint8_t buffer[RTNETLINK_MESSAGE];
	struct nlmsghdr *nlh = rtnetlink_request(buffer, RTM_NEWLINK, 0);
	struct ifinfomsg *link = link_change(nlh, interface);

	link->ifi_flags = IFF_UP;
	link->ifi_change = IFF_UP;
	mnl_attr_put_u32(nlh, IFLA_MTU, mtu);
	return change(r, nlh);
}

int
rtnetlink_rename(struct route *r, unsigned int interface, const char *name)
{
	uint8_t buffer[RTNETLINK_MESSAGE];
	struct nlmsghdr *nlh = rtnetlink_request(buffer, RTM_NEWLINK, 0);

	/* Older kernels rename only what is down. */
	link_change(nlh, interface)->ifi_change = IFF_UP;
	if (change(r, nlh) == -1)
		return -1;
	nlh = rtnetlink_request(buffer, RTM_NEWLINK, 0);
	(void)link_change(nlh, interface);
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	return change(r, nlh);
}

/* The host's own traffic would come from an address that no peer knows. */
int
rtnetlink_no_auto(struct route *r, unsigned int interface)
{
	uint8_t buffer[RTNETLINK_MESSAGE];
	struct nlmsghdr *nlh = rtnetlink_request(buffer, RTM_NEWLINK, 0);
	struct nlattr *all, *ipv6;

	(void)link_change(nlh, interface);
	all = mnl_attr_nest_start(nlh, IFLA_AF_SPEC);
	ipv6 = mnl_attr_nest_start(nlh, AF_INET6);
	mnl_attr_put_u8(nlh, IFLA_INET6_ADDR_GEN_MODE,
	    IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(nlh, ipv6);
	mnl_attr_nest_end(nlh, all);
	return change(r, nlh);
}

static int
change_link_local(struct route *r, uint16_t type, uint16_t flags,
    unsigned int interface, uint64_t identifier)
{
	uint8_t buffer[RTNETLINK_MESSAGE];
	struct nlmsghdr *nlh = rtnetlink_request(buffer, type, flags);
	uint64_t words[] = { htobe64(RTNETLINK_LINK_LOCAL),
		htobe64(identifier) };
	struct ifaddrmsg *address;

	address = mnl_nlmsg_put_extra_header(nlh, sizeof(*address));
	address->ifa_family = AF_INET6;
	address->ifa_prefixlen = 64;
	address->ifa_scope = RT_SCOPE_LINK;
	address->ifa_index = interface;
	mnl_attr_put(nlh, IFA_LOCAL, sizeof(words), words);
	return change(r, nlh);
}

int
rtnetlink_link_local(
    struct route *r, unsigned int interface, uint64_t identifier)
{
	return change_link_local(r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE,
	    interface, identifier);
}

int
rtnetlink_no_link_local(struct route *r, unsigned int interface,
    uint64_t identifier)
{
	return change_link_local(r, RTM_DELADDR, 0, interface, identifier);
}

static int
change_address(struct route *r, uint16_t type, uint16_t flags,
    unsigned int interface, uint32_t local, uint32_t peer)
{
	uint8_t buffer[RTNETLINK_MESSAGE];
	struct nlmsghdr *nlh = rtnetlink_request(buffer, type, flags);
	struct ifaddrmsg *address;

	address = mnl_nlmsg_put_extra_header(nlh, sizeof(*address));
	address->ifa_family = AF_INET;
	address->ifa_prefixlen = 32;
	address->ifa_index = interface;
	mnl_attr_put_u32(nlh, IFA_LOCAL, htonl(local));
	mnl_attr_put_u32(nlh, IFA_ADDRESS, htonl(peer == 0 ? local : peer));
	return change(r, nlh);
}

int
rtnetlink_address(struct route *r, unsigned int interface, uint32_t local,
    uint32_t peer)
{
	return change_address(r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE,
	    interface, local, peer);
}

int
rtnetlink_no_address(struct route *r, unsigned int interface, uint32_t local,
    uint32_t peer)
{
	return change_address(r, RTM_DELADDR, 0, interface, local, peer);
}

static int
change_route(struct route *r, uint16_t type, uint16_t flags,
    const struct rtnetlink_entry *e)
{
	uint8_t buffer[RTNETLINK_MESSAGE];
	struct nlmsghdr *nlh = rtnetlink_request(buffer, type, flags);
	struct nlattr *metrics;
	struct rtmsg *route;

	route = mnl_nlmsg_put_extra_header(nlh, sizeof(*route));
	route->rtm_family = AF_INET;
	route->rtm_dst_len = e->bits;
	route->rtm_table = RT_TABLE_MAIN;
	route->rtm_protocol = RTNETLINK_PROTOCOL + r->number;
	route->rtm_type = RTN_UNICAST;
	route->rtm_scope = e->gateway == 0 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	if (e->bits > 0)
		mnl_attr_put_u32(nlh, RTA_DST, htonl(e->to));
	mnl_attr_put_u32(nlh, RTA_OIF, e->interface);
	if (e->gateway != 0)
		mnl_attr_put_u32(nlh, RTA_GATEWAY, htonl(e->gateway));
	if (e->source != 0)
		mnl_attr_put_u32(nlh, RTA_PREFSRC, htonl(e->source));
	if (e->metric != 0)
		mnl_attr_put_u32(nlh, RTA_PRIORITY, e->metric);
	if (e->mtu != 0) {
		metrics = mnl_attr_nest_start(nlh, RTA_METRICS);
		mnl_attr_put_u32(nlh, RTAX_MTU, e->mtu);
		mnl_attr_nest_end(nlh, metrics);
	}
	return change(r, nlh);
}

int
rtnetlink_add(struct route *r, const struct rtnetlink_entry *e)
{
	if (change_route(r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, e) == 0)
		return 0;
	if (errno != EEXIST)
		return -1;
	/* Ours, of before: only that has our mark. */
	if (change_route(r, RTM_DELROUTE, 0, e) == -1) {
		errno = EEXIST;
		return -1;
	}
	return change_route(r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, e);
}

int
rtnetlink_remove(struct route *r, const struct rtnetlink_entry *e)
{
	return change_route(r, RTM_DELROUTE, 0, e);
}

uint32_t
rtnetlink_u32(const struct nlattr *attr)
{
	return mnl_attr_get_payload_len(attr) < sizeof(uint32_t) ? 0 :
	    mnl_attr_get_u32(attr);
}

static int
see_route(const struct nlmsghdr *nlh, void *arg)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(nlh);
	struct rtnetlink_entry *e = arg;
	struct nlattr *attr;

	if (nlh->nlmsg_type != RTM_NEWROUTE)
		return MNL_CB_OK;
	if (route->rtm_type != RTN_UNICAST) {
		errno = ENETUNREACH;
		return MNL_CB_ERROR;
	}
	mnl_attr_for_each(attr, nlh, sizeof(*route)) {
		uint32_t value = rtnetlink_u32(attr);

		if (mnl_attr_get_type(attr) == RTA_OIF)
			e->interface = value;
		else if (mnl_attr_get_type(attr) == RTA_GATEWAY)
			e->gateway = ntohl(value);
		else if (mnl_attr_get_type(attr) == RTA_PREFSRC)
			e->source = ntohl(value);
	}
	return MNL_CB_STOP;
}

int
rtnetlink_find(
    struct route *r, uint32_t to, uint32_t mark, struct rtnetlink_entry *e)
{
	uint8_t buffer[RTNETLINK_MESSAGE];
	struct nlmsghdr *nlh = rtnetlink_request(buffer, RTM_GETROUTE, 0);
	struct rtmsg *route;

	route = mnl_nlmsg_put_extra_header(nlh, sizeof(*route));
	route->rtm_family = AF_INET;
	route->rtm_dst_len = 32;
	mnl_attr_put_u32(nlh, RTA_DST, htonl(to));
	if (mark != 0)
		mnl_attr_put_u32(nlh, RTA_MARK, mark);
	*e = (struct rtnetlink_entry){ .to = to, .bits = 32 };
	return rtnetlink_ask(r, nlh, see_route, e);
}

static int
change_proxy(struct route *r, uint16_t type, uint16_t flags,
    unsigned int interface, uint32_t address)
{
	uint8_t buffer[RTNETLINK_MESSAGE];
	struct nlmsghdr *nlh = rtnetlink_request(buffer, type, flags);
	struct ndmsg *neighbour;

	neighbour = mnl_nlmsg_put_extra_header(nlh, sizeof(*neighbour));
	neighbour->ndm_family = AF_INET;
	neighbour->ndm_ifindex = (int)interface;
	neighbour->ndm_state = NUD_PERMANENT;
	neighbour->ndm_flags = NTF_PROXY;
	mnl_attr_put_u32(nlh, NDA_DST, htonl(address));
	if (type == RTM_NEWNEIGH)
		mnl_attr_put_u8(nlh, NDA_PROTOCOL,
		    RTNETLINK_PROTOCOL + r->number);
	return change(r, nlh);
}

int
rtnetlink_proxy(struct route *r, unsigned int interface, uint32_t address)
{
	return change_proxy(r, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE,
	    interface, address);
}

int
rtnetlink_no_proxy(struct route *r, unsigned int interface, uint32_t address)
{
	return change_proxy(r, RTM_DELNEIGH, 0, interface, address);
}
