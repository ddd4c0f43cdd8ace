/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records that nobody should trust: damaged, impossible, too many.  A
 * translator that takes some of them still works, and gives everything back at
 * the end.
 */
#include <stdlib.h>
#include <time.h>

#include "alg/record/packed.h"
#include "alg/record/record.h"
#include "alg/record/record_header.h"
#include "alg/record/restore.h"
#include "alg/translate/state.h"
#include "tests/unit/play.h"

#define CLIENT	0x0A000001U
#define SERVER	0xC6336401U
#define EPOCH	1790000000000ULL
#define LINES	4
#define SECONDS	3

struct scene {
	struct play		 play;
	struct play_line	 line[LINES];
	struct play_line	 played[LINES];	/* a copy, with a translator */
};

/* All kinds of records: bytes under way, half IDs, refused calls, freed IDs. */
static void
say_everything(struct scene *s)
{
	struct alg_config config = s->play.config;
	uint8_t m[256];
	size_t n;

	play_call(&s->line[0], 0x1234, 1);
	play_call(&s->line[1], 0x1234, 2);
	play_tell(&s->line[1], OUT, CCRQ, 0x1234, 0, 0);
	play_call(&s->line[1], 77, 3);
	play_tell(&s->line[1], IN, CDN, 3, 0, 1);
	wire_message(m, OCRQ, 0x1234, 0, 0);
	play_segment(&s->line[2], OUT, 0, PLAY_ACK, m, 13);
	n = wire_message(m, OCRQ, 0x4321, 0, 0);
	play_segment(&s->line[0], OUT, s->line[0].sent[OUT], PLAY_ACK, m, n);
	play_fin(&s->line[1], IN);
	config.calls_per_connection = 0;
	alg_configure(s->play.alg, &config);
	play_tell(&s->line[3], OUT, OCRQ, 9, 0, 0);
	alg_configure(s->play.alg, &s->play.config);
}

static int
setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	struct alg_config config = play_config();

	config.recording = true;
	config.quarantine = 60000;
	play_start(&s->play, &config);
	for (uint32_t i = 0; i < LINES; i++) {
		play_line(&s->play, &s->line[i], CLIENT + i, 4000, SERVER,
		    1723);
		play_open(&s->line[i], OUT);
	}
	say_everything(s);
	play_snapshot(&s->play);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct scene *s = *state;

	play_stop(&s->play);
	free(s);
	return 0;
}

static struct alg *
empty_translator(const struct scene *s)
{
	struct alg *a = alg_new(&s->play.config);

	assert_non_null(a);
	return a;
}

/* Nothing is left when all is over. */
static void
end(struct alg *a, uint64_t now)
{
	struct alg_connection_info c;
	struct alg_counters counters;
	struct alg_change change;
	uint8_t bytes[RECORD_MAX];
	uint32_t at = 0;

	while (alg_connections(a, &at, &c))
		(void)alg_reset(a, &c.flow, REASON_ADMIN, now);
	for (int day = 0; day < 3; day++) {
		alg_tick(a, now += 86400000);
		while (alg_change(a, &change))
			;
	}
	while (record_next(a, EPOCH, bytes, sizeof(bytes)) > 0)
		;
	alg_counters(a, &counters);
	assert_int_equal(counters.calls, 0);
	assert_int_equal(counters.connections, 0);
	assert_int_equal(counters.quarantined, 0);
	assert_int_equal(counters.calls_up, counters.calls_down);
	assert_int_equal(a->calls.pool.used, 0);
	assert_int_equal(a->clients.pool.used, 0);
	for (int i = 0; i < STREAM_SIZES; i++)
		assert_int_equal(a->streams.blocks[i].used, 0);
	assert_int_equal(a->spaces.spaces.used, 0);
	assert_int_equal(a->spaces.pages.used, 0);
	alg_free(a);
}

static enum reason
restore(struct scene *s, struct alg *a, const uint8_t *record, size_t len)
{
	uint8_t *exact = malloc(len);
	enum reason r;

	memcpy(exact, record, len);
	r = restore_record(a, s->play.now, EPOCH, exact, len);
	free(exact);
	return r;
}

/* A record and its body, which is changed and packed again. */
struct opened {
	enum record_kind	 kind;
	uint8_t			 body[RECORD_BODY_MAX + 1];
	size_t			 n;
	uint8_t			 record[RECORD_MAX];
};

