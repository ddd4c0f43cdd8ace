/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two connections to the store, what goes by them, and what passes where. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alg/base/hash.h"
#include "conf/secrets.h"
#include "nat/base/clock.h"
#include "nat/base/log.h"
#include "nat/cluster/cluster.h"
#include "nat/cluster/follow.h"
#include "nat/cluster/publish.h"
#include "nat/cluster/sentinel.h"
#include "nat/cluster/store_conn.h"
#include "nat/net/interface.h"
#include "nat/net/rtnetlink.h"

#define LOAD_MAX	5000	/* ms at the start */
#define ARRIVALS	64	/* public addresses that came from the other */
#define GRACE		30000	/* ms until conntrack has what moved too */
#define BEAT		1000	/* ms between questions who else is there */
#define SEEK		100	/* the same while nobody is */
#define CATCH_UP	50	/* ms for all that the other one has written */
#define CAUGHT		20	/* ms until there may be more */
#define TOO_SLOW	1000	/* the same when it took too long */
#define NODES_MAX	16	/* that are looked at */
#define AWAY		5000	/* ms without a sign of life */
#define SAMPLE		256	/* connections that are looked at */

static const struct store_conn_kind store_kind = {
	.what = "store", .silent = 5000, .retry = 1000, .reply_max = 64 << 20,
	.loss = "calls go on, but the other firewall does not learn of them"
};

/* A public address that is on this host, and since when it is asked for. */
struct arrival {
	uint32_t		 address;	/* 0: none */
	uint64_t		 since;		/* ms */
};

struct cluster {
	const struct config_cluster *config;
	struct alg		*alg;
	const struct publish_sessions *sessions;	/* or NULL */
	const struct interface	*interface;	/* or NULL */
	char			*password;
	uint64_t		 node;
	struct sentinel		*sentinel;	/* or NULL */
	struct store_conn_kind	 kind;		/* of both */
	struct store_conn	*writer, *reader;
	bool			 served;	/* by the store, since found */
	struct publish		*publish;
	struct follow		*follow;
	struct rtnetlink	*rtnetlink;
	void			(*applied)(void *arg);
	void			*arg;
	bool			 fresh;		/* no journal of before */
	bool			 loaded;
	struct arrival		 arrivals[ARRIVALS];
	uint64_t		 asked;		/* ms: for the other one */
	uint64_t		 catch_up;	/* ms, not before */
	char			 end[FOLLOW_ENTRY_MAX];	/* of its stream */
	bool			 has_end;	/* no question is open */
	char			 peer[64];	/* the other one */
	uint64_t		 peer_wall, peer_count;
	uint64_t		 peer_heard;	/* ms, by our own clock */
};

/* Not secret, and the same on both. */
static uint64_t
hash_name(const char *name)
{
	const struct hash_key key = { 0x70707470, 0x616c67 };

	return hash_bytes(&key, (const uint8_t *)name, strlen(name));
}

/* Is it an address of this host, in the VRF of an outside interface, too? */
static bool
has_address(const struct cluster *c, uint32_t address)
{
	uint32_t vrf = 0;
	size_t at = 0;

	do
		if (rtnetlink_is_own(c->rtnetlink, address, vrf))
			return true;
	while (c->interface != NULL &&
	    (vrf = interface_next_vrf(c->interface, &at)) != 0);
	return false;
}

static bool
keeps_connection(void *arg, const struct alg_connection_info *c)
{
	return c->has_public && has_address(arg, c->public);
}

static void
apply_changes(void *arg)
{
	struct cluster *c = arg;

	c->applied(c->arg);
}

static void
on_loaded(void *arg)
{
	struct cluster *c = arg;

	c->fresh = false;
	c->loaded = true;
	publish_start(c->publish);
}

/* One connection is of no use without the other. */
static void
leave_store(struct cluster *c)
{
	c->loaded = false;
	publish_stop(c->publish);
	follow_stop(c->follow);
	store_conn_drop(c->reader, "lost");
	store_conn_drop(c->writer, "lost");
	sentinel_forget(c->sentinel, c->served);
	c->served = false;
}

