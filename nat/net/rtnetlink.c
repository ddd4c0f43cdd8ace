/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks the kernel for addresses, routes, proxy ARP and names of interfaces,
 * and cleans up after a daemon that was killed.
 */
#include <arpa/inet.h>
#include <endian.h>
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

#include "nat/base/log.h"
#include "nat/net/rtnetlink.h"

#define ANSWER		(32 << 10)	/* bytes: a piece of a table */
#define PORT		0x70707400	/* of rtnetlink, the first daemon's */
#define DAEMONS		8		/* in a namespace; more share a mark */
#define PROTOCOL	117		/* of routes: the first daemon's mark */
#define MESSAGE		512		/* bytes of a request */
#define LEFT_MAX	4096		/* entries taken away at a time */

struct rtnetlink {
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
take_number(struct rtnetlink *r)
{
	for (r->number = 0; r->number < DAEMONS; r->number++)
		if (mnl_socket_bind(r->socket, 0, PORT + r->number) == 0)
			return 0;
	return mnl_socket_bind(r->socket, 0, MNL_SOCKET_AUTOPID);
}

struct rtnetlink *
rtnetlink_open(char *error, size_t size)
{
	struct rtnetlink *r;

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
rtnetlink_close(struct rtnetlink *r)
{
	if (r == NULL)
		return;
	if (r->socket != NULL)
		mnl_socket_close(r->socket);
	free(r);
}

/* Gives every message of the answer to see. */
static int
send_request(struct rtnetlink *r, struct nlmsghdr *nlh, mnl_cb_t see,
    void *arg)
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

/* In a buffer of MESSAGE bytes. */
static struct nlmsghdr *
start_request(void *buffer, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	return nlh;
}

static int
send_change(struct rtnetlink *r, struct nlmsghdr *nlh)
{
	nlh->nlmsg_flags |= NLM_F_ACK;
	return send_request(r, nlh, NULL, NULL);
}

/* The beginning of a change of an interface. */
static struct ifinfomsg *
start_interface_change(struct nlmsghdr *nlh, unsigned int interface)
{
	struct ifinfomsg *info;

	info = mnl_nlmsg_put_extra_header(nlh, sizeof(*info));
	info->ifi_family = AF_UNSPEC;
	info->ifi_index = (int)interface;
	return info;
}

int
rtnetlink_up(struct rtnetlink *r, unsigned int interface, uint16_t mtu)
{
	uint8_t buffer[MESSAGE];
	struct nlmsghdr *nlh = start_request(buffer, RTM_NEWLINK, 0);
	struct ifinfomsg *info = start_interface_change(nlh, interface);

	info->ifi_flags = IFF_UP;
	info->ifi_change = IFF_UP;
	mnl_attr_put_u32(nlh, IFLA_MTU, mtu);
	return send_change(r, nlh);
}

int
rtnetlink_rename(struct rtnetlink *r, unsigned int interface, const char *name)
{
	uint8_t buffer[MESSAGE];
	struct nlmsghdr *nlh = start_request(buffer, RTM_NEWLINK, 0);

	/* Older kernels rename only what is down. */
	start_interface_change(nlh, interface)->ifi_change = IFF_UP;
	if (send_change(r, nlh) == -1)
		return -1;
	nlh = start_request(buffer, RTM_NEWLINK, 0);
	(void)start_interface_change(nlh, interface);
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	return send_change(r, nlh);
}

/* The host's own traffic would come from an address that no peer knows. */
int
rtnetlink_no_auto(struct rtnetlink *r, unsigned int interface)
{
	uint8_t buffer[MESSAGE];
	struct nlmsghdr *nlh = start_request(buffer, RTM_NEWLINK, 0);
	struct nlattr *all, *ipv6;

	(void)start_interface_change(nlh, interface);
	all = mnl_attr_nest_start(nlh, IFLA_AF_SPEC);
	ipv6 = mnl_attr_nest_start(nlh, AF_INET6);
	mnl_attr_put_u8(nlh, IFLA_INET6_ADDR_GEN_MODE,
	    IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(nlh, ipv6);
	mnl_attr_nest_end(nlh, all);
	return send_change(r, nlh);
}

static int
change_link_local(struct rtnetlink *r, uint16_t type, uint16_t flags,
    unsigned int interface, uint64_t identifier)
{
	uint8_t buffer[MESSAGE];
	struct nlmsghdr *nlh = start_request(buffer, type, flags);
	uint64_t words[] = { htobe64(RTNETLINK_LINK_LOCAL),
		htobe64(identifier) };
	struct ifaddrmsg *address;

	address = mnl_nlmsg_put_extra_header(nlh, sizeof(*address));
	address->ifa_family = AF_INET6;
	address->ifa_prefixlen = 64;
	address->ifa_scope = RT_SCOPE_LINK;
	address->ifa_index = interface;
	mnl_attr_put(nlh, IFA_LOCAL, sizeof(words), words);
	return send_change(r, nlh);
}

int
rtnetlink_link_local(
    struct rtnetlink *r, unsigned int interface, uint64_t identifier)
{
	return change_link_local(r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE,
	    interface, identifier);
}

int
rtnetlink_no_link_local(struct rtnetlink *r, unsigned int interface,
    uint64_t identifier)
{
	return change_link_local(r, RTM_DELADDR, 0, interface, identifier);
}

static int
change_address(struct rtnetlink *r, uint16_t type, uint16_t flags,
    unsigned int interface, uint32_t local, uint32_t peer)
{
	uint8_t buffer[MESSAGE];
	struct nlmsghdr *nlh = start_request(buffer, type, flags);
	struct ifaddrmsg *address;

	address = mnl_nlmsg_put_extra_header(nlh, sizeof(*address));
	address->ifa_family = AF_INET;
	address->ifa_prefixlen = 32;
	address->ifa_index = interface;
	mnl_attr_put_u32(nlh, IFA_LOCAL, htonl(local));
	mnl_attr_put_u32(nlh, IFA_ADDRESS, htonl(peer == 0 ? local : peer));
	return send_change(r, nlh);
}

int
rtnetlink_address(struct rtnetlink *r, unsigned int interface, uint32_t local,
    uint32_t peer)
{
	return change_address(r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE,
	    interface, local, peer);
}

int
rtnetlink_no_address(
    struct rtnetlink *r, unsigned int interface, uint32_t local, uint32_t peer)
{
	return change_address(r, RTM_DELADDR, 0, interface, local, peer);
}

static int
change_route(struct rtnetlink *r, uint16_t type, uint16_t flags,
    const struct rtnetlink_entry *e)
{
	uint8_t buffer[MESSAGE];
	struct nlmsghdr *nlh = start_request(buffer, type, flags);
	struct nlattr *metrics;
	struct rtmsg *route;

	route = mnl_nlmsg_put_extra_header(nlh, sizeof(*route));
	route->rtm_family = AF_INET;
	route->rtm_dst_len = e->bits;
	route->rtm_table = RT_TABLE_MAIN;
	route->rtm_protocol = PROTOCOL + r->number;
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
	return send_change(r, nlh);
}

int
rtnetlink_add(struct rtnetlink *r, const struct rtnetlink_entry *e)
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
rtnetlink_remove(struct rtnetlink *r, const struct rtnetlink_entry *e)
{
	return change_route(r, RTM_DELROUTE, 0, e);
}

/* The value of an attribute; 0 if it is too short. */
static uint32_t
attribute_u32(const struct nlattr *attr)
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
		uint32_t value = attribute_u32(attr);

		if (mnl_attr_get_type(attr) == RTA_OIF)
			e->interface = value;
		else if (mnl_attr_get_type(attr) == RTA_GATEWAY)
			e->gateway = ntohl(value);
		else if (mnl_attr_get_type(attr) == RTA_PREFSRC)
			e->source = ntohl(value);
	}
	return MNL_CB_STOP;
}

/* Asks for the route that an address has. */
static struct nlmsghdr *
start_lookup(uint8_t *buffer, uint32_t to, unsigned int flags)
{
	struct nlmsghdr *nlh = start_request(buffer, RTM_GETROUTE, 0);
	struct rtmsg *route;

	route = mnl_nlmsg_put_extra_header(nlh, sizeof(*route));
	route->rtm_family = AF_INET;
	route->rtm_dst_len = 32;
	route->rtm_flags = flags;
	mnl_attr_put_u32(nlh, RTA_DST, htonl(to));
	return nlh;
}

int
rtnetlink_find(
    struct rtnetlink *r, uint32_t to, uint32_t mark, struct rtnetlink_entry *e)
{
	uint8_t buffer[MESSAGE];
	struct nlmsghdr *nlh = start_lookup(buffer, to, 0);

