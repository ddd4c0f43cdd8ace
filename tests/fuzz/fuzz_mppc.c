/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The input twice: as compressed frames (a byte of flags, two of length, the
 * frame), and as frames to compress, which have to come out again.  Whatever
 * comes out is inside the history.
 */
#include "alg/ppp/mppc.h"
#include "tests/fuzz/stage.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct scene {
	struct mppc_compressor	 c;
	uint8_t			 guard1[32];
	struct mppc_expander	 e;
	uint8_t			 guard2[32];
};

static void
expand(struct scene *x, struct cursor *frame, uint32_t flags)
{
	const uint8_t *out;
	int n = mppc_expand(&x->e, frame->pos, frame->left, flags & 1,
	    flags & 2, &out);

	if (n == -1)
		return;
	CHECK(out >= x->e.history);
	CHECK(out + n <= x->e.history + MPPC_HISTORY);
	CHECK(x->e.pos <= MPPC_HISTORY);
}

static void
pass(struct scene *x, struct cursor *frame, uint32_t flags)
{
	uint8_t line[MPPC_HISTORY];
	size_t room = flags & 4 ? flags * 8 : sizeof(line), n;
	const uint8_t *out;
	bool front;

	if (flags & 1)
		mppc_flush(&x->c);
	n = mppc_compress(&x->c, frame->pos, frame->left, line, room, &front);
	if (n == 0)
		return;
	CHECK(n < frame->left && n <= room);
	CHECK(mppc_expand(&x->e, line, n, flags & 1, front, &out) ==
	    (int)frame->left);
	CHECK(memcmp(out, frame->pos, frame->left) == 0);
}

static void
each(struct scene *x, const uint8_t *bytes, size_t len,
    void (*act)(struct scene *, struct cursor *, uint32_t))
{
	struct cursor in = cursor_of(bytes, len), frame;

	mppc_compressor_init(&x->c);
	mppc_expander_init(&x->e);
	while (in.left > 0) {
		uint32_t flags = stage_take(&in, 1), n = stage_take(&in, 2);

		if (cursor_sub(&in, n < in.left ? n : in.left, &frame) == 0)
			act(x, &frame, flags);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const uint8_t zeros[32];
	struct scene *x = calloc(1, sizeof(*x));

	each(x, bytes, len, expand);
	each(x, bytes, len, pass);
	CHECK(memcmp(x->guard1, zeros, sizeof(zeros)) == 0);
	CHECK(memcmp(x->guard2, zeros, sizeof(zeros)) == 0);
	free(x);
	return 0;
}
