/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host for one end of a control connection. */
#include <stdio.h>

#include "tests/unit/alg/endpoint/play_ctrl_conn.h"

static void __attribute__((format(printf, 2, 3)))
tell(struct end *e, const char *format, ...)
{
	size_t n = strlen(e->log);
	va_list ap;

	va_start(ap, format);
	vsnprintf(e->log + n, sizeof(e->log) - n, format, ap);
	va_end(ap);
}

static size_t
on_send(void *arg, const uint8_t *bytes, size_t len)
{
	struct end *e = arg;

	if (len > e->takes)
		len = e->takes;
	if (e->nsent + len > END_SENT)
		e->nsent = e->seen = 0;
	memcpy(e->sent + e->nsent, bytes, len);
	e->nsent += len;
	e->takes -= len;
	return len;
}

static void
on_open(void *arg, const struct ctrl_conn_peer *peer)
{
	struct end *e = arg;

	e->peer = *peer;
	tell(e, "open ");
	if (e->asks)
		assert_int_equal(ctrl_conn_request(&e->conn, end_call(e),
		    e->now), 0);
}

static struct ctrl_call *
on_make(void *arg, uint16_t peer_id)
{
	struct end *e = arg;

	return e->no_room ? NULL : end_call(e);
}

static void
on_up(void *arg, struct ctrl_call *c)
{
	struct end *e = arg;

	assert_true(e->used[c - e->calls]);
	tell(e, "up:%u ", c->id);
}

/* The memory is ours again: what the connection still does with it shows. */
static void
on_down(void *arg, struct ctrl_call *c, enum reason r)
{
	struct end *e = arg;

	assert_in_range(c - e->calls, 0, END_CALLS - 1);
	assert_true(e->used[c - e->calls]);
	e->used[c - e->calls] = false;
	tell(e, "down:%u:%s ", c->id, reason_name(r));
	c->next = (struct ctrl_call *)(uintptr_t)8;
	c->conn = NULL;
}

static void
on_note(void *arg, enum reason r)
{
	((struct end *)arg)->notes[r]++;
}

static void
on_closed(void *arg, enum reason r)
{
	struct end *e = arg;

	for (int i = 0; i < END_CALLS; i++)
		assert_false(e->used[i]);
	tell(e, "closed:%s ", reason_name(r));
}

static const struct ctrl_conn_host host = {
	.send = on_send, .open = on_open, .make = on_make, .up = on_up,
	.down = on_down, .note = on_note, .closed = on_closed,
};

struct end *
end_new(bool client)
{
	struct end *e = calloc(1, sizeof(*e));

	e->config = (struct ctrl_conn_config){
		.client = client, .host_name = "here", .vendor = "someone",
		.speed = 10000000, .window = 64, .calls = END_CALLS,
		.start_time = 10000, .call_time = 30000, .reply_time = 20000,
		.stop_time = 5000, .echo_interval = 60000, .echo_time = 60000,
	};
	e->now = 1000;
	e->takes = SIZE_MAX;
	e->next_id = END_FIRST_ID;
	ctrl_conn_open(&e->conn, &e->config, &host, e, e->now);
	return e;
}

void
end_free(struct end *e)
{
	free(e);
}

void
end_forget(struct end *e)
{
	e->log[0] = '\0';
}

struct ctrl_call *
end_call(struct end *e)
{
	int i = 0;

	while (i < END_CALLS && e->used[i])
		i++;
	assert_int_not_equal(i, END_CALLS);
	e->used[i] = true;
	e->calls[i].id = e->next_id++;
	return &e->calls[i];
}

void
end_gets_bytes(struct end *e, const uint8_t *bytes, size_t len)
{
	uint8_t *exact = malloc(len);	/* ASan sees a read beyond it */

	memcpy(exact, bytes, len);
	ctrl_conn_input(&e->conn, exact, len, e->now);
	free(exact);
}

void
end_gets(struct end *e, int type, uint16_t id, uint16_t peer, uint8_t result)
{
	uint8_t m[256];

	end_gets_bytes(e, m, wire_message(m, type, id, peer, result));
}

void
end_gets_start(struct end *e, int type, uint16_t version, uint8_t result)
{
	uint8_t m[256];

	wire_message(m, type, 0, 0, 0);
	wire_put16(m + 12, version);
	if (type == SCCRP) {
		m[14] = result;
		m[15] = 0;
	}
	wire_put16(m + 26, 2600);
	memset(m + 28, 0, 128);
	memcpy(m + 28, "there", 5);
	memset(m + 92, 'v', 64);	/* no zero at the end */
	end_gets_bytes(e, m, 156);
}

const uint8_t *
end_sends(struct end *e, int type)
{
	const uint8_t *m = e->sent + e->seen;

	assert_true(e->nsent - e->seen >= wire_length(type));
	assert_int_equal(wire_get16(m), wire_length(type));
	assert_int_equal(wire_get16(m + 2), 1);
	assert_int_equal(wire_get32(m + 4), 0x1A2B3C4D);
	assert_int_equal(wire_get16(m + 8), type);
	assert_int_equal(wire_get16(m + 10), 0);
	e->seen += wire_length(type);
	return m;
}

void
end_sends_nothing(struct end *e)
{
	assert_int_equal(e->nsent, e->seen);
}

void
end_waits(struct end *e, uint64_t ms)
{
	e->now += ms;
	ctrl_conn_tick(&e->conn, e->now);
}

void
end_opens(struct end *e)
{
	if (e->config.client) {
		end_sends(e, SCCRQ);
		end_gets_start(e, SCCRP, 0x0100, 1);
	} else {
		end_gets_start(e, SCCRQ, 0x0100, 0);
		end_sends(e, SCCRP);
	}
	assert_log(e, "open ");
}

struct ctrl_call *
end_calls(struct end *e)
{
	struct ctrl_call *c;
	uint16_t id = e->next_id;

	if (e->config.client) {
		c = end_call(e);
		assert_int_equal(ctrl_conn_request(&e->conn, c, e->now), 0);
		end_sends(e, OCRQ);
		end_gets(e, OCRP, 7, id, 1);
	} else {
		end_gets(e, OCRQ, 7, 0, 0);
		end_sends(e, OCRP);
	}
	end_forget(e);
	for (int i = 0; i < END_CALLS; i++)
		if (e->used[i] && e->calls[i].id == id)
			return &e->calls[i];
	fail_msg("no call");
	return NULL;
}
