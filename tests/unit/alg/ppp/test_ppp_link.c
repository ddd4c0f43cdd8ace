/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two whole links, back to back, on good lines and bad ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alg/ppp/play_ppp.h"

static struct pp_line line;
static struct pp_end *const server = &line.end[PP_SERVER];
static struct pp_end *const client = &line.end[PP_CLIENT];

static int
setup(void **state)
{
	pp_line_init(&line);
	return 0;
}

static void
comes_up_and_carries(void **state)
{
	struct ppp_info s, c;

	server->config.dns[0] = 0x08080808;
	client->config.ask_dns = true;
	pp_line_open(&line);
	assert_true(pp_line_up(&line, 1000));
	ppp_info(&server->ppp, &s);
	ppp_info(&client->ppp, &c);
	assert_int_equal(s.mtu, 1396);
	assert_true(pp_line_packet(&line, PP_CLIENT, 100));
	assert_true(pp_line_packet(&line, PP_SERVER, s.mtu));
	assert_false(pp_line_packet(&line, PP_SERVER, s.mtu + 1u));
	pp_line_run(&line, 1000);
	assert_int_equal(server->packets, 1);
	assert_int_equal(server->packet_len, 100);
	assert_int_equal(client->packet_len, 1396);
	assert_int_equal(s.remote, PP_CLIENT_IP);
	assert_int_equal(c.local, PP_CLIENT_IP);
	assert_int_equal(c.remote, PP_SERVER_IP);
	assert_int_equal(c.dns[1], 0x08080808);
	assert_string_equal(s.user, "scott");
	assert_int_equal(s.mppe_in, PPP_MPPE_128 | PPP_MPPE_STATELESS);
	assert_int_equal(s.mppe_out, s.mppe_in);
	assert_int_equal(s.method, PPP_MSCHAP2);
	ppp_info(&server->ppp, &s);
	assert_int_equal(s.packets_in, 1);
	assert_int_equal(s.bytes_out, 1396);
}

/* An idle link stays up by its echoes. */
static void
stays_up(void **state)
{
	pp_line_open(&line);
	assert_true(pp_line_up(&line, 1000));
	pp_line_run(&line, 24 * 3600 * 1000);
	assert_true(server->open && client->open);
	line.loss = 100;
	pp_line_run(&line, 300000);
	assert_int_equal(server->reason, PPP_ECHO_LOST);
	assert_int_equal(client->reason, PPP_ECHO_LOST);
}

static void
hangs_up(void **state)
{
	for (int i = 0; i < 2; i++) {
		setup(NULL);
		pp_line_open(&line);
		assert_true(pp_line_up(&line, 1000));
		ppp_close(&line.end[i].ppp, PPP_ADMIN, line.now);
		pp_line_run(&line, 10000);
		assert_int_equal(line.end[i].reason, PPP_ADMIN);
		assert_int_equal(line.end[!i].reason, PPP_PEER);
		assert_int_equal(server->downs + client->downs, 2);
	}
}

/* Closing at any moment of set-up ends well. */
static void
hangs_up_at_any_time(void **state)
{
	for (unsigned n = 0; n < 30; n++) {
		setup(NULL);
		pp_line_open(&line);
		pp_line_run(&line, n * 10);
		ppp_close(&server->ppp, PPP_ADMIN, line.now);
		pp_line_run(&line, 60000);
		assert_int_equal(server->closes, 1);
		assert_int_equal(client->closes, 1);
		assert_int_equal(server->reason, PPP_ADMIN);
	}
}

static void
nothing_secret_is_left(void **state)
{
	static const struct auth_keys no_keys;
	static const struct mppe_receiver no_receiver;
	static const struct mppe_sender no_sender;

	pp_line_open(&line);
	assert_true(pp_line_up(&line, 1000));
	for (int i = 0; i < 2; i++) {
		ppp_wipe(&line.end[i].ppp);
		ppp_wipe(&line.end[i].ppp);
		assert_memory_equal(&line.end[i].ppp.auth.keys, &no_keys,
		    sizeof(no_keys));
		assert_memory_equal(&line.end[i].ppp.ccp.receiver,
		    &no_receiver, sizeof(no_receiver));
		assert_memory_equal(&line.end[i].ppp.ccp.sender, &no_sender,
		    sizeof(no_sender));
	}
}

/* Loss, copies and disorder: set-up comes through; so do most packets. */
static void
traffic(unsigned packets)
{
	for (unsigned i = 0; i < packets; i++) {
		assert_true(pp_line_packet(&line, PP_CLIENT, 200));
		assert_true(pp_line_packet(&line, PP_SERVER, 200));
		pp_line_run(&line, 5);
		assert_true(server->open && client->open);
	}
}

