/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one end does must not reach the calls and connections of others. */
#include <stdlib.h>

#include "alg/translate/state.h"
#include "tests/unit/play.h"

#define CLIENT	0x0A000001
#define SERVER	0xC6336401
#define ID	7
#define PEER	0x0500
#define BEFORE	((uint32_t)-1)	/* where the SYN is */
#define URGENT	0x20

struct scene {
	struct play		 play;
	struct play_line	 line, other;
};

static struct scene *
start(const struct alg_config *config)
{
	struct scene *s = calloc(1, sizeof(*s));

	play_start(&s->play, config);
	return s;
}

static void
stop(struct scene *s)
{
	play_stop(&s->play);
	free(s);
}

/* A receiver may take urgent bytes out of the stream: none are urgent. */
static void
test_urgent(void **state)
{
	struct scene *s = start(NULL);
	uint8_t m[256];
	size_t n = wire_message(m, OCRQ, ID, 0, 0);

	play_line(&s->play, &s->line, CLIENT, 1025, SERVER, 1723);
	play_segment(&s->line, OUT, BEFORE, PLAY_SYN | URGENT, NULL, 0);
	assert_int_equal(s->play.packet[33], PLAY_SYN);
	play_open(&s->line, OUT);
	/* It may point at what comes later, too. */
	play_segment(&s->line, OUT, 0, PLAY_ACK | URGENT, NULL, 0);
	assert_int_equal(s->play.packet[33], PLAY_ACK);
	play_segment(&s->line, OUT, 0, PLAY_ACK | URGENT, m, n);
	assert_int_equal(s->play.packet[33], PLAY_ACK);
	assert_int_equal(s->line.got[OUT], n);
	stop(s);
}

/* Strays from everywhere push out each other, not who is just opening. */
static void
test_flood_of_strays(void **state)
{
	struct scene *s = start(NULL);

	for (uint32_t i = 0; i < 64; i++) {
		play_line(&s->play, &s->other, 0x0B000000 + i, 1, SERVER,
		    1723);
		play_segment(&s->other, OUT, 0, PLAY_ACK, "x", 1);
	}
	play_line(&s->play, &s->line, CLIENT, 1025, SERVER, 1723);
	play_segment(&s->line, OUT, BEFORE, PLAY_SYN, NULL, 0);
	play_segment(&s->line, IN, BEFORE, PLAY_SYN | PLAY_ACK, NULL, 0);
	for (uint32_t i = 100; i < 200; i++) {
		play_line(&s->play, &s->other, 0x0B000000 + i, 1, SERVER,
		    1723);
		play_segment(&s->other, OUT, 0, PLAY_ACK, "x", 1);
	}
	play_ack(&s->line, OUT);
	assert_int_equal(s->play.result.reason, REASON_NONE);
	play_call(&s->line, ID, PEER);
	stop(s);
}

/* SYNs in the name of a client do not use up what it may have. */
static void
test_forged_syns(void **state)
{
	struct alg_config config = play_config();
	struct scene *s;

	config.calls_per_client = 3;
	s = start(&config);
	for (uint16_t i = 0; i < 10; i++) {
		play_line(&s->play, &s->other, SERVER, 1723, CLIENT,
		    (uint16_t)(2000 + i));
		play_segment(&s->other, IN, BEFORE, PLAY_SYN, NULL, 0);
	}
	play_line(&s->play, &s->line, SERVER, 1723, CLIENT, 1025);
	play_open(&s->line, IN);
	stop(s);
}

/* Who opens more at once than allowed has those that opened first. */
static void
test_opened_at_once(void **state)
{
	struct alg_config config = play_config();
	struct play_line lines[5];
	struct scene *s;

	config.calls_per_client = 3;
	s = start(&config);
	for (uint16_t i = 0; i < 5; i++) {
		play_line(&s->play, &lines[i], CLIENT, (uint16_t)(2000 + i),
		    SERVER, 1723);
		play_segment(&lines[i], OUT, BEFORE, PLAY_SYN, NULL, 0);
		play_segment(&lines[i], IN, BEFORE, PLAY_SYN | PLAY_ACK, NULL,
		    0);
	}
	for (uint16_t i = 0; i < 5; i++) {
		assert_int_equal(play_ack(&lines[i], OUT),
		    i < 3 ? ALG_PASS : ALG_RESET);
		assert_int_equal(s->play.result.reason,
		    i < 3 ? REASON_NONE : REASON_CLIENT_CONNECTIONS);
	}
	stop(s);
}

