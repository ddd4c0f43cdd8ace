/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Logins that go wrong: malformed, reflected, unanswered, asked again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alg/ppp/explain.h"
#include "alg/ppp/mschap.h"
#include "tests/unit/alg/ppp/play_ppp.h"

static struct pp_line line;
static struct pp_end *const server = &line.end[PP_SERVER];
static struct pp_end *const client = &line.end[PP_CLIENT];
static struct pp_end end;

static int
setup(void **state)
{
	pp_line_init(&line);
	pp_server(&end);
	return 0;
}

static void
names_nobody_has(void **state)
{
	uint8_t bytes[1400] = { 0xc2, 0x23, 2, 0, 0, 0, 0x31 };
	static const size_t sizes[] = { 56, 57, 56 + 255, 56 + 256, 1400 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		setup(NULL);
		pp_start(&end, 0);
		pp_open_lcp(&end, "", 0);
		bytes[3] = end.ppp.auth.theirs.id;
		bytes[4] = (uint8_t)((sizes[i] - 2) >> 8);
		bytes[5] = (uint8_t)(sizes[i] - 2);
		memset(bytes + 56, 'A', sizes[i] - 56);
		if (i == 1)
			bytes[56] = 0;		/* a NUL in the name */
		pp_feed_bytes(&end, bytes, sizes[i], 0);
		assert_int_equal(end.refused, i == 1 ? PPP_BAD_NAME :
		    PPP_NO_USER);
		assert_int_equal(end.secrets, i == 0 || i == 2);
	}
}

/* They could make another line of a log, or of a script's list. */
static void
names_with_control_characters(void **state)
{
	static const struct {
		const char	*name;
		enum ppp_reason	 reason;
	} names[] = {
		{ "sco\ntt", PPP_BAD_NAME }, { "\x1b[2Jscott", PPP_BAD_NAME },
		{ "WORK\n\\scott", PPP_BAD_NAME },
		{ "scott\x7f", PPP_BAD_NAME },
		{ "sco\xc2\x85tt", PPP_BAD_NAME },
		{ "sc\xc3\xb6tt", PPP_NO_USER }, { "\xc2\xa0", PPP_NO_USER },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		setup(NULL);
		pp_start(&end, 0);
		pp_open_lcp(&end, "", 0);
		pp_log_in(&end, names[i].name, "turquoise", 0);
		assert_int_equal(end.refused, names[i].reason);
		assert_int_equal(end.secrets, names[i].reason == PPP_NO_USER);
	}
}

static void
malformed_proofs(void **state)
{
	static const char *const bad[] = {
		"0004", "0005 31", "0008 31 010203", "0005 00",
		"0015 10 00112233445566778899aabbccddeeff",
		"0003", "", "00ff 31",
	};
	char frame[128];
	uint64_t now = 0;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		setup(NULL);
		pp_start(&end, now);
		pp_open_lcp(&end, "", now);
		pp_drain(&end);
		snprintf(frame, sizeof(frame), "c223 02 %02x %s",
		    end.ppp.auth.theirs.id, bad[i]);
		pp_feed(&end, frame, now);
		assert_int_equal(end.logins, 0);
		assert_int_equal(end.secrets, 0);
	}
}

/* Codes that the other side of a login would send. */
static void
the_wrong_side(void **state)
{
	pp_start(&end, 0);
	pp_open_lcp(&end, "", 0);
	pp_drain(&end);
	pp_feed(&end, "c223 01 01 0015 10 00112233445566778899aabbccddeeff",
	    0);
	pp_feed(&end, "c223 03 01 0004", 0);
	pp_feed(&end, "c223 04 01 0004", 0);
	pp_expect_nothing(&end);
	assert_int_equal(end.secrets, 0);
	assert_int_equal(end.ppp.phase, PPP_AUTHENTICATE);
	/* A success out of the blue is none. */
	pp_client(&end);
	pp_start(&end, 0);
	pp_open_lcp(&end, "0305 c223 81", 0);
	pp_drain(&end);
	pp_feed(&end, "c223 03 00 0006 533d", 0);
	pp_feed(&end, "c223 04 00 0004", 0);
	pp_feed(&end, "c223 03 01 0004", 0);
	pp_feed(&end, "c223 02 01 0005 00", 0);
	pp_expect_nothing(&end);
	assert_int_equal(end.logins, 0);
	assert_int_equal(end.ppp.phase, PPP_AUTHENTICATE);
}

