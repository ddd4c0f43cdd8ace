/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens everything in order, watches it from one event loop, and closes it. */
#include <sys/random.h>
#include <sys/resource.h>

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alg/alg.h"
#include "alg/base/line.h"
#include "nat/base/account.h"
#include "nat/base/clock.h"
#include "nat/base/loop.h"
#include "nat/base/notify.h"
#include "nat/base/privilege.h"
#include "nat/base/syscall_filter.h"
#include "nat/bpf/engine.h"
#include "nat/bpf/pins.h"
#include "nat/cluster/cluster.h"
#include "nat/control/control.h"
#include "nat/daemon.h"
#include "nat/endpoint/endpoint.h"
#include "nat/endpoint/session_pair.h"
#include "nat/host/check.h"
#include "nat/http/http.h"
#include "nat/journal/journal.h"
#include "nat/net/change_watch.h"
#include "nat/net/interface.h"
#include "nat/net/raw_socket.h"
#include "nat/netfilter/attempt_log.h"
#include "nat/netfilter/call_log.h"
#include "nat/netfilter/conntrack.h"
#include "nat/netfilter/passed.h"
#include "nat/netfilter/ppp_watch.h"
#include "nat/netfilter/queue.h"
#include "nat/netfilter/verdict.h"
#include "nat/preflight.h"
#include "nat/privsep/helper.h"
#include "nat/reload.h"
#include "nat/requests.h"
#include "nat/resume.h"
#include "nat/running.h"

#define TICK		100	/* ms */
#define LOSS_TICKS	10	/* ticks between two looks for lost packets */
#define END_TICKS	30	/* ticks that sessions have to end */
#define ERROR		512	/* bytes of a sentence */
#define DESCRIPTORS	256	/* beside those of sessions */

#define WATCHES		(10 + CHANGE_WATCH_FDS)

struct daemon {
	unsigned int		 ticks, ending;	/* ticks that are left */
	bool			 replied;	/* to who asked for the end */
	struct loop		*loop;
	struct watch		*watches[WATCHES];
	struct watch		*tick;		/* one of them */
	size_t			 nwatches;
	struct change_watch	*changes;		/* or NULL */
	struct http		*http;			/* the same */
	struct helper		*helper;	/* until the endpoint has it */
	struct config_cluster	 cluster;	/* as it was at the start */
	struct session_pair	*pair;		/* or NULL */
	struct verdict verdict; /* owns what it points to */
	struct running		 running;		/* the same, and more */
};

/*
 * The event loop's callbacks.
 */

static void
on_queue_control(void *arg)
{
	struct daemon *d = arg;

	queue_read(d->running.queues[RUNNING_CONTROL]);
}

static void
on_queue_gre(void *arg)
{
	struct daemon *d = arg;

	queue_read(d->running.queues[RUNNING_GRE]);
}

static void
on_queue_hairpin(void *arg)
{
	struct daemon *d = arg;

	queue_read(d->running.queues[RUNNING_HAIRPIN]);
}

static void
on_conntrack(void *arg)
{
	struct daemon *d = arg;
	uint64_t now = clock_ms();

	passed_read(&d->verdict);
	conntrack_read(d->verdict.conntrack, now);
	verdict_changes(&d->verdict, now);
}

/* What is not as it should be, and not as bad as to end for it. */
static void
warn_of_host(void *arg, enum check_level level, const char *matter,
    const char *sentence)
{
	if (level != CHECK_GOOD)
		log_warning("%s: %s", matter, sentence);
}

static void
hush_about_host(void *arg, enum check_level level, const char *matter,
    const char *sentence)
{
}

/* Interfaces come and go; told is what changes. */
static void
look_for_interfaces(struct daemon *d)
{
	const struct config *config = d->running.config;
	unsigned missing = check_interfaces(config, hush_about_host, NULL);

	if (missing > d->running.missing)
		check_interfaces(config, warn_of_host, NULL);
	else if (missing == 0 && d->running.missing > 0)
		log_info("interfaces: all that the configuration names are "
		    "there");
	d->running.missing = missing;
}

