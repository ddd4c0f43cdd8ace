/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two links, a server and a client, and a line between them that the input
 * plays with: frames are passed on, changed, lost, copied, made up, also
 * under the right key; time goes by; packets are sent.  First the
 * configuration, then one byte for each thing that happens, and what it needs.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alg/base/cursor.h"
#include "alg/ppp/ppp.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define FRAME_MAX	1600
#define QUEUE_MAX	16
#define REPLIES_MAX	6	/* to one frame, or one tick */
#define STEPS_MAX	400

#define CHECK(promise) do {						\
	if (!(promise)) {						\
		fprintf(stderr, "%s:%d: broken: %s\n", __FILE__,	\
		    __LINE__, #promise);				\
		abort();						\
	}								\
} while (0)

struct frame {
	size_t		 len;
	uint8_t		 bytes[FRAME_MAX];
};

struct end {
	struct ppp	 ppp;
	struct ppp_config config;
	struct frame	 out[QUEUE_MAX];
	unsigned	 sent, taken, replies;
	uint32_t	 random;
	bool		 open, closed;
	struct mppc_compressor compress;
	struct mppc_expander expand;
};

static struct end	ends[2];
static uint64_t		now;
static unsigned		steps;

static uint32_t
take(struct cursor *in, size_t bytes)
{
	uint32_t value = 0;
	uint8_t byte;

	while (bytes-- > 0 && cursor_u8(in, &byte) == 0)
		value = value << 8 | byte;
	return value;
}

/* --- callbacks ------------------------------------------------------------ */

static bool
is_plain_ip(const uint8_t *frame, size_t len)
{
	size_t at = len >= 2 && frame[0] == 0xff && frame[1] == 3 ? 2 : 0;

	at += at < len && frame[at] == 0;
	return at < len && (frame[at] == 0x21 || frame[at] == 0x57);
}

static void
host_send(void *arg, uint8_t *frame, size_t len)
{
	struct end *e = arg;
	struct frame *f;

	CHECK(len > 0 && len <= 1504 + 4);
	CHECK(!e->closed);
	CHECK(!e->config.mppe_required || !is_plain_ip(frame, len));
	CHECK(e->replies++ < REPLIES_MAX);
	memset(frame - PPP_LOWER_HEADROOM, 0, PPP_LOWER_HEADROOM);
	if (e->sent - e->taken == QUEUE_MAX)
		e->taken++;
	f = &e->out[e->sent++ % QUEUE_MAX];
	f->len = len;
	memcpy(f->bytes, frame, len);
}

static void
deliver(const struct end *e, uint8_t *packet, size_t len, bool ipv6)
{
	CHECK(e->open && len > 0 && len <= 2048);
	CHECK(packet[0] >> 4 == (ipv6 ? 6 : 4));
	CHECK(!e->config.mppe_required || ccp_bits(ccp_in(&e->ppp)) != 0);
	packet[len - 1]++;		/* it may be changed */
}

static void
host_secret(void *arg, const struct ppp_login *login, struct ppp_secret *s)
{
	CHECK(login->user_len == strlen(login->user));
	CHECK(login->user_len <= 255);
	if (strcmp(login->account, "scott") != 0)
		return;
	s->kind = PPP_SECRET_PASSWORD;
	s->len = 5;
	memcpy(s->password, "tiger", 5);
}

static enum ppp_reason
host_grant(void *arg, const struct ppp_login *login, struct ppp_grant *g)
{
	if (arg == &ends[0]) {
		g->local = 0x0A000001;
		g->remote = 0x0A000002;
	}
	return PPP_OK;
}

static void
host_event(void *arg, const struct ppp_event *event)
{
	struct end *e = arg;
	struct ppp_info info;

	ppp_info(&e->ppp, &info);
	CHECK(info.reason < PPP_REASON_COUNT);
	CHECK(!e->closed);
	CHECK(event->text != NULL);
	if (event->type == PPP_EVENT_UP)
		e->open = true;
	if (event->type == PPP_EVENT_DOWN) {
		CHECK(e->open);
		e->open = false;
	}
	if (event->type == PPP_EVENT_CLOSED) {
		CHECK(!e->open);
		e->closed = true;
	}
}

static void
host_random(void *arg, void *bytes, size_t n)
{
	struct end *e = arg;
	uint8_t *to = bytes;

	for (; n > 0; n--) {
		e->random = e->random * 1664525 + 1013904223;
		*to++ = (uint8_t)(e->random >> 24);
	}
}

static bool
host_mppc(void *arg, struct mppc_compressor **compress,
    struct mppc_expander **expand)
{
	struct end *e = arg;

	*compress = &e->compress;
	*expand = &e->expand;
	return true;
}

static const struct ppp_host host = {
	.send = host_send, .secret = host_secret,
	.grant = host_grant, .event = host_event, .random = host_random,
	.mppc = host_mppc
};

/* --- what happens --------------------------------------------------------- */

