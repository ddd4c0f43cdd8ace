/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alg/endpoint/tunnel_part.h"

/* The control connection itself: RFC 2637 sections 2.1 to 2.6 and 3.1. */

#define PPTP_VERSION		0x0100
#define CAPABILITIES	3	/* both kinds of framing, and of bearer */
#define FIRMWARE	1

/* Codes of RFC 2637 sections 2.2 to 2.6. */
#define START_OK	1
#define START_EXISTS	3
#define START_VERSION	5
#define STOP_OK		1
#define ECHO_OK		1

/* Both Start messages end alike. */
static void
write_start(struct ctrl_conn *t, uint16_t type, uint8_t result)
{
	struct ctrl_message m;

	ctrl_message_make(&m, type);
	ctrl_message_set(&m, "Protocol Version", PPTP_VERSION);
	ctrl_message_set(&m, "Framing Capabilities", CAPABILITIES);
	ctrl_message_set(&m, "Bearer Capabilities", CAPABILITIES);
	ctrl_message_set(&m, "Firmware Revision", FIRMWARE);
	ctrl_message_set_text(&m, "Host Name", t->config->host_name);
	ctrl_message_set_text(&m, "Vendor String", t->config->vendor);
	if (type == MESSAGE_SCCRP) {
		ctrl_message_set(&m, "Maximum Channels", t->config->calls);
		ctrl_message_set(&m, "Result Code", result);
	}
	ctrl_conn_write(t, &m);
}

void
ctrl_conn_start(struct ctrl_conn *t)
{
	write_start(t, MESSAGE_SCCRQ, 0);
}

static void
tell_open(struct ctrl_conn *t, const struct ctrl_message *m)
{
	struct ctrl_conn_peer peer;

	if (t->state != CTRL_CONN_OPEN)
		return;
	peer.firmware = (uint16_t)ctrl_message_get(m, "Firmware Revision");
	ctrl_message_get_text(m, "Host Name", peer.host_name);
	ctrl_message_get_text(m, "Vendor String", peer.vendor);
	t->host->open(t->arg, &peer);
}

static void
start(struct ctrl_conn *t, const struct ctrl_message *m)
{
	if (ctrl_message_get(m, "Protocol Version") != PPTP_VERSION) {
		write_start(t, MESSAGE_SCCRP, START_VERSION);
		ctrl_conn_end(t, REASON_BAD_VERSION);
		return;
	}
	ctrl_conn_go(t, CTRL_CONN_OPEN, t->config->call_time);
	write_start(t, MESSAGE_SCCRP, START_OK);
	tell_open(t, m);
}

static void
start_again(struct ctrl_conn *t, const struct ctrl_message *m)
{
	ctrl_conn_note(t, REASON_OUT_OF_TURN);
	write_start(t, MESSAGE_SCCRP, START_EXISTS);
}

/* Some modems answer with result 0. */
static void
started(struct ctrl_conn *t, const struct ctrl_message *m)
{
	t->result = (uint8_t)ctrl_message_get(m, "Result Code");
	t->error = (uint8_t)ctrl_message_get(m, "Error Code");
	if (t->result > START_OK) {
		ctrl_conn_end(t, REASON_START_REFUSED);
	} else if (ctrl_message_get(m, "Protocol Version") != PPTP_VERSION) {
		ctrl_conn_end(t, REASON_BAD_VERSION);
	} else {
		ctrl_conn_go(t, CTRL_CONN_OPEN, t->config->call_time);
		tell_open(t, m);
	}
}

static void
stop(struct ctrl_conn *t, const struct ctrl_message *m)
{
	struct ctrl_message reply;

	ctrl_message_make(&reply, MESSAGE_STOPRP);
	ctrl_message_set(&reply, "Result Code", STOP_OK);
	ctrl_conn_write(t, &reply);
	ctrl_conn_end(t, REASON_STOP);
}

static void
stopped(struct ctrl_conn *t, const struct ctrl_message *m)
{
	ctrl_conn_end(t, t->reason);
}

static void
echo(struct ctrl_conn *t, const struct ctrl_message *m)
{
	struct ctrl_message reply;

	ctrl_message_make(&reply, MESSAGE_ECHORP);
	ctrl_message_set(&reply, "Identifier",
	    ctrl_message_get(m, "Identifier"));
	ctrl_message_set(&reply, "Result Code", ECHO_OK);
	ctrl_conn_write(t, &reply);
}

