/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The server's parent process: it echoes GRE, and reports at the end what its
 * children have counted.
 */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "alg/pptp/gre.h"
#include "nat/base/loop.h"
#include "tools/load/answer.h"
#include "tools/load/must.h"
#include "tools/load/process.h"
#include "tools/load/progress.h"
#include "tools/load/raw.h"
#include "tools/load/report.h"
#include "tools/load/server.h"

#define BATCHES		16	/* of GRE before anything else gets its turn */
#define BACKLOG		65535	/* the kernel lowers it to somaxconn */

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
	struct packet packet;
	struct gre gre;
	unsigned out = 0, sent;
	uint16_t call_id;

	for (unsigned i = 0; i < n; i++) {
		if (raw_packet(s->gre, i, &packet) == -1 ||
		    gre_parse(&gre, &packet) != REASON_NONE ||
		    !map_find(s->map, packet.src, gre.call_id, &call_id)) {
			s->unknown++;
			continue;
		}
		raw_turn(s->gre, out++, &packet, call_id);
	}
	sent = raw_send(s->gre, out);
	s->received += n;
	s->echoed += sent;
	s->unsent += out - sent;
}

static void
server_gre(void *arg)
{
	struct server *s = arg;
	unsigned n = RAW_BATCH;

	for (int i = 0; i < BATCHES && n == RAW_BATCH; i++) {
		n = raw_receive(s->gre);
		echo_batch(s, n);
	}
}

static void
server_interrupted(void *arg)
{
	loop_end(arg);
}

static void
server_child(void *arg, uint32_t index, int ready, int stop)
{
	struct server *s = arg;

	close(ready);
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

/* One of several that share the connections. */
static int
listen_socket(const struct load_options *o)
{
	struct sockaddr_in local = { .sin_family = AF_INET,
	    .sin_port = htons(o->port), .sin_addr.s_addr = htonl(o->address) };
	int yes = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0);

	if (fd == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes)) == -1 ||
	    bind(fd, (struct sockaddr *)&local, sizeof(local)) == -1 ||
	    listen(fd, BACKLOG) == -1)
		err(1, "listen on port %u (is another server there?)",
		    o->port);
	return fd;
}

static void
server_open(struct server *s)
{
	s->map = map_new();
	s->counts = process_memory(sizeof(*s->counts));
	/* All listen before the first child runs: none misses a SYN. */
	for (uint32_t i = 0; i < s->options->processes; i++)
		s->listeners[i] = listen_socket(s->options);
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
	struct loop *loop = must_have(loop_open());
	struct progress *progress;
	struct watch *signals[2], *gre = NULL;

	signals[0] = must_have(loop_signal(loop, SIGINT, server_interrupted,
	    loop));
	signals[1] = must_have(loop_signal(loop, SIGTERM, server_interrupted,
	    loop));
	if (s->gre != NULL)
		gre = must_have(loop_read(loop, s->gre->fd, server_gre, s));
	puts("ready");
	fflush(stdout);
	progress = progress_new(loop, server_progress, s);
	loop_run(loop);
	progress_free(progress);
	loop_watch_free(gre);
	loop_watch_free(signals[0]);
	loop_watch_free(signals[1]);
	loop_close(loop);
}

int
server_run(const struct load_options *o)
{
	struct server s = { .options = o };
	struct processes children;

	server_open(&s);
	if (process_start(&children, o->processes, server_child, &s) == -1)
		err(1, "processes");
	for (uint32_t i = 0; i < o->processes; i++)
		close(s.listeners[i]);
	server_loop(&s);
	process_stop(&children);
	server_report(&s);
	raw_close(s.gre);
	return 0;
}
