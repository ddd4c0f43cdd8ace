/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dials: makes the session of a section dial, and redials when it is lost. */
#include <sys/random.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/address.h"
#include "conf/secrets.h"
#include "nat/base/clock.h"
#include "nat/base/log.h"
#include "nat/base/loop.h"
#include "nat/control/control.h"
#include "nat/endpoint/client.h"
#include "nat/endpoint/context.h"
#include "nat/endpoint/ctrl_socket.h"
#include "nat/endpoint/forward.h"
#include "nat/endpoint/profile.h"
#include "nat/endpoint/session.h"
#include "nat/endpoint/session_json.h"
#include "nat/endpoint/session_log.h"
#include "nat/endpoint/session_net.h"
#include "nat/endpoint/session_ppp.h"
#include "nat/endpoint/session_way.h"
#include "nat/endpoint/tun_device.h"
#include "nat/net/rtnetlink.h"
#include "nat/net/server_route.h"
#include "nat/privsep/helper.h"

#define TOKEN		(1ULL << 63)	/* no session has such a number */
#define TEXT_MAX	640		/* bytes of a sentence and more */

enum client_state {
	CLIENT_DOWN,		/* by order, or never dialled */
	CLIENT_CONNECTING,
	CLIENT_NEGOTIATING,
	CLIENT_UP,
	CLIENT_WAITING		/* until it is tried again */
};

struct client {
	struct context		*context;
	struct profile		*profile;
	uint64_t		 token;		/* of its errands */
	struct watch		*connected, *timer;
	int			 fd;		/* while it connects, or -1 */
	struct ctrl_socket	*ctrl;
	struct session		*session;
	struct server_route	*server_route;	/* to it, or NULL */
	uint32_t		 address;	/* the server's, 0: not known */
	enum client_state	 state;
	uint64_t		 since;		/* ms, of the state */
	uint64_t		 next_try;	/* ms, WAITING */
	uint32_t		 attempts;	/* since it was up */
	bool			 wanted;
	bool			 again;		/* dial once it is over */
	/* Why it failed last; name and sentence. */
	char			 reason[32], text[TEXT_MAX];
};

static const char *const states[] = {
	[CLIENT_DOWN] = "down",
	[CLIENT_CONNECTING] = "connecting",
	[CLIENT_NEGOTIATING] = "negotiating",
	[CLIENT_UP] = "up",
	[CLIENT_WAITING] = "waiting"
};

static const struct dial *
section_of(const struct client *d)
{
	return &d->profile->dial;
}

static void
enter_state(struct client *d, enum client_state state)
{
	d->state = state;
	d->since = d->context->now;
}

/*
 * Failure, and when to redial.
 */

/* Doubled each time, and not at once for all hosts that have lost a server. */
static uint64_t
redial_delay(const struct client *d)
{
	uint64_t ms = (uint64_t)section_of(d)->reconnect_delay * 1000;
	uint64_t most = (uint64_t)section_of(d)->reconnect_delay_max * 1000;
	uint32_t i, random = 0;

	for (i = 1; i < d->attempts && ms < most; i++)
		ms *= 2;
	if (ms > most)
		ms = most;
	(void)!getrandom(&random, sizeof(random), 0);
	return ms - ms / 4 + ms / 2 * (random % 1024) / 1024;
}

/* 0: there will be none. */
static uint64_t
next_try(const struct client *d)
{
	return d->state == CLIENT_WAITING ? d->next_try : 0;
}

static void
tell_failure(const struct client *d)
{
	const uint32_t ends[2] = { d->address, d->address };
	struct context *x = d->context;
	uint64_t epoch = clock_epoch(x->now);
	struct json_line line;

	if (x->control == NULL || !control_followed(x->control))
		return;
	json_line_open(&line);
	json_line_text(&line, "event", "dial-failed");
	json_line_time(&line, "time", x->now + epoch);
	json_line_text(&line, "reason", d->reason);
	json_line_text(&line, "text", d->text);
	json_line_text(&line, "role", "client");
	json_line_text(&line, "section", d->profile->name);
	json_line_number(&line, "attempts", d->attempts);
	json_line_since(&line, "next_try", epoch, next_try(d));
	json_line_close(&line);
	control_tell(x->control, ends, &line);
}

