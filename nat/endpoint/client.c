/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/random.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nat/base/clock.h"
#include "nat/base/log.h"
#include "nat/base/loop.h"
#include "nat/control/control.h"
#include "nat/endpoint/connect.h"
#include "nat/endpoint/context.h"
#include "nat/endpoint/dial_part.h"
#include "nat/endpoint/profile.h"
#include "nat/endpoint/session.h"
#include "nat/net/server_route.h"
#include "nat/privsep/helper.h"

#define TOKEN		(1ULL << 63)	/* no session has such a number */

static const char *const states[] = {
	[CLIENT_DOWN] = "down",
	[CLIENT_CONNECTING] = "connecting",
	[CLIENT_NEGOTIATING] = "negotiating",
	[CLIENT_UP] = "up",
	[CLIENT_WAITING] = "waiting"
};

static const struct dial *
section(const struct client *d)
{
	return &d->profile->dial;
}

void
client_enter(struct client *d, enum client_state state)
{
	d->state = state;
	d->since = d->exchange->now;
}

/*
 * Failure and the next try.
 */

/* Doubled each time, and not at once for all hosts that have lost a server. */
static uint64_t
delay(const struct client *d)
{
	uint64_t ms = (uint64_t)section(d)->reconnect_delay * 1000;
	uint64_t most = (uint64_t)section(d)->reconnect_delay_max * 1000;
	uint32_t i, random = 0;

	for (i = 1; i < d->attempts && ms < most; i++)
		ms *= 2;
	if (ms > most)
		ms = most;
	(void)!getrandom(&random, sizeof(random), 0);
	return ms - ms / 4 + ms / 2 * (random % 1024) / 1024;
}

static void
tell_failure(const struct client *d)
{
	struct context *x = d->exchange;
	uint64_t epoch = clock_epoch(x->now);
	struct json_line item;

	if (x->control == NULL || !control_followed(x->control))
		return;
	json_line_open(&item);
	json_line_text(&item, "event", "dial-failed");
	json_line_time(&item, "time", x->now + epoch);
	json_line_text(&item, "reason", d->reason);
	json_line_text(&item, "text", d->text);
	json_line_text(&item, "role", "client");
	json_line_text(&item, "section", d->profile->name);
	json_line_number(&item, "attempts", d->attempts);
	if (d->state == CLIENT_WAITING)
		json_line_time(&item, "next_try", d->next_try + epoch);
	else
		json_line_null(&item, "next_try");
	json_line_close(&item);
	control_tell(x->control, &item);
}

void
client_why(struct client *d, const char *reason, const char *format, ...)
{
	va_list ap;

	snprintf(d->reason, sizeof(d->reason), "%s", reason);
	va_start(ap, format);
	vsnprintf(d->text, sizeof(d->text), format, ap);
	va_end(ap);
}

/* Others may still need it. */
static void
let_go(struct client *d)
{
	server_route_give(
	    &d->exchange->bypasses, d->exchange->rtnetlink, d->bypass);
	d->bypass = NULL;
}

static void	dial(struct client *);

/* All of it is over: waits, if it is to be tried again. */
void
client_rest(struct client *d)
{
	const struct dial *c = section(d);

	let_go(d);
	if (d->again) {
		dial(d);
		return;
	}
	d->attempts++;
	if (!d->wanted || !c->reconnect || (c->reconnect_tries != 0 &&
	    d->attempts >= c->reconnect_tries)) {
		loop_watch_stop(d->timer);
		client_enter(d, CLIENT_DOWN);
		if (!d->wanted)
			loop_watch_in(d->exchange->sweep, 0);
	} else {
		client_enter(d, CLIENT_WAITING);
		d->next_try = d->exchange->now + delay(d);
		loop_watch_in(d->timer, d->next_try - d->exchange->now);
	}
	if (*d->reason != '\0' && d->wanted) {
		log_warning("dial %s: failed: reason=%s attempts=%u: %s",
		    c->name, d->reason, d->attempts, d->text);
		tell_failure(d);
	}
}

static void
stop_connecting(struct client *d)
{
	loop_watch_free(d->connected);
	d->connected = NULL;
	if (d->fd != -1)
		close(d->fd);
	d->fd = -1;
}

/*
 * Getting there.
 */

static void
is_connected(void *arg)
{
	struct client *d = arg;
	struct context *x = d->exchange;
	int fd = d->fd, error = connect_result(fd);

	context_turn(x);
	if (error != 0) {
		client_why(d, "connect", "%s", strerror(error));
		stop_connecting(d);
		client_rest(d);
		return;
	}
	d->fd = -1;
	stop_connecting(d);
	d->peer = ctrl_socket_new(x, profile_use(d->profile), fd, d->address,
	    section(d)->port, client_link_host(), d);
	if (d->peer == NULL) {
		client_why(d, "no-room", "no room for another connection");
		client_rest(d);
		return;
	}
	d->peer->path.mark = section(d)->mark;
	ctrl_socket_bind(d->peer, section(d)->bind_device);
	client_enter(d, CLIENT_NEGOTIATING);
	ctrl_socket_start(d->peer);
	context_settle(x);
}

