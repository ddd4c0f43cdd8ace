/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and values of what the translator knows, as lines of JSON. */
#include <stdio.h>

#include "alg/base/line.h"
#include "alg/ppp/negotiation.h"
#include "nat/control/call_json.h"

#define NAMES_MAX	600
#define SPACES_SHOWN	8

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
call_json_counters(struct json_line *line, const struct control_counters *all)
{
	const struct alg_counters *counters = &all->alg;

	json_line_open(line);
	json_line_number(line, "segments", counters->segments);
	json_line_number(line, "messages", counters->messages);
	json_line_number(line, "rewritten", counters->rewritten);
	json_line_number(line, "calls_up", counters->calls_up);
	json_line_number(line, "calls_down", counters->calls_down);
	json_line_number(line, "calls_refused", counters->calls_refused);
	json_line_number(line, "gre_in", counters->gre_in);
	json_line_number(line, "gre_out", counters->gre_out);
	json_line_number(line, "gre_bytes_in", counters->gre_bytes_in);
	json_line_number(line, "gre_bytes_out", counters->gre_bytes_out);
	json_line_number(line, "icmp", counters->icmp);
	for (int i = REASON_NONE + 1; i < REASON_COUNT; i++)
		json_line_number(line, reason_name((enum reason)i),
		    counters->reasons[i]);
	for (size_t i = 0; i < all->n; i++)
		json_line_number(line, all->more[i].name, all->more[i].value);
}

static void
put_queue(struct json_line *line, const struct control_status *status, int i)
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
		json_line_number(line, key, values[k]);
	}
}

static void
put_names(struct json_line *line, const char *key,
    const struct config_names *names)
{
	char text[NAMES_MAX] = "";
	struct line l = line_of(text, sizeof(text));

	for (size_t i = 0; i < names->n; i++)
		line_add(&l, "%s%s", i == 0 ? "" : " ", names->name[i]);
	json_line_text(line, key, text);
}

static void
put_interfaces(struct json_line *line, const struct control_status *status)
{
	if (status->config == NULL)
		return;
	put_names(line, "outside", &status->config->outside);
	put_names(line, "inside", &status->config->inside);
	json_line_number(line, "interfaces_missing", status->missing);
	json_line_text(line, "rules", status->rules);
}

/* Keeps the fullest ones, the fullest first. */
static void
rank_space(struct alg_id_space top[SPACES_SHOWN], struct alg_id_space space)
{
	struct alg_id_space other;

	for (int i = 0; i < SPACES_SHOWN; i++)
		if (space.used > top[i].used) {
			other = top[i];
			top[i] = space;
			space = other;
		}
}

/* Of each space one ID is never given to a call. */
static void
put_ids(struct json_line *line, const struct alg *alg)
{
	struct alg_id_space top[SPACES_SHOWN] = { { .used = 0 } }, space;
	char text[NAMES_MAX] = "";
	struct line l = line_of(text, sizeof(text));
	uint32_t at = 0;

	while (alg_id_spaces(alg, &at, &space))
		rank_space(top, space);
	for (int i = 0; i < SPACES_SHOWN && top[i].used > 0; i++) {
		line_add(&l, i == 0 ? "" : ", ");
		line_add_ipv4(&l, top[i].public);
		line_add(&l, " to ");
		line_add_ipv4(&l, top[i].outside);
		line_add(&l, ": %u", top[i].used - 1);
	}
	json_line_text(line, "ids_used", text[0] == '\0' ? NULL : text);
}

static void
put_cluster(struct json_line *line, const struct control_status *status,
    uint64_t epoch)
{
	const struct cluster_status *c = &status->cluster;

	if (!status->in_cluster)
		return;
	json_line_text(line, "cluster", c->config->name);
	json_line_text(line, "cluster_node", c->config->node);
	json_line_text(line, "cluster_store", c->config->store);
	json_line_bool(line, "cluster_reached", c->reached);
	json_line_bool(line, "cluster_loaded", c->loaded);
	json_line_bool(line, "cluster_complete", c->complete);
	json_line_text(line, "cluster_role", c->active ? "active" : "standby");
	json_line_text(line, "cluster_peer", c->peer[0] != '\0' ? c->peer :
	    NULL);
	json_line_number(line, "cluster_theirs", c->theirs);
	json_line_number(line, "cluster_sessions", c->sessions);
	json_line_number(line, "cluster_lag_records", c->lag_records);
	json_line_time(line, "cluster_lag", c->lag);
	json_line_since(line, "cluster_changed", epoch, c->changed);
	json_line_number(line, "cluster_written", c->written);
	json_line_number(line, "cluster_taken", c->taken);
	json_line_number(line, "cluster_unsent", c->unsent);
}

void
call_json_status(struct json_line *line, const struct control_status *status,
    const struct alg *alg, const struct alg_counters *counters,
    uint32_t followers, uint64_t now, uint64_t epoch)
{
	json_line_open(line);
	json_line_text(line, "version", VERSION);
	json_line_text(line, "config_file", status->config_file);
	json_line_text(line, "engine", status->engine);
	json_line_text(line, "forward", status->forward);
	json_line_text(line, "engine_lack", status->lack);
	json_line_time(line, "started", epoch + status->started);
	json_line_number(line, "uptime", (now - status->started) / 1000);
	json_line_number(line, "connections", counters->connections);
	json_line_number(line, "calls", counters->calls);
	json_line_number(line, "resting", counters->quarantined);
	put_ids(line, alg);
	put_interfaces(line, status);
	json_line_number(line, reason_name(REASON_PASSED_BY),
	    counters->reasons[REASON_PASSED_BY]);
	json_line_number(line, "followers", followers);
	put_queue(line, status, 0);
	put_queue(line, status, 1);
	put_queue(line, status, 2);
	put_cluster(line, status, epoch);
	json_line_close(line);
}

void
call_json_cluster(struct json_line *line, const struct control_status *status,
    uint64_t epoch)
{
	json_line_open(line);
	put_cluster(line, status, epoch);
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
call_json_log(struct json_line *line, const char *level, const char *text,
    uint64_t when)
{
	json_line_open(line);
	json_line_text(line, "event", "log");
	json_line_time(line, "time", when);
	json_line_text(line, "level", level);
	json_line_text(line, "text", text);
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

void
call_json_lost(struct json_line *line, uint64_t count, uint64_t when)
{
	json_line_open(line);
	json_line_text(line, "event", "lost");
	json_line_time(line, "time", when);
	json_line_number(line, "count", count);
	json_line_close(line);
}

void
call_json_end(struct json_line *line, const char *error)
{
	json_line_open(line);
	json_line_bool(line, "ok", error == NULL);
	if (error != NULL)
		json_line_text(line, "error", error);
	json_line_close(line);
}
