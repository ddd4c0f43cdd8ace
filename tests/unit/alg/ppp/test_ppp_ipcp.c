/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPCP and IPv6CP: who may have which address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alg/ppp/play_ppp.h"

static struct pp_end end;

static int
setup(void **state)
{
	pp_server(&end);
	end.config.ask = 0;
	end.config.mppe = 0;
	end.config.mppe_required = false;
	return 0;
}

static void
start(void)
{
	pp_start(&end, 0);
	pp_open_lcp(&end, "", 0);
}

/* Requests of a client of 10.0.0.100, by a server of 10.0.0.1. */
static const struct {
	const char	*options, *answer;
} asked[] = {
	{ "0306 0a000064", "02 07 000a 0306 0a000064" },
	{ "0306 00000000", "03 07 000a 0306 0a000064" },
	{ "0306 0a000065", "03 07 000a 0306 0a000064" },
	{ "0306 0a000001", "03 07 000a 0306 0a000064" },	/* ours */
	{ "", "03 07 000a 0306 0a000064" },
	{ "0206 002d 0f01", "04 07 000a 0206 002d 0f01" },	/* VJ */
	{ "0204 002d", "04 07 0008 0204 002d" },
	{ "010a 0a000064 0a000001", "02 07 000e 010a 0a000064 0a000001" },
	{ "010a 00000000 00000000", "03 07 000e 010a 0a000064 0a000001" },
	{ "010a 0a000064 0a000002", "03 07 000e 010a 0a000064 0a000001" },
	/* Windows: the lot, all zero; there are a DNS and two WINS servers */
	{ "0306 00000000 8106 00000000 8206 00000000 8306 00000000"
	    "8406 00000000", "03 07 0022 0306 0a000064 8106 08080808"
	    "8206 0a000002 8306 08080808 8406 0a000003" },
	{ "8106 08080808", "03 07 000a 0306 0a000064" },
	{ "0306 0a000064 8106 08080808", "02 07 0010 0306 0a000064"
	    "8106 08080808" },
	{ "0306 0a000064 0306 0a000064", "04 07 000a 0306 0a000064" },
	{ "8104 0000", "04 07 0008 8104 0000" },
};

static void
answers_to_options(void **state)
{
	char frame[256];
	uint8_t bytes[128];

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		setup(NULL);
		end.config.dns[0] = 0x08080808;
		end.config.wins[0] = 0x0A000002;
		end.config.wins[1] = 0x0A000003;
		start();
		pp_expect(&end, "8021 01 01 000a 0306 0a000001");
		snprintf(frame, sizeof(frame), "8021 01 07 %04zx %s",
		    4 + pp_bytes(asked[i].options, bytes, sizeof(bytes)),
		    asked[i].options);
		pp_feed(&end, frame, 0);
		snprintf(frame, sizeof(frame), "8021 %s", asked[i].answer);
		pp_expect(&end, frame);
		pp_expect_nothing(&end);
	}
}

/* What we have no value for is rejected; Windows asks again without. */
static void
servers_we_do_not_have(void **state)
{
	start();
	pp_drain(&end);
	pp_feed(&end, "8021 01 06 0022 0306 00000000 8106 00000000"
	    "8206 00000000 8306 00000000 8406 00000000", 0);
	pp_expect(&end, "8021 04 06 001c 8106 00000000 8206 00000000"
	    "8306 00000000 8406 00000000");
	pp_feed(&end, "8021 01 07 000a 0306 00000000", 0);
	pp_expect(&end, "8021 03 07 000a 0306 0a000064");
	pp_feed(&end, "8021 01 08 000a 0306 0a000064", 0);
	pp_expect(&end, "8021 02 08 000a 0306 0a000064");
}

/* A peer without an address is told once, and may go without. */
static void
a_peer_that_wants_no_address(void **state)
{
	start();
	pp_agree(&end, "8021", 0);
	pp_feed(&end, "8021 01 07 0004", 0);
	pp_expect(&end, "8021 03 07 000a 0306 0a000064");
	pp_feed(&end, "8021 01 08 0004", 0);
	pp_expect(&end, "8021 02 08 0004");
	assert_true(end.open);
}

static const struct {
	uint32_t	 remote;
	bool		 accept_remote;
	const char	*request, *answer;
} choices[] = {
	{ PP_CLIENT_IP, true, "0a000065", "02" },
	{ PP_CLIENT_IP, true, "00000000", "03" },
	{ PP_CLIENT_IP, true, "7f000001", "03" },
	{ PP_CLIENT_IP, true, "e0000001", "03" },
	{ PP_CLIENT_IP, true, "ffffffff", "03" },
	{ 0, false, "0a000065", "02" },
	{ 0, false, "00000000", "04" },
	{ 0, false, "7f000001", "04" },
};

