/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads records, checks every field, and takes them over. */
#include <string.h>

#include "alg/pptp/message.h"
#include "alg/pptp/tcp.h"
#include "alg/record/packed.h"
#include "alg/record/record.h"
#include "alg/record/record_header.h"
#include "alg/record/restore.h"
#include "alg/translate/change.h"
#include "alg/translate/lookup.h"
#include "alg/translate/state.h"

#define SERIAL_MAX	(UINT64_MAX / 2)	/* never comes round */

/*
 * Records are taken over as if somebody hostile had written them: all of one
 * is read and checked before.  What an older record said and a newer one
 * contradicts is over: the translator that wrote them was right at any time.
 */

/* A control connection; bytes point into the record's body. */
struct recorded_connection {
	struct connection	 c;	/* streams without blocks */
	uint16_t		 refusal;
	uint64_t		 serial;	/* the last one so far */
	const uint8_t		*original[2], *difference[2];
	struct call		 refused[STATE_REFUSED_PER_CONNECTION];
	uint8_t			 nrefused;
};

struct recorded_call {
	struct alg_flow		 flow;
	struct call		 call;
	struct alg_login	 login;
};

/* A quarantined call ID. */
struct recorded_quarantine {
	uint32_t		 public, peer;
	uint16_t		 id;
	uint64_t		 since;	/* ms */
};

/* A record's body, and what restore_record has been told of time. */
struct record_reader {
	struct cursor		 in;
	uint64_t		 now, epoch;
};

/* --- Reading a record: -1 when the translator cannot have written it --- */

/* Milliseconds of our clock, never in the future; 0 is never. */
static int
get_time(struct record_reader *r, uint64_t *ms)
{
	uint64_t at;
	int64_t ours;

	if (cursor_u64(&r->in, &at) == -1)
		return -1;
	/* The other clock may have begun after ours: a negative epoch. */
	ours = (int64_t)(at - r->epoch);
	*ms = 0;
	if (at != 0 && ours > 0)
		*ms = (uint64_t)ours < r->now ? (uint64_t)ours : r->now;
	else if (at != 0)
		*ms = 1;	/* before our clock began */
	return 0;
}