static void
on_interface(void *arg)
{
	struct daemon *d = arg;

	interface_read(d->verdict.interface);
	engine_interfaces(d->verdict.engine);
	look_for_interfaces(d);
}

static void
on_engine(void *arg)
{
	struct daemon *d = arg;

	engine_interfaces(d->verdict.engine);
}

static void
tell_ipsec(struct daemon *d)
{
	if (d->changes != NULL)
		engine_ipsec(d->verdict.engine,
		    change_watch_ipsec(d->changes));
}

static void
on_change(void *arg)
{
	struct daemon *d = arg;

	change_watch_read(d->changes);
	tell_ipsec(d);
	engine_forget_ways(d->verdict.engine);
}

static void
count_losses(struct daemon *d, uint64_t now)
{
	struct queue_counters c;
	uint64_t lost;
	size_t i;

	for (i = 0; i < RUNNING_QUEUES; i++) {
		if ((lost = queue_lost(d->running.queues[i])) == 0)
			continue;
		queue_counters(d->running.queues[i], &c);
		call_log_loss(d->verdict.call_log, c.number, lost, now);
		alg_count(d->verdict.alg, REASON_QUEUE_LOSS, lost);
	}
}

static void
tick_alg(struct daemon *d, uint64_t now)
{
	passed_read(&d->verdict);
	conntrack_tick(d->verdict.conntrack, now);
	verdict_changes(&d->verdict, now);
	journal_tick(d->verdict.journal, now);
	if (++d->ticks % LOSS_TICKS == 0)
		count_losses(d, now);
}

/* Whoever asks a second time does not want to wait. */
static void
end_daemon(struct daemon *d)
{
	if (d->ending > 0 || endpoint_idle(d->verdict.endpoint))
		loop_end(d->loop);
	if (d->ending > 0)
		return;
	notify_send("STOPPING=1");
	d->ending = END_TICKS;
	endpoint_stop(d->verdict.endpoint);
}

static void
on_tick(void *arg)
{
	struct daemon *d = arg;
	uint64_t now = clock_ms();

	loop_watch_in(d->tick, TICK);
	alg_tick(d->verdict.alg, now);
	http_tick(d->http, now);
	if (d->verdict.conntrack != NULL)
		tick_alg(d, now);
	session_pair_tick(d->pair, now);
	cluster_commit(d->verdict.cluster);
	tell_ipsec(d);
	cluster_tick(d->verdict.cluster, now);
	if (d->ending > 0 && (--d->ending == 0 ||
	    endpoint_idle(d->verdict.endpoint)))
		loop_end(d->loop);
	/* A whole tick after the request: the admin has the reply by now. */
	if (d->running.ending && d->ending == 0 && d->replied)
		end_daemon(d);
	d->replied = d->running.ending;
}

static void
on_end(void *arg)
{
	log_info("ending on a signal");
	end_daemon(arg);
}

static void
on_reload(void *arg)
{
	struct daemon *d = arg;
	char error[ERROR];

	snprintf(error, sizeof(error), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
	    clock_ms() * 1000);
	notify_send(error);
	(void)reload_config(&d->running, error, sizeof(error));
	notify_send("READY=1");
}

/*
 * Start and end.
 */

static int
keep_watch(struct daemon *d, struct watch *w)
{
	if (w == NULL)
		return -1;
	d->watches[d->nwatches++] = w;
	return 0;
}

static int
watch_fd(struct daemon *d, int fd, void (*call)(void *))
{
	return keep_watch(d, loop_read(d->loop, fd, call, d));
}

static int
watch_signal(struct daemon *d, int number, void (*call)(void *))
{
	return keep_watch(d, loop_signal(d->loop, number, call, d));
}

