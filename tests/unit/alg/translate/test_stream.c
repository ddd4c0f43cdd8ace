/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole calls, their streams cut in every way: what arrives may not depend
 * on the cuts.  Another client holds all IDs from 0x1200 to 0x12FF, so that
 * both bytes of ours change.
 */
#include <stdlib.h>

#include "tests/unit/play.h"

#define CLIENT	0x0A000001
#define OTHER	0x0A000002
#define SERVER	0xC6336401
#define ID	0x1234		/* the inside end's */
#define PEER	0x5678		/* the outside end's */
#define PAGE	0x1200

/* A message and whose its IDs are: the inside's, the outside's, none. */
struct line_of_script {
	enum alg_dir	 dir;
	int		 type;
	char		 first, second;
};

static const struct line_of_script client_inside[] = {
	{ OUT, SCCRQ, '-', '-' }, { IN, SCCRP, '-', '-' },
	{ OUT, OCRQ, 'i', '-' }, { IN, OCRP, 'o', 'i' },
	{ IN, SLI, 'i', '-' }, { OUT, SLI, 'o', '-' },
	{ OUT, ECHORQ, '-', '-' }, { OUT, CCRQ, 'i', '-' },
	{ IN, ECHORP, '-', '-' }, { IN, CDN, 'o', '-' },
	{ OUT, STOPRQ, '-', '-' }, { IN, STOPRP, '-', '-' }, { 0 }
};
static const struct line_of_script server_inside[] = {
	{ IN, SCCRQ, '-', '-' }, { OUT, SCCRP, '-', '-' },
	{ IN, OCRQ, 'o', '-' }, { OUT, OCRP, 'i', 'o' },
	{ OUT, SLI, 'o', '-' }, { IN, SLI, 'i', '-' },
	{ IN, CCRQ, 'o', '-' }, { OUT, CDN, 'i', '-' },
	{ IN, STOPRQ, '-', '-' }, { OUT, STOPRP, '-', '-' }, { 0 }
};
static const struct line_of_script asked_by_outside[] = {
	{ IN, ICRQ, 'o', '-' }, { OUT, ICRP, 'i', 'o' },
	{ IN, ICCN, 'i', '-' }, { IN, WEN, 'i', '-' },
	{ OUT, SLI, 'o', '-' }, { OUT, CCRQ, 'i', '-' },
	{ IN, CDN, 'i', '-' }, { 0 }
};
static const struct line_of_script asked_by_inside[] = {
	{ OUT, ICRQ, 'i', '-' }, { IN, ICRP, 'o', 'i' },
	{ OUT, ICCN, 'o', '-' }, { OUT, WEN, 'o', '-' },
	{ IN, SLI, 'i', '-' }, { IN, CCRQ, 'o', '-' },
	{ OUT, CDN, 'o', '-' }, { 0 }
};
static const struct line_of_script *const scripts[] = {
	client_inside, server_inside, asked_by_outside, asked_by_inside
};
/* How far two cuts may be apart; under ASan everything takes long. */
#ifdef __SANITIZE_ADDRESS__
#define ALL	20
#define NEAR	10
#else
#define ALL	PLAY_STREAM
#define NEAR	40
#endif
#define SCRIPTS	(sizeof(scripts) / sizeof(scripts[0]))

/* How to send: where to cut, counted through all turns, and what else. */
struct manner {
	uint32_t	 cut[2];	/* 0: none */
	uint32_t	 every;		/* 0: not */
	uint32_t	 overlap;	/* bytes sent again with others */
	bool		 twice;		/* each segment */
	bool		 early;		/* the next one comes first, in vain */
	bool		 no_acks;	/* until the turn is over */
	bool		 again;		/* the whole turn, after its acks */
};

struct show {
	struct play		 play;
	struct play_line	 line;
	struct manner		 manner;
	uint32_t		 before;	/* bytes of the turns before */
	uint16_t		 mapped;
	bool			 mapped_known;
	uint16_t		 port;
};

static void
set(struct show *s)
{
	memset(s, 0, sizeof(*s));
	play_start(&s->play, NULL);
	for (uint16_t i = 0; i < 256; i++) {
		if (i % 64 == 0) {
			play_line(&s->play, &s->line, OTHER, i, SERVER, 1723);
			play_open(&s->line, OUT);
		}
		play_tell(&s->line, OUT, OCRQ, (uint16_t)(PAGE + i), 0, 0);
		assert_int_equal(play_id(&s->line), PAGE + i);
	}
}

