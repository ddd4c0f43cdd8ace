/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Logins: all methods, from both sides, and those who should not get in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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

static const struct {
	enum ppp_method	 method;
	uint8_t		 mppe;		/* a key length that it can have */
} methods[] = {
	{ PPP_PAP, 0 }, { PPP_CHAP_MD5, 0 },
	{ PPP_MSCHAP, PPP_MPPE_40 }, { PPP_MSCHAP, PPP_MPPE_56 },
	{ PPP_MSCHAP, PPP_MPPE_128 }, { PPP_MSCHAP2, PPP_MPPE_40 },
	{ PPP_MSCHAP2, PPP_MPPE_56 }, { PPP_MSCHAP2, PPP_MPPE_128 },
};
#define METHODS	(sizeof(methods) / sizeof(methods[0]))

static void
prepare(size_t i)
{
	setup(NULL);
	server->config.ask = client->config.answer = methods[i].method;
	for (int n = 0; n < 2; n++) {
		line.end[n].config.mppe = methods[i].mppe | PPP_MPPE_STATELESS;
		line.end[n].config.mppe_required = methods[i].mppe != 0;
	}
}

static void
every_method_lets_in(void **state)
{
	struct ppp_info info;

	for (size_t i = 0; i < METHODS; i++) {
		prepare(i);
		pp_line_open(&line);
		assert_true(pp_line_up(&line, 60000));
		assert_int_equal(server->logins, 1);
		assert_int_equal(client->logins, 1);
		assert_int_equal(server->grants, 1);
		assert_true(pp_line_packet(&line, PP_CLIENT, 60));
		pp_line_run(&line, 100);
		assert_int_equal(server->packets, 1);
		ppp_info(&server->ppp, &info);
		assert_int_equal(info.method, methods[i].method);
		assert_int_equal(info.mppe_in & PPP_MPPE_LENGTHS,
		    methods[i].mppe);
	}
}

static void
wrong_passwords_do_not(void **state)
{
	for (size_t i = 0; i < METHODS; i++) {
		prepare(i);
		client->password = "turquoisE";
		pp_line_open(&line);
		assert_false(pp_line_up(&line, 60000));
		pp_line_run(&line, 30000);
		assert_int_equal(client->reason, PPP_REFUSED_BY_PEER);
		assert_int_equal(server->refused, PPP_BAD_PASSWORD);
		assert_int_equal(server->logins + server->grants, 0);
		assert_int_equal(server->closes, 1);
	}
}

/* Refused in the same words, after the same time; only we know why. */
static void
unknown_users_look_the_same(void **state)
{
	const struct pp_frame *f;
	struct pp_frame wrong;
	uint64_t now, when[2];

	for (int i = 0; i < 2; i++) {
		setup(NULL);
		now = 0;
		pp_start(&end, now);
		pp_open_lcp(&end, "", now);
		pp_log_in(&end, i == 0 ? "scott" : "nobody", "wrong", now);
		pp_expect_nothing(&end);
		assert_int_equal(end.refused, i == 0 ? PPP_BAD_PASSWORD :
		    PPP_NO_USER);
		while (end.sent == end.taken)
			pp_wait(&end, &now, 1);
		when[i] = now;
		f = pp_take(&end);
		if (i == 0)
			wrong = *f;
		else
			assert_memory_equal(wrong.bytes, f->bytes, wrong.len);
	}
	assert_true(when[0] == when[1]);
	assert_int_equal(when[0], end.config.auth_delay);
}

/* RFC 2759 section 9.1: failure, retry with the new challenge, success. */
static void
a_retry_with_the_new_challenge(void **state)
{
	static const char first[] = "00112233445566778899AABBCCDDEEFF";
	const struct pp_frame *f;
	char frame[8 + PP_FRAME_MAX] = "";
	uint64_t now = 0;
	uint8_t id;

	end.challenge = first;
	pp_start(&end, now);
	pp_open_lcp(&end, "", now);
	pp_log_in(&end, "scott", "wrong", now);
	pp_wait(&end, &now, 1000);
	f = pp_expect(&end, "c223 04 xx xxxx 453d363931 20 523d31 20 433d*");
	id = f->bytes[5];
	assert_memory_equal(f->bytes + 8 + 10 + 2 + 32, " V=3 M=", 7);
	assert_memory_not_equal(f->bytes + 8 + 10 + 2, first, 32);
	/* The new challenge, as if it had come as one. */
	snprintf(frame, sizeof(frame), "c223 01 %02x 0039 10 %.32s", id + 1,
	    (const char *)f->bytes + 8 + 10 + 2);
	end.sent = end.taken = 0;
	end.sent = 1;
	end.out[0].len = pp_bytes(frame, end.out[0].bytes,
	    sizeof(end.out[0].bytes));
	pp_log_in(&end, "scott", "turquoise", now);
	f = pp_expect(&end, "c223 03 xx 002e 533d*");
	assert_int_equal(f->bytes[5], (uint8_t)(id + 1));
	assert_int_equal(end.logins, 1);
	assert_int_equal(end.ppp.auth.theirs.try, 2);
}

