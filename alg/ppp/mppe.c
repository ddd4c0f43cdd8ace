/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Encryption of frames by MPPE (RFC 3078): the session keys, the sender, and
 * the receiver in stateless and in stateful mode.
 */
#include <string.h>

#include "alg/base/cursor.h"
#include "alg/ppp/mppe.h"

#define COMPRESS_MAX	2048	/* longer frames are not compressed */

#define LATE_MAX	512	/* behind by more is not just late */
#define SCORE_GARBAGE	100	/* as Linux counts; a good frame halves it */
#define SCORE_NOT_IP	50
#define SCORE_MAX	1600
#define EXTRA_MAX	8	/* key changes that a sender made on its own */
#define RESET_COST	64	/* of all attempts, in key changes */
#define BUDGET_MAX	(2 * MPPE_AHEAD)	/* skipped key changes */
#define BUDGET_PER_MS	16

#define IPV4		0x21
#define IPV6		0x57
#define LEAST_PROTOCOL	0x21
#define LAST_PROTOCOL	0xFA

/* --- session keys --------------------------------------------------------- */

/* RFC 3079 section 2.1: the fixed first bytes of a key of 40 or 56 bits. */
static void
reduce_key(struct mppe_key *k)
{
	static const uint8_t fixed[3] = { 0xD1, 0x26, 0x9E };

	memcpy(k->session, fixed, k->fixed);
}

/* GetNewKeyFromSHA of RFC 3079 section 3.4 (Get_Key of section 2.3). */
static void
new_key_from_sha(struct mppe_key *k)
{
	static const uint8_t pad1[40], pad2[40] = { [0 ... 39] = 0xF2 };
	uint8_t digest[CRYPTO_SHA1];
	const struct crypto_piece pieces[] = {
		{ k->start, k->len }, { pad1, sizeof(pad1) },
		{ k->session, k->len }, { pad2, sizeof(pad2) },
	};

	crypto_sha1(digest, pieces, sizeof(pieces) / sizeof(*pieces));
	memcpy(k->session, digest, k->len);
	explicit_bzero(digest, sizeof(digest));
}

void
mppe_key_init(struct mppe_key *k, int bits, const uint8_t start[16])
{
	memset(k, 0, sizeof(*k));
	if (bits == 0)
		return;
	k->len = bits == 128 ? 16 : 8;
	k->fixed = bits == 40 ? 3 : bits == 56 ? 1 : 0;
	memcpy(k->start, start, k->len);
	memcpy(k->session, start, k->len);
	new_key_from_sha(k);
	reduce_key(k);
}

void
mppe_key_change(struct mppe_key *k)
{
	struct crypto_rc4 rc4;

	if (k->len == 0)
		return;
	new_key_from_sha(k);
	crypto_rc4_key(&rc4, k->session, k->len);
	crypto_rc4(&rc4, k->session, k->session, k->len);
	reduce_key(k);
	explicit_bzero(&rc4, sizeof(rc4));
}

/* --- sender --------------------------------------------------------------- */

void
mppe_sender_init(struct mppe_sender *s, int bits, bool stateless,
    const uint8_t start[16], struct mppc_compressor *mppc)
{
	memset(s, 0, sizeof(*s));
	mppe_key_init(&s->key, bits, start);
	s->stateless = stateless;
	/*
	 * With a key there is no bit A on the first frame: Linux takes it for
	 * a change of the key.
	 */
	s->flush = bits == 0;
	s->mppc = mppc;
	if (mppc != NULL)
		mppc_compressor_init(mppc);
	if (bits != 0)
		crypto_rc4_key(&s->rc4, s->key.session, s->key.len);
}

/*
 * Whether the next frame is flushed, with bit A; then the key is changed, too.
 * RFC 3078 would have the key stay after a Reset-Request, so that a keystream
 * is used twice; Linux changes it.  A count that jumps to the next regular
 * change is understood by all: the frames between look lost.
 */
