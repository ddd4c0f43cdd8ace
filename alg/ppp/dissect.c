/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "alg/ppp/dissect_part.h"

#define HEX_MAX		32	/* bytes shown of what is not understood */

/* RFC 1661 section 5, RFC 1570 (12, 13), RFC 1962 (14, 15). */
static const struct dissect_name codes[] = {
	{ DISSECT_CONFREQ, "Configure-Request" },
	{ DISSECT_CONFACK, "Configure-Ack" },
	{ DISSECT_CONFNAK, "Configure-Nak" },
	{ DISSECT_CONFREJ, "Configure-Reject" },
	{ DISSECT_TERMREQ, "Terminate-Request" },
	{ DISSECT_TERMACK, "Terminate-Ack" },
	{ DISSECT_CODEREJ, "Code-Reject" },
	{ DISSECT_PROTREJ, "Protocol-Reject" },
	{ DISSECT_ECHOREQ, "Echo-Request" },
	{ DISSECT_ECHOREP, "Echo-Reply" },
	{ 11, "Discard-Request" },
	{ 12, "Identification" },
	{ 13, "Time-Remaining" },
	{ 14, "Reset-Request" },
	{ 15, "Reset-Ack" },
	{ 0 }
};

static const struct dissect_name pap_codes[] = {
	{ 1, "Authenticate-Request" }, { 2, "Authenticate-Ack" },
	{ 3, "Authenticate-Nak" }, { 0 }
};

static const struct dissect_name chap_codes[] = {
	{ 1, "Challenge" }, { 2, "Response" }, { 3, "Success" },
	{ 4, "Failure" }, { 5, "Change-Password-1" },
	{ 6, "Change-Password-2" }, { 7, "Change-Password" }, { 0 }
};

static const struct dissect_name eap_codes[] = {
	{ 1, "Request" }, { 2, "Response" }, { 3, "Success" },
	{ 4, "Failure" }, { 0 }
};

static const struct dissect_name cbcp_codes[] = {
	{ 1, "Callback-Request" }, { 2, "Callback-Response" },
	{ 3, "Callback-Ack" }, { 0 }
};

/* IP protocols that one meets in tunnels. */
static const struct dissect_name ip_protocols[] = {
	{ 1, "ICMP" }, { 2, "IGMP" }, { 6, "TCP" }, { 17, "UDP" },
	{ 47, "GRE" }, { 0 }
};

static void	add_hex(struct line *, struct cursor);
static void	add_control(struct cursor, struct line *, struct dissect *);
static void	add_ipv4(struct cursor, struct line *, struct dissect *);
static void	add_compressed(struct cursor, struct line *, struct dissect *);
static void	add_link(struct cursor, struct line *, struct dissect *);

/*
 * show describes all after the protocol; control packets get the names of
 * their codes, and body for what follows their header.
 */
static const struct protocol {
	uint16_t	 number;
	const char	*name;
	void		(*show)(struct cursor, struct line *, struct dissect *);
	const struct dissect_name *codes;
	void		(*body)(struct cursor, struct line *, struct dissect *);
} protocols[] = {
	{ DISSECT_IPV4, "IPv4", add_ipv4, NULL, NULL },
	{ 0x0029, "AppleTalk", NULL, NULL, NULL },
	{ 0x002b, "IPX", NULL, NULL, NULL },
	{ 0x002d, "VJ compressed TCP", NULL, NULL, NULL },
	{ 0x002f, "VJ uncompressed TCP", NULL, NULL, NULL },
	{ 0x003d, "Multilink", NULL, NULL, NULL },
	{ 0x003f, "NetBIOS", NULL, NULL, NULL },
	{ 0x0053, "encrypted datagram", NULL, NULL, NULL },
	{ DISSECT_IPV6, "IPv6", NULL, NULL, NULL },
	{ 0x00fb, "compressed link datagram", NULL, NULL, NULL },
	{ DISSECT_COMPRESSED, "compressed or encrypted datagram",
	    add_compressed, NULL, NULL },
	{ DISSECT_IPCP, "IPCP", add_control, codes, add_link },
	{ 0x8029, "ATCP", add_control, codes, add_link },
	{ 0x802b, "IPXCP", add_control, codes, add_link },
	{ 0x803d, "MPCP", add_control, codes, add_link },
	{ 0x803f, "NBFCP", add_control, codes, add_link },
	{ 0x8053, "ECP", add_control, codes, add_link },
	{ DISSECT_IPV6CP, "IPV6CP", add_control, codes, add_link },
	{ 0x80fb, "ILCCP", add_control, codes, add_link },
	{ DISSECT_CCP, "CCP", add_control, codes, add_link },
	{ DISSECT_LCP, "LCP", add_control, codes, add_link },
	{ DISSECT_PAP, "PAP", add_control, pap_codes, dissect_pap },
	{ 0xc025, "LQR", NULL, NULL, NULL },
	{ 0xc029, "CBCP", add_control, cbcp_codes, NULL },
	{ 0xc02b, "BACP", add_control, codes, add_link },
	{ 0xc02d, "BAP", NULL, NULL, NULL },
	{ DISSECT_CHAP, "CHAP", add_control, chap_codes, dissect_chap },
	{ DISSECT_EAP, "EAP", add_control, eap_codes, dissect_eap },
};