static void
on_changed(void *arg, bool up)
{
	struct cluster *c = arg;

	if (!up)
		leave_store(c);
	else if (store_conn_is_up(c->reader) && store_conn_is_up(c->writer)) {
		c->served = true;
		follow_start(c->follow, c->fresh);
	}
}

static void	note_nodes(void *, const redisReply *);

static int
open_store(struct cluster *c, struct loop *loop)
{
	const struct config_cluster *config = c->config;
	const char *where = config->store;

	c->kind = store_kind;
	if (config->master[0] != '\0') {
		c->sentinel = sentinel_new(loop, config, c->password, c->alg);
		if (c->sentinel == NULL)
			return -1;
		where = sentinel_master(c->sentinel);
		c->kind.master = true;
	}
	c->writer = store_conn_new(loop, &c->kind, where, c->password,
	    on_changed, c);
	c->reader = store_conn_new(loop, &c->kind, where, c->password,
	    on_changed, c);
	return c->writer != NULL && c->reader != NULL ? 0 : -1;
}

static int
open_parts(struct cluster *c, struct loop *loop, char *error, size_t size)
{
	const struct config_cluster *config = c->config;
	struct follow_host host = { .alg = c->alg, .config = config,
	    .node = c->node, .sessions = c->sessions, .keeps = keeps_connection,
	    .applied = apply_changes, .loaded = on_loaded,
	    .nodes = note_nodes, .arg = c };

	if (config->password_file[0] != '\0' && (c->password =
	    secrets_password(config->password_file, error, size)) == NULL)
		return -1;
	if ((c->rtnetlink = rtnetlink_open(error, size)) == NULL)
		return -1;
	snprintf(error, size, "cluster: out of memory");
	if (open_store(c, loop) == -1)
		return -1;
	host.conn = c->reader;
	host.publish = c->publish =
	    publish_new(c->alg, c->sessions, config, c->node, c->writer);
	c->follow = follow_new(&host);
	return c->publish != NULL && c->follow != NULL ? 0 : -1;
}

struct cluster *
cluster_open(const struct config_cluster *config, struct alg *alg,
    const struct publish_sessions *sessions,
    const struct interface *interface, struct loop *loop,
    void (*applied)(void *arg), void *arg, char *error, size_t size)
{
	struct cluster *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		snprintf(error, size, "cluster: out of memory");
		return NULL;
	}
	*c = (struct cluster){ .config = config, .alg = alg, .has_end = true,
	    .sessions = sessions, .interface = interface,
	    .node = hash_name(config->node),
	    .applied = applied, .arg = arg };
	if (open_parts(c, loop, error, size) == -1) {
		cluster_close(c);
		return NULL;
	}
	return c;
}

void
cluster_close(struct cluster *c)
{
	if (c == NULL)
		return;
	store_conn_free(c->writer);
	store_conn_free(c->reader);
	sentinel_free(c->sentinel);
	publish_free(c->publish);
	follow_free(c->follow);
	rtnetlink_close(c->rtnetlink);
	secrets_password_free(c->password);
	free(c);
}

void
cluster_load(struct cluster *c, uint64_t now)
{
	struct alg_counters counters;
	const bool *done;

	if (c == NULL)
		return;
	done = follow_done(c->follow);
	alg_counters(c->alg, &counters);
	c->fresh = counters.connections == 0;
	sentinel_wait(c->sentinel);
	cluster_tick(c, now);
	store_conn_wait(c->writer, NULL, LOAD_MAX);
	store_conn_wait(c->reader, done, LOAD_MAX);
	if (!*done)
		log_warning("cluster: nothing taken from store %s within %d "
		    "s: this firewall knows what its journal says",
		    c->config->store, LOAD_MAX / 1000);
}

void
cluster_records(void *cluster, const uint8_t *records, size_t len)
{
	struct cluster *c = cluster;

	publish_records(c->publish, records, len);
}

