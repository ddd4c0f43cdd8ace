/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Describes frames: configuration options, authentication, what negotiates,
 * IPv4 and encrypted datagrams, all by tables of names and functions.
 */
#include <string.h>

#include "alg/base/cursor.h"
#include "alg/base/line.h"
#include "alg/ppp/chap.h"
#include "alg/ppp/dissect.h"
#include "alg/ppp/mschap_failure.h"

#define HEX_MAX		32	/* bytes shown of what is not understood */
#define OPTION_HEX_MAX	20	/* an endpoint discriminator's address */

/* A number and what it stands for; lists end with a row without a name. */
struct dissect_name {
	uint32_t	 number;
	const char	*name;
};

/* NULL if the list does not have it. */
static const char *
name_of(const struct dissect_name *list, uint32_t number)
{
	for (; list->name != NULL; list++)
		if (list->number == number)
			return list->name;
	return NULL;
}

static const char *protocol_name(uint16_t number);

static void
add_protocol_name(struct line *l, uint16_t number)
{
	const char *name = protocol_name(number);

	if (name != NULL)
		line_add(l, "%s", name);
	else
		line_add(l, "protocol 0x%04x", number);
}

/* Adds what is left, in quotes, and copies it, cut to size. */
static void
add_string(struct line *l, struct cursor c, char *copy, size_t size)
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

static void
add_malformed(struct line *l, struct cursor c)
{
	line_add(l, ", malformed:");
	add_hex(l, c);
}

/* --- options -------------------------------------------------------------- */

static const struct dissect_name chap_algorithms[] = {
	{ 5, "CHAP-MD5" }, { 6, "CHAP-SHA1" }, { 0x80, "MS-CHAP" },
	{ 0x81, "MS-CHAPv2" }, { 0 }
};

/* RFC 1570 section 2.3, RFC 1990 section 5.1.3. */
static const struct dissect_name callbacks[] = {
	{ 0, "by user" }, { 1, "dialing string" }, { 2, "location" },
	{ 3, "E.164 number" }, { 4, "X.500 name" }, { 6, "CBCP" },
	{ UINT32_MAX, NULL }
};

static const struct dissect_name endpoints[] = {
	{ 0, "null" }, { 1, "local" }, { 2, "IPv4" }, { 3, "MAC" },
	{ 4, "magic" }, { 5, "telephone" }, { UINT32_MAX, NULL }
};

static void
add_flag(struct cursor *c, struct line *l, struct dissect *d)
{
}

static void
add_u16(struct cursor *c, struct line *l, struct dissect *d)
{
	uint16_t v;

	if (cursor_u16(c, &v) == 0)
		line_add(l, " %u", v);
}

static void
add_u32(struct cursor *c, struct line *l, struct dissect *d)
{
	uint32_t v;

	if (cursor_u32(c, &v) == 0)
		line_add(l, " 0x%08x", v);
}

static void
add_server(struct cursor *c, struct line *l, struct dissect *d)
{
	uint32_t v;

	if (cursor_u32(c, &v) == -1)
		return;
	line_add(l, " ");
	line_add_ipv4(l, v);
}

static void
add_address(struct cursor *c, struct line *l, struct dissect *d)
{
	struct cursor peek = *c;

	if (cursor_u32(&peek, &d->address) == 0)
		add_server(c, l, d);
}

static void
add_auth(struct cursor *c, struct line *l, struct dissect *d)
{
	uint16_t protocol;
	uint8_t algorithm;

	if (cursor_u16(c, &protocol) == -1)
		return;
	d->auth = protocol_name(protocol);
	if (protocol == DISSECT_CHAP && cursor_u8(c, &algorithm) == 0) {
		d->auth = name_of(chap_algorithms, algorithm);
		if (d->auth == NULL)
			line_add(l, " CHAP algorithm 0x%02x", algorithm);
		else
			line_add(l, " %s", d->auth);
		return;
	}
	line_add(l, " ");
	add_protocol_name(l, protocol);
}

static void
add_protocol(struct cursor *c, struct line *l, struct dissect *d)
{
	uint16_t protocol;

	if (cursor_u16(c, &protocol) == -1)
		return;
	line_add(l, " ");
	add_protocol_name(l, protocol);
}

/* A byte that is named by a list. */
static void
add_named(struct cursor *c, struct line *l, const struct dissect_name *list)
{
	const char *name;
	uint8_t v;

	if (cursor_u8(c, &v) == -1)
		return;
	name = name_of(list, v);
	if (name != NULL)
		line_add(l, " %s", name);
	else
		line_add(l, " %u", v);
}

