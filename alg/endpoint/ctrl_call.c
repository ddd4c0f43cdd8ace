/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alg/endpoint/tunnel_part.h"

/* Calls: RFC 2637 sections 2.7 to 2.15 and 3.2. */

/* Codes of sections 2.8, 2.10, 2.13 and 2.16. */
#define CALL_OK			1
#define CALL_GENERAL_ERROR	2
#define CALL_DO_NOT_ACCEPT	7	/* of outgoing, 3 of incoming ones */
#define INCOMING_DO_NOT_ACCEPT	3
#define ERROR_NO_RESOURCE	4
#define CDN_LOST_CARRIER	1
#define CDN_ADMIN		3
#define CDN_REQUEST		4

#define SPEED_MIN		300	/* bit/s, what Windows asks for */
#define TYPE_ANY		3	/* of bearer and framing */

static void
call_link(struct tunnel *t, struct tunnel_call *c,
    enum tunnel_call_state state)
{
	struct tunnel_call **end = &t->calls;

	*c = (struct tunnel_call){ .tunnel = t, .id = c->id, .state = state };
	while (*end != NULL)
		end = &(*end)->next;
	*end = c;
	t->ncalls++;
	t->deadline = 0;
}

static void
call_unlink(struct tunnel_call *c)
{
	struct tunnel_call **at = &c->tunnel->calls;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->tunnel->ncalls--;
}

static void
write_disconnect(struct tunnel *t, uint16_t id, uint8_t result)
{
	struct tunnel_message m;

	tunnel_message_make(&m, MESSAGE_CDN);
	tunnel_message_set(&m, "Call ID", id);
	tunnel_message_set(&m, "Result Code", result);
	tunnel_write(t, &m);
}

/* With the result of a Call-Disconnect-Notify, or 0: the peer is not told. */
static void
call_end(struct tunnel_call *c, enum reason reason, uint8_t result)
{
	struct tunnel *t = c->tunnel;

	call_unlink(c);
	if (result != 0)
		write_disconnect(t, c->id, result);
	t->host->down(t->arg, c, reason);
	tunnel_settle(t);
}

void
tunnel_call_end_all(struct tunnel *t, enum reason reason)
{
	while (t->calls != NULL)
		call_end(t->calls, reason, 0);
}

/* Asks the peer to end it; until then it is clearing. */
static void
ask_to_clear(struct tunnel_call *c, enum reason reason)
{
	struct tunnel *t = c->tunnel;
	struct tunnel_message m;

	c->state = TUNNEL_CALL_CLEARING;
	c->reason = reason;
	c->deadline = tunnel_after(t, t->config->stop_time);
	tunnel_message_make(&m, MESSAGE_CCRQ);
	tunnel_message_set(&m, "Call ID", c->id);
	tunnel_write(t, &m);
}

void
tunnel_call_clear(struct tunnel_call *c, enum reason reason)
{
	if (!c->tunnel->config->client)
		call_end(c, reason, reason == REASON_ADMIN ?
		    CDN_ADMIN : CDN_LOST_CARRIER);
	else if (c->state != TUNNEL_CALL_CLEARING)
		ask_to_clear(c, reason);
}

/* Clearing one may end others. */
void
tunnel_call_clear_all(struct tunnel *t, enum reason reason)
{
	struct tunnel_call *c;

	do {
		c = t->calls;
		while (c != NULL && c->state == TUNNEL_CALL_CLEARING)
			c = c->next;
		if (c != NULL)
			tunnel_call_clear(c, reason);
	} while (c != NULL);
}

