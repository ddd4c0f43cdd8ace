/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clients' parent process: it times the phases, sends GRE and reports,
 * while its children have the control connections.
 */
#include <err.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nat/base/loop.h"
#include "tools/load/client.h"
#include "tools/load/dial.h"
#include "tools/load/ping.h"
#include "tools/load/must.h"
#include "tools/load/process.h"
#include "tools/load/progress.h"
#include "tools/load/report.h"
#include "tools/load/traffic.h"

#define DRAIN		500	/* ms between two looks at what comes back */
#define QUIET		4	/* looks: nothing more comes after these */
#define FAILURES_MAX	32	/* kinds of failures that are listed */

/* The clients' parent process: it sends GRE while its children keep calls. */
struct client {
	const struct load_options *options;
	struct dial_call	*calls;
	struct loop		*loop;
	struct watch		*ready, *held, *drained, *signals[2];
	struct traffic		*traffic;
	struct ping_shared	*pings;		/* or NULL */
	struct progress		*progress;
	uint64_t		 returned;	/* as drained has seen it */
	unsigned		 quiet;		/* looks, since that */
	bool			 set_up, failed;
};

static int
compare_latency(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Value at a fraction of a sorted list, in milliseconds. */
static double
percentile(const uint32_t *sorted, uint32_t n, double fraction)
{
	return n == 0 ? 0 : sorted[(uint32_t)((n - 1) * fraction)] / 1000.0;
}

static bool
same_failure(const struct failure *a, const struct failure *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* Counts equal failures of the calls that did, or did not, come up. */
static void
count_failures(const struct client *c, bool came_up,
    struct report_failure list[FAILURES_MAX])
{
	const struct dial_call *call = c->calls;
	uint32_t kind;

	memset(list, 0, FAILURES_MAX * sizeof(list[0]));
	for (; call < c->calls + c->options->calls; call++) {
		if (call->came_up != came_up ||
		    (came_up && call->failure.kind == FAILURE_WELL))
			continue;
		for (kind = 0; kind < FAILURES_MAX - 2 &&
		    list[kind].count > 0 &&
		    !same_failure(&list[kind].failure, &call->failure); kind++)
			;
		list[kind].failure = call->failure;
		list[kind].count++;
	}
}

static void
report_setup(struct client *c)
{
	struct report_failure failures[FAILURES_MAX];
	uint32_t n = c->options->calls, up = 0;
	uint32_t *latency = must_have(calloc(n, sizeof(latency[0])));
	uint64_t first = UINT64_MAX, last = 0;
	double seconds;

	for (const struct dial_call *call = c->calls; call < c->calls + n;
	    call++) {
		if (!call->came_up)
			continue;
		latency[up++] = call->latency;
		if (call->begun < first)
			first = call->begun;
		if (call->begun + call->latency > last)
			last = call->begun + call->latency;
	}
	progress_hide(c->progress);
	qsort(latency, up, sizeof(latency[0]), compare_latency);
	seconds = up == 0 ? 0 : (double)(last - first) / 1e6;
	count_failures(c, false, failures);
	report_print(c->options->json, "setup", (struct report_line[]){
	    { "calls", n, 0 }, { "up", up, 0 }, { "failed", n - up, 0 },
	    { "seconds", seconds, 3 },
	    { "calls_per_second", seconds > 0 ? up / seconds : 0, 1 },
	    { "latency_p50_ms", percentile(latency, up, 0.5), 3 },
	    { "latency_p99_ms", percentile(latency, up, 0.99), 3 },
	    { "latency_max_ms", percentile(latency, up, 1), 3 },
	    { NULL, 0, 0 } }, failures);
	free(latency);
	c->failed = up < n;
	c->set_up = true;
}

static void
report_counts(struct client *c, const char *phase,
    const struct flow_counts *counts)
{
	progress_hide(c->progress);
	report_print(c->options->json, phase, (struct report_line[]){
	    { "calls", counts->calls, 0 },
	    { "calls_silent", counts->silent, 0 },
	    { "sent", (double)counts->sent, 0 },
	    { "received", (double)counts->received, 0 },
	    { "lost", (double)(counts->sent - counts->received), 0 },
	    { "unsent", (double)counts->unsent, 0 },
	    { "wrong_call", (double)counts->wrong_call, 0 },
	    { "duplicates", (double)counts->duplicates, 0 },
	    { "late", (double)counts->late, 0 },
	    { "strange", (double)counts->strange, 0 },
	    { NULL, 0, 0 } }, NULL);
	if (counts->silent > 0 || counts->wrong_call > 0)
		c->failed = true;
}

static void
report_traffic(struct client *c)
{
	struct flow_counts counts;

	traffic_end(c->traffic, &counts);
	c->traffic = NULL;
	report_counts(c, "gre", &counts);
}

static void
report_pings(struct client *c)
{
	struct flow_counts counts;

	ping_look(c->pings, c->options->processes, &counts);
	report_counts(c, "ping", &counts);
}

static void
report_end(struct client *c)
{
	struct report_failure failures[FAILURES_MAX];
	uint32_t n = c->options->calls, ended = 0, lost = 0;

	for (uint32_t i = 0; i < n; i++) {
		lost += c->calls[i].came_up &&
		    c->calls[i].failure.kind != FAILURE_WELL;
		ended += c->calls[i].came_up &&
		    c->calls[i].failure.kind == FAILURE_WELL;
	}
	count_failures(c, true, failures);
	progress_hide(c->progress);
	report_print(c->options->json, "end", (struct report_line[]){
	    { c->options->clear ? "cleared" : "left", ended, 0 },
	    { "lost", lost, 0 },
	    { NULL, 0, 0 } }, failures);
	if (lost > 0)
		c->failed = true;
}

static void
client_counts(const struct client *c, struct flow_counts *counts)
{
	if (c->traffic != NULL)
		traffic_look(c->traffic, counts);
	else
		ping_look(c->pings, c->options->processes, counts);
}

/* The line of progress on a terminal. */
static void
client_progress(void *arg, char *text, size_t size)
{
	struct client *c = arg;
	struct flow_counts counts;
	uint32_t n = c->options->calls, up = 0, failed = 0;

	if (c->traffic != NULL || (c->pings != NULL && c->pings->on)) {
		client_counts(c, &counts);
		snprintf(text, size, "%s: %" PRIu64 " sent, %" PRIu64
		    " received, %" PRIu64 " of a wrong call",
		    c->traffic != NULL ? "GRE" : "pings", counts.sent,
		    counts.received, counts.wrong_call);
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		up += c->calls[i].state == DIAL_UP;
		failed += c->calls[i].failure.kind != FAILURE_WELL;
	}
	snprintf(text, size, "%u of %u calls up, %u failed", up, n, failed);
}

/* On a slow path, or a busy machine, what was sent comes back long after. */
static void
client_drained(void *arg)
{
	struct client *c = arg;
	struct flow_counts counts;

	client_counts(c, &counts);
	c->quiet = counts.received == c->returned ? c->quiet + 1 : 0;
	if (c->quiet == QUIET || counts.received == counts.sent) {
		loop_end(c->loop);
		return;
	}
	c->returned = counts.received;
	loop_watch_in(c->drained, DRAIN);
}

static void
client_held(void *arg)
{
	struct client *c = arg;

	if (c->traffic == NULL && c->pings == NULL) {
		loop_end(c->loop);
		return;
	}
	if (c->traffic != NULL)
		traffic_pause(c->traffic);
	else
		c->pings->on = false;
	loop_watch_in(c->drained, DRAIN);
}

static void
client_ready(void *arg)
{
	struct client *c = arg;

	loop_watch_stop(c->ready);
	report_setup(c);
	if (c->options->gre > 0)
		c->traffic = traffic_start(c->loop, c->options, c->calls);
	if (c->pings != NULL)
		c->pings->on = true;
	loop_watch_in(c->held, (uint64_t)(c->options->hold * 1e3));
}

static void
client_interrupted(void *arg)
{
	struct client *c = arg;

	if (!c->set_up) {
		report_setup(c);
		loop_end(c->loop);
	} else {
		loop_watch_in(c->held, 0);
	}
}

static void
client_child(void *arg, uint32_t index, int ready, int stop)
{
	struct client *c = arg;

	dial_run(c->options, c->calls, c->pings, index, ready, stop);
}

static void
client_loop(struct client *c, int ready)
{
	c->loop = must_have(loop_open());
	c->ready = must_have(loop_read(c->loop, ready, client_ready, c));
	c->held = must_have(loop_timer(c->loop, client_held, c));
	c->drained = must_have(loop_timer(c->loop, client_drained, c));
	c->signals[0] = must_have(loop_signal(c->loop, SIGINT,
	    client_interrupted, c));
	c->signals[1] = must_have(loop_signal(c->loop, SIGTERM,
	    client_interrupted, c));
	c->progress = progress_new(c->loop, client_progress, c);
	loop_run(c->loop);
}

int
client_run(const struct load_options *o)
{
	struct client c = { .options = o };
	struct processes children;

	c.calls = process_memory(o->calls * sizeof(c.calls[0]));
	if (o->ping > 0)
		c.pings = process_memory(sizeof(*c.pings));
	if (process_start(&children, o->processes, client_child, &c) == -1)
		err(1, "processes");
	client_loop(&c, children.ready);
	if (c.traffic != NULL)
		report_traffic(&c);
	process_stop(&children);
	if (c.pings != NULL && c.set_up)
		report_pings(&c);
	report_end(&c);
	progress_free(c.progress);
	loop_watch_free(c.ready);
	loop_watch_free(c.held);
	loop_watch_free(c.drained);
	loop_watch_free(c.signals[0]);
	loop_watch_free(c.signals[1]);
	loop_close(c.loop);
	return c.failed ? 1 : 0;
}
