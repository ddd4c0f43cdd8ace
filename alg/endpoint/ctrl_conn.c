/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "alg/endpoint/tunnel_part.h"

#define KNOWN		10	/* bytes that tell a message's length */
#define STOP_SHUTDOWN	3	/* RFC 2637 section 2.3: reason */

uint64_t
ctrl_conn_after(const struct ctrl_conn *t, uint32_t ms)
{
	return ms != 0 ? t->now + ms : 0;
}

void
ctrl_conn_note(struct ctrl_conn *t, enum reason r)
{
	t->host->note(t->arg, r);
}

void
ctrl_conn_go(struct ctrl_conn *t, enum ctrl_conn_state state, uint32_t time)
{
	t->state = state;
	t->deadline = ctrl_conn_after(t, time);
}

/* The first reason counts. */
void
ctrl_conn_end(struct ctrl_conn *t, enum reason r)
{
	if (t->state < CTRL_CONN_CLEARING)
		t->reason = r;
	ctrl_conn_go(t, CTRL_CONN_CLOSED, 0);
	ctrl_call_end_all(t, t->reason);
}

void
ctrl_conn_write(struct ctrl_conn *t, const struct ctrl_message *m)
{
	struct writer w = writer_of(t->output + t->waits,
	    sizeof(t->output) - t->waits);
	size_t n = 0;

	if (t->state == CTRL_CONN_CLOSED)
		return;
	if (t->waits == 0)
		n = t->host->send(t->arg, m->bytes, m->len);
	if (writer_bytes(&w, m->bytes + n, m->len - n) == -1) {
		t->waits = 0;
		ctrl_conn_end(t, REASON_NOT_READING);
		return;
	}
	t->waits += m->len - n;
}

/* Every way into the tunnel is between these two. */
static void
enter(struct ctrl_conn *t, uint64_t now)
{
	t->depth++;
	t->now = now;
}

static void
leave(struct ctrl_conn *t)
{
	if (--t->depth > 0 || t->state != CTRL_CONN_CLOSED || t->told)
		return;
	t->told = true;
	t->host->closed(t->arg, t->reason);
}

static void
handle(struct ctrl_conn *t, const struct message *row)
{
	struct ctrl_message m;

	ctrl_message_read(&m, t->part, row);
	t->heard = t->now;
	t->echoing = false;
	ctrl_conn_handle(t, &m);
}

/* Goes on with the message that is there in part; false: no more bytes. */
static bool
take(struct ctrl_conn *t, struct cursor *c)
{
	struct writer w = writer_of(t->part, sizeof(t->part));
	const struct message *row;
	enum reason r;
	size_t want;

	message_check(t->part, t->have, &row);
	want = (row != NULL ? row->length : KNOWN) - t->have;
	if (want > c->left)
		want = c->left;
	w.pos += t->have;
	w.left -= t->have;
	writer_bytes(&w, c->pos, want);
	cursor_skip(c, want);
	t->have += want;
	r = message_check(t->part, t->have, &row);
	if (r != REASON_NONE) {
		ctrl_conn_end(t, r);
	} else if (row != NULL && t->have == row->length) {
		t->have = 0;
		handle(t, row);
	}
	return c->left > 0 && t->state != CTRL_CONN_CLOSED;
}

void
ctrl_conn_open(struct ctrl_conn *t, const struct ctrl_conn_config *config,
    const struct ctrl_conn_host *host, void *arg, uint64_t now)
{
	*t = (struct ctrl_conn){
		.config = config, .host = host, .arg = arg, .heard = now
	};
	enter(t, now);
	ctrl_conn_go(t, config->client ? CTRL_CONN_ASKING : CTRL_CONN_WAITING,
	    config->start_time);
	if (config->client)
		ctrl_conn_start(t);
	leave(t);
}

void
ctrl_conn_input(
    struct ctrl_conn *t, const uint8_t *bytes, size_t len, uint64_t now)
{
	struct cursor c = cursor_of(bytes, len);

	enter(t, now);
	while (t->state != CTRL_CONN_CLOSED && take(t, &c))
		;
	leave(t);
}