static void
begin_connecting(struct client *d)
{
	let_go(d);
	if (section(d)->host_route)
		d->bypass = server_route_take(&d->exchange->bypasses,
		    d->exchange->rtnetlink, d->address, section(d)->mark);
	d->fd = connect_server(section(d), d->address);
	if (d->fd != -1)
		d->connected = loop_write(d->exchange->loop, d->fd,
		    is_connected, d);
	if (d->connected == NULL) {
		client_why(d, "connect", "%s", strerror(errno));
		stop_connecting(d);
		client_rest(d);
		return;
	}
	loop_watch_start(d->connected);
}

bool
client_answer(struct client *d, uint64_t token, const char *text)
{
	struct in_addr address;

	if (token != d->token)
		return false;
	if (d->state != CLIENT_CONNECTING || d->fd != -1)
		return true;
	if (inet_pton(AF_INET, text, &address) == 1) {
		d->address = ntohl(address.s_addr);
		begin_connecting(d);
	} else {
		client_why(d, "unknown-server", "%s: %s", section(d)->server,
		    *text == '\0' ? "no such name" : text);
		client_rest(d);
	}
	return true;
}

/* Asks the helper, since a name server may be slow. */
static void
resolve(struct client *d)
{
	struct job j;

	job_init(&j, JOB_RESOLVE, d->token);
	j.wanted = true;
	j.seconds = section(d)->connect_timeout;
	job_argument(&j, section(d)->server);
	(void)helper_do(d->exchange->helper, &j);
}

static void
dial(struct client *d)
{
	const struct dial *c = section(d);
	struct in_addr address;

	*d->reason = *d->text = '\0';
	d->address = 0;
	d->again = false;
	client_enter(d, CLIENT_CONNECTING);
	loop_watch_in(d->timer, (uint64_t)c->connect_timeout * 1000);
	if (inet_pton(AF_INET, c->server, &address) == 1)
		(void)client_answer(d, d->token, c->server);
	else
		resolve(d);
}

/* Says good-bye as far as it has come; client_rest comes in any case. */
static void
hang_up(struct client *d)
{
	if (d->session != NULL)
		session_close(d->session, PPP_ADMIN);
	else if (d->peer != NULL)
		ctrl_socket_stop(d->peer, REASON_ADMIN);
	else {
		stop_connecting(d);
		client_rest(d);
	}
}

static void
due(void *arg)
{
	struct client *d = arg;
	struct context *x = d->exchange;

	context_turn(x);
	if (d->state == CLIENT_WAITING)
		dial(d);
	else if (d->state != CLIENT_DOWN) {
		client_why(d, "timeout", "not up after %u s",
		    section(d)->connect_timeout);
		hang_up(d);
	}
	context_settle(x);
}

/*
 * From nothing to running and back.
 */

struct client *
client_open(struct context *x, const struct dial *c)
{
	struct client *d;

	if ((d = calloc(1, sizeof(*d))) == NULL)
		return NULL;
	d->exchange = x;
	d->fd = -1;
	d->token = TOKEN | ++x->serial;
	d->since = x->now;
	if ((d->profile = profile_of_dial(c)) == NULL ||
	    (d->timer = loop_timer(x->loop, due, d)) == NULL) {
		client_free(d);
		return NULL;
	}
	if (c->automatic) {
		d->wanted = true;
		client_enter(d, CLIENT_WAITING);
		d->next_try = x->now;
		loop_watch_in(d->timer, 0);
	}
	return d;
}

void
client_free(struct client *d)
{
	if (d == NULL)
		return;
	stop_connecting(d);
	let_go(d);
	loop_watch_free(d->timer);
	profile_leave(d->profile);
	free(d);
}

int
client_up(struct client *d, char *error, size_t size)
{
	bool over = d->state == CLIENT_DOWN || d->state == CLIENT_WAITING;

	if (!over && d->wanted) {
		snprintf(error, size, "%s is %s already", d->profile->name,
		    states[d->state]);
		return -1;
	}
	d->wanted = true;
	d->attempts = 0;
	d->again = !over;
	if (over)
		dial(d);
	return 0;
}

void
client_down(struct client *d)
{
	d->wanted = d->again = false;
	if (d->state == CLIENT_DOWN)
		return;
	client_why(d, "admin", "hung up by the administrator");
	hang_up(d);
}

bool
client_is_over(const struct client *d)
{
	return d->state == CLIENT_DOWN && d->peer == NULL && d->session == NULL;
}

const struct dial *
client_section(const struct client *d)
{
	return section(d);
}

const char *
client_state(const struct client *d)
{
	return states[d->state];
}
