/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All state of the translator, and the limits that are fixed. */
#ifndef ALG_TRANSLATE_STATE_H
#define ALG_TRANSLATE_STATE_H

#include "alg/alg.h"
#include "alg/base/hash.h"
#include "alg/base/pool.h"
#include "alg/base/table.h"
#include "alg/translate/attempt.h"
#include "alg/translate/audit.h"
#include "alg/translate/call.h"
#include "alg/translate/client_count.h"
#include "alg/translate/connection.h"
#include "alg/translate/dirty.h"
#include "alg/translate/idspace.h"
#include "alg/translate/login.h"
#include "alg/translate/stream.h"

/* The limits that are not the admin's to choose. */
#define STATE_CALLS_PER_CONNECTION	2	/* room, on average */
#define STATE_EXPECTED_PER_CONNECTION	2	/* either is inside */
#define STATE_REFUSED_PER_CONNECTION	64	/* waiting for their replies */
#define STATE_REFUSED_PER_CLIENT	1024	/* the same */
#define STATE_REQUEST_TIMEOUT		120000	/* ms without a reply */
#define STATE_CLEAR_TIMEOUT		60000	/* ms without a CDN */
#define STATE_NOTICE_TIME		15000	/* ms up without GRE */
#define STATE_SILENCE_TIME		60000	/* ms of one end alone */
#define STATE_OPENING_TIMEOUT		60000	/* ms without a SYN-ACK */
#define STATE_CLOSING_TIMEOUT		120000	/* ms after FINs or reset */
#define STATE_RESET_BURST		10	/* resets of one connection, */
#define STATE_RESET_INTERVAL		1000	/* ms for each more of them */
#define STATE_RESETS_PER_SECOND		1000	/* of all connections */
#define STATE_WRITE_BURST		4096	/* KiB of a client's records, */
#define STATE_WRITE_INTERVAL		4	/* ms for each more of them */
#define STATE_ICMP_BURST		20	/* errors, of a call and way, */
#define STATE_ICMP_INTERVAL		1000	/* ms for each more of them */
#define STATE_GRE_ALIVE			10000	/* ms after GRE from outside */
#define STATE_ATTEMPT_SETS		256	/* of inside ends, by hash */
#define STATE_ATTEMPTS_KEPT		16	/* of all ends of a set */
#define STATE_LOGIN_PATIENCE		5000	/* ms without encryption */
#define STATE_WORKED			20	/* packets each way: PPP up */
#define STATE_AUDIT_SETS		1024	/* of clients, by hash */
#define STATE_AUDIT_KEPT		8	/* rows of a set */
#define STATE_SYNS_NOTICED		3	/* without an answer */
#define STATE_SYN_APART			500	/* ms from the first on */
#define STATE_MTU_MIN			552	/* bytes: as Linux's min_pmtu */

struct restore_peer;

/* Every file takes it whole and keeps to its part. */
struct alg {
	struct alg_config	config;
	struct hash_key		key;
	uint64_t		now;		/* ms, of the current packet */
	struct alg_origin	origin;		/* of the current packet */
	const struct restore_peer *peer;	/* whose record is read */
	uint64_t		chance;		/* behind state_random */
	uint64_t		resets;		/* by rate.h, of all */
	uint32_t		local_calls;	/* IDs that calls here have */
	struct alg_counters	counters;
	struct attempts		attempts;
	struct audits		audits;
	struct calls		calls;
	struct client_counts	clients;
	struct connections	connections;
	struct idspaces		spaces;
	struct logins		logins;
	struct streams		streams;
	struct dirty		dirty;
};

static inline void
state_count(struct alg *a, enum reason r)
{
	a->counters.reasons[r]++;
}

/* The end that sends in a direction. */
static inline enum alg_end
state_sender(enum alg_dir dir)
{
	return dir == ALG_OUTBOUND ? ALG_INSIDE : ALG_OUTSIDE;
}

/* Captures may have times out of order: ours is never set back. */
static inline void
state_advance(struct alg *a, uint64_t now)
{
	if (now > a->now)
		a->now = now;
}

static inline uint32_t
state_random(struct alg *a)
{
	uint64_t n = ++a->chance;

	return (uint32_t)hash_words(&a->key, (uint32_t)n,
	    (uint32_t)(n >> 32), 0x52414E44);
}

#endif