	if (mark != 0)
		mnl_attr_put_u32(nlh, RTA_MARK, mark);
	*e = (struct rtnetlink_entry){ .to = to, .bits = 32 };
	return send_request(r, nlh, see_route, e);
}

/* The route that an address has, whatever its type. */
struct found_route {
	uint8_t			 type, bits;
	unsigned int		 interface;
};

static int
see_found_route(const struct nlmsghdr *nlh, void *arg)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(nlh);
	struct found_route *f = arg;
	struct nlattr *attr;

	if (nlh->nlmsg_type != RTM_NEWROUTE)
		return MNL_CB_OK;
	f->type = route->rtm_type;
	f->bits = route->rtm_dst_len;
	mnl_attr_for_each(attr, nlh, sizeof(*route))
		if (mnl_attr_get_type(attr) == RTA_OIF)
			f->interface = attribute_u32(attr);
	return MNL_CB_STOP;
}

/* -1: there is none, or one that refuses packets. */
static int
find_route(struct rtnetlink *r, uint32_t to, unsigned int vrf,
    struct found_route *f)
{
	uint8_t buffer[MESSAGE];
	/* With the network's bits. */
	struct nlmsghdr *nlh = start_lookup(buffer, to, RTM_F_FIB_MATCH);

	if (vrf != 0)
		mnl_attr_put_u32(nlh, RTA_OIF, vrf);
	*f = (struct found_route){ .type = RTN_UNSPEC };
	return send_request(r, nlh, see_found_route, f);
}