static void __attribute__((format(printf, 3, 4)))
set_reason(struct client *d, const char *reason, const char *format, ...)
{
	va_list ap;

	snprintf(d->reason, sizeof(d->reason), "%s", reason);
	va_start(ap, format);
	vsnprintf(d->text, sizeof(d->text), format, ap);
	va_end(ap);
}

/* Others may still need it. */
static void
drop_server_route(struct client *d)
{
	server_route_give(
	    &d->context->server_routes, d->context->rtnetlink, d->server_route);
	d->server_route = NULL;
}

static void	start_dial(struct client *);

/* Connection and session of an attempt are over: redials, if configured. */
static void
finish_try(struct client *d)
{
	const struct dial *c = section_of(d);

	drop_server_route(d);
	if (d->again) {
		start_dial(d);
		return;
	}
	d->attempts++;
	if (!d->wanted || !c->reconnect || (c->reconnect_tries != 0 &&
	    d->attempts >= c->reconnect_tries)) {
		loop_watch_stop(d->timer);
		enter_state(d, CLIENT_DOWN);
		if (!d->wanted)
			loop_watch_in(d->context->sweep, 0);
	} else {
		enter_state(d, CLIENT_WAITING);
		d->next_try = d->context->now + redial_delay(d);
		loop_watch_in(d->timer, d->next_try - d->context->now);
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
 * The TCP connection.
 */

static int
set_options(int fd, const struct dial *d)
{
	struct sockaddr_in local = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(d->bind_address)
	};

	if (d->mark != 0 && setsockopt(fd, SOL_SOCKET, SO_MARK, &d->mark,
	    sizeof(d->mark)) == -1)
		return -1;
	if (*d->bind_device != '\0' && setsockopt(fd, SOL_SOCKET,
	    SO_BINDTODEVICE, d->bind_device,
	    (socklen_t)strlen(d->bind_device) + 1) == -1)
		return -1;
	return d->bind_address == 0 ? 0 :
	    bind(fd, (struct sockaddr *)&local, sizeof(local));
}

static int
open_connection(const struct dial *d, uint32_t address)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(address),
		.sin_port = htons(d->port)
	};
	int fd, error;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	if (set_options(fd, d) == 0 && (connect(fd, (struct sockaddr *)&sin,
	    sizeof(sin)) == 0 || errno == EINPROGRESS))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static int
connection_error(int fd)
{
	socklen_t len = sizeof(int);
	int error = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		return errno;
	return error;
}

/*
 * The control connection and the session.
 */

static void
ctrl_opened(struct ctrl_socket *p)
{
	struct client *d = p->arg;

	d->session = session_new(d->context, p);
	if (d->session != NULL && ctrl_conn_request(&p->conn,
	    &d->session->call, d->context->now) == 0)
		return;
	set_reason(d, "no-room", "no room for another call");
	if (d->session != NULL)
		session_lost(d->session, REASON_CALL_LIMIT);
	ctrl_socket_stop(p, REASON_CALL_LIMIT);
}

static void
ctrl_gone(struct ctrl_socket *p, enum reason reason)
{
	struct client *d = p->arg;
	char text[TEXT_MAX];

	if (*d->reason == '\0' && reason == REASON_START_REFUSED)
		set_reason(d, reason_name(reason), "%s",
		    ctrl_conn_explain_start(&p->conn, text, sizeof(text)));
	else if (*d->reason == '\0')
		set_reason(d, reason_name(reason), "%s", reason_text(reason));
	d->ctrl = NULL;
	finish_try(d);
}

static void
find_secret(void *session, const struct ppp_login *login,
    struct ppp_secret *secret)
{
	struct session *s = session;
	struct client *d = s->ctrl->arg;
	char error[TEXT_MAX], *password;

	password = dial_password(&d->profile->dial, error, sizeof(error));
	if (password == NULL) {
		set_reason(d, "no-password", "%s", error);
		return;
	}
	secret->len = strlen(password);
	secret->kind = PPP_SECRET_PASSWORD;
	memcpy(secret->password, password, secret->len);
	secrets_password_free(password);
}

static enum ppp_reason
give_grant(void *session, const struct ppp_login *login,
    struct ppp_grant *grant)
{
	struct session *s = session;
	const struct dial *c = &s->profile->dial;

	grant->config = &s->profile->ppp;
	grant->local = c->local_address;
	grant->remote = c->remote_address;
	grant->accept_local = c->local_address == 0;
	grant->accept_remote = c->remote_address == 0;
	grant->insist = c->local_address != 0 || c->remote_address != 0;
	return PPP_OK;
}

