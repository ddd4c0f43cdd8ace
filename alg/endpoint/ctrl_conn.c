/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control connection's states, messages and timers (RFC 2637 section 3). */
#include <stdio.h>
#include <string.h>

#include "alg/endpoint/ctrl_call.h"
#include "alg/endpoint/ctrl_conn.h"

#define KNOWN		10	/* bytes that tell a message's length */
#define PPTP_VERSION		0x0100
#define CAPABILITIES	3	/* both kinds of framing, and of bearer */
#define FIRMWARE	1

/* Codes of RFC 2637 sections 2.2 to 2.6. */
#define START_OK	1
#define START_EXISTS	3
#define START_VERSION	5
#define STOP_OK		1
#define STOP_SHUTDOWN	3
#define ECHO_OK		1

typedef void	message_handler(struct ctrl_conn *,
		    const struct ctrl_message *);

uint64_t
ctrl_conn_after(const struct ctrl_conn *conn, uint32_t ms)
{
	return ms != 0 ? conn->now + ms : 0;
}

void
ctrl_conn_report(struct ctrl_conn *conn, enum reason r)
{
	conn->host->note(conn->arg, r);
}

static void
enter_state(struct ctrl_conn *conn, enum ctrl_conn_state state, uint32_t time)
{
	conn->state = state;
	conn->deadline = ctrl_conn_after(conn, time);
}

/* The first reason counts. */
static void
close_conn(struct ctrl_conn *conn, enum reason r)
{
	if (conn->state < CTRL_CONN_CLEARING)
		conn->reason = r;
	enter_state(conn, CTRL_CONN_CLOSED, 0);
	ctrl_call_end_all(conn, conn->reason);
}

void
ctrl_conn_write(struct ctrl_conn *conn, const struct ctrl_message *m)
{
	struct writer w = writer_of(conn->output + conn->waits,
	    sizeof(conn->output) - conn->waits);
	size_t n = 0;

	if (conn->state == CTRL_CONN_CLOSED)
		return;
	if (conn->waits == 0)
		n = conn->host->send(conn->arg, m->bytes, m->len);
	if (writer_bytes(&w, m->bytes + n, m->len - n) == -1) {
		conn->waits = 0;
		close_conn(conn, REASON_NOT_READING);
		return;
	}
	conn->waits += m->len - n;
}

/* Every way into the connection is between these two. */
static void
enter_conn(struct ctrl_conn *conn, uint64_t now)
{
	conn->depth++;
	conn->now = now;
}

static void
leave_conn(struct ctrl_conn *conn)
{
	if (--conn->depth > 0 || conn->state != CTRL_CONN_CLOSED || conn->told)
		return;
	conn->told = true;
	conn->host->closed(conn->arg, conn->reason);
}

/* --- Messages about the connection (RFC 2637 sections 2.1 to 2.6) --- */

/* Both Start messages end alike. */
static void
write_start(struct ctrl_conn *conn, uint16_t type, uint8_t result)
{
	struct ctrl_message m;

	ctrl_message_make(&m, type);
	ctrl_message_set(&m, "Protocol Version", PPTP_VERSION);
	ctrl_message_set(&m, "Framing Capabilities", CAPABILITIES);
	ctrl_message_set(&m, "Bearer Capabilities", CAPABILITIES);
	ctrl_message_set(&m, "Firmware Revision", FIRMWARE);
	ctrl_message_set_text(&m, "Host Name", conn->config->host_name);
	ctrl_message_set_text(&m, "Vendor String", conn->config->vendor);
	if (type == MESSAGE_SCCRP) {
		ctrl_message_set(&m, "Maximum Channels", conn->config->calls);
		ctrl_message_set(&m, "Result Code", result);
	}
	ctrl_conn_write(conn, &m);
}

static void
tell_open(struct ctrl_conn *conn, const struct ctrl_message *m)
{
	struct ctrl_conn_peer peer;

	if (conn->state != CTRL_CONN_OPEN)
		return;
	peer.firmware = (uint16_t)ctrl_message_get(m, "Firmware Revision");
	ctrl_message_get_text(m, "Host Name", peer.host_name);
	ctrl_message_get_text(m, "Vendor String", peer.vendor);
	conn->host->open(conn->arg, &peer);
}

static void
on_start_request(struct ctrl_conn *conn, const struct ctrl_message *m)
{
	if (ctrl_message_get(m, "Protocol Version") != PPTP_VERSION) {
		write_start(conn, MESSAGE_SCCRP, START_VERSION);
		close_conn(conn, REASON_BAD_VERSION);
		return;
	}
	enter_state(conn, CTRL_CONN_OPEN, conn->config->call_time);
	write_start(conn, MESSAGE_SCCRP, START_OK);
	tell_open(conn, m);
}