/* Many guesses within one call are what guessers live on. */
static void
tries_are_bounded(void **state)
{
	uint64_t now = 0;
	int failures = 0;
	uint8_t bytes[7 + 49 + 5] = { 0xc2, 0x23, 2, 0, 0, 54 + 5, 0x31 };

	pp_start(&end, now);
	pp_open_lcp(&end, "", now);
	pp_drain(&end);
	memcpy(bytes + 56, "scott", 5);
	bytes[3] = end.ppp.auth.theirs.id;
	for (int i = 0; i < 100 && end.closes == 0; i++) {
		bytes[40]++;		/* another guess every time */
		for (int n = 0; n < 5; n++)
			pp_feed_bytes(&end, bytes, sizeof(bytes), now);
		pp_wait(&end, &now, 250);
		for (const struct pp_frame *f; (f = pp_take(&end)) != NULL; )
			failures += f->bytes[4] == 4 &&
			    f->bytes[2] == 0xc2;
	}
	assert_int_equal(failures, 3);
	assert_int_equal(end.refusals, 3);
	assert_int_equal(end.reason, PPP_BAD_PASSWORD);
	assert_true(end.closed_at >= 3 * end.config.auth_delay);
}

/* A failure that got lost is said again; that is not another try. */
static void
a_lost_failure_is_repeated(void **state)
{
	uint64_t now = 0;
	uint8_t bytes[7 + 49 + 5] = { 0xc2, 0x23, 2, 0, 0, 54 + 5, 0x31, 9 };
	struct pp_frame first;

	pp_start(&end, now);
	pp_open_lcp(&end, "", now);
	pp_drain(&end);
	memcpy(bytes + 56, "scott", 5);
	bytes[3] = end.ppp.auth.theirs.id;
	pp_feed_bytes(&end, bytes, sizeof(bytes), now);
	pp_wait(&end, &now, 1000);
	first = *pp_expect(&end, "c223 04 *");
	pp_feed_bytes(&end, bytes, sizeof(bytes), now);
	assert_memory_equal(pp_expect(&end, "c223 04 *")->bytes, first.bytes,
	    first.len);
	assert_int_equal(end.refusals, 1);
}

static void
a_lost_success_is_repeated(void **state)
{
	uint8_t response[PP_FRAME_MAX];
	struct pp_frame first;

	pp_start(&end, 0);
	pp_open_lcp(&end, "", 0);
	pp_log_in(&end, "scott", "turquoise", 0);
	first = *pp_expect(&end, "c223 03 *");
	pp_drain(&end);
	memset(response, 0, sizeof(response));
	memcpy(response, first.bytes + 2, 4);
	response[2] = 2;
	response[5] = 54;
	response[6] = 0x31;
	pp_feed_bytes(&end, response, 56, 0);
	assert_memory_equal(pp_expect(&end, "c223 03 *")->bytes, first.bytes,
	    first.len);
	assert_int_equal(end.logins, 1);
	assert_int_equal(end.secrets, 1);
}

static void
changing_the_password_is_refused(void **state)
{
	uint8_t bytes[4 + 586 - 4 + 2] = { 0xc2, 0x23, 7, 1, 2, 74 };
	uint64_t now = 0;

	pp_start(&end, now);
	pp_open_lcp(&end, "", now);
	pp_drain(&end);
	pp_feed_bytes(&end, bytes, sizeof(bytes), now);
	/* "E=709 R=0 C=" */
	pp_expect(&end, "c223 04 01 xxxx 453d373039 20 523d30 20 433d*");
	pp_wait(&end, &now, 10000);
	assert_int_equal(end.reason, PPP_PASSWORD_CHANGE);
}

