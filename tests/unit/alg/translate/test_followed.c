/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Acknowledgments that have passed before the translator hears of them. */
#include "tests/unit/play.h"

#define CLIENT	0x0A000001
#define SERVER	0xC6336401
#define CALLS	2		/* a client's, and its connections */
#define IP	20
#define TCP	20

static struct play play;
static struct play_line line;
static bool followed;		/* the connection opened last */

static void
note_followed(void *arg, const struct alg_connection_info *c, bool is)
{
	assert_ptr_equal(arg, &followed);
	assert_int_equal(c->flow.outside, SERVER);
	if (c->flow.inside_port == line.flow.inside_port)
		followed = is;
}

static void
begin_line(uint16_t port)
{
	play_line(&play, &line, CLIENT, port, SERVER, 1723);
	followed = false;
}

static int
set(void **state)
{
	struct alg_config config = play_config();

	config.calls_per_client = CALLS;
	config.followed = note_followed;
	config.followed_arg = &followed;
	play_start(&play, &config);
	begin_line(1025);
	return 0;
}

static int
unset(void **state)
{
	play_stop(&play);
	return 0;
}

/* The end has so many bytes of the other one, and has sent so many. */
static enum alg_action
pass_ack(enum alg_dir dir, uint32_t sent, uint32_t got)
{
	const struct alg_ack ack = { line.flow, dir,
	    line.start[dir] + sent, line.start[!dir] + got };

	alg_acknowledged(play.alg, &ack, play.now, &play.result);
	play_drain(&play);
	return play.result.action;
}

static enum alg_connection_state
state_of(const struct play_line *l)
{
	struct alg_connection_info c;

	assert_true(alg_connection(play.alg, &l->flow, &c));
	return c.state;
}

static void
shake_hands(void)
{
	assert_int_equal(play_segment(&line, OUT, (uint32_t)-1, PLAY_SYN, NULL,
	    0), ALG_PASS);
	assert_false(followed);
	assert_int_equal(play_segment(&line, IN, (uint32_t)-1,
	    PLAY_SYN | PLAY_ACK, NULL, 0), ALG_PASS);
	assert_true(followed);
}

static void
test_handshake(void **state)
{
	shake_hands();
	assert_int_equal(pass_ack(OUT, 0, 1), ALG_PASS);	/* wrong */
	assert_int_equal(state_of(&line), ALG_CONNECTION_OPENING);
	assert_int_equal(pass_ack(IN, 0, 0), ALG_PASS);	/* who was asked */
	assert_int_equal(state_of(&line), ALG_CONNECTION_OPENING);
	assert_int_equal(pass_ack(OUT, 0, 0), ALG_PASS);
	assert_int_equal(state_of(&line), ALG_CONNECTION_OPEN);
}

/* The limit of a client holds; then nothing passes unseen any more. */
static void
test_too_many(void **state)
{
	for (uint16_t port = 2000; port < 2000 + CALLS; port++) {
		begin_line(port);
		shake_hands();
		assert_int_equal(pass_ack(OUT, 0, 0), ALG_PASS);
	}
	begin_line(3000);
	assert_int_equal(play_segment(&line, OUT, (uint32_t)-1, PLAY_SYN, NULL,
	    0), ALG_DROP);
	assert_int_equal(play_counters(&play).reasons
	    [REASON_CLIENT_CONNECTIONS], 1);
	assert_false(followed);
}

/* Both were half-open while there was room for one. */
static void
test_one_too_many(void **state)
{
	struct play_line first;

	begin_line(2000);
	shake_hands();
	assert_int_equal(pass_ack(OUT, 0, 0), ALG_PASS);
	begin_line(2001);
	shake_hands();
	first = line;
	begin_line(2002);
	shake_hands();
	assert_int_equal(pass_ack(OUT, 0, 0), ALG_PASS);
	line = first;
	followed = true;
	assert_int_equal(pass_ack(OUT, 0, 0), ALG_RESET);
	assert_int_equal(play.result.reason, REASON_CLIENT_CONNECTIONS);
	assert_int_equal(state_of(&line), ALG_CONNECTION_DEAD);
	assert_false(followed);
	/* What comes late is of no connection that is followed. */
	assert_int_equal(pass_ack(OUT, 0, 0), ALG_PASS);
}

/* Other bytes may not follow what is not acknowledged yet. */
static void
test_acknowledged(void **state)
{
	uint8_t m[220];
	size_t len = wire_message(m, SCCRQ, 0, 0, 0);

	play_open(&line, OUT);
	assert_int_equal(play_segment(&line, OUT, 0, PLAY_ACK, m, len),
	    ALG_PASS);
	m[len - 1] ^= 1;
	assert_int_equal(play_segment(&line, OUT, 0, PLAY_ACK, m, len),
	    ALG_DROP);
	assert_int_equal(play.result.reason, REASON_CONFLICT);
	assert_int_equal(pass_ack(IN, 0, (uint32_t)len), ALG_PASS);
	assert_int_equal(play_segment(&line, OUT, 0, PLAY_ACK, m, len),
	    ALG_PASS);
	assert_int_equal(play.packet[IP + TCP + len - 1], m[len - 1] ^ 1);
}

/* Closed, reset or forgotten: it is shown again. */
static void
test_end(void **state)
{
	play_open(&line, OUT);
	assert_true(followed);
	(void)play_fin(&line, OUT);
	assert_true(followed);
	(void)play_fin(&line, IN);
	assert_false(followed);
	begin_line(1026);
	play_open(&line, OUT);
	assert_true(followed);
	assert_int_equal(alg_reset(play.alg, &line.flow, REASON_ADMIN,
	    play.now), 0);
	assert_false(followed);
	begin_line(1027);
	play_open(&line, OUT);
	alg_lost(play.alg, &line.flow, play.now);
	assert_false(followed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_handshake, set, unset),
		cmocka_unit_test_setup_teardown(test_too_many, set, unset),
		cmocka_unit_test_setup_teardown(test_one_too_many, set, unset),
		cmocka_unit_test_setup_teardown(test_acknowledged, set, unset),
		cmocka_unit_test_setup_teardown(test_end, set, unset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