/* Bits without a meaning are an error, so that none is lost unnoticed. */
static int
get_bits(struct record_reader *r, bool *const bits[], size_t n)
{
	uint8_t byte;

	if (cursor_u8(&r->in, &byte) == -1 || byte >> n != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		*bits[i] = byte >> i & 1;
	return 0;
}

static int
get_serial(struct record_reader *r, uint64_t *serial)
{
	return cursor_u64(&r->in, serial) || *serial > SERIAL_MAX ? -1 : 0;
}

static int
get_stream(struct record_reader *r, struct recorded_connection *rec,
    enum alg_dir dir)
{
	struct stream *s = &rec->c.stream[dir];
	bool *const bits[] = { &s->half_taken, &s->refuse, &s->fin,
	    &s->lost, &s->found };
	struct cursor *in = &r->in;
	uint16_t n;

	if (cursor_u32(in, &s->next) || cursor_u32(in, &s->acked) ||
	    cursor_u32(in, &s->end) || cursor_u32(in, &s->message) ||
	    cursor_u32(in, &s->expects) || cursor_u16(in, &s->half_id) ||
	    cursor_u8(in, &s->half) || cursor_u8(in, &s->done) ||
	    get_bits(r, bits, 5) || cursor_u16(in, &n) ||
	    cursor_bytes(in, n, &rec->original[dir]) ||
	    cursor_bytes(in, n, &rec->difference[dir]))
		return -1;
	s->base = s->end - n;
	return 0;
}

static int
get_refused(struct record_reader *r, struct recorded_connection *rec)
{
	if (cursor_u8(&r->in, &rec->nrefused) ||
	    rec->nrefused > STATE_REFUSED_PER_CONNECTION)
		return -1;
	for (int i = 0; i < rec->nrefused; i++) {
		struct call *c = &rec->refused[i];
		bool *const bits[] = { &c->inside_asked, &c->incoming };

		*c = (struct call){ .state = ALG_CALL_REFUSED,
		    .mapped_id = rec->refusal };
		if (get_serial(r, &c->serial) || get_time(r, &c->since) ||
		    cursor_u16(&r->in, &c->inside_id) ||
		    cursor_u8(&r->in, &c->reason) || get_bits(r, bits, 2) ||
		    c->reason >= REASON_COUNT)
			return -1;
	}
	return 0;
}

static int
get_connection(struct record_reader *r, struct recorded_connection *rec)
{
	struct connection *c = &rec->c;
	struct syn syn;
	bool from_outside, *const bits[] = { &c->inside_opened,
	    &c->has_public, &c->answered, &syn.waits, &from_outside,
	    &c->unheard };
	struct cursor *in = &r->in;

	*c = (struct connection){ .recorded = true };
	if (record_read_flow(&r->in, &c->flow) || cursor_u8(in, &c->state) ||
	    cursor_u8(in, &c->reason) || get_bits(r, bits, 6) ||
	    cursor_u32(in, &syn.seq) || cursor_u32(in, &c->public) ||
	    cursor_u16(in, &c->public_port) ||
	    cursor_u32(in, &c->alias) || cursor_u16(in, &c->alias_port) ||
	    cursor_u16(in, &c->zone) ||
	    cursor_u16(in, &rec->refusal) || cursor_u16(in, &c->asked) ||
	    cursor_u32(in, &c->mark[ALG_OUTBOUND]) ||
	    cursor_u32(in, &c->mark[ALG_INBOUND]) ||
	    get_time(r, &c->opened) || get_time(r, &c->entered) ||
	    get_time(r, &c->last_seen) || get_serial(r, &rec->serial) ||
	    get_stream(r, rec, ALG_OUTBOUND) ||
	    get_stream(r, rec, ALG_INBOUND) || get_refused(r, rec))
		return -1;
	if (cursor_u32(in, &c->unheard_end) == -1)
		return -1;
	syn.dir = from_outside ? ALG_INBOUND : ALG_OUTBOUND;
	if (c->state == ALG_CONNECTION_OPENING)
		c->syn = syn;
	else
		c->later = syn;
	return in->left == 0 ? 0 : -1;
}

/* Could the translator have had such a stream (stream.h)? */
static bool
is_possible_stream(const struct connection *c, enum alg_dir dir)
{
	const struct stream *s = &c->stream[dir];
	bool read = c->state == ALG_CONNECTION_OPEN ||
	    c->state == ALG_CONNECTION_OPENING;
	uint32_t unread = s->end - s->message;

	return s->end - s->base <= STREAM_BLOCK &&
	    unread <= s->end - s->base && s->done <= unread &&
	    s->done <= MESSAGE_MAX_LEN &&
	    tcp_diff(s->acked, s->base) >= 0 &&
	    (!read || (s->end == s->next &&
	    tcp_diff(s->acked, s->next) <= 0)) &&
	    (c->state != ALG_CONNECTION_CLOSING || s->fin);
}

/* An ID is kept while just the first byte of a new one has come. */
static bool
is_possible_half(const struct recorded_connection *rec)
{
	const struct stream *s = &rec->c.stream[ALG_OUTBOUND];
	const struct message *row;

	if (rec->c.stream[ALG_INBOUND].half_taken)
		return false;
	if (!s->half_taken)
		return true;
	return connection_alive(&rec->c) && !s->lost &&
	    message_check(rec->original[ALG_OUTBOUND] + (s->message - s->base),
	    s->end - s->message, &row) == REASON_NONE && row != NULL &&
	    row->id[0].whose == MESSAGE_OWN_NEW &&
	    s->done == row->id[0].offset + 1 && s->done == s->end - s->message;
}

static bool
is_possible(const struct recorded_connection *rec)
{
	const struct connection *c = &rec->c;

	return c->state < ALG_CONNECTION_STATES && c->reason < REASON_COUNT &&
	    (c->has_public || c->state != ALG_CONNECTION_OPEN) &&
	    (rec->nrefused == 0 || (connection_alive(c) && c->has_public)) &&
	    is_possible_stream(c, ALG_OUTBOUND) &&
	    is_possible_stream(c, ALG_INBOUND) && is_possible_half(rec);
}

static int
read_connection(struct record_reader *r, struct recorded_connection *rec)
{
	return get_connection(r, rec) == 0 && is_possible(rec) ? 0 : -1;
}

static int
get_traffic(struct record_reader *r, struct alg_traffic *t)
{
	return cursor_u64(&r->in, &t->packets) ||
	    cursor_u64(&r->in, &t->bytes) || get_time(r, &t->last) ? -1 : 0;
}

/* What the writer cut to size and escaped; or nothing was read. */
static int
get_login(struct record_reader *r, struct alg_login *l)
{
	struct cursor *in = &r->in;
	const uint8_t *user;
	uint8_t len;

	if (in->left == 0)
		return 0;
	if (cursor_u8(in, &l->method) || l->method >= ALG_METHODS ||
	    cursor_u8(in, &l->encryption) ||
	    l->encryption >= ALG_ENCRYPTIONS ||
	    cursor_u32(in, &l->address[ALG_OUTBOUND]) ||
	    cursor_u32(in, &l->address[ALG_INBOUND]) || cursor_u8(in, &len) ||
	    len >= ALG_USER_MAX || cursor_bytes(in, len, &user))
		return -1;
	for (size_t i = 0; i < len; i++)
		if (user[i] < ' ' || user[i] > '~')
			return -1;
	memcpy(l->user, user, len);
	return 0;
}

static int
read_call(struct record_reader *r, struct recorded_call *rec)
{
	struct call *c = &rec->call;
	bool *const bits[] = { &c->has_outside_id, &c->inside_asked,
	    &c->incoming };
	struct cursor *in = &r->in;

	*c = (struct call){ 0 };
	if (record_read_flow(&r->in, &rec->flow) || get_serial(r, &c->serial) ||
	    get_time(r, &c->since) || cursor_u8(in, &c->state) ||
	    get_bits(r, bits, 3) || cursor_u16(in, &c->inside_id) ||
	    cursor_u16(in, &c->mapped_id) || cursor_u16(in, &c->outside_id))
		return -1;
	for (int dir = 0; dir < 2; dir++) {
		if (get_traffic(r, &c->shown[dir]) ||
		    get_traffic(r, &c->offloaded[dir]))
			return -1;
	}
	c->told_outside_id = c->outside_id;
	return cursor_u32(in, &c->announced) == 0 &&
	    get_login(r, &rec->login) == 0 && in->left == 0 &&
	    c->state <= ALG_CALL_CLEARING ? 0 : -1;
}

static int
read_quarantine(struct record_reader *r, struct recorded_quarantine *rec)
{
	return cursor_u32(&r->in, &rec->public) ||
	    cursor_u32(&r->in, &rec->peer) ||
	    cursor_u16(&r->in, &rec->id) || get_time(r, &rec->since) ||
	    r->in.left != 0 ? -1 : 0;
}

static int
read_end(struct record_reader *r, struct alg_flow *f)
{
	return record_read_flow(&r->in, f) || r->in.left != 0 ? -1 : 0;
}

static int
read_serial(struct record_reader *r, uint64_t *serial)
{
	return get_serial(r, serial) || r->in.left != 0 ? -1 : 0;
}

/* --- Taking it over --- */

/* Is its public address here, so that it passes here if it does anywhere? */
static bool
is_here(const struct alg *a, uint32_t i)
{
	struct alg_connection_info info;

	connection_info(a, i, &info);
	return a->peer->keeps(a->peer->arg, &info);
}

/* Does it pass here, whatever another firewall says? */
static bool
is_kept(const struct alg *a, uint32_t i)
{
	return a->peer != NULL && i != 0 && !connection_at(a, i)->foreign &&
	    connection_alive(connection_at(a, i)) && is_here(a, i);
}

/* The stream that keeps half of this ID loses it. */
static bool
claim_half_id(struct alg *a, uint32_t space, uint16_t id)
{
	uint32_t i = 0;

	while ((i = pool_next(&a->connections.pool, i + 1)) != 0) {
		struct connection *c = connection_at(a, i);
		struct stream *s = &c->stream[ALG_OUTBOUND];

		if (c->space == space && s->half_taken && s->half_id == id) {
			s->half_taken = false;
			return true;
		}
	}
	return false;
}

/* Takes an ID, if need be from the call that an older record gave it to. */
static bool
claim_from_anyone(struct alg *a, uint32_t space, uint16_t id)
{
	uint32_t public, peer, call;

	if (idspace_claim(a, space, id))
		return true;
	if (id == idspace_refusal(a, space))
		return false;
	idspace_ends(a, space, &public, &peer);
	call = lookup_mapped(a, public, peer, id);
	if (call != 0 && is_kept(a, call_at(a, call)->connection))
		return false;
	if (call != 0) {
		call_forget(a, call);
		return true;
	}
	return idspace_claim_quarantined(a, space, id) ||
	    claim_half_id(a, space, id);
}

/* Held, with the refusal ID that went out; 0 when that cannot be. */
static uint32_t
get_space(struct alg *a, const struct recorded_connection *rec)
{
	uint32_t space = idspace_get(a, rec->c.public, rec->c.flow.outside);

	if (space == 0 || idspace_refusal(a, space) == rec->refusal)
		return space;
	if (claim_from_anyone(a, space, rec->refusal)) {
		idspace_set_refusal(a, space, rec->refusal);
		return space;
	}
	idspace_put(a, space);
	return 0;
}

/* Is it the one that is known, later? Then that one's calls stay. */
static bool
is_continued(
    const struct connection *known, const struct recorded_connection *rec)
{
	const struct connection *c = &rec->c;

	return connection_alive(c) && (connection_alive(known) ||
	    known->state == ALG_CONNECTION_OPENING) &&
	    known->inside_opened == c->inside_opened &&
	    known->has_public == c->has_public &&
	    known->public == c->public && known->alias == c->alias &&
	    known->public_port == c->public_port;
}

/* All that a new record of the same connection tells anew. */
static void
strip_connection(struct alg *a, uint32_t i)
{
	struct connection *c = connection_at(a, i);
	uint32_t call;

	while ((call = call_refused(a, i)) != 0)
		call_forget(a, call);
	for (int dir = 0; dir < 2; dir++) {
		struct stream *s = &c->stream[dir];

		if (s->half_taken)
			idspace_release(a, c->space, s->half_id);
		stream_release(a, s);
		*s = (struct stream){ 0 };
	}
}

/* Makes one, without its streams; 0 when there is no room. */
static uint32_t
put_anew(struct alg *a, const struct recorded_connection *rec, uint32_t space)
{
	struct connection new = rec->c;
	uint32_t i;

	new.space = space;
	new.stream[ALG_OUTBOUND] = new.stream[ALG_INBOUND] =
	    (struct stream){ 0 };
	i = connection_put(a, &new);
	if (i == 0 && space != 0)
		idspace_put(a, space);
	return i;
}

/* Its place, new or known already, with nothing in it that is old. */
static enum reason
find_place(struct alg *a, const struct recorded_connection *rec, uint32_t *i)
{
	uint32_t space = 0;

	*i = connection_find(a, &rec->c.flow);
	if (*i != 0 && is_continued(connection_at(a, *i), rec)) {
		strip_connection(a, *i);
		connection_renew(a, *i, &rec->c);
		return REASON_NONE;
	}
	if (*i != 0)
		connection_forget(a, *i);
	*i = 0;
	if (rec->c.has_public && (space = get_space(a, rec)) == 0)
		return REASON_CALL_LIMIT;
	*i = put_anew(a, rec, space);
	return *i != 0 ? REASON_NONE : REASON_CONNECTION_LIMIT;
}

static enum reason
fill_connection(
    struct alg *a, uint32_t i, const struct recorded_connection *rec)
{
	const struct stream *s = &rec->c.stream[ALG_OUTBOUND];

	if (s->half_taken &&
	    !claim_from_anyone(a, connection_at(a, i)->space, s->half_id))
		return REASON_BAD_RECORD;
	for (int dir = 0; dir < 2; dir++)
		stream_restore(a, i, (enum alg_dir)dir, &rec->c.stream[dir],
		    rec->original[dir], rec->difference[dir]);
	for (int n = 0; n < rec->nrefused; n++) {
		if (call_put(a, i, &rec->refused[n]) == 0)
			return REASON_CALL_LIMIT;
	}
	return REASON_NONE;
}

static enum reason
restore_connection(struct alg *a, struct record_reader *r)
{
	struct recorded_connection rec;
	enum reason reason;
	uint32_t i;

	if (read_connection(r, &rec) == -1)
		return REASON_BAD_RECORD;
	call_serial(a, rec.serial);
	if (is_kept(a, connection_find(a, &rec.c.flow)))
		return REASON_CLAIMED_TWICE;
	rec.c.foreign = a->peer != NULL && a->peer->foreign;
	reason = find_place(a, &rec, &i);
	if (reason == REASON_NONE)
		reason = fill_connection(a, i, &rec);
	if (reason != REASON_NONE && i != 0)
		connection_forget(a, i);
	return reason;
}

static enum reason
restore_call(struct alg *a, struct record_reader *r)
{
	const struct connection *owner;
	struct recorded_call rec = { .login = { 0 } };
	uint32_t i, call;

	if (read_call(r, &rec) == -1)
		return REASON_BAD_RECORD;
	i = connection_find(a, &rec.flow);
	owner = connection_at(a, i);
	if (is_kept(a, i))
		return REASON_CLAIMED_TWICE;
	/* What kept its connection out. */
	if (i == 0 && a->connections.pool.used == a->config.connections)
		return REASON_CONNECTION_LIMIT;
	if (i == 0 || !connection_alive(owner) || !owner->has_public ||
	    !claim_from_anyone(a, owner->space, rec.call.mapped_id))
		return REASON_BAD_RECORD;
	if ((call = call_put(a, i, &rec.call)) == 0) {
		idspace_release(a, owner->space, rec.call.mapped_id);
		return REASON_CALL_LIMIT;
	}
	if (rec.login.encryption != ALG_ENCRYPTION_UNREAD)
		login_restore(a, call, &rec.login);
	if (rec.call.state != ALG_CALL_UP)
		return REASON_NONE;
	a->counters.calls_up++;
	if (a->peer != NULL)
		change_tell(a, call, ALG_CHANGE_UP);
	return REASON_NONE;
}

static enum reason
restore_quarantine(struct alg *a, struct record_reader *r)
{
	struct recorded_quarantine rec;
	uint32_t space;

	if (read_quarantine(r, &rec) == -1)
		return REASON_BAD_RECORD;
	if ((space = idspace_get(a, rec.public, rec.peer)) == 0)
		return REASON_CALL_LIMIT;
	if (claim_from_anyone(a, space, rec.id)) {
		if (a->now - rec.since < a->config.quarantine)
			idspace_quarantine(a, space, rec.id, rec.since);
		else
			idspace_release(a, space, rec.id);
	}
	idspace_put(a, space);
	return REASON_NONE;
}

static int
get_answer(struct record_reader *r, struct alg_answer *answer)
{
	return cursor_u8(&r->in, &answer->result) ||
	    cursor_u8(&r->in, &answer->error) ||
	    cursor_u16(&r->in, &answer->cause) ? -1 : 0;
}

static int
get_attempted_call(struct record_reader *r, struct alg_call_info *c)
{
	bool *const bits[] = { &c->inside_asked, &c->incoming,
	    &c->has_outside_id };
	struct cursor *in = &r->in;

	return get_serial(r, &c->serial) || get_bits(r, bits, 3) ||
	    cursor_u32(in, &c->public) || cursor_u16(in, &c->inside_id) ||
	    cursor_u16(in, &c->mapped_id) || cursor_u16(in, &c->outside_id) ||
	    get_time(r, &c->asked) || get_time(r, &c->up) ||
	    cursor_u64(in, &c->packets_in) ||
	    cursor_u64(in, &c->packets_out) || get_time(r, &c->last_in) ||
	    get_time(r, &c->last_out) ? -1 : 0;
}

static int
read_attempt(struct record_reader *r, struct alg_attempt *a)
{
	bool *const bits[] = { &a->inside_opened, &a->answered,
	    &a->start_asked, &a->start.said, &a->reply.said,
	    &a->disconnect.said, &a->unreachable[0], &a->unreachable[1] };
	uint8_t reason, by, syns;
	struct cursor *in = &r->in;

	if (get_serial(r, &a->number) || record_read_flow(&r->in, &a->flow) ||
	    get_bits(r, bits, 8) || get_time(r, &a->first) ||
	    get_time(r, &a->over) || cursor_u8(in, &reason) ||
	    cursor_u8(in, &by) || cursor_u8(in, &syns) ||
	    cursor_u8(in, &a->stop) || get_answer(r, &a->start) ||
	    get_answer(r, &a->reply) || get_answer(r, &a->disconnect) ||
	    cursor_u16(in, &a->too_large[0]) || cursor_u16(in, &a->mtu[0]) ||
	    cursor_u16(in, &a->too_large[1]) || cursor_u16(in, &a->mtu[1]) ||
	    get_attempted_call(r, &a->call) || get_login(r, &a->login) ||
	    in->left > 0 ||
	    reason >= REASON_COUNT || by > ALG_OUTSIDE || a->number == 0)
		return -1;
	a->reason = reason;
	a->by = by;
	a->syns = syns;
	a->call.flow = a->flow;
	return 0;
}

static enum reason
restore_attempt(struct alg *a, struct record_reader *r)
{
	struct alg_attempt attempt = { 0 };

	if (read_attempt(r, &attempt) == -1)
		return REASON_BAD_RECORD;
	attempt_put(a, &attempt);
	return REASON_NONE;
}

static int
read_audit(struct record_reader *r, struct alg_audit *row)
{
	struct cursor *in = &r->in;

	return cursor_u32(in, &row->client) || cursor_u32(in, &row->server) ||
	    cursor_u8(in, &row->where) || row->where >= ALG_WHERES ||
	    cursor_u64(in, &row->calls) ||
	    get_time(r, &row->first) || get_time(r, &row->last) ||
	    get_login(r, &row->login) || in->left > 0 || row->calls == 0 ?
	    -1 : 0;
}

static enum reason
restore_audit(struct alg *a, struct record_reader *r)
{
	struct alg_audit row = { 0 };

	if (read_audit(r, &row) == -1)
		return REASON_BAD_RECORD;
	audit_put(a, &row);
	return REASON_NONE;
}

static enum reason
restore_end(struct alg *a, struct record_reader *r)
{
	struct alg_flow flow;
	uint32_t i;

	if (read_end(r, &flow) == -1)
		return REASON_BAD_RECORD;
	i = connection_find(a, &flow);
	if (is_kept(a, i))
		return REASON_CLAIMED_TWICE;
	if (i != 0)
		connection_forget(a, i);
	return REASON_NONE;
}

static enum reason
restore_serial(struct alg *a, struct record_reader *r)
{
	uint64_t serial;

	if (read_serial(r, &serial) == -1)
		return REASON_BAD_RECORD;
	call_serial(a, serial);
	return REASON_NONE;
}

static enum reason (*const kinds[])(struct alg *, struct record_reader *) = {
	[RECORD_SERIAL] = restore_serial,
	[RECORD_CONNECTION] = restore_connection,
	[RECORD_CALL] = restore_call,
	[RECORD_QUARANTINE] = restore_quarantine,
	[RECORD_END] = restore_end,
	[RECORD_ATTEMPT] = restore_attempt,
	[RECORD_AUDIT] = restore_audit,
};

/* Opens, unpacks and takes over one record. */
static enum reason
take_record(struct alg *a, uint64_t epoch, const uint8_t *bytes, size_t len)
{
	struct record_reader r = { .now = a->now, .epoch = epoch };
	uint8_t body[RECORD_BODY_MAX];
	enum record_kind kind;
	size_t n;

	if (len == 0 || record_header_open(bytes, len, &kind, &r.in) != len ||
	    (size_t)kind >= sizeof(kinds) / sizeof(kinds[0]) ||
	    kinds[kind] == NULL ||
	    (n = packed_read(r.in, body, sizeof(body))) > sizeof(body))
		return REASON_BAD_RECORD;
	r.in = cursor_of(body, n);
	return kinds[kind](a, &r);
}

enum reason
restore_record(struct alg *a, uint64_t now, uint64_t epoch,
    const uint8_t *bytes, size_t len)
{
	enum reason reason;

	state_advance(a, now);
	/* What comes from a record needs no record. */
	dirty_pause(a, true);
	reason = take_record(a, epoch, bytes, len);
	dirty_pause(a, false);
	if (reason != REASON_NONE)
		state_count(a, reason);
	return reason;
}

enum reason
restore_peer_record(struct alg *a, const struct restore_peer *peer,
    const uint8_t *bytes, size_t len)
{
	enum reason reason;

	a->peer = peer;
	reason = restore_record(a, peer->now, peer->epoch, bytes, len);
	a->peer = NULL;
	return reason;
}

void
restore_peer_begin(struct alg *a)
{
	uint32_t i = 0;

	while ((i = pool_next(&a->connections.pool, i + 1)) != 0)
		connection_at(a, i)->stale = connection_at(a, i)->foreign;
	/* Also of what is ours yet, and may turn out not to be. */
	while ((i = pool_next(&a->calls.pool, i + 1)) != 0)
		call_at(a, i)->stale = true;
}

/* Those that a connection has here, but not where it passes. */
static bool
forget_stale_calls(struct alg *a, uint32_t connection)
{
	uint32_t i = connection_at(a, connection)->calls.head, next;
	bool any = false;

	for (; i != 0; i = next) {
		next = a->calls.of_connection[i].next;
		if (!call_at(a, i)->stale)
			continue;
		connection_forget_call(a, i);
		any = true;
	}
	return any;
}

/*
 * What has moved here since is not asked about: nobody else knows of it now,
 * and connection tracking tells when it ends.
 */
static bool
forget_stale(struct alg *a, uint32_t i)
{
	if (!connection_at(a, i)->foreign || is_here(a, i))
		return false;
	if (!connection_at(a, i)->stale)
		return forget_stale_calls(a, i);
	connection_forget(a, i);
	return true;
}

bool
restore_peer_end(struct alg *a, const struct restore_peer *peer, uint32_t *at)
{
	bool found = false;

	a->peer = peer;
	dirty_pause(a, true);
	while (!found && (*at = pool_next(&a->connections.pool, *at + 1)) != 0)
		found = forget_stale(a, *at);
	dirty_pause(a, false);
	a->peer = NULL;
	return found;
}
