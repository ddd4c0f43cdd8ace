/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts IP fragments together (RFC 791 section 3.2). */
#include <stdlib.h>
#include <string.h>

#include "alg/base/checksum.h"
#include "alg/base/cursor.h"
#include "tools/replay/fragment.h"

#define AT_ONCE		64	/* datagrams */
#define UNIT		8	/* bytes: what fragment offsets count */
#define UNITS		(CAPTURE_IP_MAX / UNIT + 1)
#define MORE_FRAGMENTS	0x2000
#define OFFSET_MASK	0x1fff
#define HEADER_MAX	60

struct header {
	uint32_t	 src, dst;
	uint16_t	 id, length, fragment;
	uint8_t		 protocol;
	size_t		 bytes;
};

struct datagram {
	struct header	 of;
	uint64_t	 used;		/* 0: free; else when last added to */
	size_t		 total;		/* payload bytes, 0: last one missing */
	size_t		 have;		/* units */
	uint8_t		 seen[UNITS];
	uint8_t		 head[HEADER_MAX];	/* of the first fragment */
	size_t		 head_len;
	uint8_t		 link[CAPTURE_LINK_MAX];
	size_t		 link_len;
	uint8_t		 payload[UNITS * UNIT];
};

struct fragments {
	struct datagram	 datagrams[AT_ONCE];
	uint64_t	 clock;
	unsigned long	 lost;
	uint8_t		 whole[CAPTURE_IP_MAX];
};

struct fragments *
fragments_new(void)
{
	return calloc(1, sizeof(struct fragments));
}

void
fragments_free(struct fragments *f)
{
	free(f);
}

unsigned long
fragments_lost(const struct fragments *f)
{
	unsigned long n = f->lost;

	for (int i = 0; i < AT_ONCE; i++)
		n += f->datagrams[i].used != 0;
	return n;
}

/* -1 for what is no IPv4 packet with all its bytes. */
static int
parse_header(const struct capture_packet *p, struct header *h)
{
	struct cursor c = cursor_of(p->ip, p->len);
	uint8_t version;

	if (cursor_u8(&c, &version) == -1 || cursor_skip(&c, 1) == -1 ||
	    cursor_u16(&c, &h->length) == -1 || cursor_u16(&c, &h->id) == -1 ||
	    cursor_u16(&c, &h->fragment) == -1 || cursor_skip(&c, 1) == -1 ||
	    cursor_u8(&c, &h->protocol) == -1 || cursor_skip(&c, 2) == -1 ||
	    cursor_u32(&c, &h->src) == -1 || cursor_u32(&c, &h->dst) == -1)
		return -1;
	h->bytes = (version & 15U) * 4;
	return h->bytes < 20 || h->bytes > h->length || h->length > p->len ?
	    -1 : 0;
}

static struct datagram *
find_datagram(struct fragments *f, const struct header *h)
{
	struct datagram *oldest = &f->datagrams[0], *d;

	for (d = f->datagrams; d < f->datagrams + AT_ONCE; d++) {
		if (d->used != 0 && d->of.id == h->id &&
		    d->of.src == h->src && d->of.dst == h->dst &&
		    d->of.protocol == h->protocol)
			return d;
		if (d->used < oldest->used)
			oldest = d;
	}
	f->lost += oldest->used != 0;
	memset(oldest, 0, offsetof(struct datagram, payload));
	oldest->of = *h;
	return oldest;
}

/* Copies what is new, unit by unit. */
static void
add_payload(struct datagram *d, const struct header *h, const uint8_t *bytes)
{
	size_t at = (size_t)(h->fragment & OFFSET_MASK);
	size_t len = (size_t)(h->length - h->bytes), n;

	for (; len > 0 && at < UNITS; at++) {
		n = len < UNIT ? len : UNIT;
		if (!d->seen[at]) {
			memcpy(d->payload + at * UNIT, bytes, n);
			d->seen[at] = 1;
			d->have++;
		}
		bytes += n;
		len -= n;
	}
}

/* The header of the first fragment, without its fragment bits. */
static void
put_head(struct fragments *f, const struct datagram *d)
{
	struct writer w = writer_of(f->whole, d->head_len);

	memcpy(f->whole, d->head, d->head_len);
	w.pos += 2;
	writer_u16(&w, (uint16_t)(d->head_len + d->total));
	w.pos += 2;
	writer_u16(&w, 0);
	w.pos += 2;
	writer_u16(&w, 0);
	w.pos -= 2;
	writer_u16(&w, checksum_finish(checksum_add(0, f->whole,
	    d->head_len)));
}

static void
finish_datagram(
    struct fragments *f, struct datagram *d, struct capture_packet *p)
{
	put_head(f, d);
	memcpy(f->whole + d->head_len, d->payload, d->total);
	p->ip = f->whole;
	p->len = d->head_len + d->total;
	memcpy(p->link, d->link, d->link_len);
	p->link_len = d->link_len;
	d->used = 0;
}

bool
fragments_add(struct fragments *f, struct capture_packet *p)
{
	struct datagram *d;
	struct header h;
	size_t end;

	if (parse_header(p, &h) == -1 ||
	    (h.fragment & (MORE_FRAGMENTS | OFFSET_MASK)) == 0)
		return true;
	end = (h.fragment & OFFSET_MASK) * (size_t)UNIT + h.length - h.bytes;
	if (end > CAPTURE_IP_MAX - HEADER_MAX)
		return false;
	d = find_datagram(f, &h);
	d->used = ++f->clock;
	add_payload(d, &h, p->ip + h.bytes);
	if ((h.fragment & MORE_FRAGMENTS) == 0 && d->total == 0)
		d->total = end;
	if ((h.fragment & OFFSET_MASK) == 0 && d->head_len == 0) {
		memcpy(d->head, p->ip, h.bytes);
		d->head_len = h.bytes;
		memcpy(d->link, p->link, p->link_len);
		d->link_len = p->link_len;
	}
	if (d->total == 0 || d->head_len == 0 ||
	    d->have < (d->total + UNIT - 1) / UNIT)
		return false;
	finish_datagram(f, d, p);
	return true;
}
