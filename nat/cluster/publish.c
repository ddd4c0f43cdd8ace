/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records into commands for the store, and waiting for their replies. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alg/record/record.h"
#include "alg/record/record_header.h"
#include "alg/record/session_record.h"
#include "nat/base/clock.h"
#include "nat/base/log.h"
#include "nat/base/ratelimit.h"
#include "nat/cluster/publish.h"
#include "nat/cluster/stamp.h"

#define ENTRY		(16 << 10)	/* bytes of records in a change */
#define CHANGES		(4 << 20)	/* bytes that the store keeps, about */
#define CHANGES_MIN	256		/* and so many changes at least */
#define CHANGES_MAX	4096
#define RUN		64		/* fields of one command */
#define RUN_BYTES	(32 << 10)	/* of these and of what they hold */
#define SCORE_MAX	24
#define SLICE		(128 << 10)	/* bytes of all that is known, a tick */
#define UNSENT		(1 << 20)	/* no more of it while this waits */
#define WAIT		50		/* ms for the store before verdicts */
#define WAIT_TEXT	"40"		/* of it for the copy */
#define LATE_REFILL	60000		/* ms until another line says so */
#define BEAT		1000		/* ms between signs of life */

/* Who sets what is in a hash, or ordered by time; behind each, who deletes. */
enum publish_runs {
	RUN_CONNECTIONS = 0, RUN_CALLS = 2, RUN_SESSIONS = 4,
	RUN_QUARANTINE = 6, RUNS
};

#define DELETES		1	/* added to who sets: who deletes */

static const struct {
	const char	*verb, *key;
} runs[RUNS] = {
	[RUN_CONNECTIONS] = { "HSET", PUBLISH_CONNECTIONS },
	[RUN_CONNECTIONS + DELETES] = { "HDEL", PUBLISH_CONNECTIONS },
	[RUN_CALLS] = { "HSET", PUBLISH_CALLS },
	[RUN_CALLS + DELETES] = { "HDEL", PUBLISH_CALLS },
	[RUN_SESSIONS] = { "HSET", PUBLISH_SESSIONS },
	[RUN_SESSIONS + DELETES] = { "HDEL", PUBLISH_SESSIONS },
	[RUN_QUARANTINE] = { "ZADD", PUBLISH_QUARANTINE }
};

/* One command about many records costs the store less than many commands. */
struct publish_run {
	int			 argc;		/* 0: nothing yet */
	const char		*argv[2 + 2 * RUN];
	size_t			 lens[2 + 2 * RUN];
	size_t			 used;
	uint8_t			 bytes[RUN_BYTES];
};

struct publish {
	struct alg		*alg;
	const struct publish_sessions *sessions;	/* or NULL */
	const struct config_cluster *config;
	uint64_t		 node;
	struct store_conn	*conn;
	bool			 running, refused, late;
	bool			 told;		/* the log says: refused */
	bool			 whole;		/* under way */
	struct record_snapshot	 snapshot;
	uint32_t		 session;	/* where it is in them */
	uint64_t		 beat;		/* ms, not before */
	uint64_t		 count;		/* of records */
	uint64_t		 asked, answered;	/* what is waited for */
	bool			 done;		/* both are the same */
	bool			 named;		/* the store took our beat */
	struct ratelimit	 lines;		/* about what is late */
	struct publish_run	 run[RUNS];
	size_t			 average;	/* bytes of a change, lately */
	size_t			 n;		/* bytes in entry */
	uint8_t			 entry[STAMP_SIZE + ENTRY + RECORD_MAX];
};

struct publish *
publish_new(struct alg *alg, const struct publish_sessions *sessions,
    const struct config_cluster *config, uint64_t node,
    struct store_conn *conn)
{
	struct publish *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->alg = alg;
	p->sessions = sessions;
	p->config = config;
	p->node = node;
	p->conn = conn;
	p->n = STAMP_SIZE;
	return p;
}

void
publish_free(struct publish *p)
{
	free(p);
}

static void
forget_unsent(struct publish *p)
{
	p->n = STAMP_SIZE;
	for (size_t i = 0; i < RUNS; i++)
		p->run[i].argc = 0;
}

static void
begin_whole(struct publish *p)
{
	p->whole = true;
	p->snapshot = (struct record_snapshot){ 0 };
	p->session = 0;
}

void
publish_start(struct publish *p)
{
	p->running = true;
	p->refused = p->late = p->named = false;
	begin_whole(p);
	forget_unsent(p);
}

void
publish_stop(struct publish *p)
{
	p->running = false;
	forget_unsent(p);
}

