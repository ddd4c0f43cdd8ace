/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks /proc and nfnetlink: a listing program takes a hundred times as long. */
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nat/host/tables.h"

bool
tables_of_legacy(void)
{
	FILE *f = fopen("/proc/self/net/ip_tables_names", "re");
	bool some = f != NULL ? fgetc(f) != EOF : errno != ENOENT;

	if (f != NULL)
		fclose(f);
	return some;
}

/* A dump's first message is a table, or says that it is done, or wrong. */
static bool
dump_is_empty(int fd)
{
	struct {
		struct nlmsghdr		h;
		struct nfgenmsg		family;
	} all = {
		.h = { .nlmsg_len = sizeof(all), .nlmsg_flags = NLM_F_REQUEST |
		    NLM_F_DUMP,
		    .nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE }
	};
	union {
		struct nlmsghdr		h;
		char			room[16384];
	} answer;
	ssize_t n;

	if (send(fd, &all, sizeof(all), 0) != (ssize_t)sizeof(all))
		return false;
	n = recv(fd, &answer, sizeof(answer), 0);
	return n >= (ssize_t)sizeof(answer.h) &&
	    answer.h.nlmsg_type == NLMSG_DONE;
}

bool
tables_of_nft(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	bool none = fd != -1 && dump_is_empty(fd);

	if (fd != -1)
		close(fd);
	return !none;
}
