/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Marks connections and calls that must be recorded again. */
#include <assert.h>
#include <stdlib.h>

#include "alg/translate/state.h"

/*
 * Calls that a batch of packets makes and ends before it is recorded: 64
 * packets, in each as many Call-Disconnect-Notify as 64 KiB hold.
 */
#define ENDS_EXTRA	32768

int
dirty_init(struct alg *a, uint32_t connections, uint32_t calls)
{
	struct dirty *t = &a->dirty;

	if (!a->config.recording)
		return 0;
	t->capacity = connections + calls + ENDS_EXTRA;
	t->connection_links = calloc((size_t)connections + 1,
	    sizeof(struct list_link));
	t->call_links = calloc((size_t)calls + 1, sizeof(struct list_link));
	t->ended = calloc(t->capacity, sizeof(*t->ended));
	return t->connection_links != NULL && t->call_links != NULL &&
	    t->ended != NULL ? 0 : -1;
}

void
dirty_free(struct alg *a)
{
	free(a->dirty.connection_links);
	free(a->dirty.call_links);
	free(a->dirty.ended);
}

void
dirty_pause(struct alg *a, bool pause)
{
	if (pause)
		a->dirty.paused++;
	else
		a->dirty.paused--;
}

bool
dirty_recording(const struct alg *a)
{
	return a->config.recording && a->dirty.paused == 0;
}

/* A flood of SYNs, or of segments without a handshake, leaves no records. */
bool
dirty_matters(const struct alg *a, uint32_t i)
{
	const struct connection *c = connection_at(a, i);

	return c->recorded ||
	    !((c->state == ALG_CONNECTION_OPENING && !c->answered) ||
	    (c->stream[ALG_OUTBOUND].lost && c->stream[ALG_INBOUND].lost));
}

void
dirty_connection(struct alg *a, uint32_t i)
{
	struct connection *c = connection_at(a, i);
	struct dirty *t = &a->dirty;

	if (!dirty_recording(a) || c->dirty || !dirty_matters(a, i))
		return;
	c->dirty = true;
	list_append(t->connection_links, &t->connections, i);
}

void
dirty_call(struct alg *a, uint32_t i)
{
	struct call *c = call_at(a, i);
	struct dirty *t = &a->dirty;

	if (c->state == ALG_CALL_REFUSED) {
		dirty_connection(a, c->connection);
		return;
	}
	if (!dirty_recording(a) || c->dirty)
		return;
	c->dirty = true;
	list_append(t->call_links, &t->calls, i);
}

static void
put_end(struct alg *a, bool connection, struct alg_flow flow)
{
	struct dirty *t = &a->dirty;

	if (!dirty_recording(a))
		return;
	assert(t->nended < t->capacity);
	t->ended[t->nended++] = (struct dirty_end){ connection, flow };
}

void
dirty_connection_end(struct alg *a, uint32_t i)
{
	struct connection *c = connection_at(a, i);
	struct dirty *t = &a->dirty;

	if (c->dirty)
		list_remove(t->connection_links, &t->connections, i);
	if (c->recorded)
		put_end(a, true, c->flow);
	c->dirty = false;
}

void
dirty_call_end(struct alg *a, uint32_t i)
{
	struct call *c = call_at(a, i);
	struct dirty *t = &a->dirty;

	if (c->state == ALG_CALL_REFUSED) {
		dirty_connection(a, c->connection);
		return;
	}
	if (c->dirty)
		list_remove(t->call_links, &t->calls, i);
	c->dirty = false;
	put_end(a, false, (struct alg_flow){ .inside = c->public,
	    .outside = c->flow.outside, .inside_port = c->mapped_id });
}

const struct dirty_end *
dirty_next_end(struct alg *a)
{
	struct dirty *t = &a->dirty;

	if (t->told < t->nended)
		return &t->ended[t->told++];
	t->told = t->nended = 0;
	return NULL;
}

uint32_t
dirty_next_connection(struct alg *a)
{
	struct dirty *t = &a->dirty;
	uint32_t i = t->connections.head;

	if (i == 0)
		return 0;
	list_remove(t->connection_links, &t->connections, i);
	connection_at(a, i)->dirty = false;
	connection_at(a, i)->recorded = true;
	return i;
}

uint32_t
dirty_next_call(struct alg *a)
{
	struct dirty *t = &a->dirty;
	uint32_t i = t->calls.head;

	if (i == 0)
		return 0;
	list_remove(t->call_links, &t->calls, i);
	call_at(a, i)->dirty = false;
	return i;
}
