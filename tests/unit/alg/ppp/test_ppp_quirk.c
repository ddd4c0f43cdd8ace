/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What real peers do, by what was seen of them; each plays the other end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alg/ppp/mschap.h"
#include "tests/unit/alg/ppp/play_ppp.h"

static struct pp_end end;

static int
setup(void **state)
{
	pp_server(&end);
	return 0;
}

/*
 * Windows 2000, from its first request to its first encrypted packet: the
 * options, identifiers, challenges and ciphertext of a recorded session.
 */
#define WINDOWS_OPTIONS	"0506 2e2d3b6a 0702 0802"
#define WINDOWS_ENDPOINT "1317 01 00112233445566778899aabbccddeeff 00112233"

static void
windows_2000_lcp(void)
{
	pp_agree(&end, "c021", 0);
	/* callback by CBCP, MRRU 1614, endpoint of 20 bytes; no MRU */
	pp_feed(&end, "ff03 c021 01 00 002c " WINDOWS_OPTIONS
	    "0d03 06 1104 064e " WINDOWS_ENDPOINT, 0);
	pp_expect(&end, "c021 04 00 0022 0d03 06 1104 064e "
	    WINDOWS_ENDPOINT);
	pp_feed(&end, "ff03 c021 01 01 000e " WINDOWS_OPTIONS, 0);
	pp_expect(&end, "c021 02 01 000e " WINDOWS_OPTIONS);
	/* From here on it leaves FF 03 out, even of LCP. */
	pp_feed(&end, "c021 0c 03 0012 2e2d3b6a 4d5352415356352e3030", 0);
	assert_string_equal(end.text, "MSRASV5.00");
	pp_feed(&end, "c021 0c 04 0014 2e2d3b6a 4d535241532d312d50432d34", 0);
	assert_string_equal(end.text, "MSRAS-1-PC-4");
}

static void
windows_2000_chap(void)
{
	pp_expect(&end, "c223 01 01 001e 10 e3a5d0775370bda51e16219a06b0278f"
	    "3132372e302e302e31");
	pp_feed(&end, "c223 02 01 003b 31 84c4b33e00d9231645598acf91c38480"
	    "0000000000000000 565fe2492fd5fb88edaec934c00d282c046227406c31609b"
	    "00 73636f7474", 0);
	/* "S=CEE89947F2DCA18C95F551C2E9E676504112C722" */
	pp_expect(&end, "c223 03 01 002e 533d 434545383939343746324443413138"
	    "433935463535314332453945363736353034313132433732 32");
	assert_string_equal(end.user, "scott");
}

static void
windows_2000_networks(void)
{
	pp_expect(&end, "80fd 01 01 000a 1206 01000040");
	pp_feed(&end, "80fd 01 05 000a 1206 010000e1", 0);
	pp_expect(&end, "80fd 03 05 000a 1206 01000040");
	pp_feed(&end, "8021 01 06 0022 0306 00000000 8106 00000000"
	    "8206 00000000 8306 00000000 8406 00000000", 0);
	pp_expect_nothing(&end);
	pp_feed(&end, "80fd 02 01 000a 1206 01000040", 0);
	pp_feed(&end, "80fd 01 07 000a 1206 01000040", 0);
	pp_expect(&end, "80fd 02 07 000a 1206 01000040");
	pp_expect(&end, "8021 01 01 000a 0306 0a000001");
	pp_feed(&end, "8021 02 01 000a 0306 0a000001", 0);
	pp_feed(&end, "8021 01 08 0022 0306 00000000 8106 00000000"
	    "8206 00000000 8306 00000000 8406 00000000", 2000);
	pp_expect(&end, "8021 04 08 001c 8106 00000000 8206 00000000"
	    "8306 00000000 8406 00000000");
	pp_feed(&end, "8021 01 09 000a 0306 00000000", 2000);
	pp_expect(&end, "8021 03 09 000a 0306 c0a80202");
	pp_feed(&end, "8021 01 0a 000a 0306 c0a80202", 2000);
	pp_expect(&end, "8021 02 0a 000a 0306 c0a80202");
	assert_true(end.open);
}