void
cluster_commit(struct cluster *c)
{
	if (c != NULL)
		publish_commit(c->publish);
}

/* --- Who else is there --- */

/*
 * A sign of life is that it says another time than before; the first one may be
 * of long ago, by its clock.
 */
static void
note_heard(struct cluster *c, uint64_t wall)
{
	uint64_t now = clock_ms(), ago = clock_epoch(now) + now - wall;

	if (c->peer_wall == 0)
		c->peer_heard = now - (ago < AWAY ? ago : AWAY);
	else if (wall != c->peer_wall)
		c->peer_heard = now;
}

/*
 * Another node's name and what it says: its records, the time, and the version
 * of its records.  Who has been the other one stays it until it is away.
 */
static void
note_node(struct cluster *c, const char *name, const char *says)
{
	uint64_t count, wall;
	unsigned int version;
	int whole = 1;		/* an older version does not say */

	if (strcmp(name, c->config->node) == 0 ||
	    strlen(name) >= sizeof(c->peer) || sscanf(says, "%" SCNu64 " %"
	    SCNu64 " %u %d", &count, &wall, &version, &whole) < 3)
		return;
	if (strcmp(name, c->peer) != 0 && c->peer[0] != '\0' &&
	    wall < c->peer_wall + AWAY)
		return;
	strcpy(c->peer, name);
	note_heard(c, wall);
	c->peer_wall = wall;
	c->peer_count = count;
	follow_peer(c->follow, name, version, whole != 0);
}

static void
note_nodes(void *arg, const redisReply *reply)
{
	struct cluster *c = arg;

	if (reply->type != REDIS_REPLY_ARRAY)
		return;
	for (size_t i = 0; i + 1 < reply->elements && i < 2 * NODES_MAX; i += 2)
		if (reply->element[i]->type == REDIS_REPLY_STRING &&
		    reply->element[i + 1]->type == REDIS_REPLY_STRING)
			note_node(c, reply->element[i]->str,
			    reply->element[i + 1]->str);
}

static void
on_nodes(redisAsyncContext *redis, void *answer, void *arg)
{
	struct cluster *c = arg;

	if (answer == NULL)
		return;
	store_conn_heard(c->writer);
	note_nodes(c, answer);
}

static void
ask_for_nodes(struct cluster *c)
{
	char key[PUBLISH_KEY_MAX];

	snprintf(key, sizeof(key), "%s" PUBLISH_NODES, c->config->name);
	(void)store_conn_ask(c->writer, on_nodes, c,
	    (const char *[]){ "HGETALL", key }, 2);
}

void
cluster_tick(struct cluster *c, uint64_t now)
{
	if (c == NULL)
		return;
	sentinel_tick(c->sentinel, now);
	store_conn_tick(c->writer, now);
	store_conn_tick(c->reader, now);
	publish_tick(c->publish, now);
	/* What has ended meanwhile is looked for in the store, too. */
	if (publish_missed(c->publish))
		follow_again(c->follow);
	if (store_conn_is_up(c->writer) &&
	    now - c->asked >= (c->peer[0] != '\0' ? BEAT : SEEK)) {
		c->asked = now;
		ask_for_nodes(c);
	}
}

/* --- What passes here next may have passed there a moment ago --- */

static void
on_end(redisAsyncContext *redis, void *answer, void *arg)
{
	const redisReply *r = answer;
	struct cluster *c = arg;

	c->has_end = true;
	if (r == NULL)
		return;
	store_conn_heard(c->writer);
	for (int depth = 0; depth < 2; depth++)
		r = r->type == REDIS_REPLY_ARRAY && r->elements > 0 ?
		    r->element[0] : r;
	if (r->type == REDIS_REPLY_STRING)
		snprintf(c->end, sizeof(c->end), "%s", r->str);
}