static void
on_start_again(struct ctrl_conn *conn, const struct ctrl_message *m)
{
	ctrl_conn_report(conn, REASON_OUT_OF_TURN);
	write_start(conn, MESSAGE_SCCRP, START_EXISTS);
}

/* Some modems answer with result 0. */
static void
on_start_reply(struct ctrl_conn *conn, const struct ctrl_message *m)
{
	conn->result = (uint8_t)ctrl_message_get(m, "Result Code");
	conn->error = (uint8_t)ctrl_message_get(m, "Error Code");
	if (conn->result > START_OK) {
		close_conn(conn, REASON_START_REFUSED);
	} else if (ctrl_message_get(m, "Protocol Version") != PPTP_VERSION) {
		close_conn(conn, REASON_BAD_VERSION);
	} else {
		enter_state(conn, CTRL_CONN_OPEN, conn->config->call_time);
		tell_open(conn, m);
	}
}

static void
on_stop_request(struct ctrl_conn *conn, const struct ctrl_message *m)
{
	struct ctrl_message reply;

	ctrl_message_make(&reply, MESSAGE_STOPRP);
	ctrl_message_set(&reply, "Result Code", STOP_OK);
	ctrl_conn_write(conn, &reply);
	close_conn(conn, REASON_STOP);
}

static void
on_stop_reply(struct ctrl_conn *conn, const struct ctrl_message *m)
{
	close_conn(conn, conn->reason);
}

static void
on_echo_request(struct ctrl_conn *conn, const struct ctrl_message *m)
{
	struct ctrl_message reply;

	ctrl_message_make(&reply, MESSAGE_ECHORP);
	ctrl_message_set(&reply, "Identifier",
	    ctrl_message_get(m, "Identifier"));
	ctrl_message_set(&reply, "Result Code", ECHO_OK);
	ctrl_conn_write(conn, &reply);
}

static void
on_wan_error(struct ctrl_conn *conn, const struct ctrl_message *m)
{
	ctrl_conn_report(conn, REASON_WAN_ERROR);
}

static void
on_unexpected(struct ctrl_conn *conn, const struct ctrl_message *m)
{
	ctrl_conn_report(conn, REASON_OUT_OF_TURN);
}

static void
on_forbidden(struct ctrl_conn *conn, const struct ctrl_message *m)
{
	close_conn(conn, REASON_OUT_OF_TURN);
}

static void
on_ignored(struct ctrl_conn *conn, const struct ctrl_message *m)
{
}

/*
 * RFC 2637 sections 3.1 and 3.2, for both roles; no entry: refuse.  What
 * comes after our stop request was sent before the peer saw it.
 */
static message_handler *const on_message[CTRL_CONN_STATES][MESSAGE_TYPES] = {
	[CTRL_CONN_WAITING] = {
		[MESSAGE_SCCRQ] = on_start_request,
		[MESSAGE_STOPRQ] = on_stop_request,
	},
	[CTRL_CONN_ASKING] = {
		[MESSAGE_SCCRP] = on_start_reply,
		[MESSAGE_STOPRQ] = on_stop_request,
		[MESSAGE_ECHORQ] = on_echo_request,
	},
	[CTRL_CONN_OPEN] = {
		[MESSAGE_SCCRQ] = on_start_again,
		[MESSAGE_SCCRP] = on_unexpected,
		[MESSAGE_STOPRQ] = on_stop_request,
		[MESSAGE_STOPRP] = on_unexpected,
		[MESSAGE_ECHORQ] = on_echo_request,
		[MESSAGE_ECHORP] = on_ignored,
		[MESSAGE_OCRQ] = ctrl_call_requested,
		[MESSAGE_OCRP] = ctrl_call_replied,
		[MESSAGE_ICRQ] = ctrl_call_refuse_incoming,
		[MESSAGE_ICRP] = on_unexpected,
		[MESSAGE_ICCN] = on_unexpected,
		[MESSAGE_CCRQ] = ctrl_call_cleared,
		[MESSAGE_CDN] = ctrl_call_disconnected,
		[MESSAGE_WEN] = on_wan_error,
		[MESSAGE_SLI] = on_ignored,
	},
	[CTRL_CONN_CLEARING] = {
		[MESSAGE_SCCRQ] = on_start_again,
		[MESSAGE_SCCRP] = on_unexpected,
		[MESSAGE_STOPRQ] = on_stop_request,
		[MESSAGE_STOPRP] = on_unexpected,
		[MESSAGE_ECHORQ] = on_echo_request,
		[MESSAGE_ECHORP] = on_ignored,
		[MESSAGE_OCRQ] = ctrl_call_refuse,
		[MESSAGE_OCRP] = ctrl_call_replied,
		[MESSAGE_ICRQ] = ctrl_call_refuse_incoming,
		[MESSAGE_ICRP] = on_unexpected,
		[MESSAGE_ICCN] = on_unexpected,
		[MESSAGE_CCRQ] = ctrl_call_cleared,
		[MESSAGE_CDN] = ctrl_call_disconnected,
		[MESSAGE_WEN] = on_wan_error,
		[MESSAGE_SLI] = on_ignored,
	},
	[CTRL_CONN_STOPPING] = {
		[MESSAGE_SCCRQ] = on_ignored,
		[MESSAGE_SCCRP] = on_ignored,
		[MESSAGE_STOPRQ] = on_stop_request,
		[MESSAGE_STOPRP] = on_stop_reply,
		[MESSAGE_ECHORQ] = on_echo_request,
		[MESSAGE_ECHORP] = on_ignored,
		[MESSAGE_OCRQ] = on_ignored,
		[MESSAGE_OCRP] = on_ignored,
		[MESSAGE_ICRQ] = on_ignored,
		[MESSAGE_ICRP] = on_ignored,
		[MESSAGE_ICCN] = on_ignored,
		[MESSAGE_CCRQ] = on_ignored,
		[MESSAGE_CDN] = on_ignored,
		[MESSAGE_WEN] = on_ignored,
		[MESSAGE_SLI] = on_ignored,
	},
};

