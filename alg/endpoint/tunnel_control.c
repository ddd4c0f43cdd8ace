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
write_start(struct tunnel *t, uint16_t type, uint8_t result)
{
	struct tunnel_message m;

	tunnel_message_make(&m, type);
	tunnel_message_set(&m, "Protocol Version", PPTP_VERSION);
	tunnel_message_set(&m, "Framing Capabilities", CAPABILITIES);
	tunnel_message_set(&m, "Bearer Capabilities", CAPABILITIES);
	tunnel_message_set(&m, "Firmware Revision", FIRMWARE);
	tunnel_message_set_text(&m, "Host Name", t->config->host_name);
	tunnel_message_set_text(&m, "Vendor String", t->config->vendor);
	if (type == MESSAGE_SCCRP) {
		tunnel_message_set(&m, "Maximum Channels", t->config->calls);
		tunnel_message_set(&m, "Result Code", result);
	}
	tunnel_write(t, &m);
}

void
tunnel_start(struct tunnel *t)
{
	write_start(t, MESSAGE_SCCRQ, 0);
}

static void
tell_open(struct tunnel *t, const struct tunnel_message *m)
{
	struct tunnel_peer peer;

	if (t->state != TUNNEL_OPEN)
		return;
	peer.firmware = (uint16_t)tunnel_message_get(m, "Firmware Revision");
	tunnel_message_get_text(m, "Host Name", peer.host_name);
	tunnel_message_get_text(m, "Vendor String", peer.vendor);
	t->host->open(t->arg, &peer);
}

static void
start(struct tunnel *t, const struct tunnel_message *m)
{
	if (tunnel_message_get(m, "Protocol Version") != PPTP_VERSION) {
		write_start(t, MESSAGE_SCCRP, START_VERSION);
		tunnel_end(t, REASON_BAD_VERSION);
		return;
	}
	tunnel_go(t, TUNNEL_OPEN, t->config->call_time);
	write_start(t, MESSAGE_SCCRP, START_OK);
	tell_open(t, m);
}

static void
start_again(struct tunnel *t, const struct tunnel_message *m)
{
	tunnel_note(t, REASON_OUT_OF_TURN);
	write_start(t, MESSAGE_SCCRP, START_EXISTS);
}

/* Some modems answer with result 0. */
static void
started(struct tunnel *t, const struct tunnel_message *m)
{
	t->result = (uint8_t)tunnel_message_get(m, "Result Code");
	t->error = (uint8_t)tunnel_message_get(m, "Error Code");
	if (t->result > START_OK) {
		tunnel_end(t, REASON_START_REFUSED);
	} else if (tunnel_message_get(m, "Protocol Version") != PPTP_VERSION) {
		tunnel_end(t, REASON_BAD_VERSION);
	} else {
		tunnel_go(t, TUNNEL_OPEN, t->config->call_time);
		tell_open(t, m);
	}
}

static void
stop(struct tunnel *t, const struct tunnel_message *m)
{
	struct tunnel_message reply;

	tunnel_message_make(&reply, MESSAGE_STOPRP);
	tunnel_message_set(&reply, "Result Code", STOP_OK);
	tunnel_write(t, &reply);
	tunnel_end(t, REASON_STOP);
}

static void
stopped(struct tunnel *t, const struct tunnel_message *m)
{
	tunnel_end(t, t->reason);
}

static void
echo(struct tunnel *t, const struct tunnel_message *m)
{
	struct tunnel_message reply;

	tunnel_message_make(&reply, MESSAGE_ECHORP);
	tunnel_message_set(&reply, "Identifier",
	    tunnel_message_get(m, "Identifier"));
	tunnel_message_set(&reply, "Result Code", ECHO_OK);
	tunnel_write(t, &reply);
}

static void
wan_error(struct tunnel *t, const struct tunnel_message *m)
{
	tunnel_note(t, REASON_WAN_ERROR);
}

static void
unasked(struct tunnel *t, const struct tunnel_message *m)
{
	tunnel_note(t, REASON_OUT_OF_TURN);
}

static void
refuse(struct tunnel *t, const struct tunnel_message *m)
{
	tunnel_end(t, REASON_OUT_OF_TURN);
}

static void
ignore(struct tunnel *t, const struct tunnel_message *m)
{
}

/*
 * RFC 2637 sections 3.1 and 3.2, for both roles; no entry: refuse.  What
 * comes after our stop request was sent before the peer saw it.
 */
static tunnel_handler *const on_message[TUNNEL_STATES][MESSAGE_TYPES] = {
	[TUNNEL_WAITING] = {
		[MESSAGE_SCCRQ] = start,
		[MESSAGE_STOPRQ] = stop,
	},
	[TUNNEL_ASKING] = {
		[MESSAGE_SCCRP] = started,
		[MESSAGE_STOPRQ] = stop,
		[MESSAGE_ECHORQ] = echo,
	},
	[TUNNEL_OPEN] = {
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
	[TUNNEL_CLEARING] = {
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
	[TUNNEL_STOPPING] = {
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
tunnel_handle(struct tunnel *t, const struct tunnel_message *m)
{
	tunnel_handler *handler = on_message[t->state][m->type];

	(handler != NULL ? handler : refuse)(t, m);
}