static void
add_callback(struct cursor *c, struct line *l, struct dissect *d)
{
	add_named(c, l, callbacks);
}

static void
add_endpoint(struct cursor *c, struct line *l, struct dissect *d)
{
	add_named(c, l, endpoints);
}

/* RFC 3078 section 2.1. */
static void
add_mppe(struct cursor *c, struct line *l, struct dissect *d)
{
	static const struct dissect_name bits[] = {
		{ DISSECT_MPPE_40, " 40-bit" }, { DISSECT_MPPE_56, " 56-bit" },
		{ DISSECT_MPPE_128, " 128-bit" }, { 0x10, " obsolete-bit" },
		{ DISSECT_MPPC, " MPPC" },
		{ DISSECT_MPPE_STATELESS, " stateless" }, { 0 }
	};
	uint32_t v;

	if (cursor_u32(c, &v) == -1)
		return;
	d->has_mppe = true;
	d->mppe = v;
	if (v == 0)
		line_add(l, " nothing");
	for (const struct dissect_name *b = bits; b->name != NULL; b++) {
		if (v & b->number)
			line_add(l, "%s", b->name);
		v &= ~b->number;
	}
	if (v != 0)
		line_add(l, " bits 0x%08x", v);
}

/* RFC 1332 section 4: slots are counted from 0. */
static void
add_vj(struct cursor *c, struct line *l, struct dissect *d)
{
	struct cursor peek = *c;
	uint16_t protocol;
	uint8_t slots, id;

	if (cursor_u16(&peek, &protocol) == -1 || protocol != 0x002d ||
	    cursor_u8(&peek, &slots) == -1 || cursor_u8(&peek, &id) == -1) {
		add_protocol(c, l, d);
		return;
	}
	*c = peek;
	line_add(l, " VJ %u slots%s", slots + 1U,
	    id != 0 ? " compressed ids" : "");
}

static void
add_interface(struct cursor *c, struct line *l, struct dissect *d)
{
	uint16_t v;

	line_add(l, " ");
	for (int i = 0; i < 4 && cursor_u16(c, &v) == 0; i++)
		line_add(l, i == 0 ? "%x" : ":%x", v);
}

/* In hexadecimal without show, and what show leaves of the value. */
static const struct dissect_option {
	uint16_t	 protocol;
	uint8_t		 type;
	const char	*name;
	void		(*show)(struct cursor *, struct line *,
			    struct dissect *);
} option_kinds[] = {
	/* RFC 1661, 1570, 1990 */
	{ DISSECT_LCP, 1, "MRU", add_u16 },
	{ DISSECT_LCP, 2, "ACCM", add_u32 },
	{ DISSECT_LCP, 3, "Auth-Protocol", add_auth },
	{ DISSECT_LCP, 4, "Quality-Protocol", add_protocol },
	{ DISSECT_LCP, 5, "Magic", add_u32 },
	{ DISSECT_LCP, 7, "PFC", add_flag },
	{ DISSECT_LCP, 8, "ACFC", add_flag },
	{ DISSECT_LCP, 9, "FCS-Alternatives", NULL },
	{ DISSECT_LCP, 10, "Self-Describing-Padding", NULL },
	{ DISSECT_LCP, 11, "Numbered-Mode", NULL },
	{ DISSECT_LCP, 13, "Callback", add_callback },
	{ DISSECT_LCP, 15, "Compound-Frames", add_flag },
	{ DISSECT_LCP, 17, "MRRU", add_u16 },
	{ DISSECT_LCP, 18, "Short-Sequence-Numbers", add_flag },
	{ DISSECT_LCP, 19, "Endpoint-Discriminator", add_endpoint },
	{ DISSECT_LCP, 23, "Link-Discriminator", add_u16 },
	/* RFC 1962, and the registry of IANA */
	{ DISSECT_CCP, 0, "OUI", NULL },
	{ DISSECT_CCP, 1, "Predictor-1", add_flag },
	{ DISSECT_CCP, 2, "Predictor-2", add_flag },
	{ DISSECT_CCP, 3, "Puddle-Jumper", NULL },
	{ DISSECT_CCP, 16, "HP-PPC", NULL },
	{ DISSECT_CCP, 17, "Stac-LZS", NULL },
	{ DISSECT_CCP, 18, "MPPE/MPPC", add_mppe },
	{ DISSECT_CCP, 19, "Gandalf-FZA", NULL },
	{ DISSECT_CCP, 20, "V.42bis", NULL },
	{ DISSECT_CCP, 21, "BSD-Compress", NULL },
	{ DISSECT_CCP, 23, "LZS-DCP", NULL },
	{ DISSECT_CCP, 24, "Deflate-Draft", NULL },
	{ DISSECT_CCP, 26, "Deflate", NULL },
	/* RFC 1332, 1877 */
	{ DISSECT_IPCP, 1, "IP-Addresses", NULL },
	{ DISSECT_IPCP, 2, "IP-Compression", add_vj },
	{ DISSECT_IPCP, 3, "IP-Address", add_address },
	{ DISSECT_IPCP, 4, "Mobile-IPv4", add_server },
	{ DISSECT_IPCP, 129, "DNS", add_server },
	{ DISSECT_IPCP, 130, "NBNS", add_server },
	{ DISSECT_IPCP, 131, "second DNS", add_server },
	{ DISSECT_IPCP, 132, "second NBNS", add_server },
	/* RFC 5072 */
	{ DISSECT_IPV6CP, 1, "Interface-Identifier", add_interface },
	{ DISSECT_IPV6CP, 2, "IPv6-Compression", add_protocol },
};

