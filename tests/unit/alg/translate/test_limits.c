/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every limit of the configuration, reached and left again. */
#include <stdlib.h>

#include "alg/translate/state.h"
#include "tests/unit/play.h"

#define CLIENT	0x0A000001
#define SERVER	0xC6336401
#define ID	7
#define PEER	0x0500
#define BEFORE	((uint32_t)-1)	/* where the SYN is */

#define LINES	64

struct scene {
	struct play		 play;
	struct play_line	 line[LINES];
};

static struct scene *
start(struct alg_config config)
{
	struct scene *s = calloc(1, sizeof(*s));

	play_start(&s->play, &config);
	return s;
}

static void
stop(struct scene *s)
{
	play_stop(&s->play);
	free(s);
}

/* Line i: a client of its own, or one client for all. */
static struct play_line *
line(struct scene *s, int i, bool one_client)
{
	struct play_line *l = &s->line[i];

	play_line(&s->play, l, CLIENT + (one_client ? 0U : (uint32_t)i),
	    (uint16_t)(1025 + i), SERVER, 1723);
	return l;
}

static void
refused(struct play_line *l, uint16_t id, enum reason reason)
{
	play_forget(l->play);
	play_tell(l, OUT, OCRQ, id, 0, 0);
	play_change(l->play, ALG_CHANGE_REFUSED, reason);
	play_tell(l, IN, OCRP, 0x7777, play_id(l), 1);
	assert_int_equal(play_peer(l), id);
	assert_int_equal(l->last[16], 2);
	assert_int_equal(l->last[17], 4);
}

static void
test_connections_per_client(void **state)
{
	struct alg_config config = play_config();
	struct scene *s;

	config.calls_per_client = 3;
	s = start(config);
	for (int i = 0; i < 3; i++)
		play_open(line(s, i, true), OUT);
	assert_int_equal(play_segment(line(s, 3, true), OUT, BEFORE, PLAY_SYN,
	    NULL, 0), ALG_DROP);
	assert_int_equal(s->play.result.reason, REASON_CLIENT_CONNECTIONS);
	/* What was not seen opening counts, too. */
	assert_int_equal(play_segment(&s->line[3], OUT, 5, PLAY_ACK, "x", 1),
	    ALG_DROP);
	play_open(line(s, 4, false), OUT);
	alg_reset(s->play.alg, &s->line[0].flow, REASON_ADMIN, s->play.now);
	play_open(line(s, 3, true), OUT);
	stop(s);
}

static void
test_calls_per_client(void **state)
{
	struct alg_config config = play_config();
	struct scene *s;

	config.calls_per_client = 3;
	s = start(config);
	play_open(line(s, 0, true), OUT);
	play_open(line(s, 1, true), OUT);
	play_call(&s->line[0], 1, 1);
	play_call(&s->line[0], 2, 2);
	play_call(&s->line[1], 1, 3);
	refused(&s->line[0], 9, REASON_CLIENT_CALLS);
	refused(&s->line[1], 9, REASON_CLIENT_CALLS);
	play_open(line(s, 2, false), OUT);
	play_call(&s->line[2], 1, 1);
	play_tell(&s->line[1], OUT, CCRQ, 1, 0, 0);
	play_tell(&s->line[1], IN, CDN, 3, 0, 0);
	play_call(&s->line[0], 9, 9);
	/* A lower limit ends nothing that lives. */
	config.calls_per_client = 1;
	alg_configure(s->play.alg, &config);
	refused(&s->line[0], 10, REASON_CLIENT_CALLS);
	assert_int_equal(play_counters(&s->play).calls, 4);
	stop(s);
}

/* The smallest limits of all: refusals still find room. */
static void
test_one_call(void **state)
{
	struct alg_config config = play_config();
	struct scene *s;

	config.connections = 1;
	config.calls_per_connection = 1;
	s = start(config);
	play_open(line(s, 0, true), OUT);
	play_call(&s->line[0], ID, PEER);
	for (uint16_t i = 0; i < 500; i++)
		refused(&s->line[0], (uint16_t)(100 + i),
		    REASON_CONNECTION_CALLS);
	assert_true(play_gre_passes(&s->line[0], ID, ID, PEER));
	stop(s);
}

/* Who asks and asks and waits for no answer loses the connection. */
static void
test_flood_of_requests(void **state)
{
	struct scene *s = start(play_config());
	struct play_line *l = line(s, 0, true);
	struct alg_counters c;
	uint8_t m[168];
	int n = 0;

	play_open(l, OUT);
	play_open(line(s, 1, false), OUT);
	play_call(&s->line[1], ID, PEER);
	for (; n < 1000; n++) {
		wire_message(m, OCRQ, (uint16_t)n, 0, 0);
		if (play_segment(l, OUT, l->sent[OUT], PLAY_ACK, m, 168) ==
		    ALG_RESET)
			break;
		l->sent[OUT] += 168;
		play_rebase(l, OUT);
		play_ack(l, IN);
	}
	assert_int_equal(n, 128);
	c = play_counters(&s->play);
	assert_int_equal(c.calls, 1);
	assert_int_equal(c.calls_refused, 64);
	assert_true(play_gre_passes(&s->line[1], ID, ID, PEER));
	stop(s);
}

