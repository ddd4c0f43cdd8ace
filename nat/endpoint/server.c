/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A section terminate: listens for clients, reads the secrets, has a pool of
 * addresses.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nat/base/log.h"
#include "nat/base/loop.h"
#include "nat/endpoint/context.h"
#include "nat/endpoint/half_open.h"
#include "nat/endpoint/profile.h"
#include "nat/endpoint/radius_listener.h"
#include "nat/endpoint/server.h"
#include "nat/endpoint/server_auth.h"
#include "nat/endpoint/session.h"
#include "nat/endpoint/session_radius.h"
#include "nat/endpoint/tun_device.h"
#include "nat/net/listener.h"
#include "nat/radius/radius_client.h"

/*
 * New connections.
 */

static bool
is_welcome(struct server *c, uint32_t address)
{
	if (terminate_allows(&c->profile->terminate, address))
		return half_open_make_room(c, address);
	alg_count(c->context->alg, REASON_SOURCE_NOT_ALLOWED, 1);
	return false;
}

static void
accept_client(void *arg, int fd, uint32_t address, uint16_t port)
{
	struct server *c = arg;
	struct context *x = c->context;
	struct ctrl_socket *p;

	context_begin_turn(x);
	if (!is_welcome(c, address))
		close(fd);
	else if ((p = ctrl_socket_new(x, profile_use(c->profile), fd, address,
		      port, server_auth_host(), c)) != NULL) {
		ctrl_socket_bind(p, c->profile->terminate.bind_device);
		half_open_add_connection(p);
		ctrl_socket_start(p);
	}
	context_end_turn(x);
}

/*
 * Opening and closing.
 */

static void
log_sentence(void *arg, const char *sentence)
{
	log_warning("%s", sentence);
}

/* With RADIUS servers there are no files of users. */
static int
read_secrets(struct server *c, const struct terminate *t, char *error,
    size_t size)
{
	size_t n = t->nradius > 0 ? 0 : t->nsecrets;
	size_t npap = t->nradius > 0 ? 0 : t->npap_secrets;
	struct secrets *secrets, *pap = NULL;

	/* Reads all files before the secrets of before are freed. */
	secrets = secrets_read(
	    t->secrets, n, log_sentence, NULL, error, size);
	if (secrets == NULL)
		return -1;
	if (npap > 0) {
		pap = secrets_read(t->pap_secrets, npap, log_sentence, NULL,
		    error, size);
		if (pap == NULL) {
			secrets_free(secrets);
			return -1;
		}
	}
	secrets_free(c->secrets);
	secrets_free(c->pap_secrets);
	c->secrets = secrets;
	c->pap_secrets = pap;
	return 0;
}

static int
fill_address_pool(
    struct address_pool *l, const struct terminate *t, char *error, size_t size)
{
	struct address_pool_range ranges[TERMINATE_RANGES_MAX];
	size_t i;

	for (i = 0; i < t->nremote; i++)
		ranges[i] = (struct address_pool_range){
			t->remote[i].first, t->remote[i].last
		};
	if (address_pool_init(l, ranges, t->nremote) == -1) {
		snprintf(error, size, "terminate %s: remote: %s", t->name,
		    strerror(errno));
		return -1;
	}
	address_pool_exclude(l, t->local_address, true);
	return 0;
}

/* Users' own addresses are not lent to others. */
static void
reserve_own_addresses(struct server *c)
{
	const struct secret *secret;
	size_t i;

	for (i = 0; i < secrets_count(c->secrets); i++) {
		secret = secrets_at(c->secrets, i);
		if (secret->address != 0)
			address_pool_reserve(
			    &c->address_pool, secret->address, true);
	}
}

static int
listen_all(struct server *c, char *error, size_t size)
{
	const struct terminate *t = &c->profile->terminate;
	struct listener *l;

	for (; c->nlisteners < t->nlisten; c->nlisteners++) {
		l = listener_open(c->context->loop,
		    t->listen[c->nlisteners].address,
		    t->listen[c->nlisteners].port, t->bind_device,
		    accept_client, c, error, size);
		if (l == NULL)
			return -1;
		c->listener[c->nlisteners] = l;
	}
	if (t->nradius_listen == 0)
		return 0;
	c->radius_listener = radius_listener_open(c, error, size);
	return c->radius_listener == NULL ? -1 : 0;
}