static void
bad_line(uint8_t mppe, bool mppc, unsigned seed, unsigned jitter,
    unsigned least)
{
	setup(NULL);
	for (int i = 0; i < 2; i++) {
		line.end[i].config.mppe = mppe;
		line.end[i].config.mppc = mppc;
		line.end[i].random = seed + (unsigned)i;
	}
	line.random = seed;
	line.loss = 5;
	line.copies = 5;
	line.jitter = jitter;
	pp_line_open(&line);
	assert_true(pp_line_up(&line, 120000));
	traffic(1000);
	assert_true(server->packets >= least && client->packets >= least);
	/* And it all works again once the line is good. */
	line.loss = line.copies = line.jitter = 0;
	pp_line_run(&line, 100);
	traffic(2);
	pp_line_run(&line, 2000);
	traffic(2);
	pp_line_run(&line, 100);
	server->packets = client->packets = 0;
	traffic(100);
	pp_line_run(&line, 100);
	assert_int_equal(server->packets, 100);
	assert_int_equal(client->packets, 100);
	assert_int_equal(server->downs + client->downs, 0);
}

static void
bad_lines(void **state)
{
	for (unsigned seed = 1; seed <= 10; seed++) {
		bad_line(PPP_MPPE_128 | PPP_MPPE_STATELESS, false, seed, 20,
		    900);
		bad_line(PPP_MPPE_40 | PPP_MPPE_STATELESS, true, seed, 20,
		    900);
	}
}

/* Stateful: each loss costs what is under way till the reset. */
static void
bad_lines_stateful(void **state)
{
	for (unsigned seed = 1; seed <= 10; seed++) {
		bad_line(PPP_MPPE_128 | PPP_MPPE_STATEFUL, false, seed, 0,
		    300);
		bad_line(PPP_MPPE_56 | PPP_MPPE_STATEFUL, true, seed, 20, 50);
	}
}

/* However bad the line: set-up succeeds or ends, with a reason, in time. */
static void
hopeless_lines(void **state)
{
	unsigned ups = 0;

	for (unsigned seed = 0; seed < 60; seed++) {
		setup(NULL);
		line.random = seed;
		line.loss = 30 + seed;
		line.copies = 30;
		line.jitter = 5000;
		pp_line_open(&line);
		ups += pp_line_up(&line, 400000);
		assert_true((server->open && client->open) ||
		    server->closes + client->closes > 0);
	}
	assert_true(ups > 5);
}

/* Both names of a link by its user's own configuration. */
static void
a_users_own_configuration(void **state)
{
	struct ppp_config own;
	struct ppp_info info;

	server->config.mppe_required = client->config.mppe_required = false;
	own = server->config;
	own.mppe = 0;
	own.mtu = 1000;
	own.dns[0] = 0x01010101;
	server->grant.config = &own;
	client->config.ask_dns = true;
	pp_line_open(&line);
	assert_true(pp_line_up(&line, 60000));
	ppp_info(&client->ppp, &info);
	assert_int_equal(info.dns[0], 0x01010101);
	assert_int_equal(info.mppe_in, 0);
	ppp_info(&server->ppp, &info);
	assert_int_equal(info.mtu, 1000);
}

/* The client decides by itself that it wants no plain link. */
static void
a_client_insists_on_encryption(void **state)
{
	server->config.mppe = 0;
	server->config.mppe_required = false;
	pp_line_open(&line);
	assert_false(pp_line_up(&line, 60000));
	pp_line_run(&line, 20000);
	assert_int_equal(client->reason, PPP_MPPE_REFUSED);
	assert_int_equal(server->packets + client->packets, 0);
}

static void
every_name_is_there(void **state)
{
	for (int i = 0; i < PPP_REASON_COUNT; i++) {
		assert_true(strlen(ppp_reason_name(i)) > 0);
		assert_true(strlen(ppp_reason_sentence(i)) > 0);
	}
	for (int i = 0; i < PPP_DROP_COUNT; i++)
		assert_true(strlen(ppp_drop_name(i)) > 0);
}

/* Ten thousand of them have to fit (with the tunnel) into 16 KiB each. */
static void
a_link_is_small(void **state)
{
	assert_true(sizeof(struct ppp) <= 3584);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(comes_up_and_carries, setup),
		cmocka_unit_test_setup(stays_up, setup),
		cmocka_unit_test(hangs_up),
		cmocka_unit_test(hangs_up_at_any_time),
		cmocka_unit_test_setup(nothing_secret_is_left, setup),
		cmocka_unit_test(bad_lines),
		cmocka_unit_test(bad_lines_stateful),
		cmocka_unit_test(hopeless_lines),
		cmocka_unit_test_setup(a_users_own_configuration, setup),
		cmocka_unit_test_setup(a_client_insists_on_encryption, setup),
		cmocka_unit_test(every_name_is_there),
		cmocka_unit_test(a_link_is_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
