/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "alg/endpoint/tunnel_part.h"

#define KNOWN		10	/* bytes that tell a message's length */
#define STOP_SHUTDOWN	3	/* RFC 2637 section 2.3: reason */

uint64_t
tunnel_after(const struct tunnel *t, uint32_t ms)
{
	return ms != 0 ? t->now + ms : 0;
}

void
tunnel_note(struct tunnel *t, enum reason r)
{
	t->host->note(t->arg, r);
}

void
tunnel_go(struct tunnel *t, enum tunnel_state state, uint32_t time)
{
	t->state = state;
	t->deadline = tunnel_after(t, time);
}

/* The first reason counts. */
void
tunnel_end(struct tunnel *t, enum reason r)
{
	if (t->state < TUNNEL_CLEARING)
		t->reason = r;
	tunnel_go(t, TUNNEL_CLOSED, 0);
	tunnel_call_end_all(t, t->reason);
}

void
tunnel_write(struct tunnel *t, const struct tunnel_message *m)
{
	struct writer w = writer_of(t->output + t->waits,
	    sizeof(t->output) - t->waits);
	size_t n = 0;

	if (t->state == TUNNEL_CLOSED)
		return;
	if (t->waits == 0)
		n = t->host->send(t->arg, m->bytes, m->len);
	if (writer_bytes(&w, m->bytes + n, m->len - n) == -1) {
		t->waits = 0;
		tunnel_end(t, REASON_NOT_READING);
		return;
	}
	t->waits += m->len - n;
}

/* Every way into the tunnel is between these two. */
static void
enter(struct tunnel *t, uint64_t now)
{
	t->depth++;
	t->now = now;
}

static void
leave(struct tunnel *t)
{
	if (--t->depth > 0 || t->state != TUNNEL_CLOSED || t->told)
		return;
	t->told = true;
	t->host->closed(t->arg, t->reason);
}

static void
handle(struct tunnel *t, const struct message *row)
{
	struct tunnel_message m;

	tunnel_message_read(&m, t->part, row);
	t->heard = t->now;
	t->echoing = false;
	tunnel_handle(t, &m);
}

/* Goes on with the message that is there in part; false: no more bytes. */
static bool
take(struct tunnel *t, struct cursor *c)
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
		tunnel_end(t, r);
	} else if (row != NULL && t->have == row->length) {
		t->have = 0;
		handle(t, row);
	}
	return c->left > 0 && t->state != TUNNEL_CLOSED;
}

void
tunnel_open(struct tunnel *t, const struct tunnel_config *config,
    const struct tunnel_host *host, void *arg, uint64_t now)
{
	*t = (struct tunnel){
		.config = config, .host = host, .arg = arg, .heard = now
	};
	enter(t, now);
	tunnel_go(t, config->client ? TUNNEL_ASKING : TUNNEL_WAITING,
	    config->start_time);
	if (config->client)
		tunnel_start(t);
	leave(t);
}

void
tunnel_input(struct tunnel *t, const uint8_t *bytes, size_t len, uint64_t now)
{
	struct cursor c = cursor_of(bytes, len);

	enter(t, now);
	while (t->state != TUNNEL_CLOSED && take(t, &c))
		;
	leave(t);
}

void
tunnel_lost(struct tunnel *t, enum reason reason, uint64_t now)
{
	enter(t, now);
	if (t->state != TUNNEL_CLOSED)
		tunnel_end(t, reason);
	leave(t);
}

size_t
tunnel_waits(const struct tunnel *t)
{
	return t->waits;
}

void
tunnel_flush(struct tunnel *t)
{
	size_t n = t->waits != 0 ?
	    t->host->send(t->arg, t->output, t->waits) : 0;

	memmove(t->output, t->output + n, t->waits - n);
	t->waits -= n;
}

void
tunnel_settle(struct tunnel *t)
{
	struct tunnel_message m;

	if (t->calls != NULL)
		return;
	if (t->state == TUNNEL_OPEN)
		t->deadline = tunnel_after(t, t->config->call_time);
	if (t->state != TUNNEL_CLEARING)
		return;
	tunnel_go(t, TUNNEL_STOPPING, t->config->stop_time);
	tunnel_message_make(&m, MESSAGE_STOPRQ);
	tunnel_message_set(&m, "Reason", STOP_SHUTDOWN);
	tunnel_write(t, &m);
}

int
tunnel_request(struct tunnel *t, struct tunnel_call *c, uint64_t now)
{
	if (t->state != TUNNEL_OPEN || t->ncalls >= t->config->calls)
		return -1;
	enter(t, now);
	tunnel_call_request(t, c);
	leave(t);
	return 0;
}

void
tunnel_clear(struct tunnel_call *c, enum reason reason, uint64_t now)
{
	struct tunnel *t = c->tunnel;

	enter(t, now);
	tunnel_call_clear(c, reason);
	leave(t);
}

static void
stop(struct tunnel *t, enum reason reason)
{
	if (t->state < TUNNEL_OPEN)
		tunnel_end(t, reason);
	if (t->state != TUNNEL_OPEN)
		return;
	t->reason = reason;
	tunnel_go(t, TUNNEL_CLEARING, t->config->stop_time);
	tunnel_call_clear_all(t, reason);
	tunnel_settle(t);
}

void
tunnel_stop(struct tunnel *t, enum reason reason, uint64_t now)
{
	enter(t, now);
	stop(t, reason);
	leave(t);
}

static void
late(struct tunnel *t)
{
	if (t->state < TUNNEL_OPEN)
		tunnel_end(t, REASON_NO_START);
	else if (t->state == TUNNEL_OPEN)
		stop(t, REASON_NO_CALL);
	else if (t->state == TUNNEL_CLEARING)
		tunnel_call_end_all(t, t->reason);
	else
		tunnel_end(t, t->reason);
}

/* When the peer's silence means something; 0: never. */
static uint64_t
echo_due(const struct tunnel *t)
{
	uint32_t wait = t->echoing ? t->config->echo_time :
	    t->config->echo_interval;

	return t->state == TUNNEL_OPEN && wait != 0 ? t->heard + wait : 0;
}

static void
silent(struct tunnel *t)
{
	struct tunnel_message m;

	if (t->echoing) {
		tunnel_end(t, REASON_NO_ECHO);
		return;
	}
	t->echoing = true;
	t->heard = t->now;
	tunnel_message_make(&m, MESSAGE_ECHORQ);
	tunnel_message_set(&m, "Identifier", ++t->echo);
	tunnel_write(t, &m);
}

static bool
is_due(const struct tunnel *t, uint64_t when)
{
	return when != 0 && t->now >= when;
}

void
tunnel_tick(struct tunnel *t, uint64_t now)
{
	enter(t, now);
	if (is_due(t, t->deadline))
		late(t);
	tunnel_call_tick(t);
	if (is_due(t, echo_due(t)))
		silent(t);
	leave(t);
}

uint64_t
tunnel_due(const struct tunnel *t)
{
	uint64_t all[] = { t->deadline, echo_due(t), tunnel_call_due(t) };
	uint64_t due = UINT64_MAX;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i] != 0 && all[i] < due)
			due = all[i];
	return due;
}
