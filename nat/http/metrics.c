/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes each number with the name, type and help of its metric. */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "nat/base/clock.h"
#include "nat/http/metrics.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))
#define PUBLICS		64	/* addresses that get a line; the fullest */

/* By what the daemon calls a counter, or a family of them. */
static const struct metric {
	const char	*key, *name;
	bool		 gauge;
	const char	*label;		/* of a family, or NULL */
	const char	*help;
} metrics[] = {
	{ "started", "start_time_seconds", true, NULL,
	    "When the daemon was started, in seconds since 1970." },
	{ "connections", "connections", true, NULL,
	    "Control connections that are translated now." },
	{ "calls", "calls", true, NULL, "Calls that are translated now." },
	{ "quarantined", "call_ids_quarantined", true, NULL,
	    "Call IDs that wait until they may be used again." },
	{ "missing", "interfaces_missing", true, NULL,
	    "Interfaces of the configuration that do not exist." },
	{ "journal", "journal_bytes", true, NULL,
	    "Bytes in the journal's file." },
	{ "segments", "control_segments", false, NULL,
	    "TCP segments of control connections." },
	{ "messages", "control_messages", false, NULL,
	    "Whole control messages." },
	{ "rewritten", "control_segments_rewritten", false, NULL,
	    "Segments in which call IDs were translated." },
	{ "calls_up", "calls_established", false, NULL,
	    "Calls that came up." },
	{ "calls_down", "calls_ended", false, NULL, "Calls that ended." },
	{ "calls_refused", "calls_refused", false, NULL,
	    "Calls refused, by us or by the other end." },
	{ "icmp", "icmp_errors_translated", false, NULL,
	    "ICMP errors about GRE that were translated." },
	{ "reason", "reasons", false, "reason",
	    "Packets and calls by why they did not pass or ended." },
	{ "failed", "attempts_failed", false, "trouble",
	    "Attempts of clients that failed, by the likely reason." },
	{ "bpf", "bpf_packets_left", false, "why",
	    "Packets that the BPF programs left to the stack or the queue." },
	{ "sessions", "sessions", true, NULL, "Sessions that end here." },
	{ "control_connections", "session_connections", true, NULL,
	    "Control connections that end here." },
	{ "logins", "logins", false, NULL, "Logins that succeeded." },
	{ "tunnel_gre_in", "session_gre_received_packets", false, NULL,
	    "GRE packets of sessions that were received." },
	{ "tunnel_gre_out", "session_gre_sent_packets", false, NULL,
	    "GRE packets of sessions that were sent." },
	{ "tunnel_gre_cut_short", "session_gre_cut_short_packets", false,
	    NULL, "GRE packets that were larger than any that is taken." },
	{ "tunnel_gre_unsent", "session_gre_unsent_packets", false, NULL,
	    "GRE packets that the kernel did not take." },
	{ "tun_refused", "session_tun_refused_packets", false, NULL,
	    "Packets out of tunnels that the kernel did not take." },
	{ "session", "session_ends", false, "reason",
	    "Sessions that ended, by why." },
	{ "drop", "session_dropped_packets", false, "reason",
	    "Packets of sessions that were dropped, by why." },
};

struct metrics_text {
	FILE			*f;
	const struct metric	*last;	/* whose heading is written */
};

static void
write_heading(FILE *f, const char *name, const char *type, const char *help)
{
	fprintf(f, "# TYPE pptpalg_%s %s\n# HELP pptpalg_%s %s\n", name, type,
	    name, help);
}

/* What no row is about is no metric. */
static void
write_count(void *arg, const char *key, const char *name, uint64_t value)
{
	const struct metric *m = metrics;
	struct metrics_text *w = arg;

	while (m < &metrics[NELEM(metrics)] && strcmp(m->key, key) != 0)
		m++;
	if (m == &metrics[NELEM(metrics)])
		return;
	if (m != w->last)
		write_heading(w->f, m->name, m->gauge ? "gauge" : "counter",
		    m->help);
	w->last = m;
	fprintf(w->f, "pptpalg_%s%s", m->name, m->gauge ? "" : "_total");
	if (name != NULL)
		fprintf(w->f, "{%s=\"%s\"}", m->label, name);
	fprintf(w->f, " %" PRIu64 "\n", value);
}

/* Of a family, those whose names begin so. */
static void
write_more(
    struct metrics_text *w, const struct control_counters *c, const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < c->n; i++)
		if (strncmp(c->more[i].name, key, len) == 0 &&
		    c->more[i].name[len] == '-')
			write_count(w, key, c->more[i].name + len + 1,
			    c->more[i].value);
}

static void
write_alg(struct metrics_text *w, const struct alg_counters *a)
{
	write_count(w, "connections", NULL, a->connections);
	write_count(w, "calls", NULL, a->calls);
	write_count(w, "quarantined", NULL, a->quarantined);
	write_count(w, "segments", NULL, a->segments);
	write_count(w, "messages", NULL, a->messages);
	write_count(w, "rewritten", NULL, a->rewritten);
	write_count(w, "calls_up", NULL, a->calls_up);
	write_count(w, "calls_down", NULL, a->calls_down);
	write_count(w, "calls_refused", NULL, a->calls_refused);
	write_count(w, "icmp", NULL, a->icmp);
	for (int i = REASON_NONE + 1; i < REASON_COUNT; i++)
		write_count(w, "reason", reason_name((enum reason)i),
		    a->reasons[i]);
}

