/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sends and receives enhanced GRE by a raw socket, a batch with each system
 * call.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alg/base/cursor.h"
#include "nat/base/log.h"
#include "nat/base/socket_buffer.h"
#include "nat/net/gre_socket.h"

#define SOCKET_BUFFER	(16 << 20)	/* bytes, each way */
#define FROM_SIZE	CMSG_SPACE(sizeof(struct in_pktinfo))
#define MARK_SIZE	CMSG_SPACE(sizeof(uint32_t))

/* A batch one way: messages, their pieces, addresses and bytes. */
struct batch {
	struct mmsghdr		 message[GRE_SOCKET_BATCH];
	struct iovec		 piece[GRE_SOCKET_BATCH];
	struct sockaddr_in	 address[GRE_SOCKET_BATCH];
	union {
		struct cmsghdr	 header;
		uint8_t		 bytes[FROM_SIZE + MARK_SIZE];
	}			 control[GRE_SOCKET_BATCH];
	uint8_t			 slot[GRE_SOCKET_BATCH][GRE_SOCKET_SLOT]
				    __attribute__((aligned(64)));
};

struct gre_socket {
	int			 fd;
	unsigned int		 pending;	/* in out */
	struct gre_socket_counters	 counters;
	struct batch		 in, out;
};

/* RFC 2637, 4.1: version 1, protocol type 0x880B; all else is not read. */
static struct sock_filter only_pptp[] = {
	BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
	BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x0007FFFF),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x0001880B, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, 0xFFFF),
	BPF_STMT(BPF_RET | BPF_K, 0)
};

/*
 * Packets go without the don't-fragment bit, as those of Windows do: a path
 * that takes less than we think then costs time, not the tunnel.
 */
static int
open_gre_socket(struct gre_socket *c, uint32_t mark)
{
	struct sock_fprog program = {
		.len = sizeof(only_pptp) / sizeof(only_pptp[0]),
		.filter = only_pptp
	};
	int never = IP_PMTUDISC_DONT;

	c->fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    IPPROTO_GRE);
	if (c->fd == -1 ||
	    setsockopt(c->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
	    sizeof(program)) == -1 ||
	    setsockopt(c->fd, SOL_SOCKET, SO_MARK, &mark,
	    sizeof(mark)) == -1 ||
	    setsockopt(c->fd, IPPROTO_IP, IP_MTU_DISCOVER, &never,
	    sizeof(never)) == -1)
		return -1;
	socket_buffer_receive(c->fd, SOCKET_BUFFER);
	socket_buffer_send(c->fd, SOCKET_BUFFER);
	return 0;
}

static struct cmsghdr *
mark_header(struct batch *b, size_t i)
{
	return (struct cmsghdr *)(void *)(b->control[i].bytes + FROM_SIZE);
}

static void
prepare_batches(struct gre_socket *c)
{
	struct cmsghdr *header;
	size_t i;

	for (i = 0; i < GRE_SOCKET_BATCH; i++) {
		c->in.piece[i] =
		    (struct iovec){ c->in.slot[i], GRE_SOCKET_SLOT };
		c->in.message[i].msg_hdr.msg_iov = &c->in.piece[i];
		c->in.message[i].msg_hdr.msg_iovlen = 1;
		c->out.address[i].sin_family = AF_INET;
		header = &c->out.control[i].header;
		header->cmsg_level = IPPROTO_IP;
		header->cmsg_type = IP_PKTINFO;
		header->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
		header = mark_header(&c->out, i);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SO_MARK;
		header->cmsg_len = CMSG_LEN(sizeof(uint32_t));
		c->out.message[i].msg_hdr = (struct msghdr){
			.msg_name = &c->out.address[i],
			.msg_namelen = sizeof(c->out.address[i]),
			.msg_iov = &c->out.piece[i],
			.msg_iovlen = 1,
			.msg_control = &c->out.control[i].header
		};
	}
}

struct gre_socket *
gre_socket_open(uint32_t mark, char *error, size_t size)
{
	struct gre_socket *c;

	if ((c = calloc(1, sizeof(*c))) == NULL) {
		snprintf(error, size, "out of memory");
		return NULL;
	}
	if (open_gre_socket(c, mark) == -1) {
		snprintf(error, size, "raw socket for GRE: %s",
		    strerror(errno));
		gre_socket_close(c);
		return NULL;
	}
	prepare_batches(c);
	return c;
}

void
gre_socket_close(struct gre_socket *c)
{
	if (c == NULL)
		return;
	if (c->fd != -1)
		close(c->fd);
	free(c);
}

