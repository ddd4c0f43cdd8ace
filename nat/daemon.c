/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/random.h>

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "alg/alg.h"
#include "nat/clock.h"
#include "nat/conntrack.h"
#include "nat/control.h"
#include "nat/daemon.h"
#include "nat/engine.h"
#include "nat/inject.h"
#include "nat/host.h"
#include "nat/interface.h"
#include "nat/journal.h"
#include "nat/judge.h"
#include "nat/notice.h"
#include "nat/privilege.h"
#include "nat/probe.h"
#include "nat/queue.h"
#include "nat/settings.h"

#define TICK		100	/* ms */
#define LOSS_TICKS	10	/* ticks between two looks for lost packets */
#define ERROR		512	/* bytes of a sentence */

#define EVENTS		8

struct daemon {
	unsigned int		 ticks;
	struct event_base	*base;
	struct event		*events[EVENTS];
	size_t			 nevents;
	struct judge		 judge;		/* owns what it points to */
	struct host		 host;		/* the same, and more */
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
on_queue_control(int fd, short what, void *arg)
{
	struct daemon *d = arg;

	queue_read(d->host.queues[HOST_CONTROL]);
}

static void
on_queue_gre(int fd, short what, void *arg)
{
	struct daemon *d = arg;

	queue_read(d->host.queues[HOST_GRE]);
}

static void
on_conntrack(int fd, short what, void *arg)
{
	struct daemon *d = arg;
	uint64_t now = clock_ms();

	conntrack_read(d->judge.conntrack, now);
	judge_changes(&d->judge, now);
}

static void
on_interface(int fd, short what, void *arg)
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

	for (i = 0; i < HOST_QUEUES; i++) {
		if ((lost = queue_lost(d->host.queues[i])) == 0)
			continue;
		queue_counters(d->host.queues[i], &c);
		notice_loss(d->judge.notice, c.number, lost, now);
		alg_count(d->judge.alg, REASON_QUEUE_LOSS, lost);
	}
}

static void
on_tick(int fd, short what, void *arg)
{
	struct daemon *d = arg;
	uint64_t now = clock_ms();

	alg_tick(d->judge.alg, now);
	conntrack_tick(d->judge.conntrack, now);
	judge_changes(&d->judge, now);
	journal_tick(d->judge.journal, now);
	if (++d->ticks % LOSS_TICKS == 0)
		look_for_losses(d, now);
	/* By now, who asked for it has the reply. */
	if (d->host.ending)
		event_base_loopbreak(d->base);
}

static void
on_end(int signal_number, short what, void *arg)
{
	struct daemon *d = arg;

	sd_notify(0, "STOPPING=1");
	log_info("ending on signal %d", signal_number);
	event_base_loopbreak(d->base);
}

static void
on_hangup(int signal_number, short what, void *arg)
{
	struct daemon *d = arg;
	char error[ERROR];

	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
	    clock_ms() * 1000);
	(void)host_reload(&d->host, error, sizeof(error));
	sd_notify(0, "READY=1");
}

/*
 * From nothing to running and back.
 */

static int
watch(struct daemon *d, int fd, short what, event_callback_fn callback)
{
	static const struct timeval tick = { .tv_usec = TICK * 1000 };
	struct event *ev;

	/* What libevent brings back at the end, when it may come twice. */
	if (what == EV_SIGNAL)
		signal(fd, SIG_IGN);
	ev = event_new(d->base, fd, (short)(what | EV_PERSIST), callback, d);
	if (ev == NULL)
		return -1;
	d->events[d->nevents++] = ev;
	return event_add(ev, fd == -1 ? &tick : NULL);
}

static int
watch_all(struct daemon *d, char *error, size_t size)
{
	const struct judge *j = &d->judge;

	if (watch(d, queue_fd(d->host.queues[HOST_CONTROL]), EV_READ,
	    on_queue_control) == -1 ||
	    watch(d, queue_fd(d->host.queues[HOST_GRE]), EV_READ,
	    on_queue_gre) == -1 ||
	    watch(d, conntrack_fd(j->conntrack), EV_READ,
	    on_conntrack) == -1 ||
	    watch(d, interface_fd(j->interface), EV_READ,
	    on_interface) == -1 ||
	    watch(d, -1, 0, on_tick) == -1 ||
	    watch(d, SIGTERM, EV_SIGNAL, on_end) == -1 ||
	    watch(d, SIGINT, EV_SIGNAL, on_end) == -1 ||
	    watch(d, SIGHUP, EV_SIGNAL, on_hangup) == -1) {
		snprintf(error, size, "event loop: %s", strerror(errno));
		return -1;
	}
	return 0;
}

