/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A control connection that ends here: the first byte is its role, then
 * come things that happen, each a byte and what it needs.  Whatever it is,
 * only whole, right messages are sent; a call is up at most once and down
 * just once; nothing happens after the end; little is kept.
 */
#include "alg/endpoint/ctrl_conn.h"
#include "alg/pptp/message.h"
#include "tests/fuzz/stage.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define CALLS	3
#define SENT	65536

struct host {
	struct ctrl_conn	 conn;
	struct ctrl_call call[CALLS];
	enum { FREE, ASKED, UP } state[CALLS];
	uint8_t		 sent[SENT];
	size_t		 nsent, takes;
	uint16_t	 id;
	bool		 closed;
};

static const struct ctrl_conn_config configs[] = {
	{ .client = false, .host_name = "a", .vendor = "b", .calls = 2,
	    .start_time = 10, .call_time = 30, .reply_time = 20,
	    .stop_time = 5, .echo_interval = 60, .echo_time = 60 },
	{ .client = true, .host_name = "a", .vendor = "b", .calls = 2,
	    .start_time = 10, .call_time = 30, .reply_time = 20,
	    .stop_time = 5, .echo_interval = 60, .echo_time = 60 },
};

static size_t
on_send(void *arg, const uint8_t *bytes, size_t len)
{
	struct host *h = arg;

	CHECK(!h->closed || h->conn.waits > 0);
	if (len > h->takes)
		len = h->takes;
	if (len > SENT - h->nsent)
		len = SENT - h->nsent;
	memcpy(h->sent + h->nsent, bytes, len);
	h->nsent += len;
	h->takes -= len;
	return len;
}

static void
on_open(void *arg, const struct ctrl_conn_peer *peer)
{
	CHECK(!((struct host *)arg)->closed);
	CHECK(peer->host_name[64] == '\0' && peer->vendor[64] == '\0');
}

static struct ctrl_call *
on_make(void *arg, uint16_t peer_id)
{
	struct host *h = arg;

	for (int i = 0; i < CALLS; i++) {
		if (h->state[i] == FREE) {
			h->state[i] = ASKED;
			h->call[i].id = ++h->id;
			return &h->call[i];
		}
	}
	return NULL;
}

static void
on_up(void *arg, struct ctrl_call *c)
{
	struct host *h = arg;

	CHECK(!h->closed && h->state[c - h->call] == ASKED);
	h->state[c - h->call] = UP;
}

static void
on_down(void *arg, struct ctrl_call *c, enum reason r)
{
	struct host *h = arg;

	CHECK(!h->closed && r != REASON_NONE);
	CHECK(h->state[c - h->call] != FREE);
	h->state[c - h->call] = FREE;
	memset(c, 0xEE, sizeof(*c));
}

static void
on_note(void *arg, enum reason r)
{
	CHECK(!((struct host *)arg)->closed && r != REASON_NONE);
}

static void
on_closed(void *arg, enum reason r)
{
	struct host *h = arg;

	CHECK(!h->closed && r != REASON_NONE);
	h->closed = true;
	for (int i = 0; i < CALLS; i++)
		CHECK(h->state[i] == FREE);
}

static const struct ctrl_conn_host host = {
	.send = on_send, .open = on_open, .make = on_make, .up = on_up,
	.down = on_down, .note = on_note, .closed = on_closed,
};

/* A message that is right, but for when it comes. */
static void
message(struct host *h, struct cursor *in, uint64_t now)
{
	uint8_t m[256];
	int type = (int)stage_take(in, 1) % 15 + 1;
	uint16_t id = (uint16_t)stage_take(in, 1);
	size_t n = wire_message(m, type, id, (uint16_t)stage_take(in, 1),
	    (uint8_t)stage_take(in, 1));

	if (type == SCCRQ || type == SCCRP) {
		wire_put16(m + 12, 0x0100);
		m[14] = (uint8_t)(id % 3);
	}
	ctrl_conn_input(&h->conn, m, n, now);
}

static void
bytes(struct host *h, struct cursor *in, uint64_t now)
{
	size_t n = stage_take(in, 1);

	if (n > in->left)
		n = in->left;
	ctrl_conn_input(&h->conn, in->pos, n, now);
	cursor_skip(in, n);
}

static void
happen(struct host *h, struct cursor *in, uint64_t now)
{
	struct ctrl_call *c;
	uint32_t i = stage_take(in, 1);
	char text[64];

	switch (i % 8) {
	case 0:
		bytes(h, in, now);
		break;
	case 1:
		h->takes = stage_take(in, 1);
		ctrl_conn_flush(&h->conn);
		break;
	case 2:
		c = h->conn.config->client ? on_make(h, 0) : NULL;
		if (c != NULL && ctrl_conn_request(&h->conn, c, now) == -1)
			h->state[c - h->call] = FREE;
		break;
	case 3:
		c = &h->call[i / 8 % CALLS];
		if (h->state[c - h->call] == FREE)
			break;
		CHECK(strlen(ctrl_conn_explain_call(c, text, 64)) < 64);
		ctrl_conn_clear(c, REASON_ADMIN, now);
		break;
	case 4:
		if (i / 8 == 0)
			ctrl_conn_stop(&h->conn, REASON_ADMIN, now);
		break;
	default:
		message(h, in, now);
	}
}

/* Whatever was sent up to now is messages, the last one maybe in part. */
static void
check_sent(const struct host *h)
{
	const struct message *row;
	size_t at = 0;

	for (;;) {
		CHECK(message_check(h->sent + at, h->nsent - at, &row) ==
		    REASON_NONE);
		if (row == NULL || row->length > h->nsent - at)
			return;
		at += row->length;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t len)
{
	struct cursor in = cursor_of(input, len);
	struct host *h = calloc(1, sizeof(*h));
	uint64_t now = 1;

	h->takes = SIZE_MAX;
	ctrl_conn_open(&h->conn, &configs[stage_take(&in, 1) & 1], &host, h,
	    now);
	while (in.left > 0) {
		now += stage_take(&in, 1) % 32;
		ctrl_conn_tick(&h->conn, now);
		CHECK(ctrl_conn_due(&h->conn) > now);
		happen(h, &in, now);
		CHECK(ctrl_conn_waits(&h->conn) <= CTRL_CONN_OUTPUT_MAX);
		CHECK(h->conn.ncalls <= 2);
	}
	ctrl_conn_lost(&h->conn, REASON_CLOSED, now);
	CHECK(h->closed && ctrl_conn_due(&h->conn) == UINT64_MAX);
	check_sent(h);
	free(h);
	return 0;
}
