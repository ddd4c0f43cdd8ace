/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is recorded is what the next daemon has. */
#include <stdlib.h>

#include "alg/record/record.h"
#include "alg/translate/state.h"
#include "tests/unit/play.h"

#define CLIENT	0x0A000001U
#define SERVER	0xC6336401U
#define EPOCH	1790000000000ULL
#define MANY	8000

struct scene {
	struct play		 play;
	struct play_line	 line, other;
};

static int
setup_with(void **state, struct alg_config config)
{
	struct scene *s = calloc(1, sizeof(*s));

	config.recording = true;
	play_start(&s->play, &config);
	play_line(&s->play, &s->line, CLIENT, 4000, SERVER, 1723);
	play_line(&s->play, &s->other, CLIENT + 1, 4000, SERVER, 1723);
	play_open(&s->line, OUT);
	play_open(&s->other, OUT);
	*state = s;
	return 0;
}

static int
setup(void **state)
{
	return setup_with(state, play_config());
}

static int
setup_quarantine(void **state)
{
	struct alg_config config = play_config();

	config.quarantine = 60000;
	return setup_with(state, config);
}

static int
setup_many(void **state)
{
	struct alg_config config = play_config();

	config.connections = MANY / 64;
	config.calls_per_connection = config.calls_per_client = MANY;
	return setup_with(state, config);
}

static int
teardown(void **state)
{
	struct scene *s = *state;

	play_stop(&s->play);
	free(s);
	return 0;
}

/* What has been recorded since the last time. */
static size_t
news(struct scene *s)
{
	size_t n = s->play.nlog;

	s->play.nlog = 0;
	return n;
}

/* The only call of this state that there is. */
static struct alg_call_info
the_call(struct scene *s)
{
	struct alg_call_info c, more;
	uint32_t at = 0;

	assert_true(alg_calls(s->play.alg, &at, &c));
	assert_false(alg_calls(s->play.alg, &at, &more));
	return c;
}

static void
test_calls_go_on(void **state)
{
	struct scene *s = *state;
	uint16_t a = play_call(&s->line, 500, 7), b;

	b = play_call(&s->other, 500, 8);
	assert_int_not_equal(a, b);
	play_restart(&s->play, 100000);
	assert_true(play_gre_passes(&s->line, 500, a, 7));
	assert_true(play_gre_passes(&s->other, 500, b, 8));
	play_tell(&s->line, OUT, CCRQ, 500, 0, 0);
	play_tell(&s->line, IN, CDN, 7, 0, 1);
	assert_false(play_gre_passes(&s->line, 500, a, 7));
	assert_true(play_gre_passes(&s->other, 500, b, 8));
	play_restart(&s->play, 0);
	assert_false(play_gre_passes(&s->line, 500, a, 7));
	assert_true(play_gre_passes(&s->other, 500, b, 8));
	assert_int_equal(play_counters(&s->play).calls, 1);
}

/* Every message cut at every offset, the restart between the pieces. */
static void
test_half_messages(void **state)
{
	static const int types[] = { OCRQ, OCRP, SLI, CCRQ, CDN };
	struct scene *s = *state;
	uint8_t said[5][256];
	size_t len[5];

	play_call(&s->other, 0x1234, 99);	/* so that IDs must differ */
	for (size_t cut = 1; cut < 168; cut++) {
		uint16_t id = 0x1234, mapped = 0;

		for (int i = 0; i < 5; i++) {
			enum alg_dir dir = i % 4 == 1 || i == 4 ? IN : OUT;
			uint16_t peer = i == 2 ? 7 : mapped;

			len[i] = wire_message(said[i], types[i],
			    dir == IN ? 7 : i == 2 ? peer : id, peer, 1);
			if (cut < len[i]) {
				play_segment(&s->line, dir, s->line.sent[dir],
				    PLAY_ACK, said[i], cut);
				play_restart(&s->play, 1);
				assert_true(s->line.got[dir] -
				    s->line.sent[dir] >= cut - 1);
			}
			play_segment(&s->line, dir, s->line.sent[dir],
			    PLAY_ACK, said[i], len[i]);
			s->line.sent[dir] += (uint32_t)len[i];
			assert_int_equal(s->line.got[dir], s->line.sent[dir]);
			if (i == 0)
				mapped = wire_get16(s->line.heard[OUT] +
				    s->line.sent[OUT] - len[i] + 12);
			if (i == 1)
				assert_true(play_gre_passes(&s->line, id,
				    mapped, 7));
			play_rebase(&s->line, dir);
		}
		assert_int_not_equal(mapped, id);
		assert_int_equal(play_counters(&s->play).calls, 1);
	}
}