static void
open_record(struct opened *o, const uint8_t *record)
{
	size_t len = play_record_length(record);
	struct cursor body;

	assert_int_equal(record_header_open(record, len, &o->kind, &body),
	    len);
	o->n = packed_read(body, o->body, sizeof(o->body));
	assert_in_range(o->n, 1, RECORD_BODY_MAX);
}

static enum reason
restore_opened(struct scene *s, struct alg *a, struct opened *o)
{
	size_t len = RECORD_HEADER +
	    packed_write(o->record + RECORD_HEADER, o->body, o->n);

	record_header_seal(o->record, len, o->kind);
	return restore(s, a, o->record, len);
}

#define EACH(s, record, len)						\
	for (const uint8_t *record = (s)->play.log;			\
	    record < (s)->play.log + (s)->play.nlog &&			\
	    (len = play_record_length(record)) > 0; record += len)

static void
test_truncated(void **state)
{
	struct scene *s = *state;
	struct alg *a = empty_translator(s);
	size_t len, records = 0;

	EACH(s, record, len) {
		for (size_t n = 0; n < len; n++)
			assert_int_equal(restore(s, a, record, n),
			    REASON_BAD_RECORD);
		assert_int_equal(restore(s, a, record, len), REASON_NONE);
		records++;
	}
	assert_true(records > 8);
	end(a, s->play.now);
}

/* The record, what it holds, and what it holds when it is unpacked. */
static void
test_longer(void **state)
{
	struct scene *s = *state;
	struct alg *a = empty_translator(s);
	static struct opened o;
	size_t len;

	EACH(s, record, len) {
		open_record(&o, record);
		memcpy(o.record, record, len);
		o.record[len] = 0;
		assert_int_equal(restore(s, a, o.record, len + 1),
		    REASON_BAD_RECORD);
		record_header_seal(o.record, len + 1, o.kind);
		assert_int_equal(restore(s, a, o.record, len + 1),
		    REASON_BAD_RECORD);
		o.body[o.n++] = 0;
		assert_int_equal(restore_opened(s, a, &o), REASON_BAD_RECORD);
		memset(o.body, 0, sizeof(o.body));
		o.n = sizeof(o.body);
		assert_int_equal(restore_opened(s, a, &o), REASON_BAD_RECORD);
	}
	end(a, s->play.now);
}

