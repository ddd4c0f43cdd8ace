/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log's lines about translated calls and about packets that do not pass. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "alg/base/cursor.h"
#include "alg/ppp/negotiation.h"
#include "nat/base/log.h"
#include "nat/base/ratelimit.h"
#include "nat/netfilter/call_log.h"

#define CALL_LINE		640
#define PACKET_BURST	10		/* lines of one reason at once, ... */
#define PACKET_REFILL	1000		/* ms until there is another one */
#define CALL_BURST	2000
#define CALL_REFILL	5

struct call_log {
	struct ratelimit	 reasons[REASON_COUNT];
	struct ratelimit	 calls;
};

/*
 * Reasons that come with every busy or lossy network, and that nobody needs
 * to act on: for the debug level only.
 */
static const bool debug_only[REASON_COUNT] = {
	[REASON_NONE] = true,
	[REASON_NOT_OURS] = true,
	[REASON_NOT_CROSSING] = true,
	[REASON_GAP] = true,
	[REASON_OLD_DATA] = true,
	[REASON_HELD_BACK] = true,
	[REASON_AFTER_RESET] = true
};

struct call_log *
call_log_new(void)
{
	return calloc(1, sizeof(struct call_log));
}

void
call_log_free(struct call_log *l)
{
	free(l);
}

/* The one shape of a line: text, and what is missing before it. */
static void write_line(bool, uint32_t, const char *, ...)
    __attribute__((format(printf, 3, 4)));

static void
write_line(bool warn, uint32_t suppressed, const char *format, ...)
{
	char line[CALL_LINE], more[40] = "";
	va_list args;

	if (!log_shows(warn ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO))
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (suppressed > 0)
		snprintf(more, sizeof(more), " (%" PRIu32 " more suppressed)",
		    suppressed);
	if (warn)
		log_warning("%s%s", line, more);
	else
		log_info("%s%s", line, more);
}

#define QUAD		"%u.%u.%u.%u"
#define QUADS(a)	(a) >> 24, (a) >> 16 & 255, (a) >> 8 & 255, (a) & 255

/* A call ID that may not be known yet. */
static const char *
id_text(char *buf, size_t size, bool known, uint16_t id)
{
	if (known)
		snprintf(buf, size, "%u", id);
	else
		snprintf(buf, size, "-");
	return buf;
}

static const struct {
	const char	*word;
	bool		 warn;
} change_kinds[] = {
	[ALG_CHANGE_REQUEST]	= { "requested", false },
	[ALG_CHANGE_UP]		= { "up", false },
	[ALG_CHANGE_DOWN]	= { "down", false },
	[ALG_CHANGE_REFUSED]	= { "refused", true },
	[ALG_CHANGE_NOTICE]	= { "notice", true }
};

static void
write_call(const struct alg_change *c, const char *tail, uint32_t suppressed)
{
	const struct alg_call_info *i = &c->call;
	const struct alg_flow *f = &i->flow;
	char id[8], alias[40] = "";

	if (i->alias != f->outside)
		snprintf(alias, sizeof(alias), " known as " QUAD,
		    QUADS(i->alias));
	write_line(change_kinds[c->kind].warn, suppressed,
	    "call %" PRIu64 " %s: inside " QUAD ":%u call ID %u, public " QUAD
	    " call ID %u, outside " QUAD ":%u%s call ID %s%s",
	    i->serial, change_kinds[c->kind].word, QUADS(f->inside),
	    f->inside_port, i->inside_id, QUADS(i->public), i->mapped_id,
	    QUADS(f->outside), f->outside_port, alias,
	    id_text(id, sizeof(id), i->has_outside_id, i->outside_id), tail);
}

void
call_log_change(struct call_log *l, const struct alg_change *c, uint64_t now)
{
	const struct alg_call_info *i = &c->call;
	char why[160] = "", tail[320];
	uint32_t suppressed;

	if (c->kind == ALG_CHANGE_REQUEST || !ratelimit_take(&l->calls,
	    CALL_BURST, CALL_REFILL, now, &suppressed))
		return;
	if (c->reason != REASON_NONE)
		snprintf(why, sizeof(why), ", %s (%s)", reason_name(c->reason),
		    reason_text(c->reason));
	snprintf(tail, sizeof(tail), "%s", why);
	if (c->kind == ALG_CHANGE_DOWN)
		snprintf(tail, sizeof(tail), "%s, after %" PRIu64 " s, in %"
		    PRIu64 " packets %" PRIu64 " bytes, out %" PRIu64
		    " packets %" PRIu64 " bytes",
		    why, (now - i->up) / 1000, i->packets_in, i->bytes_in,
		    i->packets_out, i->bytes_out);
	write_call(c, tail, suppressed);
}

void
call_log_call(struct call_log *l, enum reason reason,
    const struct alg_call_info *call, uint64_t now)
{
	struct alg_change c = { .kind = ALG_CHANGE_NOTICE, .call = *call };
	char tail[160];
	uint32_t suppressed;

	if (!ratelimit_take(&l->reasons[reason], PACKET_BURST, PACKET_REFILL,
	    now, &suppressed))
		return;
	snprintf(tail, sizeof(tail), ", %s (%s)", reason_name(reason),
	    reason_text(reason));
	write_call(&c, tail, suppressed);
}