/* Whoever gets our challenge back as the peer's challenge is no peer. */
static void
reflections(void **state)
{
	const struct pp_frame *f;
	uint8_t bytes[64];
	uint64_t now = 0;

	end.config.answer = PPP_MSCHAP2;
	pp_start(&end, now);
	pp_open_lcp(&end, "0305 c223 81", now);
	f = pp_expect(&end, "c223 01 xx xxxx 10 *");
	memcpy(bytes, f->bytes + 2, f->len - 2);
	pp_feed_bytes(&end, bytes, f->len - 2, now);
	pp_expect(&end, "c021 05 *");
	pp_wait(&end, &now, 10000);
	assert_int_equal(end.reason, PPP_REFLECTION);
	assert_int_equal(end.secrets, 0);
}

/* The same, by a peer that has the password or someone who has it. */
static void
our_challenge_as_the_peers(void **state)
{
	const struct pp_frame *f;
	uint8_t bytes[64] = { 0xc2, 0x23, 2, 1, 0, 59, 0x31 };
	struct mschap2 m = { bytes + 7, bytes + 7, "scott", 5 };
	uint8_t hash[MSCHAP_HASH];
	uint64_t now = 0;

	pp_start(&end, now);
	pp_open_lcp(&end, "", now);
	f = pp_expect(&end, "c223 01 01 xxxx 10 *");
	memcpy(bytes + 7, f->bytes + 2 + 7, 16);
	mschap_nt_hash(hash, "turquoise", 9);
	mschap2_response(bytes + 7 + 24, &m, hash);
	memcpy(bytes + 56, "scott", 5);
	pp_feed_bytes(&end, bytes, 61, now);
	assert_int_equal(end.refused, PPP_REFLECTION);
	pp_wait(&end, &now, 10000);
	assert_int_equal(end.reason, PPP_REFLECTION);
	assert_int_equal(end.logins, 0);
}

static void
both_log_in(void **state)
{
	for (int i = 0; i < 2; i++) {
		line.end[i].config.ask = i == 0 ? PPP_MSCHAP2 : PPP_CHAP_MD5;
		line.end[i].config.answer = i == 1 ? PPP_MSCHAP2 :
		    PPP_CHAP_MD5;
		line.end[i].config.user = "scott";
	}
	pp_line_open(&line);
	assert_true(pp_line_up(&line, 60000));
	assert_int_equal(server->logins, 2);
	assert_int_equal(client->logins, 2);
}

/* With MS-CHAP both ways it is not clear whose keys are meant. */
static void
both_by_mschap_have_no_keys(void **state)
{
	for (int i = 0; i < 2; i++) {
		line.end[i].config.ask = line.end[i].config.answer =
		    PPP_MSCHAP2;
		line.end[i].config.user = "scott";
	}
	pp_line_open(&line);
	assert_false(pp_line_up(&line, 60000));
	assert_true(server->ppp.reason == PPP_NO_KEYS ||
	    client->ppp.reason == PPP_NO_KEYS);
}

/* A server that does not know the password cannot prove it. */
static void
a_false_server(void **state)
{
	uint64_t now = 0;
	char frame[128];

	pp_client(&end);
	pp_start(&end, now);
	pp_open_lcp(&end, "0305 c223 81", now);
	pp_drain(&end);
	pp_feed(&end, "c223 01 05 0015 10 00112233445566778899aabbccddeeff",
	    now);
	pp_expect(&end, "c223 02 05 003b 31 *");
	snprintf(frame, sizeof(frame), "c223 03 05 002e 533d %080d", 3);
	pp_feed(&end, frame, now);
	pp_expect(&end, "c021 05 *");
	pp_wait(&end, &now, 10000);
	assert_int_equal(end.reason, PPP_UNPROVEN);
	assert_int_equal(end.logins, 0);
}