/*
 * Killed after the record was written and before the segment went out: the
 * sender sends it again, and what goes out is what the records say.
 */
static void
test_recorded_but_not_sent(void **state)
{
	struct scene *s = *state;
	uint8_t m[256], again[256];
	uint16_t mapped;
	size_t n;

	play_call(&s->other, 500, 1);
	n = wire_message(m, OCRQ, 500, 0, 0);
	s->line.got[OUT] = 0;
	play_segment(&s->line, OUT, 0, PLAY_ACK, m, n);
	memcpy(again, s->line.heard[OUT], n);
	s->line.got[OUT] = 0;		/* it did not arrive */
	play_restart(&s->play, 200);
	play_segment(&s->line, OUT, 0, PLAY_ACK, m, n);
	assert_int_equal(s->line.got[OUT], n);
	assert_memory_equal(again, s->line.heard[OUT], n);
	s->line.sent[OUT] = (uint32_t)n;
	mapped = wire_get16(again + 12);
	assert_int_not_equal(mapped, 500);
	play_tell(&s->line, IN, OCRP, 7, mapped, 1);
	assert_true(play_gre_passes(&s->line, 500, mapped, 7));
	assert_int_equal(play_counters(&s->play).calls, 2);
}

/* An acknowledgment that was read and never arrived: TCP finds out. */
static void
test_acknowledged_but_not_told(void **state)
{
	struct scene *s = *state;
	uint8_t m[256];
	size_t n = wire_message(m, ECHORQ, 0, 0, 0);

	play_tell(&s->line, OUT, ECHORQ, 0, 0, 0);
	play_tell(&s->line, IN, ECHORP, 0, 0, 0);
	play_restart(&s->play, 0);
	s->line.forgotten = true;
	assert_int_equal(play_segment(&s->line, OUT, 0, PLAY_ACK, m, n),
	    ALG_PASS);
	assert_int_equal(s->play.result.reason, REASON_OLD_DATA);
	play_tell(&s->line, OUT, ECHORQ, 0, 0, 0);
}

/* Refused requests still get their refusal. */
static void
test_refused(void **state)
{
	struct scene *s = *state;
	struct alg_config config = s->play.config;
	uint16_t first, second;

	config.calls_per_connection = 0;
	alg_configure(s->play.alg, &config);
	play_tell(&s->line, OUT, OCRQ, 500, 0, 0);
	first = play_id(&s->line);
	play_tell(&s->line, OUT, OCRQ, 501, 0, 0);
	second = play_id(&s->line);
	assert_int_equal(first, second);
	play_restart(&s->play, 1000);
	for (uint16_t id = 500; id < 502; id++) {
		play_tell(&s->line, IN, OCRP, 7, first, 1);
		assert_int_equal(play_peer(&s->line), id);
		assert_int_equal(s->line.last[16], 2);
		assert_int_equal(s->line.last[17], 4);
		play_restart(&s->play, 1000);
	}
	assert_int_equal(play_counters(&s->play).calls, 0);
}

static void
test_ids_rest_on(void **state)
{
	struct scene *s = *state;
	uint16_t a = play_call(&s->line, 500, 7);

	play_tell(&s->line, IN, CDN, 7, 0, 1);
	play_restart(&s->play, 30000);
	assert_int_equal(play_counters(&s->play).quarantined, 1);
	assert_int_not_equal(play_call(&s->other, a, 8), a);
	play_restart(&s->play, 30000);
	assert_int_equal(play_counters(&s->play).quarantined, 1);
	play_wait(&s->play, 0);
	assert_int_equal(play_counters(&s->play).quarantined, 0);
	assert_int_equal(play_call(&s->line, a, 9), a);
}