/* One client and a server that does not answer cannot take all places. */
static void
test_unanswered_requests(void **state)
{
	struct alg_config config = play_config();
	struct scene *s;
	uint8_t m[168];

	config.connections = 1200;
	config.calls_per_connection = 1;
	config.calls_per_client = 1100;
	s = start(&config);
	for (uint16_t i = 0; i < 1099; i++) {
		play_line(&s->play, &s->other, CLIENT + 1,
		    (uint16_t)(2000 + i), SERVER, 1723);
		play_open(&s->other, OUT);
		for (uint16_t k = 0; k < 65; k++) {
			wire_message(m, OCRQ, k, 0, 0);
			if (play_segment(&s->other, OUT, s->other.sent[OUT],
			    PLAY_ACK, m, 168) != ALG_PASS)
				break;
			s->other.sent[OUT] += 168;
			play_rebase(&s->other, OUT);
			play_ack(&s->other, IN);
		}
	}
	play_line(&s->play, &s->line, CLIENT, 1025, SERVER, 1723);
	play_open(&s->line, OUT);
	play_call(&s->line, ID, PEER);
	assert_in_range(s->play.alg->calls.pool.used, 1, 1100 +
	    STATE_REFUSED_PER_CLIENT);
	stop(s);
}

/*
 * A handshake that is still going on is not forgotten, so that it cannot be
 * finished as something that was picked up in the middle.
 */
static void
test_slow_handshake(void **state)
{
	struct scene *s = start(NULL);
	uint8_t m[256];
	size_t n = wire_message(m, OCRQ, ID, 0, 0);

	play_line(&s->play, &s->other, CLIENT + 1, 1025, SERVER, 1723);
	play_open(&s->other, OUT);
	assert_int_equal(play_call(&s->other, ID, PEER), ID);
	play_line(&s->play, &s->line, CLIENT, 1025, SERVER, 1723);
	play_segment(&s->line, OUT, BEFORE, PLAY_SYN, NULL, 0);
	for (int i = 0; i < 6; i++) {
		play_segment(&s->line, IN, BEFORE, PLAY_SYN | PLAY_ACK, NULL,
		    0);
		play_wait(&s->play, 1000 << i);
	}
	play_segment(&s->line, OUT, 0, PLAY_ACK, m, n);
	assert_int_equal(s->play.result.reason, REASON_NONE);
	assert_int_not_equal(wire_get16(s->line.heard[OUT] + 12), ID);
	stop(s);
}

/*
 * A client that has its own half-open connection forgotten is not picked up,
 * even if there was another one with these ends before us.
 */
static void
test_forgotten_by_flood(void **state)
{
	struct scene *s = start(NULL);
	struct play_line flood;

	play_line(&s->play, &s->line, CLIENT, 1025, SERVER, 1723);
	play_expect(&s->line);
	play_segment(&s->line, OUT, BEFORE, PLAY_SYN, NULL, 0);
	play_segment(&s->line, IN, BEFORE, PLAY_SYN | PLAY_ACK, NULL, 0);
	for (uint16_t i = 0; i < 100; i++) {
		play_line(&s->play, &flood, CLIENT, (uint16_t)(2000 + i),
		    SERVER, 1723);
		play_segment(&flood, OUT, BEFORE, PLAY_SYN, NULL, 0);
	}
	assert_int_equal(play_ack(&s->line, OUT), ALG_RESET);
	assert_int_equal(s->play.result.reason, REASON_STRAY);
	stop(s);
}

/*
 * A server answers a flood of SYNs long after it: what it says of connections
 * that are forgotten pushes out none that is just opening.
 */
