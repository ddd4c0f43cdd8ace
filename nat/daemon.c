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
#include "nat/inject.h"
#include "nat/interface.h"
#include "nat/journal.h"
#include "nat/judge.h"
#include "nat/privilege.h"
#include "nat/probe.h"
#include "nat/queue.h"
#include "nat/settings.h"
#include "nat/notice.h"

#define TICK		100	/* ms */
#define LOSS_TICKS	10	/* ticks between two looks for lost packets */
#define ERROR		512	/* bytes of a sentence */

enum { QUEUE_CONTROL, QUEUE_GRE, QUEUES };

#define EVENTS		8

struct daemon {
	struct config		*config;
	const char		*file;
	bool			 verbose;
	uint64_t		 started;
	unsigned int		 ticks;
	struct event_base	*base;
	struct event		*events[EVENTS];
	size_t			 nevents;
	struct queue		*queues[QUEUES];
	struct judge		 judge;		/* owns what it points to */
};

enum log_level
daemon_log_level(const struct daemon *d)
{
	return d->verbose ? LOG_LEVEL_DEBUG :
	    settings_log_level(d->config->log_level);
}

/*
 * The control socket's requests.
 */

static int
host_reset(void *arg, const struct alg_flow *flow, char *error, size_t size)
{
	struct daemon *d = arg;
	struct alg_connection_info c;

	if (!alg_connection(d->judge.alg, flow, &c)) {
		snprintf(error, size, "no such connection any more");
		return -1;
	}
	judge_reset(&d->judge, flow, REASON_ADMIN, clock_ms());
	return 0;
}

static int
host_reload(void *arg, char *error, size_t size)
{
	struct daemon *d = arg;
	struct alg_config a;
	struct config *new;

	if ((new = config_read(d->file, error, size)) == NULL) {
		log_error("reload: %s; the old configuration stays", error);
		return -1;
	}
	settings_keep_fixed(d->config, new);
	settings_alg(new, &a);
	alg_configure(d->judge.alg, &a);
	interface_configure(d->judge.interface, new);
	config_free(d->config);
	d->config = new;
	log_set_level(daemon_log_level(d));
	log_info("configuration %s read again", d->file);
	return 0;
}

static int
host_log_level(void *arg, const char *word, char *error, size_t size)
{
	int level = config_level(word);

	if (level == -1) {
		snprintf(error, size, "not a log level: use error, warning, "
		    "info or debug");
		return -1;
	}
	log_set_level(settings_log_level((enum config_level)level));
	return 0;
}

static void
host_status(void *arg, struct control_status *s)
{
	static const char *const names[] = { "control", "gre" };
	struct daemon *d = arg;
	struct queue_counters c;
	size_t i;

	s->config_file = d->file;
	s->engine = "nfqueue";
	s->started = d->started;
	for (i = 0; i < QUEUES; i++) {
		queue_counters(d->queues[i], &c);
		s->queue[i].name = names[i];
		s->queue[i].number = c.number;
		s->queue[i].packets = c.packets;
		s->queue[i].batches = c.batches;
		s->queue[i].lost = c.lost;
	}
}

static uint64_t
host_now(void *arg)
{
	return clock_ms();
}

/*
 * The event loop's callbacks.
 */

static void
on_queue_control(int fd, short what, void *arg)
{
	struct daemon *d = arg;

	queue_read(d->queues[QUEUE_CONTROL]);
}

static void
on_queue_gre(int fd, short what, void *arg)
{
	struct daemon *d = arg;

	queue_read(d->queues[QUEUE_GRE]);
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
}

static void
look_for_losses(struct daemon *d, uint64_t now)
{
	struct queue_counters c;
	uint64_t lost, n;
	size_t i;

	for (i = 0; i < QUEUES; i++) {
		if ((lost = queue_lost(d->queues[i])) == 0)
			continue;
		queue_counters(d->queues[i], &c);
		notice_loss(d->judge.notice, c.number, lost, now);
		for (n = 0; n < lost; n++)
			alg_count(d->judge.alg, REASON_QUEUE_LOSS);
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
	char error[ERROR];

	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
	    clock_ms() * 1000);
	(void)host_reload(arg, error, sizeof(error));
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

	signal(SIGPIPE, SIG_IGN);
	if (watch(d, queue_fd(d->queues[QUEUE_CONTROL]), EV_READ,
	    on_queue_control) == -1 ||
	    watch(d, queue_fd(d->queues[QUEUE_GRE]), EV_READ,
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

	settings_alg(d->config, &a);
	if (getrandom(a.key, sizeof(a.key), 0) != (ssize_t)sizeof(a.key) ||
	    (d->judge.alg = alg_new(&a)) == NULL ||
	    (d->judge.notice = notice_new()) == NULL) {
		snprintf(error, size, "%s: lower limits { connections }",
		    strerror(errno));
		return -1;
	}
	d->judge.mark = d->config->mark;
	return 0;
}

static int
open_kernel(struct daemon *d, char *error, size_t size)
{
	struct judge *j = &d->judge;

	j->interface = interface_open(d->config, error, size);
	if (j->interface == NULL)
		return -1;
	if ((j->conntrack = conntrack_open(j->alg, error, size)) == NULL ||
	    (j->inject = inject_open(d->config->mark, error, size)) == NULL)
		return -1;
	d->queues[QUEUE_CONTROL] = queue_open(d->config->queue_control,
	    judge_control, j, error, size);
	if (d->queues[QUEUE_CONTROL] == NULL)
		return -1;
	queue_settle(d->queues[QUEUE_CONTROL], judge_settle);
	d->queues[QUEUE_GRE] = queue_open(d->config->queue_gre, judge_gre, j,
	    error, size);
	return d->queues[QUEUE_GRE] == NULL ? -1 : 0;
}

static int
open_control(struct daemon *d, char *error, size_t size)
{
	const struct control_host host = {
		.alg = d->judge.alg,
		.arg = d,
		.reset = host_reset,
		.reload = host_reload,
		.log_level = host_log_level,
		.status = host_status,
		.now = host_now
	};

	d->judge.control = control_open(d->base, d->config->control_socket,
	    &host, error, size);
	return d->judge.control == NULL ? -1 : 0;
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
	d->config = config;
	d->file = file;
	d->verbose = verbose;
	d->started = clock_ms();
	log_set_level(daemon_log_level(d));
	if ((d->base = event_base_new()) == NULL ||
	    probe_all(error, sizeof(error)) == -1 ||
	    open_brain(d, error, sizeof(error)) == -1 ||
	    open_kernel(d, error, sizeof(error)) == -1 ||
	    open_control(d, error, sizeof(error)) == -1 ||
	    judge_remember(&d->judge, d->config->journal, error,
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
	for (i = 0; i < QUEUES; i++)
		queue_close(d->queues[i]);
	if (j->control != NULL)
		control_close(j->control);
	journal_close(j->journal, clock_ms());
	inject_close(j->inject);
	conntrack_close(j->conntrack);
	interface_close(j->interface);
	notice_free(j->notice);
	if (j->alg != NULL)
		alg_free(j->alg);
	if (d->base != NULL)
		event_base_free(d->base);
	config_free(d->config);
	free(d);
}