static int
watch_alg(struct daemon *d)
{
	const struct verdict *v = &d->verdict;
	int i, fd;

	if (!config_has_alg(d->running.config))
		return 0;
	if (watch_fd(d, queue_fd(d->running.queues[RUNNING_CONTROL]),
	    on_queue_control) == -1 ||
	    watch_fd(d, queue_fd(d->running.queues[RUNNING_GRE]),
	    on_queue_gre) == -1 ||
	    watch_fd(d, queue_fd(d->running.queues[RUNNING_HAIRPIN]),
	    on_queue_hairpin) == -1 ||
	    watch_fd(d, conntrack_fd(v->conntrack), on_conntrack) == -1 ||
	    watch_fd(d, interface_fd(v->interface), on_interface) == -1)
		return -1;
	for (i = 0; d->changes != NULL && i < CHANGE_WATCH_FDS; i++)
		if ((fd = change_watch_fd(d->changes, i)) != -1 &&
		    watch_fd(d, fd, on_change) == -1)
			return -1;
	if (engine_fd(v->engine) == -1)
		return 0;
	return watch_fd(d, engine_fd(v->engine), on_engine);
}

static int
watch_all(struct daemon *d, char *error, size_t size)
{
	signal(SIGPIPE, SIG_IGN);
	d->tick = loop_timer(d->loop, on_tick, d);
	if (keep_watch(d, d->tick) == -1 || watch_alg(d) == -1 ||
	    watch_signal(d, SIGTERM, on_end) == -1 ||
	    watch_signal(d, SIGINT, on_end) == -1 ||
	    watch_signal(d, SIGHUP, on_reload) == -1) {
		snprintf(error, size, "event loop: %s", strerror(errno));
		return -1;
	}
	loop_watch_in(d->tick, TICK);
	return 0;
}

static int
open_translator(struct daemon *d, char *error, size_t size)
{
	struct alg_config a;

	reload_alg_config(&d->running, &a);
	a.local_calls = endpoint_sessions(d->running.config);
	if (getrandom(a.key, sizeof(a.key), 0) != (ssize_t)sizeof(a.key) ||
	    (d->verdict.alg = alg_new(&a)) == NULL ||
	    (d->verdict.call_log = call_log_new()) == NULL ||
	    (d->verdict.ppp_watch = ppp_watch_new()) == NULL ||
	    (d->verdict.attempt_log = attempt_log_new(d->verdict.ppp_watch)) ==
	    NULL) {
		snprintf(error, size, "%s: lower limits { connections }",
		    strerror(errno));
		return -1;
	}
	d->verdict.mark = d->running.config->mark;
	d->verdict.require = d->running.config->require;
	return 0;
}

/* What control segments are about that no queue has seen, before they are. */
static void
hear_news(void *arg)
{
	struct verdict *v = arg;

	cluster_catch_up(v->cluster, clock_ms());
	passed_read(v);
}

/* Queues and conntrack: not needed without an interface outside. */
static int
open_netfilter(struct daemon *d, char *error, size_t size)
{
	struct verdict *v = &d->verdict;
	const struct config *c = d->running.config;

	if (!config_has_alg(c))
		return 0;
	v->interface = interface_open(c, error, size);
	if (v->interface == NULL)
		return -1;
	if ((v->conntrack = conntrack_open(v->alg, verdict_lost, v, error,
	    size)) == NULL ||
	    (v->raw_socket = raw_socket_open(error, size)) == NULL)
		return -1;
	d->running.queues[RUNNING_CONTROL] = queue_open(c->queue_control,
	    verdict_control, v, error, size);
	if (d->running.queues[RUNNING_CONTROL] == NULL)
		return -1;
	v->replies = d->running.queues[RUNNING_CONTROL];
	queue_before_batch(v->replies, hear_news);
	queue_before_verdicts(v->replies, verdict_save);
	conntrack_watch(v->conntrack, v->replies);
	d->running.queues[RUNNING_GRE] =
	    queue_open(c->queue_gre, verdict_gre, v, error, size);
	v->hairpin = queue_make(
	    c->queue_hairpin, verdict_hairpin, v, error, size);
	d->running.queues[RUNNING_HAIRPIN] = v->hairpin;
	if (d->running.queues[RUNNING_GRE] == NULL || v->hairpin == NULL)
		return -1;
	queue_before_batch(
	    d->running.queues[RUNNING_GRE], verdict_replies_first);
	queue_before_batch(v->hairpin, verdict_replies_first);
	return 0;
}

/* Each session has a TCP connection.  Passwords do not go into core files. */
static void
raise_limits(const struct config *c)
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

