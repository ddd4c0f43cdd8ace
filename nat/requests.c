/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers the requests of the control socket. */
#include <stdio.h>
#include <string.h>

#include "nat/base/clock.h"
#include "nat/bpf/engine.h"
#include "nat/cluster/cluster.h"
#include "nat/endpoint/client.h"
#include "nat/endpoint/context.h"
#include "nat/endpoint/endpoint.h"
#include "nat/endpoint/session.h"
#include "nat/endpoint/session_json.h"
#include "nat/journal/journal.h"
#include "nat/net/interface.h"
#include "nat/netfilter/attempt_log.h"
#include "nat/reload.h"
#include "nat/requests.h"
#include "nat/running.h"

static int
on_reset(struct running *h, const struct alg_flow *flow, char *error,
    size_t size)
{
	struct alg_connection_info c;

	if (!alg_connection(h->verdict->alg, flow, &c)) {
		snprintf(error, size, "no such connection any more");
		return -1;
	}
	verdict_reset(h->verdict, flow, REASON_ADMIN, clock_ms());
	return 0;
}

static void
on_log_level(struct running *h, enum config_level level)
{
	log_set_level(reload_level(level));
}

static void
on_status(struct running *h, struct control_status *s)
{
	static const char *const names[] = { "control", "gre", "hairpin" };
	struct queue_counters c;
	size_t i;

	s->config_file = h->file;
	s->config = h->config;
	s->missing = h->missing;
	s->rules = firewall_name(&h->firewall);
	s->engine = "none";
	s->started = h->started;
	s->in_cluster =
	    cluster_status(h->verdict->cluster, clock_ms(), &s->cluster);
	if (h->verdict->engine != NULL) {
		s->engine = engine_name(h->verdict->engine);
		s->forward = engine_forward(h->verdict->engine);
		s->lack = engine_lack(h->verdict->engine);
	}
	s->journal = journal_size(h->verdict->journal);
	for (i = 0; i < RUNNING_QUEUES; i++) {
		s->queue[i].name = names[i];
		if (h->queues[i] == NULL)
			continue;
		queue_counters(h->queues[i], &c);
		s->queue[i].number = c.number;
		s->queue[i].packets = c.packets;
		s->queue[i].batches = c.batches;
		s->queue[i].lost = c.lost;
	}
}

/* By the names that events and lists give them. */
static void
count_failures(const struct running *h, struct control_counters *c)
{
	const uint64_t *failed = attempt_log_failed(h->verdict->attempt_log);

	for (int kind = 0; kind < EXPLAIN_KINDS; kind++) {
		c->more[c->n].name = explain_counter((enum explain_kind)kind);
		c->more[c->n++].value = failed[kind];
	}
}

static void
put_way(struct control_counters *c, const char *name,
    const struct fast_count *in, const struct fast_count *out)
{
	c->ways[c->nways++] = (struct control_traffic){
		.name = name,
		.packets = { in->packets, out->packets },
		.bytes = { in->bytes, out->bytes }
	};
}

/* The translator itself has counted what came by the queue. */
static void
count_ways(const char *forward, const struct fast_count fast[FAST_COUNTERS],
    struct control_counters *c)
{
	const struct fast_count in = { c->alg.gre_in, c->alg.gre_bytes_in };
	const struct fast_count out = { c->alg.gre_out, c->alg.gre_bytes_out };

	put_way(c, "queue", &in, &out);
	if (forward == NULL)
		return;
	put_way(c, strcmp(forward, "direct") == 0 ? forward : "stack",
	    &fast[FAST_IN], &fast[FAST_OUT]);
	put_way(c, "fast", &fast[FAST_FAST_IN], &fast[FAST_FAST_OUT]);
}

