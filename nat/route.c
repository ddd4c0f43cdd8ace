/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alg/base/log.h"
#include "nat/route.h"

#define PROTOCOL	117		/* ours, in route and neighbour */
#define MESSAGE		512		/* bytes of a request */
#define ANSWER		(32 << 10)	/* bytes: a piece of a table */
#define LEFT_MAX	4096		/* entries taken away at a time */

struct route {
	struct mnl_socket	*socket;
	uint32_t		 seq;
	uint8_t			 answer[ANSWER];
};

struct route *
route_open(char *error, size_t size)
{
	struct route *r;

	if ((r = calloc(1, sizeof(*r))) == NULL ||
	    (r->socket = mnl_socket_open2(NETLINK_ROUTE,
	    SOCK_CLOEXEC)) == NULL ||
	    mnl_socket_bind(r->socket, 0, MNL_SOCKET_AUTOPID) == -1) {
		snprintf(error, size, "rtnetlink: %s", strerror(errno));
		route_close(r);
		return NULL;
	}
	r->seq = (uint32_t)time(NULL);
	return r;
}

void
route_close(struct route *r)
{
	if (r == NULL)
		return;
	if (r->socket != NULL)
		mnl_socket_close(r->socket);
	free(r);
}

/* Sends a request, and gives every message of the answer to see. */
static int
ask(struct route *r, struct nlmsghdr *nlh, mnl_cb_t see, void *arg)
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

static struct nlmsghdr *
start(void *buffer, uint16_t type, uint16_t flags)
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
	return ask(r, nlh, NULL, NULL);
}

int
route_up(struct route *r, unsigned int interface, uint16_t mtu)
{
	uint8_t buffer[MESSAGE];
	struct nlmsghdr *nlh = start(buffer, RTM_NEWLINK, 0);
	struct ifinfomsg *link;

	link = mnl_nlmsg_put_extra_header(nlh, sizeof(*link));
	link->ifi_family = AF_UNSPEC;
	link->ifi_index = (int)interface;
	link->ifi_flags = IFF_UP;
	link->ifi_change = IFF_UP;
	mnl_attr_put_u32(nlh, IFLA_MTU, mtu);
	return change(r, nlh);
}