static void
wan_error(struct ctrl_conn *t, const struct ctrl_message *m)
{
	ctrl_conn_note(t, REASON_WAN_ERROR);
}

static void
unasked(struct ctrl_conn *t, const struct ctrl_message *m)
{
	ctrl_conn_note(t, REASON_OUT_OF_TURN);
}

static void
refuse(struct ctrl_conn *t, const struct ctrl_message *m)
{
	ctrl_conn_end(t, REASON_OUT_OF_TURN);
}

static void
ignore(struct ctrl_conn *t, const struct ctrl_message *m)
{
}

/*
 * RFC 2637 sections 3.1 and 3.2, for both roles; no entry: refuse.  What
 * comes after our stop request was sent before the peer saw it.
 */
static tunnel_handler *const on_message[CTRL_CONN_STATES][MESSAGE_TYPES] = {
	[CTRL_CONN_WAITING] = {
		[MESSAGE_SCCRQ] = start,
		[MESSAGE_STOPRQ] = stop,
	},
	[CTRL_CONN_ASKING] = {
		[MESSAGE_SCCRP] = started,
		[MESSAGE_STOPRQ] = stop,
		[MESSAGE_ECHORQ] = echo,
	},
	[CTRL_CONN_OPEN] = {
		[MESSAGE_SCCRQ] = start_again,
		[MESSAGE_SCCRP] = unasked,
		[MESSAGE_STOPRQ] = stop,
		[MESSAGE_STOPRP] = unasked,
		[MESSAGE_ECHORQ] = echo,
		[MESSAGE_ECHORP] = ignore,
		[MESSAGE_OCRQ] = tunnel_call_wanted,
		[MESSAGE_OCRP] = tunnel_call_replied,
		[MESSAGE_ICRQ] = tunnel_call_refuse_incoming,
		[MESSAGE_ICRP] = unasked,
		[MESSAGE_ICCN] = unasked,
		[MESSAGE_CCRQ] = tunnel_call_cleared,
		[MESSAGE_CDN] = tunnel_call_ended,
		[MESSAGE_WEN] = wan_error,
		[MESSAGE_SLI] = ignore,
	},
	[CTRL_CONN_CLEARING] = {
		[MESSAGE_SCCRQ] = start_again,
		[MESSAGE_SCCRP] = unasked,
		[MESSAGE_STOPRQ] = stop,
		[MESSAGE_STOPRP] = unasked,
		[MESSAGE_ECHORQ] = echo,
		[MESSAGE_ECHORP] = ignore,
		[MESSAGE_OCRQ] = tunnel_call_refuse,
		[MESSAGE_OCRP] = tunnel_call_replied,
		[MESSAGE_ICRQ] = tunnel_call_refuse_incoming,
		[MESSAGE_ICRP] = unasked,
		[MESSAGE_ICCN] = unasked,
		[MESSAGE_CCRQ] = tunnel_call_cleared,
		[MESSAGE_CDN] = tunnel_call_ended,
		[MESSAGE_WEN] = wan_error,
		[MESSAGE_SLI] = ignore,
	},
	[CTRL_CONN_STOPPING] = {
		[MESSAGE_SCCRQ] = ignore,
		[MESSAGE_SCCRP] = ignore,
		[MESSAGE_STOPRQ] = stop,
		[MESSAGE_STOPRP] = stopped,
		[MESSAGE_ECHORQ] = echo,
		[MESSAGE_ECHORP] = ignore,
		[MESSAGE_OCRQ] = ignore,
		[MESSAGE_OCRP] = ignore,
		[MESSAGE_ICRQ] = ignore,
		[MESSAGE_ICRP] = ignore,
		[MESSAGE_ICCN] = ignore,
		[MESSAGE_CCRQ] = ignore,
		[MESSAGE_CDN] = ignore,
		[MESSAGE_WEN] = ignore,
		[MESSAGE_SLI] = ignore,
	},
};

void
ctrl_conn_handle(struct ctrl_conn *t, const struct ctrl_message *m)
{
	tunnel_handler *handler = on_message[t->state][m->type];

	(handler != NULL ? handler : refuse)(t, m);
}
