/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PPP links for tests: their callbacks, their frames, and the line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alg/ppp/mschap.h"
#include "alg/ppp/ppp.h"
#include "tests/unit/alg/ppp/play_ppp.h"

static uint64_t
next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return *state >> 33;
}

/* --- callbacks ------------------------------------------------------------ */

static void
host_send(void *arg, uint8_t *frame, size_t len)
{
	struct pp_end *e = arg;
	struct pp_frame *f = &e->out[e->sent++ % PP_OUT_MAX];

	assert_true(e->sent - e->taken <= PP_OUT_MAX);
	assert_true(len >= 2 && len <= PP_FRAME_MAX);
	memset(frame - PPP_LOWER_HEADROOM, 0xEE, PPP_LOWER_HEADROOM);
	memcpy(f->bytes, frame, len);
	f->len = len;
}

static void
deliver(struct pp_end *e, const uint8_t *packet, size_t len, bool ipv6)
{
	assert_true(len > 0 && len <= PP_FRAME_MAX);
	assert_int_equal(packet[0] >> 4, ipv6 ? 6 : 4);
	assert_true(e->open);
	memcpy(e->packet, packet, len);
	e->packet_len = (unsigned)len;
	e->packets++;
}

static void
host_secret(void *arg, const struct ppp_login *login, struct ppp_secret *s)
{
	struct pp_end *e = arg;

	e->secrets++;
	assert_int_equal(strlen(login->user), login->user_len);
	snprintf(e->user, sizeof(e->user), "%s", login->user);
	snprintf(e->account_asked, sizeof(e->account_asked), "%s",
	    login->account);
	s->delay = e->delay;
	if (e->account == NULL || strcmp(login->account, e->account) != 0)
		return;
	if (e->nt_hash != NULL) {
		s->kind = PPP_SECRET_NT;
		memcpy(s->nt_hash, e->nt_hash, sizeof(s->nt_hash));
		return;
	}
	s->whole_name = e->whole_name;
	s->kind = PPP_SECRET_PASSWORD;
	s->len = strlen(e->password);
	memcpy(s->password, e->password, s->len);
}

static enum ppp_reason
host_ask(void *arg, const struct ppp_login *login,
    const struct ppp_proof *proof)
{
	struct pp_end *e = arg;

	e->asks++;
	snprintf(e->account_asked, sizeof(e->account_asked), "%s",
	    login->account);
	return e->ask_answer;
}

static enum ppp_reason
host_grant(void *arg, const struct ppp_login *login, struct ppp_grant *grant)
{
	struct pp_end *e = arg;

	e->grants++;
	*grant = e->grant;
	return e->grant_answer;
}

static void
host_event(void *arg, const struct ppp_event *event)
{
	struct pp_end *e = arg;
	struct ppp_info info;

	ppp_info(&e->ppp, &info);
	switch (event->type) {
	case PPP_EVENT_UP:
		assert_int_equal(info.phase, PPP_UP);
		e->ups++;
		e->open = true;
		break;
	case PPP_EVENT_DOWN:
		assert_true(e->open);
		e->downs++;
		e->open = false;
		break;
	case PPP_EVENT_LOGIN:
		e->logins++;
		break;
	case PPP_EVENT_REFUSED:
		e->refusals++;
		e->refused = event->reason;
		e->proved = event->login->proved;
		e->refused_at = e->ppp.now;
		break;
	case PPP_EVENT_CLOSED:
		assert_int_equal(e->closes, 0);
		assert_false(e->open);
		e->closes++;
		e->reason = event->reason;
		e->closed_at = e->ppp.now;
		break;
	default:
		break;
	}
	if (event->text_len > 0)
		snprintf(e->text, sizeof(e->text), "%.*s",
		    (int)event->text_len, (const char *)event->text);
}

