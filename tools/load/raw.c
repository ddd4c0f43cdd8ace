/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A raw socket reads and writes whole IP packets, a batch a system call. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "alg/pptp/gre.h"
#include "tools/load/raw.h"

#define BUFFER_LEN	(16 << 20)
#define IP_VERSION_IHL	0x45
#define TTL		64

struct raw *
raw_open(uint32_t address)
{
	struct raw *g = calloc(1, sizeof(*g));
	struct sockaddr_in local = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(address) };
	int yes = 1, len = BUFFER_LEN;

	if (g == NULL)
		return NULL;
	g->fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    IPPROTO_GRE);
	if (g->fd == -1 ||
	    setsockopt(g->fd, IPPROTO_IP, IP_HDRINCL, &yes, sizeof(yes)) ==
	    -1 ||
	    bind(g->fd, (struct sockaddr *)&local, sizeof(local)) == -1) {
		raw_close(g);
		return NULL;
	}
	setsockopt(g->fd, SOL_SOCKET, SO_RCVBUFFORCE, &len, sizeof(len));
	setsockopt(g->fd, SOL_SOCKET, SO_SNDBUFFORCE, &len, sizeof(len));
	return g;
}

struct raw *
raw_again(const struct raw *other)
{
	struct raw *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	g->fd = fcntl(other->fd, F_DUPFD_CLOEXEC, 0);
	if (g->fd != -1)
		return g;
	free(g);
	return NULL;
}

void
raw_close(struct raw *g)
{
	int saved = errno;

	if (g != NULL && g->fd != -1)
		close(g->fd);
	free(g);
	errno = saved;
}

unsigned
raw_receive(struct raw *g)
{
	int n;

	for (int i = 0; i < RAW_BATCH; i++) {
		g->vectors[i] = (struct iovec){ g->packets[i],
		    sizeof(g->packets[i]) };
		g->messages[i].msg_hdr = (struct msghdr){
		    .msg_iov = &g->vectors[i], .msg_iovlen = 1 };
	}
	n = recvmmsg(g->fd, g->messages, RAW_BATCH, MSG_DONTWAIT, NULL);
	return n == -1 ? 0 : (unsigned)n;
}

int
raw_packet(struct raw *g, unsigned at, struct packet *p)
{
	return ip_parse(p, g->packets[at], g->messages[at].msg_len) ==
	    REASON_NONE ? 0 : -1;
}

static void
fill_slot(struct raw *g, unsigned at, uint8_t *bytes, size_t len,
    uint32_t target)
{
	g->peers[at] = (struct sockaddr_in){ .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(target) };
	g->vectors[at] = (struct iovec){ bytes, len };
	g->messages[at].msg_hdr = (struct msghdr){
	    .msg_name = &g->peers[at], .msg_namelen = sizeof(g->peers[at]),
	    .msg_iov = &g->vectors[at], .msg_iovlen = 1 };
}

/* The kernel adds the IP header's ID and checksum. */
struct writer
raw_slot(struct raw *g, unsigned at, uint32_t source, uint32_t target,
    size_t len)
{
	struct writer w = writer_of(g->packets[at], sizeof(g->packets[at]));

	fill_slot(g, at, g->packets[at], len, target);
	writer_u16(&w, IP_VERSION_IHL << 8);
	writer_u16(&w, (uint16_t)len);
	writer_u32(&w, 0);
	writer_u32(&w, TTL << 24 | IPPROTO_GRE << 16);
	writer_u32(&w, source);
	writer_u32(&w, target);
	return w;
}

void
raw_turn(struct raw *g, unsigned at, struct packet *p, uint16_t call_id)
{
	uint32_t source = p->src;

	ip_set_src(p, p->dst);
	ip_set_dst(p, source);
	ip_put16(p, p->header + GRE_OFFSET_CALL_ID, call_id);
	fill_slot(g, at, p->bytes, p->length, source);
}

unsigned
raw_send(struct raw *g, unsigned n)
{
	unsigned done = 0;
	int sent;

	while (done < n) {
		sent = sendmmsg(g->fd, g->messages + done, n - done,
		    MSG_DONTWAIT);
		if (sent <= 0)
			break;
		done += (unsigned)sent;
	}
	return done;
}
