/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decides about logins at a server: who the user is, which limits hold, which
 * address the session gets.
 */
#include <assert.h>
#include <string.h>

#include "alg/base/line.h"
#include "alg/record/session_record.h"
#include "nat/base/log.h"
#include "nat/endpoint/context.h"
#include "nat/endpoint/forward.h"
#include "nat/endpoint/half_open.h"
#include "nat/endpoint/profile.h"
#include "nat/endpoint/server.h"
#include "nat/endpoint/server_auth.h"
#include "nat/endpoint/session.h"
#include "nat/endpoint/session_log.h"
#include "nat/endpoint/session_pair.h"
#include "nat/endpoint/session_ppp.h"
#include "nat/endpoint/session_radius.h"
#include "nat/endpoint/tun_device.h"
#include "nat/net/rtnetlink.h"

static_assert(SECRET_MAX == PPP_PASSWORD_MAX, "secrets must fit");

static uint64_t
user_of(const struct session *s, const struct ppp_login *login)
{
	return context_hash(s->context, server_of_session(s), login->account,
	    strlen(login->account));
}

static uint64_t
source_of(const struct session *s)
{
	return server_hash_address(server_of_session(s), s->path.peer);
}

/*
 * Looks the name up as it was sent, and if it is unknown, without domain:
 * which of the two is the user's name from now on is told by *whole.
 */
static const struct secret *
find_user(const struct server *c, const struct ppp_login *login, bool *whole)
{
	const char *server = c->profile->terminate.server_name;
	const struct secrets *secrets = c->secrets;
	const struct secret *found;

	if (login->method == PPP_PAP && c->pap_secrets != NULL)
		secrets = c->pap_secrets;
	found = secrets_find(secrets, login->user, server);
	*whole = found != NULL && strcmp(found->client, login->user) == 0;
	if (!*whole)
		found = secrets_find(secrets, login->account, server);
	return found;
}

/* Delays answers to those who guess, not those to a rechallenge. */
static uint32_t
delay_of(const struct session *s, const struct ppp_login *login)
{
	const struct context *x = s->context;
	uint32_t base = s->profile->terminate.login_delay;
	uint32_t source, user;

	if (s->logged_in != 0)
		return 0;
	source = login_throttle_delay(&x->throttle, source_of(s), base, x->now);
	user =
	    login_throttle_delay(&x->throttle, user_of(s, login), base, x->now);
	return source > user ? source : user;
}

static void
count_refusal(struct session *s, const struct ppp_event *e)
{
	struct context *x = s->context;

	if (e->reason != PPP_NO_USER && e->reason != PPP_BAD_PASSWORD &&
	    e->reason != PPP_REJECTED)
		return;
	login_throttle_count(&x->throttle, source_of(s), x->now);
	login_throttle_count(&x->throttle, user_of(s, e->login), x->now);
}

/* As find_user, also of who is known elsewhere. */
static const struct secret *
user_line(const struct session *s, const struct ppp_login *login)
{
	bool whole;

	return s->profile->terminate.nradius > 0 ? session_radius_secret(s) :
	    find_user(server_of_session(s), login, &whole);
}

static enum ppp_reason
ask_radius(void *session, const struct ppp_login *login,
    const struct ppp_proof *proof)
{
	struct session *s = session;

	return session_radius_ask(s, login, proof, delay_of(s, login));
}

static void
find_secret(void *session, const struct ppp_login *login,
    struct ppp_secret *secret)
{
	struct session *s = session;
	const struct secret *found;

	found = find_user(server_of_session(s), login, &secret->whole_name);
	secret->delay = delay_of(s, login);
	if (found == NULL)
		return;
	secret->kind = PPP_SECRET_PASSWORD;
	secret->len = found->length;
	memcpy(secret->password, found->password, found->length);
}

/*
 * Limits.
 */

static void
replace_session(struct context *x, uint32_t i)
{
	struct session *old = pool_at(&x->sessions, i);

	session_withdraw(old, PPP_REPLACED);
	session_close(old, PPP_REPLACED);
}

