/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of PPTP control messages, and the checks of their header. */
#include <stdbool.h>

#include "alg/pptp/message.h"

#define ID(whose, offset)	{ MESSAGE_##whose, offset }

/* The field disagrees with the RFC about CDN and SLI: see message_whose. */
static const struct message messages[MESSAGE_TYPES] = {
	[MESSAGE_SCCRQ] = { "Start-Control-Connection-Request", "SCCRQ",
	    156, { { 0 } }, 0 },
	[MESSAGE_SCCRP] = { "Start-Control-Connection-Reply", "SCCRP",
	    156, { { 0 } }, 14 },
	[MESSAGE_STOPRQ] = { "Stop-Control-Connection-Request", "StopCCRQ",
	    16, { { 0 } }, 0 },
	[MESSAGE_STOPRP] = { "Stop-Control-Connection-Reply", "StopCCRP",
	    16, { { 0 } }, 12 },
	[MESSAGE_ECHORQ] = { "Echo-Request", "EchoRQ",
	    16, { { 0 } }, 0 },
	[MESSAGE_ECHORP] = { "Echo-Reply", "EchoRP",
	    20, { { 0 } }, 16 },
	[MESSAGE_OCRQ] = { "Outgoing-Call-Request", "OCRQ",
	    168, { ID(OWN_NEW, 12) }, 0 },
	[MESSAGE_OCRP] = { "Outgoing-Call-Reply", "OCRP",
	    32, { ID(OWN_NEW, 12), ID(PEER, 14) }, 16 },
	[MESSAGE_ICRQ] = { "Incoming-Call-Request", "ICRQ",
	    220, { ID(OWN_NEW, 12) }, 0 },
	[MESSAGE_ICRP] = { "Incoming-Call-Reply", "ICRP",
	    24, { ID(OWN_NEW, 12), ID(PEER, 14) }, 16 },
	[MESSAGE_ICCN] = { "Incoming-Call-Connected", "ICCN",
	    28, { ID(PEER, 12) }, 0 },
	[MESSAGE_CCRQ] = { "Call-Clear-Request", "CCRQ",
	    16, { ID(OWN_OR_PEER, 12) }, 0 },
	[MESSAGE_CDN] = { "Call-Disconnect-Notify", "CDN",
	    148, { ID(OWN_OR_PEER, 12) }, 14 },
	[MESSAGE_WEN] = { "WAN-Error-Notify", "WEN",
	    40, { ID(PEER, 12) }, 0 },
	[MESSAGE_SLI] = { "Set-Link-Info", "SLI",
	    24, { ID(PEER_OR_OWN, 12) }, 0 },
};

const struct message *
message_of(uint16_t type)
{
	if (type == 0 || type >= MESSAGE_TYPES)
		return 0;
	return &messages[type];
}

uint16_t
message_type(const struct message *row)
{
	return (uint16_t)(row - messages);
}

/* Do the bytes of the cookie that are there fit? */
static bool
cookie_fits(struct cursor c)
{
	uint8_t byte;

	for (int shift = 24; shift >= 0; shift -= 8) {
		if (cursor_u8(&c, &byte) == -1)
			return true;
		if (byte != (uint8_t)(MESSAGE_COOKIE >> shift))
			return false;
	}
	return true;
}

enum reason
message_check(const uint8_t *bytes, size_t have, const struct message **row)
{
	struct cursor c = cursor_of(bytes, have);
	uint16_t length, message_type, type;

	*row = 0;
	if (cursor_u16(&c, &length) == -1)
		return REASON_NONE;
	if (length < MESSAGE_HEADER_LEN || length > MESSAGE_MAX_LEN)
		return REASON_BAD_LENGTH;
	if (cursor_u16(&c, &message_type) == -1)
		return REASON_NONE;
	if (message_type != MESSAGE_CONTROL)
		return REASON_BAD_MESSAGE_TYPE;
	if (!cookie_fits(c))
		return REASON_BAD_COOKIE;
	if (cursor_skip(&c, 4) == -1 || cursor_u16(&c, &type) == -1)
		return REASON_NONE;
	*row = message_of(type);
	if (*row == 0)
		return REASON_BAD_CONTROL_TYPE;
	return length == (*row)->length ? REASON_NONE : REASON_BAD_LENGTH;
}