static void
windows_2000(void **state)
{
	uint8_t packet[96];

	end.config.name = "127.0.0.1";
	end.challenge = "E3A5D0775370BDA51E16219A06B0278F";
	end.grant.remote = 0xC0A80202;
	pp_start(&end, 0);
	windows_2000_lcp();
	windows_2000_chap();
	windows_2000_networks();
	/* A NetBIOS name for everybody. */
	pp_feed(&end, "fd 9000 785f8e5198352e930c87c35a940ce550"
	    "2c9b00964ebcab09425dc6b28a99b5f4d715b23482e162095d1cff575753"
	    "9454c94ac8d7c9b19ab01110ef168f61e2457dd8fdff83ac61709966e4b6"
	    "54c0e328d336e9165085eda89b4c8f7a8a34bd231226", 2000);
	pp_bytes("450000601856000080115f8dc0a80202ffffffff00890089004cd12c823e"
	    "291000010000000000012046414544434e44454341434143414341434143"
	    "414341434143414341434141410000200001c00c00200001000493e00006"
	    "6000c0a80202", packet, 96);
	assert_int_equal(end.packet_len, 96);
	assert_memory_equal(end.packet, packet, 96);
	pp_feed(&end, "c021 05 0b 0010 2e2d3b6a 003ccd74 00000000", 3000);
	pp_expect(&end, "c021 06 0b 0004");
	assert_false(end.open);
}

/* Windows 98 has a flag where there should be none. */
static void
windows_98(void **state)
{
	end.challenge = "E3A5D0775370BDA51E16219A06B0278F";
	pp_start(&end, 0);
	pp_open_lcp(&end, WINDOWS_OPTIONS, 0);
	pp_expect(&end, "c223 01 01 *");
	pp_feed(&end, "c223 02 01 003b 31 84c4b33e00d9231645598acf91c38480"
	    "0000000000000000 565fe2492fd5fb88edaec934c00d282c046227406c31609b"
	    "04 73636f7474", 0);
	pp_expect(&end, "c223 03 01 002e *");	/* and no message */
}

/* Windows 9x may be stateless one way and stateful the other. */
static void
windows_9x_modes(void **state)
{
	struct ppp_info info;

	end.config.mppe = PPP_MPPE_LENGTHS | PPP_MPPE_STATELESS |
	    PPP_MPPE_STATEFUL;
	pp_start(&end, 0);
	pp_open_lcp(&end, WINDOWS_OPTIONS, 0);
	pp_log_in(&end, "scott", "turquoise", 0);
	pp_agree(&end, "80fd", 0);
	pp_feed(&end, "80fd 01 05 0010 1105 0001 04 1206 00000040 00", 0);
	pp_feed(&end, "80fd 01 05 000a 1206 00000040", 0);
	pp_expect(&end, "80fd 03 05 000a 1206 01000040");
	pp_feed(&end, "80fd 01 06 000a 1206 00000040", 0);
	pp_expect(&end, "80fd 02 06 000a 1206 00000040");
	ppp_info(&end.ppp, &info);
	assert_int_equal(info.mppe_in, PPP_MPPE_128 | PPP_MPPE_STATELESS);
	assert_int_equal(info.mppe_out, PPP_MPPE_128 | PPP_MPPE_STATEFUL);
}

/* Windows Server: EAP first; no blank before the message of a success. */
static void
windows_server(const char *message)
{
	static const uint8_t challenge[16] = { 0, 0x11, 0x22, 0x33 };
	char success[100], frame[300];
	const struct pp_frame *f;
	uint8_t hash[16];
	size_t n;

	pp_client(&end);
	pp_start(&end, 0);
	pp_agree(&end, "c021", 0);
	pp_feed(&end, "c021 01 00 0019 0104 0578 0304 c227 0506 01020304"
	    "0702 0802 0d03 06", 0);
	pp_expect(&end, "c021 04 00 0007 0d03 06");
	pp_feed(&end, "c021 01 01 0016 0104 0578 0304 c227 0506 01020304"
	    "0702 0802", 0);
	pp_expect(&end, "c021 03 01 0009 0305 c223 81");
	pp_feed(&end, "c021 01 02 0017 0104 0578 0305 c223 81"
	    "0506 01020304 0702 0802", 0);
	pp_expect(&end, "c021 02 02 0017 *");
	pp_feed(&end, "c223 01 00 0019 10 00112233000000000000000000000000"
	    "52524153", 0);
	f = pp_expect(&end, "c223 02 00 003b 31 *");
	mschap_nt_hash(hash, "turquoise", 9);
	mschap2_success(success, &(struct mschap2){ challenge, f->bytes + 7,
	    "scott", 5 }, hash, f->bytes + 7 + 24);
	strcat(success, message);
	n = (size_t)sprintf(frame, "c223 03 00 %04zx ", 4 + strlen(success));
	for (const char *c = success; *c != '\0'; c++)
		n += (size_t)sprintf(frame + n, "%02x", (unsigned)*c);
	pp_feed(&end, frame, 0);
	assert_int_equal(end.logins, 1);
	pp_expect(&end, "80fd 01 *");
}