/* A read-only copy, a full disk, no memory: all is written once it can be. */
static void
note_refusal(struct publish *p, const char *why)
{
	if (!p->told)
		log_error("cluster: store %s: %s; calls go on, but the other "
		    "firewall does not learn of them",
		    store_conn_where(p->conn), why);
	alg_count(p->alg, REASON_CLUSTER, 1);
	p->refused = p->told = true;
	p->named = false;
	forget_unsent(p);
}

static void
on_reply(redisAsyncContext *redis, void *answer, void *arg)
{
	const redisReply *reply = answer;
	struct publish *p = arg;

	if (reply == NULL)
		return;
	store_conn_heard(p->conn);
	if (reply->type == REDIS_REPLY_ERROR &&
	    !store_conn_demoted(p->conn, reply->str))
		note_refusal(p, reply->str);
}

/* The last of a batch: with a number of copies when that was asked for. */
static void
on_last_reply(redisAsyncContext *redis, void *answer, void *arg)
{
	const redisReply *reply = answer;
	struct publish *p = arg;

	on_reply(redis, answer, arg);
	p->answered++;		/* or never will be: the store is lost */
	p->done = p->answered == p->asked;
	if (reply == NULL)
		return;
	if (p->done && (p->config->wait != CONFIG_WAIT_REPLICA ||
	    (reply->type == REDIS_REPLY_INTEGER && reply->integer > 0)))
		p->late = false;
	if (p->told && p->done && !p->whole && !p->refused) {
		log_info("cluster: store %s: takes all again",
		    store_conn_where(p->conn));
		p->told = false;
	}
}

/* Signs of life are no news: a copy that can only be read refuses them. */
static void
on_beat_reply(redisAsyncContext *redis, void *answer, void *arg)
{
	const redisReply *reply = answer;
	struct publish *p = arg;

	if (reply == NULL)
		return;
	store_conn_heard(p->conn);
	if (reply->type == REDIS_REPLY_ERROR)
		(void)store_conn_demoted(p->conn, reply->str);
}

/* HSET tells how many are new: our name is when the store has lost all. */
static void
on_name_reply(redisAsyncContext *redis, void *answer, void *arg)
{
	const redisReply *reply = answer;
	struct publish *p = arg;

	on_beat_reply(redis, answer, arg);
	p->refused |= p->named && reply != NULL &&
	    reply->type == REDIS_REPLY_INTEGER && reply->integer > 0;
	p->named = reply != NULL && reply->type != REDIS_REPLY_ERROR;
}

struct command {
	const char	*argv[8];
	size_t		 lens[8];
	int		 argc;
	char		 key[PUBLISH_KEY_MAX];
};

static void
add_bytes(struct command *c, const void *bytes, size_t len)
{
	c->argv[c->argc] = bytes;
	c->lens[c->argc++] = len;
}

static void
add_word(struct command *c, const char *word)
{
	add_bytes(c, word, strlen(word));
}

static void
begin_command(struct publish *p, struct command *c, const char *verb,
    const char *key)
{
	c->argc = 0;
	snprintf(c->key, sizeof(c->key), "%s%s", p->config->name, key);
	add_word(c, verb);
	add_word(c, c->key);
}

static void
send_command(struct publish *p, const struct command *c, redisCallbackFn *reply)
{
	if (!store_conn_send(p->conn, reply, p, c->argc, c->argv, c->lens))
		p->running = false;
}

/* Its reply is waited for, unless it cannot be sent. */
static void
send_awaited(struct publish *p, const struct command *c)
{
	p->asked++;
	send_command(p, c, on_last_reply);
	if (!p->running)
		p->asked--;
	p->done = p->answered == p->asked;
}

static struct stamp
stamp_now(const struct publish *p)
{
	uint64_t now = clock_ms();

	return (struct stamp){ p->node, clock_epoch(now), now, p->count };
}

void
publish_forget(struct publish *p, const char *hash, const char *field,
    size_t len)
{
	struct command c;

	begin_command(p, &c, "HDEL", hash);
	add_bytes(&c, field, len);
	send_command(p, &c, on_beat_reply);
}

static void
send_run(struct publish *p, size_t which)
{
	struct publish_run *run = &p->run[which];
	char key[PUBLISH_KEY_MAX];

	if (run->argc == 0)
		return;
	snprintf(key, sizeof(key), "%s%s", p->config->name, runs[which].key);
	run->argv[0] = runs[which].verb;
	run->lens[0] = strlen(run->argv[0]);
	run->argv[1] = key;
	run->lens[1] = strlen(key);
	if (!store_conn_send(p->conn, on_reply, p, run->argc, run->argv,
	    run->lens))
		p->running = false;
	run->argc = 0;
}

