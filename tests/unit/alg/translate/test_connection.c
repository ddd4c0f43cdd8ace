/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control connections: what happens to one leaves the other alone. */
#include <stdlib.h>

#include "alg/translate/state.h"
#include "tests/unit/play.h"

#define CLIENT	0x0A000001
#define SERVER	0xC6336401
#define ID	7
#define PEER	0x0500
#define BEFORE	((uint32_t)-1)	/* where the SYN is */

/* Two clients of one server: what happens to one leaves the other alone. */
struct scene {
	struct play		 play;
	struct play_line	 line, other, again;
	uint16_t		 mapped;	/* of the other */
};

static void
start(struct scene *s, const struct alg_config *config)
{
	play_start(&s->play, config);
	play_line(&s->play, &s->line, CLIENT, 1025, SERVER, 1723);
	play_open(&s->line, OUT);
	play_call(&s->line, ID, PEER);
	play_line(&s->play, &s->other, CLIENT + 1, 1025, SERVER, 1723);
	play_open(&s->other, OUT);
	s->mapped = play_call(&s->other, ID, PEER + 1);
	play_forget(&s->play);
}

static int
set(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	start(s, NULL);
	*state = s;
	return 0;
}

static int
set_pass(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	struct alg_config config = play_config();

	config.malformed_reset = false;
	start(s, &config);
	*state = s;
	return 0;
}

static int
unset(void **state)
{
	struct scene *s = *state;

	assert_true(play_gre_passes(&s->other, ID, s->mapped, PEER + 1));
	play_stop(&s->play);
	free(s);
	return 0;
}

static bool
call_is_up(const struct scene *s)
{
	return play_gre_passes(&s->line, ID, ID, PEER);
}

static enum alg_connection_state
state_of(const struct scene *s)
{
	struct alg_connection_info info;

	assert_true(alg_connection(s->play.alg, &s->line.flow, &info));
	return info.state;
}

/* The same ends, other sequence numbers: a client that started anew. */
static void
reborn(struct scene *s)
{
	play_line(&s->play, &s->again, CLIENT, 1025, SERVER, 1723);
	s->again.start[OUT] += 5000000;
	s->again.start[IN] += 6000000;
}

/* The server has forgotten the old connection, too. */
static void
test_reboot(void **state)
{
	struct scene *s = *state;

	reborn(s);
	play_open(&s->again, OUT);
	play_change(&s->play, ALG_CHANGE_DOWN, REASON_NEW_CONNECTION);
	assert_false(call_is_up(s));
	play_call(&s->again, ID, PEER + 2);
	assert_int_equal(play_counters(&s->play).connections, 2);
}

/*
 * A server with SYN cookies answers the second SYN and then takes the first:
 * where the numbers of one connection lie in the other, both are given up.
 */
static void
test_second_syn_nearby(void **state)
{
	struct scene *s;

	for (int near = OUT; near <= IN; near++) {
		set((void **)&s);
		reborn(s);
		s->again.start[near] = s->line.start[near] +
		    s->line.sent[near] + 56;
		play_segment(&s->again, OUT, BEFORE, PLAY_SYN, NULL, 0);
		assert_int_equal(play_segment(&s->again, IN, BEFORE,
		    PLAY_SYN | PLAY_ACK, NULL, 0), ALG_RESET);
		assert_int_equal(s->play.result.reason,
		    REASON_NEW_CONNECTION);
		assert_int_equal(state_of(s), ALG_CONNECTION_DEAD);
		/* It comes again, to a server that has none any more. */
		play_open(&s->again, OUT);
		play_call(&s->again, ID, PEER + 2);
		unset((void **)&s);
	}
}

/* The server remembers, says so, and the client answers with a reset. */
static void
test_reboot_by_challenge(void **state)
{
	struct scene *s = *state;

	reborn(s);
	play_segment(&s->again, OUT, BEFORE, PLAY_SYN, NULL, 0);
	assert_int_equal(play_ack(&s->line, IN), ALG_PASS);
	assert_true(call_is_up(s));
	play_segment(&s->line, OUT, s->line.sent[OUT], PLAY_RST, NULL, 0);
	play_change(&s->play, ALG_CHANGE_DOWN, REASON_RESET);
	play_open(&s->again, OUT);
	play_call(&s->again, ID, PEER + 2);
}

