/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opens, reloads and ends all sections terminate and dial of the
 * configuration.
 */
#include <sys/wait.h>

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nat/base/log.h"
#include "nat/base/loop.h"
#include "nat/endpoint/accounting_file.h"
#include "nat/endpoint/client.h"
#include "nat/endpoint/context.h"
#include "nat/endpoint/ctrl_socket.h"
#include "nat/endpoint/endpoint.h"
#include "nat/endpoint/profile.h"
#include "nat/endpoint/server.h"
#include "nat/endpoint/session.h"
#include "nat/endpoint/session_net.h"
#include "nat/endpoint/session_pair.h"
#include "nat/privsep/helper.h"

#define ERROR		512		/* bytes of a sentence */
#define DIALS		64		/* room for more on reload */

struct dial_entry {
	struct dial_entry	*next;
	struct client		*client;
	bool			 gone;		/* from the configuration */
};

struct endpoint {
	struct context		*context;
	struct watch		*sweep;
	struct server		*servers;
	struct dial_entry	*dials;
};

/*
 * How much there may be.
 */

/* Sections are added on reload: they share what the others leave. */
static uint32_t
peers_of(const struct config *c)
{
	const struct terminate *t;
	const struct dial *d;
	uint64_t n = DIALS;

	for (t = c->terminate; t != NULL; t = t->next)
		n += (uint64_t)t->total_limit + t->half_open_limit;
	for (d = c->dial; d != NULL; d = d->next)
		n++;
	return n > UINT32_MAX / 4 ? UINT32_MAX / 4 : (uint32_t)n;
}

uint32_t
endpoint_sessions(const struct config *c)
{
	return c->terminate == NULL && c->dial == NULL ? 0 : peers_of(c);
}

uint64_t
endpoint_descriptors(const struct config *c)
{
	const struct terminate *t;
	uint64_t n = endpoint_sessions(c);

	if (c->dial != NULL)
		return 2 * n;		/* a connection and a device */
	for (t = c->terminate; t != NULL; t = t->next)
		n += terminate_each(t) ? t->total_limit : 0;
	return n;
}

/*
 * Opening and closing.
 */

/* As pppd, takes any exit status but those of what could not be run. */
static bool
was_run(int status)
{
	return WIFEXITED(status) && WEXITSTATUS(status) < JOB_NOT_RUN;
}

static void
job_done(void *arg, uint64_t token, int status, const char *text)
{
	struct endpoint *t = arg;
	struct dial_entry *e;
	struct session *s;
	uint32_t i;

	for (e = t->dials; e != NULL; e = e->next)
		if (client_answer(e->client, token, text))
			return;
	i = (uint32_t)token;
	if (i == 0 || i > t->context->sessions.top)
		return;
	s = pool_at(&t->context->sessions, i);
	if (session_net_token(s) == token)
		session_pre_up_done(s, was_run(status));
}

static int
add_server(struct endpoint *t, const struct terminate *c, char *error,
    size_t size)
{
	struct server *server, **at = &t->servers;

	if ((server = server_open(t->context, c, error, size)) == NULL)
		return -1;
	while (*at != NULL)
		at = &(*at)->next;
	*at = server;
	return 0;
}

static int
add_dial(struct endpoint *t, const struct dial *c)
{
	struct dial_entry *e = calloc(1, sizeof(*e)), **at = &t->dials;

	if (e == NULL || (e->client = client_open(t->context, c)) == NULL) {
		free(e);
		return -1;
	}
	while (*at != NULL)
		at = &(*at)->next;
	*at = e;
	return 0;
}

static int
open_all(struct endpoint *t, const struct config *c, char *error,
    size_t size)
{
	const struct terminate *terminate;
	const struct dial *dial;

	for (terminate = c->terminate; terminate != NULL;
	    terminate = terminate->next)
		if (add_server(t, terminate, error, size) == -1)
			return -1;
	for (dial = c->dial; dial != NULL; dial = dial->next)
		if (add_dial(t, dial) == -1) {
			snprintf(error, size, "out of memory");
			return -1;
		}
	return 0;
}