static uint32_t
next_cut(const struct show *s, uint32_t pos, uint32_t len)
{
	const struct manner *m = &s->manner;
	uint32_t end = len;

	if (m->every > 0 && pos + m->every < end)
		end = pos + m->every;
	for (int i = 0; i < 2; i++) {
		if (m->cut[i] > s->before + pos && m->cut[i] - s->before < end)
			end = m->cut[i] - s->before;
	}
	return end;
}

/* One segment with bytes from..end of a turn that started at offset. */
static void
piece(struct show *s, enum alg_dir dir, const uint8_t *bytes, uint32_t offset,
    uint32_t from, uint32_t end)
{
	uint32_t start = from > s->manner.overlap ?
	    from - s->manner.overlap : 0;

	assert_int_equal(play_segment(&s->line, dir, offset + start, PLAY_ACK,
	    bytes + start, end - start), ALG_PASS);
	if (s->manner.twice)
		assert_int_equal(play_segment(&s->line, dir, offset + from,
		    PLAY_ACK, bytes + from, end - from), ALG_PASS);
	if (!s->manner.no_acks)
		assert_int_equal(play_ack(&s->line, dir == OUT ? IN : OUT),
		    ALG_PASS);
}

/* As TCP does it: what did not arrive is sent again with what follows. */
static void
speak(struct show *s, enum alg_dir dir, const uint8_t *bytes, uint32_t len)
{
	struct play_line *l = &s->line;
	uint32_t offset = l->sent[dir], got, end = 0;

	l->sent[dir] += len;
	while ((got = l->got[dir] - offset) < len) {
		end = next_cut(s, end > got ? end : got, len);
		if (s->manner.early && end < len)
			assert_int_equal(play_segment(l, dir, offset + end,
			    PLAY_ACK, bytes + end, len - end), ALG_PASS);
		piece(s, dir, bytes, offset, got, end);
	}
	assert_int_equal(play_ack(l, dir == OUT ? IN : OUT), ALG_PASS);
	if (!s->manner.again)
		return;
	for (uint32_t i = 0; i < len; i += 7)
		assert_int_equal(play_segment(l, dir, offset + i, PLAY_ACK,
		    bytes + i, len - i > 50 ? 50 : len - i), ALG_PASS);
	assert_int_equal(l->got[dir], l->sent[dir]);
}

/* The ID that stands for a letter, as it is written on one side. */
static uint16_t
id_of(const struct show *s, char whose, bool inside)
{
	return whose == 'o' ? PEER : inside ? ID : s->mapped;
}

static size_t
write_message(const struct show *s, const struct line_of_script *e,
    bool inside, uint8_t *m)
{
	return wire_message(m, e->type, id_of(s, e->first, inside),
	    id_of(s, e->second, inside), 1);
}

/* All that one end says before the other one answers. */
static const struct line_of_script *
turn(struct show *s, const struct line_of_script *e)
{
	enum alg_dir dir = e->dir;
	uint8_t bytes[1024], want[1024];
	const uint8_t *heard = s->line.heard[dir] + s->line.got[dir];
	const struct line_of_script *first = e;
	uint32_t len = 0, n = 0;

	for (; e->type != 0 && e->dir == dir; e++)
		len += (uint32_t)write_message(s, e, dir == OUT, bytes + len);
	speak(s, dir, bytes, len);
	for (e = first; e->type != 0 && e->dir == dir; e++) {
		if (!s->mapped_known && dir == OUT && e->first == 'i') {
			s->mapped = wire_get16(heard + n + 12);
			s->mapped_known = true;
		}
		n += (uint32_t)write_message(s, e, dir == IN, want + n);
	}
	assert_memory_equal(heard, want, len);
	s->before += len;
	return e;
}

static void
close_line(struct show *s)
{
	alg_lost(s->play.alg, &s->line.flow, s->play.now);
	play_drain(&s->play);
	play_wait(&s->play, 0);
	assert_int_equal(play_counters(&s->play).calls, 256);
	assert_int_equal(play_counters(&s->play).connections, 4);
	assert_int_equal(play_counters(&s->play).quarantined, 0);
}

