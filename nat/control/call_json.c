/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "nat/control/call_json.h"

static const char *const changes[] = {
	[ALG_CHANGE_REQUEST] = "request",
	[ALG_CHANGE_UP] = "up",
	[ALG_CHANGE_DOWN] = "down",
	[ALG_CHANGE_REFUSED] = "refused",
	[ALG_CHANGE_NOTICE] = "notice",
};

static const char *
side(bool inside)
{
	return inside ? "inside" : "outside";
}

/* Usual things have no reason. */
static void
put_reason(struct json_line *item, enum reason reason)
{
	json_line_text(item, "reason",
	    reason == REASON_NONE ? NULL : reason_name(reason));
}

static void
put_last_seen(struct json_line *item, uint64_t seen, uint64_t epoch)
{
	if (seen == 0)
		json_line_null(item, "last_seen");
	else
		json_line_time(item, "last_seen", epoch + seen);
}

static void
put_call_ends(struct json_line *item, const struct alg_call_info *call)
{
	json_line_address(item, "inside", call->flow.inside);
	json_line_number(item, "inside_port", call->flow.inside_port);
	json_line_number(item, "inside_call_id", call->inside_id);
	json_line_address(item, "outside", call->flow.outside);
	json_line_number(item, "outside_port", call->flow.outside_port);
	if (call->has_outside_id)
		json_line_number(item, "outside_call_id", call->outside_id);
	else
		json_line_null(item, "outside_call_id");
	json_line_address(item, "public", call->public);
	json_line_number(item, "mapped_call_id", call->mapped_id);
}

static void
put_call(
    struct json_line *item, const struct alg_call_info *call, uint64_t epoch)
{
	json_line_number(item, "call", call->serial);
	put_call_ends(item, call);
	json_line_text(item, "state", alg_call_state_name(call->state));
	json_line_text(
	    item, "direction", call->incoming ? "incoming" : "outgoing");
	json_line_text(item, "asked_by", side(call->inside_asked));
	json_line_time(item, "since", epoch + call->since);
	json_line_number(item, "packets_in", call->packets_in);
	json_line_number(item, "packets_out", call->packets_out);
	json_line_number(item, "bytes_in", call->bytes_in);
	json_line_number(item, "bytes_out", call->bytes_out);
	put_last_seen(item, call->last_in > call->last_out ?
	    call->last_in : call->last_out, epoch);
}

void
call_json_call(struct json_line *item, const struct alg_call_info *call,
    uint64_t epoch)
{
	json_line_open(item);
	put_call(item, call, epoch);
	json_line_close(item);
}

static void
put_public(struct json_line *item, const struct alg_connection_info *connection)
{
	if (!connection->has_public) {
		json_line_null(item, "public");
		json_line_null(item, "public_port");
		return;
	}
	json_line_address(item, "public", connection->public);
	json_line_number(item, "public_port", connection->public_port);
}

void
call_json_connection(struct json_line *item,
    const struct alg_connection_info *connection, uint64_t epoch)
{
	json_line_open(item);
	json_line_address(item, "inside", connection->flow.inside);
	json_line_number(item, "inside_port", connection->flow.inside_port);
	json_line_address(item, "outside", connection->flow.outside);
	json_line_number(item, "outside_port", connection->flow.outside_port);
	put_public(item, connection);
	json_line_text(
	    item, "state", alg_connection_state_name(connection->state));
	put_reason(item, connection->reason);
	json_line_text(item, "opened_by", side(connection->inside_opened));
	json_line_number(item, "calls", connection->calls);
	json_line_time(item, "since", epoch + connection->since);
	put_last_seen(item, connection->last_seen, epoch);
	json_line_close(item);
}

void
call_json_counters(struct json_line *item, const struct control_counters *all)
{
	const struct alg_counters *counters = &all->alg;

	json_line_open(item);
	json_line_number(item, "segments", counters->segments);
	json_line_number(item, "messages", counters->messages);
	json_line_number(item, "rewritten", counters->rewritten);
	json_line_number(item, "calls_up", counters->calls_up);
	json_line_number(item, "calls_down", counters->calls_down);
	json_line_number(item, "calls_refused", counters->calls_refused);
	json_line_number(item, "gre_in", counters->gre_in);
	json_line_number(item, "gre_out", counters->gre_out);
	json_line_number(item, "icmp", counters->icmp);
	for (int i = REASON_NONE + 1; i < REASON_COUNT; i++)
		json_line_number(item, reason_name((enum reason)i),
		    counters->reasons[i]);
	for (size_t i = 0; i < all->n; i++)
		json_line_number(item, all->more[i].name, all->more[i].value);
}

static void
put_queue(struct json_line *item, const struct control_status *status, int i)
{
	static const char *const fields[] = { "number", "packets", "batches",
	    "lost" };
	uint64_t values[] = { status->queue[i].number,
	    status->queue[i].packets, status->queue[i].batches,
	    status->queue[i].lost };
	char key[64];

	for (size_t k = 0; k < sizeof(values) / sizeof(*values); k++) {
		snprintf(key, sizeof(key), "queue_%s_%s",
		    status->queue[i].name, fields[k]);
		json_line_number(item, key, values[k]);
	}
}

void
call_json_status(struct json_line *item, const struct control_status *status,
    const struct alg_counters *counters, uint32_t followers, uint64_t now,
    uint64_t epoch)
{
	json_line_open(item);
	json_line_text(item, "version", VERSION);
	json_line_text(item, "config_file", status->config_file);
	json_line_text(item, "engine", status->engine);
	json_line_text(item, "forward", status->forward);
	json_line_text(item, "engine_lack", status->lack);
	json_line_time(item, "started", epoch + status->started);
	json_line_number(item, "uptime", (now - status->started) / 1000);
	json_line_number(item, "connections", counters->connections);
	json_line_number(item, "calls", counters->calls);
	json_line_number(item, "resting", counters->quarantined);
	json_line_number(item, "followers", followers);
	put_queue(item, status, 0);
	put_queue(item, status, 1);
	json_line_close(item);
}

void
call_json_change(struct json_line *item, const struct alg_change *change,
    uint64_t when, uint64_t epoch)
{
	json_line_open(item);
	json_line_text(item, "event", changes[change->kind]);
	json_line_time(item, "time", when);
	put_reason(item, change->reason);
	put_call(item, &change->call, epoch);
	json_line_close(item);
}

void
call_json_lost(struct json_line *item, uint64_t count, uint64_t when)
{
	json_line_open(item);
	json_line_text(item, "event", "lost");
	json_line_time(item, "time", when);
	json_line_number(item, "count", count);
	json_line_close(item);
}

void
call_json_end(struct json_line *item, const char *error)
{
	json_line_open(item);
	json_line_bool(item, "ok", error == NULL);
	if (error != NULL)
		json_line_text(item, "error", error);
	json_line_close(item);
}