static void
send_runs(struct publish *p)
{
	for (size_t i = 0; i < RUNS; i++)
		send_run(p, i);
}

/* Room for the next field of a run; what was said before goes first. */
static uint8_t *
add_to_run(struct publish *p, size_t which, size_t len)
{
	struct publish_run *run = &p->run[which];
	uint8_t *bytes;

	if (which != RUN_QUARANTINE)
		send_run(p, which ^ DELETES);
	if (run->argc + 2 > 2 + 2 * RUN || run->used + len > RUN_BYTES)
		send_run(p, which);
	if (run->argc == 0) {
		run->argc = 2;
		run->used = 0;
	}
	bytes = run->bytes + run->used;
	run->argv[run->argc] = (const char *)bytes;
	run->lens[run->argc++] = len;
	run->used += len;
	return bytes;
}

static void
add_key(struct publish *p, size_t which, const uint8_t *key, size_t len)
{
	memcpy(add_to_run(p, which, len), key, len);
}

static void
add_pair(struct publish *p, size_t which, const void *field, size_t fieldlen,
    const uint8_t *record, size_t len)
{
	struct publish_run *run = &p->run[which];
	struct stamp stamp = stamp_now(p);
	uint8_t *bytes = add_to_run(p, which, fieldlen + STAMP_SIZE + len);

	memcpy(bytes, field, fieldlen);
	stamp_write(&stamp, bytes + fieldlen);
	memcpy(bytes + fieldlen + STAMP_SIZE, record, len);
	run->lens[run->argc - 1] = fieldlen;
	run->argv[run->argc] = (const char *)bytes + fieldlen;
	run->lens[run->argc++] = STAMP_SIZE + len;
}

/* Who sets what a record tells of. */
static size_t
run_of(enum record_kind kind)
{
	if (kind == RECORD_SESSION || kind == RECORD_SESSION_END)
		return RUN_SESSIONS;
	return kind == RECORD_CALL || kind == RECORD_QUARANTINE ? RUN_CALLS :
	    RUN_CONNECTIONS;
}

/* What a record tells of, by its name. */
static void
add_state(struct publish *p, enum record_kind kind, const uint8_t *key,
    size_t keylen, const uint8_t *record, size_t len)
{
	struct stamp stamp = stamp_now(p);
	char score[SCORE_MAX];

	if (kind == RECORD_END || kind == RECORD_SESSION_END ||
	    kind == RECORD_QUARANTINE)
		add_key(p, run_of(kind) + DELETES, key, keylen);
	else
		add_pair(p, run_of(kind), key, keylen, record, len);
	if (kind != RECORD_QUARANTINE)
		return;
	snprintf(score, sizeof(score), "%" PRIu64, stamp.epoch + stamp.sent);
	add_pair(p, RUN_QUARANTINE, score, strlen(score), record, len);
}

/* Who we are, how far, when, what we write; quarantine that is over goes. */
static void
send_beat(struct publish *p, uint64_t now)
{
	uint64_t wall = clock_epoch(now) + now;
	struct command c;
	char text[64];

	begin_command(p, &c, "HSET", PUBLISH_NODES);
	add_word(&c, p->config->node);
	snprintf(text, sizeof(text), "%" PRIu64 " %" PRIu64 " %u %d",
	    p->count, wall, RECORD_VERSION, !p->whole && !p->refused);
	add_word(&c, text);
	send_command(p, &c, on_name_reply);
	begin_command(p, &c, "ZREMRANGEBYSCORE", PUBLISH_QUARANTINE);
	add_word(&c, "-inf");
	snprintf(text, sizeof(text), "%" PRIu64,
	    wall - alg_quarantine(p->alg));
	add_word(&c, text);
	send_command(p, &c, on_beat_reply);
}

/* So many changes, since memory that is written first costs the store most. */
static unsigned int
changes_kept(struct publish *p)
{
	size_t n;

	p->average = (15 * p->average + p->n) / 16 + 1;
	n = CHANGES / p->average;
	return (unsigned int)(n < CHANGES_MIN ? CHANGES_MIN :
	    n > CHANGES_MAX ? CHANGES_MAX : n);
}

/*
 * The records of a change, in their order, for who follows: by our name, which
 * has to be there before.
 */
