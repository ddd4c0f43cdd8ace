/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alg/ppp/dissect_part.h"

#define HEX_MAX		20	/* an endpoint discriminator's address */

static void	add_flag(struct cursor *, struct line *, struct dissect *);
static void	add_u16(struct cursor *, struct line *, struct dissect *);
static void	add_u32(struct cursor *, struct line *, struct dissect *);
static void	add_address(struct cursor *, struct line *, struct dissect *);
static void	add_server(struct cursor *, struct line *, struct dissect *);
static void	add_auth(struct cursor *, struct line *, struct dissect *);
static void	add_protocol(struct cursor *, struct line *, struct dissect *);
static void	add_callback(struct cursor *, struct line *, struct dissect *);
static void	add_endpoint(struct cursor *, struct line *, struct dissect *);
static void	add_mppe(struct cursor *, struct line *, struct dissect *);
static void	add_vj(struct cursor *, struct line *, struct dissect *);
static void	add_interface(struct cursor *, struct line *, struct dissect *);

/* Without show: hexadecimal.  What show leaves is shown so, too. */
static const struct option {
	uint16_t	 protocol;
	uint8_t		 type;
	const char	*name;
	void		(*show)(struct cursor *, struct line *,
			    struct dissect *);
} options[] = {
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
	/* RFC 1962 and those who registered */
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
	d->auth = dissect_protocol_name(protocol);
	if (protocol == DISSECT_CHAP && cursor_u8(c, &algorithm) == 0) {
		d->auth = dissect_name_of(chap_algorithms, algorithm);
		if (d->auth == NULL)
			line_add(l, " CHAP algorithm 0x%02x", algorithm);
		else
			line_add(l, " %s", d->auth);
		return;
	}
	line_add(l, " ");
	dissect_add_protocol(l, protocol);
}

static void
add_protocol(struct cursor *c, struct line *l, struct dissect *d)
{
	uint16_t protocol;

	if (cursor_u16(c, &protocol) == -1)
		return;
	line_add(l, " ");
	dissect_add_protocol(l, protocol);
}

/* A byte that is named by a list. */
static void
add_named(struct cursor *c, struct line *l, const struct dissect_name *list)
{
	const char *name;
	uint8_t v;

	if (cursor_u8(c, &v) == -1)
		return;
	name = dissect_name_of(list, v);
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

static void
add_option(struct line *l, struct dissect *d, uint8_t type, struct cursor c)
{
	const struct option *o = options;
	size_t left = sizeof(options) / sizeof(options[0]);

	while (left > 0 && (o->protocol != d->protocol || o->type != type)) {
		o++;
		left--;
	}
	if (left > 0)
		line_add(l, " %s", o->name);
	else
		line_add(l, " option %u", type);
	if (left > 0 && o->show != NULL)
		o->show(&c, l, d);
	if (c.left > 0) {
		line_add(l, " ");
		line_add_hex(l, c.pos, c.left, HEX_MAX);
	}
}

void
dissect_options(struct cursor c, struct line *l, struct dissect *d)
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
			line_add_hex(l, at.pos, at.left, HEX_MAX);
			return;
		}
		add_option(l, d, type, value);
	}
}