static void
the_peer_may_choose(void **state)
{
	char frame[64];

	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		setup(NULL);
		end.grant.remote = choices[i].remote;
		end.grant.accept_remote = choices[i].accept_remote;
		start();
		pp_drain(&end);
		snprintf(frame, sizeof(frame), "8021 01 07 000a 0306 %s",
		    choices[i].request);
		pp_feed(&end, frame, 0);
		snprintf(frame, sizeof(frame), "8021 %s 07 000a 0306 xxxxxxxx",
		    choices[i].answer);
		pp_expect(&end, frame);
	}
}

static int
setup_client(void **state)
{
	setup(state);
	end.grant.local = end.grant.remote = 0;
	end.config.ask_dns = end.config.ask_wins = true;
	return 0;
}

static void
a_client_is_told(void **state)
{
	struct ppp_info info;

	start();
	pp_expect(&end, "8021 01 01 0022 0306 00000000 8106 00000000"
	    "8206 00000000 8306 00000000 8406 00000000");
	pp_feed(&end, "8021 04 01 0010 8206 00000000 8406 00000000", 0);
	pp_expect(&end, "8021 01 02 0016 0306 00000000 8106 00000000"
	    "8306 00000000");
	pp_feed(&end, "8021 03 02 0016 0306 0a000064 8106 08080808"
	    "8306 08080404", 0);
	pp_agree(&end, "8021", 0);
	pp_feed(&end, "8021 01 01 000a 0306 0a000001", 0);
	assert_true(end.open);
	ppp_info(&end.ppp, &info);
	assert_int_equal(info.local, PP_CLIENT_IP);
	assert_int_equal(info.remote, PP_SERVER_IP);
	assert_int_equal(info.dns[0], 0x08080808);
	assert_int_equal(info.dns[1], 0x08080404);
	assert_int_equal(info.wins[0], 0);
}

static void
a_client_without_an_address(void **state)
{
	uint64_t now = 0;

	end.config.ask_dns = end.config.ask_wins = false;
	start();
	pp_agree(&end, "8021", 0);	/* 0.0.0.0 is fine with this peer */
	pp_feed(&end, "8021 01 01 000a 0306 0a000001", 0);
	assert_false(end.open);
	pp_wait(&end, &now, 10000);
	assert_int_equal(end.reason, PPP_IP_DISAGREED);
}

/* Ours is not open to discussion unless that is said. */
static void
our_address_stays(void **state)
{
	uint64_t now = 0;
	int n = 0;

	start();
	for (; n < 50 && end.ppp.phase == PPP_NETWORK; n++) {
		char frame[64];

		snprintf(frame, sizeof(frame), "8021 03 %02x 000a"
		    "0306 0a0000ff", n + 1);
		pp_expect(&end, n < 11 ? "8021 01 xx 000a 0306 0a000001" :
		    "8021 01 *");
		pp_feed(&end, frame, 0);
		if (end.sent == end.taken)
			break;
	}
	assert_in_range(n, 9, 25);
	pp_drain(&end);
	setup(NULL);
	end.grant.accept_local = true;
	start();
	pp_drain(&end);
	pp_feed(&end, "8021 03 01 000a 0306 0a0000ff", now);
	pp_expect(&end, "8021 01 02 000a 0306 0a0000ff");
	pp_feed(&end, "8021 03 02 000a 0306 7f000001", now);
	pp_expect(&end, "8021 01 03 000a 0306 0a0000ff");
}

static void
nobody_answers(void **state)
{
	uint64_t now = 0;

	start();
	pp_wait(&end, &now, 60000);
	assert_int_equal(end.reason, PPP_IP_SILENT);
}

static void
a_peer_that_insists(void **state)
{
	uint64_t now = 0;

	start();
	for (int i = 0; i < 100 && end.ppp.phase == PPP_NETWORK; i++) {
		pp_drain(&end);
		pp_feed(&end, "8021 01 07 000a 0306 0a0000ff", now);
	}
	pp_drain(&end);
	pp_wait(&end, &now, 10000);
	assert_int_equal(end.reason, PPP_IP_DISAGREED);
}

/* The network goes down with IPCP, and the link with it. */
static void
ipcp_is_ended(void **state)
{
	uint64_t now = 0;

	start();
	pp_agree(&end, "8021", 0);
	pp_feed(&end, "8021 01 01 000a 0306 0a000064", 0);
	pp_drain(&end);
	pp_feed(&end, "8021 05 09 0004", 0);
	pp_expect(&end, "8021 06 09 0004");
	assert_int_equal(end.downs, 1);
	pp_feed(&end, "0021 45000001", 0);
	assert_int_equal(end.packets, 0);
	pp_wait(&end, &now, 10000);
	assert_int_equal(end.reason, PPP_IP_REFUSED);
}