static bool
start_flushed(struct mppe_sender *s)
{
	bool flushed;

	if (s->flush && !s->stateless && s->key.len > 0)
		s->count |= 0xFF;
	flushed = s->flush || s->stateless ||
	    (s->key.len > 0 && (s->count & 0xFF) == 0xFF);
	s->flush = false;
	if (!flushed)
		return false;
	mppe_key_change(&s->key);
	if (s->key.len > 0)
		crypto_rc4_key(&s->rc4, s->key.session, s->key.len);
	if (s->mppc != NULL)
		mppc_flush(s->mppc);
	return true;
}

/* Compresses in place if it is worth it; the bits to set. */
static uint16_t
compress_frame(struct mppe_sender *s, uint8_t *frame, size_t *len)
{
	uint8_t out[COMPRESS_MAX];
	bool front;
	size_t n;

	n = mppc_compress(s->mppc, frame, *len, out, sizeof(out), &front);
	if (n == 0)
		return 0;
	memcpy(frame, out, n);
	*len = n;
	s->compressed++;
	return MPPE_COMPRESSED | (front ? MPPE_FRONT : 0);
}

size_t
mppe_encrypt(struct mppe_sender *s, uint8_t *frame, size_t len)
{
	struct writer w = writer_of(frame - MPPE_HEADER, MPPE_HEADER);
	uint16_t header = start_flushed(s) ? MPPE_FLUSHED : 0;

	header |= s->count;
	s->count = (s->count + 1) % MPPE_COUNTS;
	if (s->mppc != NULL && len <= COMPRESS_MAX)
		header |= compress_frame(s, frame, &len);
	if (s->key.len > 0) {
		header |= MPPE_ENCRYPTED;
		crypto_rc4(&s->rc4, frame, frame, len);
	}
	writer_u16(&w, header);
	s->frames++;
	return len + MPPE_HEADER;
}

void
mppe_reset(struct mppe_sender *s)
{
	s->flush = true;
	s->resets++;
}

/* --- receiver ------------------------------------------------------------- */

/*
 * MPPE does not authenticate frames, and anyone who can forge GRE can put one
 * in.  So only a frame that decrypts to an IP packet changes the receiver's
 * state.  All others raise a score, until it is clear that the keys differ.
 * And the key changes that forged coherency counts cost come out of a budget.
 */

enum content {
	IP_PACKET,
	NOT_IP,		/* another protocol, or an IP packet cut short */
	GARBAGE		/* no protocol field */
};

/* A frame that is being received. */
struct mppe_frame {
	uint16_t	 header, count;
	uint8_t		*bytes;		/* after the header */
	size_t		 len, room;	/* room: from bytes on */
	const uint8_t	*clear;		/* the cleartext: bytes, or expanded */
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

static enum content
classify_ipv4(struct cursor c)
{
	size_t here = c.left;
	uint8_t version;
	uint16_t len;

	if (cursor_u8(&c, &version) == -1 || cursor_skip(&c, 1) == -1 ||
	    cursor_u16(&c, &len) == -1)
		return NOT_IP;
	return version >> 4 == 4 && (version & 15) >= 5 && len >= 20 &&
	    len <= here ? IP_PACKET : NOT_IP;
}

static enum content
classify_ipv6(struct cursor c)
{
	size_t here = c.left;
	uint32_t version;
	uint16_t len;

	if (cursor_u32(&c, &version) == -1 || cursor_u16(&c, &len) == -1)
		return NOT_IP;
	return version >> 28 == 6 && len + 40u <= here ? IP_PACKET : NOT_IP;
}

static enum content
classify_content(const struct mppe_frame *f)
{
	struct cursor c = cursor_of(f->clear, f->clear_len);
	uint8_t first, protocol;

	if (cursor_u8(&c, &first) == -1)
		return GARBAGE;
	protocol = first;
	if (first % 2 == 0 && (first != 0 || cursor_u8(&c, &protocol) == -1))
		return GARBAGE;
	if (protocol < LEAST_PROTOCOL || protocol > LAST_PROTOCOL)
		return GARBAGE;
	if (protocol == IPV4)
		return classify_ipv4(c);
	return protocol == IPV6 ? classify_ipv6(c) : NOT_IP;
}

/* Decrypts in place and expands into MPPC's history. */
static enum content
decode_frame(struct mppe_receiver *m, struct crypto_rc4 *rc4,
    const struct mppe_key *key, struct mppe_frame *f)
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
			return GARBAGE;
		f->clear_len = (size_t)n;
	}
	return classify_content(f);
}

