/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads hashes and stream of the store, and hands their records on. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alg/record/record.h"
#include "alg/record/record_header.h"
#include "alg/record/session_record.h"
#include "nat/base/clock.h"
#include "nat/base/log.h"
#include "nat/cluster/follow.h"
#include "nat/cluster/publish.h"
#include "nat/cluster/stamp.h"

#define ID_MAX		FOLLOW_ENTRY_MAX	/* or a cursor */
#define RELOAD		3000		/* ms, while both claim something */
#define LATELY		3000		/* ms: more may be on its way */
#define OFFSET_VERSION	2		/* record_header.h */

/* In this order: calls are of connections. */
enum follow_step {
	FOLLOW_OFF, FOLLOW_NODES, FOLLOW_LAST, FOLLOW_QUARANTINE,
	FOLLOW_CONNECTIONS, FOLLOW_CALLS, FOLLOW_SESSIONS, FOLLOW_CHANGES
};

struct follow {
	struct follow_host	 host;
	enum follow_step	 step;
	bool			 fresh, done;
	bool			 reload;	/* something was missed */
	bool			 whole;		/* the other has written all */
	bool			 unsure;	/* not when all was read */
	bool			 once_more;	/* all is read for that alone */
	bool			 told_version, told_claims;
	uint64_t		 claimed;	/* ms: since then; 0: not */
	/* The other one; "" while it is not known: that has no stream. */
	char			 peer[64];	/* config_cluster.node */
	char			 last[ID_MAX];	/* of its stream */
	char			 until[ID_MAX];	/* waited for */
	bool			 caught_up;	/* it has come */
	char			 cursor[ID_MAX];	/* of a hash */
	struct follow_status	 status;
	uint64_t		 refused[REASON_COUNT];
};

/* What each step asks, and which of the keys. */
static const struct {
	const char	*verb, *key;
} steps[] = {
	[FOLLOW_NODES] = { "HGETALL", PUBLISH_NODES },
	[FOLLOW_LAST] = { "XREVRANGE", PUBLISH_CHANGES },
	[FOLLOW_QUARANTINE] = { "ZSCAN", PUBLISH_QUARANTINE },
	[FOLLOW_CONNECTIONS] = { "HSCAN", PUBLISH_CONNECTIONS },
	[FOLLOW_CALLS] = { "HSCAN", PUBLISH_CALLS },
	[FOLLOW_SESSIONS] = { "HSCAN", PUBLISH_SESSIONS },
	[FOLLOW_CHANGES] = { "XREAD", PUBLISH_CHANGES },
};

static void	on_answer(redisAsyncContext *, void *, void *);

struct follow *
follow_new(const struct follow_host *host)
{
	struct follow *f = calloc(1, sizeof(*f));

	if (f != NULL)
		f->host = *host;
	return f;
}

void
follow_free(struct follow *f)
{
	free(f);
}

static void
send_words(struct follow *f, const char *const *words, int n)
{
	(void)store_conn_ask(f->host.conn, on_answer, f, words, n);
}

/* Asks for what the step is about, or its next part. */
static void
ask_store(struct follow *f)
{
	char key[PUBLISH_KEY_MAX];
	const char *verb = steps[f->step].verb;

	snprintf(key, sizeof(key), "%s%s%s", f->host.config->name,
	    steps[f->step].key, f->step == FOLLOW_LAST ||
	    f->step == FOLLOW_CHANGES ? f->peer : "");
	if (f->step == FOLLOW_NODES)
		send_words(f, (const char *[]){ verb, key }, 2);
	else if (f->step == FOLLOW_LAST)
		send_words(f, (const char *[]){ verb, key, "+", "-", "COUNT",
		    "1" }, 6);
	else if (f->step == FOLLOW_CHANGES)
		send_words(f, (const char *[]){ verb, "COUNT", "64", "BLOCK",
		    f->peer[0] != '\0' ? "1000" : "100", "STREAMS", key,
		    f->last }, 8);
	else
		send_words(f, (const char *[]){ verb, key, f->cursor, "COUNT",
		    "500" }, 5);
}

static void
begin_step(struct follow *f, enum follow_step step)
{
	f->step = step;
	strcpy(f->cursor, "0");
	ask_store(f);
}

