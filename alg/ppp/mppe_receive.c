/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "alg/base/cursor.h"
#include "alg/ppp/mppe.h"

/*
 * Receiving.  MPPE proves nothing about a frame, and anyone who can forge GRE
 * can put one in.  So what comes out is looked at, and only what looks like a
 * packet moves the state; garbage counts against the link until it is clear
 * that the keys differ.
 */
#define LATE_MAX	512	/* behind by more is not just late */
#define SCORE_BAD	100	/* as Linux counts; a good frame halves it */
#define SCORE_ODD	50
#define SCORE_MAX	1600
#define EXTRA_MAX	8	/* key changes that a sender made on its own */
#define FRESH_COST	64	/* of all attempts, in key changes */
#define BUDGET_MAX	(2 * MPPE_AHEAD)	/* skipped key changes */
#define BUDGET_PER_MS	16

#define IPV4		0x21
#define IPV6		0x57
#define LEAST_PROTOCOL	0x21
#define LAST_PROTOCOL	0xFA

enum look { GOOD, ODD, BAD };	/* IP; perhaps something else; nothing */

/* A frame that is being received. */
struct arrival {
	uint16_t	 header, count;
	uint8_t		*bytes;		/* after the header */
	size_t		 len, room;	/* room: from bytes on */
	const uint8_t	*clear;		/* what came out: bytes, or expanded */
	size_t		 clear_len;
};

void
mppe_receiver_init(struct mppe_receiver *m, int bits, bool stateless,
    const uint8_t start[16], struct mppc_expander *mppc)
{
	memset(m, 0, sizeof(*m));
	mppe_key_init(&m->key, bits, start);
	m->stateless = stateless;
	m->budget = BUDGET_MAX;
	m->mppc = mppc;
	if (mppc != NULL)
		mppc_expander_init(mppc);
	if (bits != 0 && !stateless)
		crypto_rc4_key(&m->rc4, m->key.session, m->key.len);
}

/* --- what comes out ------------------------------------------------------- */

static enum look
look_at_ipv4(struct cursor c)
{
	size_t here = c.left;
	uint8_t version;
	uint16_t len;

	if (cursor_u8(&c, &version) == -1 || cursor_skip(&c, 1) == -1 ||
	    cursor_u16(&c, &len) == -1)
		return ODD;
	return version >> 4 == 4 && (version & 15) >= 5 && len >= 20 &&
	    len <= here ? GOOD : ODD;
}

static enum look
look_at_ipv6(struct cursor c)
{
	size_t here = c.left;
	uint32_t version;
	uint16_t len;

	if (cursor_u32(&c, &version) == -1 || cursor_u16(&c, &len) == -1)
		return ODD;
	return version >> 28 == 6 && len + 40u <= here ? GOOD : ODD;
}

static enum look
look_at(const struct arrival *f)
{
	struct cursor c = cursor_of(f->clear, f->clear_len);
	uint8_t first, protocol;

	if (cursor_u8(&c, &first) == -1)
		return BAD;
	protocol = first;
	if (first % 2 == 0 && (first != 0 || cursor_u8(&c, &protocol) == -1))
		return BAD;
	if (protocol < LEAST_PROTOCOL || protocol > LAST_PROTOCOL)
		return BAD;
	if (protocol == IPV4)
		return look_at_ipv4(c);
	return protocol == IPV6 ? look_at_ipv6(c) : ODD;
}

/* Decrypts in place and expands into the history. */
static enum look
open_frame(struct mppe_receiver *m, struct crypto_rc4 *rc4,
    const struct mppe_key *key, struct arrival *f)
{
	int n;

	if (key->len > 0)
		crypto_rc4(rc4, f->bytes, f->bytes, f->len);
	f->clear = f->bytes;
	f->clear_len = f->len;
	if (f->header & MPPE_COMPRESSED) {
		n = mppc_expand(m->mppc, f->bytes, f->len,
		    f->header & MPPE_FLUSHED, f->header & MPPE_FRONT,
		    &f->clear);
		if (n == -1)
			return BAD;
		f->clear_len = (size_t)n;
	}
	return look_at(f);
}

/* Keeps the score; the result for a frame that looks so. */
static enum mppe_result
judge(struct mppe_receiver *m, enum look look)
{
	switch (look) {
	case GOOD:
		m->score /= 2;
		return MPPE_OK;
	case ODD:
		m->score += SCORE_ODD;
		return MPPE_OTHER;
	default:
		m->score += SCORE_BAD;
		return MPPE_GARBLED;
	}
}