static int
open_device(struct server *c, char *error, size_t size)
{
	const struct terminate *t = &c->profile->terminate;

	if (terminate_each(t))
		return 0;
	c->device = tun_device_open(c->context, t->tunnel.interface,
	    t->tunnel.mtu, t->local_address, 0, NULL, error, size);
	return c->device == NULL ? -1 : 0;
}

struct server *
server_open(struct context *x, const struct terminate *t, char *error,
    size_t size)
{
	struct server *c;

	snprintf(error, size, "out of memory");
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return NULL;
	c->context = x;
	if ((c->profile = profile_of_terminate(t)) == NULL ||
	    quota_init(&c->half_open, x->ctrl_sockets.capacity +
	    x->sessions.capacity) == -1 ||
	    read_secrets(c, t, error, size) == -1 ||
	    session_radius_open(c, t, &c->logins, &c->records, error,
	    size) == -1 ||
	    fill_address_pool(&c->address_pool, t, error, size) == -1 ||
	    open_device(c, error, size) == -1 ||
	    listen_all(c, error, size) == -1) {
		server_free(c);
		return NULL;
	}
	reserve_own_addresses(c);
	return c;
}

void
server_stop_listening(struct server *c)
{
	while (c->nlisteners > 0)
		listener_close(c->listener[--c->nlisteners]);
	c->closed = true;
}

bool
server_is_over(const struct server *c)
{
	return c->closed && c->sessions == 0 && c->nhalf_open == 0 &&
	    radius_client_idle(c->records);
}

struct server *
server_of_session(const struct session *s)
{
	return s->ctrl->arg;
}

uint64_t
server_hash_address(const struct server *c, uint32_t address)
{
	return context_hash(c->context, c, &address, sizeof(address));
}

void
server_left(struct server *c)
{
	if (server_is_over(c))
		loop_watch_in(c->context->sweep, 0);
}

void
server_free(struct server *c)
{
	if (c == NULL)
		return;
	server_stop_listening(c);
	radius_listener_close(c->radius_listener);
	radius_client_close(c->logins);
	radius_client_close(c->records);
	tun_device_close(c->device);
	address_pool_free(&c->address_pool);
	quota_free(&c->half_open);
	secrets_free(c->secrets);
	secrets_free(c->pap_secrets);
	profile_leave(c->profile);
	free(c);
}

/* Addresses that are lent stay so in the new pool, too. */
static void
claim_again(struct server *c)
{
	const struct pool *sessions = &c->context->sessions;
	const struct session *s;
	uint32_t i = 0;

	while ((i = pool_next(sessions, i + 1)) != 0) {
		s = pool_at(sessions, i);
		if (s->ctrl->arg == c && s->leased != 0)
			(void)address_pool_claim(&c->address_pool, s->leased);
	}
}

/* A reload cannot change how a device is shared, or its address. */
static bool
keeps_device(const struct server *c, const struct terminate *t)
{
	const struct terminate *old = &c->profile->terminate;

	return terminate_each(t) == terminate_each(old) &&
	    (terminate_each(t) || t->local_address == old->local_address);
}

int
server_reload(struct server *c, const struct terminate *t, char *error,
    size_t size)
{
	struct radius_client *logins = NULL, *records = NULL;
	struct profile *profile;
	struct address_pool pool = { .ranges = NULL };

	if (!keeps_device(c, t)) {
		snprintf(error, size, "shared or each, and the local-address "
		    "of a shared interface, change with a restart only");
		return -1;
	}
	if ((profile = profile_of_terminate(t)) == NULL) {
		snprintf(error, size, "out of memory");
		return -1;
	}
	if (session_radius_open(c, t, &logins, &records, error, size) == -1 ||
	    fill_address_pool(&pool, t, error, size) == -1 ||
	    read_secrets(c, t, error, size) == -1) {
		radius_client_close(logins);
		radius_client_close(records);
		address_pool_free(&pool);
		profile_leave(profile);
		return -1;
	}
	/* Logins that wait are told that no server answers. */
	radius_client_close(c->logins);
	radius_client_retire(c->records);
	c->logins = logins;
	c->records = records;
	profile_leave(c->profile);
	address_pool_free(&c->address_pool);
	c->profile = profile;
	c->address_pool = pool;
	reserve_own_addresses(c);
	claim_again(c);
	return 0;
}
