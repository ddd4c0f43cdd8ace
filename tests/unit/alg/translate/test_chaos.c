/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hostile ends, tiny limits, few IDs, any segment at any time, broken
 * messages: no assertion fails, each call's changes are in order, and what
 * is closed leaves nothing behind.
 */
#include <stdlib.h>

#include "alg/translate/state.h"
#include "tests/unit/play.h"

#define LINES		10
#define FEW		6	/* free IDs between server and us */
#ifdef __SANITIZE_ADDRESS__
#define SEEDS		3		/* that take ten times as long */
#else
#define SEEDS		40
#endif

static struct {
	struct play		 play;
	struct play_line	 line[LINES];
	uint8_t			 said[LINES][2][PLAY_STREAM];
	uint32_t		 written[LINES][2];
	bool			 taken[65536];
	uint32_t		 space;
} *m;

static uint32_t
dice(uint32_t n)
{
	return (uint32_t)random() % n;
}

static uint16_t
any_id(void)
{
	return (uint16_t)(dice(3) * 0x0100 + dice(4));
}

static void
say(int i, enum alg_dir dir)
{
	uint8_t *to = m->said[i][dir] + m->written[i][dir];
	struct alg_call_info c;
	uint32_t at = dice(40);
	uint16_t id = any_id(), peer = any_id();
	size_t n;

	/* Often an ID that means something to somebody. */
	if (dice(2) && alg_calls(m->play.alg, &at, &c)) {
		id = dice(2) ? c.mapped_id : c.inside_id;
		peer = dice(2) ? c.mapped_id : c.outside_id;
	}
	if (m->space != 0 && dice(8) == 0)
		peer = idspace_refusal(m->play.alg, m->space);
	n = wire_message(to, (int)(OCRQ + dice(dice(8) ? 4 : 9)), id, peer,
	    (uint8_t)(1 + dice(2)));
	if (dice(100) == 0)
		wire_message(to, (int)(1 + dice(6)), 0, 0, 0);
	if (dice(300) == 0)
		to[dice(16)] ^= (uint8_t)(1 << dice(8));
	m->written[i][dir] += (uint32_t)n;
}

static void
open_line(int i)
{
	static const uint8_t shake[] = { PLAY_SYN, PLAY_SYN | PLAY_ACK,
		PLAY_ACK };
	enum alg_dir opener = dice(3) ? OUT : IN;

	play_line(&m->play, &m->line[i], 0x0A000000 + (uint32_t)i % 4,
	    (uint16_t)(1 + i), 0xC6336401, 1723);
	m->line[i].forgotten = true;
	m->line[i].start[OUT] = (uint32_t)random() * 2;
	m->line[i].start[IN] = (uint32_t)random() * 2;
	m->written[i][OUT] = m->written[i][IN] = 0;
	for (int k = 0; k < 3; k++) {
		if (dice(20))
			play_segment(&m->line[i], (k == 1) == (opener == OUT) ?
			    IN : OUT, k < 2 ? (uint32_t)-1 : 0, shake[k], "?",
			    dice(2));
	}
}

static void
segment(int i)
{
	static const uint8_t flags[] = { PLAY_RST, PLAY_SYN,
		PLAY_SYN | PLAY_ACK, PLAY_FIN | PLAY_ACK, 0 };
	struct play_line *l = &m->line[i];
	enum alg_dir dir = dice(2) ? OUT : IN, back = dir == OUT ? IN : OUT;
	uint32_t got = l->got[dir], from, n, left;

	if (m->written[i][dir] < got + 300 && m->written[i][dir] + 300 <
	    PLAY_STREAM)
		say(i, dir);
	from = dice(4) ? got : dice(m->written[i][dir] + 1);
	left = m->written[i][dir] - from;
	n = dice(2) ? dice(20) : dice(300);
	l->late[back] = dice(2) ? 0 : dice(l->got[back] + 1);
	play_segment(l, dir, from + (dice(500) == 0), dice(60) ? PLAY_ACK :
	    flags[dice(5)], m->said[i][dir] + from, n < left ? n : left);
	if (m->play.result.action == ALG_RESET && dice(3) == 0)
		alg_lost(m->play.alg, &l->flow, m->play.now);
	if (l->got[dir] + 600 > PLAY_STREAM || dice(200) == 0)
		open_line(i);
}

/* Takes all IDs but a few as soon as there is a space. */
static void
crowd(void)
{
	uint32_t free = 65536;

	m->space = idspace_get(m->play.alg, m->line[0].public, 0xC6336401);
	for (uint32_t id = 0; id < 65536; id++) {
		if (id % 0x0100 >= 3 || id >= 0x0300)
			m->taken[id] = idspace_claim(m->play.alg, m->space,
			    (uint16_t)id);
		free -= m->taken[id];
	}
	assert_in_range(free, FEW, 10);
}

static void
leave(void)
{
	for (uint32_t id = 0; id < 65536; id++) {
		if (m->taken[id])
			idspace_release(m->play.alg, m->space, (uint16_t)id);
	}
	idspace_put(m->play.alg, m->space);
	m->space = 0;
}

static void
check_end(void)
{
	struct alg_connection_info info;
	struct alg_counters c;
	uint32_t at = 0;

	if (m->space != 0)
		leave();
	while (alg_connections(m->play.alg, &at, &info))
		(void)alg_reset(m->play.alg, &info.flow, REASON_ADMIN,
		    m->play.now);
	play_drain(&m->play);
	play_wait(&m->play, STATE_REQUEST_TIMEOUT);
	c = play_counters(&m->play);
	assert_int_equal(c.calls + c.connections + c.quarantined, 0);
	assert_int_equal(c.calls_up, c.calls_down);
	assert_int_equal(m->play.alg->calls.pool.used, 0);
	assert_int_equal(m->play.alg->clients.pool.used, 0);
	for (int i = 0; i < STREAM_SIZES; i++)
		assert_int_equal(m->play.alg->streams.blocks[i].used, 0);
	assert_int_equal(m->play.alg->spaces.spaces.used, 0);
	assert_int_equal(m->play.alg->spaces.pages.used, 0);
}

static void
play_seed(unsigned seed, bool restarts)
{
	struct alg_config config = play_config();

	memset(m, 0, sizeof(*m));
	srandom(seed);
	config.connections = 6;
	config.calls_per_connection = 3;
	config.calls_per_client = 5;
	config.malformed_reset = seed % 2;
	config.quarantine = 50;
	config.key[0] = (uint8_t)seed;
	config.recording = restarts;
	play_start(&m->play, &config);
	for (int i = 0; i < LINES; i++)
		open_line(i);
	if (!restarts)
		crowd();
	for (int i = 0; i < 15000; i++) {
		segment((int)dice(LINES));
		if (dice(8) == 0)
			play_wait(&m->play, dice(300) ? dice(20) : 100000);
		if (restarts && dice(50) == 0)
			play_restart(&m->play, dice(20));
	}
	check_end();
	play_stop(&m->play);
}

static void
many_seeds(bool restarts)
{
	m = malloc(sizeof(*m));
	for (unsigned seed = 1; seed <= SEEDS; seed++) {
		print_message("seed %u\n", seed);
		play_seed(seed, restarts);
	}
	free(m);
}

static void
test_chaos(void **state)
{
	many_seeds(false);
}

/* The same, and the translator is made anew from its records now and then. */
static void
test_chaos_restarts(void **state)
{
	many_seeds(true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chaos),
		cmocka_unit_test(test_chaos_restarts),
	};

	return cmocka_run_group_tests_name("chaos", tests, NULL, NULL);
}
