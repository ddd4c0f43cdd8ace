/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every field of every control message, and what its codes mean. */
#include <stddef.h>
#include <string.h>

#include "alg/pptp/message.h"
#include "alg/pptp/message_fields.h"

#define ROW(type, name, offset, size, show) \
	{ MESSAGE_##type, name, offset, size, FIELD_##show }

/* RFC 2637 section 1.4: the same in all messages. */
#define HEADER(type)						\
	ROW(type, "Length", 0, 2, DEC),				\
	ROW(type, "PPTP Message Type", 2, 2, DEC),		\
	ROW(type, "Magic Cookie", 4, 4, HEX),			\
	ROW(type, "Control Message Type", 8, 2, DEC),		\
	ROW(type, "Reserved0", 10, 2, HEX)

/* Both Start messages end alike. */
#define CAPABILITIES(type)					\
	ROW(type, "Framing Capabilities", 16, 4, BITS),		\
	ROW(type, "Bearer Capabilities", 20, 4, BITS),		\
	ROW(type, "Maximum Channels", 24, 2, DEC),		\
	ROW(type, "Firmware Revision", 26, 2, DEC),		\
	ROW(type, "Host Name", 28, 64, TEXT),			\
	ROW(type, "Vendor String", 92, 64, TEXT)

#define RESULT(type, offset)					\
	ROW(type, "Result Code", offset, 1, CODE),		\
	ROW(type, "Error Code", (offset) + 1, 1, CODE)

static const struct message_field fields[] = {
	HEADER(SCCRQ),
	ROW(SCCRQ, "Protocol Version", 12, 2, HEX),
	ROW(SCCRQ, "Reserved1", 14, 2, HEX),
	CAPABILITIES(SCCRQ),

	HEADER(SCCRP),
	ROW(SCCRP, "Protocol Version", 12, 2, HEX),
	RESULT(SCCRP, 14),
	CAPABILITIES(SCCRP),

	HEADER(STOPRQ),
	ROW(STOPRQ, "Reason", 12, 1, CODE),
	ROW(STOPRQ, "Reserved1", 13, 1, HEX),
	ROW(STOPRQ, "Reserved2", 14, 2, HEX),

	HEADER(STOPRP),
	RESULT(STOPRP, 12),
	ROW(STOPRP, "Reserved1", 14, 2, HEX),

	HEADER(ECHORQ),
	ROW(ECHORQ, "Identifier", 12, 4, DEC),

	HEADER(ECHORP),
	ROW(ECHORP, "Identifier", 12, 4, DEC),
	RESULT(ECHORP, 16),
	ROW(ECHORP, "Reserved1", 18, 2, HEX),

	HEADER(OCRQ),
	ROW(OCRQ, "Call ID", 12, 2, DEC),
	ROW(OCRQ, "Call Serial Number", 14, 2, DEC),
	ROW(OCRQ, "Minimum BPS", 16, 4, DEC),
	ROW(OCRQ, "Maximum BPS", 20, 4, DEC),
	ROW(OCRQ, "Bearer Type", 24, 4, BITS),
	ROW(OCRQ, "Framing Type", 28, 4, BITS),
	ROW(OCRQ, "Packet Recv. Window Size", 32, 2, DEC),
	ROW(OCRQ, "Packet Processing Delay", 34, 2, DEC),
	ROW(OCRQ, "Phone Number Length", 36, 2, DEC),
	ROW(OCRQ, "Reserved1", 38, 2, HEX),
	ROW(OCRQ, "Phone Number", 40, 64, TEXT),
	ROW(OCRQ, "Subaddress", 104, 64, TEXT),

	HEADER(OCRP),
	ROW(OCRP, "Call ID", 12, 2, DEC),
	ROW(OCRP, "Peer's Call ID", 14, 2, DEC),
	RESULT(OCRP, 16),
	ROW(OCRP, "Cause Code", 18, 2, CODE),
	ROW(OCRP, "Connect Speed", 20, 4, DEC),
	ROW(OCRP, "Packet Recv. Window Size", 24, 2, DEC),
	ROW(OCRP, "Packet Processing Delay", 26, 2, DEC),
	ROW(OCRP, "Physical Channel ID", 28, 4, DEC),

	HEADER(ICRQ),
	ROW(ICRQ, "Call ID", 12, 2, DEC),
	ROW(ICRQ, "Call Serial Number", 14, 2, DEC),
	ROW(ICRQ, "Call Bearer Type", 16, 4, BITS),
	ROW(ICRQ, "Physical Channel ID", 20, 4, DEC),
	ROW(ICRQ, "Dialed Number Length", 24, 2, DEC),
	ROW(ICRQ, "Dialing Number Length", 26, 2, DEC),
	ROW(ICRQ, "Dialed Number", 28, 64, TEXT),
	ROW(ICRQ, "Dialing Number", 92, 64, TEXT),
	ROW(ICRQ, "Subaddress", 156, 64, TEXT),

	HEADER(ICRP),
	ROW(ICRP, "Call ID", 12, 2, DEC),
	ROW(ICRP, "Peer's Call ID", 14, 2, DEC),
	RESULT(ICRP, 16),
	ROW(ICRP, "Packet Recv. Window Size", 18, 2, DEC),
	ROW(ICRP, "Packet Transmit Delay", 20, 2, DEC),
	ROW(ICRP, "Reserved1", 22, 2, HEX),

	HEADER(ICCN),
	ROW(ICCN, "Peer's Call ID", 12, 2, DEC),
	ROW(ICCN, "Reserved1", 14, 2, HEX),
	ROW(ICCN, "Connect Speed", 16, 4, DEC),
	ROW(ICCN, "Packet Recv. Window Size", 20, 2, DEC),
	ROW(ICCN, "Packet Transmit Delay", 22, 2, DEC),
	ROW(ICCN, "Framing Type", 24, 4, BITS),

	HEADER(CCRQ),
	ROW(CCRQ, "Call ID", 12, 2, DEC),
	ROW(CCRQ, "Reserved1", 14, 2, HEX),

	HEADER(CDN),
	ROW(CDN, "Call ID", 12, 2, DEC),
	RESULT(CDN, 14),
	ROW(CDN, "Cause Code", 16, 2, CODE),
	ROW(CDN, "Reserved1", 18, 2, HEX),
	ROW(CDN, "Call Statistics", 20, 128, TEXT),

	HEADER(WEN),
	ROW(WEN, "Peer's Call ID", 12, 2, DEC),
	ROW(WEN, "Reserved1", 14, 2, HEX),
	ROW(WEN, "CRC Errors", 16, 4, DEC),
	ROW(WEN, "Framing Errors", 20, 4, DEC),
	ROW(WEN, "Hardware Overruns", 24, 4, DEC),
	ROW(WEN, "Buffer Overruns", 28, 4, DEC),
	ROW(WEN, "Time-out Errors", 32, 4, DEC),
	ROW(WEN, "Alignment Errors", 36, 4, DEC),

	HEADER(SLI),
	ROW(SLI, "Peer's Call ID", 12, 2, DEC),
	ROW(SLI, "Reserved1", 14, 2, HEX),
	ROW(SLI, "Send ACCM", 16, 4, HEX),
	ROW(SLI, "Receive ACCM", 20, 4, HEX),

	{ 0 }
};

/* A type of 0 stands for all messages that have the field. */
static const struct {
	uint16_t	 type;
	const char	*field;
	uint32_t	 value;
	const char	*meaning;
} codes[] = {
	{ MESSAGE_SCCRP, "Result Code", 1, "successful" },
	{ MESSAGE_SCCRP, "Result Code", 2, "general error" },
	{ MESSAGE_SCCRP, "Result Code", 3, "command channel already exists" },
	{ MESSAGE_SCCRP, "Result Code", 4, "requester is not authorized" },
	{ MESSAGE_SCCRP, "Result Code", 5, "protocol version not supported" },
	{ MESSAGE_STOPRQ, "Reason", 1, "none" },
	{ MESSAGE_STOPRQ, "Reason", 2, "protocol version not supported" },
	{ MESSAGE_STOPRQ, "Reason", 3, "local shutdown" },
	{ MESSAGE_STOPRP, "Result Code", 1, "OK" },
	{ MESSAGE_STOPRP, "Result Code", 2, "general error" },
	{ MESSAGE_ECHORP, "Result Code", 1, "OK" },
	{ MESSAGE_ECHORP, "Result Code", 2, "general error" },
	{ MESSAGE_OCRP, "Result Code", 1, "connected" },
	{ MESSAGE_OCRP, "Result Code", 2, "general error" },
	{ MESSAGE_OCRP, "Result Code", 3, "no carrier" },
	{ MESSAGE_OCRP, "Result Code", 4, "busy" },
	{ MESSAGE_OCRP, "Result Code", 5, "no dial tone" },
	{ MESSAGE_OCRP, "Result Code", 6, "time-out" },
	{ MESSAGE_OCRP, "Result Code", 7, "do not accept" },
	{ MESSAGE_ICRP, "Result Code", 1, "connect" },
	{ MESSAGE_ICRP, "Result Code", 2, "general error" },
	{ MESSAGE_ICRP, "Result Code", 3, "do not accept" },
	{ MESSAGE_CDN, "Result Code", 1, "lost carrier" },
	{ MESSAGE_CDN, "Result Code", 2, "general error" },
	{ MESSAGE_CDN, "Result Code", 3, "admin shutdown" },
	{ MESSAGE_CDN, "Result Code", 4, "request" },
	/* section 2.16 */
	{ 0, "Error Code", 0, "none" },
	{ 0, "Error Code", 1, "not connected" },
	{ 0, "Error Code", 2, "bad format" },
	{ 0, "Error Code", 3, "bad value" },
	{ 0, "Error Code", 4, "no resource" },
	{ 0, "Error Code", 5, "bad call ID" },
	{ 0, "Error Code", 6, "PAC error" },
	/* ITU-T Q.850, those that a dial-in server is likely to tell */
	{ 0, "Cause Code", 0, "none" },
	{ 0, "Cause Code", 1, "unallocated number" },
	{ 0, "Cause Code", 16, "normal call clearing" },
	{ 0, "Cause Code", 17, "user busy" },
	{ 0, "Cause Code", 18, "no user responding" },
	{ 0, "Cause Code", 19, "no answer from user" },
	{ 0, "Cause Code", 21, "call rejected" },
	{ 0, "Cause Code", 27, "destination out of order" },
	{ 0, "Cause Code", 31, "normal, unspecified" },
	{ 0, "Cause Code", 34, "no circuit or channel available" },
	{ 0, "Cause Code", 38, "network out of order" },
	{ 0, "Cause Code", 41, "temporary failure" },
	{ 0, "Cause Code", 42, "switching equipment congestion" },
	/* bits, and both of them */
	{ 0, "Framing Capabilities", 1, "asynchronous" },
	{ 0, "Framing Capabilities", 2, "synchronous" },
	{ 0, "Framing Capabilities", 3, "asynchronous, synchronous" },
	{ 0, "Framing Type", 1, "asynchronous" },
	{ 0, "Framing Type", 2, "synchronous" },
	{ 0, "Framing Type", 3, "either" },
	{ 0, "Bearer Capabilities", 1, "analog" },
	{ 0, "Bearer Capabilities", 2, "digital" },
	{ 0, "Bearer Capabilities", 3, "analog, digital" },
	{ 0, "Bearer Type", 1, "analog" },
	{ 0, "Bearer Type", 2, "digital" },
	{ 0, "Bearer Type", 3, "any" },
	{ 0, "Call Bearer Type", 1, "analog" },
	{ 0, "Call Bearer Type", 2, "digital" },
};

const struct message_field *
message_fields_list(void)
{
	return fields;
}

const struct message_field *
message_fields_of(uint16_t type)
{
	size_t low = 0, high = sizeof(fields) / sizeof(fields[0]) - 1, at;

	while (low < high) {
		at = (low + high) / 2;
		if (fields[at].type < type)
			low = at + 1;
		else
			high = at;
	}
	return &fields[low];
}

const char *
message_fields_code(const struct message_field *f, uint32_t value)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].value == value &&
		    (codes[i].type == 0 || codes[i].type == f->type) &&
		    strcmp(codes[i].field, f->name) == 0)
			return codes[i].meaning;
	return "unknown";
}
