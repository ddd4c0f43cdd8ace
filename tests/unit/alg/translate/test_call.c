/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The states of a call: every event in each, and every timer. */
#include <stdlib.h>

#include "alg/translate/state.h"
#include "tests/unit/play.h"

#define CLIENT	0x0A000001
#define SERVER	0xC6336401
#define ID	7		/* the client's call ID */
#define PEER	0x0500		/* the server's */

/* One client, one server, one call. */
struct scene {
	struct play		 play;
	struct play_line	 line;
	uint16_t		 mapped;
};

static void
set(struct scene *s)
{
	struct alg_config config = play_config();

	config.calls_per_connection = 1;
	play_start(&s->play, &config);
	play_line(&s->play, &s->line, CLIENT, 1025, SERVER, 1723);
	play_open(&s->line, OUT);
	s->mapped = ID;
}

static void
unset(struct scene *s)
{
	play_wait(&s->play, 0);
	assert_int_equal(alg_reset(s->play.alg, &s->line.flow, REASON_ADMIN,
	    s->play.now), 0);
	play_drain(&s->play);
	play_wait(&s->play, STATE_CLOSING_TIMEOUT);
	assert_int_equal(play_counters(&s->play).calls, 0);
	assert_int_equal(play_counters(&s->play).quarantined, 0);
	assert_int_equal(play_counters(&s->play).connections, 0);
	play_stop(&s->play);
}

/* The only call, as the list shows it; false when there is none. */
static bool
only(const struct scene *s, struct alg_call_info *info)
{
	struct alg_call_info second;
	uint32_t at = 0;

	if (!alg_calls(s->play.alg, &at, info))
		return false;
	assert_false(alg_calls(s->play.alg, &at, &second));
	return true;
}

static void
request(struct scene *s)
{
	play_tell(&s->line, OUT, OCRQ, ID, 0, 0);
	s->mapped = play_id(&s->line);
}

static void
ok(struct scene *s)
{
	play_tell(&s->line, IN, OCRP, PEER, s->mapped, 1);
}

static void
bad(struct scene *s)
{
	play_tell(&s->line, IN, OCRP, PEER, s->mapped, 7);
}

static void
clear(struct scene *s)
{
	play_tell(&s->line, OUT, CCRQ, ID, 0, 0);
}

/* By its mapped ID: before the reply the server's is not known. */
static void
disconnect(struct scene *s)
{
	play_tell(&s->line, IN, CDN, s->mapped, 0, 0);
}

static void
to_requested(struct scene *s)
{
	request(s);
}

static void
to_up(struct scene *s)
{
	request(s);
	ok(s);
}

static void
to_clearing(struct scene *s)
{
	to_up(s);
	clear(s);
}

/* The connection's limit is one call: a second one is refused. */
static void
to_refused(struct scene *s)
{
	play_tell(&s->line, OUT, OCRQ, ID + 1, 0, 0);
	play_tell(&s->line, IN, OCRP, PEER, play_id(&s->line), 1);
	play_tell(&s->line, OUT, OCRQ, ID, 0, 0);
	s->mapped = play_id(&s->line);
	play_tell(&s->line, OUT, CCRQ, ID + 1, 0, 0);
	play_tell(&s->line, IN, CDN, PEER, 0, 0);
}

static void
to_ended(struct scene *s)
{
	to_clearing(s);
	disconnect(s);
}

#define NOTHING	(-1)

