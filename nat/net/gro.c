/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Coalesces TCP segments that follow each other into large ones, as the
 * kernel's GRO does.
 */
#include <sys/uio.h>

#include <linux/virtio_net.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "alg/base/checksum.h"
#include "alg/base/cursor.h"
#include "alg/pptp/tcp.h"
#include "nat/net/gro.h"
#include "nat/net/tun.h"

#define FLOWS		16		/* a power of two */
#define PIECES		64		/* of a large segment */
#define LARGE_MAX	65535		/* bytes of it */
#define IP_HEADER	IP_HEADER_MIN

/* A large segment in the making. */
struct gro_flow {
	struct tun	*tun;		/* NULL: none */
	uint8_t		*packet;	/* the first */
	size_t		 headers;	/* bytes of IP and TCP header */
	size_t		 len;		/* of it all */
	uint16_t	 size;		/* payload of each but the last */
	uint32_t	 next;		/* sequence number */
	bool		 complete;	/* nothing can follow */
	int		 pieces;
	struct virtio_net_hdr how;
	struct iovec	 piece[PIECES + 2];	/* how, first, payloads */
};

struct gro {
	uint64_t	 refused;
	unsigned int	 used;		/* bits: flows */
	struct gro_flow	 flow[FLOWS];
};

/* A TCP segment that could be coalesced. */
struct gro_segment {
	uint8_t		*packet;
	size_t		 len, headers;
	uint32_t	 seq;
	uint8_t		 flags;
};

struct gro *
gro_new(void)
{
	return calloc(1, sizeof(struct gro));
}

void
gro_free(struct gro *g)
{
	free(g);
}

uint64_t
gro_refused(const struct gro *g)
{
	return g->refused;
}

/*
 * An IPv4 packet without options and not in fragments, whose checksums are
 * right, with TCP data and no flags but ACK and PSH.
 */
static bool
read_segment(struct gro_segment *s, uint8_t *packet, size_t len)
{
	struct cursor c = cursor_of(packet, len);
	uint16_t total, fragment;
	size_t tcp;

	if (len < IP_HEADER + TCP_HEADER_MIN || packet[0] != 0x45 ||
	    packet[9] != IPPROTO_TCP || cursor_skip(&c, 2) == -1 ||
	    cursor_u16(&c, &total) == -1 || cursor_skip(&c, 2) == -1 ||
	    cursor_u16(&c, &fragment) == -1 || total != len ||
	    (fragment & 0x3FFF) != 0)
		return false;
	tcp = (size_t)(packet[IP_HEADER + TCP_OFFSET_LENGTH] >> 4) * 4;
	s->packet = packet;
	s->len = len;
	s->headers = IP_HEADER + tcp;
	s->flags = packet[IP_HEADER + TCP_OFFSET_FLAGS];
	c = cursor_of(packet + IP_HEADER + TCP_OFFSET_SEQ, 4);
	(void)cursor_u32(&c, &s->seq);
	return tcp >= TCP_HEADER_MIN && s->headers < len &&
	    (s->flags & ~TCP_PSH) == TCP_ACK &&
	    checksum_finish(checksum_add(0, packet, IP_HEADER)) == 0 &&
	    checksum_finish(checksum_add(checksum_pseudo(packet, IPPROTO_TCP,
	    len - IP_HEADER), packet + IP_HEADER, len - IP_HEADER)) == 0;
}

/* Which flow a TCP packet belongs to, perhaps with others. */
static unsigned int
flow_of(const uint8_t *packet, size_t len)
{
	uint32_t words[3];

	if (len < IP_HEADER + 4)
		return 0;
	memcpy(words, packet + 12, sizeof(words));
	words[0] ^= words[1] ^ words[2];
	words[0] ^= words[0] >> 16;
	return (words[0] ^ words[0] >> 8) & (FLOWS - 1);
}