static void
host_random(void *arg, void *bytes, size_t n)
{
	struct pp_end *e = arg;
	uint8_t *to = bytes;

	if (n == 16 && e->challenge != NULL) {
		pp_bytes(e->challenge, to, n);
		e->challenge = NULL;
		return;
	}
	while (n-- > 0)
		*to++ = (uint8_t)next_random(&e->random);
}

static bool
host_mppc(void *arg, struct mppc_compressor **compress,
    struct mppc_expander **expand)
{
	struct pp_end *e = arg;

	*compress = &e->compress;
	*expand = &e->expand;
	return !e->no_mppc;
}

static const struct ppp_host host = {
	.send = host_send, .secret = host_secret, .ask = host_ask,
	.grant = host_grant, .event = host_event, .random = host_random,
	.mppc = host_mppc
};

/* --- one end -------------------------------------------------------------- */

void
pp_server(struct pp_end *e)
{
	memset(e, 0, sizeof(*e));
	ppp_config_default(&e->config);
	e->config.ask = PPP_MSCHAP2;
	e->config.name = "vpn";
	e->grant.local = PP_SERVER_IP;
	e->grant.remote = PP_CLIENT_IP;
	e->account = "scott";
	e->password = "turquoise";
	e->random = 1;
}

void
pp_client(struct pp_end *e)
{
	pp_server(e);
	e->config.ask = 0;
	e->config.answer = PPP_MSCHAP2;
	e->config.name = "scott";
	e->grant.local = e->grant.remote = 0;
	e->random = 2;
}

void
pp_start(struct pp_end *e, uint64_t now)
{
	ppp_init(&e->ppp, &e->config, &host, e);
	ppp_open(&e->ppp, now);
}

void
pp_input(struct pp_end *e, uint8_t *frame, size_t len, bool late, uint64_t now)
{
	struct ppp_packet packet;

	if (ppp_input(&e->ppp, frame, len, late, now, &packet))
		deliver(e, packet.bytes, packet.len, packet.ipv6);
}

int
pp_send(struct pp_end *e, uint8_t *packet, size_t len, uint64_t now)
{
	uint8_t *frame = ppp_output(&e->ppp, packet, &len, now);

	if (frame == NULL)
		return -1;
	host_send(e, frame, len);
	return 0;
}

size_t
pp_bytes(const char *hex, uint8_t *bytes, size_t size)
{
	size_t n = 0;
	unsigned v;

	while (*hex == ' ')
		hex++;
	while (*hex != '\0') {
		assert_true(n < size);
		if (sscanf(hex, "%2x", &v) != 1)
			fail_msg("not hexadecimal: %s", hex);
		bytes[n++] = (uint8_t)v;
		for (hex += 2; *hex == ' '; hex++)
			;
	}
	return n;
}

void
pp_feed_bytes(struct pp_end *e, const uint8_t *bytes, size_t n,
    uint64_t now)
{
	uint8_t *exact = malloc(n > 0 ? n : 1);	/* ASan sees beyond it */

	memcpy(exact, bytes, n);
	pp_input(e, exact, n, false, now);
	free(exact);
}

void
pp_feed(struct pp_end *e, const char *hex, uint64_t now)
{
	uint8_t bytes[PP_FRAME_MAX] = { 0 };

	pp_feed_bytes(e, bytes, pp_bytes(hex, bytes, sizeof(bytes)), now);
}

const struct pp_frame *
pp_take(struct pp_end *e)
{
	return e->taken == e->sent ? NULL :
	    &e->out[e->taken++ % PP_OUT_MAX];
}

void
pp_drain(struct pp_end *e)
{
	e->taken = e->sent;
}

static bool
matches(const char *hex, const uint8_t *bytes, size_t len)
{
	unsigned v;

	for (; *hex != '\0'; hex += 2) {
		for (; *hex == ' '; hex++)
			;
		if (*hex == '\0' || *hex == '*')
			break;
		if (len-- == 0)
			return false;
		if (strncmp(hex, "xx", 2) != 0 &&
		    (sscanf(hex, "%2x", &v) != 1 || v != *bytes))
			return false;
		bytes++;
	}
	return *hex == '*' || len == 0;
}