/* A SYN that nobody answers changes nothing. */
static void
test_forged_syn(void **state)
{
	struct scene *s = *state;

	reborn(s);
	for (int i = 0; i < 3; i++) {
		play_segment(&s->again, i % 2 ? IN : OUT, BEFORE, PLAY_SYN,
		    NULL, 0);
		play_tell(&s->line, OUT, ECHORQ, 0, 0, 0);
		assert_true(call_is_up(s));
	}
	/* Nor does an answer that does not fit. */
	s->again.start[OUT] += 9;
	play_segment(&s->again, IN, BEFORE, PLAY_SYN | PLAY_ACK, NULL, 0);
	assert_true(call_is_up(s));
}

/* The port is used again after an orderly end. */
static void
test_port_again(void **state)
{
	struct scene *s = *state;

	play_fin(&s->line, OUT);
	play_fin(&s->line, IN);
	reborn(s);
	play_open(&s->again, OUT);
	play_call(&s->again, ID, PEER + 2);
	assert_int_equal(state_of(s), ALG_CONNECTION_OPEN);
}

/* A server inside: the outside end opens. */
static void
test_opened_from_outside(void **state)
{
	struct scene *s = *state;
	struct alg_connection_info info;

	play_line(&s->play, &s->again, CLIENT, 1723, SERVER, 4000);
	play_open(&s->again, IN);
	assert_true(alg_connection(s->play.alg, &s->again.flow, &info));
	assert_false(info.inside_opened);
	assert_int_equal(info.state, ALG_CONNECTION_OPEN);
}

/*
 * Nobody heard it open, and it was not there before us: a hostile end may have
 * made us forget it, to go on unread.
 */
static void
test_stray(void **state)
{
	struct scene *s = *state;
	struct alg_connection_info info;

	play_line(&s->play, &s->again, CLIENT, 3000, SERVER, 1723);
	assert_int_equal(play_segment(&s->again, OUT, 0, PLAY_ACK,
	    "whatever", 8), ALG_RESET);
	assert_int_equal(s->play.result.reason, REASON_STRAY);
	assert_true(alg_connection(s->play.alg, &s->again.flow, &info));
	assert_int_equal(info.state, ALG_CONNECTION_DEAD);
	assert_int_equal(play_segment(&s->again, IN, 0, PLAY_ACK,
	    "whatever", 8), ALG_RESET);
}

static enum alg_connection_state
state_of_again(const struct scene *s)
{
	struct alg_connection_info info;

	assert_true(alg_connection(s->play.alg, &s->again.flow, &info));
	return info.state;
}

/*
 * Nobody heard it open: it is unread, and seen as such, until a message begins
 * where a segment does, in each direction.
 */
static void
test_picked_up(void **state)
{
	struct scene *s = *state;
	uint16_t mapped;

	play_line(&s->play, &s->again, CLIENT, 3000, SERVER, 1723);
	play_expect(&s->again);
	play_ack(&s->again, OUT);
	assert_int_equal(play_counters(&s->play).reasons[REASON_UNREAD], 1);
	assert_int_equal(state_of_again(s), ALG_CONNECTION_UNREAD);
	play_tell(&s->again, OUT, OCRQ, ID, 0, 0);
	mapped = play_id(&s->again);
	assert_int_not_equal(mapped, ID);
	assert_int_equal(state_of_again(s), ALG_CONNECTION_UNREAD);
	play_tell(&s->again, IN, OCRP, PEER + 5, mapped, 1);
	assert_int_equal(play_peer(&s->again), ID);
	assert_int_equal(state_of_again(s), ALG_CONNECTION_OPEN);
	assert_true(play_gre_passes(&s->again, ID, mapped, PEER + 5));
	assert_int_equal(play_counters(&s->play).reasons[REASON_UNREAD], 1);
}

/* What it said before and nobody got comes again, from further back. */
static void
test_picked_up_after_loss(void **state)
{
	struct scene *s = *state;

	play_line(&s->play, &s->again, CLIENT, 3000, SERVER, 1723);
	play_expect(&s->again);
	play_segment(&s->again, OUT, 16, PLAY_ACK, NULL, 0);
	play_tell(&s->again, OUT, ECHORQ, 0, 0, 0);
	play_tell(&s->again, IN, ECHORP, 0, 0, 0);
	assert_int_equal(state_of_again(s), ALG_CONNECTION_OPEN);
}