/* Requests that are never answered end in time, and old calls do not. */
static void
test_times(void **state)
{
	struct scene *s = *state;

	play_tell(&s->line, OUT, OCRQ, 500, 0, 0);
	play_restart(&s->play, STATE_REQUEST_TIMEOUT - 1);
	play_forget(&s->play);
	play_wait(&s->play, 0);
	assert_int_equal(s->play.nchanges, 0);
	play_wait(&s->play, 1);
	play_change(&s->play, ALG_CHANGE_REFUSED, REASON_NO_REPLY);
	play_call(&s->line, 500, 7);
	play_wait(&s->play, STATE_NOTICE_TIME);
	play_forget(&s->play);
	play_restart(&s->play, 86400000);
	play_wait(&s->play, 1);
	assert_int_equal(s->play.nchanges, 0);	/* it was noticed before */
	assert_int_equal(the_call(s).state, ALG_CALL_UP);
}

static void
test_serials_are_not_used_again(void **state)
{
	struct scene *s = *state;
	uint64_t serial;

	play_call(&s->line, 500, 7);
	serial = the_call(s).serial;
	play_segment(&s->line, OUT, s->line.sent[OUT], PLAY_RST, NULL, 0);
	play_wait(&s->play, STATE_CLOSING_TIMEOUT);
	play_restart(&s->play, 0);
	play_restart(&s->play, 0);
	play_call(&s->other, 500, 7);
	assert_true(the_call(s).serial > serial);
}

/* Only what must survive is written: this is what a packet costs. */
static void
test_what_is_recorded(void **state)
{
	struct scene *s = *state;
	struct play_line flood;
	uint16_t mapped = play_call(&s->line, 500, 7);

	assert_true(news(s) > 0);
	for (int i = 0; i < 100; i++)
		assert_true(play_gre_passes(&s->line, 500, mapped, 7));
	play_ack(&s->line, OUT);
	play_ack(&s->line, IN);
	play_wait(&s->play, 1000);
	assert_int_equal(news(s), 0);
	play_line(&s->play, &flood, CLIENT + 9, 1, SERVER, 1723);
	play_segment(&flood, OUT, (uint32_t)-1, PLAY_SYN, NULL, 0);
	play_line(&s->play, &flood, CLIENT + 9, 2, SERVER, 1723);
	play_segment(&flood, OUT, 5, PLAY_ACK, "stranger", 8);
	assert_int_equal(news(s), 0);
	play_tell(&s->line, OUT, ECHORQ, 0, 0, 0);
	assert_in_range(news(s), 1, 250);
	play_tell(&s->line, OUT, CCRQ, 500, 0, 0);
	play_tell(&s->line, IN, CDN, 7, 0, 1);
	assert_in_range(news(s), 1, 1000);
}

/* All that one connection can hold fits into one record. */
static void
test_largest_record(void **state)
{
	struct scene *s = *state;
	struct alg_config config = s->play.config;
	uint8_t m[STREAM_BLOCK] = { 0 };

	config.calls_per_connection = 0;
	alg_configure(s->play.alg, &config);
	for (uint16_t i = 0; i < STATE_REFUSED_PER_CONNECTION; i++)
		play_tell(&s->line, OUT, OCRQ, i, 0, 0);
	s->line.late[OUT] = s->line.late[IN] = 0;
	for (size_t at = 0; at < STREAM_BLOCK; at += 16)
		wire_message(m + at, ECHORQ, 0, 0, 0);
	play_rebase(&s->line, OUT);
	for (int dir = 0; dir < 2; dir++)
		assert_int_equal(play_segment(&s->line, dir, 0, PLAY_ACK, m,
		    STREAM_BLOCK), ALG_PASS);
	news(s);
	play_snapshot(&s->play);
	play_restart(&s->play, 0);
	assert_int_equal(s->line.got[OUT], STREAM_BLOCK);
}

/* The last MANY records, which are calls, in the opposite order. */
static void
turn_round(struct play *p, const size_t *at, size_t n)
{
	uint8_t *to = malloc(p->nlog), *old = p->log;
	size_t len = at[n - MANY];

	memcpy(to, old, len);
	for (size_t i = n; i-- > n - MANY; len += play_record_length(
	    old + at[i]))
		memcpy(to + len, old + at[i], play_record_length(old + at[i]));
	memcpy(old, to, len);
	free(to);
}