/* What each state makes of each event, as the outside sees it. */
static const struct {
	const char		*name;
	void			(*reach)(struct scene *);
	void			(*event)(struct scene *);
	enum alg_call_state	 after;		/* ENDED: not listed */
	int			 told;		/* a change, or NOTHING */
	enum reason		 reason;
} steps[] = {
	{ "requested, reply ok", to_requested, ok, ALG_CALL_UP,
	    ALG_CHANGE_UP, REASON_NONE },
	{ "requested, reply bad", to_requested, bad, ALG_CALL_ENDED,
	    ALG_CHANGE_REFUSED, REASON_REPLY_REFUSED },
	{ "requested, clear", to_requested, clear, ALG_CALL_CLEARING,
	    ALG_CHANGE_REFUSED, REASON_CLEAR },
	{ "requested, disconnect", to_requested, disconnect, ALG_CALL_ENDED,
	    ALG_CHANGE_REFUSED, REASON_DISCONNECT },
	{ "up, reply ok", to_up, ok, ALG_CALL_UP, NOTHING, REASON_NONE },
	{ "up, reply bad", to_up, bad, ALG_CALL_UP, NOTHING, REASON_NONE },
	{ "up, clear", to_up, clear, ALG_CALL_CLEARING,
	    ALG_CHANGE_DOWN, REASON_CLEAR },
	{ "up, disconnect", to_up, disconnect, ALG_CALL_ENDED,
	    ALG_CHANGE_DOWN, REASON_DISCONNECT },
	{ "clearing, reply ok", to_clearing, ok, ALG_CALL_CLEARING, NOTHING,
	    REASON_NONE },
	{ "clearing, reply bad", to_clearing, bad, ALG_CALL_ENDED, NOTHING,
	    REASON_NONE },
	{ "clearing, clear", to_clearing, clear, ALG_CALL_CLEARING, NOTHING,
	    REASON_NONE },
	{ "clearing, disconnect", to_clearing, disconnect, ALG_CALL_ENDED,
	    NOTHING, REASON_NONE },
	{ "refused, reply ok", to_refused, ok, ALG_CALL_ENDED, NOTHING,
	    REASON_NONE },
	{ "refused, reply bad", to_refused, bad, ALG_CALL_ENDED, NOTHING,
	    REASON_NONE },
	{ "refused, clear", to_refused, clear, ALG_CALL_REFUSED, NOTHING,
	    REASON_NONE },
	{ "refused, disconnect", to_refused, disconnect, ALG_CALL_ENDED,
	    NOTHING, REASON_NONE },
	{ "ended, reply ok", to_ended, ok, ALG_CALL_ENDED, NOTHING,
	    REASON_NONE },
	{ "ended, reply bad", to_ended, bad, ALG_CALL_ENDED, NOTHING,
	    REASON_NONE },
	{ "ended, clear", to_ended, clear, ALG_CALL_ENDED, NOTHING,
	    REASON_NONE },
	{ "ended, disconnect", to_ended, disconnect, ALG_CALL_ENDED, NOTHING,
	    REASON_NONE },
};

static void
ask(size_t i)
{
	struct scene *s = calloc(1, sizeof(*s));
	struct alg_call_info info;

	set(s);
	steps[i].reach(s);
	play_forget(&s->play);
	steps[i].event(s);
	assert_int_equal(only(s, &info), steps[i].after != ALG_CALL_ENDED);
	if (steps[i].after != ALG_CALL_ENDED)
		assert_int_equal(info.state, steps[i].after);
	if (steps[i].told != NOTHING) {
		struct alg_change c = play_change(&s->play,
		    (enum alg_change_kind)steps[i].told, steps[i].reason);

		assert_int_equal(c.call.state, steps[i].after);
		assert_int_equal(c.call.inside_id, ID);
	}
	assert_int_equal(s->play.nchanges, 0);
	assert_int_equal(play_gre_passes(&s->line, ID, s->mapped, PEER),
	    steps[i].after == ALG_CALL_UP);
	unset(s);
	free(s);
}

static void
test_every_state_and_event(void **state)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		print_message("%s\n", steps[i].name);
		ask(i);
	}
}

/* The reply to a refused request says so, whatever the server answered. */
static void
test_refusal_is_told(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	struct alg_change c;

	set(s);
	to_requested(s);
	play_forget(&s->play);
	play_tell(&s->line, OUT, OCRQ, 99, 0, 0);
	c = play_change(&s->play, ALG_CHANGE_REFUSED,
	    REASON_CONNECTION_CALLS);
	assert_true(c.call.inside_asked);
	assert_false(c.call.incoming);
	assert_int_equal(c.call.inside_id, 99);
	assert_int_not_equal(play_id(&s->line), s->mapped);
	play_tell(&s->line, IN, OCRP, PEER, play_id(&s->line), 1);
	assert_int_equal(play_id(&s->line), PEER);
	assert_int_equal(play_peer(&s->line), 99);
	assert_int_equal(s->line.last[16], 2);
	assert_int_equal(s->line.last[17], 4);
	assert_int_equal(play_counters(&s->play).reasons
	    [REASON_CONNECTION_CALLS], 1);
	/* The first call is none the worse for it. */
	ok(s);
	assert_int_equal(s->line.last[16], 1);
	assert_true(play_gre_passes(&s->line, ID, s->mapped, PEER));
	unset(s);
	free(s);
}

