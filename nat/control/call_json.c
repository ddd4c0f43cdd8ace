/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and values of what the translator knows, as lines of JSON. */
#include "alg/ppp/negotiation.h"
#include "nat/control/call_json.h"

static const char *const event_names[] = {
	[ALG_CHANGE_REQUEST] = "request",
	[ALG_CHANGE_UP] = "up",
	[ALG_CHANGE_DOWN] = "down",
	[ALG_CHANGE_REFUSED] = "refused",
	[ALG_CHANGE_NOTICE] = "notice",
};

static const char *
side_name(bool inside)
{
	return inside ? "inside" : "outside";
}

/* Usual things have no reason. */
static void
put_reason(struct json_line *line, enum reason reason)
{
	json_line_text(line, "reason",
	    reason == REASON_NONE ? NULL : reason_name(reason));
}

/* Only where the outside end is known by another address inside. */
static void
put_alias(struct json_line *line, bool has, uint32_t alias)
{
	if (has)
		json_line_address(line, "alias", alias);
	else
		json_line_null(line, "alias");
}

static void
put_call_ends(struct json_line *line, const struct alg_call_info *call)
{
	json_line_address(line, "inside", call->flow.inside);
	json_line_number(line, "inside_port", call->flow.inside_port);
	json_line_number(line, "inside_call_id", call->inside_id);
	json_line_address(line, "outside", call->flow.outside);
	json_line_number(line, "outside_port", call->flow.outside_port);
	if (call->has_outside_id)
		json_line_number(line, "outside_call_id", call->outside_id);
	else
		json_line_null(line, "outside_call_id");
	put_alias(line, call->alias != call->flow.outside, call->alias);
	json_line_address(line, "public", call->public);
	json_line_number(line, "mapped_call_id", call->mapped_id);
}

static void
put_call(
    struct json_line *line, const struct alg_call_info *call, uint64_t epoch)
{
	json_line_number(line, "call", call->serial);
	put_call_ends(line, call);
	json_line_text(line, "state", alg_call_state_name(call->state));
	json_line_text(
	    line, "direction", call->incoming ? "incoming" : "outgoing");
	json_line_text(line, "asked_by", side_name(call->inside_asked));
	json_line_time(line, "since", epoch + call->since);
	json_line_number(line, "packets_in", call->packets_in);
	json_line_number(line, "packets_out", call->packets_out);
	json_line_number(line, "bytes_in", call->bytes_in);
	json_line_number(line, "bytes_out", call->bytes_out);
	json_line_since(line, "last_seen", epoch,
	    call->last_in > call->last_out ? call->last_in : call->last_out);
}

static void
put_who(struct json_line *line, const struct alg_login *login)
{
	json_line_text(line, "user", login->user[0] == '\0' ? NULL :
	    login->user);
	json_line_text(line, "method", negotiation_method_name(login->method));
	json_line_text(line, "encryption",
	    negotiation_encryption_name(login->encryption));
}

static void
put_in_tunnel(struct json_line *line, const char *key, uint32_t address)
{
	if (address == 0)
		json_line_null(line, key);
	else
		json_line_address(line, key, address);
}

static void
put_login(struct json_line *line, const struct alg_login *login)
{
	put_who(line, login);
	put_in_tunnel(line, "tunnel_inside", login->address[ALG_OUTBOUND]);
	put_in_tunnel(line, "tunnel_outside", login->address[ALG_INBOUND]);
}

void
call_json_call(struct json_line *line, const struct alg_call_info *call,
    const struct alg_login *login, const struct control_way ways[2],
    const char *trouble, uint64_t epoch)
{
	const struct control_way *in = &ways[ALG_INBOUND];
	const struct control_way *out = &ways[ALG_OUTBOUND];

	json_line_open(line);
	put_call(line, call, epoch);
	put_login(line, login);
	json_line_text(line, "way_in", in->name);
	json_line_since(line, "confirmed_in", epoch, in->confirmed);
	json_line_text(line, "way_out", out->name);
	json_line_since(line, "confirmed_out", epoch, out->confirmed);
	json_line_text(line, "trouble", trouble);
	json_line_close(line);
}

static void
put_public(struct json_line *line, const struct alg_connection_info *connection)
{
	if (!connection->has_public) {
		json_line_null(line, "public");
		json_line_null(line, "public_port");
		return;
	}
	json_line_address(line, "public", connection->public);
	json_line_number(line, "public_port", connection->public_port);
}

void
call_json_connection(struct json_line *line,
    const struct alg_connection_info *connection, uint64_t epoch)
{
	json_line_open(line);
	json_line_address(line, "inside", connection->flow.inside);
	json_line_number(line, "inside_port", connection->flow.inside_port);
	json_line_address(line, "outside", connection->flow.outside);
	json_line_number(line, "outside_port", connection->flow.outside_port);
	put_alias(line, connection->alias != connection->flow.outside,
	    connection->alias);
	put_public(line, connection);
	json_line_text(
	    line, "state", alg_connection_state_name(connection->state));
	put_reason(line, connection->reason);
	json_line_text(line, "opened_by", side_name(connection->inside_opened));
	json_line_number(line, "calls", connection->calls);
	json_line_time(line, "since", epoch + connection->since);
	json_line_since(line, "last_seen", epoch, connection->last_seen);
	json_line_close(line);
}

void
call_json_change(struct json_line *line, const struct alg_change *change,
    uint64_t when, uint64_t epoch)
{
	json_line_open(line);
	json_line_text(line, "event", event_names[change->kind]);
	json_line_time(line, "time", when);
	put_reason(line, change->reason);
	put_call(line, &change->call, epoch);
	if (change->kind == ALG_CHANGE_DOWN)
		json_line_number(line, "seconds",
		    (when - epoch - change->call.up) / 1000);
	json_line_close(line);
}

void
call_json_login(struct json_line *line, const struct alg_call_info *call,
    const struct alg_login *login, enum reason lack, uint64_t when,
    uint64_t epoch)
{
	json_line_open(line);
	json_line_text(line, "event", "login");
	json_line_time(line, "time", when);
	put_reason(line, lack);
	put_call(line, call, epoch);
	put_login(line, login);
	json_line_close(line);
}

static const char *const wheres[ALG_WHERES] = {
	[ALG_WHERE_INSIDE] = "inside",
	[ALG_WHERE_OUTSIDE] = "outside",
	[ALG_WHERE_HERE] = "here"
};

void
call_json_audit(struct json_line *line, const struct alg_audit *row,
    uint64_t epoch)
{
	json_line_open(line);
	json_line_address(line, "client", row->client);
	json_line_address(line, "server", row->server);
	json_line_text(line, "client_side", wheres[row->where]);
	put_who(line, &row->login);
	json_line_number(line, "calls", row->calls);
	json_line_time(line, "first", epoch + row->first);
	json_line_time(line, "last", epoch + row->last);
	json_line_close(line);
}