/* Whether so many key changes can be paid for out of the budget. */
static bool
pay(struct mppe_receiver *m, uint16_t changes, uint64_t now)
{
	uint64_t past = now - m->filled;

	if (past >= BUDGET_MAX || m->budget + past * BUDGET_PER_MS > BUDGET_MAX)
		m->budget = BUDGET_MAX;
	else
		m->budget = (uint16_t)(m->budget + past * BUDGET_PER_MS);
	m->filled = now;
	if (m->budget < changes)
		return false;
	m->budget -= changes;
	return true;
}

/* --- stateless ------------------------------------------------------------ */

/* Goes on to the next frame; its key is kept for others that are late. */
static void
advance(struct mppe_receiver *m)
{
	memcpy(m->kept[m->next % MPPE_KEPT], m->key.session,
	    sizeof(m->key.session));
	m->next = (m->next + 1) % MPPE_COUNTS;
	m->seen <<= 1;
	if (m->keys < MPPE_KEPT)
		m->keys++;
}

static enum look
open_with(struct mppe_receiver *m, const uint8_t session[16],
    struct arrival *f)
{
	struct crypto_rc4 rc4;
	enum look look;

	if (m->key.len > 0)
		crypto_rc4_key(&rc4, session, m->key.len);
	look = open_frame(m, &rc4, &m->key, f);
	explicit_bzero(&rc4, sizeof(rc4));
	return look;
}

static enum mppe_result
receive_late(struct mppe_receiver *m, struct arrival *f, uint16_t behind)
{
	uint64_t bit = (uint64_t)1 << (behind - 1);
	enum mppe_result result;

	if (m->seen & bit)
		return MPPE_REPEATED;
	result = judge(m, open_with(m, m->kept[f->count % MPPE_KEPT], f));
	if (result == MPPE_OK)
		m->seen |= bit;
	return result;
}

/* After a loss: goes on only if a packet comes out. */
static enum mppe_result
receive_jump(struct mppe_receiver *m, struct arrival *f, uint16_t skipped)
{
	struct mppe_receiver ahead = *m;
	enum look look;

	for (int i = 0; i <= skipped; i++) {
		mppe_key_change(&ahead.key);
		advance(&ahead);
	}
	look = open_with(&ahead, ahead.key.session, f);
	if (look == GOOD) {
		*m = ahead;
		m->seen |= 1;
	}
	explicit_bzero(&ahead, sizeof(ahead));
	return judge(m, look);
}

/* In order; garbage is as if it had never come. */
static enum mppe_result
receive_next(struct mppe_receiver *m, struct arrival *f)
{
	struct mppe_key before = m->key;
	enum mppe_result result;

	mppe_key_change(&m->key);
	result = judge(m, open_with(m, m->key.session, f));
	if (result == MPPE_OK) {
		advance(m);
		m->seen |= 1;
	} else
		m->key = before;
	explicit_bzero(&before, sizeof(before));
	return result;
}

static enum mppe_result
receive_stateless(struct mppe_receiver *m, struct arrival *f, uint64_t now)
{
	uint16_t skipped = (uint16_t)(f->count - m->next) % MPPE_COUNTS;
	uint16_t behind = MPPE_COUNTS - skipped;

	if (skipped == 0)
		return receive_next(m, f);
	if (behind <= m->keys)
		return receive_late(m, f, behind);
	if (behind <= LATE_MAX)
		return MPPE_LATE;
	if (skipped >= MPPE_AHEAD) {
		m->score += SCORE_BAD;
		return MPPE_FAR;
	}
	if (!pay(m, skipped, now))
		return MPPE_BUDGET;
	return receive_jump(m, f, skipped);
}

/* --- stateful ------------------------------------------------------------- */

/* The state behind a frame, until it is clear whether it is one. */
struct attempt {
	struct mppe_key		 key;
	struct crypto_rc4	 rc4;
};

/*
 * Opens it with the keystream that runs on, or, where it starts afresh, after
 * the key changes up to there and some extra ones.
 */