static void
add_option(struct line *l, struct dissect *d, uint8_t type, struct cursor c)
{
	const struct dissect_option *o = option_kinds;
	size_t left = sizeof(option_kinds) / sizeof(option_kinds[0]);

	for (; left > 0 && (o->protocol != d->protocol || o->type != type);
	    left--)
		o++;
	if (left > 0)
		line_add(l, " %s", o->name);
	else
		line_add(l, " option %u", type);
	if (left > 0 && o->show != NULL)
		o->show(&c, l, d);
	if (c.left > 0) {
		line_add(l, " ");
		line_add_hex(l, c.pos, c.left, OPTION_HEX_MAX);
	}
}

static void
add_options(struct cursor c, struct line *l, struct dissect *d)
{
	const char *between = ":";
	struct cursor at, value;
	uint8_t type, length;

	while (c.left > 0) {
		at = c;
		line_add(l, "%s", between);
		between = ",";
		if (cursor_u8(&c, &type) == -1 ||
		    cursor_u8(&c, &length) == -1 || length < 2 ||
		    cursor_sub(&c, length - 2U, &value) == -1) {
			line_add(l, " malformed ");
			line_add_hex(l, at.pos, at.left, OPTION_HEX_MAX);
			return;
		}
		add_option(l, d, type, value);
	}
}

void
dissect_option(uint16_t protocol, const uint8_t *o, size_t len, struct line *l)
{
	add_option(l, &(struct dissect){ .protocol = protocol }, o[0],
	    cursor_of(o + 2, len - 2));
}

/* --- authentication ------------------------------------------------------- */

/* Codes of PAP (RFC 1334) and EAP (RFC 3748). */
enum { PAP_REQUEST = 1, EAP_REQUEST = 1, EAP_RESPONSE };