static int
change_address(struct route *r, uint16_t type, uint16_t flags,
    unsigned int interface, uint32_t local, uint32_t peer)
{
	uint8_t buffer[MESSAGE];
	struct nlmsghdr *nlh = start(buffer, type, flags);
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
route_address(struct route *r, unsigned int interface, uint32_t local,
    uint32_t peer)
{
	return change_address(r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE,
	    interface, local, peer);
}

int
route_no_address(struct route *r, unsigned int interface, uint32_t local,
    uint32_t peer)
{
	return change_address(r, RTM_DELADDR, 0, interface, local, peer);
}

static int
change_route(struct route *r, uint16_t type, uint16_t flags,
    const struct route_entry *e)
{
	uint8_t buffer[MESSAGE];
	struct nlmsghdr *nlh = start(buffer, type, flags);
	struct nlattr *metrics;
	struct rtmsg *route;

	route = mnl_nlmsg_put_extra_header(nlh, sizeof(*route));
	route->rtm_family = AF_INET;
	route->rtm_dst_len = e->bits;
	route->rtm_table = RT_TABLE_MAIN;
	route->rtm_protocol = PROTOCOL;
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
route_add(struct route *r, const struct route_entry *e)
{
	if (change_route(r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, e) == 0)
		return 0;
	if (errno != EEXIST)
		return -1;
	/* Ours, of before: only that has our protocol. */
	if (change_route(r, RTM_DELROUTE, 0, e) == -1) {
		errno = EEXIST;
		return -1;
	}
	return change_route(r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, e);
}

int
route_remove(struct route *r, const struct route_entry *e)
{
	return change_route(r, RTM_DELROUTE, 0, e);
}

static uint32_t
attr_u32(const struct nlattr *attr)
{
	return mnl_attr_get_payload_len(attr) < sizeof(uint32_t) ? 0 :
	    mnl_attr_get_u32(attr);
}

static int
see_route(const struct nlmsghdr *nlh, void *arg)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(nlh);
	struct route_entry *e = arg;
	struct nlattr *attr;

	if (nlh->nlmsg_type != RTM_NEWROUTE)
		return MNL_CB_OK;
	if (route->rtm_type != RTN_UNICAST) {
		errno = ENETUNREACH;
		return MNL_CB_ERROR;
	}
	mnl_attr_for_each(attr, nlh, sizeof(*route)) {
		uint32_t value = attr_u32(attr);

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
route_find(struct route *r, uint32_t to, uint32_t mark, struct route_entry *e)
{
	uint8_t buffer[MESSAGE];
	struct nlmsghdr *nlh = start(buffer, RTM_GETROUTE, 0);
	struct rtmsg *route;

	route = mnl_nlmsg_put_extra_header(nlh, sizeof(*route));
	route->rtm_family = AF_INET;
	route->rtm_dst_len = 32;
	mnl_attr_put_u32(nlh, RTA_DST, htonl(to));
	if (mark != 0)
		mnl_attr_put_u32(nlh, RTA_MARK, mark);
	*e = (struct route_entry){ .to = to, .bits = 32 };
	return ask(r, nlh, see_route, e);
}

static int
change_proxy(struct route *r, uint16_t type, uint16_t flags,
    unsigned int interface, uint32_t address)
{
	uint8_t buffer[MESSAGE];
	struct nlmsghdr *nlh = start(buffer, type, flags);
	struct ndmsg *neighbour;

	neighbour = mnl_nlmsg_put_extra_header(nlh, sizeof(*neighbour));
	neighbour->ndm_family = AF_INET;
	neighbour->ndm_ifindex = (int)interface;
	neighbour->ndm_state = NUD_PERMANENT;
	neighbour->ndm_flags = NTF_PROXY;
	mnl_attr_put_u32(nlh, NDA_DST, htonl(address));
	if (type == RTM_NEWNEIGH)
		mnl_attr_put_u8(nlh, NDA_PROTOCOL, PROTOCOL);
	return change(r, nlh);
}

int
route_proxy(struct route *r, unsigned int interface, uint32_t address)
{
	return change_proxy(r, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE,
	    interface, address);
}

int
route_no_proxy(struct route *r, unsigned int interface, uint32_t address)
{
	return change_proxy(r, RTM_DELNEIGH, 0, interface, address);
}

/* Entries to be taken away; a table must not change while it is read. */
struct left {
	size_t			 n;
	struct route_entry	 entry[LEFT_MAX];
};

static int
see_left_route(const struct nlmsghdr *nlh, void *arg)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(nlh);
	struct left *left = arg;
	struct route_entry *e = &left->entry[left->n];
	struct nlattr *attr;

	if (nlh->nlmsg_type != RTM_NEWROUTE || left->n == LEFT_MAX ||
	    route->rtm_protocol != PROTOCOL)
		return MNL_CB_OK;
	*e = (struct route_entry){ .bits = route->rtm_dst_len };
	mnl_attr_for_each(attr, nlh, sizeof(*route)) {
		uint32_t value = attr_u32(attr);

		if (mnl_attr_get_type(attr) == RTA_DST)
			e->to = ntohl(value);
		else if (mnl_attr_get_type(attr) == RTA_OIF)
			e->interface = value;
		else if (mnl_attr_get_type(attr) == RTA_GATEWAY)
			e->gateway = ntohl(value);
		else if (mnl_attr_get_type(attr) == RTA_PRIORITY)
			e->metric = value;
	}
	left->n++;
	return MNL_CB_OK;
}

static int
see_left_proxy(const struct nlmsghdr *nlh, void *arg)
{
	const struct ndmsg *neighbour = mnl_nlmsg_get_payload(nlh);
	struct left *left = arg;
	struct route_entry *e = &left->entry[left->n];
	struct nlattr *attr;
	bool ours = false;

	if (nlh->nlmsg_type != RTM_NEWNEIGH || left->n == LEFT_MAX)
		return MNL_CB_OK;
	*e = (struct route_entry){
		.interface = (unsigned int)neighbour->ndm_ifindex
	};
	mnl_attr_for_each(attr, nlh, sizeof(*neighbour)) {
		if (mnl_attr_get_type(attr) == NDA_DST)
			e->to = ntohl(attr_u32(attr));
		else if (mnl_attr_get_type(attr) == NDA_PROTOCOL)
			ours = mnl_attr_get_u8(attr) == PROTOCOL;
	}
	left->n += ours;
	return MNL_CB_OK;
}

/* Takes what there is room for; true: there may be more. */
static bool
clean_routes(struct route *r, struct left *left)
{
	bool more;
	uint8_t buffer[MESSAGE];
	struct nlmsghdr *nlh = start(buffer, RTM_GETROUTE, NLM_F_DUMP);
	struct rtmsg *route;

	route = mnl_nlmsg_put_extra_header(nlh, sizeof(*route));
	route->rtm_family = AF_INET;
	left->n = 0;
	if (ask(r, nlh, see_left_route, left) == -1)
		log_warning("cannot read routes: %s", strerror(errno));
	more = left->n == LEFT_MAX;
	while (left->n > 0)
		more &= route_remove(r, &left->entry[--left->n]) == 0;
	return more;
}

static bool
clean_proxies(struct route *r, struct left *left)
{
	bool more;
	uint8_t buffer[MESSAGE];
	struct nlmsghdr *nlh = start(buffer, RTM_GETNEIGH, NLM_F_DUMP);
	struct ndmsg *neighbour;

	neighbour = mnl_nlmsg_put_extra_header(nlh, sizeof(*neighbour));
	neighbour->ndm_family = AF_INET;
	neighbour->ndm_flags = NTF_PROXY;
	left->n = 0;
	if (ask(r, nlh, see_left_proxy, left) == -1)
		log_warning("cannot read neighbours: %s", strerror(errno));
	more = left->n == LEFT_MAX;
	for (; left->n > 0; left->n--)
		more &= route_no_proxy(r, left->entry[left->n - 1].interface,
		    left->entry[left->n - 1].to) == 0;
	return more;
}

void
route_clean(struct route *r)
{
	struct left *left;

	if ((left = malloc(sizeof(*left))) == NULL)
		return;
	while (clean_routes(r, left))
		;
	while (clean_proxies(r, left))
		;
	free(left);
}