static void
add_route(struct session *s, uint32_t to, uint8_t bits)
{
	struct rtnetlink_entry e = {
		.to = to, .bits = bits,
		.interface = tun_index(s->device->tun),
		.source = s->local, .metric = s->profile->dial.metric
	};

	if (rtnetlink_add(s->context->rtnetlink, &e) == 0)
		session_way_check_route(s, to, bits);
	else
		session_way_note(s, SESSION_WAY_ROUTE_LOST, "section %s: a "
		    "route cannot be made: %s", s->profile->name,
		    strerror(errno));
}

/*
 * They go away with the interface.  Without a metric the default route is in
 * two halves, so that the one of before need not be touched.
 */
static void
add_routes(struct session *s)
{
	const struct dial *c = &s->profile->dial;
	size_t i;

	for (i = 0; i < c->nroute; i++)
		add_route(s, c->route[i].address, c->route[i].bits);
	if (c->default_route && c->metric != 0)
		add_route(s, 0, 0);
	else if (c->default_route) {
		add_route(s, 0, 1);
		add_route(s, 0x80000000, 1);
	}
}

static void
run_dns(struct session *s, bool up)
{
	struct script_facts f;

	session_net_facts(s, &f);
	(void)script_run_dns(s->context->helper, s->profile->options,
	    s->profile->dial.dns_script, &f, up);
}

static void
session_is_up(struct session *s)
{
	struct client *d = s->ctrl->arg;

	loop_watch_stop(d->timer);
	d->attempts = 0;
	*d->reason = *d->text = '\0';
	enter_state(d, CLIENT_UP);
	add_routes(s);
	run_dns(s, true);
}

static void
session_is_down(struct session *s)
{
	run_dns(s, false);
}

static void
session_is_over(struct session *s)
{
	struct client *d = s->ctrl->arg;
	char text[TEXT_MAX] = "";
	struct line l = line_of(text, sizeof(text));

	if (s->call_reason != REASON_NONE && s->reason == PPP_LOST) {
		set_reason(d, reason_name(s->call_reason), "%s%s%s",
		    reason_text(s->call_reason), s->call.result > 1 ? ": " : "",
		    s->call.result > 1 ? ctrl_conn_explain_call(&s->call, text,
		    sizeof(text)) : "");
	} else if (*d->reason == '\0') {
		session_log_explain(s, s->reason, &l);
		set_reason(d, ppp_reason_name(s->reason), "%s", text);
	}
	d->session = NULL;
}

static const struct ppp_host ppp_host = {
	.send = forward_frame,
	.secret = find_secret,
	.grant = give_grant,
	.event = session_ppp_event,
	.random = session_ppp_random,
	.mppc = session_ppp_mppc
};

static const struct ctrl_socket_host ctrl_host = {
	.open = ctrl_opened,
	.gone = ctrl_gone,
	.ppp = &ppp_host,
	.up = session_is_up,
	.down = session_is_down,
	.end = session_is_over
};

/*
 * Getting there.
 */

static void
tcp_connected(void *arg)
{
	struct client *d = arg;
	struct context *x = d->context;
	int fd = d->fd, error = connection_error(fd);

	context_begin_turn(x);
	if (error != 0) {
		set_reason(d, "connect", "%s", strerror(error));
		stop_connecting(d);
		finish_try(d);
		return;
	}
	d->fd = -1;
	stop_connecting(d);
	d->ctrl = ctrl_socket_new(x, profile_use(d->profile), fd, d->address,
	    section_of(d)->port, &ctrl_host, d);
	if (d->ctrl == NULL) {
		set_reason(d, "no-room", "no room for another connection");
		finish_try(d);
		return;
	}
	d->ctrl->path.mark = section_of(d)->mark;
	ctrl_socket_bind(d->ctrl, section_of(d)->bind_device);
	enter_state(d, CLIENT_NEGOTIATING);
	ctrl_socket_start(d->ctrl);
	context_end_turn(x);
}

static void
connect_tcp(struct client *d)
{
	drop_server_route(d);
	if (section_of(d)->host_route)
		d->server_route = server_route_take(&d->context->server_routes,
		    d->context->rtnetlink, d->address, section_of(d)->mark);
	d->fd = open_connection(section_of(d), d->address);
	if (d->fd != -1)
		d->connected = loop_write(d->context->loop, d->fd,
		    tcp_connected, d);
	if (d->connected == NULL) {
		set_reason(d, "connect", "%s", strerror(errno));
		stop_connecting(d);
		finish_try(d);
		return;
	}
	loop_watch_start(d->connected);
}

