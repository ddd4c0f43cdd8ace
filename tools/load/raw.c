/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/load/raw.h"

#define BUFFER_LEN	(16 << 20)
#define IP_VERSION_IHL	0x45	/* no options: only our own tools send here */
#define IP_TTL_OFFSET	8
#define IP_LEN		20
#define IP_ADDRS_OFFSET	12
#define CALL_ID_OFFSET	26
#define TTL		64
#define GRE_FLAGS	0x3001	/* key, sequence number, version 1 */
#define GRE_PROTOCOL	0x880B

struct raw *
raw_open(uint32_t address)
{
	struct raw *g = calloc(1, sizeof *g);
	struct sockaddr_in local = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(address) };
	int yes = 1, len = BUFFER_LEN;

	if (g == NULL)
		return NULL;
	g->fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    IPPROTO_GRE);
	if (g->fd == -1 ||
	    setsockopt(g->fd, IPPROTO_IP, IP_HDRINCL, &yes, sizeof yes) == -1 ||
	    bind(g->fd, (struct sockaddr *)&local, sizeof local) == -1) {
		raw_close(g);
		return NULL;
	}
	setsockopt(g->fd, SOL_SOCKET, SO_RCVBUFFORCE, &len, sizeof len);
	setsockopt(g->fd, SOL_SOCKET, SO_SNDBUFFORCE, &len, sizeof len);
	return g;
}

struct raw *
raw_again(const struct raw *other)
{
	struct raw *g = calloc(1, sizeof *g);

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
		    sizeof g->packets[i] };
		g->messages[i].msg_hdr = (struct msghdr){
		    .msg_iov = &g->vectors[i], .msg_iovlen = 1 };
	}
	n = recvmmsg(g->fd, g->messages, RAW_BATCH, MSG_DONTWAIT, NULL);
	return n == -1 ? 0 : (unsigned)n;
}

int
raw_parse(const struct raw *g, unsigned at, struct raw_packet *p)
{
	struct cursor c = cursor_of(g->packets[at], g->messages[at].msg_len);
	uint8_t version_ihl;
	uint16_t flags, protocol, length;

	if (cursor_u8(&c, &version_ihl) == -1 ||
	    version_ihl != IP_VERSION_IHL ||
	    cursor_skip(&c, IP_ADDRS_OFFSET - 1) == -1 ||
	    cursor_u32(&c, &p->source) == -1 ||
	    cursor_u32(&c, &p->target) == -1 ||
	    cursor_u16(&c, &flags) == -1 || flags != GRE_FLAGS ||
	    cursor_u16(&c, &protocol) == -1 || protocol != GRE_PROTOCOL ||
	    cursor_u16(&c, &length) == -1 ||
	    cursor_u16(&c, &p->call_id) == -1 ||
	    cursor_u32(&c, &p->sequence) == -1 ||
	    cursor_sub(&c, length, &p->payload) == -1)
		return -1;
	return 0;
}

int
raw_get(struct raw *g, unsigned at, uint32_t *source, uint32_t *target,
    uint8_t **bytes, size_t *len)
{
	struct cursor c = cursor_of(g->packets[at], g->messages[at].msg_len);
	uint8_t version_ihl;
	size_t header;

	if (cursor_u8(&c, &version_ihl) == -1 ||
	    cursor_skip(&c, IP_ADDRS_OFFSET - 1) == -1 ||
	    cursor_u32(&c, source) == -1 || cursor_u32(&c, target) == -1)
		return -1;
	header = (version_ihl & 15U) * 4;
	if (header < IP_LEN || header > g->messages[at].msg_len)
		return -1;
	*bytes = g->packets[at] + header;
	*len = g->messages[at].msg_len - header;
	return 0;
}

/* Makes a packet the slot's content for sending. */
static void
fill(struct raw *g, unsigned at, uint8_t *bytes, size_t len, uint32_t target)
{
	g->peers[at] = (struct sockaddr_in){ .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(target) };
	g->vectors[at] = (struct iovec){ bytes, len };
	g->messages[at].msg_hdr = (struct msghdr){
	    .msg_name = &g->peers[at], .msg_namelen = sizeof g->peers[at],
	    .msg_iov = &g->vectors[at], .msg_iovlen = 1 };
}

/* The kernel adds the IP header's ID and checksum. */
static struct writer
ip_header(struct raw *g, unsigned at, uint32_t source, uint32_t target,
    size_t len)
{
	struct writer w = writer_of(g->packets[at], sizeof g->packets[at]);

	fill(g, at, g->packets[at], len, target);
	writer_u16(&w, IP_VERSION_IHL << 8);
	writer_u16(&w, (uint16_t)len);
	writer_u32(&w, 0);
	writer_u32(&w, TTL << 24 | IPPROTO_GRE << 16);
	writer_u32(&w, source);
	writer_u32(&w, target);
	return w;
}

void
raw_put(struct raw *g, unsigned at, uint32_t source, uint32_t target,
    const uint8_t *bytes, size_t len)
{
	struct writer w = ip_header(g, at, source, target, IP_LEN + len);

	writer_bytes(&w, bytes, len);
}

uint8_t *
raw_header(struct raw *g, unsigned at, const struct raw_packet *p, size_t len)
{
	struct writer w = ip_header(g, at, p->source, p->target, len);

	writer_u32(&w, (uint32_t)GRE_FLAGS << 16 | GRE_PROTOCOL);
	writer_u16(&w, (uint16_t)(len - RAW_HEADERS_LEN));
	writer_u16(&w, p->call_id);
	writer_u32(&w, p->sequence);
	return w.pos;
}

void
raw_turn(struct raw *g, unsigned from, unsigned at, const struct raw_packet *p,
    uint16_t call_id)
{
	uint8_t *bytes = g->packets[from];
	struct writer addresses = writer_of(bytes + IP_ADDRS_OFFSET, 8);
	struct writer id = writer_of(bytes + CALL_ID_OFFSET, 2);

	bytes[IP_TTL_OFFSET] = TTL;
	writer_u32(&addresses, p->target);
	writer_u32(&addresses, p->source);
	writer_u16(&id, call_id);
	fill(g, at, bytes, g->messages[from].msg_len, p->source);
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