/* All places taken by live ones; then by others, each in its turn. */
static void
test_connections_full(void **state)
{
	struct alg_config config = play_config();
	struct alg_connection_info info;
	struct scene *s;

	config.connections = 5;
	s = start(config);
	for (int i = 0; i < 5; i++)
		play_open(line(s, i, false), OUT);
	play_call(&s->line[4], ID, PEER);
	assert_int_equal(play_segment(line(s, 5, false), OUT, BEFORE, PLAY_SYN,
	    NULL, 0), ALG_DROP);
	assert_int_equal(s->play.result.reason, REASON_CONNECTION_LIMIT);
	/* 0 unread, 1 opening, 2 dead, 3 closing. */
	alg_lost(s->play.alg, &s->line[0].flow, s->play.now);
	play_expect(&s->line[0]);
	play_ack(&s->line[0], OUT);
	alg_lost(s->play.alg, &s->line[1].flow, s->play.now);
	play_segment(&s->line[1], OUT, BEFORE, PLAY_SYN, NULL, 0);
	alg_reset(s->play.alg, &s->line[2].flow, REASON_ADMIN, s->play.now);
	play_fin(&s->line[3], OUT);
	play_fin(&s->line[3], IN);
	for (int i = 0; i < 4; i++) {
		static const int order[] = { 3, 2, 1, 0 };

		assert_true(alg_connection(s->play.alg,
		    &s->line[order[i]].flow, &info));
		play_open(line(s, 10 + i, false), OUT);
		assert_false(alg_connection(s->play.alg,
		    &s->line[order[i]].flow, &info));
	}
	assert_int_equal(play_segment(line(s, 5, false), OUT, BEFORE, PLAY_SYN,
	    NULL, 0), ALG_DROP);
	assert_int_equal(play_counters(&s->play).connections, 5);
	assert_true(play_gre_passes(&s->line[4], ID, ID, PEER));
	stop(s);
}

/* SYNs from everywhere: those that opened before them stay. */
static void
test_flood_of_syns(void **state)
{
	struct alg_config config = play_config();
	struct scene *s;

	config.connections = 64;
	s = start(config);
	for (int i = 0; i < 32; i++) {
		play_open(line(s, i, false), OUT);
		play_call(&s->line[i], ID, (uint16_t)i);
	}
	for (uint32_t i = 0; i < 5000; i++) {
		play_line(&s->play, &s->line[40], 0x0B000000 + i, 1, SERVER,
		    1723);
		assert_int_equal(play_segment(&s->line[40], OUT, BEFORE,
		    PLAY_SYN, NULL, 0), ALG_PASS);
	}
	assert_int_equal(play_counters(&s->play).connections, 64);
	for (int i = 0; i < 32; i++)
		play_tell(&s->line[i], OUT, ECHORQ, 0, 0, 0);
	play_wait(&s->play, STATE_OPENING_TIMEOUT);
	assert_int_equal(play_counters(&s->play).connections, 32);
	stop(s);
}

/* Many servers one after the other: what is over holds no memory. */
static void
test_many_spaces(void **state)
{
	struct alg_config config = play_config();
	struct scene *s;

	config.connections = 64;
	config.quarantine = 60000;
	s = start(config);
	for (uint32_t i = 0; i < 20000; i++) {
		struct play_line *l = &s->line[0];

		play_line(&s->play, l, CLIENT, (uint16_t)(i % 60000 + 1),
		    SERVER + i, 1723);
		play_open(l, OUT);
		play_call(l, (uint16_t)(i * 7919), PEER);
		alg_lost(s->play.alg, &l->flow, s->play.now);
		play_drain(&s->play);
		play_wait(&s->play, 10);
		assert_in_range(play_counters(&s->play).quarantined, 0, 6000);
	}
	assert_in_range(s->play.alg->spaces.spaces.used, 5990, 6000);
	play_wait(&s->play, 60000);
	assert_int_equal(play_counters(&s->play).quarantined, 0);
	assert_int_equal(s->play.alg->spaces.spaces.used, 0);
	assert_int_equal(s->play.alg->spaces.pages.used, 0);
	stop(s);
}