/* Who asked for what, in all four ways to set up a call. */
static void
test_ways_to_ask(void **state)
{
	static const struct {
		enum alg_dir	 asker;
		int		 request, reply;
	} ways[] = {
		{ OUT, OCRQ, OCRP }, { OUT, ICRQ, ICRP },
		{ IN, OCRQ, OCRP }, { IN, ICRQ, ICRP }
	};

	for (int i = 0; i < 4; i++) {
		struct scene *s = calloc(1, sizeof(*s));
		enum alg_dir asker = ways[i].asker;
		bool out = asker == OUT;
		struct alg_call_info info;
		uint16_t seen;

		set(s);
		play_tell(&s->line, asker, ways[i].request, out ? ID : PEER,
		    0, 0);
		seen = play_id(&s->line);
		play_tell(&s->line, out ? IN : OUT, ways[i].reply,
		    out ? PEER : ID, seen, 1);
		assert_int_equal(play_peer(&s->line), out ? ID : PEER);
		assert_true(only(s, &info));
		assert_int_equal(info.state, ALG_CALL_UP);
		assert_int_equal(info.inside_asked, out);
		assert_int_equal(info.incoming, ways[i].request == ICRQ);
		assert_true(info.has_outside_id);
		assert_int_equal(info.outside_id, PEER);
		assert_int_equal(info.inside_id, ID);
		assert_int_equal(info.mapped_id, out ? seen :
		    play_id(&s->line));
		play_change(&s->play, ALG_CHANGE_REQUEST, REASON_NONE);
		play_change(&s->play, ALG_CHANGE_UP, REASON_NONE);
		assert_int_equal(s->play.nchanges, 0);
		assert_true(play_gre_passes(&s->line, ID, info.mapped_id,
		    PEER));
		/* All IDs of that call were known when they were used. */
		assert_int_equal(play_counters(&s->play).reasons
		    [REASON_UNKNOWN_ID], 0);
		unset(s);
		free(s);
	}
}

/* What is not answered does not stay. */
static void
test_waits_end(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	struct alg_call_info info;

	set(s);
	to_requested(s);
	play_wait(&s->play, STATE_REQUEST_TIMEOUT - 1);
	assert_true(only(s, &info));
	play_forget(&s->play);
	play_wait(&s->play, 1);
	assert_false(only(s, &info));
	play_change(&s->play, ALG_CHANGE_REFUSED, REASON_NO_REPLY);
	to_clearing(s);
	play_forget(&s->play);
	play_wait(&s->play, STATE_CLEAR_TIMEOUT - 1);
	assert_true(only(s, &info));
	play_wait(&s->play, 1);
	assert_false(only(s, &info));
	assert_int_equal(s->play.nchanges, 0);
	assert_int_equal(play_counters(&s->play).reasons[REASON_NO_CDN], 1);
	to_refused(s);
	play_wait(&s->play, STATE_REQUEST_TIMEOUT);
	assert_false(only(s, &info));
	unset(s);
	free(s);
}

/* A call that is up says so when its GRE is missing, and from where. */
static void
test_missing_gre(void **state)
{
	for (int gre = 0; gre < 4; gre++) {
		struct scene *s = calloc(1, sizeof(*s));

		set(s);
		to_up(s);
		if (gre & 1)
			play_gre(&s->play, OUT, CLIENT, SERVER, PEER);
		if (gre & 2)
			play_gre(&s->play, IN, SERVER, s->line.public,
			    s->mapped);
		play_forget(&s->play);
		play_wait(&s->play, STATE_NOTICE_TIME - 1);
		assert_int_equal(s->play.nchanges, 0);
		play_wait(&s->play, 1);
		if (gre != 3)
			play_change(&s->play, ALG_CHANGE_NOTICE, gre & 1 ?
			    REASON_NO_GRE_OUTSIDE : REASON_NO_GRE_INSIDE);
		play_wait(&s->play, 1000000);
		assert_int_equal(s->play.nchanges, 0);
		unset(s);
		free(s);
	}
}

/* A cleared call's ID may be used at once: a new call, another ID outside. */
static void
test_same_id_again(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	struct alg_config config = play_config();
	uint16_t first;

	config.quarantine = 1000;
	set(s);
	config.calls_per_connection = 2;
	alg_configure(s->play.alg, &config);
	to_clearing(s);
	first = s->mapped;
	request(s);
	assert_int_not_equal(s->mapped, first);
	play_tell(&s->line, IN, CDN, PEER, 0, 0);
	play_tell(&s->line, IN, OCRP, PEER + 1, s->mapped, 1);
	assert_int_equal(play_peer(&s->line), ID);
	assert_false(play_gre(&s->play, IN, SERVER, s->line.public, first) ==
	    ALG_PASS);
	assert_true(play_gre_passes(&s->line, ID, s->mapped, PEER + 1));
	play_wait(&s->play, 1000);
	unset(s);
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_state_and_event),
		cmocka_unit_test(test_refusal_is_told),
		cmocka_unit_test(test_ways_to_ask),
		cmocka_unit_test(test_waits_end),
		cmocka_unit_test(test_missing_gre),
		cmocka_unit_test(test_same_id_again),
	};

	return cmocka_run_group_tests_name("call", tests, NULL, NULL);
}
