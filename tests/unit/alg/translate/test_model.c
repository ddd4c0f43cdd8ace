/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random sessions of many clients and servers, cut, lost, repeated and in
 * disorder, against a model that knows nothing but the rules: streams arrive
 * as they were sent but for mapped IDs, these are unique between a public
 * address and a peer, and GRE passes exactly for the calls that are up.
 */
#include <stdlib.h>

#include "tests/unit/rules.h"

#define FULL		12000		/* bytes of a stream: start anew */
#ifdef __SANITIZE_ADDRESS__
#define SEEDS		2		/* that take ten times as long */
#else
#define SEEDS		12
#endif

static struct rules *m;
static uint16_t next_id;		/* of servers: never the same */

static uint32_t
dice(uint32_t n)
{
	return (uint32_t)random() % n;
}

/* IDs that many clients want. */
static uint16_t
popular(void)
{
	return (uint16_t)(dice(4) * 0x1200 + dice(6));
}

static void
say(struct rules_line *l, enum alg_dir dir, int type, uint16_t id,
    uint16_t peer, uint8_t result)
{
	l->written[dir] += (uint32_t)wire_message(l->said[dir] +
	    l->written[dir], type, id, peer, result);
}

/* The server's answers; its IDs are its own and never the same. */
static void
answer(struct rules_line *l, enum alg_dir client, const uint8_t *msg)
{
	enum alg_dir server = client == OUT ? IN : OUT;
	uint16_t id = wire_get16(msg + 12);
	struct rules_call *c = client == OUT ? rules_mapped(l, id) :
	    rules_outside(l, id);

	switch (wire_get16(msg + 8)) {
	case ECHORQ:
		say(l, server, ECHORP, 0, 0, 0);
		break;
	case OCRQ:
		say(l, server, OCRP, ++next_id, id, dice(8) ? 1 : 7);
		break;
	case CCRQ:
		/* Some send their own ID, some the other's. */
		if (c != NULL)
			say(l, server, CDN, server == OUT ? c->inside :
			    dice(2) && c->known ? c->outside : id, 0, 0);
		break;
	}
}

/* What the client has in mind: calls that it has not asked for yet. */
static void
client_speaks(struct rules_line *l)
{
	enum alg_dir dir = l->inside_is_client ? OUT : IN;
	struct rules_call *c = &l->call[dice(RULES_CALLS)];
	uint16_t id = dir == OUT ? popular() : ++next_id;

	if (l->read[IN] < l->written[IN] || l->read[OUT] < l->written[OUT])
		return;		/* one thing after the other */
	if (dice(4) == 0)
		say(l, dir, ECHORQ, 0, 0, 0);
	if (dice(3) == 0 && c->state == RULES_UP)
		say(l, dir, SLI, dir == OUT ? c->outside : c->mapped, 0, 0);
	else if (dice(3) == 0 && c->state == RULES_UP)
		say(l, dir, CCRQ, dir == OUT ? c->inside : c->outside, 0, 0);
	else if (rules_room(l) && (dir == IN || rules_inside(l, id) == NULL)) {
		say(l, dir, OCRQ, id, 0, 0);
		l->asked++;
	}
}

/* Something arrives at an end, which may answer. */
static void
arrive(struct rules_line *l, enum alg_dir dir)
{
	enum alg_dir client = l->inside_is_client ? OUT : IN;
	uint32_t n;

	l->arrived[dir] += dice(l->play.got[dir] - l->arrived[dir] + 1);
	if (dice(2))
		l->una[dir] = l->arrived[dir];
	while (l->arrived[dir] >= l->heard[dir] + 16) {
		const uint8_t *msg = l->play.heard[dir] + l->heard[dir];

		n = wire_get16(msg);
		if (l->arrived[dir] < l->heard[dir] + n)
			break;
		/* Who answers has acknowledged what it answers. */
		if (l->una[dir] < l->heard[dir] + n)
			l->una[dir] = l->heard[dir] + n;
		if (dir == client)
			answer(l, client, msg);
		l->heard[dir] += n;
	}
}

/* Any piece that may be under way: new, old, both, behind a gap. */
static void
segment(struct rules_line *l, enum alg_dir dir)
{
	enum alg_dir back = dir == OUT ? IN : OUT;
	uint32_t until = dice(5) ? l->play.got[dir] : l->written[dir];
	uint32_t from = l->una[dir] + dice(until - l->una[dir] + 1);
	uint32_t n = dice(3) ? dice(20) : dice(600);

	if (n > l->written[dir] - from)
		n = l->written[dir] - from;
	l->play.late[back] = l->play.got[back] - l->una[back] -
	    dice(l->arrived[back] - l->una[back] + 1);
	assert_int_equal(play_segment(&l->play, dir, from, PLAY_ACK,
	    l->said[dir] + from, n), ALG_PASS);
	rules_follow(m, l, dir);
}

static void
open_line(struct rules_line *l, uint32_t i)
{
	struct play_line *p = &l->play;
	uint16_t port = (uint16_t)(1024 + i * 4 + dice(4));

	memset(l, 0, sizeof(*l));
	l->inside_is_client = i % 4 != 3;
	if (l->inside_is_client)
		play_line(&m->play, p, 0x0A000000 + i / 2, port,
		    0xC6336400 + dice(RULES_SERVERS), 1723);
	else
		play_line(&m->play, p, 0x0A000000 + i / 2, 1723,
		    0xC6336400 + dice(RULES_SERVERS), port);
	p->public += i % 2;
	p->start[OUT] = (uint32_t)random() * 3;
	p->start[IN] = (uint32_t)random() * 3;
	play_open(p, l->inside_is_client ? OUT : IN);
	l->open = true;
}