/*
 * A server that gives all calls one ID: each of them is restored, in whatever
 * order the records come, and the newest one is still found first.
 */
static void
test_one_outside_id(void **state)
{
	struct scene *s = *state;
	size_t n = 0, at[MANY + 8];
	uint64_t serial;

	for (uint32_t i = 0; i < MANY; i++)
		play_call(&s->line, (uint16_t)i, 7);
	assert_true(play_gre_passes(&s->line, MANY - 1, MANY - 1, 7));
	serial = s->play.result.call;
	play_snapshot(&s->play);
	for (size_t o = 0; o < s->play.nlog; o += play_record_length(
	    s->play.log + o))
		at[n++] = o;
	turn_round(&s->play, at, n);
	alg_free(s->play.alg);
	play_restore(&s->play);
	assert_int_equal(play_counters(&s->play).calls, MANY);
	play_gre(&s->play, OUT, CLIENT, SERVER, 7);
	assert_int_equal(s->play.result.call, serial);
}

/* A snapshot in pieces, with all that happens meanwhile. */
static void
test_snapshot_in_pieces(void **state)
{
	struct scene *s = *state;
	struct record_snapshot at = { 0 };
	struct play_line *line;
	uint8_t bytes[RECORD_MAX];
	uint16_t id = 0;
	size_t len, n = 0;

	for (id = 0; id < 20; id++)
		play_call(&s->line, id, id);
	for (id = 0; id < 5; id++)
		play_tell(&s->line, IN, CDN, id, 0, 1);
	s->play.nlog = 0;
	while ((len = record_snapshot_next(s->play.alg, &at, EPOCH, bytes,
	    sizeof(bytes))) > 0) {
		s->play.log = realloc(s->play.log, s->play.log_room = 1 << 20);
		memcpy(s->play.log + s->play.nlog, bytes, len);
		s->play.nlog += len;
		n = at.kind < RECORD_SNAPSHOT_CONNECTIONS ? s->play.nlog : 0;
		line = s->play.nlog % 2 ? &s->line : &s->other;
		play_call(line, (uint16_t)(100 + id), (uint16_t)(100 + id));
		if (s->play.nlog % 3 == 0)
			play_tell(line, IN, CDN, (uint16_t)(100 + id), 0, 1);
		id++;
		if (n != 0)
			s->play.nlog = n;
	}
	assert_true(id > 20);
	play_restart(&s->play, 0);
	play_restart(&s->play, 0);
}

/* The firewall went on without the daemon, and without its rules. */
static void
test_outrun(void **state)
{
	struct scene *s = *state;
	uint16_t mapped = play_call(&s->line, 500, 7);

	play_restart(&s->play, 0);
	s->line.forgotten = true;
	for (int dir = 0; dir < 2; dir++) {
		s->line.sent[dir] += 16;
		s->line.got[dir] += 16;
	}
	play_tell(&s->line, OUT, ECHORQ, 0, 0, 0);
	/* In both directions; what comes now is read again. */
	assert_int_equal(play_counters(&s->play).reasons[REASON_UNREAD], 2);
	assert_true(play_gre_passes(&s->line, 500, mapped, 7));
	play_tell(&s->line, IN, ECHORP, 0, 0, 0);
	assert_int_equal(play_call(&s->line, 501, 8), 501);
	play_restart(&s->play, 0);
	assert_true(play_gre_passes(&s->line, 500, mapped, 7));
}

/*
 * An end cannot say that the other one went on unseen, and by that go on
 * unread itself: an ID that another client has is still mapped.
 */
static void
test_false_claim(void **state)
{
	struct scene *s = *state;
	struct alg_connection_info info;

	assert_int_equal(play_call(&s->other, 500, 7), 500);
	play_call(&s->line, 1, 8);
	play_restart(&s->play, 0);
	s->line.got[IN] += 16;
	play_ack(&s->line, OUT);
	s->line.got[IN] -= 16;
	assert_true(alg_connection(s->play.alg, &s->line.flow, &info));
	assert_int_equal(info.state, ALG_CONNECTION_OPEN);
	play_tell(&s->line, OUT, OCRQ, 500, 0, 0);
	assert_int_not_equal(play_id(&s->line), 500);
	/* Nor later, when the other one has shown that it was not. */
	play_tell(&s->line, IN, ECHORQ, 0, 0, 0);
	s->line.got[IN] += 16;
	assert_int_equal(play_ack(&s->line, OUT), ALG_PASS);
	s->line.got[IN] -= 16;
	play_tell(&s->line, IN, ECHORQ, 0, 0, 0);
	assert_int_equal(play_counters(&s->play).reasons[REASON_UNREAD], 0);
}

