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
	[DIAL_DOWN] = "down",
	[DIAL_CONNECTING] = "connecting",
	[DIAL_NEGOTIATING] = "negotiating",
	[DIAL_UP] = "up",
	[DIAL_WAITING] = "waiting"
};

static const struct dial *
section(const struct dialer *d)
{
	return &d->profile->dial;
}

void
dial_enter(struct dialer *d, enum dial_state state)
{
	d->state = state;
	d->since = d->exchange->now;
}

/*
 * Failure and the next try.
 */

/* Doubled each time, and not at once for all hosts that have lost a server. */
static uint64_t
delay(const struct dialer *d)
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
tell_failure(const struct dialer *d)
{
	struct exchange *x = d->exchange;
	uint64_t epoch = clock_epoch(x->now);
	struct item item;

	if (x->control == NULL || !control_followed(x->control))
		return;
	item_open(&item);
	item_text(&item, "event", "dial-failed");
	item_time(&item, "time", x->now + epoch);
	item_text(&item, "reason", d->reason);
	item_text(&item, "text", d->text);
	item_text(&item, "role", "client");
	item_text(&item, "section", d->profile->name);
	item_number(&item, "attempts", d->attempts);
	if (d->state == DIAL_WAITING)
		item_time(&item, "next_try", d->next_try + epoch);
	else
		item_null(&item, "next_try");
	item_close(&item);
	control_tell(x->control, &item);
}

void
dial_why(struct dialer *d, const char *reason, const char *format, ...)
{
	va_list ap;

	snprintf(d->reason, sizeof(d->reason), "%s", reason);
	va_start(ap, format);
	vsnprintf(d->text, sizeof(d->text), format, ap);
	va_end(ap);
}

/* Others may still need it. */
static void
let_go(struct dialer *d)
{
	bypass_give(&d->exchange->bypasses, d->exchange->route, d->bypass);
	d->bypass = NULL;
}

static void	dial(struct dialer *);

/* All of it is over: waits, if it is to be tried again. */
void
dial_rest(struct dialer *d)
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
		watch_stop(d->timer);
		dial_enter(d, DIAL_DOWN);
		if (!d->wanted)
			watch_in(d->exchange->sweep, 0);
	} else {
		dial_enter(d, DIAL_WAITING);
		d->next_try = d->exchange->now + delay(d);
		watch_in(d->timer, d->next_try - d->exchange->now);
	}
	if (*d->reason != '\0' && d->wanted) {
		log_warning("dial %s: failed: reason=%s attempts=%u: %s",
		    c->name, d->reason, d->attempts, d->text);
		tell_failure(d);
	}
}

static void
stop_connecting(struct dialer *d)
{
	watch_free(d->connected);
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
	struct dialer *d = arg;
	struct exchange *x = d->exchange;
	int fd = d->fd, error = connect_result(fd);

	exchange_turn(x);
	if (error != 0) {
		dial_why(d, "connect", "%s", strerror(error));
		stop_connecting(d);
		dial_rest(d);
		return;
	}
	d->fd = -1;
	stop_connecting(d);
	d->peer = peer_new(x, profile_use(d->profile), fd, d->address,
	    section(d)->port, dial_link_host(), d);
	if (d->peer == NULL) {
		dial_why(d, "no-room", "no room for another connection");
		dial_rest(d);
		return;
	}
	d->peer->path.mark = section(d)->mark;
	peer_bind(d->peer, section(d)->bind_device);
	dial_enter(d, DIAL_NEGOTIATING);
	peer_start(d->peer);
	exchange_settle(x);
}

static void
begin_connecting(struct dialer *d)
{
	let_go(d);
	if (section(d)->host_route)
		d->bypass = bypass_take(&d->exchange->bypasses,
		    d->exchange->route, d->address, section(d)->mark);
	d->fd = connect_server(section(d), d->address);
	if (d->fd != -1)
		d->connected = loop_write(d->exchange->loop, d->fd,
		    is_connected, d);
	if (d->connected == NULL) {
		dial_why(d, "connect", "%s", strerror(errno));
		stop_connecting(d);
		dial_rest(d);
		return;
	}
	watch_start(d->connected);
}