void
ctrl_conn_lost(struct ctrl_conn *t, enum reason reason, uint64_t now)
{
	enter(t, now);
	if (t->state != CTRL_CONN_CLOSED)
		ctrl_conn_end(t, reason);
	leave(t);
}

size_t
ctrl_conn_waits(const struct ctrl_conn *t)
{
	return t->waits;
}

void
ctrl_conn_flush(struct ctrl_conn *t)
{
	size_t n = t->waits != 0 ?
	    t->host->send(t->arg, t->output, t->waits) : 0;

	memmove(t->output, t->output + n, t->waits - n);
	t->waits -= n;
}

void
ctrl_conn_settle(struct ctrl_conn *t)
{
	struct ctrl_message m;

	if (t->calls != NULL)
		return;
	if (t->state == CTRL_CONN_OPEN)
		t->deadline = ctrl_conn_after(t, t->config->call_time);
	if (t->state != CTRL_CONN_CLEARING)
		return;
	ctrl_conn_go(t, CTRL_CONN_STOPPING, t->config->stop_time);
	ctrl_message_make(&m, MESSAGE_STOPRQ);
	ctrl_message_set(&m, "Reason", STOP_SHUTDOWN);
	ctrl_conn_write(t, &m);
}

int
ctrl_conn_request(struct ctrl_conn *t, struct ctrl_call *c, uint64_t now)
{
	if (t->state != CTRL_CONN_OPEN || t->ncalls >= t->config->calls)
		return -1;
	enter(t, now);
	ctrl_call_request(t, c);
	leave(t);
	return 0;
}

void
ctrl_conn_clear(struct ctrl_call *c, enum reason reason, uint64_t now)
{
	struct ctrl_conn *t = c->tunnel;

	enter(t, now);
	ctrl_call_clear(c, reason);
	leave(t);
}

static void
stop(struct ctrl_conn *t, enum reason reason)
{
	if (t->state < CTRL_CONN_OPEN)
		ctrl_conn_end(t, reason);
	if (t->state != CTRL_CONN_OPEN)
		return;
	t->reason = reason;
	ctrl_conn_go(t, CTRL_CONN_CLEARING, t->config->stop_time);
	ctrl_call_clear_all(t, reason);
	ctrl_conn_settle(t);
}

void
ctrl_conn_stop(struct ctrl_conn *t, enum reason reason, uint64_t now)
{
	enter(t, now);
	stop(t, reason);
	leave(t);
}

static void
late(struct ctrl_conn *t)
{
	if (t->state < CTRL_CONN_OPEN)
		ctrl_conn_end(t, REASON_NO_START);
	else if (t->state == CTRL_CONN_OPEN)
		stop(t, REASON_NO_CALL);
	else if (t->state == CTRL_CONN_CLEARING)
		ctrl_call_end_all(t, t->reason);
	else
		ctrl_conn_end(t, t->reason);
}

/* When the peer's silence means something; 0: never. */
static uint64_t
echo_due(const struct ctrl_conn *t)
{
	uint32_t wait = t->echoing ? t->config->echo_time :
	    t->config->echo_interval;

	return t->state == CTRL_CONN_OPEN && wait != 0 ? t->heard + wait : 0;
}

static void
silent(struct ctrl_conn *t)
{
	struct ctrl_message m;

	if (t->echoing) {
		ctrl_conn_end(t, REASON_NO_ECHO);
		return;
	}
	t->echoing = true;
	t->heard = t->now;
	ctrl_message_make(&m, MESSAGE_ECHORQ);
	ctrl_message_set(&m, "Identifier", ++t->echo);
	ctrl_conn_write(t, &m);
}

static bool
is_due(const struct ctrl_conn *t, uint64_t when)
{
	return when != 0 && t->now >= when;
}

void
ctrl_conn_tick(struct ctrl_conn *t, uint64_t now)
{
	enter(t, now);
	if (is_due(t, t->deadline))
		late(t);
	ctrl_call_tick(t);
	if (is_due(t, echo_due(t)))
		silent(t);
	leave(t);
}

uint64_t
ctrl_conn_due(const struct ctrl_conn *t)
{
	uint64_t all[] = { t->deadline, echo_due(t), ctrl_call_due(t) };
	uint64_t due = UINT64_MAX;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i] != 0 && all[i] < due)
			due = all[i];
	return due;
}