/*
 * Nor can it leave out bytes of its own, and have the other end take them
 * later: they never pass, and it does so once until that end has confirmed it.
 */
static void
test_left_out(void **state)
{
	struct scene *s = *state;
	uint32_t at = s->line.sent[OUT];
	uint8_t m[168];

	s->line.forgotten = true;
	wire_message(m, OCRQ, 500, 0, 0);
	s->line.got[IN] += 16;
	assert_int_equal(play_segment(&s->line, OUT, at + 16, PLAY_ACK, m,
	    sizeof(m)), ALG_PASS);
	assert_int_equal(s->play.len, 40 + sizeof(m));
	assert_int_equal(play_segment(&s->line, OUT, at + 1000, PLAY_ACK, m,
	    sizeof(m)), ALG_PASS);
	assert_int_equal(s->play.len, 40);
	assert_int_equal(play_segment(&s->line, OUT, at, PLAY_ACK, m, 16),
	    ALG_RESET);
	s->line.got[IN] -= 16;
}

/* The same without a restart, by the sender alone, and late. */
static void
test_outrun_while_running(void **state)
{
	struct scene *s = *state;
	uint16_t mapped = play_call(&s->line, 500, 7);
	uint32_t sent = s->line.sent[OUT];
	uint8_t m[16];

	play_wait(&s->play, 3600000);
	s->line.forgotten = true;
	s->line.sent[OUT] += 16;
	s->line.got[OUT] += 16;
	wire_message(m, ECHORQ, 0, 0, 0);
	/* Beyond a gap; the other end is asked, and says what it has. */
	assert_int_equal(play_segment(&s->line, OUT, sent + 16, PLAY_ACK, m,
	    sizeof(m)), ALG_PASS);
	assert_int_equal(s->play.result.reason, REASON_GAP);
	assert_int_equal(s->play.len, 40);
	assert_int_equal(play_ack(&s->line, IN), ALG_PASS);
	play_tell(&s->line, OUT, ECHORQ, 0, 0, 0);
	play_tell(&s->line, IN, ECHORP, 0, 0, 0);
	assert_true(play_gre_passes(&s->line, 500, mapped, 7));
	assert_int_equal(play_call(&s->line, 501, 8), 501);
}

/* What went on unseen, and then is not on a message's boundary, is reset. */
static void
test_outrun_into_a_message(void **state)
{
	struct scene *s = *state;
	uint8_t m[168];

	play_restart(&s->play, 0);
	s->line.forgotten = true;
	wire_message(m, OCRQ, 500, 0, 0);
	for (int dir = 0; dir < 2; dir++) {
		s->line.sent[dir] += 16;
		s->line.got[dir] += 16;
	}
	assert_int_equal(play_segment(&s->line, OUT, s->line.sent[OUT],
	    PLAY_ACK, m + 12, 156), ALG_RESET);
}

int
main(void)
{
#define T(t)	cmocka_unit_test_setup_teardown(t, setup, teardown)
#define Q(t)	cmocka_unit_test_setup_teardown(t, setup_quarantine, teardown)
	const struct CMUnitTest tests[] = {
		T(test_calls_go_on), T(test_half_messages),
		T(test_recorded_but_not_sent),
		T(test_acknowledged_but_not_told), T(test_refused),
		Q(test_ids_rest_on), Q(test_times),
		T(test_serials_are_not_used_again),
		T(test_what_is_recorded), T(test_largest_record),
		cmocka_unit_test_setup_teardown(test_one_outside_id,
		    setup_many, teardown),
		T(test_snapshot_in_pieces), T(test_outrun),
		T(test_false_claim), T(test_outrun_into_a_message),
		T(test_left_out), T(test_outrun_while_running),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