bool
dialer_answer(struct dialer *d, uint64_t token, const char *text)
{
	struct in_addr address;

	if (token != d->token)
		return false;
	if (d->state != DIAL_CONNECTING || d->fd != -1)
		return true;
	if (inet_pton(AF_INET, text, &address) == 1) {
		d->address = ntohl(address.s_addr);
		begin_connecting(d);
	} else {
		dial_why(d, "unknown-server", "%s: %s", section(d)->server,
		    *text == '\0' ? "no such name" : text);
		dial_rest(d);
	}
	return true;
}

/* Asks the helper, since a name server may be slow. */
static void
resolve(struct dialer *d)
{
	struct job j;

	job_init(&j, JOB_RESOLVE, d->token);
	j.wanted = true;
	j.seconds = section(d)->connect_timeout;
	job_argument(&j, section(d)->server);
	(void)helper_do(d->exchange->helper, &j);
}

static void
dial(struct dialer *d)
{
	const struct dial *c = section(d);
	struct in_addr address;

	*d->reason = *d->text = '\0';
	d->address = 0;
	d->again = false;
	dial_enter(d, DIAL_CONNECTING);
	watch_in(d->timer, (uint64_t)c->connect_timeout * 1000);
	if (inet_pton(AF_INET, c->server, &address) == 1)
		(void)dialer_answer(d, d->token, c->server);
	else
		resolve(d);
}

/* Says good-bye as far as it has come; dial_rest comes in any case. */
static void
hang_up(struct dialer *d)
{
	if (d->session != NULL)
		session_close(d->session, PPP_ADMIN);
	else if (d->peer != NULL)
		peer_stop(d->peer, REASON_ADMIN);
	else {
		stop_connecting(d);
		dial_rest(d);
	}
}

static void
due(void *arg)
{
	struct dialer *d = arg;
	struct exchange *x = d->exchange;

	exchange_turn(x);
	if (d->state == DIAL_WAITING)
		dial(d);
	else if (d->state != DIAL_DOWN) {
		dial_why(d, "timeout", "not up after %u s",
		    section(d)->connect_timeout);
		hang_up(d);
	}
	exchange_settle(x);
}

/*
 * From nothing to running and back.
 */

struct dialer *
dialer_open(struct exchange *x, const struct dial *c)
{
	struct dialer *d;

	if ((d = calloc(1, sizeof(*d))) == NULL)
		return NULL;
	d->exchange = x;
	d->fd = -1;
	d->token = TOKEN | ++x->serial;
	d->since = x->now;
	if ((d->profile = profile_of_dial(c)) == NULL ||
	    (d->timer = loop_timer(x->loop, due, d)) == NULL) {
		dialer_free(d);
		return NULL;
	}
	if (c->automatic) {
		d->wanted = true;
		dial_enter(d, DIAL_WAITING);
		d->next_try = x->now;
		watch_in(d->timer, 0);
	}
	return d;
}

void
dialer_free(struct dialer *d)
{
	if (d == NULL)
		return;
	stop_connecting(d);
	let_go(d);
	watch_free(d->timer);
	profile_leave(d->profile);
	free(d);
}

int
dialer_up(struct dialer *d, char *error, size_t size)
{
	bool over = d->state == DIAL_DOWN || d->state == DIAL_WAITING;

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
dialer_down(struct dialer *d)
{
	d->wanted = d->again = false;
	if (d->state == DIAL_DOWN)
		return;
	dial_why(d, "admin", "hung up by the administrator");
	hang_up(d);
}

bool
dialer_is_over(const struct dialer *d)
{
	return d->state == DIAL_DOWN && d->peer == NULL && d->session == NULL;
}

const struct dial *
dialer_section(const struct dialer *d)
{
	return section(d);
}

const char *
dialer_state(const struct dialer *d)
{
	return states[d->state];
}
