/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Skips the link layer header of a captured frame. */
#include "alg/base/cursor.h"
#include "tools/replay/link.h"

#define ETHERTYPE_IPV4	0x0800
#define AF_IPV4		2		/* the same in all systems */
#define TAGS_MAX	4		/* VLAN tags on top of each other */

static int	skip_ethernet(struct cursor *);
static int	skip_cooked(struct cursor *);
static int	skip_cooked2(struct cursor *);
static int	skip_null(struct cursor *);
static int	skip_raw(struct cursor *);

/* https://www.tcpdump.org/linktypes.html; 12 and 14 are local DLT_RAWs. */
static const struct link_type {
	int	type;
	int	(*skip)(struct cursor *);
} types[] = {
	{ 0, skip_null },	/* null */
	{ 1, skip_ethernet },
	{ 12, skip_raw },
	{ 14, skip_raw },
	{ 101, skip_raw },
	{ 108, skip_null },	/* OpenBSD loopback: other byte order */
	{ 113, skip_cooked },
	{ 228, skip_raw },	/* IPv4 */
	{ 276, skip_cooked2 },
};

static int
skip_ethertype(struct cursor *c, uint16_t type)
{
	static const uint16_t tags[] = { 0x8100, 0x88a8, 0x9100 };

	for (int depth = 0; depth <= TAGS_MAX; depth++) {
		if (type == ETHERTYPE_IPV4)
			return 0;
		if (type != tags[0] && type != tags[1] && type != tags[2])
			return -1;
		if (cursor_skip(c, 2) == -1 || cursor_u16(c, &type) == -1)
			return -1;
	}
	return -1;
}

static int
skip_ethernet(struct cursor *c)
{
	uint16_t type;

	if (cursor_skip(c, 12) == -1 || cursor_u16(c, &type) == -1)
		return -1;
	return skip_ethertype(c, type);
}

static int
skip_cooked(struct cursor *c)
{
	uint16_t type;

	if (cursor_skip(c, 14) == -1 || cursor_u16(c, &type) == -1)
		return -1;
	return skip_ethertype(c, type);
}

static int
skip_cooked2(struct cursor *c)
{
	uint16_t type;

	if (cursor_u16(c, &type) == -1 || cursor_skip(c, 18) == -1)
		return -1;
	return skip_ethertype(c, type);
}

/* An address family in the byte order of whoever captured. */
static int
skip_null(struct cursor *c)
{
	uint32_t family;

	if (cursor_u32(c, &family) == -1)
		return -1;
	return family == AF_IPV4 || family == (uint32_t)AF_IPV4 << 24 ? 0 : -1;
}

static int
skip_raw(struct cursor *c)
{
	return 0;
}

static const struct link_type *
find_type(int type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == type)
			return &types[i];
	return NULL;
}

bool
link_known(int type)
{
	return find_type(type) != NULL;
}

int
link_skip(int type, const uint8_t *frame, size_t len)
{
	const struct link_type *t = find_type(type);
	struct cursor c = cursor_of(frame, len), peek;
	uint8_t version;

	if (t == NULL || t->skip(&c) == -1)
		return -1;
	peek = c;
	if (cursor_u8(&peek, &version) == -1 || version >> 4 != 4)
		return -1;
	return (int)(len - c.left);
}
