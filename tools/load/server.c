/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/load/answer.h"
#include "tools/load/loop.h"
#include "tools/load/process.h"
#include "tools/load/progress.h"
#include "tools/load/raw.h"
#include "tools/load/report.h"
#include "tools/load/server.h"
#include "tools/load/socket.h"

#define BATCHES		16	/* of GRE before anything else gets its turn */

/* The server's parent process: it echoes GRE while its children answer. */
struct server {
	const struct load_options *options;
	struct map		*map;
	struct answer_counts	*counts;
	struct raw		*gre;
	int			 listeners[PROCESSES_MAX];
	uint64_t		 received, echoed, unknown, unsent;
};

/* Sends a batch of packets back, each to the call it came from. */
static void
echo_batch(struct server *s, unsigned n)
{
	struct raw_packet packet;
	unsigned out = 0, sent;
	uint16_t call_id;

	for (unsigned i = 0; i < n; i++) {
		if (raw_parse(s->gre, i, &packet) == -1 ||
		    !map_find(s->map, packet.source, packet.call_id,
		    &call_id)) {
			s->unknown++;
			continue;
		}
		raw_turn(s->gre, i, out++, &packet, call_id);
	}
	sent = raw_send(s->gre, out);
	s->received += n;
	s->echoed += sent;
	s->unsent += out - sent;
}

static void
server_gre(enum loop_what what, void *arg)
{
	struct server *s = arg;
	unsigned n = RAW_BATCH;

	for (int i = 0; i < BATCHES && n == RAW_BATCH; i++) {
		n = raw_receive(s->gre);
		echo_batch(s, n);
	}
}

static void
server_interrupted(enum loop_what what, void *arg)
{
	loop_stop(arg);
}

static void
server_child(void *arg, uint32_t index, int settled, int stop)
{
	struct server *s = arg;

	close(settled);
	answer_run(s->options, s->listeners[index], stop, s->map, s->counts);
}

static void
server_report(const struct server *s)
{
	const struct answer_counts *c = s->counts;
	const struct report_line lines[] = {
		{ "connections", (double)c->connections, 0 },
		{ "calls", (double)c->calls, 0 },
		{ "calls_refused", (double)c->refused, 0 },
		{ "calls_cleared", (double)c->cleared, 0 },
		{ "malformed", (double)c->malformed, 0 },
		{ "broken", (double)c->broken, 0 },
		{ "out_of_descriptors", (double)c->no_file, 0 },
		{ "strangers", (double)c->strangers, 0 },
		{ "gre_received", (double)s->received, 0 },
		{ "gre_echoed", (double)s->echoed, 0 },
		{ "gre_unknown", (double)s->unknown, 0 },
		{ "gre_unsent", (double)s->unsent, 0 },
		{ NULL, 0, 0 }
	};

	report_print(s->options->json, "server", lines, NULL);
}

static void
server_open(struct server *s)
{
	s->map = map_new();
	s->counts = process_memory(sizeof *s->counts);
	if (s->map == NULL || s->counts == NULL)
		err(1, "shared memory");
	/* All listen before the first child runs: none misses a SYN. */
	for (uint32_t i = 0; i < s->options->processes; i++)
		s->listeners[i] = socket_listen(s->options);
	s->gre = raw_open(s->options->address);
	if (s->gre == NULL && errno != EPERM)
		err(1, "raw GRE socket");
	if (s->gre == NULL)
		warnx("no GRE echo: a raw socket needs CAP_NET_RAW (root)");
}

/* For eyes. */
static void
server_progress(void *arg, char *text, size_t size)
{
	const struct server *s = arg;

	snprintf(text, size, "%" PRIu64 " connections, %" PRIu64 " calls, "
	    "GRE: %" PRIu64 " received, %" PRIu64 " returned",
	    s->counts->connections, s->counts->calls, s->received, s->echoed);
}

static void
server_loop(struct server *s)
{
	struct loop *loop = loop_new();
	struct progress *progress;
	struct watch *gre = NULL;

	loop_interrupt(loop, server_interrupted, loop);
	if (s->gre != NULL) {
		gre = watch_new(loop, s->gre->fd, LOOP_READ, server_gre, s);
		watch_start(gre, 0);
	}
	puts("ready");
	fflush(stdout);
	progress = progress_new(loop, server_progress, s);
	loop_run(loop);
	progress_free(progress);
	if (gre != NULL)
		watch_free(gre);
	loop_free(loop);
}

int
server_run(const struct load_options *o)
{
	struct server s = { .options = o };
	struct processes children;

	server_open(&s);
	if (processes_start(&children, o->processes, server_child, &s) == -1)
		err(1, "processes");
	for (uint32_t i = 0; i < o->processes; i++)
		close(s.listeners[i]);
	server_loop(&s);
	processes_stop(&children);
	server_report(&s);
	raw_close(s.gre);
	return 0;
}
