/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is logged in, as the translator keeps and counts it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alg/translate/state.h"
#include "tests/unit/play.h"

#define CLIENT	0x0A000001U
#define SERVER	0xC6336401U

static struct alg_login
login_by(const char *user, enum alg_encryption encryption)
{
	struct alg_login login = { .method = ALG_METHOD_MSCHAP_V2,
	    .encryption = (uint8_t)encryption, .address = { 1, 2 } };

	snprintf(login.user, sizeof(login.user), "%s", user);
	return login;
}

static void
tell(struct play *p, const struct alg_call_info *c, const char *user,
    enum alg_encryption encryption)
{
	struct alg_login login = login_by(user, encryption);

	alg_tell_login(p->alg, c->public, c->flow.outside, c->mapped_id,
	    &login, p->now);
}

/* A call that is up. */
static struct alg_call_info
start_call(struct play *p, struct play_line *l, uint16_t port, uint16_t id)
{
	struct alg_call_info c;
	uint32_t at = 0;

	play_line(p, l, CLIENT, port, SERVER, 1723);
	play_open(l, OUT);
	play_call(l, id, (uint16_t)(id + 1));
	play_forget(p);
	while (alg_calls(p->alg, &at, &c) && c.flow.inside_port != port)
		;
	assert_int_equal(c.state, ALG_CALL_UP);
	return c;
}

static void
assert_news(struct play *p, uint64_t serial, enum alg_encryption encryption)
{
	struct alg_call_info c;
	struct alg_login login;

	assert_true(alg_login_news(p->alg, &c, &login));
	assert_int_equal(c.serial, serial);
	assert_int_equal(login.encryption, encryption);
}

static void
assert_no_news(struct play *p)
{
	struct alg_call_info c;
	struct alg_login login;

	assert_false(alg_login_news(p->alg, &c, &login));
}

static struct alg_audit
only_row(const struct play *p)
{
	struct alg_audit row, more;
	uint32_t at = 0;

	assert_true(alg_audit(p->alg, &at, &row));
	assert_false(alg_audit(p->alg, &at, &more));
	return row;
}

/* Encryption is told at once; none only when it does not come any more. */
static void
test_settles(void **state)
{
	struct play p;
	struct play_line a, b;
	struct alg_call_info one, other;
	struct alg_login login;
	struct alg_audit row;
	uint32_t at = 0;

	play_start(&p, NULL);
	one = start_call(&p, &a, 1000, 10);
	other = start_call(&p, &b, 1001, 20);
	tell(&p, &one, "ann", ALG_ENCRYPTION_128);
	assert_news(&p, one.serial, ALG_ENCRYPTION_128);
	tell(&p, &other, "ann", ALG_ENCRYPTION_NONE);
	assert_no_news(&p);
	play_wait(&p, STATE_LOGIN_PATIENCE / 2);
	alg_tick(p.alg, p.now);
	assert_no_news(&p);
	tell(&p, &other, "ann", ALG_ENCRYPTION_128);
	assert_news(&p, other.serial, ALG_ENCRYPTION_128);
	assert_no_news(&p);
	row = only_row(&p);
	assert_int_equal(row.calls, 2);
	assert_int_equal(row.client, CLIENT);
	assert_int_equal(row.server, SERVER);
	assert_string_equal(row.login.user, "ann");
	/* Another protection is told again, and counted no more. */
	tell(&p, &other, "ann", ALG_ENCRYPTION_NONE);
	play_wait(&p, STATE_LOGIN_PATIENCE);
	alg_tick(p.alg, p.now);
	assert_news(&p, other.serial, ALG_ENCRYPTION_NONE);
	assert_int_equal(only_row(&p).calls, 2);
	while (alg_calls(p.alg, &at, &one)) {
		assert_true(alg_calls_login(p.alg, at, &login));
		assert_string_equal(login.user, "ann");
	}
	play_stop(&p);
}

/* A call that ends while it waits counts; the next one in its place is new. */
static void
test_ends_early(void **state)
{
	struct play p;
	struct play_line a;
	struct alg_call_info c;
	struct alg_attempt attempt;
	struct alg_login login;
	uint32_t at = 0;

	play_start(&p, NULL);
	c = start_call(&p, &a, 1000, 10);
	tell(&p, &c, "ann", ALG_ENCRYPTION_NONE);
	assert_int_equal(alg_reset(p.alg, &c.flow, REASON_WEAK_ENCRYPTION,
	    p.now), 0);
	play_drain(&p);
	assert_no_news(&p);
	assert_int_equal(only_row(&p).login.encryption, ALG_ENCRYPTION_NONE);
	while (alg_attempts(p.alg, &at, &attempt)) {
		assert_string_equal(attempt.login.user, "ann");
		assert_int_equal(attempt.reason, REASON_WEAK_ENCRYPTION);
	}
	at = 0;
	(void)start_call(&p, &a, 1001, 10);
	while (alg_calls(p.alg, &at, &c))
		assert_false(alg_calls_login(p.alg, at, &login));
	play_stop(&p);
}

/* One client with many names pushes out its own rows only. */
static void
test_audit_is_bounded(void **state)
{
	struct play p;
	struct play_line a;
	struct alg_call_info c;
	struct alg_audit row;
	char user[ALG_USER_MAX];
	uint32_t at = 0;
	int n = 0;

	play_start(&p, NULL);
	for (int i = 0; i < 2 * STATE_AUDIT_KEPT; i++) {
		c = start_call(&p, &a, (uint16_t)(1000 + i), 10);
		snprintf(user, sizeof(user), "user%d", i);
		tell(&p, &c, user, ALG_ENCRYPTION_128);
		alg_reset(p.alg, &c.flow, REASON_ADMIN, p.now);
		play_drain(&p);
		play_wait(&p, 1000);
	}
	while (alg_audit(p.alg, &at, &row)) {
		n++;
		assert_int_equal(row.calls, 1);
		assert_true(atoi(row.login.user + 4) >= STATE_AUDIT_KEPT);
	}
	assert_int_equal(n, STATE_AUDIT_KEPT);
	play_stop(&p);
}

/* Of what lives, and the count. */
static void
test_survives(void **state)
{
	struct alg_config config = play_config();
	struct play p;
	struct play_line a;
	struct alg_call_info c;
	struct alg_login login;
	struct alg_audit row;
	uint32_t at = 0;

	config.recording = true;
	play_start(&p, &config);
	c = start_call(&p, &a, 1000, 10);
	tell(&p, &c, "ann", ALG_ENCRYPTION_56);
	play_drain(&p);
	row = only_row(&p);
	play_restart(&p, 0);
	assert_true(alg_calls(p.alg, &at, &c));
	assert_true(alg_calls_login(p.alg, at, &login));
	assert_string_equal(login.user, "ann");
	assert_int_equal(login.encryption, ALG_ENCRYPTION_56);
	assert_int_equal(login.address[ALG_INBOUND], 2);
	assert_no_news(&p);
	assert_int_equal(only_row(&p).calls, row.calls);
	assert_string_equal(only_row(&p).login.user, "ann");
	play_stop(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settles),
		cmocka_unit_test(test_ends_early),
		cmocka_unit_test(test_audit_is_bounded),
		cmocka_unit_test(test_survives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