/* The checksum finds it; without one, what is taken over does no harm. */
static void
test_every_bit(void **state)
{
	struct scene *s = *state;
	struct alg *a = empty_translator(s);
	static struct opened o;
	size_t len;

	EACH(s, record, len) {
		for (size_t bit = 0; bit < len * 8; bit++) {
			memcpy(o.record, record, len);
			o.record[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_equal(restore(s, a, o.record, len),
			    REASON_BAD_RECORD);
		}
		open_record(&o, record);
		for (size_t bit = 0; bit < o.n * 8; bit++) {
			o.body[bit / 8] ^= (uint8_t)(1 << bit % 8);
			(void)restore_opened(s, a, &o);
			o.body[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		(void)restore(s, a, record, len);
	}
	end(a, s->play.now);
}

/* Many changes at once, in any order, with packets in between. */
static void
mangle(struct scene *s, struct alg *a)
{
	static struct opened o;
	size_t len, n = 0, which = (size_t)random() % 12;

	EACH(s, record, len) {
		if (n++ != which)
			continue;
		open_record(&o, record);
		for (long i = random() % 4; i > 0; i--)
			o.body[(size_t)random() % o.n] = (uint8_t)random();
		(void)restore_opened(s, a, &o);
	}
}

static void
disturb(struct scene *s, struct alg *a)
{
	struct play_line *l = &s->played[random() % LINES];
	enum alg_dir dir = random() % 2 ? OUT : IN;
	struct alg *ours = s->play.alg;
	uint8_t m[512];

	wire_message(m, (int)(OCRQ + random() % 8), 0x1234, 1, 1);
	wire_message(m + 168, OCRQ, 0x1235, 0, 0);
	s->play.alg = a;
	l->forgotten = true;
	play_segment(l, dir, l->got[dir], PLAY_ACK, m + random() % 40,
	    (size_t)random() % 300);
	s->play.alg = ours;
}

static void
test_any_change(void **state)
{
	struct scene *s = *state;
	time_t start = time(NULL);

	s->play.config.recording = false;	/* keep the log as it is */
	s->play.unchecked = true;
	for (unsigned seed = 1; seed <= 400 && time(NULL) - start < SECONDS;
	    seed++) {
		struct alg *a;

		s->play.config.connections = 1 + seed % 5;
		s->play.config.calls_per_connection = seed % 3;
		a = empty_translator(s);
		memcpy(s->played, s->line, sizeof(s->line));
		srandom(seed);
		for (int i = 0; i < 200; i++) {
			mangle(s, a);
			if (random() % 4 == 0)
				disturb(s, a);
		}
		end(a, s->play.now);
	}
}

/* Each record again and again: the last one counts, nothing adds up. */
static void
test_twice(void **state)
{
	struct scene *s = *state;
	struct alg_counters before = play_counters(&s->play), after;
	struct alg *a = empty_translator(s);
	size_t len;

	for (int i = 0; i < 3; i++) {
		EACH(s, record, len)
			assert_int_equal(restore(s, a, record, len),
			    REASON_NONE);
	}
	alg_counters(a, &after);
	assert_int_equal(before.calls, after.calls);
	assert_int_equal(before.connections, after.connections);
	assert_int_equal(before.quarantined, after.quarantined);
	end(a, s->play.now);
}

/* Fewer connections: those that fit are whole, nothing of others is there. */
static void
test_fewer_connections(void **state)
{
	struct scene *s = *state;
	struct alg_counters c;
	enum record_kind kind;
	struct cursor in;
	enum reason r;
	struct alg *a;
	size_t len;

	for (uint32_t n = 1; n <= LINES; n++) {
		uint32_t refused = 0;

		s->play.config.connections = n;
		a = empty_translator(s);
		EACH(s, record, len) {
			r = restore(s, a, record, len);
			assert_true(r == REASON_NONE || (n < LINES &&
			    r == REASON_CONNECTION_LIMIT));
			assert_true(
			    record_header_open(record, len, &kind, &in) > 0);
			refused += r != REASON_NONE &&
			    kind == RECORD_CONNECTION;
		}
		alg_counters(a, &c);
		assert_int_equal(c.connections, n);
		assert_int_equal(refused, LINES - n);
		end(a, s->play.now);
	}
}

/* The other limits hold for what is new; what lives already stays. */
static void
test_lower_limits(void **state)
{
	struct scene *s = *state;
	uint16_t refusal;

	s->play.config.calls_per_connection = 1;
	s->play.config.calls_per_client = 1;
	play_restart(&s->play, 0);
	play_call(&s->line[3], 10, 50);
	play_tell(&s->line[3], OUT, OCRQ, 11, 0, 0);
	refusal = play_id(&s->line[3]);
	play_tell(&s->line[3], OUT, OCRQ, 12, 0, 0);
	assert_int_equal(play_id(&s->line[3]), refusal);
}

/* The clock on the wall was set: no quarantine or wait lasts for ever. */
static void
test_clock_was_set(void **state)
{
	static const int64_t steps[] = { -86400000, 0, 86400000,
		-(int64_t)EPOCH, INT64_MAX };
	struct scene *s = *state;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct alg *a = empty_translator(s);
		struct alg_call_info c;
		struct alg_counters counters;
		uint32_t at = 0;
		size_t len;

		EACH(s, record, len)
			assert_int_equal(restore_record(a, s->play.now, EPOCH +
			    (uint64_t)steps[i], record, len), REASON_NONE);
		while (alg_calls(a, &at, &c))
			assert_true(c.since <= s->play.now);
		alg_tick(a, s->play.now + STATE_REQUEST_TIMEOUT);
		alg_tick(a, s->play.now + STATE_REQUEST_TIMEOUT +
		    s->play.config.quarantine);
		alg_counters(a, &counters);
		assert_int_equal(counters.quarantined, 0);
		end(a, s->play.now);
	}
}

/* A call before its connection, or of one that is over, is no call. */
static void
test_wrong_order(void **state)
{
	struct scene *s = *state;
	struct alg *a = empty_translator(s);
	enum record_kind kind;
	struct cursor body;
	size_t len;

	EACH(s, record, len) {
		record_header_open(record, len, &kind, &body);
		if (kind == RECORD_CALL)
			assert_int_equal(restore(s, a, record, len),
			    REASON_BAD_RECORD);
	}
	end(a, s->play.now);
}

/* What a firewall has heard of the other one's calls. */
struct heard {
	uint32_t	 up, down, claimed;
	bool		 keep;		/* what passes here */
};

static bool
keep_if_told(void *arg, const struct alg_connection_info *c)
{
	const struct heard *h = arg;

	return h->keep;
}

static void
hear_changes(struct alg *a, struct heard *h)
{
	struct alg_change change;

	while (alg_change(a, &change)) {
		h->up += change.kind == ALG_CHANGE_UP;
		h->down += change.kind == ALG_CHANGE_DOWN;
	}
}

static void
hear_some(struct scene *s, struct alg *a, struct heard *h, bool calls)
{
	const struct restore_peer peer = { .now = s->play.now, .epoch = EPOCH,
	    .foreign = true, .keeps = keep_if_told, .arg = h };
	enum record_kind kind;
	enum reason r;
	size_t len;

	EACH(s, record, len) {
		if (!calls && record_header_peek(record, len, &kind) == len &&
		    kind == RECORD_CALL)
			continue;
		r = restore_peer_record(a, &peer, record, len);
		assert_true(r == REASON_NONE || (h->keep &&
		    r == REASON_CLAIMED_TWICE));
		h->claimed += r == REASON_CLAIMED_TWICE;
		hear_changes(a, h);
	}
}

static void
hear_all(struct scene *s, struct alg *a, struct heard *h)
{
	hear_some(s, a, h, true);
}

/* What has not been told of since the beginning is over. */
static void
hear_end(struct alg *a, struct heard *h)
{
	const struct restore_peer peer = { .keeps = keep_if_told, .arg = h };
	uint32_t at = 0;

	while (restore_peer_end(a, &peer, &at))
		hear_changes(a, h);
}

/* All pass here now. */
static void
take_all(struct alg *a)
{
	struct alg_connection_info c;
	uint32_t at = 0;

	while (alg_connections(a, &at, &c))
		alg_set_foreign(a, &c.flow, false);
}

/* Of those that wait. */
static uint32_t
count_call_records(struct alg *a)
{
	uint8_t bytes[RECORD_MAX];
	enum record_kind kind;
	uint32_t n = 0;
	size_t len;

	while ((len = record_next(a, EPOCH, bytes, sizeof(bytes))) > 0)
		n += record_header_peek(bytes, len, &kind) == len &&
		    kind == RECORD_CALL;
	return n;
}

/* Its calls come and go as it tells, however long that takes. */
static void
test_another_firewall(void **state)
{
	struct scene *s = *state;
	struct alg *a = empty_translator(s);
	struct heard h = { .keep = true };
	struct alg_counters c, later;

	hear_all(s, a, &h);
	alg_counters(a, &c);
	assert_int_equal(c.foreign, LINES);
	assert_int_equal(c.calls_up, h.up);
	assert_true(h.up > 0);
	alg_tick(a, s->play.now + 86400000);
	alg_counters(a, &later);
	assert_int_equal(later.connections, LINES);
	assert_int_equal(later.calls, c.calls);
	/* Their public addresses have moved here. */
	restore_peer_begin(a);
	hear_end(a, &h);
	assert_int_equal(h.down, 0);
	/* Their connections live, and all calls have ended. */
	h.keep = false;
	restore_peer_begin(a);
	hear_some(s, a, &h, false);
	hear_end(a, &h);
	assert_int_equal(h.down, h.up);
	assert_int_equal(a->connections.pool.used, LINES);
	alg_counters(a, &later);
	assert_int_equal(later.calls, 0);
	hear_all(s, a, &h);
	alg_counters(a, &later);
	assert_int_equal(later.calls, c.calls);
	restore_peer_begin(a);
	hear_end(a, &h);
	assert_int_equal(h.down, h.up);
	assert_int_equal(a->connections.pool.used, 0);
	assert_int_equal(a->calls.pool.used, 0);
	hear_all(s, a, &h);
	assert_int_equal(h.claimed, 0);
	h.keep = true;
	assert_int_equal(count_call_records(a), 0);
	take_all(a);
	assert_int_equal(count_call_records(a), c.calls);
	hear_all(s, a, &h);
	assert_true(h.claimed > 0);
	alg_counters(a, &later);
	assert_int_equal(later.calls, c.calls);
	end(a, s->play.now + 86400000);
}

int
main(void)
{
#define T(t)	cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_truncated), T(test_longer), T(test_every_bit),
		T(test_any_change), T(test_twice), T(test_fewer_connections),
		T(test_lower_limits), T(test_clock_was_set),
		T(test_wrong_order), T(test_another_firewall),
	};

	return cmocka_run_group_tests_name("restore", tests, NULL, NULL);
}