static int
open_accounting(struct endpoint *t, const struct config *c, char *error,
    size_t size)
{
	if (*c->accounting == '\0')
		return 0;
	t->context->accounting = accounting_file_open(c->accounting, error,
	    size);
	return t->context->accounting == -1 ? -1 : 0;
}

/* Frees servers that are not in the configuration any more. */
static void
sweep_closed(void *arg)
{
	struct endpoint *t = arg;
	struct server *server, **at = &t->servers;
	struct dial_entry *e, **dial = &t->dials;

	while ((server = *at) != NULL)
		if (server_is_over(server)) {
			*at = server->next;
			server_free(server);
		} else
			at = &server->next;
	while ((e = *dial) != NULL)
		if (e->gone && client_is_over(e->client)) {
			*dial = e->next;
			client_free(e->client);
			free(e);
		} else
			dial = &e->next;
}

struct endpoint *
endpoint_open(const struct config *c, struct helper *helper,
    struct loop *loop, struct alg *alg, struct engine *engine, char *error,
    size_t size)
{
	uint32_t n = peers_of(c);
	struct endpoint *t;

	if ((t = calloc(1, sizeof(*t))) == NULL) {
		snprintf(error, size, "out of memory");
		helper_end(helper);
		return NULL;
	}
	helper_report(helper, job_done, t);
	if ((t->context = context_open(loop, alg, engine, helper, c->mark,
	    n, n, error, size)) == NULL ||
	    (t->context->sweep = t->sweep = loop_timer(loop, sweep_closed,
	    t)) == NULL || open_accounting(t, c, error, size) == -1 ||
	    open_all(t, c, error, size) == -1) {
		endpoint_close(t);
		return NULL;
	}
	return t;
}

static void
close_peers(struct context *x)
{
	uint32_t i = 0;
	struct ctrl_socket *p;

	while ((i = pool_next(&x->ctrl_sockets, i + 1)) != 0) {
		p = pool_at(&x->ctrl_sockets, i);
		if (!p->over)
			ctrl_conn_lost(&p->conn, REASON_ADMIN, x->now);
	}
	context_end_turn(x);
}

void
endpoint_close(struct endpoint *t)
{
	struct server *server;
	struct dial_entry *e;

	if (t == NULL)
		return;
	if (t->context != NULL) {
		context_begin_turn(t->context);
		t->context->control = NULL;
		close_peers(t->context);
	}
	while ((server = t->servers) != NULL) {
		t->servers = server->next;
		server_free(server);
	}
	while ((e = t->dials) != NULL) {
		t->dials = e->next;
		client_free(e->client);
		free(e);
	}
	context_close(t->context);
	loop_watch_free(t->sweep);
	free(t);
}

static unsigned int
find_vrf(void *arg, uint32_t address, uint16_t port)
{
	const struct endpoint *t = arg;
	const struct terminate *c;
	const struct server *s;

	for (s = t->servers; s != NULL; s = s->next) {
		c = &s->profile->terminate;
		if (c->bind_device[0] != '\0' &&
		    terminate_listens(c, address, port))
			return if_nametoindex(c->bind_device);
	}
	return 0;
}

void
endpoint_pair(struct endpoint *t, struct session_pair *pair,
    struct cluster *cluster)
{
	if (t != NULL)
		session_pair_start(pair, t->context, cluster, find_vrf, t);
}

void
endpoint_control(struct endpoint *t, struct control *control)
{
	if (t != NULL)
		t->context->control = control;
}

void
endpoint_stop(struct endpoint *t)
{
	struct context *x;
	struct server *c;
	struct dial_entry *e;
	struct session *s;
	struct ctrl_socket *p;
	uint32_t i;

	if (t == NULL)
		return;
	x = t->context;
	context_begin_turn(x);
	x->stopping = true;
	for (c = t->servers; c != NULL; c = c->next)
		server_stop_listening(c);
	for (e = t->dials; e != NULL; e = e->next)
		client_down(e->client);
	for (i = 0; (i = pool_next(&x->sessions, i + 1)) != 0;) {
		s = pool_at(&x->sessions, i);
		session_close(s, PPP_SHUTDOWN);
	}
	for (i = 0; (i = pool_next(&x->ctrl_sockets, i + 1)) != 0;) {
		p = pool_at(&x->ctrl_sockets, i);
		if (p->sessions == 0)
			ctrl_socket_stop(p, REASON_ADMIN);
	}
	context_end_turn(x);
}

