/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "alg/base/cursor.h"
#include "alg/ppp/mppe.h"

#define COMPRESS_MAX	2048	/* longer frames are not compressed */

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
 * Whether the next frame starts afresh, with bit A; then the key is changed,
 * too.  RFC 3078 would have the key stay after a Reset-Request, so that a
 * keystream is used twice; Linux changes it.  A count that jumps to the
 * next regular change is understood by all: what is between looks lost.
 */
static bool
start_afresh(struct mppe_sender *s)
{
	bool fresh;

	if (s->flush && !s->stateless && s->key.len > 0)
		s->count |= 0xFF;
	fresh = s->flush || s->stateless ||
	    (s->key.len > 0 && (s->count & 0xFF) == 0xFF);
	s->flush = false;
	if (!fresh)
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
compress(struct mppe_sender *s, uint8_t *frame, size_t *len)
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
	uint16_t header = start_afresh(s) ? MPPE_FLUSHED : 0;

	header |= s->count;
	s->count = (s->count + 1) % MPPE_COUNTS;
	if (s->mppc != NULL && len <= COMPRESS_MAX)
		header |= compress(s, frame, &len);
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