/* In the middle of a message, or of nothing that we know: it is reset. */
static void
test_picked_up_in_a_message(void **state)
{
	struct scene *s;
	uint8_t m[256];

	wire_message(m, OCRQ, ID, 0, 0);
	for (size_t at = 1; at < 168; at++) {
		set((void **)&s);
		play_line(&s->play, &s->again, CLIENT, 3000, SERVER, 1723);
		play_expect(&s->again);
		assert_int_equal(play_segment(&s->again, at % 2 ? OUT : IN, 0,
		    PLAY_ACK, m + at, 168 - at), ALG_RESET);
		assert_int_equal(state_of_again(s), ALG_CONNECTION_DEAD);
		unset((void **)&s);
	}
}

/* A SYN that nobody sent, in the name of one that has not been seen yet. */
static void
test_picked_up_after_forged_syn(void **state)
{
	struct scene *s = *state;

	play_line(&s->play, &s->again, CLIENT, 3000, SERVER, 1723);
	play_expect(&s->again);
	s->again.start[OUT] += 5000000;
	play_segment(&s->again, OUT, BEFORE, PLAY_SYN, NULL, 0);
	s->again.start[OUT] -= 5000000;
	play_tell(&s->again, IN, ECHORQ, 0, 0, 0);
	play_tell(&s->again, OUT, ECHORQ, 0, 0, 0);
	assert_int_equal(state_of_again(s), ALG_CONNECTION_OPEN);
}

/* It has ended, or was opened anew: what is forgotten then is a stray. */
static void
test_picked_up_once(void **state)
{
	struct scene *s = *state;

	for (uint16_t port = 3000; port < 3002; port++) {
		play_line(&s->play, &s->again, CLIENT, port, SERVER, 1723);
		play_expect(&s->again);
		if (port == 3000)
			play_open(&s->again, OUT);
		alg_lost(s->play.alg, &s->again.flow, s->play.now);
		play_drain(&s->play);
		assert_int_equal(play_ack(&s->again, OUT), ALG_RESET);
		assert_int_equal(s->play.result.reason, REASON_STRAY);
	}
}

/* No more of them than connections, counted for either end as inside one. */
static void
test_expected_limit(void **state)
{
	struct scene *s = *state;
	uint32_t n = 0;

	do
		play_line(&s->play, &s->again, CLIENT, (uint16_t)(4000 + n),
		    SERVER, 1723);
	while (alg_expect(s->play.alg, &s->again.flow) && ++n < 1000);
	assert_int_equal(n, 2 * s->play.config.connections);
}

static void
test_lost(void **state)
{
	struct scene *s = *state;
	struct alg_connection_info info;

	alg_lost(s->play.alg, &s->line.flow, s->play.now);
	play_drain(&s->play);
	play_change(&s->play, ALG_CHANGE_DOWN, REASON_CONNTRACK_GONE);
	assert_false(call_is_up(s));
	assert_false(alg_connection(s->play.alg, &s->line.flow, &info));
	alg_lost(s->play.alg, &s->line.flow, s->play.now);
	assert_int_equal(alg_reset(s->play.alg, &s->line.flow, REASON_ADMIN,
	    s->play.now), -1);
}

/* The tombstone of a reset connection, until its ends must have noticed. */
static void
test_reset(void **state)
{
	struct scene *s = *state;
	struct alg_connection_info info;

	for (int i = 0; i < 2; i++)
		assert_int_equal(alg_reset(s->play.alg, &s->line.flow,
		    REASON_ADMIN, s->play.now), 0);
	play_drain(&s->play);
	play_change(&s->play, ALG_CHANGE_DOWN, REASON_ADMIN);
	assert_int_equal(s->play.nchanges, 0);
	assert_false(call_is_up(s));
	alg_lost(s->play.alg, &s->line.flow, s->play.now);
	assert_int_equal(play_ack(&s->line, OUT), ALG_RESET);
	assert_int_equal(play_ack(&s->line, IN), ALG_RESET);
	assert_true(s->play.result.ours);
	play_wait(&s->play, STATE_CLOSING_TIMEOUT - 1);
	assert_int_equal(play_ack(&s->line, IN), ALG_RESET);
	play_wait(&s->play, 1);
	assert_false(alg_connection(s->play.alg, &s->line.flow, &info));
}

static void
test_idle_stays(void **state)
{
	struct scene *s = *state;

	for (int i = 0; i < 100; i++)
		play_wait(&s->play, 3600000);
	assert_true(call_is_up(s));
	assert_int_equal(play_counters(&s->play).connections, 2);
}