static void
add_fast(struct control_counters *c, struct fast_count fast[FAST_COUNTERS])
{
	fast[FAST_IN].packets += fast[FAST_FAST_IN].packets;
	fast[FAST_OUT].packets += fast[FAST_FAST_OUT].packets;
	c->alg.gre_in += fast[FAST_IN].packets;
	c->alg.gre_out += fast[FAST_OUT].packets;
	c->alg.gre_bytes_in += fast[FAST_IN].bytes + fast[FAST_FAST_IN].bytes;
	c->alg.gre_bytes_out +=
	    fast[FAST_OUT].bytes + fast[FAST_FAST_OUT].bytes;
}

static void
on_counters(struct running *h, struct control_counters *c)
{
	static const char *const names[] = {
#define X(id, name) name,
		FAST_LIST(X)
#undef X
	};
	struct fast_count fast[FAST_COUNTERS];
	size_t i;

	alg_counters(h->verdict->alg, &c->alg);
	count_failures(h, c);
	if (h->verdict->engine == NULL)
		return;
	engine_counters(h->verdict->engine, fast);
	count_ways(engine_forward(h->verdict->engine), fast, c);
	add_fast(c, fast);
	for (i = 0; i < FAST_COUNTERS; i++) {
		c->more[c->n].name = names[i];
		c->more[c->n++].value = fast[i].packets;
	}
}

static void
on_ways(struct running *h, const struct alg_call_info *call,
    struct control_way ways[2])
{
	int dir;

	for (dir = ALG_OUTBOUND; dir <= ALG_INBOUND; dir++)
		ways[dir].name = engine_way(h->verdict->engine, call,
		    (enum alg_dir)dir, &ways[dir].confirmed);
}

static void
on_explain(struct running *h, const struct alg_attempt *attempt,
    struct explanations *all)
{
	attempt_log_explain(
	    h->verdict->attempt_log, attempt, clock_ms(), all);
}

static void
on_shutdown(struct running *h, bool purge)
{
	log_info("ending, as asked for%s", purge ?
	    ", with all that is in the kernel" : "");
	if (purge && h->verdict->engine != NULL)
		engine_purge(h->verdict->engine);
	h->ending = true;
}

static bool
on_sessions(struct running *h, const struct request *r, uint32_t *at,
    uint64_t epoch, struct json_line *line)
{
	const struct session *s;

	s = context_next_session(endpoint_context(h->verdict->endpoint), at);
	if (s != NULL && session_json_fits(s, r))
		session_json_write(line, s, epoch);
	return s != NULL;
}

static bool
on_dials(struct running *h, const struct request *r, uint32_t *at,
    uint64_t epoch, struct json_line *line)
{
	const struct client *c = endpoint_next_client(h->verdict->endpoint, at);

	if (c != NULL && (!request_has(r, REQUEST_NAME) ||
	    strcmp(r->text, client_section(c)->name) == 0))
		client_json(line, c, epoch);
	return c != NULL;
}

static bool
on_kick(struct running *h, const struct request *r, uint32_t *at,
    uint32_t *kicked)
{
	struct session *s;

	s = context_next_session(endpoint_context(h->verdict->endpoint), at);
	if (s != NULL && session_json_fits(s, r))
		*kicked += session_kick(s);
	return s != NULL;
}

static int
on_dial(struct running *h, const char *name, bool up, char *error, size_t size)
{
	return endpoint_dial(h->verdict->endpoint, name, up, error, size);
}

static void
on_session_counters(struct running *h, control_count *count, void *arg)
{
	const struct endpoint *e = h->verdict->endpoint;

	if (e != NULL)
		session_json_counters(endpoint_context(e), count, arg);
}

struct control_host
requests_control(struct running *h)
{
	return (struct control_host){
		.alg = h->verdict->alg,
		.running = h,
		.reset = on_reset,
		.reload = reload_config,
		.log_level = on_log_level,
		.status = on_status,
		.counters = on_counters,
		.ways = on_ways,
		.explain = on_explain,
		.shutdown = on_shutdown,
		.sessions = on_sessions,
		.dials = on_dials,
		.kick = on_kick,
		.dial = on_dial,
		.session_counters = on_session_counters
	};
}
