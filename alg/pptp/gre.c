/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads headers of enhanced GRE, whole ones and those that ICMP quotes. */
#include "alg/pptp/gre.h"

#define FLAGS_FIXED	((uint16_t)~(GRE_FLAG_SEQ | GRE_FLAG_ACK))
#define VERSION_MASK	0x0007

static enum reason
parse_start(struct gre *g, struct cursor *c)
{
	uint16_t flags, protocol;

	*g = (struct gre){ .header = 8 };
	if (cursor_u16(c, &flags) == -1 || cursor_u16(c, &protocol) == -1)
		return REASON_GRE_MALFORMED;
	if ((flags & VERSION_MASK) != 1 || protocol != GRE_PROTOCOL)
		return REASON_NOT_OURS;
	if ((flags & FLAGS_FIXED) != GRE_FLAGS ||
	    cursor_u16(c, &g->payload) == -1 ||
	    cursor_u16(c, &g->call_id) == -1)
		return REASON_GRE_MALFORMED;
	g->has_seq = (flags & GRE_FLAG_SEQ) != 0;
	g->has_ack = (flags & GRE_FLAG_ACK) != 0;
	return REASON_NONE;
}

enum reason
gre_parse_quote(struct gre *g, const struct packet *p)
{
	struct cursor c = cursor_of(p->bytes, p->length);

	if (cursor_skip(&c, p->header) == -1)
		return REASON_GRE_MALFORMED;
	return parse_start(g, &c);
}

enum reason
gre_read(struct gre *g, struct cursor c)
{
	enum reason r = parse_start(g, &c);

	if (r != REASON_NONE)
		return r;
	if ((g->has_seq && cursor_u32(&c, &g->seq) == -1) ||
	    (g->has_ack && cursor_u32(&c, &g->ack) == -1) ||
	    (g->has_seq ? cursor_skip(&c, g->payload) == -1 :
	    g->payload != 0))
		return REASON_GRE_MALFORMED;
	g->header = (uint16_t)(8 + 4 * g->has_seq + 4 * g->has_ack);
	return REASON_NONE;
}

enum reason
gre_parse(struct gre *g, const struct packet *p)
{
	struct cursor c = cursor_of(p->bytes, p->length);

	if (cursor_skip(&c, p->header) == -1)
		return REASON_GRE_MALFORMED;
	return gre_read(g, c);
}