/* There may be one more session of this user and source. */
static enum ppp_reason
check_limits(struct session *s, uint64_t user)
{
	const struct terminate *t = &s->profile->terminate;
	struct context *x = s->context;
	uint32_t oldest;

	if (t->source_limit != 0 &&
	    quota_count(&x->sources, source_of(s)) >= t->source_limit)
		return PPP_SOURCE_LIMIT;
	while (t->user_limit != 0 &&
	    quota_count(&x->users, user) >= t->user_limit) {
		if (t->user_full == TERMINATE_DENY)
			return PPP_USER_LIMIT;
		oldest = quota_oldest(&x->users, user);
		replace_session(x, oldest);
	}
	return PPP_OK;
}

/*
 * Addresses.
 */

static uint64_t
owner_of(const struct session *s, uint32_t address)
{
	return context_hash(s->context, NULL, &address, sizeof(address));
}

/*
 * No session has the address, none at the other firewall of a pair either, and
 * it is no end of the tunnel itself.
 */
static bool
is_free(const struct session *s, uint32_t address)
{
	return quota_count(&s->context->addresses,
	    owner_of(s, address)) == 0 &&
	    !session_pair_holds(s->context->pair, address, s->owner) &&
	    address != s->path.peer &&
	    address != s->path.local &&
	    address != s->profile->terminate.local_address;
}

/* A session that wants an address, and its user's line of secrets. */
struct wish {
	const struct session	*session;
	const struct secret	*secret;
};

static bool
may_have(void *arg, uint32_t address)
{
	const struct wish *w = arg;

	return is_free(w->session, address) && (w->secret->nrules == 0 ||
	    secrets_allow(w->secret, address));
}

/* The user's own one, or one of the pool that the user may have. */
static uint32_t
lend_address(struct session *s, const struct secret *secret, uint64_t user)
{
	struct address_pool *pool = &server_of_session(s)->address_pool;
	struct wish wish = { s, secret };
	uint32_t address = secret->address;

	if (secret->denied)
		return 0;
	/* What the user had at the other firewall, whose address is here. */
	if (address == 0 &&
	    (address = session_pair_had(s->context->pair, s->owner)) != 0 &&
	    may_have(&wish, address) && address_pool_choose(pool, address))
		return address;
	if (secret->address == 0)
		return address_pool_take(pool, user, may_have, &wish);
	return is_free(s, address) && address_pool_claim(pool, address) ?
	    address :
	    0;
}

/* The user's own address, if an older session of the same user has it. */
static void
free_own_address(struct session *s, const struct secret *secret,
    const struct ppp_login *login)
{
	struct context *x = s->context;
	struct ppp_info info;
	struct session *old;
	uint32_t oldest;

	oldest = quota_oldest(&x->addresses, owner_of(s, secret->address));
	if (secret->address == 0 || oldest == 0 ||
	    s->profile->terminate.user_full != TERMINATE_REPLACE)
		return;
	old = pool_at(&x->sessions, oldest);
	session_info(old, &info);
	if (old->ctrl->arg == s->ctrl->arg &&
	    strcmp(info.account, login->account) == 0)
		replace_session(x, oldest);
}

/* What this host has itself nobody can use: it is taken out of the pool. */
static uint32_t
lend_usable_address(struct session *s, const struct secret *secret,
    uint64_t user)
{
	struct address_pool *pool = &server_of_session(s)->address_pool;
	struct context *x = s->context;
	char text[16];
	struct line l;
	uint32_t a;

	while ((a = lend_address(s, secret, user)) != 0 &&
	    rtnetlink_is_own(x->rtnetlink, a, 0)) {
		l = line_of(text, sizeof(text));
		line_add_ipv4(&l, a);
		log_warning("terminate %s: %s is an address of this host, and "
		    "no client's", s->profile->name, text);
		address_pool_exclude(pool, a, true);
		address_pool_give(pool, a);
		if (secret->address != 0)
			return 0;
	}
	return a;
}

