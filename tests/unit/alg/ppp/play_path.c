/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The path of encrypted frames: what it loses, repeats, reorders and forges. */
#include <stdlib.h>

#include "tests/unit/alg/ppp/play_path.h"

struct path *
path_new(enum path_style style, int bits, bool stateless, bool mppc)
{
	struct path *p = calloc(1, sizeof(*p));

	p->style = style;
	p->seed = 88172645463325252ULL + (unsigned)bits;
	p->late_most = 40;
	mppe_sender_init(&p->s, bits, stateless, hex(PATH_START),
	    mppc ? &p->c : NULL);
	mppe_receiver_init(&p->m, bits, stateless, hex(PATH_START),
	    mppc ? &p->e : NULL);
	return p;
}

static bool
chance(struct path *p, int in_1000)
{
	return (int)(hex_random(&p->seed) % 1000) < in_1000;
}

size_t
path_make(uint8_t *frame, uint32_t serial)
{
	size_t len = 30 + serial * 37 % 400;

	memset(frame, (int)serial, len);
	for (size_t i = 30; i < len / 2; i++)
		frame[i] = (uint8_t)(serial * (i * i + 7) >> 4);
	memcpy(frame, "\0\x21\x45\0\0\0\0\0\x40\0\x40\1\0", 14);
	frame[4] = (uint8_t)((len - 2) >> 8);
	frame[5] = (uint8_t)(len - 2);
	for (int i = 0; i < 4; i++)
		frame[22 + i] = (uint8_t)(serial >> 8 * i);
	return len;
}

/* Other implementations, as far as they are different. */
static size_t
encrypt(struct path *p, uint8_t *frame, size_t len)
{
	struct mppe_sender *s = &p->s;
	bool regular = s->count % 256 == 255, flush = s->flush;
	uint16_t header = MPPE_ENCRYPTED | s->count;

	if (p->style == PATH_OURS || s->stateless)
		return mppe_encrypt(s, frame, len);
	s->flush = false;
	if (regular || (flush && p->style == PATH_LINUX))
		mppe_key_change(&s->key);
	if (regular || flush)
		crypto_rc4_key(&s->rc4, s->key.session, s->key.len);
	if (flush || (regular && p->style != PATH_NO_BIT_A))
		header |= MPPE_FLUSHED;
	crypto_rc4(&s->rc4, frame, frame, len);
	frame[-2] = (uint8_t)(header >> 8);
	frame[-1] = (uint8_t)header;
	s->count = (s->count + 1) % MPPE_COUNTS;
	return len + MPPE_HEADER;
}

static void
receive(struct path *p, struct path_frame *f)
{
	uint8_t want[PATH_FRAME];
	size_t len = f->serial ? path_make(want, f->serial) : 0;
	int n = mppe_decrypt(&p->m, f->bytes, f->len, PATH_FRAME, p->now);

	p->arrived += f->serial != 0;
	if (n > 0 && f->serial != 0) {
		assert_int_equal(n, len);
		assert_memory_equal(f->bytes + 2, want, len);
		p->opened++;
		if (f->serial - p->last_opened > p->gap &&
		    f->serial > p->last_opened)
			p->gap = f->serial - p->last_opened;
		p->last_opened = f->serial;
	}
	if (n == -MPPE_LOST && p->reset == 0)
		p->reset = 20;
	assert_int_not_equal(n, -MPPE_DEAD);
}

static void
forge(struct path *p)
{
	struct path_frame f = { .len = 60 };

	for (size_t i = 0; i < f.len; i++)
		f.bytes[i] = (uint8_t)hex_random(&p->seed);
	f.bytes[0] = (uint8_t)(0x90 | (f.bytes[0] & 0x0F));
	receive(p, &f);
}

/* Puts it onto the path, where it may be lost, or take longer. */
static void
travel(struct path *p, const struct path_frame *f)
{
	struct path_frame copy;

	if (chance(p, p->loss))
		return;
	if (chance(p, p->late))
		for (int i = 0; i < PATH_HELD; i++)
			if (p->held[i].left == 0) {
				p->held[i] = *f;
				p->held[i].left = 1 + (int)(hex_random(
				    &p->seed) % (unsigned)p->late_most);
				return;
			}
	copy = *f;
	receive(p, &copy);
}

void
path_run(struct path *p, uint32_t frames)
{
	struct path_frame f;

	for (; frames > 0; frames--, p->now++) {
		f.serial = ++p->sent;
		f.len = encrypt(p, f.bytes + 2, path_make(f.bytes + 2,
		    f.serial));
		travel(p, &f);
		if (chance(p, p->repeat))
			travel(p, &f);
		if (chance(p, p->forge))
			forge(p);
		for (int i = 0; i < PATH_HELD; i++)
			if (p->held[i].left > 0 && --p->held[i].left == 0)
				receive(p, &p->held[i]);
		if (p->reset > 0 && --p->reset == 0 && !chance(p, p->loss))
			mppe_reset(&p->s);
	}
}

void
path_lose(struct path *p, uint32_t frames)
{
	p->loss = 1000;
	path_run(p, frames);
	p->loss = 0;
}

void
path_run_well(struct path *p)
{
	uint32_t opened;

	p->loss = p->repeat = p->late = p->forge = 0;
	path_run(p, 300);
	opened = p->opened;
	path_run(p, 1000);
	assert_int_equal(p->opened, opened + 1000);
	free(p);
}
