/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One process of the clients: which line comes up when, when they all go. */
#include <stdlib.h>
#include <unistd.h>

#include "nat/base/loop.h"
#include "tools/load/dial.h"
#include "tools/load/line.h"
#include "tools/load/login.h"
#include "tools/load/ping.h"
#include "tools/load/must.h"
#include "tools/load/process.h"

#define PACE		1	/* ms between starts of calls under --rate */

/* One process's share of the lines: first they all come up, then all go. */
struct dial {
	const struct load_options *options;
	struct lines		 shared;
	struct watch		*pump, *stopped;
	struct line		*lines;
	uint32_t		 n, next, flying, done;
	bool			 ending;
	int			 ready;
	uint64_t		 begun;
};

/* A line is where it should be, for now or for ever: next, please. */
static void
dial_done(void *arg)
{
	struct dial *d = arg;

	d->flying--;
	d->done++;
	loop_watch_in(d->pump, 0);
}

/* How many lines may have been begun by now. */
static uint32_t
dial_due(const struct dial *d)
{
	double seconds = (double)(process_clock() - d->begun) / 1e6;
	double due = 1 + seconds * d->options->rate / d->options->processes /
	    d->options->per_connection;

	return d->ending || d->options->rate == 0 || due > d->n ? d->n :
	    (uint32_t)due;
}

/* All calls are up or have failed, or all connections are over. */
static void
dial_calls_done(struct dial *d)
{
	if (d->ending) {
		loop_end(d->shared.loop);
	} else if (d->ready != -1) {
		close(d->ready);
		d->ready = -1;
	}
}

static void
dial_next(struct dial *d, struct line *l)
{
	if (d->ending && l->fd == -1) {
		d->done++;
		return;
	}
	d->flying++;
	if (d->ending)
		line_clear(l);
	else
		line_open(l);
}

/* Lets lines begin, or end, as many as may be under way at once. */
static void
dial_pump(void *arg)
{
	struct dial *d = arg;
	uint32_t most = d->options->concurrency / d->options->processes + 1;
	uint32_t due = dial_due(d);

	while (d->next < due && d->flying < most) {
		dial_next(d, &d->lines[d->next++]);
	}
	if (d->done == d->n)
		dial_calls_done(d);
	else if (due < d->n)
		loop_watch_in(d->pump, PACE);
}

/* Clears what is up; what is still being set up is given up. */
static void
dial_stopped(void *arg)
{
	struct dial *d = arg;

	loop_watch_stop(d->stopped);
	if (!d->options->clear) {
		loop_end(d->shared.loop);
		return;
	}
	for (uint32_t i = 0; i < d->n; i++)
		line_give_up(&d->lines[i]);
	d->ending = true;
	d->next = d->done = d->flying = 0;
	loop_watch_in(d->pump, 0);
}

static void
dial_lines(struct dial *d, struct dial_call *calls, uint32_t index)
{
	const struct load_options *o = d->options;
	struct line *l;

	d->n = (options_connections(o) - index + o->processes - 1) /
	    o->processes;
	d->lines = must_have(calloc(d->n, sizeof(d->lines[0])));
	for (uint32_t i = 0; i < d->n; i++) {
		l = &d->lines[i];
		l->lines = &d->shared;
		l->number = (index + i * o->processes) * o->per_connection;
		l->ncalls = o->calls - l->number < o->per_connection ?
		    o->calls - l->number : o->per_connection;
		l->calls = l->call = &calls[l->number];
		l->fd = -1;
		for (uint32_t j = 0; j < l->ncalls; j++)
			l->calls[j].ctrl.id = options_call_id(o, l->number + j);
	}
}

void
dial_run(const struct load_options *o, struct dial_call *calls,
    struct ping_shared *pings, uint32_t index, int ready, int stop)
{
	struct loop *loop = must_have(loop_open());
	struct dial d = { .options = o, .ready = ready,
	    .shared = { .options = o, .loop = loop, .done = dial_done,
	    .arg = &d } };
	struct ping *ping = NULL;

	if (o->user != NULL)
		d.shared.login = login_open(loop, o);
	if (pings != NULL)
		ping = ping_new(loop, o, d.shared.login, calls, pings, index);
	d.pump = must_have(loop_timer(loop, dial_pump, &d));
	d.stopped = must_have(loop_read(loop, stop, dial_stopped, &d));
	dial_lines(&d, calls, index);
	d.begun = process_clock();
	loop_watch_in(d.pump, 0);
	loop_run(loop);
	ping_end(ping);
}