bool
rtnetlink_is_own(struct rtnetlink *r, uint32_t address, unsigned int vrf)
{
	struct found_route f;

	return find_route(r, address, vrf, &f) == 0 &&
	    (f.type == RTN_LOCAL || f.type == RTN_BROADCAST);
}

bool
rtnetlink_goes(struct rtnetlink *r, uint32_t to, uint8_t bits,
    unsigned int interface)
{
	struct found_route f;

	return find_route(r, to, 0, &f) == 0 &&
	    (f.interface == interface || f.bits > bits);
}

static int
change_proxy(struct rtnetlink *r, uint16_t type, uint16_t flags,
    unsigned int interface, uint32_t address)
{
	uint8_t buffer[MESSAGE];
	struct nlmsghdr *nlh = start_request(buffer, type, flags);
	struct ndmsg *neighbour;

	neighbour = mnl_nlmsg_put_extra_header(nlh, sizeof(*neighbour));
	neighbour->ndm_family = AF_INET;
	neighbour->ndm_ifindex = (int)interface;
	neighbour->ndm_state = NUD_PERMANENT;
	neighbour->ndm_flags = NTF_PROXY;
	mnl_attr_put_u32(nlh, NDA_DST, htonl(address));
	if (type == RTM_NEWNEIGH)
		mnl_attr_put_u8(nlh, NDA_PROTOCOL,
		    PROTOCOL + r->number);
	return send_change(r, nlh);
}

int
rtnetlink_proxy(struct rtnetlink *r, unsigned int interface, uint32_t address)
{
	return change_proxy(r, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE,
	    interface, address);
}