void
follow_start(struct follow *f, bool fresh)
{
	f->fresh = fresh;
	f->done = f->reload = f->once_more = false;
	f->claimed = 0;
	f->whole = f->unsure = false;
	f->status.node = f->status.count = 0;
	memset(f->refused, 0, sizeof(f->refused));
	restore_peer_begin(f->host.alg);
	if (f->host.sessions != NULL)
		f->host.sessions->begin(f->host.sessions->arg);
	begin_step(f, FOLLOW_NODES);
}

void
follow_again(struct follow *f)
{
	f->reload |= f->step == FOLLOW_CHANGES;
}

void
follow_stop(struct follow *f)
{
	f->step = FOLLOW_OFF;
}

const bool *
follow_done(const struct follow *f)
{
	return &f->done;
}

void
follow_status(const struct follow *f, struct follow_status *status)
{
	*status = f->status;
}

/* An entry's name: milliseconds, and how many there were in that one. */
static bool
is_reached(const char *last, const char *until)
{
	uint64_t at[2] = { 0, 0 }, to[2] = { 0, 0 };

	if (sscanf(last, "%" SCNu64 "-%" SCNu64, &at[0], &at[1]) != 2 ||
	    sscanf(until, "%" SCNu64 "-%" SCNu64, &to[0], &to[1]) != 2)
		return false;
	return at[0] != to[0] ? at[0] > to[0] : at[1] >= to[1];
}

/* For who waits, if there is one; not known while all is read anew. */
static void
note_reached(struct follow *f)
{
	f->caught_up = f->until[0] != '\0' && f->step == FOLLOW_CHANGES &&
	    is_reached(f->last, f->until);
}

bool
follow_lately(const struct follow *f, uint64_t now)
{
	return f->step == FOLLOW_CHANGES && f->status.changed != 0 &&
	    now - f->status.changed < LATELY;
}

bool
follow_until(struct follow *f, const char *entry, uint64_t ms)
{
	snprintf(f->until, sizeof(f->until), "%s", entry);
	note_reached(f);
	store_conn_wait(f->host.conn, &f->caught_up, ms);
	f->until[0] = '\0';
	return f->caught_up;
}

/* --- One record --- */

static void
note_version(struct follow *f, unsigned int version)
{
	if (version == RECORD_VERSION || f->told_version)
		return;
	log_error("cluster: the other firewall writes records of version %u, "
	    "this one reads version %u: they are not taken; upgrade both",
	    version, RECORD_VERSION);
	f->told_version = true;
}

static void
note_record_version(struct follow *f, const uint8_t *record, size_t len)
{
	if (len >= RECORD_HEADER)
		note_version(f, record[OFFSET_VERSION]);
}

void
follow_peer(struct follow *f, const char *node, unsigned int version,
    bool whole)
{
	f->whole = whole;
	if (version == RECORD_VERSION)
		f->told_version = false;
	note_version(f, version);
	if (strcmp(f->peer, node) == 0)
		return;
	snprintf(f->peer, sizeof(f->peer), "%s", node);
	/* What it has written up to now was not followed. */
	f->reload = f->step > FOLLOW_NODES;
}

static void
note_claim(struct follow *f, uint64_t now)
{
	if (!f->told_claims)
		log_warning("cluster: both firewalls pass the same "
		    "connections; each keeps its own until one of them has "
		    "lost their public address");
	f->told_claims = true;
	if (f->claimed == 0)
		f->claimed = now;
}

static void
take_record(struct follow *f, const struct stamp *stamp, const uint8_t *record,
    size_t len)
{
	uint64_t now = clock_ms();
	const struct restore_peer peer = { .now = now,
	    .epoch = clock_epoch(now) - stamp->epoch,
	    .foreign = stamp->node != f->host.node,
	    .keeps = f->host.keeps, .arg = f->host.arg };
	const struct publish_sessions *sessions = f->host.sessions;
	struct session_record session;
	enum reason reason;

	note_record_version(f, record, len);
	if (session_record_read(record, len, &session)) {
		if (sessions != NULL)
			sessions->take(sessions->arg, record, len);
		return;
	}
	reason = restore_peer_record(f->host.alg, &peer, record, len);
	f->refused[reason]++;
	if (reason == REASON_CLAIMED_TWICE)
		note_claim(f, now);
	f->host.applied(f->host.arg);
}

/* --- All that there is --- */

