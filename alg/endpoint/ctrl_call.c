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
call_link(struct ctrl_conn *t, struct ctrl_call *c,
    enum ctrl_call_state state)
{
	struct ctrl_call **end = &t->calls;

	*c = (struct ctrl_call){ .tunnel = t, .id = c->id, .state = state };
	while (*end != NULL)
		end = &(*end)->next;
	*end = c;
	t->ncalls++;
	t->deadline = 0;
}

static void
call_unlink(struct ctrl_call *c)
{
	struct ctrl_call **at = &c->tunnel->calls;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->tunnel->ncalls--;
}

static void
write_disconnect(struct ctrl_conn *t, uint16_t id, uint8_t result)
{
	struct ctrl_message m;

	ctrl_message_make(&m, MESSAGE_CDN);
	ctrl_message_set(&m, "Call ID", id);
	ctrl_message_set(&m, "Result Code", result);
	ctrl_conn_write(t, &m);
}

/* With the result of a Call-Disconnect-Notify, or 0: the peer is not told. */
static void
call_end(struct ctrl_call *c, enum reason reason, uint8_t result)
{
	struct ctrl_conn *t = c->tunnel;

	call_unlink(c);
	if (result != 0)
		write_disconnect(t, c->id, result);
	t->host->down(t->arg, c, reason);
	ctrl_conn_settle(t);
}

void
ctrl_call_end_all(struct ctrl_conn *t, enum reason reason)
{
	while (t->calls != NULL)
		call_end(t->calls, reason, 0);
}

/* Asks the peer to end it; until then it is clearing. */
static void
ask_to_clear(struct ctrl_call *c, enum reason reason)
{
	struct ctrl_conn *t = c->tunnel;
	struct ctrl_message m;

	c->state = CTRL_CALL_CLEARING;
	c->reason = reason;
	c->deadline = ctrl_conn_after(t, t->config->stop_time);
	ctrl_message_make(&m, MESSAGE_CCRQ);
	ctrl_message_set(&m, "Call ID", c->id);
	ctrl_conn_write(t, &m);
}

void
ctrl_call_clear(struct ctrl_call *c, enum reason reason)
{
	if (!c->tunnel->config->client)
		call_end(c, reason, reason == REASON_ADMIN ?
		    CDN_ADMIN : CDN_LOST_CARRIER);
	else if (c->state != CTRL_CALL_CLEARING)
		ask_to_clear(c, reason);
}

/* Clearing one may end others. */
void
ctrl_call_clear_all(struct ctrl_conn *t, enum reason reason)
{
	struct ctrl_call *c;

	do {
		c = t->calls;
		while (c != NULL && c->state == CTRL_CALL_CLEARING)
			c = c->next;
		if (c != NULL)
			ctrl_call_clear(c, reason);
	} while (c != NULL);
}

void
ctrl_call_request(struct ctrl_conn *t, struct ctrl_call *c)
{
	const char *phone = t->config->phone != NULL ? t->config->phone : "";
	struct ctrl_message m;

	call_link(t, c, CTRL_CALL_ASKED);
	c->deadline = ctrl_conn_after(t, t->config->reply_time);
	ctrl_message_make(&m, MESSAGE_OCRQ);
	ctrl_message_set(&m, "Call ID", c->id);
	ctrl_message_set(&m, "Call Serial Number", ++t->serial);
	ctrl_message_set(&m, "Minimum BPS", SPEED_MIN);
	ctrl_message_set(&m, "Maximum BPS", t->config->speed);
	ctrl_message_set(&m, "Bearer Type", TYPE_ANY);
	ctrl_message_set(&m, "Framing Type", TYPE_ANY);
	ctrl_message_set(&m, "Packet Recv. Window Size", t->config->window);
	ctrl_message_set(&m, "Phone Number Length",
	    (uint32_t)strnlen(phone, CTRL_CONN_NAME_MAX - 1));
	ctrl_message_set_text(&m, "Phone Number", phone);
	ctrl_conn_write(t, &m);
}

