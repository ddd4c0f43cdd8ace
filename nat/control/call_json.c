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
put_reason(struct item *item, enum reason reason)
{
	item_text(item, "reason",
	    reason == REASON_NONE ? NULL : reason_name(reason));
}

static void
put_last_seen(struct item *item, uint64_t seen, uint64_t epoch)
{
	if (seen == 0)
		item_null(item, "last_seen");
	else
		item_time(item, "last_seen", epoch + seen);
}

static void
put_call_ends(struct item *item, const struct alg_call_info *call)
{
	item_address(item, "inside", call->flow.inside);
	item_number(item, "inside_port", call->flow.inside_port);
	item_number(item, "inside_call_id", call->inside_id);
	item_address(item, "outside", call->flow.outside);
	item_number(item, "outside_port", call->flow.outside_port);
	if (call->has_outside_id)
		item_number(item, "outside_call_id", call->outside_id);
	else
		item_null(item, "outside_call_id");
	item_address(item, "public", call->public);
	item_number(item, "mapped_call_id", call->mapped_id);
}

static void
put_call(struct item *item, const struct alg_call_info *call, uint64_t epoch)
{
	item_number(item, "call", call->serial);
	put_call_ends(item, call);
	item_text(item, "state", alg_call_state_name(call->state));
	item_text(item, "direction", call->incoming ? "incoming" : "outgoing");
	item_text(item, "asked_by", side(call->inside_asked));
	item_time(item, "since", epoch + call->since);
	item_number(item, "packets_in", call->packets_in);
	item_number(item, "packets_out", call->packets_out);
	item_number(item, "bytes_in", call->bytes_in);
	item_number(item, "bytes_out", call->bytes_out);
	put_last_seen(item, call->last_in > call->last_out ?
	    call->last_in : call->last_out, epoch);
}

void
report_call(struct item *item, const struct alg_call_info *call,
    uint64_t epoch)
{
	item_open(item);
	put_call(item, call, epoch);
	item_close(item);
}

static void
put_public(struct item *item, const struct alg_connection_info *connection)
{
	if (!connection->has_public) {
		item_null(item, "public");
		item_null(item, "public_port");
		return;
	}
	item_address(item, "public", connection->public);
	item_number(item, "public_port", connection->public_port);
}

void
report_connection(struct item *item,
    const struct alg_connection_info *connection, uint64_t epoch)
{
	item_open(item);
	item_address(item, "inside", connection->flow.inside);
	item_number(item, "inside_port", connection->flow.inside_port);
	item_address(item, "outside", connection->flow.outside);
	item_number(item, "outside_port", connection->flow.outside_port);
	put_public(item, connection);
	item_text(item, "state", alg_connection_state_name(connection->state));
	put_reason(item, connection->reason);
	item_text(item, "opened_by", side(connection->inside_opened));
	item_number(item, "calls", connection->calls);
	item_time(item, "since", epoch + connection->since);
	put_last_seen(item, connection->last_seen, epoch);
	item_close(item);
}

void
report_counters(struct item *item, const struct control_counters *all)
{
	const struct alg_counters *counters = &all->alg;

	item_open(item);
	item_number(item, "segments", counters->segments);
	item_number(item, "messages", counters->messages);
	item_number(item, "rewritten", counters->rewritten);
	item_number(item, "calls_up", counters->calls_up);
	item_number(item, "calls_down", counters->calls_down);
	item_number(item, "calls_refused", counters->calls_refused);
	item_number(item, "gre_in", counters->gre_in);
	item_number(item, "gre_out", counters->gre_out);
	item_number(item, "icmp", counters->icmp);
	for (int i = REASON_NONE + 1; i < REASON_COUNT; i++)
		item_number(item, reason_name((enum reason)i),
		    counters->reasons[i]);
	for (size_t i = 0; i < all->n; i++)
		item_number(item, all->more[i].name, all->more[i].value);
}

static void
put_queue(struct item *item, const struct control_status *status, int i)
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
		item_number(item, key, values[k]);
	}
}

void
report_status(struct item *item, const struct control_status *status,
    const struct alg_counters *counters, uint32_t followers, uint64_t now,
    uint64_t epoch)
{
	item_open(item);
	item_text(item, "version", VERSION);
	item_text(item, "config_file", status->config_file);
	item_text(item, "engine", status->engine);
	item_text(item, "forward", status->forward);
	item_text(item, "engine_lack", status->lack);
	item_time(item, "started", epoch + status->started);
	item_number(item, "uptime", (now - status->started) / 1000);
	item_number(item, "connections", counters->connections);
	item_number(item, "calls", counters->calls);
	item_number(item, "resting", counters->resting);
	item_number(item, "followers", followers);
	put_queue(item, status, 0);
	put_queue(item, status, 1);
	item_close(item);
}

void
report_change(struct item *item, const struct alg_change *change,
    uint64_t when, uint64_t epoch)
{
	item_open(item);
	item_text(item, "event", changes[change->kind]);
	item_time(item, "time", when);
	put_reason(item, change->reason);
	put_call(item, &change->call, epoch);
	item_close(item);
}

void
report_lost(struct item *item, uint64_t count, uint64_t when)
{
	item_open(item);
	item_text(item, "event", "lost");
	item_time(item, "time", when);
	item_number(item, "count", count);
	item_close(item);
}

void
report_end(struct item *item, const char *error)
{
	item_open(item);
	item_bool(item, "ok", error == NULL);
	if (error != NULL)
		item_text(item, "error", error);
	item_close(item);
}
