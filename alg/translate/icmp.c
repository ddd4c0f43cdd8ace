/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ICMP errors about GRE: find the call, translate what they quote.  About a
 * SYN: who says why it does not get through.
 */
#include "alg/base/checksum.h"
#include "alg/base/rate.h"
#include "alg/pptp/gre.h"
#include "alg/pptp/icmp.h"
#include "alg/pptp/tcp.h"
#include "alg/translate/change.h"
#include "alg/translate/icmp.h"
#include "alg/translate/lookup.h"
#include "alg/translate/state.h"

#define OFFSET_CHECKSUM		2
#define OFFSET_MTU		6		/* RFC 1191 section 4 */
/* "Fragmentation needed", by which a path tells its MTU: type and code. */
#define FRAGMENTATION_NEEDED	(3 << 8 | 4)

/*
 * Codes of Destination Unreachable that end sockets (RFC 1122 section
 * 4.2.3.9 and practice).  The outside end would blame all who share the
 * public address for what one inside host refuses.
 */
#define HARD_CODES	(1U << 2 | 1U << 3 | 1U << 6 | 1U << 7 | 1U << 8 | \
			1U << 9 | 1U << 10 | 1U << 13 | 1U << 14 | 1U << 15)

static bool
is_refusal(const struct packet *p)
{
	uint16_t head = ip_get16(p, p->header);
	uint8_t type = (uint8_t)(head >> 8), code = (uint8_t)head;

	return type == 12 ||
	    (type == 3 && code < 16 && HARD_CODES >> code & 1);
}

/* Finds the GRE packet in an error. */
static enum reason
parse_quoted_gre(const struct packet *p, struct packet *quote, struct gre *g)
{
	struct icmp i;
	enum reason r = icmp_parse(&i, p);

	if (r == REASON_NONE && i.quote.protocol != IP_GRE)
		return REASON_NOT_OURS;
	if (r != REASON_NONE)
		return r;
	*quote = i.quote;
	r = gre_parse_quote(g, quote);
	return r == REASON_GRE_MALFORMED ? REASON_ICMP_MALFORMED : r;
}

/* What the quote adds to the ICMP checksum: IP header and call ID. */
static uint32_t
sum_quote(const struct packet *quote)
{
	return checksum_add(0, quote->bytes,
	    (size_t)quote->header + GRE_OFFSET_CALL_ID + 2);
}

static void
fix_checksum(struct packet *p, uint32_t before, uint32_t after)
{
	size_t at = p->header + OFFSET_CHECKSUM;

	ip_put16(p, at, checksum_adjust(ip_get16(p, at),
	    (uint16_t)~checksum_finish(before),
	    (uint16_t)~checksum_finish(after)));
}

/* An error from outside about GRE to outside: quote and receiver. */
static void
translate_in(const struct call *c, struct packet *p, struct packet *quote)
{
	uint32_t before = sum_quote(quote);

	ip_set_src(quote, c->flow.inside);
	ip_set_dst(quote, c->alias);
	ip_put16(quote, quote->header + GRE_OFFSET_CALL_ID, c->alias_id);
	fix_checksum(p, before, sum_quote(quote));
	if (p->src == c->flow.outside)
		ip_set_src(p, c->alias);
	ip_set_dst(p, c->flow.inside);
}

/* An error from inside about GRE from outside: quote and sender. */
static void
translate_out(const struct call *c, struct packet *p, struct packet *quote)
{
	uint32_t before = sum_quote(quote);

	ip_set_src(quote, c->flow.outside);
	ip_set_dst(quote, c->public);
	ip_put16(quote, quote->header + GRE_OFFSET_CALL_ID, c->mapped_id);
	fix_checksum(p, before, sum_quote(quote));
	ip_set_src(p, c->public);
	ip_set_dst(p, c->flow.outside);
}

/* Without NAT an ID may be one call's inside and another's mapped one. */
bool
icmp_quotes_sender(const struct alg *a, const struct packet *p)
{
	struct packet quote;
	struct gre g;

	if (parse_quoted_gre(p, &quote, &g) != REASON_NONE ||
	    p->dst != quote.src)
		return false;
	if (lookup_outside(a, quote.src, quote.dst, g.call_id) != 0)
		return true;
	return lookup_mapped(a, quote.dst, quote.src, g.call_id) != 0 &&
	    lookup_inside(a, quote.dst, quote.src, g.call_id) == 0;
}

/* An old router says 0, because it does not tell (RFC 1191 section 4). */
static bool
is_false_mtu(const struct packet *p)
{
	uint16_t mtu = ip_get16(p, p->header + OFFSET_MTU);

	return ip_get16(p, p->header) == FRAGMENTATION_NEEDED && mtu != 0 &&
	    mtu < STATE_MTU_MIN;
}

