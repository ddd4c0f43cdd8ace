/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Netlink sockets that hear of routes, rules and IPsec, and forget what they
 * hear; the kernel is asked for what has to be known.
 */
#include <sys/socket.h>

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <stdbool.h>
#include <stdlib.h>

#include "nat/base/log.h"
#include "nat/net/change_watch.h"

#define ANSWER	8192		/* bytes: some hundred */

struct change_watch {
	struct mnl_socket	*socket[CHANGE_WATCH_FDS];
	struct mnl_socket	*query;		/* about IPsec, or NULL */
	bool			 ipsec;
};

enum { HEARD_IPSEC = CHANGE_WATCH_FDS - 1 };

static const struct {
	int		 family;
	unsigned int	 groups[4];
	const char	*what;
} heard[CHANGE_WATCH_FDS] = {
	{ NETLINK_ROUTE, { RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV4_RULE,
	    RTNLGRP_IPV4_IFADDR }, "routes" },
	{ NETLINK_NETFILTER, { NFNLGRP_NFTABLES }, "nftables' rules" },
	[HEARD_IPSEC] = { NETLINK_XFRM, { XFRMNLGRP_SA, XFRMNLGRP_POLICY },
	    "IPsec's policies" }
};

static bool
join_groups(struct mnl_socket *s, const unsigned int *groups)
{
	for (; *groups != 0; groups++)
		if (mnl_socket_setsockopt(s, NETLINK_ADD_MEMBERSHIP,
		    (void *)(uintptr_t)groups, sizeof(*groups)) == -1)
			return false;
	return true;
}

static struct mnl_socket *
open_change_socket(int i)
{
	struct mnl_socket *s = mnl_socket_open2(heard[i].family,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (s != NULL && mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) == 0 &&
	    join_groups(s, heard[i].groups))
		return s;
	log_info("the kernel does not tell when %s change: the next probe "
	    "of each call will show it", heard[i].what);
	if (s != NULL)
		mnl_socket_close(s);
	return NULL;
}

/* --- IPsec --- */

static int
read_attribute(const struct nlattr *attr, void *count)
{
	if (mnl_attr_get_type(attr) == XFRMA_SAD_CNT &&
	    mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
		*(int64_t *)count = mnl_attr_get_u32(attr);
	return MNL_CB_OK;
}

static int
read_answer(const struct nlmsghdr *nlh, void *count)
{
	return mnl_attr_parse(nlh, sizeof(uint32_t), read_attribute, count);
}

/* How many security associations there are; -1 when the kernel does not say. */
static int64_t
count_associations(struct mnl_socket *query)
{
	char buf[ANSWER];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	int64_t count = -1;
	ssize_t n;

	nlh->nlmsg_type = XFRM_MSG_GETSADINFO;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	*(uint32_t *)mnl_nlmsg_put_extra_header(nlh, sizeof(uint32_t)) =
	    UINT32_MAX;
	if (query == NULL || mnl_socket_sendto(query, nlh, nlh->nlmsg_len) < 0)
		return -1;
	n = mnl_socket_recvfrom(query, buf, sizeof(buf));
	if (n > 0)
		(void)mnl_cb_run(buf, (size_t)n, 0, 0, read_answer, &count);
	return count;
}

/* Not known is as if there were some. */
static void
note_ipsec(struct change_watch *w)
{
	w->ipsec = w->socket[HEARD_IPSEC] == NULL ||
	    count_associations(w->query) != 0;
}

bool
change_watch_ipsec(const struct change_watch *w)
{
	return w->ipsec;
}

/* --- All of them --- */

struct change_watch *
change_watch_open(void)
{
	struct change_watch *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	for (int i = 0; i < CHANGE_WATCH_FDS; i++)
		w->socket[i] = open_change_socket(i);
	w->query = mnl_socket_open2(NETLINK_XFRM, SOCK_CLOEXEC);
	note_ipsec(w);
	return w;
}

void
change_watch_close(struct change_watch *w)
{
	if (w == NULL)
		return;
	for (int i = 0; i < CHANGE_WATCH_FDS; i++)
		if (w->socket[i] != NULL)
			mnl_socket_close(w->socket[i]);
	if (w->query != NULL)
		mnl_socket_close(w->query);
	free(w);
}

int
change_watch_fd(const struct change_watch *w, int i)
{
	return w->socket[i] == NULL ? -1 : mnl_socket_get_fd(w->socket[i]);
}

/* Reads on until there is no more; was there something? */
static bool
read_news(int fd)
{
	char buf[8192];		/* what does not fit is cut off */
	bool news = false;
	ssize_t n = 0;

	if (fd == -1)
		return false;
	/* An error (ENOBUFS: more than there was room for) is one. */
	while ((n = recv(fd, buf, sizeof(buf), MSG_TRUNC)) > 0)
		news = true;
	return news || (n == -1 && errno == ENOBUFS);
}

void
change_watch_read(struct change_watch *w)
{
	for (int i = 0; i < CHANGE_WATCH_FDS; i++)
		if (read_news(change_watch_fd(w, i)) && i == HEARD_IPSEC)
			note_ipsec(w);
}
