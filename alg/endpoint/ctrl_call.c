/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The calls of a control connection (RFC 2637 sections 2.7 to 2.15, 3.2). */
#include "alg/endpoint/ctrl_call.h"
#include "alg/endpoint/ctrl_conn.h"

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
link_call(struct ctrl_conn *conn, struct ctrl_call *c,
    enum ctrl_call_state state)
{
	struct ctrl_call **end = &conn->calls;

	*c = (struct ctrl_call){ .conn = conn, .id = c->id, .state = state };
	while (*end != NULL)
		end = &(*end)->next;
	*end = c;
	conn->ncalls++;
	conn->deadline = 0;
}

static void
unlink_call(struct ctrl_call *c)
{
	struct ctrl_call **at = &c->conn->calls;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->conn->ncalls--;
}

static void
write_disconnect(struct ctrl_conn *conn, uint16_t id, uint8_t result)
{
	struct ctrl_message m;

	ctrl_message_make(&m, MESSAGE_CDN);
	ctrl_message_set(&m, "Call ID", id);
	ctrl_message_set(&m, "Result Code", result);
	ctrl_conn_write(conn, &m);
}

/* With the result of a Call-Disconnect-Notify, or 0: the peer is not told. */
static void
end_call(struct ctrl_call *c, enum reason reason, uint8_t result)
{
	struct ctrl_conn *conn = c->conn;

	unlink_call(c);
	if (result != 0)
		write_disconnect(conn, c->id, result);
	conn->host->down(conn->arg, c, reason);
	ctrl_conn_call_gone(conn);
}

void
ctrl_call_end_all(struct ctrl_conn *conn, enum reason reason)
{
	while (conn->calls != NULL)
		end_call(conn->calls, reason, 0);
}

/* Asks the peer to end it; until then it is clearing. */
static void
ask_to_clear(struct ctrl_call *c, enum reason reason)
{
	struct ctrl_conn *conn = c->conn;
	struct ctrl_message m;

	c->state = CTRL_CALL_CLEARING;
	c->reason = reason;
	c->deadline = ctrl_conn_after(conn, conn->config->stop_time);
	ctrl_message_make(&m, MESSAGE_CCRQ);
	ctrl_message_set(&m, "Call ID", c->id);
	ctrl_conn_write(conn, &m);
}

void
ctrl_call_clear(struct ctrl_call *c, enum reason reason)
{
	if (!c->conn->config->client)
		end_call(c, reason, reason == REASON_ADMIN ?
		    CDN_ADMIN : CDN_LOST_CARRIER);
	else if (c->state != CTRL_CALL_CLEARING)
		ask_to_clear(c, reason);
}

/* Clearing one may end others. */
void
ctrl_call_clear_all(struct ctrl_conn *conn, enum reason reason)
{
	struct ctrl_call *c;

	do {
		c = conn->calls;
		while (c != NULL && c->state == CTRL_CALL_CLEARING)
			c = c->next;
		if (c != NULL)
			ctrl_call_clear(c, reason);
	} while (c != NULL);
}

void
ctrl_call_request(struct ctrl_conn *conn, struct ctrl_call *c)
{
	const char *phone =
	    conn->config->phone != NULL ? conn->config->phone : "";
	struct ctrl_message m;

	link_call(conn, c, CTRL_CALL_ASKED);
	c->deadline = ctrl_conn_after(conn, conn->config->reply_time);
	ctrl_message_make(&m, MESSAGE_OCRQ);
	ctrl_message_set(&m, "Call ID", c->id);
	ctrl_message_set(&m, "Call Serial Number", ++conn->serial);
	ctrl_message_set(&m, "Minimum BPS", SPEED_MIN);
	ctrl_message_set(&m, "Maximum BPS", conn->config->speed);
	ctrl_message_set(&m, "Bearer Type", TYPE_ANY);
	ctrl_message_set(&m, "Framing Type", TYPE_ANY);
	ctrl_message_set(&m, "Packet Recv. Window Size", conn->config->window);
	ctrl_message_set(&m, "Phone Number Length",
	    (uint32_t)strnlen(phone, CTRL_CONN_NAME_MAX - 1));
	ctrl_message_set_text(&m, "Phone Number", phone);
	ctrl_conn_write(conn, &m);
}