void
tunnel_call_request(struct tunnel *t, struct tunnel_call *c)
{
	const char *phone = t->config->phone != NULL ? t->config->phone : "";
	struct tunnel_message m;

	call_link(t, c, TUNNEL_CALL_ASKED);
	c->deadline = tunnel_after(t, t->config->reply_time);
	tunnel_message_make(&m, MESSAGE_OCRQ);
	tunnel_message_set(&m, "Call ID", c->id);
	tunnel_message_set(&m, "Call Serial Number", ++t->serial);
	tunnel_message_set(&m, "Minimum BPS", SPEED_MIN);
	tunnel_message_set(&m, "Maximum BPS", t->config->speed);
	tunnel_message_set(&m, "Bearer Type", TYPE_ANY);
	tunnel_message_set(&m, "Framing Type", TYPE_ANY);
	tunnel_message_set(&m, "Packet Recv. Window Size", t->config->window);
	tunnel_message_set(&m, "Phone Number Length",
	    (uint32_t)strnlen(phone, TUNNEL_NAME_MAX - 1));
	tunnel_message_set_text(&m, "Phone Number", phone);
	tunnel_write(t, &m);
}

static struct tunnel_call *
by_own(const struct tunnel *t, uint16_t id)
{
	struct tunnel_call *c = t->calls;

	while (c != NULL && c->id != id)
		c = c->next;
	return c;
}

static struct tunnel_call *
by_peer(const struct tunnel *t, uint16_t id)
{
	struct tunnel_call *c = t->calls;

	while (c != NULL && !(c->has_peer && c->peer_id == id))
		c = c->next;
	return c;
}

/* The RFC wants the sender's ID; some send the receiver's. */
static struct tunnel_call *
by_any(const struct tunnel *t, uint16_t id)
{
	struct tunnel_call *c = by_peer(t, id);

	return c != NULL ? c : by_own(t, id);
}

/* Windows ends calls with ID 0: ours that is clearing, or the only one. */
static struct tunnel_call *
unnamed(const struct tunnel *t, uint16_t id)
{
	struct tunnel_call *c = t->calls;

	while (c != NULL && c->state != TUNNEL_CALL_CLEARING)
		c = c->next;
	if (c == NULL && id == 0 && t->ncalls == 1)
		c = t->calls;
	return c;
}

static void
write_reply(struct tunnel *t, const struct tunnel_message *request,
    uint16_t type, uint8_t result, uint8_t error)
{
	struct tunnel_message m;

	tunnel_message_make(&m, type);
	tunnel_message_set(&m, "Peer's Call ID",
	    tunnel_message_get(request, "Call ID"));
	tunnel_message_set(&m, "Result Code", result);
	tunnel_message_set(&m, "Error Code", error);
	tunnel_write(t, &m);
}

void
tunnel_call_refuse(struct tunnel *t, const struct tunnel_message *m)
{
	tunnel_note(t, REASON_CALL_NOT_WANTED);
	write_reply(t, m, MESSAGE_OCRP, CALL_DO_NOT_ACCEPT, 0);
}

void
tunnel_call_refuse_incoming(struct tunnel *t, const struct tunnel_message *m)
{
	tunnel_note(t, REASON_CALL_NOT_WANTED);
	write_reply(t, m, MESSAGE_ICRP, INCOMING_DO_NOT_ACCEPT, 0);
}

/* A call for the peer's request, linked, or why there is none. */
static struct tunnel_call *
make(struct tunnel *t, enum reason *r)
{
	struct tunnel_call *c = NULL;

	*r = REASON_CONNECTION_CALLS;
	if (t->ncalls < t->config->calls) {
		*r = REASON_CALL_REFUSED;
		c = t->host->make(t->arg);
	}
	if (c != NULL)
		call_link(t, c, TUNNEL_CALL_UP);
	return c;
}

static void
accept_call(struct tunnel_call *c, const struct tunnel_message *request)
{
	struct tunnel *t = c->tunnel;
	struct tunnel_message m;

	c->peer_id = (uint16_t)tunnel_message_get(request, "Call ID");
	c->has_peer = true;
	c->speed = tunnel_message_get(request, "Maximum BPS");
	tunnel_message_make(&m, MESSAGE_OCRP);
	tunnel_message_set(&m, "Call ID", c->id);
	tunnel_message_set(&m, "Peer's Call ID", c->peer_id);
	tunnel_message_set(&m, "Result Code", CALL_OK);
	tunnel_message_set(&m, "Connect Speed", c->speed);
	tunnel_message_set(&m, "Packet Recv. Window Size", t->config->window);
	tunnel_write(t, &m);
	if (t->state != TUNNEL_CLOSED)
		t->host->up(t->arg, c);
}