/* The same question gets the same answer: the keys hang on it. */
static void
a_repeated_challenge(void **state)
{
	static const char question[] =
	    "c223 01 05 0015 10 00112233445566778899aabbccddeeff";
	struct pp_frame first;
	uint64_t now = 0;

	pp_client(&end);
	pp_start(&end, now);
	pp_open_lcp(&end, "0305 c223 81", now);
	pp_drain(&end);
	pp_feed(&end, question, now);
	first = *pp_take(&end);
	pp_feed(&end, question, now);
	assert_memory_equal(pp_take(&end)->bytes, first.bytes, first.len);
	/* Without a question, too, until it is heard. */
	pp_wait(&end, &now, 3000);
	assert_memory_equal(pp_take(&end)->bytes, first.bytes, first.len);
	pp_wait(&end, &now, 60000);
	assert_int_equal(end.reason, PPP_AUTH_SILENT);
	assert_true(end.sent < 20);
}

/* Where many have failed, who guesses right is told no earlier. */
static void
the_answer_takes_a_while(void **state)
{
	static const char *const passwords[] = { "turquoise", "wrong" };
	uint64_t now;

	for (size_t i = 0; i < 2; i++) {
		setup(NULL);
		now = 0;
		end.delay = 4000;
		end.config.auth_delay = 0;
		pp_start(&end, now);
		pp_open_lcp(&end, "", now);
		pp_log_in(&end, "scott", passwords[i], now);
		pp_wait(&end, &now, 3999);
		pp_expect_nothing(&end);
		assert_int_equal(end.logins, 0);
		pp_wait(&end, &now, 1);
		pp_expect(&end, i == 0 ? "c223 03 *" : "c223 04 *");
		assert_int_equal(end.logins, i == 0);
	}
}

/* However often it is asked: a secret is looked up now and then. */
static void
many_challenges(void **state)
{
	uint64_t now = 0;
	char frame[64];

	pp_client(&end);
	pp_start(&end, now);
	pp_open_lcp(&end, "0305 c223 81", now);
	for (int i = 0; i < 100; i++) {
		snprintf(frame, sizeof(frame),
		    "c223 01 %02x 0015 10 %032x", i, i);
		pp_feed(&end, frame, now);
	}
	assert_int_equal(end.secrets, 1);
	pp_wait(&end, &now, 1000);
	pp_feed(&end, frame, now);
	assert_int_equal(end.secrets, 2);
}

static void
nobody_answers(void **state)
{
	uint64_t now = 0;

	pp_start(&end, now);
	pp_open_lcp(&end, "", now);
	pp_drain(&end);
	pp_wait(&end, &now, 29999);
	assert_int_equal(end.sent - end.taken, 9);	/* and the first */
	pp_wait(&end, &now, 10000);
	assert_int_equal(end.reason, PPP_AUTH_SILENT);
}

static void
time_for_a_login_is_limited(void **state)
{
	uint64_t now = 0;

	end.config.ask = PPP_PAP;
	pp_start(&end, now);
	pp_open_lcp(&end, "", now);
	pp_wait(&end, &now, 59999);
	assert_int_equal(end.ppp.phase, PPP_AUTHENTICATE);
	pp_wait(&end, &now, 10000);
	assert_int_equal(end.reason, PPP_AUTH_SILENT);
}

/* New challenges while the link is up; a wrong answer then ends it. */
static void
asked_again_later(void **state)
{
	server->config.auth_interval = 10000;
	pp_line_open(&line);
	assert_true(pp_line_up(&line, 60000));
	pp_line_run(&line, 35000);
	assert_int_equal(server->secrets, 4);
	assert_int_equal(server->logins, 1);
	assert_true(server->open);
	assert_true(pp_line_packet(&line, PP_CLIENT, 60));
	pp_line_run(&line, 100);
	assert_int_equal(server->packets, 1);
	client->password = "changed";
	pp_line_run(&line, 30000);
	assert_int_equal(server->reason, PPP_BAD_PASSWORD);
}