static bool
is_alive(struct alg *a, uint32_t call)
{
	struct alg_call_info info;

	change_info(a, call, &info);
	return info.last_in != 0 && a->now - info.last_in < STATE_GRE_ALIVE;
}

/*
 * Anybody outside can send an error about a call whose ID is guessed (RFC 5927
 * has the same of TCP): what is wrong with it, if anything.
 */
static enum reason
refuse_error(
    struct alg *a, enum alg_dir dir, const struct packet *p, uint32_t call)
{
	if (is_refusal(p) && dir == ALG_OUTBOUND)
		return REASON_ICMP_REFUSAL;
	if (is_refusal(p) && is_alive(a, call))
		return REASON_ICMP_ALIVE;
	if (is_false_mtu(p))
		return REASON_ICMP_MTU;
	if (!rate_take(&call_at(a, call)->icmp[dir], a->now,
	    STATE_ICMP_INTERVAL, STATE_ICMP_BURST, 1))
		return REASON_ICMP_LIMIT;
	return REASON_NONE;
}

/* GRE to who sends in this direction does not get through, or not whole. */
static void
note_error(
    struct alg *a, enum alg_dir dir, const struct packet *p, uint32_t call)
{
	uint16_t head = ip_get16(p, p->header);
	struct call *c = call_at(a, call);

	if (head == FRAGMENTATION_NEEDED) {
		c->mtu[dir] = ip_get16(p, p->header + OFFSET_MTU);
		c->too_large[dir] += c->too_large[dir] < UINT16_MAX;
	} else if (head >> 8 == 3 && !c->unreachable[dir]) {
		c->unreachable[dir] = true;
		attempt_note_call(a, call, REASON_NONE);
	}
}

void
icmp_process_packet(struct alg *a, enum alg_dir dir, struct packet *p,
    struct alg_result *r)
{
	struct packet quote;
	struct gre g;
	uint32_t call;

	r->reason = parse_quoted_gre(p, &quote, &g);
	if (r->reason == REASON_NOT_OURS)
		return;
	r->ours = true;
	r->action = ALG_DROP;
	if (r->reason != REASON_NONE)
		return;
	call = dir == ALG_INBOUND ?
	    lookup_peer(a, quote.src, quote.dst, g.call_id) :
	    lookup_inside(a, quote.dst, quote.src, g.call_id);
	/* An error goes to the sender of what it quotes, to nobody else. */
	if (call == 0 || p->dst != quote.src) {
		r->reason = REASON_ICMP_UNKNOWN;
		return;
	}
	r->call = call_at(a, call)->serial;
	r->mark = connection_at(a, call_at(a, call)->connection)->mark[dir];
	r->reason = refuse_error(a, dir, p, call);
	if (r->reason != REASON_NONE)
		return;
	note_error(a, dir, p, call);
	if (dir == ALG_INBOUND)
		translate_in(call_at(a, call), p, &quote);
	else
		translate_out(call_at(a, call), p, &quote);
	a->counters.icmp++;
	r->action = ALG_PASS;
	r->changed = true;
}

/* --- About a SYN --- */

/* The ends of the connection that a quoted segment opens, and its number. */
static bool
read_quoted_syn(const struct icmp *i, enum alg_dir dir, uint16_t zone,
    struct alg_flow *flow, uint32_t *seq)
{
	const struct packet *q = &i->quote;
	struct tcp t;

	if (q->protocol != IP_TCP || tcp_parse_quote(&t, q) != REASON_NONE)
		return false;
	*flow = dir == ALG_INBOUND ?
	    (struct alg_flow){ q->src, q->dst, t.src_port, t.dst_port, zone } :
	    (struct alg_flow){ q->dst, q->src, t.dst_port, t.src_port, zone };
	*seq = t.seq;
	return true;
}

/*
 * Anybody can send an error: one that knows the ends and the number of a SYN
 * that waits for its answer has seen it (RFC 5927 section 4).
 */
static bool
fits_syn(const struct connection *c, enum alg_dir dir, uint32_t seq)
{
	return c->state == ALG_CONNECTION_OPENING && !c->answered &&
	    c->syn.waits && c->syn.dir != dir && c->syn.seq == seq;
}

bool
icmp_note_refusal(struct alg *a, enum alg_dir dir, bool own,
    const struct packet *p)
{
	struct connection *c;
	struct alg_flow flow;
	struct icmp i;
	uint32_t seq, n;

	if (icmp_parse(&i, p) != REASON_NONE ||
	    !read_quoted_syn(&i, dir, a->origin.zone, &flow, &seq))
		return false;
	n = connection_find(a, &flow);
	c = connection_at(a, n);
	if (n == 0 || !fits_syn(c, dir, seq) || c->refusal.type != 0)
		return true;
	c->refusal = (struct alg_refusal){ own ? 0 : p->src, i.type, i.code };
	attempt_note_connection(a, n, REASON_NONE);
	return true;
}
