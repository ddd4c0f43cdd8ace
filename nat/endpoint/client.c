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

static const char *const client_states[] = {
	[CLIENT_DOWN] = "down",
	[CLIENT_CONNECTING] = "connecting",
	[CLIENT_NEGOTIATING] = "negotiating",
	[CLIENT_UP] = "up",
	[CLIENT_WAITING] = "waiting"
};

static const struct dial *
section_of(const struct client *c)
{
	return &c->profile->dial;
}

static void
enter_state(struct client *c, enum client_state state)
{
	c->state = state;
	c->since = c->context->now;
}

/*
 * Failure, and when to redial.
 */

/* Doubled each time, and not at once for all hosts that have lost a server. */
static uint64_t
redial_delay(const struct client *c)
{
	uint64_t ms = (uint64_t)section_of(c)->reconnect_delay * 1000;
	uint64_t most = (uint64_t)section_of(c)->reconnect_delay_max * 1000;
	uint32_t i, random = 0;

	for (i = 1; i < c->attempts && ms < most; i++)
		ms *= 2;
	if (ms > most)
		ms = most;
	(void)!getrandom(&random, sizeof(random), 0);
	return ms - ms / 4 + ms / 2 * (random % 1024) / 1024;
}

/* 0: there will be none. */
static uint64_t
next_try(const struct client *c)
{
	return c->state == CLIENT_WAITING ? c->next_try : 0;
}

static void
tell_failure(const struct client *c)
{
	const uint32_t ends[2] = { c->address, c->address };
	struct context *x = c->context;
	uint64_t epoch = clock_epoch(x->now);
	struct json_line line;

	if (x->control == NULL || !control_followed(x->control))
		return;
	json_line_open(&line);
	json_line_text(&line, "event", "dial-failed");
	json_line_time(&line, "time", x->now + epoch);
	json_line_text(&line, "reason", c->reason);
	json_line_text(&line, "text", c->text);
	json_line_text(&line, "role", "client");
	json_line_text(&line, "section", c->profile->name);
	json_line_number(&line, "attempts", c->attempts);
	json_line_since(&line, "next_try", epoch, next_try(c));
	json_line_close(&line);
	control_tell(x->control, ends, &line);
}

static void __attribute__((format(printf, 3, 4)))
set_reason(struct client *c, const char *reason, const char *format, ...)
{
	va_list ap;

	snprintf(c->reason, sizeof(c->reason), "%s", reason);
	va_start(ap, format);
	vsnprintf(c->text, sizeof(c->text), format, ap);
	va_end(ap);
}

/* Others may still need it. */
static void
drop_server_route(struct client *c)
{
	server_route_give(
	    &c->context->server_routes, c->context->rtnetlink, c->server_route);
	c->server_route = NULL;
}

static void	start_dial(struct client *);

/* Connection and session of an attempt are over: redials, if configured. */
static void
finish_try(struct client *c)
{
	const struct dial *d = section_of(c);

	drop_server_route(c);
	if (c->again) {
		start_dial(c);
		return;
	}
	c->attempts++;
	if (!c->wanted || !d->reconnect || (d->reconnect_tries != 0 &&
	    c->attempts >= d->reconnect_tries)) {
		loop_watch_stop(c->timer);
		enter_state(c, CLIENT_DOWN);
		if (!c->wanted)
			loop_watch_in(c->context->sweep, 0);
	} else {
		enter_state(c, CLIENT_WAITING);
		c->next_try = c->context->now + redial_delay(c);
		loop_watch_in(c->timer, c->next_try - c->context->now);
	}
	if (*c->reason != '\0' && c->wanted) {
		log_warning("dial %s: failed: reason=%s attempts=%u: %s",
		    d->name, c->reason, c->attempts, c->text);
		tell_failure(c);
	}
}

static void
stop_connecting(struct client *c)
{
	loop_watch_free(c->connected);
	c->connected = NULL;
	if (c->fd != -1)
		close(c->fd);
	c->fd = -1;
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
	struct client *c = p->arg;

	c->session = session_new(c->context, p);
	if (c->session != NULL && ctrl_conn_request(&p->conn,
	    &c->session->call, c->context->now) == 0)
		return;
	set_reason(c, "no-room", "no room for another call");
	if (c->session != NULL)
		session_lost(c->session, REASON_CALL_LIMIT);
	ctrl_socket_stop(p, REASON_CALL_LIMIT);
}