static void
configure(struct end *e, struct cursor *in, bool server)
{
	struct ppp_config *c = &e->config;
	uint8_t methods = (uint8_t)take(in, 1), flags = (uint8_t)take(in, 1);

	memset(e, 0, sizeof(*e));
	ppp_config_default(c);
	c->name = "scott";
	*(server ? &c->ask : &c->answer) = methods & 15;
	*(server ? &c->answer : &c->ask) = methods >> 4;
	c->mppe = flags & 31;
	c->mppe_required = (flags & 32) != 0 && (flags & 7) != 0;
	c->mppc = (flags & 64) != 0;
	c->ipv6 = c->ask_dns = (flags & 128) != 0;
	c->dns[0] = server ? 0x01010101 : 0;
	c->auth_interval = flags & 1 ? 20000 : 0;
	c->idle = flags & 2 ? 300000 : 0;
	e->random = server;
	ppp_init(&e->ppp, c, &host, e);
	ppp_open(&e->ppp, now);
}

static void
input(struct end *e, const uint8_t *bytes, size_t len, bool late)
{
	uint8_t *exact = malloc(len > 0 ? len : 1);
	struct ppp_packet packet;

	memcpy(exact, bytes, len);
	e->replies = 0;
	if (ppp_input(&e->ppp, exact, len, late, now, &packet))
		deliver(e, packet.bytes, packet.len, packet.ipv6);
	free(exact);
}

static bool
pass(int to, struct cursor *in, uint8_t how)
{
	struct end *from = &ends[!to];
	struct frame *f;

	if (from->taken == from->sent)
		return false;
	f = &from->out[from->taken++ % QUEUE_MAX];
	if (how == 1)
		f->bytes[take(in, 2) % f->len] ^= (uint8_t)take(in, 1);
	if (how == 2)
		f->len = take(in, 1) % f->len;
	if (how != 3)
		input(&ends[to], f->bytes, f->len, false);
	if (how == 4)
		input(&ends[to], f->bytes, f->len, true);
	return true;
}

static void
make_up(int to, struct cursor *in, bool encrypted)
{
	struct mppe_sender *s = &ends[!to].ppp.ccp.sender;
	uint8_t bytes[260] = { 0, 0xfd };
	size_t len = take(in, 1), n = 0;

	while (n < len && in->left > 0)
		bytes[4 + n++] = (uint8_t)take(in, 1);
	if (!encrypted)
		input(&ends[to], bytes + 4, n, (len & 1) != 0);
	else if (ccp_out(&ends[!to].ppp) != 0 && n > 0)
		input(&ends[to], bytes, 2 + mppe_encrypt(s, bytes + 4, n),
		    false);
}

static void
tick(struct end *e)
{
	uint64_t due = ppp_due(&e->ppp);

	if (due == UINT64_MAX)
		return;
	if (due > now)
		now = due;
	e->replies = 0;
	ppp_tick(&e->ppp, now);
	CHECK(ppp_due(&e->ppp) > now);
}

static void
send_packet(struct end *e, struct cursor *in)
{
	static uint8_t room[PPP_HEADROOM + FRAME_MAX];
	uint8_t *packet = room + PPP_HEADROOM;
	size_t len = take(in, 2) % FRAME_MAX;

	memset(packet, (int)len, len);
	packet[0] = (uint8_t)take(in, 1);
	e->replies = 0;
	if ((packet = ppp_output(&e->ppp, packet, &len, now)) != NULL)
		host_send(e, packet, len);
}

/* The line works for a while. */
static void
go_on(struct cursor *in)
{
	for (int i = 0; i < 40; i++)
		if (!pass(i & 1, in, 0) && !pass(!(i & 1), in, 0))
			break;
}

static void
happen(uint8_t what, struct cursor *in)
{
	int to = what & 1;

	switch (what >> 1 & 15) {
	case 0: case 1: case 2: case 3: case 4:
		pass(to, in, what >> 1 & 15);
		break;
	case 5:
		make_up(to, in, false);
		break;
	case 6:
		make_up(to, in, true);
		break;
	case 7:
		tick(&ends[to]);
		break;
	case 8:
		send_packet(&ends[to], in);
		break;
	case 9:
		ends[to].replies = 0;
		ppp_close(&ends[to].ppp, PPP_ADMIN, now);
		break;
	case 10:
		ppp_lost(&ends[to].ppp, now);
		break;
	default:
		go_on(in);
		break;
	}
}

/* Whatever it was: a link that nobody answers ends by itself. */
static void
fade(struct end *e)
{
	e->config.echo_failures = 1;
	for (int i = 0; i < 5000 && !e->closed; i++)
		tick(e);
	CHECK(e->closed || ppp_due(&e->ppp) == UINT64_MAX);
	ppp_wipe(&e->ppp);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct cursor in = cursor_of(bytes, len);

	now = 1;
	configure(&ends[0], &in, true);
	configure(&ends[1], &in, false);
	for (steps = 0; in.left > 0 && steps < STEPS_MAX; steps++)
		happen((uint8_t)take(&in, 1), &in);
	fade(&ends[0]);
	fade(&ends[1]);
	return 0;
}
