/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The history: what it keeps, of whom, and what is said of it. */
#include <stdlib.h>
#include <string.h>

#include "alg/explain/explain.h"
#include "alg/translate/state.h"
#include "tests/unit/play.h"

#define CLIENT	0x0A000001U
#define SERVER	0xC6336401U

static void
start(struct play *p, uint32_t connections)
{
	struct alg_config config = play_config();

	config.connections = connections;
	config.recording = true;
	play_start(p, &config);
}

/* How many attempts of an inside end, or of all for 0, are in the history. */
static unsigned
count_of(const struct play *p, uint32_t inside)
{
	struct alg_attempt a;
	uint32_t at = 0;
	unsigned n = 0;

	while (alg_attempts(p->alg, &at, &a))
		n += inside == 0 || a.flow.inside == inside;
	return n;
}

/* The next news: what fails in it, in a word, or "". */
static const char *
news(struct play *p, bool over)
{
	struct explanations all = { .n = 0 };
	struct explain_facts facts = { .connection = "it", .now = p->now };
	const struct explanation *why;
	struct alg_attempt a;

	assert_true(alg_attempt_news(p->alg, &a));
	assert_int_equal(a.over != 0, over);
	facts.attempt = &a;
	explain_attempt(&facts, &all);
	why = explain_failure(&all);
	return why == NULL ? "" : why->name;
}

static void
assert_no_news(struct play *p)
{
	struct alg_attempt a;

	assert_false(alg_attempt_news(p->alg, &a));
}

static void
test_syns(void **state)
{
	struct play p;
	struct play_line line;

	start(&p, 64);
	play_line(&p, &line, CLIENT, 1, SERVER, 1723);
	for (int i = 0; i < STATE_SYNS_NOTICED; i++) {
		assert_no_news(&p);
		play_segment(&line, OUT, (uint32_t)-1, PLAY_SYN, NULL, 0);
	}
	assert_string_equal(news(&p, false), "tcp-unanswered");
	play_segment(&line, OUT, (uint32_t)-1, PLAY_SYN, NULL, 0);
	assert_no_news(&p);
	play_wait(&p, STATE_OPENING_TIMEOUT);
	assert_string_equal(news(&p, true), "tcp-unanswered");
	assert_int_equal(count_of(&p, CLIENT), 1);
	play_stop(&p);
}

/*
 * SYNs, as many ms one after the other, and no packet of the connection has
 * left.
 */
static void
start_stopped(struct play *p, struct play_line *line, uint64_t apart)
{
	start(p, 64);
	play_line(p, line, CLIENT, 1, SERVER, 1723);
	line->stopped = true;
	for (int i = 0; i < STATE_SYNS_NOTICED; i++) {
		play_segment(line, OUT, (uint32_t)-1, PLAY_SYN, NULL, 0);
		play_wait(p, apart);
	}
}

/* A rule behind us drops all of them. */
static void
test_stopped(void **state)
{
	struct play p;
	struct play_line line;

	start_stopped(&p, &line, STATE_SYN_APART);
	assert_string_equal(news(&p, false), "tcp-stopped-here");
	line.stopped = false;		/* the admin has mended it */
	play_segment(&line, OUT, (uint32_t)-1, PLAY_SYN, NULL, 0);
	play_wait(&p, STATE_OPENING_TIMEOUT);
	assert_string_equal(news(&p, true), "tcp-unanswered");
	play_stop(&p);
}

/* So quick that one waits in the queue beside the other. */
static void
test_not_stopped(void **state)
{
	struct play p;
	struct play_line line;

	start_stopped(&p, &line, 0);
	assert_string_equal(news(&p, false), "tcp-unanswered");
	play_stop(&p);
}