/* Each byte of a header that must have one value, and each wrong length. */
static void
test_malformed(void **state)
{
	static const struct {
		int		 at;
		enum reason	 reason;
	} t[] = {
		{ 0, REASON_BAD_LENGTH }, { 1, REASON_BAD_LENGTH },
		{ 2, REASON_BAD_MESSAGE_TYPE }, { 3, REASON_BAD_MESSAGE_TYPE },
		{ 4, REASON_BAD_COOKIE }, { 5, REASON_BAD_COOKIE },
		{ 6, REASON_BAD_COOKIE }, { 7, REASON_BAD_COOKIE },
		{ 8, REASON_BAD_CONTROL_TYPE }, { 9, REASON_BAD_CONTROL_TYPE }
	};
	uint8_t m[256];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct scene *s;
		size_t n = wire_message(m, ECHORQ, 0, 0, 0);
		enum alg_dir dir = i % 2 ? IN : OUT;

		set((void **)&s);
		m[t[i].at] ^= 0x40;
		assert_int_equal(play_segment(&s->line, dir, s->line.sent[dir],
		    PLAY_ACK, m, n), ALG_RESET);
		assert_int_equal(s->play.result.reason, t[i].reason);
		play_change(&s->play, ALG_CHANGE_DOWN, t[i].reason);
		assert_int_equal(state_of(s), ALG_CONNECTION_DEAD);
		assert_int_equal(play_ack(&s->line, OUT), ALG_RESET);
		unset((void **)&s);
	}
}

/* malformed = pass: a message of unknown type passes as it is, in any pieces,
 * and what comes behind it is read. */
static void
test_unknown_type_passes(void **state)
{
	struct scene *s = *state;
	uint8_t m[256], more[168];
	size_t n = wire_message(m, ICRQ, ID, 0, 0);

	m[9] = 99;
	for (size_t cut = 0; cut < n; cut += 9) {
		if (cut > 0)
			play_say(&s->other, OUT, m, cut);
		play_say(&s->other, OUT, m + cut, n - cut);
		assert_memory_equal(s->other.last, m + cut, n - cut);
		assert_int_equal(s->play.result.reason, REASON_NONE);
		assert_int_equal(play_counters(&s->play).reasons
		    [REASON_BAD_CONTROL_TYPE], cut / 9 + 1);
	}
	wire_message(more, OCRQ, ID, 0, 0);
	play_say(&s->other, OUT, more, 168);
	assert_int_equal(play_id(&s->other), s->mapped);
}

/*
 * malformed = pass: where messages begin is not known any more, and so nothing
 * may pass that could announce an ID that another client has.
 */
static void
test_no_boundary_no_way(void **state)
{
	static const int at[] = { 0, 1, 2, 3, 4, 7 };

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		uint8_t m[256 + 168];
		size_t n = wire_message(m, ECHORQ, 0, 0, 0);
		struct scene *s;

		set_pass((void **)&s);
		m[at[i]] ^= 0x40;
		n += wire_message(m + n, OCRQ, s->mapped, 0, 0);
		assert_int_equal(play_segment(&s->line, OUT,
		    s->line.sent[OUT], PLAY_ACK, m, n), ALG_RESET);
		assert_int_equal(state_of(s), ALG_CONNECTION_DEAD);
		unset((void **)&s);
	}
}

int
main(void)
{
#define TEST(name, set)	cmocka_unit_test_setup_teardown(name, set, unset)
	const struct CMUnitTest tests[] = {
		TEST(test_reboot, set),
		cmocka_unit_test(test_second_syn_nearby),
		TEST(test_reboot_by_challenge, set),
		TEST(test_forged_syn, set),
		TEST(test_port_again, set),
		TEST(test_opened_from_outside, set),
		TEST(test_picked_up, set),
		TEST(test_picked_up_after_loss, set),
		cmocka_unit_test(test_picked_up_in_a_message),
		TEST(test_picked_up_after_forged_syn, set),
		TEST(test_picked_up_once, set),
		TEST(test_expected_limit, set),
		TEST(test_stray, set),
		TEST(test_lost, set),
		TEST(test_reset, set),
		TEST(test_idle_stays, set),
		cmocka_unit_test(test_malformed),
		TEST(test_unknown_type_passes, set_pass),
		cmocka_unit_test(test_no_boundary_no_way),
	};

	return cmocka_run_group_tests_name("connection", tests, NULL, NULL);
}