static void
test_late_answers_to_a_flood(void **state)
{
	struct scene *s = start(NULL);
	struct play_line late;

	play_line(&s->play, &s->line, CLIENT, 1025, SERVER, 1723);
	play_segment(&s->line, OUT, BEFORE, PLAY_SYN, NULL, 0);
	play_segment(&s->line, IN, BEFORE, PLAY_SYN | PLAY_ACK, NULL, 0);
	for (uint16_t i = 0; i < 100; i++) {
		play_line(&s->play, &late, CLIENT, (uint16_t)(2000 + i),
		    SERVER, 1723);
		play_segment(&late, IN, BEFORE, PLAY_SYN | PLAY_ACK, NULL, 0);
	}
	assert_int_equal(s->play.result.reason, REASON_CONNECTION_LIMIT);
	assert_int_equal(play_ack(&s->line, OUT), ALG_PASS);
	assert_int_equal(play_call(&s->line, ID, PEER), ID);
	stop(s);
}

/*
 * A SYN that an end did not send, while it opens its connection: before the
 * answer to the real one, or behind it.  Whose SYN is answered has it.
 */
static void
test_forged_syn_while_opening(void **state)
{
	for (int when = 0; when < 3; when++) {
		struct scene *s = start(NULL);

		play_line(&s->play, &s->line, CLIENT, 1025, SERVER, 1723);
		play_line(&s->play, &s->other, CLIENT, 1025, SERVER, 1723);
		s->other.start[OUT] += 5000000;
		if (when == 0)
			play_segment(&s->other, OUT, BEFORE, PLAY_SYN, NULL, 0);
		play_segment(&s->line, OUT, BEFORE, PLAY_SYN, NULL, 0);
		if (when == 1)
			play_segment(&s->other, OUT, BEFORE, PLAY_SYN, NULL, 0);
		play_segment(&s->line, IN, BEFORE, PLAY_SYN | PLAY_ACK, NULL,
		    0);
		if (when == 2)
			play_segment(&s->other, OUT, BEFORE, PLAY_SYN, NULL, 0);
		assert_int_equal(play_ack(&s->line, OUT), ALG_PASS);
		assert_int_equal(play_call(&s->line, ID, PEER), ID);
		stop(s);
	}
}

/* A FIN below bytes that were sent is one that only one of us would take. */
static void
test_fin_below_data(void **state)
{
	struct scene *s = start(NULL);

	play_line(&s->play, &s->line, CLIENT, 1025, SERVER, 1723);
	play_open(&s->line, OUT);
	play_call(&s->line, ID, PEER);
	for (int dir = 0; dir < 2; dir++) {
		assert_int_equal(play_segment(&s->line, (enum alg_dir)dir,
		    s->line.sent[dir] - 1, PLAY_ACK | PLAY_FIN, NULL, 0),
		    ALG_DROP);
		assert_int_equal(s->play.result.reason, REASON_CONFLICT);
	}
	assert_true(play_gre_passes(&s->line, ID, ID, PEER));
	/* Its copies pass, and what ends both directions is noted. */
	for (int i = 0; i < 2; i++)
		assert_int_equal(play_fin(&s->line, OUT), ALG_PASS);
	assert_int_equal(play_fin(&s->line, IN), ALG_PASS);
	assert_false(play_gre_passes(&s->line, ID, ID, PEER));
	stop(s);
}

/*
 * A request that the server never got (it died behind the firewall) must not
 * come again when its call is over, and its ID another client's.  What the
 * server has acknowledged in the meantime is no reason.
 */
