/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cuts a large TCP segment out of a TUN device into packets, and finishes
 * their checksums.
 */
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "alg/base/checksum.h"
#include "alg/base/cursor.h"
#include "alg/pptp/tcp.h"
#include "nat/net/tso.h"


/* Fills in the checksum that the kernel leaves to the device. */
static void
finish_checksum(uint8_t *packet, size_t len, const struct virtio_net_hdr *how)
{
	size_t start = how->csum_start, at = start + how->csum_offset;
	uint16_t sum;

	if ((how->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) == 0 || at + 2 > len)
		return;
	/* The pseudo header's sum is in its place already. */
	sum = checksum_finish(checksum_add(0, packet + start, len - start));
	writer_put_u16(packet + at, sum);
}

void
tso_start(struct tso *b, size_t len)
{
	b->len = len;
	b->at = 0;
	b->cuts = 0;
}

/* Where the headers of a large segment end; 0 if it is none. */
static size_t
headers_end(const struct tso *b)
{
	size_t ip = (size_t)(b->bytes[0] & 15) * 4, tcp;

	if (b->len < IP_HEADER_MIN + TCP_HEADER_MIN || ip < IP_HEADER_MIN ||
	    ip + TCP_HEADER_MIN > b->len || b->how.gso_size == 0)
		return 0;
	tcp = (size_t)(b->bytes[ip + TCP_OFFSET_LENGTH] >> 4) * 4;
	return tcp < TCP_HEADER_MIN || ip + tcp >= b->len ? 0 : ip + tcp;
}

static void
cut_ip(uint8_t *packet, size_t ip, size_t len, unsigned int cuts)
{
	struct cursor c = cursor_of(packet + 4, 2);
	uint16_t id = 0;

	(void)cursor_u16(&c, &id);
	writer_put_u16(packet + 4, (uint16_t)(id + cuts));
	ip_seal(packet, ip, len);
}

static void
cut_tcp(uint8_t *packet, size_t ip, size_t len, size_t at, bool last)
{
	uint8_t *tcp = packet + ip;
	struct cursor c = cursor_of(tcp + TCP_OFFSET_SEQ, 4);
	struct writer w = writer_of(tcp + TCP_OFFSET_SEQ, 4);
	uint32_t seq = 0, sum;

	(void)cursor_u32(&c, &seq);
	writer_u32(&w, seq + (uint32_t)at);
	if (!last)
		tcp[TCP_OFFSET_FLAGS] &= (uint8_t)~(TCP_FIN | TCP_PSH);
	if (at > 0)
		tcp[TCP_OFFSET_FLAGS] &= (uint8_t)~TCP_CWR;
	writer_put_u16(tcp + TCP_OFFSET_CHECKSUM, 0);
	sum = checksum_pseudo(packet, IPPROTO_TCP, len - ip);
	writer_put_u16(tcp + TCP_OFFSET_CHECKSUM,
	    checksum_finish(checksum_add(sum, tcp, len - ip)));
}

static size_t
next_cut(struct tso *b, uint8_t *to, size_t room)
{
	size_t headers = headers_end(b), payload, len;
	size_t ip = (size_t)(b->bytes[0] & 15) * 4;

	if (headers == 0 || headers + b->at >= b->len)
		return 0;
	payload = b->len - headers - b->at;
	if (payload > b->how.gso_size)
		payload = b->how.gso_size;
	if ((len = headers + payload) > room)
		return 0;
	memcpy(to, b->bytes, headers);
	memcpy(to + headers, b->bytes + headers + b->at, payload);
	cut_ip(to, ip, len, b->cuts++);
	cut_tcp(to, ip, len, b->at, headers + b->at + payload == b->len);
	b->at += payload;
	return len;
}

size_t
tso_next(struct tso *b, uint8_t *to, size_t room)
{
	if ((b->how.gso_type & ~VIRTIO_NET_HDR_GSO_ECN) ==
	    VIRTIO_NET_HDR_GSO_TCPV4)
		return next_cut(b, to, room);
	if (b->how.gso_type != VIRTIO_NET_HDR_GSO_NONE || b->at > 0 ||
	    b->len > room)
		return 0;
	memcpy(to, b->bytes, b->len);
	finish_checksum(to, b->len, &b->how);
	b->at = b->len;
	return b->len;
}