/* A large segment has a partial checksum, as the kernel's GRO leaves it. */
static void
finish_large(struct gro_flow *f)
{
	uint8_t *packet = f->packet, *tcp = packet + IP_HEADER;
	size_t len = f->len - IP_HEADER;

	ip_seal(packet, IP_HEADER, f->len);
	writer_put_u16(tcp + TCP_OFFSET_CHECKSUM, (uint16_t)~checksum_finish(
	    checksum_pseudo(packet, IPPROTO_TCP, len)));
	f->how = (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = (uint16_t)f->headers,
		.gso_size = f->size,
		.csum_start = IP_HEADER,
		.csum_offset = TCP_OFFSET_CHECKSUM
	};
}

static void
flush_flow(struct gro *g, unsigned int i)
{
	struct gro_flow *f = &g->flow[i];

	if (f->tun == NULL)
		return;
	if (f->pieces > 2)
		finish_large(f);
	if (tun_write(f->tun, f->piece, f->pieces) == -1)
		g->refused += (uint64_t)f->pieces - 1;
	f->tun = NULL;
	g->used &= ~(1U << i);
}

static void
start_flow(struct gro *g, unsigned int i, struct tun *tun,
    const struct gro_segment *s)
{
	struct gro_flow *f = &g->flow[i];

	f->tun = tun;
	f->packet = s->packet;
	f->headers = s->headers;
	f->len = s->len;
	f->size = (uint16_t)(s->len - s->headers);
	f->next = s->seq + f->size;
	f->complete = (s->flags & TCP_PSH) != 0;
	f->how = (struct virtio_net_hdr){ 0 };
	f->piece[0] = (struct iovec){ &f->how, sizeof(f->how) };
	f->piece[1] = (struct iovec){ s->packet, s->len };
	f->pieces = 2;
	g->used |= 1U << i;
}

/*
 * All of both headers agrees but lengths, identifications, sequence numbers,
 * checksums and PSH.
 */
static bool
follows_flow(const struct gro_flow *f, const struct tun *tun,
    const struct gro_segment *s)
{
	const uint8_t *a = f->packet, *b = s->packet;
	size_t payload = s->len - s->headers;

	return f->tun == tun && !f->complete && f->headers == s->headers &&
	    f->next == s->seq && payload <= f->size &&
	    f->len + payload <= LARGE_MAX && f->pieces < PIECES + 2 &&
	    a[1] == b[1] && memcmp(a + 6, b + 6, 3) == 0 &&
	    memcmp(a + 12, b + 12, 12) == 0 &&
	    memcmp(a + IP_HEADER + 8, b + IP_HEADER + 8, 4) == 0 &&
	    memcmp(a + IP_HEADER + 14, b + IP_HEADER + 14, 2) == 0 &&
	    memcmp(a + IP_HEADER + 18, b + IP_HEADER + 18,
	    s->headers - IP_HEADER - 18) == 0;
}

static void
append_segment(struct gro_flow *f, const struct gro_segment *s)
{
	size_t payload = s->len - s->headers;

	f->piece[f->pieces++] = (struct iovec){
		s->packet + s->headers, payload
	};
	f->len += payload;
	f->next += (uint32_t)payload;
	f->packet[IP_HEADER + TCP_OFFSET_FLAGS] |= s->flags & TCP_PSH;
	f->complete = payload < f->size || (s->flags & TCP_PSH) != 0;
}

void
gro_add(struct gro *g, struct tun *tun, uint8_t *packet, size_t len)
{
	struct virtio_net_hdr plain = { 0 };
	struct iovec pieces[] = {
		{ &plain, sizeof(plain) }, { packet, len }
	};
	unsigned int i = flow_of(packet, len);
	struct gro_flow *f = &g->flow[i];
	struct gro_segment s;

	if (!read_segment(&s, packet, len)) {
		if (packet[9] == IPPROTO_TCP)
			flush_flow(g, i);
		if (tun_write(tun, pieces, 2) == -1)
			g->refused++;
	} else if (f->tun != NULL && follows_flow(f, tun, &s))
		append_segment(f, &s);
	else {
		flush_flow(g, i);
		start_flow(g, i, tun, &s);
	}
}

void
gro_flush(struct gro *g)
{
	while (g->used != 0)
		flush_flow(g, (unsigned int)__builtin_ctz(g->used));
}