static void
ctrl_gone(struct ctrl_socket *p, enum reason reason)
{
	struct client *c = p->arg;
	char text[TEXT_MAX];

	if (*c->reason == '\0' && reason == REASON_START_REFUSED)
		set_reason(c, reason_name(reason), "%s",
		    ctrl_conn_explain_start(&p->conn, text, sizeof(text)));
	else if (*c->reason == '\0')
		set_reason(c, reason_name(reason), "%s", reason_text(reason));
	c->ctrl = NULL;
	finish_try(c);
}

static void
find_client_secret(void *session, const struct ppp_login *login,
    struct ppp_secret *secret)
{
	struct session *s = session;
	struct client *c = s->ctrl->arg;
	char error[TEXT_MAX], *password;

	password = dial_password(&c->profile->dial, error, sizeof(error));
	if (password == NULL) {
		set_reason(c, "no-password", "%s", error);
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
	const struct dial *d = &s->profile->dial;

	grant->config = &s->profile->ppp;
	grant->local = d->local_address;
	grant->remote = d->remote_address;
	grant->accept_local = d->local_address == 0;
	grant->accept_remote = d->remote_address == 0;
	grant->insist = d->local_address != 0 || d->remote_address != 0;
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
	const struct dial *d = &s->profile->dial;
	size_t i;

	for (i = 0; i < d->nroute; i++)
		add_route(s, d->route[i].address, d->route[i].bits);
	if (d->default_route && d->metric != 0)
		add_route(s, 0, 0);
	else if (d->default_route) {
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
	struct client *c = s->ctrl->arg;

	loop_watch_stop(c->timer);
	c->attempts = 0;
	*c->reason = *c->text = '\0';
	enter_state(c, CLIENT_UP);
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
	struct client *c = s->ctrl->arg;
	char text[TEXT_MAX] = "";
	struct line l = line_of(text, sizeof(text));

	if (s->call_reason != REASON_NONE && s->reason == PPP_LOST) {
		set_reason(c, reason_name(s->call_reason), "%s%s%s",
		    reason_text(s->call_reason), s->call.result > 1 ? ": " : "",
		    s->call.result > 1 ? ctrl_conn_explain_call(&s->call, text,
		    sizeof(text)) : "");
	} else if (*c->reason == '\0') {
		session_log_explain(s, s->reason, &l);
		set_reason(c, ppp_reason_name(s->reason), "%s", text);
	}
	c->session = NULL;
}

static const struct ppp_host client_host = {
	.send = forward_frame,
	.secret = find_client_secret,
	.grant = give_grant,
	.event = session_ppp_event,
	.random = session_ppp_random,
	.mppc = session_ppp_mppc
};

static const struct ctrl_socket_host ctrl_host = {
	.open = ctrl_opened,
	.gone = ctrl_gone,
	.ppp = &client_host,
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
	struct client *c = arg;
	struct context *x = c->context;
	int fd = c->fd, error = connection_error(fd);

	context_begin_turn(x);
	if (error != 0) {
		set_reason(c, "connect", "%s", strerror(error));
		stop_connecting(c);
		finish_try(c);
		return;
	}
	c->fd = -1;
	stop_connecting(c);
	c->ctrl = ctrl_socket_new(x, profile_use(c->profile), fd, c->address,
	    section_of(c)->port, &ctrl_host, c);
	if (c->ctrl == NULL) {
		set_reason(c, "no-room", "no room for another connection");
		finish_try(c);
		return;
	}
	c->ctrl->path.mark = section_of(c)->mark;
	ctrl_socket_bind(c->ctrl, section_of(c)->bind_device);
	enter_state(c, CLIENT_NEGOTIATING);
	ctrl_socket_start(c->ctrl);
	context_end_turn(x);
}

static void
connect_tcp(struct client *c)
{
	drop_server_route(c);
	if (section_of(c)->host_route)
		c->server_route = server_route_take(&c->context->server_routes,
		    c->context->rtnetlink, c->address, section_of(c)->mark);
	c->fd = open_connection(section_of(c), c->address);
	if (c->fd != -1)
		c->connected = loop_write(c->context->loop, c->fd,
		    tcp_connected, c);
	if (c->connected == NULL) {
		set_reason(c, "connect", "%s", strerror(errno));
		stop_connecting(c);
		finish_try(c);
		return;
	}
	loop_watch_start(c->connected);
}

bool
client_answer(struct client *c, uint64_t token, const char *text)
{
	if (token != c->token)
		return false;
	if (c->state != CLIENT_CONNECTING || c->fd != -1)
		return true;
	if (address_read(text, &c->address))
		connect_tcp(c);
	else {
		set_reason(c, "unknown-server", "%s: %s", section_of(c)->server,
		    *text == '\0' ? "no such name" : text);
		finish_try(c);
	}
	return true;
}

/* Asks the helper, since a name server may be slow. */
static void
resolve_server(struct client *c)
{
	struct job j;

	job_init(&j, JOB_RESOLVE, c->token);
	j.wanted = true;
	j.seconds = section_of(c)->connect_timeout;
	job_argument(&j, section_of(c)->server);
	(void)helper_do(c->context->helper, &j);
}

static void
start_dial(struct client *c)
{
	const struct dial *d = section_of(c);
	uint32_t address;

	*c->reason = *c->text = '\0';
	c->address = 0;
	c->again = false;
	enter_state(c, CLIENT_CONNECTING);
	loop_watch_in(c->timer, (uint64_t)d->connect_timeout * 1000);
	if (address_read(d->server, &address))
		(void)client_answer(c, c->token, d->server);
	else
		resolve_server(c);
}

/* Says good-bye as far as it has come; finish_try comes in any case. */
static void
hang_up(struct client *c)
{
	if (c->session != NULL)
		session_close(c->session, PPP_ADMIN);
	else if (c->ctrl != NULL)
		ctrl_socket_stop(c->ctrl, REASON_ADMIN);
	else {
		stop_connecting(c);
		finish_try(c);
	}
}

static void
client_timer_due(void *arg)
{
	struct client *c = arg;
	struct context *x = c->context;

	context_begin_turn(x);
	if (c->state == CLIENT_WAITING)
		start_dial(c);
	else if (c->state != CLIENT_DOWN) {
		set_reason(c, "timeout", "not up after %u s",
		    section_of(c)->connect_timeout);
		hang_up(c);
	}
	context_end_turn(x);
}

/*
 * Opening and closing.
 */

struct client *
client_open(struct context *x, const struct dial *d)
{
	struct client *c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return NULL;
	c->context = x;
	c->fd = -1;
	c->token = TOKEN | ++x->serial;
	c->since = x->now;
	if ((c->profile = profile_of_dial(d)) == NULL ||
	    (c->timer = loop_timer(x->loop, client_timer_due, c)) == NULL) {
		client_free(c);
		return NULL;
	}
	if (d->automatic) {
		c->wanted = true;
		enter_state(c, CLIENT_WAITING);
		c->next_try = x->now;
		loop_watch_in(c->timer, 0);
	}
	return c;
}

void
client_free(struct client *c)
{
	if (c == NULL)
		return;
	stop_connecting(c);
	drop_server_route(c);
	loop_watch_free(c->timer);
	profile_leave(c->profile);
	free(c);
}

int
client_up(struct client *c, char *error, size_t size)
{
	bool over = c->state == CLIENT_DOWN || c->state == CLIENT_WAITING;

	if (!over && c->wanted) {
		snprintf(error, size, "%s is %s already", c->profile->name,
		    client_states[c->state]);
		return -1;
	}
	c->wanted = true;
	c->attempts = 0;
	c->again = !over;
	if (over)
		start_dial(c);
	return 0;
}

void
client_down(struct client *c)
{
	c->wanted = c->again = false;
	if (c->state == CLIENT_DOWN)
		return;
	set_reason(c, "admin", "hung up by the administrator");
	hang_up(c);
}

bool
client_is_over(const struct client *c)
{
	return c->state == CLIENT_DOWN && c->ctrl == NULL && c->session == NULL;
}

const struct dial *
client_section(const struct client *c)
{
	return section_of(c);
}

/* As pptpalg-sessions(8) says. */
void
client_json(struct json_line *line, const struct client *c, uint64_t epoch)
{
	const struct dial *d = &c->profile->dial;

	json_line_open(line);
	json_line_text(line, "dial", d->name);
	json_line_text(line, "state", client_states[c->state]);
	json_line_text(line, "server", d->server);
	if (c->address == 0)
		json_line_null(line, "server_address");
	else
		json_line_address(line, "server_address", c->address);
	json_line_text(line, "user", d->user);
	session_json_dialled(line, c->session);
	json_line_time(line, "since", epoch + c->since);
	json_line_number(line, "attempts", c->attempts);
	json_line_since(line, "next_try", epoch, next_try(c));
	json_line_text(line, "reason", *c->reason == '\0' ? NULL : c->reason);
	json_line_text(line, "text", *c->text == '\0' ? NULL : c->text);
	json_line_close(line);
}
