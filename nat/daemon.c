/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/random.h>
#include <sys/resource.h>

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alg/alg.h"
#include "nat/base/clock.h"
#include "nat/base/loop.h"
#include "nat/base/notify.h"
#include "nat/base/privilege.h"
#include "nat/bpf/engine.h"
#include "nat/control/control.h"
#include "nat/daemon.h"
#include "nat/endpoint/endpoint.h"
#include "nat/journal/journal.h"
#include "nat/net/interface.h"
#include "nat/netfilter/call_log.h"
#include "nat/netfilter/conntrack.h"
#include "nat/netfilter/queue.h"
#include "nat/netfilter/tcp_reset.h"
#include "nat/netfilter/verdict.h"
#include "nat/preflight.h"
#include "nat/reload.h"
#include "nat/requests.h"

#define TICK		100	/* ms */
#define LOSS_TICKS	10	/* ticks between two looks for lost packets */
#define END_TICKS	30	/* ticks that tunnels have to say good-bye */
#define ERROR		512	/* bytes of a sentence */
#define DESCRIPTORS	256	/* beside those of tunnels */

#define WATCHES		8

struct daemon {
	unsigned int		 ticks, ending;	/* ticks that are left */
	struct loop		*loop;
	struct watch		*watches[WATCHES];
	struct watch		*tick;		/* one of them */
	size_t			 nwatches;
	struct verdict		 judge;		/* owns what it points to */
	struct requests		 host;		/* the same, and more */
};

enum log_level
daemon_log_level(const struct daemon *d)
{
	return host_log_level(&d->host);
}

/*
 * The event loop's callbacks.
 */

static void
on_queue_control(void *arg)
{
	struct daemon *d = arg;

	queue_read(d->host.queues[REQUESTS_CONTROL]);
}

static void
on_queue_gre(void *arg)
{
	struct daemon *d = arg;

	queue_read(d->host.queues[REQUESTS_GRE]);
}

static void
on_conntrack(void *arg)
{
	struct daemon *d = arg;
	uint64_t now = clock_ms();

	conntrack_read(d->judge.conntrack, now);
	verdict_changes(&d->judge, now);
}

static void
on_interface(void *arg)
{
	struct daemon *d = arg;

	interface_read(d->judge.interface);
	engine_interfaces(d->judge.engine);
}

static void
look_for_losses(struct daemon *d, uint64_t now)
{
	struct queue_counters c;
	uint64_t lost;
	size_t i;

	for (i = 0; i < REQUESTS_QUEUES; i++) {
		if ((lost = queue_lost(d->host.queues[i])) == 0)
			continue;
		queue_counters(d->host.queues[i], &c);
		call_log_loss(d->judge.notice, c.number, lost, now);
		alg_count(d->judge.alg, REASON_QUEUE_LOSS, lost);
	}
}

static void
tick_alg(struct daemon *d, uint64_t now)
{
	conntrack_tick(d->judge.conntrack, now);
	verdict_changes(&d->judge, now);
	journal_tick(d->judge.journal, now);
	if (++d->ticks % LOSS_TICKS == 0)
		look_for_losses(d, now);
}

/* A second order is for those who do not want to wait. */
static void
end(struct daemon *d)
{
	if (d->ending > 0 || endpoint_idle(d->host.terminator))
		loop_end(d->loop);
	if (d->ending > 0)
		return;
	notify_send("STOPPING=1");
	d->ending = END_TICKS;
	endpoint_stop(d->host.terminator);
}

static void
on_tick(void *arg)
{
	struct daemon *d = arg;
	uint64_t now = clock_ms();

	loop_watch_in(d->tick, TICK);
	alg_tick(d->judge.alg, now);
	if (d->judge.conntrack != NULL)
		tick_alg(d, now);
	if (d->ending > 0 && (--d->ending == 0 ||
	    endpoint_idle(d->host.terminator)))
		loop_end(d->loop);
	/* By now, who asked for it has the reply. */
	if (d->host.ending && d->ending == 0)
		end(d);
}