static void
send_change(struct publish *p)
{
	struct stamp stamp = stamp_now(p);
	char kept[16], key[sizeof(PUBLISH_CHANGES) + sizeof(p->config->node)];
	struct command c;

	if (!p->named)
		send_beat(p, clock_ms());
	send_runs(p);
	snprintf(kept, sizeof(kept), "%u", changes_kept(p));
	snprintf(key, sizeof(key), PUBLISH_CHANGES "%s", p->config->node);
	stamp_write(&stamp, p->entry);
	begin_command(p, &c, "XADD", key);
	add_word(&c, "MAXLEN");
	add_word(&c, "~");
	add_word(&c, kept);
	add_word(&c, "*");
	add_word(&c, PUBLISH_FIELD);
	add_bytes(&c, p->entry, p->n);
	p->n = STAMP_SIZE;
	send_awaited(p, &c);
}

static void
publish_record(struct publish *p, const uint8_t *record, size_t len)
{
	struct alg_connection_info connection;
	struct session_record session;
	uint8_t key[SESSION_RECORD_KEY], kind;
	size_t keylen;

	keylen = record_key(p->alg, record, len, &kind, key, &connection);
	if (keylen == 0 && session_record_read(record, len, &session)) {
		keylen = SESSION_RECORD_KEY;
		memcpy(key, record + RECORD_HEADER, keylen);
	}
	/* What passes at the other one is its own to tell. */
	if (keylen == 0 || connection.foreign)
		return;
	/* Also of what is lost: by the gap, who follows knows. */
	p->count++;
	if (!p->running || p->refused)
		return;
	add_state(p, (enum record_kind)kind, key, keylen, record, len);
	memcpy(p->entry + p->n, record, len);
	p->n += len;
	if (p->n > STAMP_SIZE + ENTRY)
		send_change(p);
}

void
publish_records(void *publish, const uint8_t *records, size_t len)
{
	struct publish *p = publish;
	enum record_kind kind;
	size_t n;

	if (!p->running || p->refused)
		alg_count(p->alg, REASON_CLUSTER, 1);
	for (; (n = record_header_peek(records, len, &kind)) > 0;
	    records += n, len -= n)
		publish_record(p, records, n);
}

static void
ask_for_copies(struct publish *p)
{
	struct command c = { .argc = 0 };

	add_word(&c, "WAIT");
	add_word(&c, "1");
	add_word(&c, WAIT_TEXT);
	send_awaited(p, &c);
}

static void
note_late(struct publish *p)
{
	uint32_t suppressed;

	alg_count(p->alg, REASON_CLUSTER_LATE, 1);
	if (ratelimit_take(&p->lines, 1, LATE_REFILL, clock_ms(), &suppressed))
		log_warning("cluster: store %s: %s after %d ms; verdicts do "
		    "not wait for it until it is fast again",
		    store_conn_where(p->conn), p->done ? "no copy" :
		    "no answer", WAIT);
}

void
publish_commit(struct publish *p)
{
	if (!p->running || p->n == STAMP_SIZE)
		return;
	send_change(p);
	/* While copies are late, one question at a time. */
	if (p->config->wait == CONFIG_WAIT_REPLICA &&
	    (!p->late || p->answered + 1 == p->asked))
		ask_for_copies(p);
	store_conn_flush(p->conn);
	if (p->config->wait == CONFIG_WAIT_NONE)
		return;
	if (!p->late) {
		p->late = true;	/* until the reply says that it is not */
		store_conn_wait(p->conn, &p->done, WAIT);
	}
	if (p->late)
		note_late(p);
}

/* Of all that is known and of sessions; 0: no more. */
static size_t
next_of_whole(struct publish *p, uint8_t record[RECORD_MAX])
{
	size_t len = record_snapshot_next(p->alg, &p->snapshot, 0, record,
	    RECORD_MAX);

	return len > 0 || p->sessions == NULL ? len :
	    p->sessions->next(p->sessions->arg, &p->session, record);
}

static void
write_whole(struct publish *p)
{
	uint8_t record[RECORD_MAX];
	size_t n = 0, len;
	bool end = false;

	while (p->running && n < SLICE && store_conn_unsent(p->conn) < UNSENT) {
		len = next_of_whole(p, record);
		if ((end = len == 0))
			break;
		publish_record(p, record, len);
		n += len;
	}
	if (p->running && p->n > STAMP_SIZE)
		send_change(p);
	p->whole = !end;	/* as our beats say: not before */
}

void
publish_tick(struct publish *p, uint64_t now)
{
	if (!p->running)
		return;
	if (now >= p->beat) {
		p->beat = now + BEAT;
		send_beat(p, now);
	}
	if (p->whole && !p->refused)
		write_whole(p);
}

uint64_t
publish_count(const struct publish *p)
{
	return p->count;
}

bool
publish_missed(const struct publish *p)
{
	return p->running && p->refused && p->named;
}

bool
publish_complete(const struct publish *p)
{
	return p->running && !p->refused && !p->whole;
}
