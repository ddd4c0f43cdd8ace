/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alg/ppp/ppp.h"
#include "tests/unit/alg/ppp/play_ppp.h"

static uint64_t
next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return *state >> 33;
}

void
pp_line_init(struct pp_line *l)
{
	memset(l, 0, sizeof(*l));
	pp_server(&l->end[PP_SERVER]);
	pp_client(&l->end[PP_CLIENT]);
	l->now = 1000;
	l->random = 3;
}

void
pp_line_open(struct pp_line *l)
{
	pp_start(&l->end[PP_SERVER], l->now);
	pp_start(&l->end[PP_CLIENT], l->now);
}

static void
launch(struct pp_line *l, int to, const struct pp_frame *f, unsigned number)
{
	struct pp_frame *n;

	if (next_random(&l->random) % 100 < l->loss)
		return;
	assert_true(l->flying < PP_LINE_MAX);
	n = &l->flight[l->flying++];
	*n = *f;
	n->to = to;
	n->number = number;
	n->at = l->now + 10;
	if (l->jitter > 0)
		n->at += next_random(&l->random) % l->jitter;
}

/* Frames that were sent get under way, some twice, some not. */
static void
collect(struct pp_line *l)
{
	const struct pp_frame *f;

	for (int i = 0; i < 2; i++) {
		while ((f = pp_take(&l->end[i])) != NULL) {
			launch(l, !i, f, ++l->number[!i]);
			if (next_random(&l->random) % 100 < l->copies)
				launch(l, !i, f, l->number[!i]);
		}
	}
}

static unsigned
earliest(const struct pp_line *l)
{
	unsigned best = 0;

	for (unsigned i = 1; i < l->flying; i++)
		if (l->flight[i].at < l->flight[best].at)
			best = i;
	return best;
}

static void
arrive(struct pp_line *l, unsigned i)
{
	struct pp_frame f = l->flight[i];
	bool late = f.number <= l->highest[f.to];

	memmove(&l->flight[i], &l->flight[i + 1],
	    (--l->flying - i) * sizeof(f));
	l->carried++;
	if (l->tap != NULL)
		l->tap(l, &f);
	if (!late)
		l->highest[f.to] = f.number;
	if (f.len > 0)
		pp_input(&l->end[f.to], f.bytes, f.len, late, l->now);
}

static uint64_t
soonest(const struct pp_line *l)
{
	uint64_t due = ppp_due(&l->end[0].ppp), other = ppp_due(&l->end[1].ppp);

	if (other < due)
		due = other;
	if (l->flying > 0 && l->flight[earliest(l)].at < due)
		due = l->flight[earliest(l)].at;
	return due;
}

static void
step(struct pp_line *l)
{
	if (l->flying > 0 && l->flight[earliest(l)].at <= l->now)
		arrive(l, earliest(l));
	for (int i = 0; i < 2; i++)
		if (ppp_due(&l->end[i].ppp) <= l->now)
			ppp_tick(&l->end[i].ppp, l->now);
	collect(l);
}

static bool
done(const struct pp_line *l)
{
	return (l->end[0].open && l->end[1].open) || l->end[0].closes > 0 ||
	    l->end[1].closes > 0;
}

static void
run(struct pp_line *l, uint64_t ms, bool till_up)
{
	uint64_t end = l->now + ms, next;

	collect(l);
	while ((next = soonest(l)) <= end && !(till_up && done(l))) {
		if (next > l->now)
			l->now = next;
		step(l);
	}
	if (!till_up)
		l->now = end;
}

void
pp_line_run(struct pp_line *l, uint64_t ms)
{
	run(l, ms, false);
}

bool
pp_line_up(struct pp_line *l, uint64_t ms)
{
	run(l, ms, true);
	return l->end[0].open && l->end[1].open;
}

bool
pp_line_packet(struct pp_line *l, int from, size_t len)
{
	uint8_t room[PPP_HEADROOM + PP_FRAME_MAX];
	uint8_t *packet = room + PPP_HEADROOM;
	bool sent;

	memset(packet, 'a', len);
	packet[0] = 0x45;
	packet[1] = 0;
	packet[2] = (uint8_t)(len >> 8);
	packet[3] = (uint8_t)len;
	sent = pp_send(&l->end[from], packet, len, l->now) == 0;
	collect(l);
	return sent;
}
