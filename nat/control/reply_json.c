/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of JSON about the daemon itself, and the one that ends a reply. */
#include <stdio.h>

#include "alg/base/line.h"
#include "nat/control/reply_json.h"

#define NAMES_MAX	600
#define SPACES_SHOWN	8

void
reply_json_counters(struct json_line *line, const struct control_counters *all)
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
	json_line_text(line, "cluster_store", c->store[0] != '\0' ? c->store :
	    c->config->store);
	json_line_text(line, "cluster_sentinel", c->sentinel[0] != '\0' ?
	    c->sentinel : NULL);
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
reply_json_status(struct json_line *line, const struct control_status *status,
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
reply_json_cluster(struct json_line *line, const struct control_status *status,
    uint64_t epoch)
{
	json_line_open(line);
	put_cluster(line, status, epoch);
	json_line_close(line);
}

void
reply_json_log(struct json_line *line, const char *level, const char *text,
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
reply_json_lost(struct json_line *line, uint64_t count, uint64_t when)
{
	json_line_open(line);
	json_line_text(line, "event", "lost");
	json_line_time(line, "time", when);
	json_line_number(line, "count", count);
	json_line_close(line);
}

void
reply_json_end(struct json_line *line, const char *error)
{
	json_line_open(line);
	json_line_bool(line, "ok", error == NULL);
	if (error != NULL)
		json_line_text(line, "error", error);
	json_line_close(line);
}
