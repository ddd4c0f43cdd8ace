/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each fault of an attempt, and the sentence that an admin reads of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "alg/explain/explain.h"

#define CLIENT	0x0A4D0101U	/* 10.77.1.1 */
#define SERVER	0xCB00710AU	/* 203.0.113.10 */
#define ROUTER	0xCB0071FDU	/* 203.0.113.253 */
#define OUT	ALG_OUTBOUND
#define IN	ALG_INBOUND

static struct alg_attempt attempt;
static struct negotiation side[2];

/* A client inside whose SYN came at 1,000 ms. */
static void
begin(void)
{
	memset(side, 0, sizeof(side));
	attempt = (struct alg_attempt){ .flow = { CLIENT, SERVER, 1024, 1723,
	    0 }, .inside_opened = true, .first = 1000, .syns = 1 };
}

/* The call is up since 2,000 ms, and so many packets have passed. */
static void
begin_call(uint64_t out, uint64_t in)
{
	begin();
	attempt.answered = attempt.start_asked = true;
	attempt.start = (struct alg_answer){ true, 1, 0, 0 };
	attempt.reply = (struct alg_answer){ true, 1, 0, 0 };
	attempt.call = (struct alg_call_info){ .serial = 1,
	    .inside_asked = true, .asked = 1500, .up = 2000,
	    .inside_id = 7, .flow = attempt.flow, .packets_out = out,
	    .packets_in = in, .last_out = out != 0 ? 3000 : 0,
	    .last_in = in != 0 ? 3000 : 0 };
	side[OUT].packets = (unsigned)out;
	side[IN].packets = (unsigned)in;
}

static void
end_by(enum reason reason, enum alg_end by, uint64_t over)
{
	attempt.reason = reason;
	attempt.by = by;
	attempt.over = over;
}

/* What is said at a time, PPP being read or not: NULL is nothing at all. */
static void
says_at(uint64_t now, bool read, const char *name, const char *text)
{
	const struct explain_facts facts = { .attempt = &attempt,
	    .side = read ? side : NULL, .connection = "the control connection",
	    .now = now };
	const struct explanation *why;
	struct explanations all = { .n = 0 };

	explain_attempt(&facts, &all);
	why = explain_failure(&all);
	if (name == NULL) {
		assert_null(why);
		return;
	}
	assert_non_null(why);
	assert_string_equal(why->text, text);
	assert_string_equal(why->name, name);
	assert_true(why->kind == EXPLAIN_NOT_UP ||
	    strlen(explain_advice(why)) > 0);
}

static void
says(const char *name, const char *text)
{
	says_at(20000, true, name, text);
}

static void
test_syn(void **state)
{
	begin();
	says(NULL, NULL);
	attempt.syns = 2;
	says("tcp-unanswered",
	    "203.0.113.10:1723 does not answer the SYN (sent 2 times).");
	attempt.stopped = true;
	says("tcp-stopped-here", "The SYN to 203.0.113.10:1723 (sent 2 times) "
	    "does not leave this host.");
	attempt.refusal = (struct alg_refusal){ ROUTER, 3, 13 };
	says("tcp-unreachable", "203.0.113.10:1723 cannot be reached: "
	    "203.0.113.253 says \"prohibited by a filter\" (ICMP type 3, code "
	    "13).");
	attempt.refusal = (struct alg_refusal){ SERVER, 3, 3 };
	says("tcp-unreachable", "203.0.113.10:1723 cannot be reached: it says "
	    "\"port unreachable\" (ICMP type 3, code 3).");
	attempt.refusal = (struct alg_refusal){ 0, 3, 1 };
	says("tcp-unreachable", "203.0.113.10:1723 cannot be reached: this "
	    "host says \"host unreachable\" (ICMP type 3, code 1).");
	end_by(REASON_RESET, ALG_OUTSIDE, 4000);
	says("tcp-refused", "203.0.113.10:1723 refuses the connection: no PPTP "
	    "server is listening there, or a firewall says so.");
}

static void
test_gre(void **state)
{
	begin_call(0, 0);
	says_at(4000, false, NULL, NULL);
	says_at(20000, false, "no-gre",
	    "there is no GRE at all for 18 seconds.");
	begin_call(4, 0);
	says_at(20000, false, "no-gre-from-outside", "no GRE comes from "
	    "203.0.113.10, though 10.77.1.1 sends some (packets: 4): IP "
	    "protocol 47 is blocked between here and there, or there at the "
	    "host.");
	begin_call(100, 100);
	attempt.call.last_out = 100000;
	says_at(200000, false, "silent-outside", "it has worked, but no GRE "
	    "comes from 203.0.113.10 any more, though 10.77.1.1 went on "
	    "sending for 97 seconds.");
	begin_call(100, 100);
	attempt.call.last_in = 100000;
	says_at(200000, false, "silent-inside", "it has worked, but no GRE "
	    "comes from 10.77.1.1 any more, though 203.0.113.10 went on "
	    "sending for 97 seconds.");
	begin_call(9, 9);
	attempt.too_large[IN] = 3;
	attempt.mtu[IN] = 1400;
	says("gre-too-large", "ICMP errors (3) say that GRE to 203.0.113.10 is "
	    "too large for the way there (path MTU 1400).");
	attempt.unreachable[IN] = true;
	says("unreachable",
	    "ICMP errors say that GRE does not reach 203.0.113.10.");
}