static const struct protocol *
find(uint16_t number)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (protocols[i].number == number)
			return &protocols[i];
	return NULL;
}

const char *
dissect_protocol_name(uint16_t number)
{
	const struct protocol *p = find(number);

	return p != NULL ? p->name : NULL;
}

const char *
dissect_name_of(const struct dissect_name *list, uint32_t number)
{
	for (; list->name != NULL; list++)
		if (list->number == number)
			return list->name;
	return NULL;
}

void
dissect_add_protocol(struct line *l, uint16_t number)
{
	const char *name = dissect_protocol_name(number);

	if (name != NULL)
		line_add(l, "%s", name);
	else
		line_add(l, "protocol 0x%04x", number);
}

void
dissect_add_string(struct line *l, struct cursor c, char *copy, size_t size)
{
	struct line into = line_of(copy, size);

	line_add_peer(&into, c.pos, c.left);
	line_add(l, " \"");
	line_add_peer(l, c.pos, c.left);
	line_add(l, "\"");
}

static void
add_hex(struct line *l, struct cursor c)
{
	if (c.left == 0)
		return;
	line_add(l, " ");
	line_add_hex(l, c.pos, c.left, HEX_MAX);
}

/* The version byte, or -1: most of the header is needed for one line only. */
static int
get_ipv4(struct cursor c, uint8_t *ip, uint32_t *src, uint32_t *dst)
{
	uint8_t version;

	if (cursor_u8(&c, &version) == -1 || version >> 4 != 4 ||
	    cursor_skip(&c, 8) == -1 || cursor_u8(&c, ip) == -1 ||
	    cursor_skip(&c, 2) == -1 || cursor_u32(&c, src) == -1 ||
	    cursor_u32(&c, dst) == -1)
		return -1;
	return 0;
}

static void
add_ipv4(struct cursor c, struct line *l, struct dissect *d)
{
	const char *name;
	uint32_t src, dst;
	uint8_t ip;

	if (get_ipv4(c, &ip, &src, &dst) == -1) {
		line_add(l, ", malformed:");
		add_hex(l, c);
		return;
	}
	line_add(l, " ");
	line_add_ipv4(l, src);
	line_add(l, " > ");
	line_add_ipv4(l, dst);
	name = dissect_name_of(ip_protocols, ip);
	if (name != NULL)
		line_add(l, ", %s", name);
	else
		line_add(l, ", IP protocol %u", ip);
	line_add(l, ", %zu bytes", c.left);
}

/* RFC 3078 section 3.1, RFC 2118 section 3.1. */
static void
add_compressed(struct cursor c, struct line *l, struct dissect *d)
{
	uint16_t head;

	if (cursor_u16(&c, &head) == -1) {
		line_add(l, ", malformed:");
		add_hex(l, c);
		return;
	}
	line_add(l, ", count %u%s%s%s, %zu bytes", head & 0x0fff,
	    head & 0x8000 ? ", flushed" : "",
	    head & 0x2000 ? ", compressed" : "",
	    head & 0x1000 ? ", encrypted" : "", c.left);
}

/* Terminate data: text, or what Windows puts there (magic, mark, code). */
static void
add_terminate(struct cursor c, struct line *l, struct dissect *d)
{
	struct cursor win = c;
	struct line message;
	uint32_t mark, code;

	if (c.left == 0)
		return;
	if (c.left != 12 || cursor_skip(&win, 4) == -1 ||
	    cursor_u32(&win, &mark) == -1 || mark != 0x003ccd74 ||
	    cursor_u32(&win, &code) == -1) {
		line_add(l, ":");
		dissect_add_string(l, c, d->message, sizeof(d->message));
		return;
	}
	message = line_of(d->message, sizeof(d->message));
	line_add(&message, "Windows error %u", code);
	line_add(l, ": Windows error %u", code);
}