/* Is what we wrote about known here still? */
static bool
is_known(const struct follow *f, uint8_t kind, const uint8_t *key,
    size_t keylen, const struct alg_connection_info *connection)
{
	struct cursor in = cursor_of(key, keylen);
	struct alg_call_info call;
	uint32_t public, outside;
	uint16_t id;

	if (kind != RECORD_CALL)
		return connection->flow.inside != 0;
	return cursor_u32(&in, &public) == 0 &&
	    cursor_u32(&in, &outside) == 0 && cursor_u16(&in, &id) == 0 &&
	    alg_call(f->host.alg, public, outside, id, &call);
}

/* Our own: it is in the store from before, and what we know is newer. */
static void
check_own(struct follow *f, const redisReply *field, const uint8_t *record,
    size_t len)
{
	struct alg_connection_info connection;
	uint8_t key[RECORD_KEY_MAX], kind;
	enum record_kind checked;
	struct cursor body;
	size_t keylen;

	if (f->step == FOLLOW_QUARANTINE)
		return;
	if (len > 0 && record_header_open(record, len, &checked, &body) ==
	    len) {
		keylen = record_key(f->host.alg, record, len, &kind, key,
		    &connection);
		if (is_known(f, kind, key, keylen, &connection))
			return;
	}
	publish_forget(f->host.publish, steps[f->step].key, field->str,
	    field->len);
}

static void
take_value(struct follow *f, const redisReply *field, const redisReply *value)
{
	struct cursor in = cursor_of(value->str, value->len);
	struct stamp stamp;

	if (stamp_read(&in, &stamp) == -1)
		return;
	/* Whether a session is ours still, they know who have it. */
	if (stamp.node == f->host.node && !f->fresh &&
	    f->step != FOLLOW_SESSIONS)
		check_own(f, field, in.pos, in.left);
	else
		take_record(f, &stamp, in.pos, in.left);
}

static bool
is_text(const redisReply *r)
{
	return r->type == REDIS_REPLY_STRING;
}

/*
 * What the other one does not know any more is over.  A store that has begun
 * anew says nothing of that until the other one has written all.
 */
static void
drop_stale(struct follow *f)
{
	const struct restore_peer peer = { .now = clock_ms(),
	    .keeps = f->host.keeps, .arg = f->host.arg };
	uint32_t at = 0;

	while (restore_peer_end(f->host.alg, &peer, &at))
		f->host.applied(f->host.arg);
	if (f->host.sessions != NULL)
		f->host.sessions->end(f->host.sessions->arg);
}

static void
finish_load(struct follow *f)
{
	const char *where = store_conn_where(f->host.conn);
	struct alg_counters c;
	int r;

	if (f->whole)
		drop_stale(f);
	alg_counters(f->host.alg, &c);
	f->unsure = !f->whole;
	for (r = REASON_NONE + 1; r < REASON_COUNT; r++)
		if (f->refused[r] > 0)
			log_warning("cluster: store %s: %" PRIu64 " records "
			    "not taken: %s (%s)", where,
			    f->refused[r], reason_name((enum reason)r),
			    reason_text((enum reason)r));
	log_info("cluster: all taken from store %s: %" PRIu32 " connections "
	    "of the other firewall, %" PRIu32 " of this one, %" PRIu32
	    " calls", where, c.foreign,
	    c.connections - c.foreign, c.calls);
	f->done = true;
	if (!f->once_more)
		f->host.loaded(f->host.arg);
}

/* Pairs of field and value; of what is ordered by time, of value and time. */
static int
read_part(struct follow *f, const redisReply *reply)
{
	const redisReply *pairs;
	size_t step = f->step == FOLLOW_QUARANTINE ? 0 : 1;

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
	    !is_text(reply->element[0]) || reply->element[0]->len >= ID_MAX ||
	    reply->element[1]->type != REDIS_REPLY_ARRAY)
		return -1;
	pairs = reply->element[1];
	for (size_t i = 0; i + 1 < pairs->elements; i += 2)
		if (is_text(pairs->element[i]) &&
		    is_text(pairs->element[i + 1]))
			take_value(f, pairs->element[i],
			    pairs->element[i + step]);
	strcpy(f->cursor, reply->element[0]->str);
	if (strcmp(f->cursor, "0") != 0)
		ask_store(f);
	else if (f->step + 1 != FOLLOW_CHANGES)
		begin_step(f, f->step + 1);
	else {
		finish_load(f);
		begin_step(f, FOLLOW_CHANGES);
		note_reached(f);
	}
	return 0;
}

/* --- The stream --- */

