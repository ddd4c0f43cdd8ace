/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encryption and compression between two links. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alg/ppp/play_ppp.h"

#define S	PPP_MPPE_STATELESS
#define F	PPP_MPPE_STATEFUL
#define ALL	PPP_MPPE_LENGTHS

static struct pp_line line;
static struct pp_end *const server = &line.end[PP_SERVER];
static struct pp_end *const client = &line.end[PP_CLIENT];

static void
up(void)
{
	pp_line_open(&line);
	assert_true(pp_line_up(&line, 60000));
}

static int
setup_line(void **state)
{
	pp_line_init(&line);
	return 0;
}

/* Hands the server what the client could have sent. */
static void
forge(uint16_t protocol, const char *hex)
{
	uint8_t bytes[PP_FRAME_MAX], *frame = bytes + 4;
	size_t n = pp_bytes(hex, frame + 2, 200);

	frame[0] = (uint8_t)(protocol >> 8);
	frame[1] = (uint8_t)protocol;
	n = mppe_encrypt(&client->ppp.ccp.sender, frame, n + 2);
	bytes[0] = 0;
	bytes[1] = 0xfd;
	pp_feed_bytes(server, bytes, n + 2, line.now);
}

/* Flipped bits must not make negotiation out of data. */
static void
only_ip_comes_out(void **state)
{
	up();
	forge(0xc021, "05 01 0004");
	forge(0x80fd, "05 01 0004");
	forge(0x8021, "05 01 0004");
	forge(0xc223, "01 01 0004");
	forge(0x00fd, "9000 4500");
	forge(0x0021, "60000001");
	forge(0x0057, "60000001");
	/* Whole packets, of which IPv6 is off. */
	forge(0x0057, "6000000000003b40 00000000000000000000000000000001"
	    "00000000000000000000000000000002");
	forge(0x0021, "6000000000003b40 00000000000000000000000000000001"
	    "00000000000000000000000000000002");
	pp_expect_nothing(server);
	assert_true(server->open);
	assert_int_equal(server->packets, 0);
	forge(0x0021, "45000014 0001000040010000c0a80001c0a80002");
	assert_int_equal(server->packets, 1);
}

static void
plain_packets_are_dropped(void **state)
{
	up();
	pp_feed(server, "0021 45000001", line.now);
	pp_feed(server, "ff03 21 45000001", line.now);
	assert_int_equal(server->packets, 0);
	assert_int_equal(server->ppp.drops[PPP_DROP_PLAIN], 2);
	pp_expect_nothing(server);
	assert_true(server->open);
}

static void
ccp_that_ends_takes_the_link_along(void **state)
{
	static const char *const ends[] = {
		"80fd 05 09 0004",		/* Terminate-Request */
		"80fd 01 09 000a 1206 01000020",	/* a new request */
		"80fd 06 09 0004",
		"c021 08 09 000a 80fd 0101 0004",
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		setup_line(NULL);
		up();
		pp_feed(server, ends[i], line.now);
		assert_false(server->open);
		assert_false(pp_line_packet(&line, PP_SERVER, 60));
		pp_feed(server, "0021 45000001", line.now);
		pp_line_run(&line, 20000);
		assert_int_equal(server->reason, PPP_MPPE_DOWN);
		assert_int_equal(client->closes, 1);
		assert_int_equal(server->packets, 0);
	}
}

/* So it does when it is not required, but was on. */
static void
encryption_is_never_turned_off(void **state)
{
	server->config.mppe_required = client->config.mppe_required = false;
	up();
	assert_true(ccp_bits(ccp_in(&server->ppp)) != 0);
	pp_feed(server, "80fd 05 09 0004", line.now);
	assert_false(server->open);
	pp_line_run(&line, 20000);
	assert_int_equal(server->reason, PPP_MPPE_DOWN);
}

/* The Ack that opens CCP gets lost: nothing ends, nothing starts again. */
static bool	lose_one;

static void
lose_ack(struct pp_line *l, struct pp_frame *f)
{
	size_t at = f->bytes[0] == 0xff ? 2 : 0;

	if (lose_one && f->to == PP_CLIENT && f->bytes[at] == 0x80 &&
	    f->bytes[at + 1] == 0xfd && f->bytes[at + 2] == 2) {
		f->len = 0;
		lose_one = false;
	}
}

static void
a_lost_ack(void **state)
{
	lose_one = true;
	line.tap = lose_ack;
	up();
	assert_false(lose_one);
	assert_true(line.now > 3000);
	pp_line_run(&line, 30000);
	assert_true(server->open && client->open);
	assert_int_equal(server->ups + client->ups, 2);
}

static void
keys_that_differ(void **state)
{
	server->config.mppe = client->config.mppe = PPP_MPPE_128 | S;
	up();
	memset(client->ppp.ccp.sender.key.session, 1, 16);
	for (int i = 0; i < 200 && server->closes == 0; i++) {
		pp_line_packet(&line, PP_CLIENT, 60);
		pp_line_run(&line, 100);
	}
	assert_int_equal(server->reason, PPP_KEYS_DIFFER);
	assert_int_equal(server->packets, 0);
}