/* FINs when all is said, a reset, or conntrack forgets. */
static void
close_line(struct rules_line *l)
{
	enum alg_dir dir = dice(2) ? OUT : IN;

	l->play.late[OUT] = l->play.late[IN] = 0;
	l->play.sent[OUT] = l->play.got[OUT];
	l->play.sent[IN] = l->play.got[IN];
	switch (dice(3)) {
	case 0:
		play_fin(&l->play, dir);
		play_fin(&l->play, dir == OUT ? IN : OUT);
		break;
	case 1:
		assert_int_equal(play_segment(&l->play, dir, l->play.got[dir],
		    PLAY_RST, NULL, 0), ALG_PASS);
		break;
	default:
		alg_lost(m->play.alg, &l->play.flow, m->play.now);
		play_drain(&m->play);
	}
	for (int i = 0; i < RULES_CALLS; i++) {
		if (l->call[i].state != RULES_FREE)
			rules_end(m, l, &l->call[i]);
	}
	l->open = false;
}

/* Of a known or of any call, from right or wrong ends. */
static void
gre(struct rules_line *l)
{
	const struct rules_call *c = &l->call[dice(RULES_CALLS)];
	uint16_t mapped = dice(4) ? c->mapped : popular();
	struct rules_call *real = rules_mapped(l, mapped);

	if (!l->open)
		return;
	if (c->state != RULES_FREE && c->known)
		assert_int_equal(play_gre_passes(&l->play, c->inside,
		    c->mapped, c->outside), c->state == RULES_UP);
	if (real == NULL || real->state != RULES_UP)
		return;
	assert_int_equal(play_gre(&m->play, IN, l->play.flow.outside,
	    l->play.public, mapped), ALG_PASS);
	assert_int_equal(play_dst(&m->play), l->play.flow.inside);
	assert_int_equal(play_gre_id(&m->play), real->inside);
	assert_int_equal(play_gre(&m->play, IN, l->play.flow.outside + 9,
	    l->play.public, mapped), ALG_DROP);
}

/* Whatever is not a living call's does not pass. */
static void
random_gre(void)
{
	uint32_t peer = 0xC6336400 + dice(RULES_SERVERS), public = 0xCB007101 +
	    dice(2);
	uint16_t id = popular();
	bool up = false;

	for (int i = 0; i < RULES_LINES; i++) {
		struct rules_line *l = &m->line[i];
		const struct rules_call *c = rules_mapped(l, id);

		if (l->open && c != NULL && c->state == RULES_UP &&
		    l->play.flow.outside == peer && l->play.public == public)
			up = true;
	}
	assert_int_equal(play_gre(&m->play, IN, peer, public, id),
	    up ? ALG_PASS : ALG_DROP);
}

static void
step(uint32_t i)
{
	struct rules_line *l = &m->line[i];
	enum alg_dir dir = dice(2) ? OUT : IN;

	if (!l->open) {
		open_line(l, i);
	} else if (dice(700) == 0 || l->written[OUT] > FULL ||
	    l->written[IN] > FULL) {
		close_line(l);
	} else {
		client_speaks(l);
		segment(l, dir);
		arrive(l, dir);
	}
	gre(l);
	random_gre();
}

/* Everything closed: nothing is left, after the quarantine no ID either. */
static void
check_end(void)
{
	struct alg_counters c;

	for (uint32_t i = 0; i < RULES_LINES; i++) {
		if (m->line[i].open)
			close_line(&m->line[i]);
	}
	c = play_counters(&m->play);
	assert_int_equal(c.calls, 0);
	assert_int_equal(c.calls_up, c.calls_down);
	assert_true(c.calls_up > 20);
	assert_int_equal(c.reasons[REASON_CONFLICT], 0);
	play_wait(&m->play, 200000);
	c = play_counters(&m->play);
	assert_int_equal(c.connections, 0);
	assert_int_equal(c.quarantined, 0);
}

/* The daemon is killed and started again, now and then. */
static void
maybe_restart(void)
{
	if (m->play.config.recording && dice(30) == 0)
		play_restart(&m->play, dice(3) ? 0 : dice(50));
}

static void
play_seed(unsigned seed, bool restarts)
{
	struct alg_config config = play_config();

	next_id = 0;
	memset(m, 0, sizeof(*m));
	srandom(seed);
	config.quarantine = RULES_QUARANTINE;
	config.key[0] = (uint8_t)seed;
	config.recording = restarts;
	play_start(&m->play, &config);
	for (int i = 0; i < 12000; i++) {
		step(dice(RULES_LINES));
		if (dice(4) == 0)
			play_wait(&m->play, dice(3));
		maybe_restart();
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
test_random_sessions(void **state)
{
	many_seeds(false);
}

/* Nobody notices that the translator is another one. */
static void
test_random_restarts(void **state)
{
	many_seeds(true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_sessions),
		cmocka_unit_test(test_random_restarts),
	};

	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
