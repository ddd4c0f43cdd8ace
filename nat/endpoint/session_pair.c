/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps the sessions of a pair's other firewall in a table, tells that one of
 * ours, and resets those whose firewall is gone.
 */
#include <sys/random.h>

#include <stdio.h>
#include <stdlib.h>

#include "alg/pptp/tcp.h"
#include "alg/record/session_record.h"
#include "nat/base/log.h"
#include "nat/cluster/cluster.h"
#include "nat/cluster/publish.h"
#include "nat/endpoint/context.h"
#include "nat/endpoint/ctrl_socket.h"
#include "nat/endpoint/session.h"
#include "nat/endpoint/session_pair.h"
#include "nat/net/raw_socket.h"
#include "nat/net/rtnetlink.h"
#include "nat/net/tcp_segment.h"

#define SLICE		1024		/* looked at, a tick */
#define RESETS		100		/* clients told, a tick */
#define TRIES		5		/* to tell a client */
#define PAUSE		2000		/* ms between two of them */
#define REFRESH		60000		/* ms until TCP's numbers are new */
#define PLACES		64		/* addresses: on this host? */
#define ASKED		200		/* ms for which the answer holds */

/* A session of the other firewall. */
struct pair_entry {
	struct session_record	 record;
	uint64_t		 due;		/* ms: the next try */
	uint8_t			 tries;		/* 0: it lives there */
	bool			 stale;		/* not seen in the store yet */
};

/* Whether an address is on this host, and when that was asked. */
struct pair_place {
	uint32_t		 address;
	bool			 here;
	uint64_t		 asked;		/* ms */
};

struct session_pair {
	struct context		*context;	/* borrowed, as these */
	struct cluster		*cluster;
	struct raw_socket	*socket;
	uint32_t		 mark;
	struct publish_sessions	 link;
	struct pool		 entries;	/* of struct pair_entry */
	struct table		 by_address, by_owner;
	struct hash_key		 key;
	struct pair_place	 places[PLACES];
	uint32_t		 at;		/* of entries: the next */
	uint32_t		 session;	/* the next of ours */
};

/* --- The table --- */

static struct pair_entry *
entry_at(const struct session_pair *p, uint32_t i)
{
	return pool_at(&p->entries, i);
}

static uint64_t
pair_hash(const struct session_pair *p, uint32_t address)
{
	return hash_words(&p->key, address, 0, 0);
}

static uint64_t
owner_hash(const struct session_pair *p, uint64_t owner)
{
	return hash_words(&p->key, (uint32_t)(owner >> 32), (uint32_t)owner,
	    1);
}

/* Do both tell of the same session? */
static bool
is_same(const struct session_record *a, const struct session_record *b)
{
	return a->address == b->address && a->peer == b->peer &&
	    a->local == b->local && a->peer_port == b->peer_port &&
	    a->local_port == b->local_port;
}

static uint32_t
find_entry(const struct session_pair *p, const struct session_record *r)
{
	uint32_t i = table_first(&p->by_address, pair_hash(p, r->address));

	while (i != 0 && !is_same(&entry_at(p, i)->record, r))
		i = table_next(&p->by_address, i);
	return i;
}

static void
add_entry(struct session_pair *p, const struct session_record *r)
{
	uint32_t i = pool_take(&p->entries);

	if (i == 0)
		return;
	*entry_at(p, i) = (struct pair_entry){ .record = *r };
	table_insert(&p->by_address, pair_hash(p, r->address), i);
	table_insert(&p->by_owner, owner_hash(p, r->owner), i);
}

static void
remove_entry(struct session_pair *p, uint32_t i)
{
	table_remove(&p->by_address, i);
	table_remove(&p->by_owner, i);
	pool_give(&p->entries, i);
}

bool
session_pair_holds(const struct session_pair *p, uint32_t address,
    uint64_t owner)
{
	const struct pair_entry *e;
	uint32_t i;

	if (p == NULL)
		return false;
	i = table_first(&p->by_address, pair_hash(p, address));
	for (; i != 0; i = table_next(&p->by_address, i)) {
		e = entry_at(p, i);
		if (e->record.address == address &&
		    (e->tries == 0 || e->record.owner != owner))
			return true;
	}
	return false;
}