static void
test_lcp(void **state)
{
	begin_call(9, 9);
	side[OUT].requests = 3;
	says("lcp-unanswered", "203.0.113.10 never agrees to the LCP "
	    "Configure-Request of 10.77.1.1 (sent 3 times).");
	side[IN].requests = 1;
	says("lcp-not-agreed", "203.0.113.10 never agrees to the LCP "
	    "Configure-Request of 10.77.1.1 (sent 3 times).");
}

static void
test_login(void **state)
{
	begin_call(9, 9);
	side[IN].asked = 2;
	says("auth-unanswered", "10.77.1.1 does not answer the authentication "
	    "request of 203.0.113.10.");
	side[OUT].answered = 1;
	strcpy(side[OUT].name, "ann");
	says("auth-undecided",
	    "203.0.113.10 never says whether it accepts user \"ann\".");
	side[IN].failure = true;
	side[IN].auth = "MS-CHAPv2";
	side[IN].error = 691;
	strcpy(side[IN].message, "E=691 R=0");
	says("auth-failed", "203.0.113.10 does not accept user \"ann\" by "
	    "MS-CHAPv2: \"E=691 R=0\", E=691 is: wrong user name or "
	    "password.");
}

static void
test_encryption_and_addresses(void **state)
{
	begin_call(9, 9);
	side[IN].mppe_asked = true;
	says("mppe-not-agreed", "203.0.113.10 wants encryption (MPPE), "
	    "10.77.1.1 does not agree to it.");
	side[OUT].mppe_rejected = true;
	says("mppe-not-agreed", "203.0.113.10 wants encryption (MPPE), "
	    "10.77.1.1 rejects it.");
	side[OUT].ccp_refused = true;
	says("mppe-not-agreed", "203.0.113.10 wants encryption (MPPE), "
	    "10.77.1.1 does not speak CCP.");
	side[OUT].ipcp_acked = side[IN].ipcp_acked = true;
	says(NULL, NULL);		/* they do without */
	begin_call(9, 9);
	side[IN].ipcp_refused = true;
	says("ipcp-refused", "203.0.113.10 does not speak IPCP (yet): it "
	    "rejects the protocol.");
	begin_call(9, 9);
	side[IN].terminated = true;
	strcpy(side[IN].farewell, "No network protocols running");
	says("ppp-terminated", "203.0.113.10 ends PPP before it is up: \"No "
	    "network protocols running\".");
}

static void
test_what_is_required(void **state)
{
	begin_call(30, 30);
	attempt.login = (struct alg_login){ .method = ALG_METHOD_PAP,
	    .encryption = ALG_ENCRYPTION_40 };
	end_by(REASON_WEAK_LOGIN, ALG_NOBODY, 20000);
	says("required-here", "it is ended here, since PPP came up by a method "
	    "that require { } does not allow: authentication pap, encryption "
	    "mppe-40.");
	end_by(REASON_WEAK_ENCRYPTION, ALG_NOBODY, 20000);
	says("required-here", "it is ended here, since PPP came up without the "
	    "encryption that require { } asks for: authentication pap, "
	    "encryption mppe-40.");
}

/* Who gave up, before or after PPP was up. */
static void
test_ends(void **state)
{
	begin_call(9, 9);
	end_by(REASON_CLOSED, ALG_OUTSIDE, 4500);
	says("closed-early", "203.0.113.10 closes the control connection after "
	    "2.5 seconds, before PPP is up.");
	says_at(20000, false, "closed-early", "203.0.113.10 closes the control "
	    "connection after 2.5 seconds, after too little GRE for a login.");
	end_by(REASON_CLEAR, ALG_INSIDE, 4500);
	says("cleared-early", "10.77.1.1 clears the call after 2.5 seconds, "
	    "before PPP is up.");
	end_by(REASON_RESET, ALG_INSIDE, 4500);
	says("client-reset", "10.77.1.1:1024 resets the control connection in "
	    "the middle.");
	begin_call(9, 9);
	attempt.disconnect = (struct alg_answer){ true, 3, 0, 0 };
	end_by(REASON_DISCONNECT, ALG_OUTSIDE, 4500);
	says("disconnected", "it ends by a Call-Disconnect-Notify that nobody "
	    "asked for, before PPP is up: 203.0.113.10:1723, Result Code 3 "
	    "(admin shutdown), Error Code 0 (none), Cause Code 0 (none).");
	begin_call(9, 9);
	attempt.call.up = 0;
	end_by(REASON_NO_CALL_ID, ALG_NOBODY, 4500);
	says("no-call-id", "it did not come up: all call IDs between this "
	    "public address and peer are in use.");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_syn),
		cmocka_unit_test(test_gre),
		cmocka_unit_test(test_lcp),
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_encryption_and_addresses),
		cmocka_unit_test(test_what_is_required),
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
