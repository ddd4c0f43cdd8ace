/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/play_ppp.h"

/* Two whole links, back to back. */

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

	pp_line_open(&line);
	assert_true(pp_line_up(&line, 60000));
	assert_true(pp_line_packet(&line, PP_CLIENT, 100));
	assert_true(pp_line_packet(&line, PP_SERVER, 1400));
	pp_line_run(&line, 1000);
	assert_int_equal(server->packets, 1);
	assert_int_equal(server->packet_len, 100);
	assert_int_equal(client->packet_len, 1400);
	ppp_info(&server->ppp, &s);
	ppp_info(&client->ppp, &c);
	assert_int_equal(s.remote, PP_CLIENT_IP);
	assert_int_equal(c.local, PP_CLIENT_IP);
	assert_int_equal(c.remote, PP_SERVER_IP);
	assert_string_equal(s.user, "scott");
	assert_int_equal(s.mppe_in, PPP_MPPE_128 | PPP_MPPE_STATELESS);
	assert_int_equal(s.mppe_out, s.mppe_in);
	assert_int_equal(s.method, PPP_MSCHAP2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(comes_up_and_carries, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