uint32_t
session_pair_had(const struct session_pair *p, uint64_t owner)
{
	const struct pair_entry *e;
	uint32_t i;

	if (p == NULL)
		return 0;
	i = table_first(&p->by_owner, owner_hash(p, owner));
	for (; i != 0; i = table_next(&p->by_owner, i)) {
		e = entry_at(p, i);
		if (e->record.owner == owner && e->tries > 0)
			return e->record.address;
	}
	return 0;
}

/* --- What the store tells --- */

static void
begin_store(void *arg)
{
	struct session_pair *p = arg;
	uint32_t i = 0;

	while ((i = pool_next(&p->entries, i + 1)) != 0)
		entry_at(p, i)->stale = true;
}

/* Those that the other firewall has ended meanwhile. */
static void
end_store(void *arg)
{
	struct session_pair *p = arg;
	uint32_t i = 0;

	while ((i = pool_next(&p->entries, i + 1)) != 0)
		if (entry_at(p, i)->stale)
			remove_entry(p, i);
}

static uint32_t
count_theirs(void *arg)
{
	const struct session_pair *p = arg;

	return p->entries.used;
}

static uint32_t
count_ours(void *arg)
{
	const struct session_pair *p = arg;

	return p->context == NULL ? 0 : p->context->sessions.used;
}

/* Of whoever has the address here. */
static bool
is_ours(const struct session_pair *p, const struct session_record *r)
{
	struct context *x = p->context;
	const struct session *s;
	uint32_t i;

	if (x == NULL || (i = quota_oldest(&x->addresses, context_hash(x,
	    NULL, &r->address, sizeof(r->address)))) == 0)
		return false;
	s = pool_at(&x->sessions, i);
	return s->path.peer == r->peer && s->path.local == r->local &&
	    s->ctrl->port == r->peer_port;
}

static void
take_record(void *arg, const uint8_t *record, size_t len)
{
	struct session_pair *p = arg;
	struct session_record r;
	struct pair_entry *e;
	uint32_t i;

	if (!session_record_read(record, len, &r) || is_ours(p, &r))
		return;
	i = find_entry(p, &r);
	e = entry_at(p, i);
	if (i != 0 && (r.over || e->record.owner != r.owner))
		remove_entry(p, i);
	if (r.over)
		return;
	if (i == 0 || e->record.owner != r.owner)
		add_entry(p, &r);
	else {
		e->record = r;
		e->stale = false;
	}
}

/* --- What the store is told --- */

static size_t
write_session(const struct session *s, uint8_t *record, bool over)
{
	struct session_record r = { .local = s->path.local,
	    .peer = s->path.peer, .address = s->leased, .owner = s->owner,
	    .over = over };

	ctrl_socket_numbers(s->ctrl, &r);
	return session_record_write(&r, record);
}

static size_t
next_session(void *arg, uint32_t *at, uint8_t *record)
{
	struct session_pair *p = arg;
	struct session *s;

	while ((s = context_next_session(p->context, at)) != NULL)
		if (s->leased != 0)
			return write_session(s, record, false);
	return 0;
}

static void
tell_session(struct session_pair *p, struct session *s, bool over)
{
	uint8_t record[SESSION_RECORD_MAX];
	size_t len = write_session(s, record, over);

	s->told_pair = s->context->now;
	cluster_records(p->cluster, record, len);
}

/* The other firewall's session is over, here and in the store. */
static void
end_entry(struct session_pair *p, uint32_t i)
{
	struct session_record r = entry_at(p, i)->record;
	uint8_t record[SESSION_RECORD_MAX];

	remove_entry(p, i);
	r.over = true;
	cluster_records(p->cluster, record, session_record_write(&r, record));
}

/* Who has logged in again needs no reset any more. */
static void
end_former(struct session_pair *p, const struct session *s)
{
	uint32_t i = table_first(&p->by_address, pair_hash(p, s->leased));
	uint32_t next;

	for (; i != 0; i = next) {
		next = table_next(&p->by_address, i);
		if (entry_at(p, i)->record.address == s->leased &&
		    entry_at(p, i)->record.owner == s->owner)
			end_entry(p, i);
	}
}

void
session_pair_lent(struct session *s)
{
	struct session_pair *p = s->context->pair;

	if (p == NULL)
		return;
	end_former(p, s);
	tell_session(p, s, false);
}

void
session_pair_over(struct session *s)
{
	if (s->context->pair != NULL && s->leased != 0)
		tell_session(s->context->pair, s, true);
}

