/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Translates a section of the configuration into what PPP and the control
 * connection want to know.
 */
#include <stdlib.h>
#include <string.h>

#include "nat/endpoint/profile.h"

#define PATIENCE	1000	/* ms: clients open GRE after our reply */
#define SPEED		100000000	/* bit/s that we tell */
#define CALLS		16		/* of one control connection */
#define REPLY_TIME	30000		/* ms, to a call request */
#define STOP_TIME	5000		/* ms, to a clear or stop */
#define CONNECTED_TIME	10000		/* ms, to a client's start */

/* Bits of the configuration are those of PPP. */
_Static_assert((int)TUNNEL_PAP == PPP_PAP && (int)TUNNEL_CHAP == PPP_CHAP_MD5 &&
    (int)TUNNEL_MSCHAP == PPP_MSCHAP && (int)TUNNEL_MSCHAP_V2 == PPP_MSCHAP2,
    "methods");
_Static_assert((int)TUNNEL_KEY_40 == PPP_MPPE_40 &&
    (int)TUNNEL_KEY_56 == PPP_MPPE_56 && (int)TUNNEL_KEY_128 == PPP_MPPE_128,
    "key lengths");

/* Seconds as milliseconds, up to seven weeks. */
static uint32_t
to_ms(uint32_t seconds)
{
	return seconds > UINT32_MAX / 1000 ? UINT32_MAX : seconds * 1000;
}

static uint8_t
to_u8(uint32_t n)
{
	return n > UINT8_MAX ? UINT8_MAX : (uint8_t)n;
}

static void
set_encryption(struct ppp_config *p, const struct tunnel_options *options)
{
	p->mppe = 0;
	if (options->encryption != TUNNEL_CLEAR)
		p->mppe = (uint8_t)(options->key_lengths | PPP_MPPE_STATELESS |
		    (options->stateful ? PPP_MPPE_STATEFUL : 0));
	p->mppe_required = options->encryption == TUNNEL_REQUIRED;
	p->mppc = options->mppc;
}

/* What both roles have in common. */
static void
set_tunnel(struct profile *p, const struct tunnel_options *options)
{
	struct ppp_config *c = &p->ppp;

	p->options = options;
	ppp_config_default(c);
	set_encryption(c, options);
	c->mru = options->mru;
	c->mtu = options->mtu;
	c->echo_interval = to_ms(options->lcp_echo_interval);
	c->echo_failures = to_u8(options->lcp_echo_failures);
	c->restart = to_ms(options->restart_time);
	c->max_configure = to_u8(options->max_configure);
	c->max_terminate = to_u8(options->max_terminate);
	c->max_failure = to_u8(options->max_failure);
	c->ipv6 = options->ipv6;
	c->idle = to_ms(options->idle_timeout);
	c->session = to_ms(options->session_timeout);
	p->ctrl = (struct ctrl_conn_config){
		.client = p->client,
		.host_name = options->host_name,
		.vendor = options->vendor,
		.speed = SPEED,
		.window = options->window,
		.calls = CALLS,
		.reply_time = REPLY_TIME,
		.stop_time = STOP_TIME,
		.echo_interval = to_ms(options->control_echo_interval),
		.echo_time = to_ms(options->control_echo_timeout)
	};
}

static void
set_server(struct profile *p)
{
	const struct terminate *t = &p->terminate;
	struct ppp_config *c = &p->ppp;

	c->ask = (uint8_t)t->tunnel.methods;
	c->answer = 0;
	c->patience = PATIENCE;
	c->name = t->server_name;
	c->strip_domain = t->strip_domain;
	c->auth_tries = to_u8(t->login_tries);
	c->auth_delay = t->login_delay;
	c->auth_timeout = to_ms(t->login_timeout);
	c->ask_elsewhere = t->nradius > 0;
	c->auth_interval = to_ms(t->rechallenge);
	memcpy(c->dns, t->dns, sizeof(c->dns));
	memcpy(c->wins, t->wins, sizeof(c->wins));
	p->ctrl.start_time = to_ms(t->start_timeout);
	p->ctrl.call_time = to_ms(t->call_timeout);
}

static void
set_client(struct profile *p)
{
	const struct dial *d = &p->dial;
	struct ppp_config *c = &p->ppp;

	c->ask = 0;
	c->answer = (uint8_t)d->tunnel.methods;
	c->name = c->user = d->user;
	c->auth_timeout = to_ms(d->connect_timeout);
	c->ask_dns = d->use_dns;
	p->ctrl.phone = *d->phone == '\0' ? NULL : d->phone;
	p->ctrl.calls = 1;
	p->ctrl.start_time = CONNECTED_TIME;
}

struct profile *
profile_of_terminate(const struct terminate *t)
{
	struct profile *p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return NULL;
	p->users = 1;
	p->terminate = *t;
	p->name = p->terminate.name;
	set_tunnel(p, &p->terminate.tunnel);
	set_server(p);
	return p;
}

struct profile *
profile_of_dial(const struct dial *d)
{
	struct profile *p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return NULL;
	p->users = 1;
	p->client = true;
	p->dial = *d;
	p->name = p->dial.name;
	set_tunnel(p, &p->dial.tunnel);
	set_client(p);
	return p;
}

struct profile *
profile_use(struct profile *p)
{
	p->users++;
	return p;
}

void
profile_leave(struct profile *p)
{
	if (p != NULL && --p->users == 0)
		free(p);
}