static enum ppp_reason
grant_login(void *session, const struct ppp_login *login,
    struct ppp_grant *grant)
{
	struct session *s = session;
	const struct secret *secret;
	enum ppp_reason reason;
	uint64_t user;

	/* Between the two the file may have been read anew. */
	if (login == NULL || (secret = user_line(s, login)) == NULL)
		return PPP_NOT_ALLOWED;
	user = user_of(s, login);
	if ((reason = check_limits(s, user)) != PPP_OK)
		return reason;
	s->owner = session_record_owner(s->profile->name, login->account);
	free_own_address(s, secret, login);
	s->leased = lend_usable_address(s, secret, user);
	if (s->leased == 0)
		return PPP_NO_ADDRESS;
	quota_add(&s->context->users, user, s->index);
	quota_add(&s->context->sources, source_of(s), s->index);
	quota_add(&s->context->addresses, owner_of(s, s->leased), s->index);
	session_pair_lent(s);
	half_open_login(s);
	grant->config = session_radius_config(s);
	grant->local = s->profile->terminate.local_address;
	grant->remote = s->leased;
	grant->accept_remote = s->profile->terminate.client_chooses &&
	    secret->address == 0;
	return PPP_OK;
}

/* To a free address of its own choice, as long as it uses none yet. */
static bool
move_address(void *session, uint32_t address)
{
	struct session *s = session;
	struct server *c = server_of_session(s);
	struct wish wish = { s, NULL };
	struct ppp_info info;

	ppp_info(&s->ppp, &info);
	wish.secret = user_line(s, &(struct ppp_login){ .method = info.method,
	    .user = info.user, .account = info.account });
	if (s->device != NULL || wish.secret == NULL || wish.secret->denied ||
	    !may_have(&wish, address) ||
	    rtnetlink_is_own(s->context->rtnetlink, address, 0) ||
	    !address_pool_choose(&c->address_pool, address))
		return false;
	session_pair_over(s);
	address_pool_give(&c->address_pool, s->leased);
	quota_remove(&s->context->addresses, s->index);
	s->leased = address;
	quota_add(&s->context->addresses, owner_of(s, address), s->index);
	session_pair_lent(s);
	return true;
}

/*
 * Counts.
 */

static bool
admit_call(struct session *s)
{
	struct server *c = server_of_session(s);

	if (c->sessions >= s->ctrl->profile->terminate.total_limit ||
	    !half_open_add_call(s))
		return false;
	c->sessions++;
	return true;
}

static void
end_session(struct session *s)
{
	struct server *c = server_of_session(s);

	session_pair_over(s);
	if (s->leased != 0)
		address_pool_give(&c->address_pool, s->leased);
	s->leased = 0;
	quota_remove(&s->context->users, s->index);
	quota_remove(&s->context->sources, s->index);
	quota_remove(&s->context->addresses, s->index);
	c->sessions--;
	half_open_end_call(s);
	server_left(c);
}

static void
end_connection(struct ctrl_socket *p, enum reason reason)
{
	half_open_remove_connection(p);
	if (!p->called)
		session_log_no_call(p, reason);
	server_left(p->arg);
}

static struct tun_device *
device_of(struct session *s)
{
	return server_of_session(s)->device;
}

static const struct ppp_host server_host = {
	.send = forward_frame,
	.secret = find_secret,
	.ask = ask_radius,
	.grant = grant_login,
	.moves = move_address,
	.event = session_ppp_event,
	.random = session_ppp_random,
	.mppc = session_ppp_mppc
};

const struct ctrl_socket_host *
server_auth_host(void)
{
	static const struct ctrl_socket_host host = {
		.admits = admit_call,
		.gone = end_connection,
		.ppp = &server_host,
		.refused = count_refusal,
		.device = device_of,
		.up = session_radius_up,
		.down = session_radius_down,
		.end = end_session
	};

	return &host;
}