static void
take_change(struct follow *f, const redisReply *value)
{
	struct cursor in = cursor_of(value->str, value->len), body;
	uint64_t now = clock_ms(), n = 0;
	enum record_kind kind;
	struct stamp stamp;
	size_t len;

	if (stamp_read(&in, &stamp) == -1 || stamp.node == f->host.node)
		return;
	for (; (len = record_header_open(in.pos, in.left, &kind, &body)) > 0;
	    n++, (void)cursor_skip(&in, len))
		take_record(f, &stamp, in.pos, len);
	note_record_version(f, in.pos, in.left);
	/*
	 * The stream has been cut, since this one was too slow, or the store
	 * has become a copy of another one.
	 */
	if ((f->status.node == stamp.node ? f->status.count : 0) + n !=
	    stamp.count && !f->told_version)
		f->reload = true;
	f->status.records += n;
	f->status.changed = now;
	f->status.delay = clock_epoch(now) + now - stamp.epoch - stamp.sent;
	f->status.node = stamp.node;
	f->status.count = stamp.count;
}

/* How far the other one is before the hashes are read: FOLLOW_LAST. */
static void
note_baseline(struct follow *f, const redisReply *value)
{
	struct cursor in = cursor_of(value->str, value->len);
	struct stamp stamp;

	if (stamp_read(&in, &stamp) == -1 || stamp.node == f->host.node)
		return;
	f->status.node = stamp.node;
	f->status.count = stamp.count;
}

/* An entry: its name, and its one field with its value. */
static int
read_entry(struct follow *f, const redisReply *entry)
{
	const redisReply *fields;

	if (entry->type != REDIS_REPLY_ARRAY || entry->elements != 2 ||
	    !is_text(entry->element[0]) || entry->element[0]->len >= ID_MAX)
		return -1;
	strcpy(f->last, entry->element[0]->str);
	fields = entry->element[1];
	if (fields->type != REDIS_REPLY_ARRAY || fields->elements != 2 ||
	    !is_text(fields->element[1]))
		return 0;
	if (f->step == FOLLOW_CHANGES)
		take_change(f, fields->element[1]);
	else
		note_baseline(f, fields->element[1]);
	return 0;
}

static int
read_entries(struct follow *f, const redisReply *entries)
{
	if (entries->type != REDIS_REPLY_ARRAY)
		return -1;
	for (size_t i = 0; i < entries->elements; i++)
		if (read_entry(f, entries->element[i]) == -1)
			return -1;
	return 0;
}

static void
read_nodes(struct follow *f, const redisReply *reply)
{
	f->host.nodes(f->host.arg, reply);
	begin_step(f, FOLLOW_LAST);
}

static int
read_last(struct follow *f, const redisReply *reply)
{
	strcpy(f->last, "0-0");
	if (read_entries(f, reply) == -1)
		return -1;
	begin_step(f, FOLLOW_QUARANTINE);
	return 0;
}

/* Nothing (nil) has changed, or a list of one key and its entries has come. */
static int
read_changes(struct follow *f, const redisReply *reply)
{
	const redisReply *key;

	if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 1) {
		key = reply->element[0];
		if (key->type != REDIS_REPLY_ARRAY || key->elements != 2 ||
		    read_entries(f, key->element[1]) == -1)
			return -1;
	} else if (reply->type != REDIS_REPLY_NIL)
		return -1;
	if (f->reload || (f->claimed != 0 &&
	    clock_ms() - f->claimed >= RELOAD))
		follow_start(f, false);
	else if (f->unsure && f->whole) {
		follow_start(f, false);
		f->once_more = true;
	} else {
		note_reached(f);
		ask_store(f);
	}
	return 0;
}

static void
on_answer(redisAsyncContext *redis, void *answer, void *arg)
{
	struct follow *f = arg;
	const redisReply *reply = answer;
	int result = 0;

	if (reply == NULL || f->step == FOLLOW_OFF)
		return;
	if (reply->type == REDIS_REPLY_ERROR) {
		store_conn_drop(f->host.conn, reply->str);
		return;
	}
	store_conn_heard(f->host.conn);
	if (f->step == FOLLOW_NODES)
		read_nodes(f, reply);
	else if (f->step == FOLLOW_LAST)
		result = read_last(f, reply);
	else if (f->step == FOLLOW_CHANGES)
		result = read_changes(f, reply);
	else
		result = read_part(f, reply);
	if (result == -1)
		store_conn_drop(f->host.conn, "what it says is no reply to "
		    "what was asked");
}
