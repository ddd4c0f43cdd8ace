/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf/secrets.h"
#include "nat/base/log.h"
#include "nat/base/loop.h"
#include "nat/endpoint/context.h"
#include "nat/endpoint/dial_part.h"
#include "nat/endpoint/profile.h"
#include "nat/endpoint/session.h"
#include "nat/endpoint/session_net.h"
#include "nat/endpoint/tun_device.h"
#include "nat/net/rtnetlink.h"

/*
 * The connection and the session that a dialer has made.
 */

static void
peer_open(struct ctrl_socket *p)
{
	struct client *d = p->arg;

	d->session = session_new(d->exchange, p);
	if (d->session != NULL && ctrl_conn_request(&p->tunnel,
	    &d->session->call, d->exchange->now) == 0)
		return;
	client_why(d, "no-room", "no room for another call");
	if (d->session != NULL)
		session_lost(d->session, REASON_CALL_LIMIT);
	ctrl_socket_stop(p, REASON_CALL_LIMIT);
}

static void
peer_gone(struct ctrl_socket *p, enum reason reason)
{
	struct client *d = p->arg;
	char text[CLIENT_TEXT];

	if (*d->reason == '\0' && reason == REASON_START_REFUSED)
		client_why(d, reason_name(reason), "%s",
		    ctrl_conn_explain_start(&p->tunnel, text, sizeof(text)));
	else if (*d->reason == '\0')
		client_why(d, reason_name(reason), "%s", reason_text(reason));
	d->peer = NULL;
	client_rest(d);
}

static char *
read_password(const struct dial *c, struct secrets **secrets, char *error,
    size_t size)
{
	const struct secret *found;

	*secrets = NULL;
	if (*c->password_file != '\0')
		return secrets_password(c->password_file, error, size);
	*secrets = secrets_read(c->secrets, c->nsecrets, NULL, NULL, error,
	    size);
	if (*secrets == NULL)
		return NULL;
	found = secrets_find(*secrets, c->user, c->remote_name);
	if (found != NULL)
		return (char *)(uintptr_t)found->password;
	snprintf(error, size, "no secret for %.100s at %.100s", c->user,
	    c->remote_name);
	secrets_free(*secrets);
	*secrets = NULL;
	return NULL;
}

static void
find_secret(struct session *s, const struct ppp_login *login,
    struct ppp_secret *secret)
{
	struct client *d = s->peer->arg;
	struct secrets *secrets;
	char error[CLIENT_TEXT], *password;

	password = read_password(&d->profile->dial, &secrets, error,
	    sizeof(error));
	if (password == NULL) {
		client_why(d, "no-password", "%s", error);
		return;
	}
	secret->len = strlen(password);
	secret->kind = PPP_SECRET_PASSWORD;
	memcpy(secret->password, password, secret->len);
	if (secrets == NULL)
		secrets_password_free(password);
	secrets_free(secrets);
}

static enum ppp_reason
give_grant(struct session *s, const struct ppp_login *login,
    struct ppp_grant *grant)
{
	const struct dial *c = &s->profile->dial;

	grant->config = &s->profile->ppp;
	grant->local = c->local_address;
	grant->remote = c->remote_address;
	grant->accept_local = c->local_address == 0;
	grant->accept_remote = c->remote_address == 0;
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

	if (rtnetlink_add(s->exchange->rtnetlink, &e) == -1)
		log_error("dial %s: route: %s", s->profile->name,
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
	(void)script_run_dns(s->exchange->helper, s->profile->link,
	    s->profile->dial.dns_script, &f, up);
}

static void
session_is_up(struct session *s)
{
	struct client *d = s->peer->arg;

	loop_watch_stop(d->timer);
	d->attempts = 0;
	*d->reason = *d->text = '\0';
	client_enter(d, CLIENT_UP);
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
	struct client *d = s->peer->arg;
	char text[CLIENT_TEXT] = "";

	if (s->down && s->reason == PPP_LOST) {
		client_why(d, reason_name(s->call_reason), "%s%s%s",
		    reason_text(s->call_reason), s->call.result > 1 ? ": " : "",
		    s->call.result > 1 ? ctrl_conn_explain_call(&s->call, text,
		    sizeof(text)) : "");
	} else if (*d->reason == '\0')
		client_why(d, ppp_reason_name(s->reason), "%s",
		    ppp_reason_sentence(s->reason));
	d->session = NULL;
}

const struct ctrl_socket_host *
client_link_host(void)
{
	static const struct ctrl_socket_host host = {
		.open = peer_open,
		.gone = peer_gone,
		.secret = find_secret,
		.grant = give_grant,
		.up = session_is_up,
		.down = session_is_down,
		.end = session_is_over
	};

	return &host;
}