static int
open_brain(struct daemon *d, char *error, size_t size)
{
	struct alg_config a;

	settings_alg(d->host.config, &a);
	if (getrandom(a.key, sizeof(a.key), 0) != (ssize_t)sizeof(a.key) ||
	    (d->judge.alg = alg_new(&a)) == NULL ||
	    (d->judge.notice = notice_new()) == NULL) {
		snprintf(error, size, "%s: lower limits { connections }",
		    strerror(errno));
		return -1;
	}
	d->judge.mark = d->host.config->mark;
	return 0;
}

static int
open_kernel(struct daemon *d, char *error, size_t size)
{
	struct judge *j = &d->judge;
	const struct config *c = d->host.config;

	j->interface = interface_open(c, error, size);
	if (j->interface == NULL)
		return -1;
	if ((j->conntrack = conntrack_open(j->alg, error, size)) == NULL ||
	    (j->inject = inject_open(c->mark, error, size)) == NULL)
		return -1;
	d->host.queues[HOST_CONTROL] = queue_open(c->queue_control,
	    judge_control, j, error, size);
	if (d->host.queues[HOST_CONTROL] == NULL)
		return -1;
	queue_settle(d->host.queues[HOST_CONTROL], judge_settle);
	d->host.queues[HOST_GRE] = queue_open(c->queue_gre, judge_gre, j, error,
	    size);
	return d->host.queues[HOST_GRE] == NULL ? -1 : 0;
}

static int
open_control(struct daemon *d, char *error, size_t size)
{
	struct control_host host = host_control(&d->host);

	d->judge.control = control_open(d->base, d->host.config->control_socket,
	    &host, error, size);
	return d->judge.control == NULL ? -1 : 0;
}

/* Last of all: what a running daemon has in the kernel is not ours. */
static int
open_engine(struct daemon *d, char *error, size_t size)
{
	struct judge *j = &d->judge;
	struct alg_config a;

	j->engine = engine_open(d->host.config, alg_capacity(j->alg),
	    j->interface, error, size);
	if (j->engine == NULL)
		return -1;
	host_alg(&d->host, &a);
	alg_configure(j->alg, &a);
	return 0;
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
	d->host.config = config;
	d->host.file = file;
	d->host.verbose = verbose;
	d->host.started = clock_ms();
	d->host.judge = &d->judge;
	log_set_level(daemon_log_level(d));
	if ((d->base = event_base_new()) == NULL ||
	    probe_all(error, sizeof(error)) == -1 ||
	    open_brain(d, error, sizeof(error)) == -1 ||
	    open_kernel(d, error, sizeof(error)) == -1 ||
	    open_control(d, error, sizeof(error)) == -1 ||
	    open_engine(d, error, sizeof(error)) == -1 ||
	    judge_remember(&d->judge, config->journal, error,
	    sizeof(error)) == -1 ||
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
	sd_notify(0, "READY=1");
	if (event_base_dispatch(d->base) == -1) {
		log_error("event loop: %s", strerror(errno));
		return -1;
	}
	return 0;
}

void
daemon_close(struct daemon *d)
{
	struct judge *j = &d->judge;
	size_t i;

	for (i = 0; i < d->nevents; i++)
		event_free(d->events[i]);
	for (i = 0; i < HOST_QUEUES; i++)
		queue_close(d->host.queues[i]);
	if (j->control != NULL)
		control_close(j->control);
	journal_close(j->journal, clock_ms());
	engine_close(j->engine);
	inject_close(j->inject);
	conntrack_close(j->conntrack);
	interface_close(j->interface);
	notice_free(j->notice);
	if (j->alg != NULL)
		alg_free(j->alg);
	if (d->base != NULL)
		event_base_free(d->base);
	config_free(d->host.config);
	free(d);
}