static enum look
try_open(struct mppe_receiver *m, struct attempt *a, struct arrival *f,
    unsigned extra)
{
	bool regular = f->count % 256 == 255;
	unsigned changes = f->count / 256 - m->next / 256 +
	    (f->count < m->next ? MPPE_COUNTS / 256 : 0);

	a->key = m->key;
	a->rc4 = m->rc4;
	for (changes += regular + extra; changes > 0; changes--)
		mppe_key_change(&a->key);
	if (a->key.len > 0 && (regular || f->header & MPPE_FLUSHED))
		crypto_rc4_key(&a->rc4, a->key.session, a->key.len);
	return open_frame(m, &a->rc4, &a->key, f);
}

/* Makes the ciphertext again: with the keystream that was used on it. */
static void
close_frame(struct attempt *a, struct arrival *f)
{
	crypto_rc4_key(&a->rc4, a->key.session, a->key.len);
	crypto_rc4(&a->rc4, f->bytes, f->bytes, f->len);
}

/*
 * After a loss, or where bit A is no regular change.  Then the key is still
 * the same (RFC 3078), or was changed (Linux), also in frames that were lost.
 */
static enum look
open_fresh(struct mppe_receiver *m, struct attempt *a, struct arrival *f)
{
	for (unsigned extra = 0; extra <= EXTRA_MAX; extra++) {
		if (try_open(m, a, f, extra) == GOOD)
			return GOOD;
		close_frame(a, f);
	}
	return BAD;
}

static enum mppe_result
receive_stateful(struct mppe_receiver *m, struct arrival *f, uint64_t now)
{
	uint16_t skipped = (uint16_t)(f->count - m->next) % MPPE_COUNTS;
	bool flushed = f->header & MPPE_FLUSHED;
	bool fresh = m->key.len > 0 && (skipped > 0 ||
	    (flushed && f->count % 256 != 255));
	enum mppe_result result;
	struct attempt a;

	if (MPPE_COUNTS - skipped <= LATE_MAX)
		return MPPE_LATE;
	if (!flushed && (m->lost || skipped > 0)) {
		m->lost = true;
		return MPPE_LOST;
	}
	if (fresh && !pay(m, FRESH_COST, now))
		return MPPE_BUDGET;
	result = judge(m, fresh ? open_fresh(m, &a, f) :
	    try_open(m, &a, f, 0));
	if (result == MPPE_OK) {
		m->key = a.key;
		m->rc4 = a.rc4;
		m->next = (f->count + 1) % MPPE_COUNTS;
		m->lost = false;
	} else if (f->header & MPPE_COMPRESSED)
		m->lost = true;		/* its history may be spoiled */
	explicit_bzero(&a, sizeof(a));
	return result;
}

/* -------------------------------------------------------------------------- */

static bool
bits_are_right(const struct mppe_receiver *m, uint16_t header)
{
	return (header & MPPE_ENCRYPTED) == (m->key.len > 0 ? MPPE_ENCRYPTED :
	    0) && ((header & MPPE_COMPRESSED) == 0 || m->mppc != NULL) &&
	    (header & MPPE_FLUSHED || !m->stateless);
}

static enum mppe_result
receive(struct mppe_receiver *m, struct arrival *f, uint64_t now)
{
	enum mppe_result result;

	if (!bits_are_right(m, f->header)) {
		m->score += SCORE_BAD;
		return MPPE_BITS;
	}
	result = m->stateless ? receive_stateless(m, f, now) :
	    receive_stateful(m, f, now);
	if (result != MPPE_OK || f->clear == f->bytes)
		return result;
	if (f->clear_len > f->room)
		return MPPE_TOO_LONG;
	memcpy(f->bytes, f->clear, f->clear_len);
	return MPPE_OK;
}

int
mppe_decrypt(struct mppe_receiver *m, uint8_t *frame, size_t len, size_t room,
    uint64_t now)
{
	struct cursor c = cursor_of(frame, len);
	struct arrival f = { .bytes = frame + MPPE_HEADER };
	enum mppe_result result;

	if (m->score > SCORE_MAX)
		result = MPPE_DEAD;
	else if (cursor_u16(&c, &f.header) == -1 || c.left == 0)
		result = MPPE_SHORT;
	else {
		f.count = f.header % MPPE_COUNTS;
		f.len = c.left;
		f.room = room - MPPE_HEADER;
		result = receive(m, &f, now);
		if (result != MPPE_OK && m->score > SCORE_MAX)
			result = MPPE_DEAD;
	}
	m->counters[result]++;
	return result == MPPE_OK ? (int)f.clear_len : -(int)result;
}