static void
on_end(void *arg)
{
	log_info("ending on a signal");
	end(arg);
}

static void
on_hangup(void *arg)
{
	struct daemon *d = arg;
	char error[ERROR];

	snprintf(error, sizeof(error), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
	    clock_ms() * 1000);
	notify_send(error);
	(void)host_reload(&d->host, error, sizeof(error));
	notify_send("READY=1");
}

/*
 * From nothing to running and back.
 */

static int
keep(struct daemon *d, struct watch *w)
{
	if (w == NULL)
		return -1;
	d->watches[d->nwatches++] = w;
	return 0;
}

static int
watch_fd(struct daemon *d, int fd, void (*call)(void *))
{
	return keep(d, loop_read(d->loop, fd, call, d));
}

static int
watch_signal(struct daemon *d, int number, void (*call)(void *))
{
	return keep(d, loop_signal(d->loop, number, call, d));
}

static int
watch_alg(struct daemon *d)
{
	const struct verdict *j = &d->judge;

	if (!config_has_alg(d->host.config))
		return 0;
	if (watch_fd(d, queue_fd(d->host.queues[REQUESTS_CONTROL]),
	    on_queue_control) == -1 ||
	    watch_fd(d, queue_fd(d->host.queues[REQUESTS_GRE]),
	    on_queue_gre) == -1 ||
	    watch_fd(d, conntrack_fd(j->conntrack), on_conntrack) == -1 ||
	    watch_fd(d, interface_fd(j->interface), on_interface) == -1)
		return -1;
	return 0;
}

static int
watch_all(struct daemon *d, char *error, size_t size)
{
	signal(SIGPIPE, SIG_IGN);
	d->tick = loop_timer(d->loop, on_tick, d);
	if (keep(d, d->tick) == -1 || watch_alg(d) == -1 ||
	    watch_signal(d, SIGTERM, on_end) == -1 ||
	    watch_signal(d, SIGINT, on_end) == -1 ||
	    watch_signal(d, SIGHUP, on_hangup) == -1) {
		snprintf(error, size, "event loop: %s", strerror(errno));
		return -1;
	}
	loop_watch_in(d->tick, TICK);
	return 0;
}

static int
open_brain(struct daemon *d, char *error, size_t size)
{
	struct alg_config a;

	reload_alg(d->host.config, &a);
	a.local_calls = endpoint_sessions(d->host.config);
	if (getrandom(a.key, sizeof(a.key), 0) != (ssize_t)sizeof(a.key) ||
	    (d->judge.alg = alg_new(&a)) == NULL ||
	    (d->judge.notice = call_log_new()) == NULL) {
		snprintf(error, size, "%s: lower limits { connections }",
		    strerror(errno));
		return -1;
	}
	d->judge.mark = d->host.config->mark;
	return 0;
}

/* Nothing of it is needed where nothing crosses. */
static int
open_kernel(struct daemon *d, char *error, size_t size)
{
	struct verdict *j = &d->judge;
	const struct config *c = d->host.config;

	if (!config_has_alg(c))
		return 0;
	j->interface = interface_open(c, error, size);
	if (j->interface == NULL)
		return -1;
	if ((j->conntrack = conntrack_open(j->alg, error, size)) == NULL ||
	    (j->inject = tcp_reset_open(c->mark, error, size)) == NULL)
		return -1;
	d->host.queues[REQUESTS_CONTROL] = queue_open(c->queue_control,
	    verdict_control, j, error, size);
	if (d->host.queues[REQUESTS_CONTROL] == NULL)
		return -1;
	queue_settle(d->host.queues[REQUESTS_CONTROL], verdict_settle);
	d->host.queues[REQUESTS_GRE] = queue_open(c->queue_gre, verdict_gre, j,
	    error, size);
	return d->host.queues[REQUESTS_GRE] == NULL ? -1 : 0;
}