/* Times are ms; a histogram's are seconds, and each bound counts all below. */
static void
write_setups(FILE *f, const struct alg_counters *a)
{
	static const uint32_t bounds[ALG_SETUPS] = ALG_SETUP_BOUNDS;
	uint64_t sum = 0;

	write_heading(f, "call_setup_seconds", "histogram",
	    "Time from a call's request until it was up.");
	for (int i = 0; i < ALG_SETUPS; i++) {
		sum += a->setups[i];
		fprintf(f, "pptpalg_call_setup_seconds_bucket{le=\"");
		if (i == ALG_SETUPS - 1)
			fprintf(f, "+Inf");
		else
			fprintf(f, "%" PRIu32 ".%03" PRIu32, bounds[i] / 1000,
			    bounds[i] % 1000);
		fprintf(f, "\"} %" PRIu64 "\n", sum);
	}
	fprintf(f, "pptpalg_call_setup_seconds_sum %" PRIu64 ".%03" PRIu64
	    "\npptpalg_call_setup_seconds_count %" PRIu64 "\n",
	    a->setup_time / 1000, a->setup_time % 1000, sum);
}

static void
write_way(FILE *f, const char *name, const struct control_status *s,
    const char *way, const uint64_t values[2])
{
	static const char *const directions[] = { "in", "out" };

	for (int i = 0; i < 2; i++)
		fprintf(f, "pptpalg_%s_total{direction=\"%s\",engine=\"%s\","
		    "way=\"%s\"} %" PRIu64 "\n", name, directions[i],
		    s->engine, way, values[i]);
}

static void
write_gre(FILE *f, const struct control_status *s,
    const struct control_counters *c)
{
	write_heading(f, "gre_packets", "counter", "GRE packets that were "
	    "translated, by who carried them (way).");
	for (size_t i = 0; i < c->nways; i++)
		write_way(f, "gre_packets", s, c->ways[i].name,
		    c->ways[i].packets);
	write_heading(f, "gre_bytes", "counter", "Bytes of these packets, "
	    "with IP header.");
	for (size_t i = 0; i < c->nways; i++)
		write_way(f, "gre_bytes", s, c->ways[i].name,
		    c->ways[i].bytes);
}

static void
write_queue(FILE *f, const struct control_status *s, const char *name,
    const char *help, size_t offset)
{
	size_t i;

	write_heading(f, name, "counter", help);
	for (i = 0; i < NELEM(s->queue); i++)
		fprintf(f, "pptpalg_%s_total{queue=\"%s\"} %" PRIu64 "\n", name,
		    s->queue[i].name, *(const uint64_t *)(const void *)
		    ((const char *)&s->queue[i] + offset));
}

static void
write_queues(FILE *f, const struct control_status *s)
{
	write_queue(f, s, "queue_packets", "Packets that came by a queue.",
	    offsetof(struct control_queue, packets));
	write_queue(f, s, "queue_batches", "System calls that brought them.",
	    offsetof(struct control_queue, batches));
	write_queue(f, s, "queue_lost_packets", "Packets that the daemon did "
	    "not read in time.", offsetof(struct control_queue, lost));
}

/* Keeps the most that any peer of a public address has; few addresses. */
static void
rank_public(struct alg_id_space top[PUBLICS], const struct alg_id_space *space)
{
	struct alg_id_space *least = &top[0];

	for (int i = 0; i < PUBLICS; i++) {
		if (top[i].used > 0 && top[i].public == space->public) {
			least = &top[i];
			break;
		}
		if (top[i].used < least->used)
			least = &top[i];
	}
	if (space->used > least->used)
		*least = *space;
}

/* Of each space one ID is never given to a call. */
static void
write_ids(FILE *f, const struct alg *alg)
{
	struct alg_id_space top[PUBLICS] = { { .used = 0 } }, space;
	uint32_t at = 0;

	while (alg_id_spaces(alg, &at, &space))
		rank_public(top, &space);
	write_heading(f, "call_ids_used", "gauge", "Call IDs of a public "
	    "address that are taken or in quarantine towards the outside peer "
	    "with most of them, out of 65535.");
	for (int i = 0; i < PUBLICS; i++)
		if (top[i].used > 0)
			fprintf(f, "pptpalg_call_ids_used{public=\"%u.%u.%u.%u"
			    "\"} %u\n", top[i].public >> 24,
			    top[i].public >> 16 & 255,
			    top[i].public >> 8 & 255, top[i].public & 255,
			    top[i].used - 1);
}

static void
write_status(struct metrics_text *w, const struct control_status *s)
{
	write_heading(w->f, "build", "info", "What runs, and how it forwards.");
	fprintf(w->f, "pptpalg_build_info{version=\"" VERSION
	    "\",engine=\"%s\",forward=\"%s\"} 1\n", s->engine,
	    s->forward == NULL ? "" : s->forward);
	write_count(w, "started", NULL,
	    (clock_epoch(clock_ms()) + s->started) / 1000);
	write_count(w, "missing", NULL, s->missing);
	write_count(w, "journal", NULL, s->journal);
}

void
metrics_write(const struct control_host *host, FILE *f)
{
	struct metrics_text w = { .f = f };
	struct control_counters c;
	struct control_status s;

	memset(&s, 0, sizeof(s));
	memset(&c, 0, sizeof(c));
	host->status(host->running, &s);
	host->counters(host->running, &c);
	write_status(&w, &s);
	write_alg(&w, &c.alg);
	write_more(&w, &c, "failed");
	write_more(&w, &c, "bpf");
	if (host->session_counters != NULL)
		host->session_counters(host->running, write_count, &w);
	write_setups(f, &c.alg);
	write_gre(f, &s, &c);
	write_queues(f, &s);
	write_ids(f, host->alg);
	fprintf(f, "# EOF\n");
}
