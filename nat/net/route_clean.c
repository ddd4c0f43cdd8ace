/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "nat/base/log.h"
#include "nat/net/route_part.h"

#define LEFT_MAX	4096		/* entries taken away at a time */

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
		uint32_t value = rtnetlink_u32(attr);

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
			e->to = ntohl(rtnetlink_u32(attr));
		else if (mnl_attr_get_type(attr) == NDA_PROTOCOL)
			ours = mnl_attr_get_u8(attr) == left->own;
	}
	left->n += ours;
	return MNL_CB_OK;
}

static int
remove_proxy(struct route *r, const struct rtnetlink_entry *e)
{
	return rtnetlink_no_proxy(r, e->interface, e->to);
}

/* Takes what there is room for; true: there may be more. */
static bool
clean(struct route *r, struct left *left, struct nlmsghdr *nlh, mnl_cb_t see,
    int (*remove)(struct route *, const struct rtnetlink_entry *),
    const char *what)
{
	bool more;

	left->n = 0;
	if (rtnetlink_ask(r, nlh, see, left) == -1)
		log_warning("cannot read %s: %s", what, strerror(errno));
	more = left->n == LEFT_MAX;
	while (left->n > 0)
		more &= remove(r, &left->entry[--left->n]) == 0;
	return more;
}

static bool
clean_routes(struct route *r, struct left *left)
{
	uint8_t buffer[RTNETLINK_MESSAGE];
	struct nlmsghdr *nlh =
	    rtnetlink_request(buffer, RTM_GETROUTE, NLM_F_DUMP);
	struct rtmsg *route;

	route = mnl_nlmsg_put_extra_header(nlh, sizeof(*route));
	route->rtm_family = AF_INET;
	return clean(r, left, nlh, see_left_route, rtnetlink_remove, "routes");
}

static bool
clean_proxies(struct route *r, struct left *left)
{
	uint8_t buffer[RTNETLINK_MESSAGE];
	struct nlmsghdr *nlh =
	    rtnetlink_request(buffer, RTM_GETNEIGH, NLM_F_DUMP);
	struct ndmsg *neighbour;

	neighbour = mnl_nlmsg_put_extra_header(nlh, sizeof(*neighbour));
	neighbour->ndm_family = AF_INET;
	neighbour->ndm_flags = NTF_PROXY;
	return clean(r, left, nlh, see_left_proxy, remove_proxy,
	    "neighbours");
}

void
rtnetlink_clean(struct route *r)
{
	struct left *left;

	if (rtnetlink_own(r) == 0 || (left = malloc(sizeof(*left))) == NULL)
		return;
	left->own = rtnetlink_own(r);
	while (clean_routes(r, left))
		;
	while (clean_proxies(r, left))
		;
	free(left);
}