static struct ctrl_call *
by_own(const struct ctrl_conn *t, uint16_t id)
{
	struct ctrl_call *c = t->calls;

	while (c != NULL && c->id != id)
		c = c->next;
	return c;
}

static struct ctrl_call *
by_peer(const struct ctrl_conn *t, uint16_t id)
{
	struct ctrl_call *c = t->calls;

	while (c != NULL && !(c->has_peer && c->peer_id == id))
		c = c->next;
	return c;
}

/* The RFC wants the sender's ID; some send the receiver's. */
static struct ctrl_call *
by_any(const struct ctrl_conn *t, uint16_t id)
{
	struct ctrl_call *c = by_peer(t, id);

	return c != NULL ? c : by_own(t, id);
}

/* Windows ends calls with ID 0: ours that is clearing, or the only one. */
static struct ctrl_call *
unnamed(const struct ctrl_conn *t, uint16_t id)
{
	struct ctrl_call *c = t->calls;

	while (c != NULL && c->state != CTRL_CALL_CLEARING)
		c = c->next;
	if (c == NULL && id == 0 && t->ncalls == 1)
		c = t->calls;
	return c;
}

static void
write_reply(struct ctrl_conn *t, const struct ctrl_message *request,
    uint16_t type, uint8_t result, uint8_t error)
{
	struct ctrl_message m;

	ctrl_message_make(&m, type);
	ctrl_message_set(&m, "Peer's Call ID",
	    ctrl_message_get(request, "Call ID"));
	ctrl_message_set(&m, "Result Code", result);
	ctrl_message_set(&m, "Error Code", error);
	ctrl_conn_write(t, &m);
}

void
tunnel_call_refuse(struct ctrl_conn *t, const struct ctrl_message *m)
{
	ctrl_conn_note(t, REASON_CALL_NOT_WANTED);
	write_reply(t, m, MESSAGE_OCRP, CALL_DO_NOT_ACCEPT, 0);
}

void
tunnel_call_refuse_incoming(struct ctrl_conn *t, const struct ctrl_message *m)
{
	ctrl_conn_note(t, REASON_CALL_NOT_WANTED);
	write_reply(t, m, MESSAGE_ICRP, INCOMING_DO_NOT_ACCEPT, 0);
}

/* A call for the peer's request, linked, or why there is none. */
static struct ctrl_call *
make(struct ctrl_conn *t, uint16_t peer_id, enum reason *r)
{
	struct ctrl_call *c = NULL;

	*r = REASON_CONNECTION_CALLS;
	if (t->ncalls < t->config->calls) {
		*r = REASON_CALL_REFUSED;
		c = t->host->make(t->arg, peer_id);
	}
	if (c != NULL)
		call_link(t, c, CTRL_CALL_UP);
	return c;
}

static void
accept_call(struct ctrl_call *c, const struct ctrl_message *request)
{
	struct ctrl_conn *t = c->tunnel;
	struct ctrl_message m;

	c->peer_id = (uint16_t)ctrl_message_get(request, "Call ID");
	c->has_peer = true;
	c->speed = ctrl_message_get(request, "Maximum BPS");
	ctrl_message_make(&m, MESSAGE_OCRP);
	ctrl_message_set(&m, "Call ID", c->id);
	ctrl_message_set(&m, "Peer's Call ID", c->peer_id);
	ctrl_message_set(&m, "Result Code", CALL_OK);
	ctrl_message_set(&m, "Connect Speed", c->speed);
	ctrl_message_set(&m, "Packet Recv. Window Size", t->config->window);
	ctrl_conn_write(t, &m);
	if (t->state != CTRL_CONN_CLOSED)
		t->host->up(t->arg, c);
}