static void
windows_servers(void **state)
{
	windows_server("M=Access granted");	/* 2019 */
	windows_server(" M=Access granted");
	windows_server("");
}

static void
to_ccp(void)
{
	pp_start(&end, 0);
	pp_open_lcp(&end, "0104 0578 0506 01020304", 0);
	pp_log_in(&end, "scott", "turquoise", 0);
	pp_expect(&end, "c223 03 *");
	pp_expect(&end, "80fd 01 01 000a 1206 01000040");
}

/* Yamaha RTX: goes back and forth until somebody insists on one length. */
static void
yamaha(void **state)
{
	uint64_t now = 0;
	int i;

	to_ccp();
	pp_feed(&end, "80fd 01 01 000a 1206 010000e0", 0);
	pp_expect(&end, "80fd 03 01 000a 1206 01000040");
	pp_feed(&end, "80fd 01 02 000a 1206 01000060", 0);
	pp_expect(&end, "80fd 03 02 000a 1206 01000040");
	pp_feed(&end, "80fd 01 03 000a 1206 01000040", 0);
	pp_expect(&end, "80fd 02 03 000a 1206 01000040");
	/* One that never stops, both ways. */
	setup(NULL);
	to_ccp();
	for (i = 1; i < 100 && end.ppp.phase == PPP_ENCRYPT; i++) {
		char frame[64];

		snprintf(frame, sizeof(frame), "80fd 03 %02x 000a 1206 %s",
		    end.ppp.fsm[FSM_CCP].id,
		    i % 2 ? "010000e0" : "01000060");
		pp_feed(&end, frame, 0);
		pp_feed(&end, i % 2 ? "80fd 01 09 000a 1206 010000e0" :
		    "80fd 01 09 000a 1206 01000060", 0);
		pp_drain(&end);
	}
	assert_true(i < 20);
	pp_wait(&end, &now, 10000);
	assert_int_equal(end.reason, PPP_MPPE_REFUSED);
}

/* TP-Link Archer C9: asks for nothing, for ever. */
static void
tp_link(void **state)
{
	static const char request[] = "80fd 01 09 000a 1206 00000000";
	uint64_t now = 0;
	int i;

	to_ccp();
	for (i = 0; i < 100 && end.ppp.phase == PPP_ENCRYPT; i++)
		pp_feed(&end, request, 0);
	assert_true(i <= 4);
	pp_drain(&end);
	pp_wait(&end, &now, 10000);
	assert_int_equal(end.reason, PPP_MPPE_REFUSED);
	/* Where encryption is optional, that means none. */
	setup(NULL);
	end.config.mppe_required = false;
	to_ccp();
	pp_feed(&end, request, 0);
	pp_expect(&end, "80fd 02 09 000a 1206 00000000");
	pp_feed(&end, "80fd 04 01 000a 1206 01000040", 0);
	pp_expect(&end, "80fd 01 02 0004");
	pp_feed(&end, "80fd 02 02 0004", 0);
	pp_agree(&end, "8021", 0);
	pp_feed(&end, "8021 01 01 000a 0306 0a000064", 0);
	assert_true(end.open);
	pp_feed(&end, "0021 45000001", 0);
	assert_int_equal(end.packets, 1);
}

/* RouterTester naks options that are yes or no. */
static void
router_tester(void **state)
{
	pp_start(&end, 0);
	pp_expect(&end, "c021 01 01 *");
	pp_feed(&end, "c021 03 01 0006 0702", 0);
	pp_expect(&end, "c021 01 02 0015 0104 0578 0305 c223 81"
	    "0506 xxxxxxxx 0802");
	pp_feed(&end, "c021 03 02 0006 0802", 0);
	pp_expect(&end, "c021 01 03 0013 0104 0578 0305 c223 81"
	    "0506 xxxxxxxx");
}

