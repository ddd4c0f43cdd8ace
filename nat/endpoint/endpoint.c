/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/wait.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nat/base/log.h"
#include "nat/base/loop.h"
#include "nat/endpoint/client.h"
#include "nat/endpoint/context.h"
#include "nat/endpoint/ctrl_socket.h"
#include "nat/endpoint/profile.h"
#include "nat/endpoint/server.h"
#include "nat/endpoint/session.h"
#include "nat/endpoint/session_net.h"
#include "nat/endpoint/terminator_part.h"
#include "nat/privsep/helper.h"

#define ERROR		512		/* bytes of a sentence */
#define DIALS		64		/* room for more on reload */

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
 * From nothing to running and back.
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
		if (client_answer(e->dialer, token, text))
			return;
	i = (uint32_t)token;
	if (i == 0 || i > t->exchange->sessions.top)
		return;
	s = pool_at(&t->exchange->sessions, i);
	if (session_net_token(s) != token || !s->waiting)
		return;
	if (was_run(status))
		session_go_on(s);
	else
		session_close(s, PPP_SCRIPT_FAILED);
}

static int
add_section(struct endpoint *t, const struct terminate *c, char *error,
    size_t size)
{
	struct server *section, **at = &t->sections;

	if ((section = server_open(t->exchange, c, error, size)) == NULL)
		return -1;
	while (*at != NULL)
		at = &(*at)->next;
	*at = section;
	return 0;
}

static int
add_dial(struct endpoint *t, const struct dial *c)
{
	struct dial_entry *e = calloc(1, sizeof(*e)), **at = &t->dials;

	if (e == NULL || (e->dialer = client_open(t->exchange, c)) == NULL) {
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
		if (add_section(t, terminate, error, size) == -1)
			return -1;
	for (dial = c->dial; dial != NULL; dial = dial->next)
		if (add_dial(t, dial) == -1) {
			snprintf(error, size, "out of memory");
			return -1;
		}
	return 0;
}

/* Frees sections that are not in the configuration any more. */
static void
sweep(void *arg)
{
	struct endpoint *t = arg;
	struct server *section, **at = &t->sections;
	struct dial_entry *e, **dial = &t->dials;

	while ((section = *at) != NULL)
		if (server_is_over(section)) {
			*at = section->next;
			server_free(section);
		} else
			at = &section->next;
	while ((e = *dial) != NULL)
		if (e->gone && client_is_over(e->dialer)) {
			*dial = e->next;
			client_free(e->dialer);
			free(e);
		} else
			dial = &e->next;
}

struct endpoint *
endpoint_open(const struct config *c, const char *file, struct loop *loop,
    struct alg *alg, struct engine *engine, char *error, size_t size)
{
	uint32_t n = peers_of(c);
	struct endpoint *t;
	struct helper *helper;

	if ((t = calloc(1, sizeof(*t))) == NULL) {
		snprintf(error, size, "out of memory");
		return NULL;
	}
	if ((helper = helper_start(c, file, job_done, t, error,
	    size)) == NULL ||
	    (t->exchange = context_open(loop, alg, engine, helper, c->mark,
	    n, n, error, size)) == NULL ||
	    (t->exchange->sweep = t->sweep = loop_timer(loop, sweep,
	    t)) == NULL || open_all(t, c, error, size) == -1) {
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

	while ((i = pool_next(&x->peers, i + 1)) != 0) {
		p = pool_at(&x->peers, i);
		if (!p->over)
			ctrl_conn_lost(&p->tunnel, REASON_ADMIN, x->now);
	}
	context_settle(x);
}

void
endpoint_close(struct endpoint *t)
{
	struct server *section;
	struct dial_entry *e;

	if (t == NULL)
		return;
	if (t->exchange != NULL) {
		context_turn(t->exchange);
		t->exchange->control = NULL;
		close_peers(t->exchange);
	}
	while ((section = t->sections) != NULL) {
		t->sections = section->next;
		server_free(section);
	}
	while ((e = t->dials) != NULL) {
		t->dials = e->next;
		client_free(e->dialer);
		free(e);
	}
	context_close(t->exchange);
	loop_watch_free(t->sweep);
	free(t);
}

void
endpoint_control(struct endpoint *t, struct control *control)
{
	if (t != NULL)
		t->exchange->control = control;
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
	x = t->exchange;
	context_turn(x);
	x->stopping = true;
	for (c = t->sections; c != NULL; c = c->next)
		server_stop_listening(c);
	for (e = t->dials; e != NULL; e = e->next)
		client_down(e->dialer);
	for (i = 0; (i = pool_next(&x->sessions, i + 1)) != 0;) {
		s = pool_at(&x->sessions, i);
		session_close(s, PPP_SHUTDOWN);
	}
	for (i = 0; (i = pool_next(&x->peers, i + 1)) != 0;) {
		p = pool_at(&x->peers, i);
		if (p->sessions == 0)
			ctrl_socket_stop(p, REASON_ADMIN);
	}
	context_settle(x);
}

bool
endpoint_idle(const struct endpoint *t)
{
	return t == NULL || t->exchange->peers.used == 0;
}

bool
endpoint_owns(const struct endpoint *t, uint32_t peer, uint32_t local,
    uint16_t call_id)
{
	return t != NULL && context_owns(t->exchange, peer, local, call_id);
}

/*
 * Another configuration.
 */

static void
reload_sections(struct endpoint *t, const struct config *c)
{
	const struct terminate *new;
	struct server *section;
	char error[ERROR];

	for (section = t->sections; section != NULL; section = section->next) {
		new = config_terminate(c, section->profile->name);
		if (new == NULL)
			server_stop_listening(section);
		else if (!section->closed && server_reload(section, new, error,
		    sizeof(error)) == -1)
			log_error("reload: terminate %s stays as it was: %s",
			    new->name, error);
	}
	for (new = c->terminate; new != NULL; new = new->next) {
		for (section = t->sections; section != NULL;
		    section = section->next)
			if (!section->closed && strcmp(new->name,
			    section->profile->name) == 0)
				break;
		if (section == NULL && add_section(t, new, error,
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
		new = config_dial(c, client_section(e->dialer)->name);
		if (e->gone || (new != NULL && dial_equal(new,
		    client_section(e->dialer))))
			continue;
		e->gone = true;
		client_down(e->dialer);
	}
	for (new = c->dial; new != NULL; new = new->next) {
		for (e = t->dials; e != NULL; e = e->next)
			if (!e->gone && strcmp(new->name,
			    client_section(e->dialer)->name) == 0)
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
	context_turn(t->exchange);
	helper_reload(t->exchange->helper);
	reload_sections(t, c);
	reload_dials(t, c);
	loop_watch_in(t->sweep, 0);
	context_settle(t->exchange);
}