bool
client_answer(struct client *d, uint64_t token, const char *text)
{
	if (token != d->token)
		return false;
	if (d->state != CLIENT_CONNECTING || d->fd != -1)
		return true;
	if (address_read(text, &d->address))
		connect_tcp(d);
	else {
		set_reason(d, "unknown-server", "%s: %s", section_of(d)->server,
		    *text == '\0' ? "no such name" : text);
		finish_try(d);
	}
	return true;
}

/* Asks the helper, since a name server may be slow. */
static void
resolve_server(struct client *d)
{
	struct job j;

	job_init(&j, JOB_RESOLVE, d->token);
	j.wanted = true;
	j.seconds = section_of(d)->connect_timeout;
	job_argument(&j, section_of(d)->server);
	(void)helper_do(d->context->helper, &j);
}

static void
start_dial(struct client *d)
{
	const struct dial *c = section_of(d);
	uint32_t address;

	*d->reason = *d->text = '\0';
	d->address = 0;
	d->again = false;
	enter_state(d, CLIENT_CONNECTING);
	loop_watch_in(d->timer, (uint64_t)c->connect_timeout * 1000);
	if (address_read(c->server, &address))
		(void)client_answer(d, d->token, c->server);
	else
		resolve_server(d);
}

/* Says good-bye as far as it has come; finish_try comes in any case. */
static void
hang_up(struct client *d)
{
	if (d->session != NULL)
		session_close(d->session, PPP_ADMIN);
	else if (d->ctrl != NULL)
		ctrl_socket_stop(d->ctrl, REASON_ADMIN);
	else {
		stop_connecting(d);
		finish_try(d);
	}
}

static void
timer_due(void *arg)
{
	struct client *d = arg;
	struct context *x = d->context;

	context_begin_turn(x);
	if (d->state == CLIENT_WAITING)
		start_dial(d);
	else if (d->state != CLIENT_DOWN) {
		set_reason(d, "timeout", "not up after %u s",
		    section_of(d)->connect_timeout);
		hang_up(d);
	}
	context_end_turn(x);
}

/*
 * Opening and closing.
 */

struct client *
client_open(struct context *x, const struct dial *c)
{
	struct client *d;

	if ((d = calloc(1, sizeof(*d))) == NULL)
		return NULL;
	d->context = x;
	d->fd = -1;
	d->token = TOKEN | ++x->serial;
	d->since = x->now;
	if ((d->profile = profile_of_dial(c)) == NULL ||
	    (d->timer = loop_timer(x->loop, timer_due, d)) == NULL) {
		client_free(d);
		return NULL;
	}
	if (c->automatic) {
		d->wanted = true;
		enter_state(d, CLIENT_WAITING);
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
	drop_server_route(d);
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
		start_dial(d);
	return 0;
}

void
client_down(struct client *d)
{
	d->wanted = d->again = false;
	if (d->state == CLIENT_DOWN)
		return;
	set_reason(d, "admin", "hung up by the administrator");
	hang_up(d);
}

bool
client_is_over(const struct client *d)
{
	return d->state == CLIENT_DOWN && d->ctrl == NULL && d->session == NULL;
}

const struct dial *
client_section(const struct client *d)
{
	return section_of(d);
}

/* As pptpalg-sessions(8) says. */
void
client_json(struct json_line *line, const struct client *d, uint64_t epoch)
{
	const struct dial *c = &d->profile->dial;

	json_line_open(line);
	json_line_text(line, "dial", c->name);
	json_line_text(line, "state", states[d->state]);
	json_line_text(line, "server", c->server);
	if (d->address == 0)
		json_line_null(line, "server_address");
	else
		json_line_address(line, "server_address", d->address);
	json_line_text(line, "user", c->user);
	session_json_dialled(line, d->session);
	json_line_time(line, "since", epoch + d->since);
	json_line_number(line, "attempts", d->attempts);
	json_line_since(line, "next_try", epoch, next_try(d));
	json_line_text(line, "reason", *d->reason == '\0' ? NULL : d->reason);
	json_line_text(line, "text", *d->text == '\0' ? NULL : d->text);
	json_line_close(line);
}
