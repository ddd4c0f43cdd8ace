/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "nat/device.h"
#include "nat/exchange.h"
#include "nat/login.h"
#include "nat/profile.h"
#include "nat/gate.h"
#include "nat/session.h"

static struct gate *
gate_of(const struct session *s)
{
	return s->peer->arg;
}

static const struct secret *
find(const struct gate *c, const struct ppp_login *login)
{
	const struct secrets *secrets = c->secrets;

	if (login->method == PPP_PAP && c->pap_secrets != NULL)
		secrets = c->pap_secrets;
	return secrets_find(secrets, login->account,
	    c->profile->terminate.server_name);
}

static void
login_secret(struct session *s, const struct ppp_login *login,
    struct ppp_secret *secret)
{
	const struct secret *found = find(gate_of(s), login);

	if (found == NULL || found->length > sizeof(secret->password))
		return;
	secret->kind = PPP_SECRET_PASSWORD;
	secret->len = found->length;
	memcpy(secret->password, found->password, found->length);
}

/*
 * Limits.
 */

static uint64_t
user_of(const struct session *s, const struct ppp_login *login)
{
	return exchange_hash(s->exchange, gate_of(s), login->account,
	    strlen(login->account));
}

static uint64_t
source_of(const struct session *s)
{
	return exchange_hash(s->exchange, gate_of(s), &s->path.peer,
	    sizeof(s->path.peer));
}

static void
replace(struct exchange *x, uint32_t i)
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
	struct exchange *x = s->exchange;
	uint32_t oldest;

	if (t->source_limit != 0 &&
	    ledger_count(&x->sources, source_of(s)) >= t->source_limit)
		return PPP_USER_LIMIT;
	while (t->user_limit != 0 &&
	    ledger_count(&x->users, user) >= t->user_limit) {
		if (t->user_full == TERMINATE_DENY)
			return PPP_USER_LIMIT;
		oldest = ledger_oldest(&x->users, user);
		replace(x, oldest);
	}
	return PPP_OK;
}

/*
 * Addresses.
 */

static void
not_half_open(struct peer *p)
{
	struct gate *c = p->arg;

	if (!p->half_open)
		return;
	p->half_open = false;
	c->half_open--;
	ledger_remove(&p->exchange->half_open, p->index);
}

static uint64_t
owner_of(const struct session *s, uint32_t address)
{
	return exchange_hash(s->exchange, NULL, &address, sizeof(address));
}

/* The user's own one, or one of the pool that the user may have. */
static uint32_t
lend(struct session *s, const struct secret *secret, uint64_t user)
{
	struct gate *c = gate_of(s);
	uint32_t address = secret->address;

	if (address != 0)
		return ledger_count(&s->exchange->addresses,
		    owner_of(s, address)) == 0 &&
		    lease_claim(&c->lease, address) ? address : 0;
	if ((address = lease_take(&c->lease, user)) == 0)
		return 0;
	if (secret->nrules == 0 || secret_allows(secret, address))
		return address;
	lease_give(&c->lease, address);
	return 0;
}

static enum ppp_reason
login_grant(struct session *s, const struct ppp_login *login,
    struct ppp_grant *grant)
{
	struct gate *c = gate_of(s);
	const struct secret *secret;
	enum ppp_reason reason;
	uint64_t user;

	/* Between the two the file may have been read anew. */
	if (login == NULL || (secret = find(c, login)) == NULL)
		return PPP_NOT_ALLOWED;
	user = user_of(s, login);
	if ((reason = check_limits(s, user)) != PPP_OK)
		return reason;
	s->leased = lend(s, secret, user);
	if (s->leased == 0 || s->leased == s->path.peer)
		return PPP_NO_ADDRESS;
	s->source_check = s->profile->terminate.source_check;
	ledger_add(&s->exchange->users, user, s->index);
	ledger_add(&s->exchange->sources, source_of(s), s->index);
	ledger_add(&s->exchange->addresses, owner_of(s, s->leased), s->index);
	not_half_open(s->peer);
	grant->config = &s->profile->ppp;
	grant->local = s->profile->terminate.local_address;
	grant->remote = s->leased;
	grant->accept_remote = s->profile->terminate.client_chooses &&
	    secret->address == 0 && secret->nrules == 0;
	return PPP_OK;
}

/* To a free address of its own choice. */
static bool
login_moves(struct session *s, uint32_t address)
{
	struct gate *c = gate_of(s);

	if (!lease_has(&c->lease, address) ||
	    !lease_claim(&c->lease, address))
		return false;
	lease_give(&c->lease, s->leased);
	ledger_remove(&s->exchange->addresses, s->index);
	s->leased = address;
	ledger_add(&s->exchange->addresses, owner_of(s, address), s->index);
	return true;
}

/*
 * Counts.
 */

static bool
login_admits(struct peer *p)
{
	struct gate *c = p->arg;

	if (c->sessions >= p->profile->terminate.total_limit)
		return false;
	c->sessions++;
	return true;
}

static void
login_end(struct session *s)
{
	struct gate *c = gate_of(s);

	if (s->leased != 0)
		lease_give(&c->lease, s->leased);
	s->leased = 0;
	ledger_remove(&s->exchange->users, s->index);
	ledger_remove(&s->exchange->sources, s->index);
	ledger_remove(&s->exchange->addresses, s->index);
	c->sessions--;
}

static void
login_gone(struct peer *p, enum reason reason)
{
	not_half_open(p);
}

static struct device *
login_device(struct session *s)
{
	return gate_of(s)->device;
}

const struct peer_host *
login_host(void)
{
	static const struct peer_host host = {
		.admits = login_admits,
		.gone = login_gone,
		.secret = login_secret,
		.grant = login_grant,
		.moves = login_moves,
		.device = login_device,
		.end = login_end
	};

	return &host;
}