/*
 * What only root can do has been done, or is the helper's; from here on the
 * daemon opens what its user can.
 */
static int
become_user(struct daemon *d, char *error, size_t size)
{
	const struct config *c = d->running.config;
	struct account account;

	if (account_find(&account, c, error, size) == -1)
		return -1;
	if (endpoint_sessions(c) > 0) {
		raise_limits(c);
		d->helper = helper_start(c, d->running.file, &account, error,
		    size);
		if (d->helper == NULL)
			return -1;
	}
	if (account.is_other && config_has_alg(c))
		engine_prepare(c, account.gid);
	account_prepare(&account, c);
	if (account_become(&account, error, size) == -1)
		return -1;
	if (access(d->running.file, R_OK) == -1)
		log_warning("%s: %s: the daemon's user cannot read it again",
		    d->running.file, strerror(errno));
	return 0;
}

static int
open_endpoint(struct daemon *d, char *error, size_t size)
{
	const struct config *c = d->running.config;
	struct helper *helper = d->helper;

	if (endpoint_sessions(c) == 0)
		return 0;
	d->helper = NULL;
	d->verdict.endpoint = endpoint_open(c, helper, d->loop,
	    d->verdict.alg, d->verdict.engine, error, size);
	endpoint_control(d->verdict.endpoint, d->verdict.control);
	endpoint_pair(d->verdict.endpoint, d->pair, d->verdict.cluster);
	return d->verdict.endpoint == NULL ? -1 : 0;
}

static int
open_control(struct daemon *d, char *error, size_t size)
{
	struct control_host host = requests_control(&d->running);
	const struct config *c = d->running.config;

	d->verdict.control = control_open(
	    d->loop, c->control_socket, &host, error, size);
	if (d->verdict.control == NULL)
		return -1;
	if (c->metrics[0] == '\0')
		return 0;
	d->http = http_open(
	    d->loop, c->metrics, &host, error, size);
	return d->http == NULL ? -1 : 0;
}

static int
open_cluster(struct daemon *d, char *error, size_t size)
{
	struct verdict *v = &d->verdict;

	if (d->running.config->cluster.store[0] == '\0')
		return 0;
	d->cluster = d->running.config->cluster;
	if (d->cluster.node[0] == '\0')
		(void)gethostname(d->cluster.node,
		    sizeof(d->cluster.node) - 1);
	if (endpoint_sessions(d->running.config) > 0 &&
	    (d->pair = session_pair_new(
	    endpoint_sessions(d->running.config), d->verdict.mark, error,
	    size)) == NULL)
		return -1;
	v->cluster = cluster_open(&d->cluster, v->alg,
	    session_pair_link(d->pair), v->interface, d->loop,
	    verdict_followed, v, error, size);
	return v->cluster != NULL ? 0 : -1;
}

/* Last of all: what another daemon that runs has in the kernel stays. */
static int
open_engine(struct daemon *d, char *error, size_t size)
{
	struct verdict *v = &d->verdict;
	struct alg_config a;

	if (!config_has_alg(d->running.config)) {
		if (open_cluster(d, error, size) == -1)
			return -1;
		cluster_load(v->cluster, clock_ms());
		return 0;
	}
	v->engine = engine_open(d->running.config, alg_capacity(v->alg),
	    v->interface, error, size);
	if (v->engine == NULL)
		return -1;
	if (engine_learns(v->engine) &&
	    (d->changes = change_watch_open()) == NULL) {
		snprintf(error, size, "out of memory");
		return -1;
	}
	reload_alg_config(&d->running, &a);
	alg_configure(v->alg, &a);
	if (open_cluster(d, error, size) == -1)
		return -1;
	return resume_calls(v, d->running.config->journal, error, size);
}

/* The admin may bring up the rest later; it is told when that is so. */
static int
look_at_host(struct daemon *d, char *error, size_t size)
{
	const struct config *config = d->running.config;
	struct firewall *f = &d->running.firewall;

	if (!config_has_alg(config))
		return preflight_all(NULL, error, size);
	firewall_read(config, f);
	if (preflight_all(f, error, size) == -1)
		return -1;
	check_start(config, f, warn_of_host, NULL);
	d->running.missing = check_interfaces(config, hush_about_host, NULL);
	return 0;
}