/* The user of a link stays the same. */
static void
asked_again_another_user(void **state)
{
	for (int i = 0; i < 2; i++) {
		line.end[i].config.auth_interval = 10000;
		line.end[i].config.mppe_required = false;
	}
	/* Its proof does not depend on the name. */
	server->config.ask = client->config.answer = PPP_CHAP_MD5;
	pp_line_open(&line);
	assert_true(pp_line_up(&line, 60000));
	client->config.user = client->account = server->account = "tiger";
	pp_line_run(&line, 30000);
	assert_int_equal(server->refused, PPP_NO_USER);
	assert_int_equal(server->closes, 1);
}

/* Who may negotiate what: the peers agree on the best of both. */
static const struct {
	uint8_t		 ask, answer;
	enum ppp_method	 agreed;	/* 0: they do not */
	enum ppp_reason	 server, client;
} agreements[] = {
	{ PPP_PAP | PPP_MSCHAP2, PPP_PAP, PPP_PAP, 0, 0 },
	{ PPP_MSCHAP | PPP_MSCHAP2, PPP_MSCHAP | PPP_CHAP_MD5, PPP_MSCHAP,
	    0, 0 },
	{ 15, 15, PPP_MSCHAP2, 0, 0 },
	{ 15, PPP_CHAP_MD5, PPP_CHAP_MD5, 0, 0 },
	{ PPP_MSCHAP2, PPP_PAP, 0, PPP_AUTH_REFUSED, PPP_AUTH_DEMANDED },
	{ PPP_MSCHAP2, 0, 0, PPP_AUTH_REFUSED, PPP_AUTH_DEMANDED },
};

static void
agreeing_on_a_method(void **state)
{
	struct ppp_info info;

	for (size_t i = 0; i < sizeof(agreements) / sizeof(agreements[0]);
	    i++) {
		setup(NULL);
		server->config.ask = agreements[i].ask;
		client->config.answer = agreements[i].answer;
		server->config.mppe_required = false;
		client->config.mppe_required = false;
		pp_line_open(&line);
		assert_int_equal(pp_line_up(&line, 60000),
		    agreements[i].agreed != 0);
		pp_line_run(&line, 30000);
		ppp_info(&server->ppp, &info);
		if (agreements[i].agreed != 0)
			assert_int_equal(info.method, agreements[i].agreed);
		assert_int_equal(server->reason, agreements[i].server);
		assert_int_equal(client->reason, agreements[i].client);
	}
}

/* Who knows the users is elsewhere: nothing happens until the answer comes. */
static void
asked_elsewhere(void **state)
{
	struct ppp_answer yes = { .reason = PPP_OK, .success = "S=0" };
	struct ppp_answer no = { .reason = PPP_REJECTED };
	const char *name = "scott";

	end.config.ask_elsewhere = true;
	end.config.auth_delay = 0;
	pp_start(&end, 0);
	ppp_answer(&end.ppp, &yes, 0);	/* nobody has asked */
	pp_open_lcp(&end, "", 0);
	ppp_answer(&end.ppp, &yes, 0);
	assert_int_equal(end.logins, 0);
	pp_log_in(&end, name, "any", 0);
	assert_int_equal(end.asks, 1);
	assert_int_equal(end.secrets, 0);
	assert_string_equal(end.account_asked, name);
	ppp_tick(&end.ppp, 4000);
	assert_int_equal(end.logins + end.refusals + end.grants, 0);
	ppp_answer(&end.ppp, &no, 4000);
	ppp_tick(&end.ppp, 4000);
	assert_int_equal(end.refused, PPP_REJECTED);
	assert_false(end.proved);
	ppp_answer(&end.ppp, &yes, 4000);	/* too late */
	assert_int_equal(end.logins, 0);
	setup(NULL);
	end.config.ask_elsewhere = true;
	pp_start(&end, 0);
	pp_open_lcp(&end, "", 0);
	pp_log_in(&end, name, "any", 0);
	ppp_answer(&end.ppp, &yes, 1);
	pp_expect(&end, "c223 03 xx 0007 533d30");
	assert_int_equal(end.logins, 1);
	assert_int_equal(end.grants, 1);
}