/* pptp-linux with pppd, which opens IPv6CP, too, and ends twice. */
static void
pptp_linux(void **state)
{
	uint64_t now = 1000;

	end.config.dns[0] = 0x08080808;
	pp_start(&end, 0);
	pp_open_lcp(&end, "0206 00000000 0506 01020304 0702 0802", 0);
	pp_feed(&end, "ff03 c021 09 00 0008 01020304", 0);
	pp_log_in(&end, "scott", "turquoise", 0);
	pp_expect(&end, "c021 0a 00 0008 xxxxxxxx");
	pp_expect(&end, "c223 03 *");
	pp_feed(&end, "80fd 01 01 000a 1206 01000060", 0);
	pp_expect(&end, "80fd 01 01 000a 1206 01000040");
	pp_expect(&end, "80fd 03 01 000a 1206 01000040");
	pp_feed(&end, "80fd 02 01 000a 1206 01000040", 0);
	pp_feed(&end, "80fd 01 02 000a 1206 01000040", 0);
	pp_expect(&end, "80fd 02 02 *");
	pp_agree(&end, "8021", 0);
	pp_feed(&end, "8021 01 01 001c 0306 00000000 0206 002d 0f01"
	    "8106 00000000 8306 00000000", 0);
	pp_expect(&end, "8021 04 01 000a 0206 002d 0f01");
	pp_feed(&end, "8021 01 02 0016 0306 00000000 8106 00000000"
	    "8306 00000000", 0);
	pp_expect(&end, "8021 03 02 0016 0306 0a000064 8106 08080808"
	    "8306 08080808");
	pp_feed(&end, "8021 01 03 0016 0306 0a000064 8106 08080808"
	    "8306 08080808", 0);
	pp_expect(&end, "8021 02 03 0016 *");
	assert_true(end.open);
	pp_feed(&end, "8057 01 01 000e 010a 0000000000000001", 0);
	pp_expect(&end, "c021 08 xx 0014 8057 0101 000e 010a *");
	/* "MPPE disabled" */
	pp_feed(&end, "ff03 c021 05 02 0011 4d5050452064697361626c6564", now);
	pp_expect(&end, "c021 06 02 0004");
	assert_string_equal(end.text, "MPPE disabled");
	pp_feed(&end, "ff03 c021 05 03 0011 4d5050452064697361626c6564", now);
	pp_expect(&end, "c021 06 03 0004");
	pp_wait(&end, &now, 3000);
	assert_int_equal(end.reason, PPP_PEER);
}

/* ppp(8) of the BSDs asks for three compressors at a time. */
static void
bsd_ppp(void **state)
{
	pp_start(&end, 0);
	pp_open_lcp(&end, "0802 0702 0206 00000000 0104 05dc 0506 01020304",
	    0);
	pp_log_in(&end, "scott", "turquoise", 0);
	pp_expect(&end, "c223 03 *");
	pp_expect(&end, "80fd 01 01 *");
	pp_feed(&end, "8021 01 01 0010 0306 00000000 0206 002d 0f00", 0);
	pp_feed(&end, "80fd 01 01 0010 1a04 7800 0102 1206 01000040", 0);
	pp_expect(&end, "80fd 04 01 000a 1a04 7800 0102");
	pp_feed(&end, "80fd 01 02 000a 1206 01000040", 0);
	pp_expect(&end, "80fd 02 02 000a 1206 01000040");
	/* As a server it offers more, and obeys. */
	pp_feed(&end, "80fd 01 03 000a 1206 01000060", 0);
	pp_expect(&end, "80fd 03 03 000a 1206 01000040");
}

/* Frames without FF 03 though that was not agreed on (Yamaha, again). */
static void
address_left_out(void **state)
{
	pp_start(&end, 0);
	pp_drain(&end);
	pp_feed(&end, "c021 01 01 000a 0506 01020304", 0);
	pp_expect(&end, "c021 02 01 000a 0506 01020304");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(windows_2000, setup),
		cmocka_unit_test_setup(windows_98, setup),
		cmocka_unit_test_setup(windows_9x_modes, setup),
		cmocka_unit_test_setup(windows_servers, setup),
		cmocka_unit_test_setup(yamaha, setup),
		cmocka_unit_test_setup(tp_link, setup),
		cmocka_unit_test_setup(router_tester, setup),
		cmocka_unit_test_setup(pptp_linux, setup),
		cmocka_unit_test_setup(bsd_ppp, setup),
		cmocka_unit_test_setup(address_left_out, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