/* An ICMP error that quotes the first bytes of a line's SYN. */
static bool
refuse(struct play_line *line, enum alg_dir opener, uint32_t seq, size_t quoted,
    uint8_t type, bool own)
{
	static const struct alg_origin origin;
	const struct alg_flow *f = &line->flow;
	struct play *p = line->play;
	uint8_t *icmp = p->packet + 20, *tcp = icmp + 28;
	uint32_t from = opener == OUT ? f->inside : f->outside;
	uint32_t to = opener == OUT ? f->outside : f->inside;

	/* The quote is made in the packet's place, and moved behind ICMP. */
	play_ip(p, 6, from, to, 20);
	memmove(icmp + 8, p->packet, 20);
	memset(icmp, 0, 8);
	icmp[0] = type;
	icmp[1] = 13;
	wire_put16(tcp, opener == OUT ? f->inside_port : f->outside_port);
	wire_put16(tcp + 2, opener == OUT ? f->outside_port : f->inside_port);
	wire_put32(tcp + 4, seq);
	play_ip(p, 1, 0x08080808, from, 28 + quoted);
	return alg_note_refusal(p->alg, &origin, opener == OUT ? IN : OUT, own,
	    p->packet, p->len, p->now);
}

/* Who refuses a SYN is told, if he has seen it; the rest goes on as ever. */
static void
test_refusal(void **state)
{
	struct play p;
	struct play_line line, other;
	uint32_t seq;

	for (enum alg_dir opener = OUT; opener <= IN; opener++) {
		start(&p, 64);
		play_line(&p, &line, CLIENT, opener == OUT ? 1 : 1723, SERVER,
		    opener == OUT ? 1723 : 1);
		play_line(&p, &other, CLIENT, opener == OUT ? 2 : 1723, SERVER,
		    opener == OUT ? 1723 : 2);
		seq = line.start[opener] - 1;
		play_segment(&line, opener, (uint32_t)-1, PLAY_SYN, NULL, 0);
		assert_true(refuse(&line, opener, seq + 1, 8, 3, false));
		assert_true(refuse(&other, opener, seq, 8, 3, false));
		assert_true(refuse(&line, 1 - opener, seq, 8, 3, false));
		assert_false(refuse(&line, opener, seq, 7, 3, false));
		assert_false(refuse(&line, opener, seq, 8, 8, false));
		assert_no_news(&p);
		assert_true(refuse(&line, opener, seq, 8, 3, false));
		assert_string_equal(news(&p, false), "tcp-unreachable");
		assert_true(refuse(&line, opener, seq, 8, 3, false));
		for (int i = 0; i < STATE_SYNS_NOTICED; i++)
			play_segment(&line, opener, (uint32_t)-1, PLAY_SYN,
			    NULL, 0);
		assert_no_news(&p);
		play_wait(&p, STATE_OPENING_TIMEOUT);
		assert_string_equal(news(&p, true), "tcp-unreachable");
		play_open(&other, opener);
		assert_true(refuse(&other, opener, other.start[opener] - 1, 8,
		    3, true));
		assert_no_news(&p);
		play_fin(&other, IN);
		play_fin(&other, OUT);
		play_wait(&p, STATE_CLOSING_TIMEOUT);
		play_stop(&p);
	}
}

/* GRE of one end stops: that is noticed, told once, and over in time. */
static void
test_silence(void **state)
{
	struct play p;
	struct play_line line;
	uint16_t mapped;

	start(&p, 64);
	play_line(&p, &line, CLIENT, 1, SERVER, 1723);
	play_open(&line, OUT);
	mapped = play_call(&line, 7, 9);
	assert_true(play_gre_passes(&line, 7, mapped, 9));
	for (int i = 0; i < 3; i++) {
		play_wait(&p, STATE_SILENCE_TIME / 2);
		assert_true(play_gre_passes(&line, 7, mapped, 9));
	}
	assert_no_news(&p);
	for (int i = 0; i < 5; i++) {
		play_wait(&p, STATE_SILENCE_TIME / 2);
		assert_int_equal(play_gre(&p, OUT, CLIENT, SERVER, 9),
		    ALG_PASS);
	}
	play_wait(&p, STATE_SILENCE_TIME / 2);
	assert_string_equal(news(&p, false), "silent-outside");
	assert_no_news(&p);
	play_fin(&line, IN);
	play_fin(&line, OUT);
	assert_string_equal(news(&p, true), "silent-outside");
	assert_int_equal(count_of(&p, CLIENT), 1);
	play_wait(&p, STATE_CLOSING_TIMEOUT);
	play_stop(&p);
}