/* What was read, or a word for that it was not. */
static const char *
read_name(const char *name)
{
	return name != NULL ? name : "unknown";
}

void
call_log_login(struct call_log *l, const struct alg_call_info *call,
    const struct alg_login *login, enum reason lack, uint64_t now)
{
	const struct alg_flow *f = &call->flow;
	const uint32_t *in_tunnel = login->address;
	char why[160] = "";
	uint32_t suppressed;

	if (!ratelimit_take(&l->calls, CALL_BURST, CALL_REFILL, now,
	    &suppressed))
		return;
	if (lack != REASON_NONE)
		snprintf(why, sizeof(why), ", %s (%s)", reason_name(lack),
		    reason_text(lack));
	write_line(lack != REASON_NONE, suppressed, "call %" PRIu64 " login: "
	    "inside " QUAD ":%u, outside " QUAD ":%u, user \"%s\", "
	    "authentication %s, encryption %s, in the tunnel inside " QUAD
	    ", outside " QUAD "%s", call->serial, QUADS(f->inside),
	    f->inside_port, QUADS(f->outside), f->outside_port, login->user,
	    read_name(negotiation_method_name(login->method)),
	    read_name(negotiation_encryption_name(login->encryption)),
	    QUADS(in_tunnel[ALG_OUTBOUND]), QUADS(in_tunnel[ALG_INBOUND]),
	    why);
}

/* TCP: ports; enhanced GRE (RFC 2637 section 4.1): call ID; else nothing. */
static void
describe_payload(struct cursor c, uint8_t protocol, char sport[static 8],
    char tail[static 24])
{
	uint16_t a, b, id;

	sport[0] = tail[0] = '\0';
	if (cursor_u16(&c, &a) || cursor_u16(&c, &b))
		return;
	if (protocol == 6) {
		snprintf(sport, 8, ":%u", a);
		snprintf(tail, 24, ":%u TCP", b);
	} else if (protocol == 47 && b == 0x880B && !cursor_skip(&c, 2) &&
	    !cursor_u16(&c, &id))
		snprintf(tail, 24, " GRE call ID %u", id);
	else if (protocol == 1)
		snprintf(tail, 24, " ICMP type %u", (unsigned int)a >> 8);
}

/* What a line says of a packet. */
static void
describe_packet(char *buf, size_t size, const uint8_t *packet, size_t len)
{
	struct cursor c = cursor_of(packet, len);
	char sport[8], tail[24];
	uint32_t src, dst;
	uint8_t first, protocol;

	if (cursor_u8(&c, &first) || cursor_skip(&c, 8) ||
	    cursor_u8(&c, &protocol) || cursor_skip(&c, 2) ||
	    cursor_u32(&c, &src) || cursor_u32(&c, &dst)) {
		snprintf(buf, size, "a packet of %zu bytes", len);
		return;
	}
	c = cursor_of(packet, len);
	if (cursor_skip(&c, (first & 15u) * 4))
		c = cursor_of(packet, 0);
	describe_payload(c, protocol, sport, tail);
	snprintf(buf, size, "from " QUAD "%s to " QUAD "%s", QUADS(src), sport,
	    QUADS(dst), tail);
}

void
call_log_packet(struct call_log *l, const char *done, enum reason reason,
    const uint8_t *packet, size_t len, uint64_t now)
{
	char what[96];
	uint32_t suppressed;

	if (!ratelimit_take(&l->reasons[reason], PACKET_BURST, PACKET_REFILL,
	    now, &suppressed))
		return;
	describe_packet(what, sizeof(what), packet, len);
	if (debug_only[reason])
		log_debug("%s, %s: %s (%s)", what, done, reason_name(reason),
		    reason_text(reason));
	else
		write_line(true, suppressed, "%s, %s: %s (%s)", what, done,
		    reason_name(reason), reason_text(reason));
}

void
call_log_segment(struct call_log *l, const char *done, enum reason reason,
    const struct alg_flow *f, const char *why, uint64_t now)
{
	char zone[16] = "";
	uint32_t suppressed;

	if (f->zone != 0)
		snprintf(zone, sizeof(zone), " in zone %u", f->zone);
	if (!ratelimit_take(&l->reasons[reason], PACKET_BURST, PACKET_REFILL,
	    now, &suppressed))
		return;
	write_line(true, suppressed, "TCP between inside " QUAD
	    ":%u and outside " QUAD ":%u%s, %s: %s (%s)%s%s",
	    QUADS(f->inside), f->inside_port, QUADS(f->outside),
	    f->outside_port, zone, done, reason_name(reason),
	    reason_text(reason), why == NULL ? "" : "; most likely ",
	    why == NULL ? "" : why);
}

void
call_log_loss(struct call_log *l, uint16_t queue, uint64_t lost, uint64_t now)
{
	uint32_t suppressed;

	if (ratelimit_take(&l->reasons[REASON_QUEUE_LOSS], PACKET_BURST,
	    PACKET_REFILL, now, &suppressed))
		write_line(true, suppressed,
		    "queue %u, %" PRIu64 " packets lost: %s "
		    "(%s)",
		    queue, lost, reason_name(REASON_QUEUE_LOSS),
		    reason_text(REASON_QUEUE_LOSS));
}
