/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames that a peer may send, among those of a real sender.  The first byte
 * of the input chooses the mode; then a byte each time: 0 a real frame, 1 a
 * Reset-Request, 2 time goes by, else a frame: two bytes of length, the frame.
 */
#include "alg/ppp/mppe.h"
#include "tests/fuzz/stage.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define ROOM	600

struct scene {
	struct mppe_sender	 s;
	struct mppe_receiver	 m;
	struct mppc_compressor	 c;
	struct mppc_expander	 e;
	uint64_t		 now;
	uint32_t		 frames;
};

/* What was promised of what comes out, and of the bytes behind it. */
static void
receive(struct scene *x, const uint8_t *bytes, size_t len)
{
	uint8_t *frame = malloc(ROOM);
	size_t ip;
	int n;

	memcpy(frame, bytes, len);
	n = mppe_decrypt(&x->m, frame, len, ROOM, x->now);
	x->frames++;
	CHECK(n != 0 && n > -MPPE_RESULT_COUNT && n <= ROOM - 2);
	if (n > 0) {
		ip = frame[2] == 0 ? 2 : 1;
		CHECK(frame[1 + ip] == 0x21 || frame[1 + ip] == 0x57);
		CHECK((size_t)n >= ip + 20);
		CHECK(frame[2 + ip] >> 4 == (frame[1 + ip] == 0x21 ? 4 : 6));
	}
	free(frame);
}

static void
send(struct scene *x)
{
	uint8_t frame[ROOM] = { 0, 0, 0, 0x21, 0x45, 0, 0, 60 };
	size_t n;

	n = mppe_encrypt(&x->s, frame + 2, 62 + x->now % 8);
	receive(x, frame, n);
}

static void
act(struct scene *x, struct cursor *in)
{
	uint32_t what = stage_take(in, 1), len;
	const uint8_t *bytes;

	if (what == 0)
		send(x);
	else if (what == 1)
		mppe_reset(&x->s);
	else if (what == 2)
		x->now += 100;
	else {
		len = stage_take(in, 2);
		len = len < in->left ? len : (uint32_t)in->left;
		len = len < ROOM ? len : ROOM;
		if (cursor_bytes(in, len, &bytes) == 0)
			receive(x, bytes, len);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const uint8_t start[16] = "not that random";
	static const int bits[] = { 0, 40, 56, 128 };
	struct cursor in = cursor_of(bytes, len);
	struct scene *x = calloc(1, sizeof(*x));
	uint32_t mode = stage_take(&in, 1), sum = 0;

	mppe_sender_init(&x->s, bits[mode % 4], mode & 4, start,
	    mode & 8 ? &x->c : NULL);
	mppe_receiver_init(&x->m, bits[mode % 4], mode & 4, start,
	    mode & 8 ? &x->e : NULL);
	while (in.left > 0)
		act(x, &in);
	for (int i = 0; i < MPPE_RESULT_COUNT; i++)
		sum += x->m.counters[i];
	CHECK(sum == x->frames);
	free(x);
	return 0;
}