/* TCP's numbers move on; they need not be exact: see reset_client. */
static void
refresh_session(struct session_pair *p, uint64_t now)
{
	struct session *s = context_next_session(p->context, &p->session);

	if (s != NULL && s->leased != 0 && now >= s->told_pair + REFRESH)
		tell_session(p, s, false);
}

/* --- Takeover --- */

static bool
is_here(struct session_pair *p, uint32_t address, uint64_t now)
{
	struct pair_place *place =
	    &p->places[pair_hash(p, address) % PLACES];

	if (place->address != address || now >= place->asked + ASKED)
		*place = (struct pair_place){ address,
		    rtnetlink_is_own(p->context->rtnetlink, address), now };
	return place->here;
}

/*
 * A reset ends the client's connection if the number is exactly what it
 * expects (RFC 5961 section 3.2).  What looks like a keepalive probe (RFC 1122
 * section 4.2.3.6) it answers with the right one, in a segment for which this
 * host has no socket: the kernel resets it.
 */
static void
reset_client(struct session_pair *p, const struct session_record *r)
{
	struct tcp_segment s = { .from = r->local, .to = r->peer,
	    .from_port = r->local_port, .to_port = r->peer_port,
	    .ack = r->expects };

	s.seq = r->sends - 1;
	s.flags = TCP_ACK;
	(void)tcp_segment_send(p->socket, p->mark, &s);
	s.seq = r->sends;
	s.flags = TCP_RST | TCP_ACK;
	(void)tcp_segment_send(p->socket, p->mark, &s);
}

/* True when its client was told something. */
static bool
end_if_here(struct session_pair *p, uint32_t i, uint64_t now)
{
	struct pair_entry *e = entry_at(p, i);

	if (!is_here(p, e->record.local, now)) {
		e->tries = 0;
		return false;
	}
	if (e->tries > 0 && now < e->due)
		return false;
	if (e->tries == TRIES) {
		end_entry(p, i);
		return false;
	}
	e->tries++;
	e->due = now + PAUSE;
	reset_client(p, &e->record);
	return true;
}

void
session_pair_tick(struct session_pair *p, uint64_t now)
{
	uint32_t told = 0, first = 0;

	if (p == NULL || p->context == NULL)
		return;
	context_begin_turn(p->context);
	refresh_session(p, now);
	for (int n = 0; n < SLICE && told < RESETS; n++) {
		if ((p->at = pool_next(&p->entries, p->at + 1)) == 0)
			break;
		if (!end_if_here(p, p->at, now))
			continue;
		told++;
		first += entry_at(p, p->at)->tries == 1;
	}
	if (first > 0)
		log_info("cluster: %u sessions of the other firewall are over "
		    "since its address is here: their clients are reset",
		    first);
	context_end_turn(p->context);
}

/* --- Opening and closing --- */

const struct publish_sessions *
session_pair_link(struct session_pair *p)
{
	return p == NULL ? NULL : &p->link;
}

void
session_pair_start(struct session_pair *p, struct context *x,
    struct cluster *cluster)
{
	if (p == NULL)
		return;
	p->context = x;
	p->cluster = cluster;
	x->pair = p;
}

struct session_pair *
session_pair_new(uint32_t capacity, uint32_t mark, char *error, size_t size)
{
	struct session_pair *p = calloc(1, sizeof(*p));
	uint8_t key[16];

	snprintf(error, size, "out of memory");
	if (p == NULL)
		return NULL;
	p->mark = mark;
	p->link = (struct publish_sessions){ .next = next_session,
	    .begin = begin_store, .end = end_store, .take = take_record,
	    .ours = count_ours, .theirs = count_theirs, .arg = p };
	if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key) ||
	    pool_init(&p->entries, capacity, sizeof(struct pair_entry)) == -1 ||
	    table_init(&p->by_address, capacity) == -1 ||
	    table_init(&p->by_owner, capacity) == -1 ||
	    (p->socket = raw_socket_open(error, size)) == NULL) {
		session_pair_free(p);
		return NULL;
	}
	p->key = hash_key_of(key);
	return p;
}

void
session_pair_free(struct session_pair *p)
{
	if (p == NULL)
		return;
	raw_socket_close(p->socket);
	table_free(&p->by_address);
	table_free(&p->by_owner);
	pool_free(&p->entries);
	free(p);
}