/* --- What comes in --- */

static void
handle_message(struct ctrl_conn *conn, const struct message *row)
{
	message_handler *handler;
	struct ctrl_message m;

	ctrl_message_read(&m, conn->part, row);
	conn->heard = conn->now;
	conn->echoing = false;
	handler = on_message[conn->state][m.type];
	(handler != NULL ? handler : on_forbidden)(conn, &m);
}

/* Goes on with the message that is there in part; false: no more bytes. */
static bool
read_message(struct ctrl_conn *conn, struct cursor *c)
{
	struct writer w = writer_of(conn->part, sizeof(conn->part));
	const struct message *row;
	enum reason r;
	size_t want;

	message_check(conn->part, conn->have, &row);
	want = (row != NULL ? row->length : KNOWN) - conn->have;
	if (want > c->left)
		want = c->left;
	w.pos += conn->have;
	w.left -= conn->have;
	writer_bytes(&w, c->pos, want);
	cursor_skip(c, want);
	conn->have += want;
	r = message_check(conn->part, conn->have, &row);
	if (r != REASON_NONE) {
		close_conn(conn, r);
	} else if (row != NULL && conn->have == row->length) {
		conn->have = 0;
		handle_message(conn, row);
	}
	return c->left > 0 && conn->state != CTRL_CONN_CLOSED;
}

void
ctrl_conn_open(struct ctrl_conn *conn, const struct ctrl_conn_config *config,
    const struct ctrl_conn_host *host, void *arg, uint64_t now)
{
	*conn = (struct ctrl_conn){
		.config = config, .host = host, .arg = arg, .heard = now
	};
	enter_conn(conn, now);
	enter_state(conn, config->client ? CTRL_CONN_ASKING : CTRL_CONN_WAITING,
	    config->start_time);
	if (config->client)
		write_start(conn, MESSAGE_SCCRQ, 0);
	leave_conn(conn);
}

void
ctrl_conn_input(
    struct ctrl_conn *conn, const uint8_t *bytes, size_t len, uint64_t now)
{
	struct cursor c = cursor_of(bytes, len);

	enter_conn(conn, now);
	while (conn->state != CTRL_CONN_CLOSED && read_message(conn, &c))
		;
	leave_conn(conn);
}

void
ctrl_conn_lost(struct ctrl_conn *conn, enum reason reason, uint64_t now)
{
	enter_conn(conn, now);
	if (conn->state != CTRL_CONN_CLOSED)
		close_conn(conn, reason);
	leave_conn(conn);
}

size_t
ctrl_conn_waits(const struct ctrl_conn *conn)
{
	return conn->waits;
}

void
ctrl_conn_flush(struct ctrl_conn *conn)
{
	size_t n = conn->waits != 0 ?
	    conn->host->send(conn->arg, conn->output, conn->waits) : 0;

	memmove(conn->output, conn->output + n, conn->waits - n);
	conn->waits -= n;
}

void
ctrl_conn_call_gone(struct ctrl_conn *conn)
{
	struct ctrl_message m;

	if (conn->calls != NULL)
		return;
	if (conn->state == CTRL_CONN_OPEN)
		conn->deadline = ctrl_conn_after(conn, conn->config->call_time);
	if (conn->state != CTRL_CONN_CLEARING)
		return;
	enter_state(conn, CTRL_CONN_STOPPING, conn->config->stop_time);
	ctrl_message_make(&m, MESSAGE_STOPRQ);
	ctrl_message_set(&m, "Reason", STOP_SHUTDOWN);
	ctrl_conn_write(conn, &m);
}