static struct ctrl_call *
find_by_own_id(const struct ctrl_conn *conn, uint16_t id)
{
	struct ctrl_call *c = conn->calls;

	while (c != NULL && c->id != id)
		c = c->next;
	return c;
}

static struct ctrl_call *
find_by_peer_id(const struct ctrl_conn *conn, uint16_t id)
{
	struct ctrl_call *c = conn->calls;

	while (c != NULL && !(c->has_peer && c->peer_id == id))
		c = c->next;
	return c;
}

/* The RFC wants the sender's ID; some send the receiver's. */
static struct ctrl_call *
find_by_any_id(const struct ctrl_conn *conn, uint16_t id)
{
	struct ctrl_call *c = find_by_peer_id(conn, id);

	return c != NULL ? c : find_by_own_id(conn, id);
}

/* Windows ends calls with ID 0: ours that is clearing, or the only one. */
static struct ctrl_call *
find_unnamed(const struct ctrl_conn *conn, uint16_t id)
{
	struct ctrl_call *c = conn->calls;

	while (c != NULL && c->state != CTRL_CALL_CLEARING)
		c = c->next;
	if (c == NULL && id == 0 && conn->ncalls == 1)
		c = conn->calls;
	return c;
}

static void
write_reply(struct ctrl_conn *conn, const struct ctrl_message *request,
    uint16_t type, uint8_t result, uint8_t error)
{
	struct ctrl_message m;

	ctrl_message_make(&m, type);
	ctrl_message_set(&m, "Peer's Call ID",
	    ctrl_message_get(request, "Call ID"));
	ctrl_message_set(&m, "Result Code", result);
	ctrl_message_set(&m, "Error Code", error);
	ctrl_conn_write(conn, &m);
}

void
ctrl_call_refuse(struct ctrl_conn *conn, const struct ctrl_message *m)
{
	ctrl_conn_report(conn, REASON_CALL_NOT_WANTED);
	write_reply(conn, m, MESSAGE_OCRP, CALL_DO_NOT_ACCEPT, 0);
}

void
ctrl_call_refuse_incoming(struct ctrl_conn *conn, const struct ctrl_message *m)
{
	ctrl_conn_report(conn, REASON_CALL_NOT_WANTED);
	write_reply(conn, m, MESSAGE_ICRP, INCOMING_DO_NOT_ACCEPT, 0);
}

/* A call for the peer's request, linked, or why there is none. */
static struct ctrl_call *
make_call(struct ctrl_conn *conn, uint16_t peer_id, enum reason *r)
{
	struct ctrl_call *c = NULL;

	*r = REASON_CONNECTION_CALLS;
	if (conn->ncalls < conn->config->calls) {
		*r = REASON_CALL_REFUSED;
		c = conn->host->make(conn->arg, peer_id);
	}
	if (c != NULL)
		link_call(conn, c, CTRL_CALL_UP);
	return c;
}

static void
accept_call(struct ctrl_call *c, const struct ctrl_message *request)
{
	struct ctrl_conn *conn = c->conn;
	struct ctrl_message m;

	c->peer_id = (uint16_t)ctrl_message_get(request, "Call ID");
	c->has_peer = true;
	c->speed = ctrl_message_get(request, "Maximum BPS");
	ctrl_message_make(&m, MESSAGE_OCRP);
	ctrl_message_set(&m, "Call ID", c->id);
	ctrl_message_set(&m, "Peer's Call ID", c->peer_id);
	ctrl_message_set(&m, "Result Code", CALL_OK);
	ctrl_message_set(&m, "Connect Speed", c->speed);
	ctrl_message_set(&m, "Packet Recv. Window Size", conn->config->window);
	ctrl_conn_write(conn, &m);
	if (conn->state != CTRL_CONN_CLOSED)
		conn->host->up(conn->arg, c);
}