static void
complain(const struct pp_frame *f, const char *wanted, const char *file,
    int line)
{
	print_error("wanted %s, sent ", wanted);
	for (size_t i = 0; f != NULL && i < f->len; i++)
		print_error("%02x", f->bytes[i]);
	print_error("%s\n", f == NULL ? "nothing" : "");
	_fail(file, line);
}

const struct pp_frame *
pp_expect_at(struct pp_end *e, const char *hex, const char *file, int line)
{
	const struct pp_frame *f = pp_take(e);
	size_t skip = f != NULL && f->bytes[0] == 0xff ? 2 : 0;

	if (f == NULL || !matches(hex, f->bytes + skip, f->len - skip))
		complain(f, hex, file, line);
	return f;
}

void
pp_expect_nothing_at(struct pp_end *e, const char *file, int line)
{
	const struct pp_frame *f = pp_take(e);

	if (f != NULL)
		complain(f, "nothing", file, line);
}

void
pp_agree(struct pp_end *e, const char *protocol, uint64_t now)
{
	uint8_t number[2], ack[PP_FRAME_MAX];
	const struct pp_frame *f;
	size_t skip;

	pp_bytes(protocol, number, sizeof(number));
	while ((f = pp_take(e)) != NULL) {
		skip = f->bytes[0] == 0xff ? 2 : 0;
		memcpy(ack, f->bytes, f->len);
		if (memcmp(ack + skip, number, 2) != 0 || ack[skip + 2] != 1)
			continue;
		ack[skip + 2] = 2;
		pp_feed_bytes(e, ack, f->len, now);
		return;
	}
	fail_msg("no request of %s", protocol);
}

void
pp_open_lcp(struct pp_end *e, const char *options, uint64_t now)
{
	uint8_t bytes[PP_FRAME_MAX] = { 0xff, 0x03, 0xc0, 0x21, 1, 77 };
	size_t n = pp_bytes(options, bytes + 8, sizeof(bytes) - 8);

	bytes[7] = (uint8_t)(n + 4);
	pp_agree(e, "c021", now);
	pp_feed_bytes(e, bytes, n + 8, now);
	bytes[4] = 2;
	for (const struct pp_frame *f; (f = pp_take(e)) != NULL; )
		if (f->len == n + 8 && memcmp(f->bytes, bytes, n + 8) == 0)
			return;
	fail_msg("LCP options not acknowledged: %s", options);
}

void
pp_log_in(struct pp_end *e, const char *user, const char *password,
    uint64_t now)
{
	const struct pp_frame *f = pp_expect(e, "c223 01 xx xxxx 10 *");
	size_t at = f->bytes[0] == 0xff ? 2 : 0, len = strlen(user);
	uint8_t bytes[PP_FRAME_MAX] = { 0xc2, 0x23, 2, f->bytes[at + 3], 0, 0,
	    0x31, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	const struct mschap2 m = { f->bytes + at + 7, bytes + 7, user, len };
	uint8_t hash[MSCHAP_HASH];

	mschap_nt_hash(hash, password, strlen(password));
	mschap2_response(bytes + 7 + 24, &m, hash);
	memcpy(bytes + 7 + 49, user, len);
	bytes[5] = (uint8_t)(4 + 50 + len);
	pp_feed_bytes(e, bytes, 7 + 49 + len, now);
}

void
pp_wait(struct pp_end *e, uint64_t *now, uint64_t ms)
{
	uint64_t end = *now + ms;

	while (ppp_due(&e->ppp) <= end) {
		if (ppp_due(&e->ppp) > *now)
			*now = ppp_due(&e->ppp);
		ppp_tick(&e->ppp, *now);
		assert_true(ppp_due(&e->ppp) > *now);
	}
	*now = end;
}
