/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "alg/ppp/mppe.h"

/*
 * What MPPE and MPPC cost for one frame, in ns of CPU, and what is left of it
 * on the line, in percent: the smallest of some rounds.
 */
#define ROUNDS	9
#define FRAMES	2000
#define ROOM	2048

static const struct mode {
	const char	*name;
	int		 bits;
	bool		 stateless, mppc;
} modes[] = {
	{ "128 bits, stateless", 128, true, false },
	{ "40 bits, stateless", 40, true, false },
	{ "128 bits, stateful", 128, false, false },
	{ "128 bits, stateless, MPPC", 128, true, true },
	{ "128 bits, stateful, MPPC", 128, false, true },
};

static uint64_t
cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* A PPP frame with an IPv4 packet of words. */
static void
make(uint8_t *frame, size_t len, uint32_t serial)
{
	static const char words[] = "the bell tolls for thee, for whom the ";

	memset(frame, 0, len);
	frame[1] = 0x21;
	frame[2] = 0x45;
	frame[4] = (uint8_t)((len - 2) >> 8);
	frame[5] = (uint8_t)(len - 2);
	for (size_t i = 22; i < len; i++)
		frame[i] = (uint8_t)words[(i * i / 9 + serial) % 38];
}

/* Keeps the smaller time of a round. */
static void
keep(uint64_t *best, uint64_t spent)
{
	if (*best == 0 || spent < *best)
		*best = spent;
}

static int
measure(const struct mode *mode, size_t len)
{
	static struct mppc_compressor c;
	static struct mppc_expander e;
	static uint8_t frames[FRAMES][ROOM];
	static size_t lens[FRAMES];
	uint8_t start[16] = "not that random";
	uint64_t sent = 0, received = 0, before;
	struct mppe_sender s;
	struct mppe_receiver m;
	size_t line = 0;

	for (int round = 0; round < ROUNDS; round++) {
		mppe_sender_init(&s, mode->bits, mode->stateless, start,
		    mode->mppc ? &c : NULL);
		mppe_receiver_init(&m, mode->bits, mode->stateless, start,
		    mode->mppc ? &e : NULL);
		for (uint32_t i = 0; i < FRAMES; i++)
			make(frames[i] + MPPE_HEADER, len, i);
		before = cpu();
		for (int i = 0; i < FRAMES; i++)
			lens[i] = mppe_encrypt(&s, frames[i] + MPPE_HEADER,
			    len);
		keep(&sent, cpu() - before);
		for (int i = 0; i < FRAMES; i++)
			line += lens[i];
		before = cpu();
		for (int i = 0; i < FRAMES; i++)
			mppe_decrypt(&m, frames[i], lens[i], ROOM, 0);
		keep(&received, cpu() - before);
		if (m.counters[MPPE_OK] != FRAMES)
			return -1;
	}
	printf("%-28s %5zu %8.0f %8.0f %8.0f\n", mode->name, len,
	    (double)sent / FRAMES, (double)received / FRAMES,
	    100.0 * (double)line / ROUNDS / FRAMES / (double)len);
	return 0;
}

int
main(void)
{
	static const size_t lens[] = { 60, 1400 };

	printf("%-28s %5s %8s %8s %8s\n", "", "bytes", "encrypt", "decrypt",
	    "line, %");
	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
			if (measure(&modes[i], lens[k]) == -1)
				return 1;
	return 0;
}