/* The peer's IDs are its own: the same again means that the first is over. */
void
ctrl_call_requested(struct ctrl_conn *conn, const struct ctrl_message *m)
{
	uint16_t peer_id = (uint16_t)ctrl_message_get(m, "Call ID");
	struct ctrl_call *c;
	enum reason r;

	if (conn->config->client) {
		ctrl_call_refuse(conn, m);
		return;
	}
	c = find_by_peer_id(conn, peer_id);
	if (c != NULL)
		end_call(c, REASON_CALL_AGAIN, 0);
	if (conn->state != CTRL_CONN_OPEN)
		return;
	c = make_call(conn, peer_id, &r);
	if (c != NULL) {
		accept_call(c, m);
		return;
	}
	ctrl_conn_report(conn, r);
	write_reply(
	    conn, m, MESSAGE_OCRP, CALL_GENERAL_ERROR, ERROR_NO_RESOURCE);
}

/* What was being cleared already ends for that reason. */
static enum reason
reason_of_end(const struct ctrl_call *c, enum reason r)
{
	return c->state == CTRL_CALL_CLEARING ? c->reason : r;
}

/* Keeps the codes, which tell people why. */
static void
keep_codes(struct ctrl_call *c, const struct ctrl_message *m)
{
	c->told = (uint8_t)m->type;
	c->result = (uint8_t)ctrl_message_get(m, "Result Code");
	c->error = (uint8_t)ctrl_message_get(m, "Error Code");
	c->cause = (uint16_t)ctrl_message_get(m, "Cause Code");
}

void
ctrl_call_replied(struct ctrl_conn *conn, const struct ctrl_message *m)
{
	struct ctrl_call *c = find_by_own_id(conn,
	    (uint16_t)ctrl_message_get(m, "Peer's Call ID"));

	if (c == NULL || c->has_peer) {
		ctrl_conn_report(conn, REASON_UNKNOWN_ID);
		return;
	}
	if (ctrl_message_get(m, "Result Code") != CALL_OK) {
		keep_codes(c, m);
		end_call(c, reason_of_end(c, REASON_REPLY_REFUSED), 0);
		return;
	}
	c->peer_id = (uint16_t)ctrl_message_get(m, "Call ID");
	c->has_peer = true;
	c->speed = ctrl_message_get(m, "Connect Speed");
	if (c->state == CTRL_CALL_CLEARING)
		return;
	c->state = CTRL_CALL_UP;
	c->deadline = 0;
	conn->host->up(conn->arg, c);
}

void
ctrl_call_cleared(struct ctrl_conn *conn, const struct ctrl_message *m)
{
	struct ctrl_call *c = find_by_any_id(conn,
	    (uint16_t)ctrl_message_get(m, "Call ID"));

	if (c == NULL)
		ctrl_conn_report(conn, REASON_UNKNOWN_ID);
	else
		end_call(c, reason_of_end(c, REASON_CLEAR), CDN_REQUEST);
}

void
ctrl_call_disconnected(struct ctrl_conn *conn, const struct ctrl_message *m)
{
	uint16_t id = (uint16_t)ctrl_message_get(m, "Call ID");
	struct ctrl_call *c = find_by_any_id(conn, id);

	if (c == NULL)
		c = find_unnamed(conn, id);
	if (c == NULL) {
		ctrl_conn_report(conn, REASON_UNKNOWN_ID);
		return;
	}
	keep_codes(c, m);
	end_call(c, reason_of_end(c, REASON_DISCONNECT), 0);
}

static struct ctrl_call *
find_overdue(const struct ctrl_conn *conn)
{
	struct ctrl_call *c = conn->calls;

	while (c != NULL && (c->deadline == 0 || c->deadline > conn->now))
		c = c->next;
	return c;
}

void
ctrl_call_tick(struct ctrl_conn *conn)
{
	struct ctrl_call *c;

	while ((c = find_overdue(conn)) != NULL) {
		if (c->state == CTRL_CALL_CLEARING)
			end_call(c, c->reason, 0);
		else
			ask_to_clear(c, REASON_NO_REPLY);
	}
}

uint64_t
ctrl_call_due(const struct ctrl_conn *conn)
{
	uint64_t due = 0;

	for (const struct ctrl_call *c = conn->calls; c != NULL; c = c->next)
		if (c->deadline != 0 && (due == 0 || c->deadline < due))
			due = c->deadline;
	return due;
}
