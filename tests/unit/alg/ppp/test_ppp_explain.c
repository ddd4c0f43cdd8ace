/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a link ended: its reason, and what there is to say beyond it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alg/ppp/explain.h"
#include "tests/unit/alg/ppp/play_ppp.h"

static struct pp_line line;
static struct pp_end *const server = &line.end[PP_SERVER];
static struct pp_end *const client = &line.end[PP_CLIENT];
static struct pp_end end;
static uint64_t now;

static int
setup(void **state)
{
	now = 0;
	pp_line_init(&line);
	pp_client(&end);
	return 0;
}

static void
assert_end(const struct pp_end *e, enum ppp_reason reason, const char *text)
{
	char got[EXPLAIN_MAX];

	explain_end(&e->ppp, got, sizeof(got));
	assert_string_equal(got, text);
	assert_int_equal(e->reason, reason);
	assert_int_equal(e->closes, 1);
}

/* Both ends say so, and neither was up. */
static void
assert_no_tunnel(const char *servers, const char *clients)
{
	pp_line_open(&line);
	assert_false(pp_line_up(&line, 60000));
	pp_line_run(&line, 60000);
	assert_int_equal(server->ups + client->ups, 0);
	assert_end(server, PPP_IP_DISAGREED, servers);
	assert_end(client, PPP_IP_DISAGREED, clients);
}

static void
a_client_insists_on_its_address(void **state)
{
	client->grant.local = 0x0A000002;
	client->grant.accept_remote = true;
	assert_no_tunnel("it wants IP-Address 10.0.0.2",
	    "it wants IP-Address 10.0.0.100");
}

static void
a_client_insists_on_the_servers(void **state)
{
	client->grant.remote = 0x0A000002;
	client->grant.accept_local = true;
	assert_no_tunnel("it wants IP-Address 10.0.0.2",
	    "it wants IP-Address 10.0.0.1");
}

static void
a_client_insists_on_both(void **state)
{
	client->grant.local = 0x0A000003;
	client->grant.remote = 0x0A000002;
	assert_no_tunnel("it wants IP-Address 10.0.0.3",
	    "it wants IP-Address 10.0.0.1");
}

/* A client, by hand: LCP and whatever stands for the server's answers. */
static void
start(uint8_t methods, const char *options)
{
	setup(NULL);
	end.config.answer = methods;
	pp_start(&end, now);
	if (options != NULL)
		pp_open_lcp(&end, options, now);
	pp_drain(&end);
}

/* A server that names no address, or does not want to hear ours. */
static void
an_address_that_is_given_is_agreed_to(void **state)
{
	static const char *const frames[][2] = {
		{ "8021 01 01 0004", "8021 01 02 0004" },
		{ "8021 01 01 000a 0306 0a000002", "8021 04 01 000a"
		    "0306 0a000003" },
	};
	struct ppp_info info;

	for (int i = 0; i < 4; i++) {
		setup(NULL);
		end.config.mppe_required = false;
		end.config.mppe = 0;
		end.grant.local = 0x0A000003;
		end.grant.remote = 0x0A000002;
		end.grant.insist = i / 2 == 1;
		pp_start(&end, now);
		pp_open_lcp(&end, "", now);
		pp_feed(&end, frames[i % 2][0], now);
		if (i % 2 == 1)
			pp_drain(&end);
		pp_feed(&end, frames[i % 2][1], now);
		if (end.ppp.phase == PPP_NETWORK)
			pp_agree(&end, "8021", now);
		assert_int_equal(end.ups, i / 2 == 0);
		ppp_info(&end.ppp, &info);
		assert_false(info.confirmed);
	}
}

static void
eap_is_named(void **state)
{
	start(PPP_MSCHAP2, NULL);
	pp_feed(&end, "c021 01 01 0008 0304 c227", now);
	pp_expect(&end, "c021 03 01 0009 0305 c223 81");
	pp_feed(&end, "c021 05 02 0004", now);
	pp_wait(&end, &now, 60000);
	assert_end(&end, PPP_AUTH_DEMANDED, "it wants Auth-Protocol EAP");
}

/* Also when it just goes on, whatever we say. */
static void
eap_forever(void **state)
{
	start(PPP_MSCHAP2, NULL);
	for (int i = 0; i < 100 && end.closes == 0; i++) {
		pp_drain(&end);
		pp_feed(&end, "c021 01 01 0008 0304 c227", now);
	}
	pp_wait(&end, &now, 60000);
	assert_end(&end, PPP_AUTH_DEMANDED, "it wants Auth-Protocol EAP");
}

/* A server of ours, and a client that has only EAP. */
static void
a_client_wants_eap(void **state)
{
	start(0, NULL);
	pp_server(&end);
	pp_start(&end, now);
	pp_drain(&end);
	pp_feed(&end, "c021 03 01 0008 0304 c227", now);
	pp_wait(&end, &now, 60000);
	assert_end(&end, PPP_AUTH_REFUSED, "it wants Auth-Protocol EAP");
}

/* GRE gets through: the peer answers each request, and never agrees. */
static void
an_mru_that_is_nakked_for_ever(void **state)
{
	char frame[64];

	start(PPP_MSCHAP2, NULL);
	pp_feed(&end, "c021 01 01 0004", now);
	for (int i = 0; i < 100 && end.closes == 0; i++) {
		pp_drain(&end);
		snprintf(frame, sizeof(frame), "c021 03 %02x 0008 0104 2000",
		    end.ppp.fsm[FSM_LCP].id);
		pp_feed(&end, frame, now);
		pp_wait(&end, &now, 1000);
	}
	assert_end(&end, PPP_LCP_DISAGREED, "it wants MRU 8192");
}