int
rtnetlink_no_proxy(
    struct rtnetlink *r, unsigned int interface, uint32_t address)
{
	return change_proxy(r, RTM_DELNEIGH, 0, interface, address);
}

/*
 * What a daemon that was killed has left.
 */

/* Entries to be taken away; a table must not change while it is read. */
struct left {
	uint8_t			 own;		/* mark */
	size_t			 n;
	struct rtnetlink_entry	 entry[LEFT_MAX];
};

static int
see_left_route(const struct nlmsghdr *nlh, void *arg)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(nlh);
	struct left *left = arg;
	struct rtnetlink_entry *e = &left->entry[left->n];
	struct nlattr *attr;

	if (nlh->nlmsg_type != RTM_NEWROUTE || left->n == LEFT_MAX ||
	    route->rtm_protocol != left->own)
		return MNL_CB_OK;
	*e = (struct rtnetlink_entry){ .bits = route->rtm_dst_len };
	mnl_attr_for_each(attr, nlh, sizeof(*route)) {
		uint32_t value = attribute_u32(attr);

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
	struct rtnetlink_entry *e = &left->entry[left->n];
	struct nlattr *attr;
	bool ours = false;

	if (nlh->nlmsg_type != RTM_NEWNEIGH || left->n == LEFT_MAX)
		return MNL_CB_OK;
	*e = (struct rtnetlink_entry){
		.interface = (unsigned int)neighbour->ndm_ifindex
	};
	mnl_attr_for_each(attr, nlh, sizeof(*neighbour)) {
		if (mnl_attr_get_type(attr) == NDA_DST)
			e->to = ntohl(attribute_u32(attr));
		else if (mnl_attr_get_type(attr) == NDA_PROTOCOL)
			ours = mnl_attr_get_u8(attr) == left->own;
	}
	left->n += ours;
	return MNL_CB_OK;
}

static int
remove_proxy(struct rtnetlink *r, const struct rtnetlink_entry *e)
{
	return rtnetlink_no_proxy(r, e->interface, e->to);
}

/* Takes what there is room for; true: there may be more. */
static bool
clean_table(struct rtnetlink *r, struct left *left, struct nlmsghdr *nlh,
    mnl_cb_t see, int (*remove)(struct rtnetlink *,
    const struct rtnetlink_entry *), const char *what)
{
	bool more;

	left->n = 0;
	if (send_request(r, nlh, see, left) == -1)
		log_warning("cannot read %s: %s", what, strerror(errno));
	more = left->n == LEFT_MAX;
	while (left->n > 0)
		more &= remove(r, &left->entry[--left->n]) == 0;
	return more;
}

static bool
clean_routes(struct rtnetlink *r, struct left *left)
{
	uint8_t buffer[MESSAGE];
	struct nlmsghdr *nlh =
	    start_request(buffer, RTM_GETROUTE, NLM_F_DUMP);
	struct rtmsg *route;

	route = mnl_nlmsg_put_extra_header(nlh, sizeof(*route));
	route->rtm_family = AF_INET;
	return clean_table(
	    r, left, nlh, see_left_route, rtnetlink_remove, "routes");
}

static bool
clean_proxies(struct rtnetlink *r, struct left *left)
{
	uint8_t buffer[MESSAGE];
	struct nlmsghdr *nlh =
	    start_request(buffer, RTM_GETNEIGH, NLM_F_DUMP);
	struct ndmsg *neighbour;

	neighbour = mnl_nlmsg_put_extra_header(nlh, sizeof(*neighbour));
	neighbour->ndm_family = AF_INET;
	neighbour->ndm_flags = NTF_PROXY;
	return clean_table(r, left, nlh, see_left_proxy, remove_proxy,
	    "neighbours");
}

void
rtnetlink_clean(struct rtnetlink *r)
{
	struct left *left;

	if (r->number == DAEMONS || (left = malloc(sizeof(*left))) == NULL)
		return;
	left->own = PROTOCOL + r->number;
	while (clean_routes(r, left))
		;
	while (clean_proxies(r, left))
		;
	free(left);
}
