/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The socket by which the kernel tells what becomes of tracked connections. */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_compat.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alg/pptp/message.h"
#include "nat/base/log.h"
#include "nat/base/socket_buffer.h"
#include "nat/netfilter/conntrack_events.h"

#define MESSAGE_SIZE	4096		/* an entry takes some hundred bytes */
#define BUFFER		(16 << 20)	/* bytes of events not yet read */
#define AT_ONCE		32		/* read by one system call */
#define TURNS		8		/* of them, until others have a turn */
#define STORM		100		/* events in a tick: ... */
#define REST		1000		/* ... ms, only ends are told */
#define SWITCH		"/proc/sys/net/netfilter/nf_conntrack_events"

struct conntrack_events {
	int			 fd;
	conntrack_events_heard	 heard;
	void			*arg;
	uint32_t		 n;		/* in this tick */
	uint64_t		 resting;	/* ms: since then, or 0 */
	/* Messages of the kernel, while they are read. */
	char			 message[AT_ONCE][MESSAGE_SIZE]
				    __attribute__((aligned(8)));
};

/* The offset of an attribute in the one at A, or 0, into A (filter.h). */
#define FIND_ATTR(how, type)						\
	{ BPF_LDX | BPF_IMM, 0, 0, type },				\
	{ BPF_LD | BPF_B | BPF_ABS, 0, 0, (uint32_t)(SKF_AD_OFF + how) }
#define OFFSET_ATTRS	(NLMSG_HDRLEN + sizeof(struct nfgenmsg))
/* Skips what is not there; is a tuple's port PPTP's, so many on from here. */
#define JUMP_AT_PPTP(tuple, side, on)					\
	{ BPF_LD | BPF_IMM, 0, 0, OFFSET_ATTRS },			\
	FIND_ATTR(SKF_AD_NLATTR, tuple),				\
	{ BPF_JMP | BPF_JEQ | BPF_K, 9, 0, 0 },				\
	FIND_ATTR(SKF_AD_NLATTR_NEST, CTA_TUPLE_PROTO),			\
	{ BPF_JMP | BPF_JEQ | BPF_K, 6, 0, 0 },				\
	FIND_ATTR(SKF_AD_NLATTR_NEST, side),				\
	{ BPF_JMP | BPF_JEQ | BPF_K, 3, 0, 0 },				\
	{ BPF_MISC | BPF_TAX, 0, 0, 0 },				\
	{ BPF_LD | BPF_H | BPF_IND, 0, 0, NLA_HDRLEN },			\
	{ BPF_JMP | BPF_JEQ | BPF_K, on, 0, PPTP_PORT }

/*
 * Only entries with a server's port 1723, before or behind DNAT, wake us up:
 * when they end, have a mark, or have just been opened (the kernel tells each
 * change of TCP's state).
 */
static int
filter_events(int fd)
{
	const uint16_t end = htons(NFNL_SUBSYS_CTNETLINK << 8 |
	    IPCTNL_MSG_CT_DELETE);
	struct sock_filter code[] = {
		{ BPF_LD | BPF_H | BPF_ABS, 0, 0,
		    offsetof(struct nlmsghdr, nlmsg_type) },
		{ BPF_JMP | BPF_JEQ | BPF_K, 17, 0, end },
		{ BPF_LD | BPF_IMM, 0, 0, OFFSET_ATTRS },
		FIND_ATTR(SKF_AD_NLATTR, CTA_MARK),
		{ BPF_JMP | BPF_JEQ | BPF_K, 0, 13, 0 },
		{ BPF_LD | BPF_IMM, 0, 0, OFFSET_ATTRS },
		FIND_ATTR(SKF_AD_NLATTR, CTA_PROTOINFO),
		{ BPF_JMP | BPF_JEQ | BPF_K, 35, 0, 0 },
		FIND_ATTR(SKF_AD_NLATTR_NEST, CTA_PROTOINFO_TCP),
		{ BPF_JMP | BPF_JEQ | BPF_K, 32, 0, 0 },
		FIND_ATTR(SKF_AD_NLATTR_NEST, CTA_PROTOINFO_TCP_STATE),
		{ BPF_JMP | BPF_JEQ | BPF_K, 29, 0, 0 },
		{ BPF_MISC | BPF_TAX, 0, 0, 0 },
		{ BPF_LD | BPF_B | BPF_IND, 0, 0, NLA_HDRLEN },
		{ BPF_JMP | BPF_JEQ | BPF_K, 0, 26, TCP_CONNTRACK_ESTABLISHED },
		JUMP_AT_PPTP(CTA_TUPLE_REPLY, CTA_PROTO_SRC_PORT, 14),
		JUMP_AT_PPTP(CTA_TUPLE_ORIG, CTA_PROTO_DST_PORT, 1),
		{ BPF_RET | BPF_K, 0, 0, 0 },
		{ BPF_RET | BPF_K, 0, 0, UINT32_MAX },
	};
	const struct sock_fprog program = {
		sizeof(code) / sizeof(code[0]), code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
	    sizeof(program));
}