/* Each tunnel has a TCP connection.  Passwords do not go into core files. */
static void
set_limits(const struct config *c)
{
	rlim_t wanted = DESCRIPTORS + endpoint_descriptors(c);
	struct rlimit limit = { 0, 0 }, more = { wanted, 0 };

	(void)setrlimit(RLIMIT_CORE, &limit);
	if (getrlimit(RLIMIT_NOFILE, &limit) == -1 || limit.rlim_cur >= wanted)
		return;
	more.rlim_max = limit.rlim_max > wanted ? limit.rlim_max : wanted;
	if (setrlimit(RLIMIT_NOFILE, &more) == 0)
		return;
	log_warning("no more than %" PRIu64 " open files are allowed: %s",
	    (uint64_t)limit.rlim_max, strerror(errno));
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static int
open_tunnels(struct daemon *d, char *error, size_t size)
{
	const struct config *c = d->host.config;

	if (endpoint_sessions(c) == 0)
		return 0;
	set_limits(c);
	d->host.terminator = endpoint_open(c, d->host.file, d->loop,
	    d->judge.alg, d->judge.engine, error, size);
	d->judge.terminator = d->host.terminator;
	endpoint_control(d->host.terminator, d->judge.control);
	return d->host.terminator == NULL ? -1 : 0;
}

static int
open_control(struct daemon *d, char *error, size_t size)
{
	struct control_host host = requests_control(&d->host);

	d->judge.control = control_open(loop_base(d->loop),
	    d->host.config->control_socket, &host, error, size);
	return d->judge.control == NULL ? -1 : 0;
}

/* Last of all: what a running daemon has in the kernel is not ours. */
static int
open_engine(struct daemon *d, char *error, size_t size)
{
	struct verdict *j = &d->judge;
	struct alg_config a;

	if (!config_has_alg(d->host.config))
		return 0;
	j->engine = engine_open(d->host.config, alg_capacity(j->alg),
	    j->interface, error, size);
	if (j->engine == NULL)
		return -1;
	host_alg(&d->host, &a);
	alg_configure(j->alg, &a);
	return verdict_remember(j, d->host.config->journal, error, size);
}

struct daemon *
daemon_open(struct config *config, const char *file, bool verbose)
{
	char error[ERROR] = "out of memory";
	struct daemon *d;

	if ((d = calloc(1, sizeof(*d))) == NULL) {
		log_error("%s", error);
		return NULL;
	}
	d->host = (struct requests){
		.config = config, .file = file, .verbose = verbose,
		.started = clock_ms(), .judge = &d->judge
	};
	log_set_level(daemon_log_level(d));
	if ((d->loop = loop_open()) == NULL ||
	    preflight_all(config_has_alg(config), error, sizeof(error)) == -1 ||
	    open_brain(d, error, sizeof(error)) == -1 ||
	    open_kernel(d, error, sizeof(error)) == -1 ||
	    open_control(d, error, sizeof(error)) == -1 ||
	    open_engine(d, error, sizeof(error)) == -1 ||
	    open_tunnels(d, error, sizeof(error)) == -1 ||
	    watch_all(d, error, sizeof(error)) == -1 ||
	    privilege_drop(error, sizeof(error)) == -1) {
		log_error("%s", error);
		daemon_close(d);
		return NULL;
	}
	return d;
}

int
daemon_run(struct daemon *d)
{
	notify_send("READY=1");
	if (loop_run(d->loop) == -1) {
		log_error("event loop: %s", strerror(errno));
		return -1;
	}
	return 0;
}

void
daemon_close(struct daemon *d)
{
	struct verdict *j = &d->judge;
	size_t i;

	for (i = 0; i < d->nwatches; i++)
		loop_watch_free(d->watches[i]);
	for (i = 0; i < REQUESTS_QUEUES; i++)
		queue_close(d->host.queues[i]);
	if (j->control != NULL)
		control_close(j->control);
	endpoint_close(d->host.terminator);
	journal_close(j->journal, clock_ms());
	engine_close(j->engine);
	tcp_reset_close(j->inject);
	conntrack_close(j->conntrack);
	interface_close(j->interface);
	call_log_free(j->notice);
	if (j->alg != NULL)
		alg_free(j->alg);
	loop_close(d->loop);
	config_free(d->host.config);
	free(d);
}
