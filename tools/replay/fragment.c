/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts IP fragments together (RFC 791 section 3.2). */
#include <stdlib.h>
#include <string.h>

#include "alg/base/cursor.h"
#include "alg/pptp/ip.h"
#include "tools/replay/fragment.h"

#define AT_ONCE		64	/* datagrams */
#define UNIT		8	/* bytes: what fragment offsets count */
#define UNITS		(CAPTURE_IP_MAX / UNIT + 1)
#define OFFSET_ID	4		/* in the IP header */
#define OFFSET_FRAGMENT	6
#define MORE_FRAGMENTS	0x2000
#define OFFSET_MASK	0x1fff
#define HEADER_MAX	60

struct datagram {
	uint32_t	 src, dst;
	uint16_t	 id;
	uint8_t		 protocol;
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

static struct datagram *
find_datagram(struct fragments *f, const struct packet *p)
{
	struct datagram *oldest = &f->datagrams[0], *d;
	uint16_t id = ip_get16(p, OFFSET_ID);

	for (d = f->datagrams; d < f->datagrams + AT_ONCE; d++) {
		if (d->used != 0 && d->id == id && d->src == p->src &&
		    d->dst == p->dst && d->protocol == p->protocol)
			return d;
		if (d->used < oldest->used)
			oldest = d;
	}
	f->lost += oldest->used != 0;
	memset(oldest, 0, offsetof(struct datagram, payload));
	oldest->src = p->src;
	oldest->dst = p->dst;
	oldest->id = id;
	oldest->protocol = p->protocol;
	return oldest;
}

/* Copies what is new, unit by unit. */
static void
add_payload(struct datagram *d, const struct packet *p, size_t at)
{
	const uint8_t *bytes = p->bytes + p->header;
	size_t len = (size_t)(p->length - p->header), n;

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

static void
finish_datagram(
    struct fragments *f, struct datagram *d, struct capture_packet *p)
{
	/* The header of the first fragment, without its fragment bits. */
	memcpy(f->whole, d->head, d->head_len);
	writer_put_u16(f->whole + OFFSET_FRAGMENT, 0);
	ip_seal(f->whole, d->head_len, d->head_len + d->total);
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
	struct packet ip;
	uint16_t fragment;
	size_t at, end;

	if (ip_parse(&ip, p->ip, p->len) != REASON_FRAGMENT)
		return true;
	fragment = ip_get16(&ip, OFFSET_FRAGMENT);
	at = fragment & OFFSET_MASK;
	end = at * UNIT + ip.length - ip.header;
	if (end > CAPTURE_IP_MAX - HEADER_MAX)
		return false;
	d = find_datagram(f, &ip);
	d->used = ++f->clock;
	add_payload(d, &ip, at);
	if ((fragment & MORE_FRAGMENTS) == 0 && d->total == 0)
		d->total = end;
	if (at == 0 && d->head_len == 0) {
		memcpy(d->head, ip.bytes, ip.header);
		d->head_len = ip.header;
		memcpy(d->link, p->link, p->link_len);
		d->link_len = p->link_len;
	}
	if (d->total == 0 || d->head_len == 0 ||
	    d->have < (d->total + UNIT - 1) / UNIT)
		return false;
	finish_datagram(f, d, p);
	return true;
}