/* All IDs between a server and us in use: refused, and a rest cut short. */
static void
test_no_ids_left(void **state)
{
	struct alg_config config = play_config();
	struct scene *s;
	uint32_t space;

	config.quarantine = 60000;
	s = start(config);
	play_open(line(s, 0, true), OUT);
	play_call(&s->line[0], ID, PEER);
	space = idspace_get(s->play.alg, s->line[0].public, SERVER);
	for (uint32_t id = 0; id < 65536; id++)
		(void)idspace_claim(s->play.alg, space, (uint16_t)id);
	refused(&s->line[0], 8, REASON_NO_CALL_ID);
	refused(&s->line[0], ID + 256, REASON_NO_CALL_ID);
	assert_int_equal(play_counters(&s->play).calls_refused, 2);
	play_tell(&s->line[0], OUT, CCRQ, ID, 0, 0);
	play_tell(&s->line[0], IN, CDN, PEER, 0, 0);
	play_tell(&s->line[0], OUT, OCRQ, 8, 0, 0);
	assert_int_equal(play_id(&s->line[0]), ID);
	assert_int_equal(play_counters(&s->play).reasons
	    [REASON_QUARANTINE_CUT], 1);
	play_tell(&s->line[0], IN, OCRP, PEER, ID, 1);
	assert_true(play_gre_passes(&s->line[0], 8, ID, PEER));
	stop(s);
}

/* One more line that is open, has a call and has said something. */
static uint16_t
talk(struct scene *s, struct play_line *l, uint32_t i)
{
	uint16_t mapped;

	play_line(&s->play, l, CLIENT + i, 1025, SERVER, 1723);
	play_open(l, OUT);
	mapped = play_call(l, ID, (uint16_t)i);
	play_tell(l, IN, ECHORQ, 0, 0, 0);
	play_ack(l, OUT);
	return mapped;
}

/*
 * Late copies are known of the last streams only, and never pass unread;
 * what is half read is not forgotten.
 */
static void
test_retained_streams(void **state)
{
	struct alg_config config = play_config();
	struct scene *s;
	uint8_t m[168];
	uint16_t mapped = 0;

	config.connections = 3000;
	s = start(config);
	talk(s, &s->line[0], 0);
	talk(s, &s->line[1], 1);
	wire_message(m, OCRQ, ID + 1, 0, 0);
	play_say(&s->line[1], OUT, m, 13);
	for (uint32_t i = 2; i < 1500; i++) {
		mapped = talk(s, &s->line[2], i);
		assert_in_range(s->play.alg->streams.blocks[1].used, 1,
		    STREAM_SPARE_MAX + 3);
	}
	play_say(&s->line[1], OUT, m + 13, 155);
	assert_int_equal(play_counters(&s->play).calls, 1501);
	wire_message(m, OCRQ, ID, 0, 0);
	play_segment(&s->line[0], OUT, 0, PLAY_ACK, m, 168);
	assert_int_equal(s->play.result.reason, REASON_OLD_DATA);
	assert_int_equal(s->play.len, 40);
	play_segment(&s->line[2], OUT, 0, PLAY_ACK, m, 168);
	assert_int_equal(s->play.result.reason, REASON_NONE);
	assert_int_equal(wire_get16(s->play.packet + 40 + 12), mapped);
	play_call(&s->line[0], ID + 1, PEER);
	stop(s);
}

/* Many calls in one segment, up and down: told once each, in order. */
static void
test_changes_of_a_segment(void **state)
{
	struct scene *s = start(play_config());
	struct play_line *l = line(s, 0, true);
	uint8_t m[4000];
	size_t n = 0;

	play_open(l, OUT);
	for (uint16_t i = 0; i < 20; i++)
		n += wire_message(m + n, OCRQ, i, 0, 0);
	play_say(l, OUT, m, n);
	n = 0;
	for (uint16_t i = 0; i < 20; i++) {
		n += wire_message(m + n, OCRP, (uint16_t)(900 + i),
		    wire_get16(l->last + 168 * i + 12), i % 5 ? 1 : 3);
	}
	n += wire_message(m + n, STOPRQ, 0, 0, 0);
	play_say(l, IN, m, n);
	for (uint16_t i = 0; i < 20; i++)
		assert_int_equal(play_change(&s->play, ALG_CHANGE_REQUEST,
		    REASON_NONE).call.inside_id, i);
	for (uint16_t i = 0; i < 20; i++) {
		if (i % 5)
			play_change(&s->play, ALG_CHANGE_UP, REASON_NONE);
		assert_int_equal(play_change(&s->play, i % 5 ?
		    ALG_CHANGE_DOWN : ALG_CHANGE_REFUSED, i % 5 ? REASON_STOP :
		    REASON_REPLY_REFUSED).call.inside_id, i);
	}
	assert_int_equal(s->play.nchanges, 0);
	assert_int_equal(play_counters(&s->play).calls_up, 16);
	assert_int_equal(play_counters(&s->play).calls_down, 16);
	assert_int_equal(play_counters(&s->play).calls_refused, 4);
	assert_int_equal(play_counters(&s->play).calls, 0);
	stop(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connections_per_client),
		cmocka_unit_test(test_calls_per_client),
		cmocka_unit_test(test_one_call),
		cmocka_unit_test(test_flood_of_requests),
		cmocka_unit_test(test_connections_full),
		cmocka_unit_test(test_flood_of_syns),
		cmocka_unit_test(test_many_spaces),
		cmocka_unit_test(test_no_ids_left),
		cmocka_unit_test(test_retained_streams),
		cmocka_unit_test(test_changes_of_a_segment),
	};

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