static void
packets_need_the_network(void **state)
{
	uint8_t room[PPP_HEADROOM + 1600] = { 0 };
	uint8_t *packet = room + PPP_HEADROOM;
	struct ppp_info info;

	packet[0] = 0x45;
	start();
	assert_int_equal(pp_send(&end, packet, 20, 0), -1);
	pp_feed(&end, "0021 45000001", 0);
	assert_int_equal(end.packets, 0);
	pp_agree(&end, "8021", 0);
	pp_feed(&end, "8021 01 01 000a 0306 0a000064", 0);
	pp_drain(&end);
	ppp_info(&end.ppp, &info);
	assert_int_equal(info.mtu, 1400);
	assert_int_equal(pp_send(&end, packet, 1400, 0), 0);
	assert_int_equal(pp_send(&end, packet, 1401, 0), -1);
	assert_int_equal(pp_send(&end, packet, 0, 0), -1);
	packet[0] = 0x60;			/* IPv6 is off */
	assert_int_equal(pp_send(&end, packet, 40, 0), -1);
	pp_feed(&end, "0057 60000001", 0);
	pp_expect(&end, "0021 45*");
	pp_expect(&end, "c021 08 xx 000a 0057 60000001");
	assert_int_equal(end.ppp.drops[PPP_DROP_SEND], 4);
}

static void
the_smaller_mtu_counts(void **state)
{
	struct ppp_info info;

	pp_start(&end, 0);
	pp_open_lcp(&end, "0104 0200", 0);
	ppp_info(&end.ppp, &info);
	assert_int_equal(info.mtu, 512);
}

/* --- IPv6CP --------------------------------------------------------------- */

static int
setup_ipv6(void **state)
{
	setup(state);
	end.config.ipv6 = true;
	end.config.no_ipv4 = true;
	return 0;
}

static void
identifiers(void **state)
{
	const struct pp_frame *f;
	struct ppp_info info;
	char frame[64] = "8057 01 01 000e 010a ";

	start();
	f = pp_expect(&end, "8057 01 01 000e 010a xxxxxxxxxxxxxxxx");
	for (int i = 0; i < 8; i++)
		sprintf(frame + 21 + 2 * i, "%02x", f->bytes[f->len - 8 + i]);
	pp_feed(&end, frame, 0);	/* ours */
	pp_expect(&end, "8057 03 01 000e 010a xxxxxxxxxxxxxxxx");
	pp_feed(&end, "8057 01 02 000e 010a 0000000000000000", 0);
	pp_expect(&end, "8057 03 02 000e 010a xxxxxxxxxxxxxxxx");
	pp_feed(&end, "8057 01 03 0014 010a 0000000000000007 0206 004f 0000",
	    0);
	pp_expect(&end, "8057 04 03 000a 0206 004f 0000");
	pp_feed(&end, "8057 03 01 000e 010a 0000000000000009", 0);
	pp_agree(&end, "8057", 0);
	pp_feed(&end, "8057 01 04 000e 010a 0000000000000007", 0);
	assert_true(end.open);
	ppp_info(&end.ppp, &info);
	assert_true(info.remote_ipv6 == 7 && info.local_ipv6 != 0);
	assert_false(info.ipv4);
	pp_feed(&end, "0057 60000001", 0);
	assert_int_equal(end.packets, 1);
	pp_feed(&end, "0021 45000001", 0);
	pp_feed(&end, "0057 45000001", 0);
	assert_int_equal(end.packets, 1);
}

static void
both_networks(void **state)
{
	end.config.no_ipv4 = false;
	start();
	pp_agree(&end, "8021", 0);
	pp_agree(&end, "8057", 0);
	pp_feed(&end, "8021 01 01 000a 0306 0a000064", 0);
	assert_int_equal(end.ups, 1);
	pp_feed(&end, "8057 01 01 000e 010a 0000000000000007", 0);
	assert_int_equal(end.ups, 2);
	/* IPv6 that is rejected leaves IPv4 alone. */
	pp_feed(&end, "c021 08 01 000a 8057 0101 0004", 0);
	assert_true(end.open);
	pp_feed(&end, "0021 45000001", 0);
	assert_int_equal(end.packets, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_to_options),
		cmocka_unit_test_setup(servers_we_do_not_have, setup),
		cmocka_unit_test_setup(a_peer_that_wants_no_address, setup),
		cmocka_unit_test(the_peer_may_choose),
		cmocka_unit_test_setup(a_client_is_told, setup_client),
		cmocka_unit_test_setup(a_client_without_an_address,
		    setup_client),
		cmocka_unit_test_setup(our_address_stays, setup),
		cmocka_unit_test_setup(nobody_answers, setup),
		cmocka_unit_test_setup(a_peer_that_insists, setup),
		cmocka_unit_test_setup(ipcp_is_ended, setup),
		cmocka_unit_test_setup(packets_need_the_network, setup),
		cmocka_unit_test_setup(the_smaller_mtu_counts, setup),
		cmocka_unit_test_setup(identifiers, setup_ipv6),
		cmocka_unit_test_setup(both_networks, setup_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