/* What a reader of the log wants to know first. */
static void
log_start(const struct daemon *d)
{
	const struct config *c = d->running.config;
	const char *rules = firewall_name(&d->running.firewall);
	const struct engine *e = d->verdict.engine;
	char text[ERROR] = "";
	struct line l = line_of(text, sizeof(text));

	for (size_t i = 0; i < c->outside.n; i++)
		line_add(&l, " %s", c->outside.name[i]);
	line_add(&l, "; inside");
	for (size_t i = 0; i < c->inside.n; i++)
		line_add(&l, " %s", c->inside.name[i]);
	if (c->inside.n == 0)
		line_add(&l, " all others");
	if (e == NULL)
		log_info("pptpalgd " VERSION " starts: no interface is "
		    "outside");
	else
		log_info("pptpalgd " VERSION " starts: engine %s, forward %s; "
		    "outside%s; queues %u, %u, %u; rules: %s", engine_name(e),
		    engine_forward(e) != NULL ? engine_forward(e) : "by queue",
		    text, c->queue_control, c->queue_gre, c->queue_hairpin,
		    rules != NULL ? rules : "none");
}

/* Of root's rights, and of system calls, all that is not needed any more. */
static int
drop_privileges(const struct daemon *d, char *error, size_t size)
{
	int folders[PINS_FOLDERS + 2];

	pins_folders(folders);
	folders[PINS_FOLDERS] = control_folder(d->verdict.control);
	folders[PINS_FOLDERS + 1] = http_folder(d->http);
	if (privilege_keep(PRIVILEGE_DAEMON) == -1) {
		snprintf(error, size, "cannot give up capabilities: %s",
		    strerror(errno));
		return -1;
	}
	if (syscall_filter_daemon(folders, PINS_FOLDERS + 2,
	    strncmp(d->cluster.store, "unix:", 5) == 0) == -1) {
		snprintf(error, size, "cannot restrict system calls: the "
		    "kernel needs CONFIG_SECCOMP_FILTER");
		return -1;
	}
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
	d->running = (struct running){
		.config = config, .file = file, .verbose = verbose,
		.started = clock_ms(), .verdict = &d->verdict
	};
	log_set_level(reload_log_level(&d->running));
	if ((d->loop = loop_open()) == NULL ||
	    look_at_host(d, error, sizeof(error)) == -1 ||
	    open_translator(d, error, sizeof(error)) == -1 ||
	    open_netfilter(d, error, sizeof(error)) == -1 ||
	    become_user(d, error, sizeof(error)) == -1 ||
	    open_control(d, error, sizeof(error)) == -1 ||
	    open_engine(d, error, sizeof(error)) == -1 ||
	    open_endpoint(d, error, sizeof(error)) == -1 ||
	    watch_all(d, error, sizeof(error)) == -1 ||
	    drop_privileges(d, error, sizeof(error)) == -1) {
		log_error("%s", error);
		daemon_close(d);
		return NULL;
	}
	log_start(d);
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
	struct verdict *v = &d->verdict;
	size_t i;

	for (i = 0; i < d->nwatches; i++)
		loop_watch_free(d->watches[i]);
	for (i = 0; i < RUNNING_QUEUES; i++)
		queue_close(d->running.queues[i]);
	if (v->control != NULL)
		control_close(v->control);
	http_close(d->http);
	endpoint_close(d->verdict.endpoint);
	helper_end(d->helper);
	journal_close(v->journal, clock_ms());
	cluster_commit(v->cluster);
	cluster_close(v->cluster);
	session_pair_free(d->pair);
	engine_close(v->engine);
	raw_socket_close(v->raw_socket);
	conntrack_close(v->conntrack);
	change_watch_close(d->changes);
	interface_close(v->interface);
	call_log_free(v->call_log);
	attempt_log_free(v->attempt_log);
	ppp_watch_free(v->ppp_watch);
	if (v->alg != NULL)
		alg_free(v->alg);
	loop_close(d->loop);
	config_free(d->running.config);
	free(d);
}