static void
stateful(void)
{
	server->config.mppe = client->config.mppe = PPP_MPPE_128 | F;
	up();
}

static unsigned	lost_frames, resets_lost;

static void
lose_data(struct pp_line *l, struct pp_frame *f)
{
	size_t at = f->bytes[0] == 0xff ? 2 : 0;

	if (lost_frames > 0 && f->to == PP_SERVER &&
	    (f->bytes[at] == 0xfd || f->bytes[at + 1] == 0xfd) &&
	    f->bytes[at] != 0x80) {
		lost_frames--;
		f->len = 0;
	}
}

static void
stateful_recovers_from_loss(void **state)
{
	struct ppp_info info;

	stateful();
	line.tap = lose_data;
	for (int i = 0; i < 20; i++) {
		lost_frames = 1;
		for (int n = 0; n < 4; n++) {
			pp_line_packet(&line, PP_CLIENT, 60);
			pp_line_run(&line, 50);
		}
	}
	assert_int_equal(lost_frames, 0);
	/* One is lost, one shows it, then all goes on. */
	assert_int_equal(server->packets, 40);
	ppp_info(&server->ppp, &info);
	assert_int_equal(info.resets, 20);
	assert_true(server->open);
}

/* Loses every request to reset, and counts them. */
static void
lose_reset(struct pp_line *l, struct pp_frame *f)
{
	size_t at = f->bytes[0] == 0xff ? 2 : 0;

	lose_data(l, f);
	if (f->len > 0 && f->to == PP_CLIENT && f->bytes[at] == 0x80 &&
	    f->bytes[at + 1] == 0xfd && f->bytes[at + 2] == 14) {
		resets_lost++;
		f->len = 0;
	}
}

static void
resets_are_bounded(void **state)
{
	stateful();
	line.tap = lose_reset;
	resets_lost = 0;
	lost_frames = 1;
	for (int i = 0; i < 200 && server->ppp.phase == PPP_UP; i++) {
		pp_line_packet(&line, PP_CLIENT, 60);
		pp_line_run(&line, 300);
	}
	assert_int_equal(resets_lost, 50);
	assert_int_equal(server->ppp.reason, PPP_RESET_UNANSWERED);
}

static void
reset_requests_are_answered(void **state)
{
	stateful();
	pp_feed(server, "80fd 0e 07 0004", line.now);
	pp_expect(server, "80fd 0f 07 0004");
	assert_true(server->ppp.ccp.sender.flush);
	/* Windows does not know the reply: that does no harm. */
	pp_feed(server, "80fd 07 08 0008 0f070004", line.now);
	pp_feed(server, "80fd 0f 09 0004", line.now);
	pp_expect_nothing(server);
	assert_true(server->open);
}

/* Each kind of encryption there is, and compression, both ways. */
static void
every_kind_carries(void **state)
{
	static const uint8_t lengths[] = { PPP_MPPE_40, PPP_MPPE_56,
	    PPP_MPPE_128, 0 };

	for (int i = 0; i < 16; i++) {
		struct ppp_info info;

		setup_line(NULL);
		for (int n = 0; n < 2; n++) {
			struct ppp_config *c = &line.end[n].config;

			c->mppe = lengths[i / 4] | (i & 1 ? F : S);
			c->mppe_required = lengths[i / 4] != 0;
			c->mppc = (i & 2) != 0;
		}
		up();
		ppp_info(&server->ppp, &info);
		assert_int_equal(info.mppe_in & ALL, lengths[i / 4]);
		assert_int_equal(info.mppe_out, info.mppe_in);
		assert_int_equal(info.mppc_in, (i & 2) != 0);
		for (unsigned n = 0; n < 600; n++) {
			assert_true(pp_line_packet(&line, PP_SERVER,
			    20 + n * 2));
			assert_true(pp_line_packet(&line, PP_CLIENT,
			    info.mtu - n));
			pp_line_run(&line, 20);
			assert_int_equal(client->packet_len, 20 + n * 2);
			assert_int_equal(server->packet_len, info.mtu - n);
		}
		assert_int_equal(server->packets + client->packets, 1200);
	}
}

static void
no_memory_no_compression(void **state)
{
	struct ppp_info info;

	server->config.mppc = client->config.mppc = true;
	server->no_mppc = true;
	up();
	ppp_info(&client->ppp, &info);
	assert_false(info.mppc_in || info.mppc_out);
	assert_true(info.mppe_in != 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(only_ip_comes_out, setup_line),
		cmocka_unit_test_setup(plain_packets_are_dropped, setup_line),
		cmocka_unit_test(ccp_that_ends_takes_the_link_along),
		cmocka_unit_test_setup(encryption_is_never_turned_off,
		    setup_line),
		cmocka_unit_test_setup(a_lost_ack, setup_line),
		cmocka_unit_test_setup(keys_that_differ, setup_line),
		cmocka_unit_test_setup(stateful_recovers_from_loss,
		    setup_line),
		cmocka_unit_test_setup(resets_are_bounded, setup_line),
		cmocka_unit_test_setup(reset_requests_are_answered,
		    setup_line),
		cmocka_unit_test(every_kind_carries),
		cmocka_unit_test_setup(no_memory_no_compression, setup_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