bool
endpoint_idle(const struct endpoint *t)
{
	const struct server *c;

	if (t == NULL)
		return true;
	for (c = t->servers; c != NULL; c = c->next)
		if (!radius_client_idle(c->records))
			return false;
	return t->context->ctrl_sockets.used == 0;
}

bool
endpoint_owns(const struct endpoint *t, uint32_t peer, uint32_t local,
    uint16_t call_id)
{
	return t != NULL && session_table_find_call(&t->context->session_table,
	    peer, local, call_id) != NULL;
}

/*
 * Another configuration.
 */

static void
reload_servers(struct endpoint *t, const struct config *c)
{
	const struct terminate *new;
	struct server *server;
	char error[ERROR];

	for (server = t->servers; server != NULL; server = server->next) {
		new = config_terminate(c, server->profile->name);
		if (new == NULL)
			server_stop_listening(server);
		else if (!server->closed && server_reload(server, new, error,
		    sizeof(error)) == -1)
			log_error("reload: terminate %s stays as it was: %s",
			    new->name, error);
	}
	for (new = c->terminate; new != NULL; new = new->next) {
		for (server = t->servers; server != NULL;
		    server = server->next)
			if (!server->closed && strcmp(new->name,
			    server->profile->name) == 0)
				break;
		if (server == NULL && add_server(t, new, error,
		    sizeof(error)) == -1)
			log_error("reload: terminate %s: %s", new->name, error);
	}
}

static void
reload_dials(struct endpoint *t, const struct config *c)
{
	const struct dial *new;
	struct dial_entry *e;

	for (e = t->dials; e != NULL; e = e->next) {
		new = config_dial(c, client_section(e->client)->name);
		if (e->gone || (new != NULL && dial_equal(new,
		    client_section(e->client))))
			continue;
		e->gone = true;
		client_down(e->client);
	}
	for (new = c->dial; new != NULL; new = new->next) {
		for (e = t->dials; e != NULL; e = e->next)
			if (!e->gone && strcmp(new->name,
			    client_section(e->client)->name) == 0)
				break;
		if (e == NULL && add_dial(t, new) == -1)
			log_error("reload: dial %s: out of memory", new->name);
	}
}

void
endpoint_reload(struct endpoint *t, const struct config *c)
{
	if (t == NULL) {
		if (endpoint_sessions(c) > 0)
			log_warning("reload: the first section terminate or "
			    "dial needs a restart");
		return;
	}
	context_begin_turn(t->context);
	helper_reload(t->context->helper);
	reload_servers(t, c);
	reload_dials(t, c);
	loop_watch_in(t->sweep, 0);
	context_end_turn(t->context);
}

/*
 * Requests of the control socket.
 */

const struct context *
endpoint_context(const struct endpoint *t)
{
	return t == NULL ? NULL : t->context;
}

const struct client *
endpoint_next_client(const struct endpoint *t, uint32_t *at)
{
	const struct dial_entry *e = t == NULL ? NULL : t->dials;
	uint32_t i;

	for (i = 0; e != NULL && i < *at; i++)
		e = e->next;
	for (++*at; e != NULL && e->gone; ++*at)
		e = e->next;
	return e == NULL ? NULL : e->client;
}

int
endpoint_dial(struct endpoint *t, const char *name, bool up, char *error,
    size_t size)
{
	struct dial_entry *e = t == NULL ? NULL : t->dials;
	int result = 0;

	while (e != NULL && (e->gone ||
	    strcmp(client_section(e->client)->name, name) != 0))
		e = e->next;
	if (e == NULL) {
		snprintf(error, size, "there is no section dial of this name: "
		    "see dial status");
		return -1;
	}
	context_begin_turn(t->context);
	if (up)
		result = client_up(e->client, error, size);
	else
		client_down(e->client);
	context_end_turn(t->context);
	return result;
}