/* The name of its last entry, or "". */
static void
ask_for_end(struct cluster *c)
{
	char key[PUBLISH_KEY_MAX];

	snprintf(key, sizeof(key), "%s" PUBLISH_CHANGES "%s", c->config->name,
	    c->peer);
	c->end[0] = '\0';
	c->has_end = false;
	if (!store_conn_ask(c->writer, on_end, c,
	    (const char *[]){ "XREVRANGE", key, "+", "-", "COUNT", "1" }, 6))
		c->has_end = true;
	store_conn_wait(c->writer, &c->has_end, CATCH_UP);
}

void
cluster_catch_up(struct cluster *c, uint64_t now)
{
	uint64_t then, pause;

	if (c == NULL || now < c->catch_up || !c->has_end ||
	    !follow_lately(c->follow, now) || !store_conn_is_up(c->writer))
		return;
	ask_for_end(c);
	pause = c->end[0] != '\0' &&
	    follow_until(c->follow, c->end, CATCH_UP) ? CAUGHT : TOO_SLOW;
	/* A slow store takes a fifth of the time at most. */
	then = clock_ms();
	c->catch_up = then + (pause > 4 * (then - now) ? pause :
	    4 * (then - now));
}

/* --- Whose it is --- */

/* How long an address has been here; 0: not, or for the first time. */
static uint64_t
time_here(struct cluster *c, uint32_t address, bool here, uint64_t now)
{
	struct arrival *free_place = NULL;

	for (size_t i = 0; i < ARRIVALS; i++) {
		struct arrival *a = &c->arrivals[i];

		if (a->address == 0)
			free_place = a;
		if (a->address != address)
			continue;
		if (!here)
			a->address = 0;
		return here ? now - a->since : 0;
	}
	if (here && free_place != NULL)
		*free_place = (struct arrival){ address, now };
	return 0;
}

/* Without translation there is no address to go by. */
static bool
is_translated(const struct alg_connection_info *info)
{
	return info->has_public && info->public != info->flow.inside;
}

bool
cluster_is_here(struct cluster *c, const struct alg_connection_info *info,
    uint64_t now)
{
	uint64_t time;
	bool here;

	if (c == NULL)
		return true;
	if (!is_translated(info))
		return !info->foreign;
	here = has_address(c, info->public);
	time = time_here(c, info->public, here, now);
	return info->foreign ? time >= GRACE : here;
}

/* Does anything pass here?  Some speak for all. */
static bool
passes_here(const struct cluster *c)
{
	struct alg_connection_info info;
	uint32_t at = 0;

	for (int i = 0; i < SAMPLE && alg_connections(c->alg, &at, &info); i++)
		if (is_translated(&info) ? has_address(c, info.public) :
		    !info.foreign)
			return true;
	return false;
}

bool
cluster_status(const struct cluster *c, uint64_t now,
    struct cluster_status *s)
{
	struct follow_status follow;
	struct alg_counters counters;

	if (c == NULL)
		return false;
	alg_counters(c->alg, &counters);
	follow_status(c->follow, &follow);
	*s = (struct cluster_status){ .config = c->config,
	    .store = store_conn_where(c->writer),
	    .sentinel = sentinel_who(c->sentinel),
	    .reached = store_conn_is_up(c->writer) &&
	    store_conn_is_up(c->reader), .loaded = c->loaded,
	    .complete = publish_complete(c->publish),
	    .active = passes_here(c),
	    .theirs = counters.foreign, .lag = follow.delay,
	    .changed = follow.changed,
	    .written = publish_count(c->publish), .taken = follow.records,
	    .unsent = store_conn_unsent(c->writer) };
	if (c->sessions != NULL) {
		s->sessions = c->sessions->theirs(c->sessions->arg);
		s->active |= c->sessions->ours(c->sessions->arg) > 0;
	}
	if (now - c->peer_heard < AWAY)
		strcpy(s->peer, c->peer);
	/* What passes at one that is not heard of is not known here. */
	s->loaded &= s->active || s->theirs == 0 || s->peer[0] != '\0';
	if (follow.node == hash_name(c->peer) &&
	    c->peer_count > follow.count)
		s->lag_records = c->peer_count - follow.count;
	return true;
}