/* Who only looks whether the port is open is no reason for alarm. */
static void
test_probe(void **state)
{
	struct play p;
	struct play_line line;

	start(&p, 64);
	for (uint16_t port = 1; port <= 2; port++) {
		play_line(&p, &line, CLIENT, port, SERVER, 1723);
		play_open(&line, OUT);
		if (port == 1) {
			play_fin(&line, OUT);
			play_fin(&line, IN);
		} else {
			play_segment(&line, OUT, 0, PLAY_RST | PLAY_ACK, NULL,
			    0);
		}
		assert_string_equal(news(&p, true), "");
	}
	play_wait(&p, STATE_CLOSING_TIMEOUT);
	play_stop(&p);
}

/* Neither who tries for ever nor who has many addresses drives out others. */
static void
test_bounds(void **state)
{
	struct play p;
	struct play_line line;

	start(&p, 512);
	play_line(&p, &line, CLIENT, 1, SERVER, 1723);
	play_open(&line, OUT);
	play_segment(&line, IN, 0, PLAY_RST | PLAY_ACK, NULL, 0);
	for (uint16_t i = 1; i <= 300; i++) {
		play_line(&p, &line, CLIENT + 1, i, SERVER, 1723);
		play_open(&line, OUT);
		play_segment(&line, IN, 0, PLAY_RST | PLAY_ACK, NULL, 0);
	}
	for (uint32_t i = 1; i <= 300; i++) {
		play_line(&p, &line, CLIENT + 2, 1723, SERVER + i, 1);
		play_segment(&line, IN, (uint32_t)-1, PLAY_SYN, NULL, 0);
	}
	play_wait(&p, STATE_CLOSING_TIMEOUT);
	assert_in_range(count_of(&p, CLIENT + 1), 1, STATE_ATTEMPTS_KEPT);
	assert_in_range(count_of(&p, CLIENT + 2), 1, STATE_ATTEMPTS_KEPT);
	assert_in_range(count_of(&p, 0), 1, 3 * STATE_ATTEMPTS_KEPT);
	play_stop(&p);
}

/* Whatever it says, it says the same after a restart. */
static void
test_restart(void **state)
{
	struct play p;
	struct play_line line;
	struct alg_attempt before = { 0 }, after = { 0 };
	uint32_t at = 0;

	start(&p, 64);
	play_line(&p, &line, CLIENT, 1, SERVER, 1723);
	play_open(&line, OUT);
	play_tell(&line, OUT, SCCRQ, 0, 0, 0);
	play_tell(&line, IN, SCCRP, 0, 0, 4);
	play_tell(&line, OUT, OCRQ, 7, 0, 0);
	play_tell(&line, IN, OCRP, 9, play_id(&line), 5);
	assert_true(alg_attempts(p.alg, &at, &before));
	play_restart(&p, 1000);
	at = 0;
	assert_true(alg_attempts(p.alg, &at, &after));
	assert_int_equal(count_of(&p, 0), 1);
	assert_int_equal(after.number, before.number);
	assert_int_equal(after.reason, REASON_REPLY_REFUSED);
	assert_int_equal(after.by, ALG_OUTSIDE);
	assert_int_equal(after.reply.result, 5);
	assert_int_equal(after.start.result, before.start.result);
	assert_int_equal(after.call.serial, before.call.serial);
	assert_int_equal(after.call.inside_id, 7);
	play_fin(&line, IN);
	play_fin(&line, OUT);
	play_wait(&p, STATE_CLOSING_TIMEOUT);
	play_stop(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_syns),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_not_stopped),
		cmocka_unit_test(test_refusal),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_restart),
	};

	return cmocka_run_group_tests_name("attempt", tests, NULL, NULL);
}