static const struct dissect_name eap_types[] = {
	{ 1, "Identity" }, { 2, "Notification" }, { 3, "Nak" },
	{ 4, "MD5-Challenge" }, { 5, "One-Time-Password" },
	{ 6, "Generic-Token-Card" }, { 13, "TLS" }, { 21, "TTLS" },
	{ 25, "PEAP" }, { 26, "MS-CHAPv2" }, { 0 }
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

static void
add_pap(struct cursor c, struct line *l, struct dissect *d)
{
	struct cursor name;
	uint8_t length;

	/* RFC 1334 section 2.2.2 wants a Msg-Length; some leave it out. */
	if (d->code != PAP_REQUEST && c.left == 0)
		return;
	if (cursor_u8(&c, &length) == -1 ||
	    cursor_sub(&c, length, &name) == -1) {
		line_add(l, ", malformed");
		return;
	}
	line_add(l, d->code == PAP_REQUEST ? ": user" : ":");
	add_string(l, name,
	    d->code == PAP_REQUEST ? d->name : d->message,
	    d->code == PAP_REQUEST ? sizeof(d->name) : sizeof(d->message));
	if (d->code == PAP_REQUEST && cursor_u8(&c, &length) == 0)
		line_add(l, ", password of %u bytes", length);
}

/* The number after "E=", at the front (RFC 2759 section 6); 0 without. */
static uint32_t
chap_error(struct cursor c)
{
	uint32_t error = 0;
	uint8_t byte;

	if (cursor_u8(&c, &byte) == -1 || byte != 'E' ||
	    cursor_u8(&c, &byte) == -1 || byte != '=')
		return 0;
	while (error < 100000 && cursor_u8(&c, &byte) == 0 &&
	    byte >= '0' && byte <= '9')
		error = error * 10 + (byte - '0');
	return error;
}

static void
add_value_and_name(struct cursor c, struct line *l, struct dissect *d)
{
	uint8_t length;

	if (cursor_u8(&c, &length) == -1 || cursor_skip(&c, length) == -1) {
		line_add(l, ", malformed");
		return;
	}
	line_add(l, ": %u bytes, %s", length,
	    d->code == CHAP_RESPONSE ? "user" : "name");
	add_string(l, c, d->name, sizeof(d->name));
}

static void
add_chap(struct cursor c, struct line *l, struct dissect *d)
{
	const char *meaning;

	if (d->code == CHAP_CHALLENGE || d->code == CHAP_RESPONSE) {
		add_value_and_name(c, l, d);
		return;
	}
	if (d->code != CHAP_SUCCESS && d->code != CHAP_FAILURE) {
		line_add(l, ", %zu bytes", c.left);
		return;
	}
	line_add(l, ":");
	add_string(l, c, d->message, sizeof(d->message));
	if (d->code == CHAP_FAILURE)
		d->error = chap_error(c);
	meaning = mschap_failure_text(d->error);
	if (meaning != NULL)
		line_add(l, " (%s)", meaning);
}

static void
add_eap(struct cursor c, struct line *l, struct dissect *d)
{
	const char *name;
	uint8_t type;

	if (d->code != EAP_REQUEST && d->code != EAP_RESPONSE)
		return;
	if (cursor_u8(&c, &type) == -1) {
		line_add(l, ", malformed");
		return;
	}
	name = name_of(eap_types, type);
	if (name != NULL)
		line_add(l, ": %s", name);
	else
		line_add(l, ": type %u", type);
	if (type == 1 && d->code == EAP_RESPONSE)
		add_string(l, c, d->name, sizeof(d->name));
	else
		line_add(l, ", %zu bytes", c.left);
}

/* --- packets -------------------------------------------------------------- */

/* IP protocols that one meets in tunnels. */
static const struct dissect_name ip_protocols[] = {
	{ 1, "ICMP" }, { 2, "IGMP" }, { 6, "TCP" }, { 17, "UDP" },
	{ 47, "GRE" }, { 0 }
};

/* What is shown of the header; -1: it is none. */
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
		add_malformed(l, c);
		return;
	}
	line_add(l, " ");
	line_add_ipv4(l, src);
	line_add(l, " > ");
	line_add_ipv4(l, dst);
	name = name_of(ip_protocols, ip);
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
		add_malformed(l, c);
		return;
	}
	line_add(l, ", count %u%s%s%s, %zu bytes", head & 0x0fff,
	    head & 0x8000 ? ", flushed" : "",
	    head & 0x2000 ? ", compressed" : "",
	    head & 0x1000 ? ", encrypted" : "", c.left);
}

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

static const struct dissect_name cbcp_codes[] = {
	{ 1, "Callback-Request" }, { 2, "Callback-Response" },
	{ 3, "Callback-Ack" }, { 0 }
};

/* Terminate data: text, or what Windows sends (magic, mark, error code). */
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
		add_string(l, c, d->message, sizeof(d->message));
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
		add_protocol_name(l, d->rejected);
		line_add(l, ", %zu bytes", c.left);
	} else if (d->code == DISSECT_CODEREJ && cursor_u8(&c, &code) == 0) {
		name = name_of(codes, code);
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
		add_malformed(l, c);
		return;
	}
	line_add(l, ": magic 0x%08x", magic);
	if (d->code != 12)
		return;
	line_add(l, ",");
	add_string(l, c, d->message, sizeof(d->message));
}