/* What is said there of a refusal is passed on; some may be tried again. */
static void
refused_elsewhere(void **state)
{
	static const struct {
		unsigned	 error;
		const char	*failure, *text;
	} refusals[] = {
		{ 0, "c223 04 xx xxxx 453d363931 20 523d31 20 433d*", "" },
		{ 691, "c223 04 xx xxxx 453d363931 20 523d31 20 433d*", "" },
		{ 647, "c223 04 xx xxxx 453d363437 20 523d30 20 433d*",
		    "E=647, the account is disabled" },
		{ 4294967295, "c223 04 xx xxxx 453d34323934393637323935*",
		    "E=4294967295, unknown error" },
	};
	char text[EXPLAIN_MAX];

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		setup(NULL);
		end.config.ask_elsewhere = true;
		end.config.auth_delay = 0;
		pp_start(&end, 0);
		pp_open_lcp(&end, "", 0);
		pp_log_in(&end, "scott", "any", 0);
		ppp_answer(&end.ppp, &(struct ppp_answer){
		    .reason = PPP_REJECTED, .error = refusals[i].error }, 1);
		ppp_tick(&end.ppp, 1);
		pp_expect(&end, refusals[i].failure);
		explain_end(&end.ppp, text, sizeof(text));
		assert_string_equal(text, refusals[i].text);
		ppp_wipe(&end.ppp);
	}
}

/* It cannot be asked; or it knows the user, who may not have a session. */
static void
refused_though_asked_elsewhere(void **state)
{
	struct ppp_answer yes = { .reason = PPP_OK };

	end.config.ask_elsewhere = true;
	end.ask_answer = PPP_RADIUS_BUSY;
	pp_start(&end, 0);
	pp_open_lcp(&end, "", 0);
	pp_log_in(&end, "scott", "any", 0);
	assert_int_equal(end.refused, PPP_RADIUS_BUSY);
	ppp_wipe(&end.ppp);
	setup(NULL);
	end.config.ask_elsewhere = true;
	end.grant_answer = PPP_NO_ADDRESS;
	pp_start(&end, 0);
	pp_open_lcp(&end, "", 0);
	pp_log_in(&end, "scott", "any", 0);
	ppp_answer(&end.ppp, &yes, 0);
	assert_int_equal(end.refused, PPP_NO_ADDRESS);
	assert_true(end.proved);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(names_nobody_has, setup),
		cmocka_unit_test_setup(names_with_control_characters, setup),
		cmocka_unit_test_setup(malformed_proofs, setup),
		cmocka_unit_test_setup(the_wrong_side, setup),
		cmocka_unit_test_setup(reflections, setup),
		cmocka_unit_test_setup(our_challenge_as_the_peers, setup),
		cmocka_unit_test_setup(both_log_in, setup),
		cmocka_unit_test_setup(both_by_mschap_have_no_keys, setup),
		cmocka_unit_test_setup(a_false_server, setup),
		cmocka_unit_test_setup(a_repeated_challenge, setup),
		cmocka_unit_test_setup(the_answer_takes_a_while, setup),
		cmocka_unit_test_setup(many_challenges, setup),
		cmocka_unit_test_setup(nobody_answers, setup),
		cmocka_unit_test_setup(time_for_a_login_is_limited, setup),
		cmocka_unit_test_setup(asked_again_later, setup),
		cmocka_unit_test_setup(asked_again_another_user, setup),
		cmocka_unit_test_setup(agreeing_on_a_method, setup),
		cmocka_unit_test_setup(asked_elsewhere, setup),
		cmocka_unit_test_setup(refused_elsewhere, setup),
		cmocka_unit_test_setup(refused_though_asked_elsewhere, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
