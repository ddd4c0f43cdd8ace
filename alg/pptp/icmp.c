/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads ICMP errors and knows what their codes are called. */
#include <stdbool.h>
#include <stddef.h>

#include "alg/base/cursor.h"
#include "alg/pptp/icmp.h"

/* RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1. */
static const struct {
	uint8_t		 type, code;
	const char	*name;
} errors[] = {
	{ 3, 0, "network unreachable" }, { 3, 1, "host unreachable" },
	{ 3, 2, "protocol unreachable" }, { 3, 3, "port unreachable" },
	{ 3, 4, "fragmentation needed" }, { 3, 9, "network prohibited" },
	{ 3, 10, "host prohibited" },
	{ 3, 13, "prohibited by a filter" }, { 4, 0, "source quench" },
	{ 11, 0, "TTL exceeded" }, { 11, 1, "reassembly time exceeded" },
	{ 12, 0, "parameter problem" },
};

/* Errors quote the packet that they are about (RFC 792, RFC 1122). */
static bool
is_error(uint8_t type)
{
	return type == 3 || type == 4 || type == 11 || type == 12;
}

enum reason
icmp_parse(struct icmp *i, const struct packet *p)
{
	struct cursor c = cursor_of(p->bytes, p->length);
	enum reason r;

	if (cursor_skip(&c, p->header) == -1 || cursor_u8(&c, &i->type) == -1)
		return REASON_ICMP_MALFORMED;
	if (!is_error(i->type))
		return REASON_NOT_OURS;
	if (cursor_u8(&c, &i->code) == -1 ||
	    cursor_skip(&c, ICMP_HEADER - 2) == -1)
		return REASON_ICMP_MALFORMED;
	r = ip_quote(&i->quote, p->bytes + p->header + ICMP_HEADER, c.left);
	return r == REASON_TRUNCATED ? REASON_ICMP_MALFORMED : r;
}

const char *
icmp_name(uint8_t type, uint8_t code)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].type == type && errors[i].code == code)
			return errors[i].name;
	return "error";
}