int
gre_socket_fd(const struct gre_socket *c)
{
	return c->fd;
}

/* Finds the GRE header behind the IP header, which the kernel has checked. */
static int
find_gre(uint8_t *bytes, size_t len, struct gre_socket_packet *p)
{
	struct cursor c = cursor_of(bytes, len);
	uint8_t first;
	size_t header;

	if (cursor_u8(&c, &first) == -1 || cursor_skip(&c, 11) == -1 ||
	    cursor_u32(&c, &p->peer) == -1 || cursor_u32(&c, &p->local) == -1)
		return -1;
	header = (size_t)(first & 15) * 4;
	if (header < 20 || header > len)
		return -1;
	p->bytes = bytes + header;
	p->len = len - header;
	return 0;
}

size_t
gre_socket_receive(struct gre_socket *c,
    struct gre_socket_packet batch[GRE_SOCKET_BATCH], bool *more)
{
	struct mmsghdr *m;
	size_t used = 0;
	int i, n;

	do
		n = recvmmsg(c->fd, c->in.message, GRE_SOCKET_BATCH,
		    MSG_DONTWAIT, NULL);
	while (n == -1 && errno == EINTR);
	for (i = 0; i < n; i++) {
		m = &c->in.message[i];
		c->counters.received++;
		if ((m->msg_hdr.msg_flags & MSG_TRUNC) != 0)
			c->counters.cut_short++;
		else if (find_gre(c->in.slot[i], m->msg_len,
		    &batch[used]) == 0)
			used++;
	}
	*more = n == GRE_SOCKET_BATCH;
	return used;
}

bool
gre_socket_holds(const struct gre_socket *c, const uint8_t *bytes)
{
	return (uintptr_t)bytes - (uintptr_t)c->in.slot <
	    sizeof(c->in.slot);
}

uint8_t *
gre_socket_slot(struct gre_socket *c)
{
	if (c->pending == GRE_SOCKET_BATCH)
		gre_socket_flush(c);
	return c->out.slot[c->pending];
}

/* Source address, interface and mark. */
static void
set_path(struct batch *b, size_t i, const struct gre_socket_path *path)
{
	struct in_pktinfo *from;

	from = (struct in_pktinfo *)(void *)CMSG_DATA(&b->control[i].header);
	from->ipi_spec_dst.s_addr = htonl(path->local);
	from->ipi_ifindex = (int)path->interface;
	b->address[i].sin_addr.s_addr = htonl(path->peer);
	b->message[i].msg_hdr.msg_controllen = FROM_SIZE;
	if (path->mark == 0)
		return;
	memcpy(CMSG_DATA(mark_header(b, i)), &path->mark, sizeof(uint32_t));
	b->message[i].msg_hdr.msg_controllen += MARK_SIZE;
}

void
gre_socket_send(struct gre_socket *c, const struct gre_socket_path *path,
    const uint8_t *bytes, size_t len)
{
	uint8_t *slot = gre_socket_slot(c);
	unsigned int i = c->pending;

	if (len > GRE_SOCKET_SLOT) {
		c->counters.unsent++;
		return;
	}
	if (bytes < slot || bytes >= slot + GRE_SOCKET_SLOT)
		bytes = memcpy(slot, bytes, len);
	c->out.piece[i] = (struct iovec){ (void *)(uintptr_t)bytes, len };
	set_path(&c->out, i, path);
	c->pending++;
}

/*
 * Not this one, if there is no route, or none of the rest, if there is no
 * room: what tunnels carry brings itself back.
 */
static unsigned int
not_sent(struct gre_socket *c, unsigned int i)
{
	unsigned int n = errno == EAGAIN || errno == ENOBUFS ?
	    c->pending - i : 1;

	if (c->counters.unsent == 0)
		log_debug("GRE to %s not sent: %s", inet_ntoa(
		    c->out.address[i].sin_addr), strerror(errno));
	c->counters.unsent += n;
	return n;
}

void
gre_socket_flush(struct gre_socket *c)
{
	unsigned int done = 0;
	int n;

	while (done < c->pending) {
		n = sendmmsg(c->fd, c->out.message + done, c->pending - done,
		    MSG_DONTWAIT);
		if (n == -1 && errno == EINTR)
			continue;
		if (n > 0) {
			c->counters.sent += (uint64_t)n;
			done += (unsigned int)n;
			continue;
		}
		done += not_sent(c, done);
	}
	c->pending = 0;
}

void
gre_socket_counters(
    const struct gre_socket *c, struct gre_socket_counters *counters)
{
	*counters = c->counters;
}