static int
open_events(struct conntrack_events *e)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK,
	    .nl_groups = NF_NETLINK_CONNTRACK_DESTROY |
	    NF_NETLINK_CONNTRACK_UPDATE };

	e->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    NETLINK_NETFILTER);
	if (e->fd == -1)
		return -1;
	socket_buffer_receive(e->fd, BUFFER);
	return filter_events(e->fd) == -1 ? -1 :
	    bind(e->fd, (const struct sockaddr *)&kernel, sizeof(kernel));
}

struct conntrack_events *
conntrack_events_open(conntrack_events_heard heard, void *arg)
{
	struct conntrack_events *e = calloc(1, sizeof(*e));

	if (e == NULL || open_events(e) == -1) {
		conntrack_events_close(e);
		return NULL;
	}
	e->heard = heard;
	e->arg = arg;
	return e;
}

void
conntrack_events_close(struct conntrack_events *e)
{
	if (e == NULL)
		return;
	if (e->fd != -1)
		close(e->fd);
	free(e);
}

bool
conntrack_events_on(void)
{
	FILE *f;
	int c;

	if ((f = fopen(SWITCH, "re")) == NULL)
		return false;
	c = fgetc(f);
	fclose(f);
	return c != '0';
}

int
conntrack_events_fd(const struct conntrack_events *e)
{
	return e->fd;
}

static void
tell_message(struct conntrack_events *e, const void *message, unsigned int left,
    uint64_t now)
{
	const struct nlmsghdr *nlh = message;

	for (; NLMSG_OK(nlh, left); nlh = NLMSG_NEXT(nlh, left))
		e->heard(e->arg, nlh, now);
}

/* How many messages there were, AT_ONCE at most; -1 with errno. */
static int
read_some(struct conntrack_events *e, uint64_t now)
{
	struct iovec piece[AT_ONCE];
	struct mmsghdr in[AT_ONCE] = { 0 };
	int i, n;

	for (i = 0; i < AT_ONCE; i++) {
		piece[i] = (struct iovec){ e->message[i], MESSAGE_SIZE };
		in[i].msg_hdr.msg_iov = &piece[i];
		in[i].msg_hdr.msg_iovlen = 1;
	}
	n = recvmmsg(e->fd, in, AT_ONCE, MSG_DONTWAIT, NULL);
	for (i = 0; i < n; i++)
		tell_message(e, e->message[i], in[i].msg_len, now);
	e->n += n > 0 ? (uint32_t)n : 0;
	return n;
}

bool
conntrack_events_read(struct conntrack_events *e, uint64_t now)
{
	bool all = true;
	int turn, n;

	for (turn = 0; turn < TURNS; turn++) {
		n = read_some(e, now);
		all &= n != -1 || errno != ENOBUFS;
		if (n < AT_ONCE)
			break;
	}
	return all;
}

/*
 * The kernel makes three events of each connection that is opened, whosever it
 * is, and we are told of one.  While a thousand calls a second are set up there
 * is better use for that time.
 */
void
conntrack_events_tick(struct conntrack_events *e, uint64_t now)
{
	int group = NFNLGRP_CONNTRACK_UPDATE;
	bool storm = e->n >= STORM;

	e->n = 0;
	if (e->resting == 0 ? !storm : now - e->resting < REST)
		return;
	e->resting = e->resting == 0 ? now : 0;
	if (setsockopt(e->fd, SOL_NETLINK, e->resting != 0 ?
	    NETLINK_DROP_MEMBERSHIP : NETLINK_ADD_MEMBERSHIP, &group,
	    sizeof(group)) == -1)
		log_error("conntrack: events: %s", strerror(errno));
}