static void
test_unheard_request(void **state)
{
	for (int acked = 0; acked < 2; acked++) {
		struct scene *s = start(NULL);
		uint8_t m[512];
		size_t n = wire_message(m, OCRQ, ID, 0, 0), all;

		all = n + wire_message(m + n, CDN, ID, 0, 1);
		play_line(&s->play, &s->line, CLIENT, 1025, SERVER, 1723);
		play_open(&s->line, OUT);
		play_segment(&s->line, OUT, 0, PLAY_ACK, m, n);
		play_segment(&s->line, OUT, (uint32_t)n, PLAY_ACK, m + n,
		    all - n);
		play_wait(&s->play, 1);
		play_line(&s->play, &s->other, CLIENT + 1, 1025, SERVER, 1723);
		play_open(&s->other, OUT);
		assert_int_equal(play_call(&s->other, ID, PEER), ID);
		if (acked)
			play_ack(&s->line, IN);
		assert_int_equal(play_segment(&s->line, OUT, 0, PLAY_ACK, m,
		    all), acked ? ALG_PASS : ALG_RESET);
		assert_int_equal(s->play.result.reason,
		    acked ? REASON_NONE : REASON_UNACKNOWLEDGED);
		stop(s);
	}
}

/*
 * One that is picked up says where its messages begin; the server may read
 * from another place.  So no message may begin within another one.
 */
static void
test_message_in_a_message(void **state)
{
	for (int within = 0; within < 2; within++) {
		struct scene *s = start(NULL);
		uint8_t m[168];

		wire_message(m, OCRQ, ID, 0, 0);
		if (within)
			memcpy(m + 64, m, 20);
		play_line(&s->play, &s->line, CLIENT, 1025, SERVER, 1723);
		play_expect(&s->line);
		assert_int_equal(play_segment(&s->line, OUT, 0, PLAY_ACK, m,
		    168), within ? ALG_RESET : ALG_PASS);
		/* Of a connection that we know, it is text. */
		play_line(&s->play, &s->other, CLIENT + 1, 1025, SERVER, 1723);
		play_open(&s->other, OUT);
		play_say(&s->other, OUT, m, 168);
		stop(s);
	}
}

/* An end that goes on after a reset is not answered each time. */
static void
test_resets_are_limited(void **state)
{
	struct scene *s = start(NULL);
	uint64_t limited;

	play_line(&s->play, &s->line, CLIENT, 1025, SERVER, 1723);
	play_open(&s->line, OUT);
	play_segment(&s->line, OUT, 0, PLAY_ACK, "no message at all", 16);
	for (int i = 1; i < STATE_RESET_BURST; i++)
		assert_int_equal(play_ack(&s->line, OUT), ALG_RESET);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(play_ack(&s->line, i % 2 ? IN : OUT),
		    ALG_DROP);
		assert_int_equal(s->play.result.reason, REASON_RESET_LIMIT);
	}
	play_wait(&s->play, STATE_RESET_INTERVAL);
	assert_int_equal(play_ack(&s->line, IN), ALG_RESET);
	assert_int_equal(play_ack(&s->line, IN), ALG_DROP);
	/* In all: from as many addresses and ports as there are. */
	limited = play_counters(&s->play).reasons[REASON_RESET_LIMIT];
	for (uint32_t i = 0; i < 2 * STATE_RESETS_PER_SECOND; i++) {
		play_line(&s->play, &s->other, 0x0B000000 + i, 1, SERVER,
		    1723);
		play_ack(&s->other, OUT);
	}
	assert_in_range(play_counters(&s->play).reasons[REASON_RESET_LIMIT] -
	    limited, STATE_RESETS_PER_SECOND, STATE_RESETS_PER_SECOND + 50);
	play_wait(&s->play, 1000);
	assert_int_equal(play_ack(&s->other, OUT), ALG_RESET);
	stop(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urgent),
		cmocka_unit_test(test_flood_of_strays),
		cmocka_unit_test(test_forged_syns),
		cmocka_unit_test(test_opened_at_once),
		cmocka_unit_test(test_unanswered_requests),
		cmocka_unit_test(test_slow_handshake),
		cmocka_unit_test(test_forgotten_by_flood),
		cmocka_unit_test(test_late_answers_to_a_flood),
		cmocka_unit_test(test_forged_syn_while_opening),
		cmocka_unit_test(test_fin_below_data),
		cmocka_unit_test(test_unheard_request),
		cmocka_unit_test(test_message_in_a_message),
		cmocka_unit_test(test_resets_are_limited),
	};

	return cmocka_run_group_tests_name("hostile", tests, NULL, NULL);
}
