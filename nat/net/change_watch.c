/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Netlink sockets that hear of routes and rules, and forget what they hear. */
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdlib.h>

#include "nat/base/log.h"
#include "nat/net/change_watch.h"

struct change_watch {
	struct mnl_socket	*socket[CHANGE_WATCH_FDS];
};

static const struct {
	int		 family;
	unsigned int	 groups[4];
	const char	*what;
} heard[CHANGE_WATCH_FDS] = {
	{ NETLINK_ROUTE, { RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV4_RULE,
	    RTNLGRP_IPV4_IFADDR }, "routes" },
	{ NETLINK_NETFILTER, { NFNLGRP_NFTABLES }, "nftables' rules" }
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

struct change_watch *
change_watch_open(void)
{
	struct change_watch *w = calloc(1, sizeof(*w));

	for (int i = 0; w != NULL && i < CHANGE_WATCH_FDS; i++)
		w->socket[i] = open_change_socket(i);
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
	free(w);
}

int
change_watch_fd(const struct change_watch *w, int i)
{
	return w->socket[i] == NULL ? -1 : mnl_socket_get_fd(w->socket[i]);
}

void
change_watch_read(struct change_watch *w)
{
	char buf[8192];		/* what does not fit is cut off */
	int i, fd;

	for (i = 0; i < CHANGE_WATCH_FDS; i++) {
		fd = change_watch_fd(w, i);
		/* An error (ENOBUFS: more than there was room for) is one. */
		while (fd != -1 &&
		    recv(fd, buf, sizeof(buf), MSG_TRUNC) > 0)
			continue;
	}
}