/* Returns how long all turns were. */
static uint32_t
perform(struct show *s, const struct line_of_script *e, struct manner manner)
{
	struct alg_counters before = play_counters(&s->play), after;

	s->manner = manner;
	s->before = 0;
	s->mapped = 0;
	s->mapped_known = false;
	play_line(&s->play, &s->line, CLIENT, ++s->port, SERVER, 1723);
	play_open(&s->line, OUT);
	play_forget(&s->play);
	while (e->type != 0)
		e = turn(s, e);
	assert_int_not_equal(s->mapped & 0xFF00, PAGE);
	assert_int_equal(s->play.nchanges, 3);
	play_change(&s->play, ALG_CHANGE_REQUEST, REASON_NONE);
	play_change(&s->play, ALG_CHANGE_UP, REASON_NONE);
	play_change(&s->play, ALG_CHANGE_DOWN, REASON_CLEAR);
	close_line(s);
	after = play_counters(&s->play);
	assert_int_equal(after.reasons[REASON_UNKNOWN_ID],
	    before.reasons[REASON_UNKNOWN_ID]);
	assert_int_equal(after.reasons[REASON_CONFLICT], 0);
	return s->before;
}

static void
test_plain(void **state)
{
	struct show *s = calloc(1, sizeof(*s));

	set(s);
	for (size_t i = 0; i < SCRIPTS; i++)
		assert_in_range(perform(s, scripts[i], (struct manner){ 0 }),
		    400, 1000);
	play_stop(&s->play);
	free(s);
}

/* Cut everywhere, at every step width, in every manner. */
static void
test_every_width(void **state)
{
	static const struct manner manners[] = {
		{ .every = 1 }, { .twice = true }, { .early = true },
		{ .no_acks = true }, { .again = true }, { .overlap = 1 },
		{ .overlap = 30 },
		{ .twice = true, .early = true, .overlap = 5, .again = true,
		    .no_acks = true }
	};
	struct show *s = calloc(1, sizeof(*s));

	set(s);
	for (size_t i = 0; i < SCRIPTS; i++) {
		for (size_t n = 0; n < 8; n++) {
			for (uint32_t width = 1; width < 60; width++) {
				struct manner m = manners[n];

				m.every = width;
				perform(s, scripts[i], m);
			}
		}
	}
	play_stop(&s->play);
	free(s);
}

static void
test_every_split(void **state)
{
	struct show *s = calloc(1, sizeof(*s));

	set(s);
	for (size_t i = 0; i < SCRIPTS; i++) {
		uint32_t len = perform(s, scripts[i], (struct manner){ 0 });

		for (uint32_t at = 1; at < len; at++)
			perform(s, scripts[i], (struct manner){
			    .cut = { at }, .early = true, .again = true });
	}
	play_stop(&s->play);
	free(s);
}

/* In one script all pairs, in the others those that may meet in a message. */
static void
test_every_pair(void **state)
{
	struct show *s = calloc(1, sizeof(*s));

	set(s);
	for (size_t i = 0; i < SCRIPTS; i++) {
		uint32_t len = perform(s, scripts[i], (struct manner){ 0 });
		uint32_t far = scripts[i] == asked_by_outside ? ALL : NEAR;

		for (uint32_t a = 1; a < len; a++)
			for (uint32_t b = a + 1; b < len && b < a + far; b++)
				perform(s, scripts[i], (struct manner){
				    .cut = { a, b } });
	}
	play_stop(&s->play);
	free(s);
}

/* Sequence numbers that pass 2^32 at every byte. */
static void
test_wrap_around(void **state)
{
	struct show *s = calloc(1, sizeof(*s));
	uint8_t m[168];

	set(s);
	for (uint32_t i = 0; i < 400; i++) {
		play_line(&s->play, &s->line, CLIENT, 5, SERVER, 1723);
		s->line.start[OUT] = 0 - i;
		s->line.start[IN] = 200 - i;
		play_open(&s->line, OUT);
		s->manner = (struct manner){ .every = 11, .again = true,
		    .early = true };
		s->before = 0;
		wire_message(m, SCCRQ, 0, 0, 0);
		speak(s, OUT, m, 156);
		s->before = 0;
		wire_message(m, OCRQ, ID, 0, 0);
		speak(s, OUT, m, 168);
		s->mapped = wire_get16(s->line.heard[OUT] + 156 + 12);
		s->before = 0;
		speak(s, IN, m, wire_message(m, OCRP, PEER, s->mapped, 1));
		assert_int_equal(wire_get16(s->line.heard[IN] + 14), ID);
		close_line(s);
	}
	play_stop(&s->play);
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_every_width),
		cmocka_unit_test(test_every_split),
		cmocka_unit_test(test_every_pair),
		cmocka_unit_test(test_wrap_around),
	};

	return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