int
ctrl_conn_request(struct ctrl_conn *conn, struct ctrl_call *c, uint64_t now)
{
	if (conn->state != CTRL_CONN_OPEN ||
	    conn->ncalls >= conn->config->calls)
		return -1;
	enter_conn(conn, now);
	ctrl_call_request(conn, c);
	leave_conn(conn);
	return 0;
}

void
ctrl_conn_clear(struct ctrl_call *c, enum reason reason, uint64_t now)
{
	struct ctrl_conn *conn = c->conn;

	enter_conn(conn, now);
	ctrl_call_clear(c, reason);
	leave_conn(conn);
}

static void
stop_conn(struct ctrl_conn *conn, enum reason reason)
{
	if (conn->state < CTRL_CONN_OPEN)
		close_conn(conn, reason);
	if (conn->state != CTRL_CONN_OPEN)
		return;
	conn->reason = reason;
	enter_state(conn, CTRL_CONN_CLEARING, conn->config->stop_time);
	ctrl_call_clear_all(conn, reason);
	ctrl_conn_call_gone(conn);
}

void
ctrl_conn_stop(struct ctrl_conn *conn, enum reason reason, uint64_t now)
{
	enter_conn(conn, now);
	stop_conn(conn, reason);
	leave_conn(conn);
}

static void
run_timeout(struct ctrl_conn *conn)
{
	if (conn->state < CTRL_CONN_OPEN)
		close_conn(conn, REASON_NO_START);
	else if (conn->state == CTRL_CONN_OPEN)
		stop_conn(conn, REASON_NO_CALL);
	else if (conn->state == CTRL_CONN_CLEARING)
		ctrl_call_end_all(conn, conn->reason);
	else
		close_conn(conn, conn->reason);
}

/* When the peer's silence means something; 0: never. */
static uint64_t
echo_due(const struct ctrl_conn *conn)
{
	uint32_t wait = conn->echoing ? conn->config->echo_time :
	    conn->config->echo_interval;

	return conn->state == CTRL_CONN_OPEN && wait != 0 ? conn->heard + wait :
							    0;
}

static void
check_silence(struct ctrl_conn *conn)
{
	struct ctrl_message m;

	if (conn->echoing) {
		close_conn(conn, REASON_NO_ECHO);
		return;
	}
	conn->echoing = true;
	conn->heard = conn->now;
	ctrl_message_make(&m, MESSAGE_ECHORQ);
	ctrl_message_set(&m, "Identifier", ++conn->echo);
	ctrl_conn_write(conn, &m);
}

static bool
is_due(const struct ctrl_conn *conn, uint64_t when)
{
	return when != 0 && conn->now >= when;
}

void
ctrl_conn_tick(struct ctrl_conn *conn, uint64_t now)
{
	enter_conn(conn, now);
	if (is_due(conn, conn->deadline))
		run_timeout(conn);
	ctrl_call_tick(conn);
	if (is_due(conn, echo_due(conn)))
		check_silence(conn);
	leave_conn(conn);
}

uint64_t
ctrl_conn_due(const struct ctrl_conn *conn)
{
	uint64_t all[] = { conn->deadline, echo_due(conn),
		ctrl_call_due(conn) };
	uint64_t due = UINT64_MAX;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i] != 0 && all[i] < due)
			due = all[i];
	return due;
}

/* --- For people --- */

/* Appends a code with its meaning, if it says anything. */
static size_t
append_code(char *text, size_t size, size_t at, uint16_t type,
    const char *field, uint32_t value)
{
	int n;

	if (value == 0 || at >= size)
		return at;
	n = snprintf(text + at, size - at, "%s%s (%s %u)", at > 0 ? ", " : "",
	    ctrl_message_code(type, field, value), field, value);
	return at + (size_t)n;
}

static size_t
explain_codes(
    char *text, size_t size, uint16_t type, uint8_t result, uint8_t error)
{
	size_t at = append_code(text, size, 0, type, "Result Code", result);

	return append_code(text, size, at, type, "Error Code", error);
}

const char *
ctrl_conn_explain_start(const struct ctrl_conn *conn, char *text, size_t size)
{
	text[0] = '\0';
	if (conn->reason == REASON_START_REFUSED)
		explain_codes(
		    text, size, MESSAGE_SCCRP, conn->result, conn->error);
	return text;
}

const char *
ctrl_conn_explain_call(const struct ctrl_call *c, char *text, size_t size)
{
	size_t at;

	text[0] = '\0';
	if (c->told == 0)
		return text;
	at = explain_codes(text, size, c->told, c->result, c->error);
	append_code(text, size, at, c->told, "Cause Code", c->cause);
	return text;
}
