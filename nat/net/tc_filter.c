/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks rtnetlink for filters and qdiscs, and hears of changes: rtnetlink(7). */
#include <sys/socket.h>

#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nat/net/tc_filter.h"

#define DUMP_PART	32768		/* bytes of a part of a dump */
#define INGRESS	TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)

struct tc_filter {
	int		 query, events;
	uint32_t	 seq;
};

static int
open_tc_socket(uint32_t groups)
{
	struct sockaddr_nl local = { .nl_family = AF_NETLINK,
	    .nl_groups = groups };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC |
	    (groups != 0 ? SOCK_NONBLOCK : 0), NETLINK_ROUTE);

	if (fd != -1 && bind(fd, (struct sockaddr *)&local,
	    sizeof(local)) == -1) {
		close(fd);
		fd = -1;
	}
	return fd;
}

struct tc_filter *
tc_filter_open(void)
{
	struct tc_filter *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->query = open_tc_socket(0);
	t->events = open_tc_socket(RTMGRP_TC);
	if (t->query != -1 && t->events != -1)
		return t;
	tc_filter_close(t);
	return NULL;
}

void
tc_filter_close(struct tc_filter *t)
{
	if (t == NULL)
		return;
	if (t->query != -1)
		close(t->query);
	if (t->events != -1)
		close(t->events);
	free(t);
}

int
tc_filter_fd(const struct tc_filter *t)
{
	return t->events;
}

/* What has changed is asked for anew: also when events were lost. */
void
tc_filter_read(struct tc_filter *t)
{
	char buf[DUMP_PART];

	while (recv(t->events, buf, sizeof(buf), 0) > 0)
		continue;
}

static int
request_dump(struct tc_filter *t, uint16_t what, uint32_t interface)
{
	struct {
		struct nlmsghdr	header;
		struct tcmsg	tc;
	} request = {
		.header = { .nlmsg_len = sizeof(request),
		    .nlmsg_type = what,
		    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		    .nlmsg_seq = ++t->seq },
		.tc = { .tcm_ifindex = (int)interface, .tcm_parent = INGRESS }
	};

	return send(t->query, &request, sizeof(request), 0) == -1 ? -1 : 0;
}

/* What is looked for in a dump. */
struct tc_search {
	uint32_t	 interface, ours;
	bool		(*fits)(const struct tc_search *,
			    const struct nlmsghdr *);
};

/* Handle 0 stands for a priority, with filters or without. */
static bool
is_another(const struct tc_search *s, const struct nlmsghdr *nlh)
{
	const struct tcmsg *tc = NLMSG_DATA(nlh);

	return nlh->nlmsg_type == RTM_NEWTFILTER && tc->tcm_handle != 0 &&
	    tc->tcm_handle != s->ours;
}

/* Qdiscs of all interfaces are told. */
static bool
is_ingress_qdisc(const struct tc_search *s, const struct nlmsghdr *nlh)
{
	const struct tcmsg *tc = NLMSG_DATA(nlh);
	const struct rtattr *attr = TCA_RTA(tc);
	unsigned int left = TCA_PAYLOAD(nlh);

	if (nlh->nlmsg_type != RTM_NEWQDISC ||
	    tc->tcm_ifindex != (int)s->interface)
		return false;
	for (; RTA_OK(attr, left); attr = RTA_NEXT(attr, left))
		if (attr->rta_type == TCA_KIND &&
		    RTA_PAYLOAD(attr) == sizeof("ingress") &&
		    memcmp(RTA_DATA(attr), "ingress", sizeof("ingress")) == 0)
			return true;
	return false;
}

/* Reads one part of the dump; false at its end. */
static bool
read_part(struct tc_filter *t, const struct tc_search *search, bool *found)
{
	char buf[DUMP_PART] __attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t n = recv(t->query, buf, sizeof(buf), 0);
	unsigned int left = n > 0 ? (unsigned int)n : 0;
	const struct nlmsghdr *nlh = (const void *)buf;

	for (; NLMSG_OK(nlh, left); nlh = NLMSG_NEXT(nlh, left)) {
		if (nlh->nlmsg_seq != t->seq)
			continue;
		if (nlh->nlmsg_type == NLMSG_DONE ||
		    nlh->nlmsg_type == NLMSG_ERROR)
			return false;
		*found |= search->fits(search, nlh);
	}
	return n > 0;
}

static bool
find_in_dump(struct tc_filter *t, uint16_t what, const struct tc_search *search)
{
	bool found = false;

	if (request_dump(t, what, search->interface) == -1)
		return false;
	while (read_part(t, search, &found))
		continue;
	return found;
}

bool
tc_filter_others(struct tc_filter *t, uint32_t interface, uint32_t ours)
{
	const struct tc_search search = { interface, ours, is_another };

	return find_in_dump(t, RTM_GETTFILTER, &search);
}

bool
tc_filter_ingress_only(uint32_t interface)
{
	const struct tc_search search = { interface, 0, is_ingress_qdisc };
	struct tc_filter t = { .query = open_tc_socket(0) };
	bool found = t.query != -1 && find_in_dump(&t, RTM_GETQDISC, &search);

	if (t.query != -1)
		close(t.query);
	return found;
}