/* Keeps the score; the result for a frame with such content. */
static enum mppe_result
keep_score(struct mppe_receiver *m, enum content content)
{
	switch (content) {
	case IP_PACKET:
		m->score /= 2;
		return MPPE_OK;
	case NOT_IP:
		m->score += SCORE_NOT_IP;
		return MPPE_OTHER;
	default:
		m->score += SCORE_GARBAGE;
		return MPPE_GARBLED;
	}
}

/* Takes so many key changes out of the budget; false: it has not so many. */
static bool
spend_budget(struct mppe_receiver *m, uint16_t changes, uint64_t now)
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

/* Expects the next frame; this one's key is kept, as it may come late. */
static void
advance_key(struct mppe_receiver *m)
{
	memcpy(m->kept[m->next % MPPE_KEPT], m->key.session,
	    sizeof(m->key.session));
	m->next = (m->next + 1) % MPPE_COUNTS;
	m->seen <<= 1;
	if (m->keys < MPPE_KEPT)
		m->keys++;
}

static enum content
decode_with_key(struct mppe_receiver *m, const uint8_t session[16],
    struct mppe_frame *f)
{
	struct crypto_rc4 rc4;
	enum content content;

	if (m->key.len > 0)
		crypto_rc4_key(&rc4, session, m->key.len);
	content = decode_frame(m, &rc4, &m->key, f);
	explicit_bzero(&rc4, sizeof(rc4));
	return content;
}

static enum mppe_result
receive_late(struct mppe_receiver *m, struct mppe_frame *f, uint16_t behind)
{
	uint64_t bit = (uint64_t)1 << (behind - 1);
	enum mppe_result result;

	if (m->seen & bit)
		return MPPE_REPEATED;
	result = keep_score(m,
	    decode_with_key(m, m->kept[f->count % MPPE_KEPT], f));
	if (result == MPPE_OK)
		m->seen |= bit;
	return result;
}

/* After a loss: the key moves on only if the frame holds an IP packet. */
static enum mppe_result
receive_jump(struct mppe_receiver *m, struct mppe_frame *f, uint16_t skipped)
{
	struct mppe_receiver ahead = *m;
	enum content content;

	for (int i = 0; i <= skipped; i++) {
		mppe_key_change(&ahead.key);
		advance_key(&ahead);
	}
	content = decode_with_key(&ahead, ahead.key.session, f);
	if (content == IP_PACKET) {
		*m = ahead;
		m->seen |= 1;
	}
	explicit_bzero(&ahead, sizeof(ahead));
	return keep_score(m, content);
}

/* In order; a frame without an IP packet leaves the state as it was. */
static enum mppe_result
receive_next(struct mppe_receiver *m, struct mppe_frame *f)
{
	struct mppe_key before = m->key;
	enum mppe_result result;

	mppe_key_change(&m->key);
	result = keep_score(m, decode_with_key(m, m->key.session, f));
	if (result == MPPE_OK) {
		advance_key(m);
		m->seen |= 1;
	} else
		m->key = before;
	explicit_bzero(&before, sizeof(before));
	return result;
}

static enum mppe_result
receive_stateless(struct mppe_receiver *m, struct mppe_frame *f, uint64_t now)
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
		m->score += SCORE_GARBAGE;
		return MPPE_FAR;
	}
	if (!spend_budget(m, skipped, now))
		return MPPE_BUDGET;
	return receive_jump(m, f, skipped);
}

/* --- stateful ------------------------------------------------------------- */