static void
add_rejected(struct cursor c, struct line *l, struct dissect *d)
{
	const char *name;
	uint8_t code;

	line_add(l, ":");
	if (d->code == DISSECT_PROTREJ && cursor_u16(&c, &d->rejected) == 0) {
		line_add(l, " ");
		dissect_add_protocol(l, d->rejected);
		line_add(l, ", %zu bytes", c.left);
	} else if (d->code == DISSECT_CODEREJ && cursor_u8(&c, &code) == 0) {
		name = dissect_name_of(codes, code);
		line_add(l, " code %u (%s)", code,
		    name != NULL ? name : "unknown");
	} else
		line_add(l, " malformed");
}

static void
add_magic(struct cursor c, struct line *l, struct dissect *d)
{
	uint32_t magic;

	if (cursor_u32(&c, &magic) == -1) {
		line_add(l, ", malformed:");
		add_hex(l, c);
		return;
	}
	line_add(l, ": magic 0x%08x", magic);
	if (d->code != 12)
		return;
	line_add(l, ",");
	dissect_add_string(l, c, d->message, sizeof(d->message));
}

/* What follows the header of LCP and of the network control protocols. */
static void
add_link(struct cursor c, struct line *l, struct dissect *d)
{
	switch (d->code) {
	case DISSECT_CONFREQ:
	case DISSECT_CONFACK:
	case DISSECT_CONFNAK:
	case DISSECT_CONFREJ:
		dissect_options(c, l, d);
		break;
	case DISSECT_TERMREQ:
	case DISSECT_TERMACK:
		add_terminate(c, l, d);
		break;
	case DISSECT_CODEREJ:
	case DISSECT_PROTREJ:
		add_rejected(c, l, d);
		break;
	case DISSECT_ECHOREQ:
	case DISSECT_ECHOREP:
	case 11:
	case 12:
		add_magic(c, l, d);
		break;
	default:
		add_hex(l, c);
	}
}

/* RFC 1661 section 5: code, identifier, length; what follows is padding. */
static void
add_control(struct cursor c, struct line *l, struct dissect *d)
{
	const struct protocol *p = find(d->protocol);
	struct cursor all = c;
	const char *name;
	uint16_t length;
	uint8_t code, id;

	if (cursor_u8(&c, &code) == -1 || cursor_u8(&c, &id) == -1 ||
	    cursor_u16(&c, &length) == -1 || length < 4 ||
	    cursor_truncate(&c, length - 4U) == -1) {
		line_add(l, ", malformed:");
		add_hex(l, all);
		return;
	}
	d->code = code;
	d->id = id;
	name = dissect_name_of(p->codes, code);
	if (name != NULL)
		line_add(l, " %s id %u", name, id);
	else
		line_add(l, " code %u id %u", code, id);
	if (name != NULL && p->body != NULL)
		p->body(c, l, d);
	else
		add_hex(l, c);
}

/* RFC 1661 sections 2 and 6.5, RFC 1662: FF 03 and one byte may be missing. */
static int
get_protocol(struct cursor *c, uint16_t *protocol)
{
	struct cursor peek = *c;
	uint16_t first;
	uint8_t byte;

	if (cursor_u16(&peek, &first) == 0 && first == 0xff03)
		*c = peek;
	peek = *c;
	if (cursor_u8(&peek, &byte) == -1)
		return -1;
	if (byte & 1) {
		*c = peek;
		*protocol = byte;
		return 0;
	}
	return cursor_u16(c, protocol);
}

void
dissect_frame(const uint8_t *frame, size_t len, char *text, size_t size,
    struct dissect *d)
{
	struct cursor c = cursor_of(frame, len);
	struct line l = line_of(text, size);
	const struct protocol *p;

	memset(d, 0, sizeof(*d));
	if (get_protocol(&c, &d->protocol) == -1) {
		line_add(&l, "cut PPP frame:");
		add_hex(&l, c);
		return;
	}
	dissect_add_protocol(&l, d->protocol);
	p = find(d->protocol);
	if (p != NULL && p->show != NULL)
		p->show(c, &l, d);
	else {
		line_add(&l, ", %zu bytes:", c.left);
		add_hex(&l, c);
	}
}