static void
an_end_that_is_silent(void **state)
{
	start(PPP_MSCHAP2, NULL);
	pp_wait(&end, &now, 60000);
	assert_end(&end, PPP_LCP_SILENT, "nothing came from it");
	start(PPP_MSCHAP2, NULL);
	pp_feed(&end, "c021 01 01 0004", now);
	pp_wait(&end, &now, 60000);
	assert_end(&end, PPP_LCP_SILENT,
	    "its frames come, but no answer to ours");
	start(PPP_MSCHAP2, NULL);
	for (int i = 1; i < 20 && end.closes == 0; i++) {
		end.taken = end.sent - 1;
		pp_agree(&end, "c021", now);
		pp_wait(&end, &now, 3000);
	}
	assert_end(&end, PPP_LCP_SILENT,
	    "it answers, but asks for nothing itself");
}

/* Messages of Failure packets of MS-CHAP (RFC 2433, 2759), and others. */
static const struct {
	const char	*text, *explained;
} failures[] = {
	{ "E=691 R=1 C=00112233445566778899AABBCCDDEEFF V=3 M=Access denied",
	    "E=691, wrong user name or password; it says: Access denied" },
	{ "E=648 R=0 V=3", "E=648, the password has expired" },
	{ "E=649 R=0 V=3 M=", "E=649, the account may not dial in" },
	{ "E=647 R=0", "E=647, the account is disabled" },
	{ "E=646 R=0", "E=646, no log-in at this time of day" },
	{ "E=709 R=0", "E=709, the password could not be changed" },
	{ "E=718 R=0", "E=718, unknown error" },
	{ "Your account is \"locked\"\n",
	    "it says: Your account is \\x22locked\\x22\\x0a" },
	{ "E=691 R=1 C=zz", "it says: E=691 R=1 C=zz" },
	{ "", "" },
};

static void
a_server_says_why(void **state)
{
	uint8_t frame[256] = { 0xc2, 0x23, 4 };

	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		size_t len = strlen(failures[i].text);

		start(PPP_MSCHAP2, "0305 c223 81");
		pp_feed(&end, "c223 01 07 0017 10 00112233445566778899aabb"
		    "ccddeeff 76 70", now);
		frame[3] = 7;
		frame[5] = (uint8_t)(len + 4);
		memcpy(frame + 6, failures[i].text, len);
		pp_feed_bytes(&end, frame, len + 6, now);
		pp_wait(&end, &now, 10000);
		assert_end(&end, PPP_REFUSED_BY_PEER, failures[i].explained);
	}
}

static void
pap_says_why(void **state)
{
	start(PPP_PAP, "0304 c023");
	pp_feed(&end, "c023 03 01 0008 03 62 61 64", now);
	pp_wait(&end, &now, 10000);
	assert_end(&end, PPP_REFUSED_BY_PEER, "it says: bad");
}

/* What it says is escaped, and cut; what comes later does not count. */
static void
last_words(void **state)
{
	static const uint8_t many[6 + 300] = { 0xc0, 0x21, 5, 9, 1, 0x30 };
	char want[EXPLAIN_MAX] = "it says: ";

	start(PPP_MSCHAP2, "0305 c223 81");
	pp_feed(&end, "c021 05 09 0008 62 79 65 1b", now);
	pp_feed(&end, "c021 05 0a 0006 6e 6f", now);
	pp_wait(&end, &now, 10000);
	assert_end(&end, PPP_PEER, "it says: bye\\x1b");
	start(PPP_MSCHAP2, "0305 c223 81");
	pp_feed_bytes(&end, many, sizeof(many), now);
	pp_wait(&end, &now, 10000);
	for (int i = 0; i < 40; i++)
		strcat(want, "\\x00");
	strcat(want, "...");
	assert_end(&end, PPP_PEER, want);
}

/* Only who has proved to be the user is told why not. */
static void
the_right_password_is_told(void **state)
{
	for (int right = 0; right < 2; right++) {
		setup(NULL);
		server->grant_answer = PPP_NO_ADDRESS;
		client->password = right ? "turquoise" : "wrong";
		server->config.auth_tries = 1;
		pp_line_open(&line);
		assert_false(pp_line_up(&line, 60000));
		pp_line_run(&line, 60000);
		assert_int_equal(server->proved, right);
		assert_end(client, PPP_REFUSED_BY_PEER, right ?
		    "E=649, the account may not dial in; it says: no address "
		    "is free for this user" :
		    "E=691, wrong user name or password; it says: "
		    "Access denied");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_client_insists_on_its_address, setup),
		cmocka_unit_test_setup(a_client_insists_on_the_servers, setup),
		cmocka_unit_test_setup(a_client_insists_on_both, setup),
		cmocka_unit_test(an_address_that_is_given_is_agreed_to),
		cmocka_unit_test(eap_is_named),
		cmocka_unit_test(eap_forever),
		cmocka_unit_test(a_client_wants_eap),
		cmocka_unit_test(an_mru_that_is_nakked_for_ever),
		cmocka_unit_test(an_end_that_is_silent),
		cmocka_unit_test(a_server_says_why),
		cmocka_unit_test(pap_says_why),
		cmocka_unit_test(last_words),
		cmocka_unit_test(the_right_password_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