/* The state after a frame, until it is known to hold an IP packet. */
struct mppe_trial {
	struct mppe_key		 key;
	struct crypto_rc4	 rc4;
};

/*
 * Decrypts with the keystream that runs on or, at a flushed frame, with the
 * key after all regular changes up to it and some extra ones.
 */
static enum content
try_decode(struct mppe_receiver *m, struct mppe_trial *a, struct mppe_frame *f,
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
	return decode_frame(m, &a->rc4, &a->key, f);
}

/* Undoes a decryption: RC4 with the same keystream again. */
static void
restore_ciphertext(struct mppe_trial *a, struct mppe_frame *f)
{
	crypto_rc4_key(&a->rc4, a->key.session, a->key.len);
	crypto_rc4(&a->rc4, f->bytes, f->bytes, f->len);
}

/*
 * After a loss, or where bit A is no regular change.  Then the key is still
 * the same (RFC 3078), or was changed (Linux), also in frames that were lost.
 */
static enum content
decode_after_reset(struct mppe_receiver *m, struct mppe_trial *a,
    struct mppe_frame *f)
{
	for (unsigned extra = 0; extra <= EXTRA_MAX; extra++) {
		if (try_decode(m, a, f, extra) == IP_PACKET)
			return IP_PACKET;
		restore_ciphertext(a, f);
	}
	return GARBAGE;
}

static enum mppe_result
receive_stateful(struct mppe_receiver *m, struct mppe_frame *f, uint64_t now)
{
	uint16_t skipped = (uint16_t)(f->count - m->next) % MPPE_COUNTS;
	bool flushed = f->header & MPPE_FLUSHED;
	bool reset = m->key.len > 0 && (skipped > 0 ||
	    (flushed && f->count % 256 != 255));
	enum mppe_result result;
	struct mppe_trial a;

	if (MPPE_COUNTS - skipped <= LATE_MAX)
		return MPPE_LATE;
	if (!flushed && (m->lost || skipped > 0)) {
		m->lost = true;
		return MPPE_LOST;
	}
	if (reset && !spend_budget(m, RESET_COST, now))
		return MPPE_BUDGET;
	result = keep_score(m, reset ? decode_after_reset(m, &a, f) :
	    try_decode(m, &a, f, 0));
	if (result == MPPE_OK) {
		m->key = a.key;
		m->rc4 = a.rc4;
		m->next = (f->count + 1) % MPPE_COUNTS;
		m->lost = false;
	} else if (f->header & MPPE_COMPRESSED)
		m->lost = true;		/* MPPC's history may be spoiled */
	explicit_bzero(&a, sizeof(a));
	return result;
}

/* --- either mode ---------------------------------------------------------- */

/* The bits C and D as negotiated, and A on every stateless frame. */
static bool
has_agreed_bits(const struct mppe_receiver *m, uint16_t header)
{
	return (header & MPPE_ENCRYPTED) == (m->key.len > 0 ? MPPE_ENCRYPTED :
	    0) && ((header & MPPE_COMPRESSED) == 0 || m->mppc != NULL) &&
	    (header & MPPE_FLUSHED || !m->stateless);
}

static enum mppe_result
receive_frame(struct mppe_receiver *m, struct mppe_frame *f, uint64_t now)
{
	enum mppe_result result;

	if (!has_agreed_bits(m, f->header)) {
		m->score += SCORE_GARBAGE;
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
	struct mppe_frame f = { .bytes = frame + MPPE_HEADER };
	enum mppe_result result;

	if (m->score > SCORE_MAX)
		result = MPPE_DEAD;
	else if (cursor_u16(&c, &f.header) == -1 || c.left == 0)
		result = MPPE_SHORT;
	else {
		f.count = f.header % MPPE_COUNTS;
		f.len = c.left;
		f.room = room - MPPE_HEADER;
		result = receive_frame(m, &f, now);
		if (result != MPPE_OK && m->score > SCORE_MAX)
			result = MPPE_DEAD;
	}
	m->counters[result]++;
	return result == MPPE_OK ? (int)f.clear_len : -(int)result;
}