/* What follows the header of LCP, CCP and the network control protocols. */
static void
add_negotiation(struct cursor c, struct line *l, struct dissect *d)
{
	switch (d->code) {
	case DISSECT_CONFREQ:
	case DISSECT_CONFACK:
	case DISSECT_CONFNAK:
	case DISSECT_CONFREJ:
		add_options(c, l, d);
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

/* --- frames --------------------------------------------------------------- */

/*
 * With names of codes, add_control() describes the packet's header and show
 * what follows it; without, show describes all after the protocol field.
 */
static const struct dissect_kind {
	uint16_t	 number;
	const char	*name;
	const struct dissect_name *codes;
	void		(*show)(struct cursor, struct line *, struct dissect *);
} protocols[] = {
	{ DISSECT_IPV4, "IPv4", NULL, add_ipv4 },
	{ 0x0029, "AppleTalk", NULL, NULL },
	{ 0x002b, "IPX", NULL, NULL },
	{ 0x002d, "VJ compressed TCP", NULL, NULL },
	{ 0x002f, "VJ uncompressed TCP", NULL, NULL },
	{ 0x003d, "Multilink", NULL, NULL },
	{ 0x003f, "NetBIOS", NULL, NULL },
	{ 0x0053, "encrypted datagram", NULL, NULL },
	{ DISSECT_IPV6, "IPv6", NULL, NULL },
	{ 0x00fb, "compressed link datagram", NULL, NULL },
	{ DISSECT_COMPRESSED, "compressed or encrypted datagram",
	    NULL, add_compressed },
	{ DISSECT_IPCP, "IPCP", codes, add_negotiation },
	{ 0x8029, "ATCP", codes, add_negotiation },
	{ 0x802b, "IPXCP", codes, add_negotiation },
	{ 0x803d, "MPCP", codes, add_negotiation },
	{ 0x803f, "NBFCP", codes, add_negotiation },
	{ 0x8053, "ECP", codes, add_negotiation },
	{ DISSECT_IPV6CP, "IPV6CP", codes, add_negotiation },
	{ 0x80fb, "ILCCP", codes, add_negotiation },
	{ DISSECT_CCP, "CCP", codes, add_negotiation },
	{ DISSECT_LCP, "LCP", codes, add_negotiation },
	{ DISSECT_PAP, "PAP", pap_codes, add_pap },
	{ 0xc025, "LQR", NULL, NULL },
	{ 0xc029, "CBCP", cbcp_codes, NULL },
	{ 0xc02b, "BACP", codes, add_negotiation },
	{ 0xc02d, "BAP", NULL, NULL },
	{ DISSECT_CHAP, "CHAP", chap_codes, add_chap },
	{ DISSECT_EAP, "EAP", eap_codes, add_eap },
};

static const struct dissect_kind *
kind_of(uint16_t number)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (protocols[i].number == number)
			return &protocols[i];
	return NULL;
}

/* "LCP", ... or NULL for a protocol without a name here. */
static const char *
protocol_name(uint16_t number)
{
	const struct dissect_kind *p = kind_of(number);

	return p != NULL ? p->name : NULL;
}

/* RFC 1661 section 5: code, identifier, length; what follows is padding. */
static void
add_control(const struct dissect_kind *p, struct cursor c, struct line *l,
    struct dissect *d)
{
	struct cursor all = c;
	const char *name;
	uint16_t length;
	uint8_t code, id;

	if (cursor_u8(&c, &code) == -1 || cursor_u8(&c, &id) == -1 ||
	    cursor_u16(&c, &length) == -1 || length < 4 ||
	    cursor_truncate(&c, length - 4U) == -1) {
		add_malformed(l, all);
		return;
	}
	d->code = code;
	d->id = id;
	name = name_of(p->codes, code);
	if (name != NULL)
		line_add(l, " %s id %u", name, id);
	else
		line_add(l, " code %u id %u", code, id);
	if (name != NULL && p->show != NULL)
		p->show(c, l, d);
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

uint16_t
dissect_protocol(const uint8_t *frame, size_t len)
{
	struct cursor c = cursor_of(frame, len);
	uint16_t protocol;

	return get_protocol(&c, &protocol) == 0 ? protocol : 0;
}

void
dissect_frame(const uint8_t *frame, size_t len, char *text, size_t size,
    struct dissect *d)
{
	struct cursor c = cursor_of(frame, len);
	struct line l = line_of(text, size);
	const struct dissect_kind *p;

	memset(d, 0, sizeof(*d));
	if (get_protocol(&c, &d->protocol) == -1) {
		line_add(&l, "cut PPP frame:");
		add_hex(&l, c);
		return;
	}
	add_protocol_name(&l, d->protocol);
	p = kind_of(d->protocol);
	if (p != NULL && p->codes != NULL)
		add_control(p, c, &l, d);
	else if (p != NULL && p->show != NULL)
		p->show(c, &l, d);
	else {
		line_add(&l, ", %zu bytes:", c.left);
		add_hex(&l, c);
	}
}