/* The peer's IDs are its own: the same again means that the first is over. */
void
tunnel_call_wanted(struct tunnel *t, const struct tunnel_message *m)
{
	struct tunnel_call *c;
	enum reason r;

	if (t->config->client) {
		tunnel_call_refuse(t, m);
		return;
	}
	c = by_peer(t, (uint16_t)tunnel_message_get(m, "Call ID"));
	if (c != NULL)
		call_end(c, REASON_CALL_AGAIN, 0);
	if (t->state != TUNNEL_OPEN)
		return;
	c = make(t, &r);
	if (c != NULL) {
		accept_call(c, m);
		return;
	}
	tunnel_note(t, r);
	write_reply(t, m, MESSAGE_OCRP, CALL_GENERAL_ERROR, ERROR_NO_RESOURCE);
}

/* What was being cleared already ends for that reason. */
static enum reason
why(const struct tunnel_call *c, enum reason r)
{
	return c->state == TUNNEL_CALL_CLEARING ? c->reason : r;
}

/* Keeps the codes, which tell people why. */
static void
codes(struct tunnel_call *c, const struct tunnel_message *m)
{
	c->told = (uint8_t)m->type;
	c->result = (uint8_t)tunnel_message_get(m, "Result Code");
	c->error = (uint8_t)tunnel_message_get(m, "Error Code");
	c->cause = (uint16_t)tunnel_message_get(m, "Cause Code");
}

void
tunnel_call_replied(struct tunnel *t, const struct tunnel_message *m)
{
	struct tunnel_call *c = by_own(t,
	    (uint16_t)tunnel_message_get(m, "Peer's Call ID"));

	if (c == NULL || c->has_peer) {
		tunnel_note(t, REASON_UNKNOWN_ID);
		return;
	}
	if (tunnel_message_get(m, "Result Code") != CALL_OK) {
		codes(c, m);
		call_end(c, why(c, REASON_REPLY_REFUSED), 0);
		return;
	}
	c->peer_id = (uint16_t)tunnel_message_get(m, "Call ID");
	c->has_peer = true;
	c->speed = tunnel_message_get(m, "Connect Speed");
	if (c->state == TUNNEL_CALL_CLEARING)
		return;
	c->state = TUNNEL_CALL_UP;
	c->deadline = 0;
	t->host->up(t->arg, c);
}

void
tunnel_call_cleared(struct tunnel *t, const struct tunnel_message *m)
{
	struct tunnel_call *c = by_any(t,
	    (uint16_t)tunnel_message_get(m, "Call ID"));

	if (c == NULL)
		tunnel_note(t, REASON_UNKNOWN_ID);
	else
		call_end(c, why(c, REASON_CLEAR), CDN_REQUEST);
}

void
tunnel_call_ended(struct tunnel *t, const struct tunnel_message *m)
{
	uint16_t id = (uint16_t)tunnel_message_get(m, "Call ID");
	struct tunnel_call *c = by_any(t, id);

	if (c == NULL)
		c = unnamed(t, id);
	if (c == NULL) {
		tunnel_note(t, REASON_UNKNOWN_ID);
		return;
	}
	codes(c, m);
	call_end(c, why(c, REASON_DISCONNECT), 0);
}

static struct tunnel_call *
overdue(const struct tunnel *t)
{
	struct tunnel_call *c = t->calls;

	while (c != NULL && (c->deadline == 0 || c->deadline > t->now))
		c = c->next;
	return c;
}

void
tunnel_call_tick(struct tunnel *t)
{
	struct tunnel_call *c;

	while ((c = overdue(t)) != NULL) {
		if (c->state == TUNNEL_CALL_CLEARING)
			call_end(c, c->reason, 0);
		else
			ask_to_clear(c, REASON_NO_REPLY);
	}
}

uint64_t
tunnel_call_due(const struct tunnel *t)
{
	uint64_t due = 0;

	for (const struct tunnel_call *c = t->calls; c != NULL; c = c->next)
		if (c->deadline != 0 && (due == 0 || c->deadline < due))
			due = c->deadline;
	return due;
}
