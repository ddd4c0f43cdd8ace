/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/ctl/field.h"

static const struct message_field calls[] = {
	{ "call", FIELD_NUMBER, "CALL", NULL },
	{ "state", FIELD_STATE, "STATE", NULL },
	{ "direction", FIELD_TEXT, "DIRECTION", NULL },
	{ "inside", FIELD_ENDPOINT, "INSIDE", "inside_port" },
	{ "inside_call_id", FIELD_NUMBER, "ID", NULL },
	{ "public", FIELD_ADDRESS, "PUBLIC", NULL },
	{ "mapped_call_id", FIELD_NUMBER, "ID", NULL },
	{ "outside", FIELD_ENDPOINT, "OUTSIDE", "outside_port" },
	{ "outside_call_id", FIELD_NUMBER, "ID", NULL },
	{ "since", FIELD_AGE, "AGE", NULL },
	{ "packets_in", FIELD_NUMBER, "PKTS-IN", NULL },
	{ "packets_out", FIELD_NUMBER, "PKTS-OUT", NULL },
	{ "bytes_in", FIELD_NUMBER, "BYTES-IN", NULL },
	{ "bytes_out", FIELD_NUMBER, "BYTES-OUT", NULL },
	{ "last_seen", FIELD_AGE, "SEEN", NULL },
	{ "inside_port", FIELD_NUMBER, NULL, NULL },
	{ "outside_port", FIELD_NUMBER, NULL, NULL },
	{ "asked_by", FIELD_TEXT, NULL, NULL },
	{ NULL, FIELD_TEXT, NULL, NULL }
};

static const struct message_field connections[] = {
	{ "state", FIELD_STATE, "STATE", NULL },
	{ "inside", FIELD_ENDPOINT, "INSIDE", "inside_port" },
	{ "public", FIELD_ENDPOINT, "PUBLIC", "public_port" },
	{ "outside", FIELD_ENDPOINT, "OUTSIDE", "outside_port" },
	{ "opened_by", FIELD_TEXT, "OPENED-BY", NULL },
	{ "calls", FIELD_NUMBER, "CALLS", NULL },
	{ "since", FIELD_AGE, "AGE", NULL },
	{ "last_seen", FIELD_AGE, "SEEN", NULL },
	{ "reason", FIELD_TEXT, "REASON", NULL },
	{ "inside_port", FIELD_NUMBER, NULL, NULL },
	{ "public_port", FIELD_NUMBER, NULL, NULL },
	{ "outside_port", FIELD_NUMBER, NULL, NULL },
	{ NULL, FIELD_TEXT, NULL, NULL }
};

static const struct message_field sessions[] = {
	{ "session", FIELD_NUMBER, "SESSION", NULL },
	{ "state", FIELD_STATE, "STATE", NULL },
	{ "section", FIELD_TEXT, "SECTION", NULL },
	{ "user", FIELD_TEXT, "USER", NULL },
	{ "address", FIELD_ADDRESS, "ADDRESS", NULL },
	{ "source", FIELD_ENDPOINT, "SOURCE", "source_port" },
	{ "method", FIELD_TEXT, "METHOD", NULL },
	{ "encryption", FIELD_TEXT, "ENCRYPTION", NULL },
	{ "mtu", FIELD_NUMBER, "MTU", NULL },
	{ "interface", FIELD_TEXT, "INTERFACE", NULL },
	{ "bytes_in", FIELD_NUMBER, "BYTES-IN", NULL },
	{ "bytes_out", FIELD_NUMBER, "BYTES-OUT", NULL },
	{ "since", FIELD_AGE, "AGE", NULL },
	{ "last_seen", FIELD_AGE, "IDLE", NULL },
	{ "role", FIELD_TEXT, NULL, NULL },
	{ "login", FIELD_TEXT, NULL, NULL },
	{ "local", FIELD_ADDRESS, NULL, NULL },
	{ "server", FIELD_ADDRESS, NULL, NULL },
	{ "packets_in", FIELD_NUMBER, NULL, NULL },
	{ "packets_out", FIELD_NUMBER, NULL, NULL },
	{ "lost", FIELD_NUMBER, NULL, NULL },
	{ "late", FIELD_NUMBER, NULL, NULL },
	{ NULL, FIELD_TEXT, NULL, NULL }
};

static const struct message_field dials[] = {
	{ "dial", FIELD_TEXT, "DIAL", NULL },
	{ "state", FIELD_STATE, "STATE", NULL },
	{ "server", FIELD_TEXT, "SERVER", NULL },
	{ "user", FIELD_TEXT, "USER", NULL },
	{ "local", FIELD_ADDRESS, "LOCAL", NULL },
	{ "address", FIELD_ADDRESS, "ADDRESS", NULL },
	{ "method", FIELD_TEXT, "METHOD", NULL },
	{ "encryption", FIELD_TEXT, "ENCRYPTION", NULL },
	{ "mtu", FIELD_NUMBER, "MTU", NULL },
	{ "interface", FIELD_TEXT, "INTERFACE", NULL },
	{ "session", FIELD_NUMBER, "SESSION", NULL },
	{ "since", FIELD_AGE, "AGE", NULL },
	{ "attempts", FIELD_NUMBER, "TRIES", NULL },
	{ "text", FIELD_TEXT, "LAST-FAILURE", NULL },
	{ "server_address", FIELD_ADDRESS, NULL, NULL },
	{ "next_try", FIELD_NUMBER, NULL, NULL },
	{ "reason", FIELD_TEXT, NULL, NULL },
	{ NULL, FIELD_TEXT, NULL, NULL }
};

const struct message_field *
field_table(enum request_command command)
{
	static const struct message_field *const tables[REQUEST_COMMANDS] = {
		[REQUEST_CALLS] = calls, [REQUEST_CONNECTIONS] = connections,
		[REQUEST_SESSIONS] = sessions, [REQUEST_DIALS] = dials,
	};

	return tables[command];
}