static const struct {
	enum ppp_reason	 answer;
	const char	*error;
} refusals[] = {
	{ PPP_USER_LIMIT, "c223 04 xx xxxx 453d363439 20 523d30*" },
	{ PPP_NO_ADDRESS, "c223 04 xx xxxx 453d363439 20 523d30*" },
	{ PPP_NOT_ALLOWED, "c223 04 xx xxxx 453d363439 20 523d30*" },
};

/* The right password, but no room: the peer hears that it may not dial in. */
static void
the_caller_may_refuse(void **state)
{
	uint64_t now;

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		setup(NULL);
		now = 0;
		end.grant_answer = refusals[i].answer;
		pp_start(&end, now);
		pp_open_lcp(&end, "", now);
		pp_log_in(&end, "scott", "turquoise", now);
		pp_wait(&end, &now, 1000);
		pp_expect(&end, refusals[i].error);
		pp_wait(&end, &now, 10000);
		assert_int_equal(end.reason, refusals[i].answer);
		assert_int_equal(end.logins, 0);
	}
}

/* Windows sends DOMAIN\user, hashes user; we look up user. */
static void
domains_are_left_out(void **state)
{
	client->config.user = client->account = "WORK\\scott";
	pp_line_open(&line);
	assert_true(pp_line_up(&line, 60000));
	assert_string_equal(server->user, "WORK\\scott");
	assert_string_equal(server->account_asked, "scott");
}

/* Whoever is known as DOMAIN\user is another one than user. */
static void
domains_that_belong_to_the_name(void **state)
{
	struct ppp_info info;

	for (int whole = 0; whole < 2; whole++) {
		setup(NULL);
		client->config.user = client->account = "WORK\\scott";
		server->whole_name = whole;
		pp_line_open(&line);
		assert_true(pp_line_up(&line, 60000));
		ppp_info(&server->ppp, &info);
		assert_string_equal(info.user, "WORK\\scott");
		assert_string_equal(info.account, whole ? "WORK\\scott" :
		    "scott");
		assert_true(info.proved);
	}
}

static void
domains_are_kept(void **state)
{
	server->config.strip_domain = false;
	client->config.user = client->account = server->account =
	    "WORK\\scott";
	pp_line_open(&line);
	assert_true(pp_line_up(&line, 60000));
	assert_string_equal(server->account_asked, "WORK\\scott");
}

/* Only the NT hash is stored: enough for Microsoft's methods and PAP. */
static void
hashed_secrets(void **state)
{
	static const uint8_t hash[] = { 0x18, 0x07, 0x33, 0x43, 0xF6, 0x30,
	    0xB5, 0xF8, 0x2C, 0x38, 0xC0, 0x34, 0x37, 0xF2, 0x81, 0x6B };

	for (size_t i = 0; i < METHODS; i++) {
		/* The shorter keys of version 1 need the LM hash. */
		bool lm = methods[i].method == PPP_MSCHAP &&
		    methods[i].mppe != PPP_MPPE_128;

		prepare(i);
		server->nt_hash = hash;
		pp_line_open(&line);
		assert_int_equal(pp_line_up(&line, 60000),
		    methods[i].method != PPP_CHAP_MD5 && !lm);
		if (methods[i].method == PPP_CHAP_MD5)
			assert_int_equal(server->refused, PPP_NO_SECRET);
		if (lm)
			assert_int_equal(server->ppp.reason, PPP_NO_KEYS);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_method_lets_in, setup),
		cmocka_unit_test_setup(wrong_passwords_do_not, setup),
		cmocka_unit_test_setup(unknown_users_look_the_same, setup),
		cmocka_unit_test_setup(a_retry_with_the_new_challenge, setup),
		cmocka_unit_test_setup(tries_are_bounded, setup),
		cmocka_unit_test_setup(a_lost_failure_is_repeated, setup),
		cmocka_unit_test_setup(a_lost_success_is_repeated, setup),
		cmocka_unit_test_setup(changing_the_password_is_refused,
		    setup),
		cmocka_unit_test_setup(the_caller_may_refuse, setup),
		cmocka_unit_test_setup(domains_are_left_out, setup),
		cmocka_unit_test_setup(domains_that_belong_to_the_name, setup),
		cmocka_unit_test_setup(domains_are_kept, setup),
		cmocka_unit_test_setup(hashed_secrets, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