/* The peer's IDs are its own: the same again means that the first is over. */
void
tunnel_call_wanted(struct ctrl_conn *t, const struct ctrl_message *m)
{
	uint16_t peer_id = (uint16_t)ctrl_message_get(m, "Call ID");
	struct ctrl_call *c;
	enum reason r;

	if (t->config->client) {
		tunnel_call_refuse(t, m);
		return;
	}
	c = by_peer(t, peer_id);
	if (c != NULL)
		call_end(c, REASON_CALL_AGAIN, 0);
	if (t->state != CTRL_CONN_OPEN)
		return;
	c = make(t, peer_id, &r);
	if (c != NULL) {
		accept_call(c, m);
		return;
	}
	ctrl_conn_note(t, r);
	write_reply(t, m, MESSAGE_OCRP, CALL_GENERAL_ERROR, ERROR_NO_RESOURCE);
}

/* What was being cleared already ends for that reason. */
static enum reason
why(const struct ctrl_call *c, enum reason r)
{
	return c->state == CTRL_CALL_CLEARING ? c->reason : r;
}

/* Keeps the codes, which tell people why. */
static void
codes(struct ctrl_call *c, const struct ctrl_message *m)
{
	c->told = (uint8_t)m->type;
	c->result = (uint8_t)ctrl_message_get(m, "Result Code");
	c->error = (uint8_t)ctrl_message_get(m, "Error Code");
	c->cause = (uint16_t)ctrl_message_get(m, "Cause Code");
}

void
tunnel_call_replied(struct ctrl_conn *t, const struct ctrl_message *m)
{
	struct ctrl_call *c = by_own(t,
	    (uint16_t)ctrl_message_get(m, "Peer's Call ID"));

	if (c == NULL || c->has_peer) {
		ctrl_conn_note(t, REASON_UNKNOWN_ID);
		return;
	}
	if (ctrl_message_get(m, "Result Code") != CALL_OK) {
		codes(c, m);
		call_end(c, why(c, REASON_REPLY_REFUSED), 0);
		return;
	}
	c->peer_id = (uint16_t)ctrl_message_get(m, "Call ID");
	c->has_peer = true;
	c->speed = ctrl_message_get(m, "Connect Speed");
	if (c->state == CTRL_CALL_CLEARING)
		return;
	c->state = CTRL_CALL_UP;
	c->deadline = 0;
	t->host->up(t->arg, c);
}

void
tunnel_call_cleared(struct ctrl_conn *t, const struct ctrl_message *m)
{
	struct ctrl_call *c = by_any(t,
	    (uint16_t)ctrl_message_get(m, "Call ID"));

	if (c == NULL)
		ctrl_conn_note(t, REASON_UNKNOWN_ID);
	else
		call_end(c, why(c, REASON_CLEAR), CDN_REQUEST);
}

void
tunnel_call_ended(struct ctrl_conn *t, const struct ctrl_message *m)
{
	uint16_t id = (uint16_t)ctrl_message_get(m, "Call ID");
	struct ctrl_call *c = by_any(t, id);

	if (c == NULL)
		c = unnamed(t, id);
	if (c == NULL) {
		ctrl_conn_note(t, REASON_UNKNOWN_ID);
		return;
	}
	codes(c, m);
	call_end(c, why(c, REASON_DISCONNECT), 0);
}

static struct ctrl_call *
overdue(const struct ctrl_conn *t)
{
	struct ctrl_call *c = t->calls;

	while (c != NULL && (c->deadline == 0 || c->deadline > t->now))
		c = c->next;
	return c;
}

void
ctrl_call_tick(struct ctrl_conn *t)
{
	struct ctrl_call *c;

	while ((c = overdue(t)) != NULL) {
		if (c->state == CTRL_CALL_CLEARING)
			call_end(c, c->reason, 0);
		else
			ask_to_clear(c, REASON_NO_REPLY);
	}
}

uint64_t
ctrl_call_due(const struct ctrl_conn *t)
{
	uint64_t due = 0;

	for (const struct ctrl_call *c = t->calls; c != NULL; c = c->next)
		if (c->deadline != 0 && (due == 0 || c->deadline < due))
			due = c->deadline;
	return due;
}
