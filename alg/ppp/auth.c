/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alg/ppp/auth.h"

#include <string.h>

#include "alg/ppp/chap.h"
#include "alg/ppp/mschap.h"
#include "alg/ppp/pap.h"
#include "alg/ppp/ppp_internal.h"

/* How each method goes. */
static const struct kind {
	uint8_t		 method;
	bool		 retries;	/* a failure can ask for another try */
	void		(*begin)(struct ppp *);	/* a new question */
	void		(*ask)(struct ppp *);	/* the question once more */
	void		(*accept)(struct ppp *);
	void		(*refuse)(struct ppp *, bool retry);
	void		(*answer)(struct ppp *);	/* ours, once more */
} kinds[] = {
	{ PPP_MSCHAP2, true, chap_begin, chap_ask,
	    chap_accept, chap_refuse, chap_answer },
	{ PPP_MSCHAP, true, chap_begin, chap_ask,
	    chap_accept, chap_refuse, chap_answer },
	{ PPP_CHAP_MD5, false, chap_begin, chap_ask,
	    chap_accept, chap_refuse, chap_answer },
	{ PPP_PAP, true, NULL, NULL, pap_accept, pap_refuse,
	    pap_answer },
};

/* Who may send which packet, and what is done with it. */
static const struct {
	uint16_t	 protocol;
	uint8_t		 first, last;	/* codes */
	bool		 theirs;	/* it belongs to the peer's login */
	void		(*receive)(struct ppp *, const struct fsm_packet *);
} packets[] = {
	{ DISSECT_PAP, 1, 1, true, pap_requested },
	{ DISSECT_PAP, 2, 3, false, pap_replied },
	{ DISSECT_CHAP, 1, 1, false, chap_challenged },
	{ DISSECT_CHAP, 2, 2, true, chap_responded },
	{ DISSECT_CHAP, 3, 4, false, chap_replied },
	{ DISSECT_CHAP, 5, 7, true, chap_change_asked },
};

static const struct kind *
kind_of(uint8_t method)
{
	const struct kind *k = kinds;

	while (k->method != method)
		k++;
	return k;
}

static void
ask_again(struct ppp *p)
{
	struct auth_theirs *t = &p->auth.theirs;

	if (t->transmits++ >= p->config->auth_transmits) {
		part_end(p, PPP_AUTH_SILENT);
		return;
	}
	t->timer = p->now + p->config->auth_restart;
	kind_of(p->lcp.ask)->ask(p);
}

/* Puts the question, at the start and every so often later. */
static void
begin(struct ppp *p)
{
	const struct kind *k = kind_of(p->lcp.ask);
	struct auth_theirs *t = &p->auth.theirs;

	t->step = AUTH_ASKED;
	t->again = 0;
	t->transmits = t->try = 0;
	p->auth.deadline = p->now + p->config->auth_timeout;
	if (k->begin != NULL) {
		k->begin(p);
		ask_again(p);
	}
}

/* Both logins are done. */
static bool
is_complete(const struct ppp *p)
{
	const struct auth *a = &p->auth;

	return (p->lcp.ask == 0 || a->theirs.step == AUTH_DONE) &&
	    (p->lcp.answer == 0 || a->ours.step == AUTH_DONE);
}

void
auth_start(struct ppp *p)
{
	p->auth.deadline = p->now + p->config->auth_timeout;
	if (p->lcp.ask != 0)
		begin(p);
	if (p->lcp.answer == PPP_PAP)
		pap_answer(p);
	if (is_complete(p))
		part_authenticated(p);
}

void
auth_stop(struct ppp *p)
{
	struct auth *a = &p->auth;

	explicit_bzero(&a->keys, sizeof(a->keys));
	explicit_bzero(&a->ours, sizeof(a->ours));
	explicit_bzero(a->theirs.success, sizeof(a->theirs.success));
	a->theirs.step = AUTH_IDLE;
	a->theirs.timer = a->theirs.again = a->deadline = 0;
}

static void
complete(struct ppp *p)
{
	if (!is_complete(p))
		return;
	p->auth.deadline = 0;
	part_authenticated(p);
}

bool
auth_input(struct ppp *p, uint16_t protocol, const uint8_t *bytes, size_t len)
{
	bool theirs = auth_protocol(p->lcp.ask) == protocol;
	bool ours = auth_protocol(p->lcp.answer) == protocol;
	struct fsm_packet k;

	if (!theirs && !ours)
		return false;
	if (fsm_parse(&k, bytes, len) == -1) {
		part_drop(p, PPP_DROP_MALFORMED);
		return true;
	}
	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++)
		if (packets[i].protocol == protocol &&
		    k.code >= packets[i].first && k.code <= packets[i].last &&
		    (packets[i].theirs ? theirs : ours))
			packets[i].receive(p, &k);
	return true;
}

bool
auth_rejected(struct ppp *p, uint16_t protocol)
{
	if (protocol != DISSECT_PAP && protocol != DISSECT_CHAP)
		return false;
	if (protocol == auth_protocol(p->lcp.ask) ||
	    protocol == auth_protocol(p->lcp.answer))
		part_end(p, PPP_AUTH_REFUSED);
	return true;
}

/* The login as callers see it, with an account or, ours, the server's name. */
static struct ppp_login
login_of(struct ppp *p, bool ours)
{
	struct auth_theirs *t = &p->auth.theirs;
	struct ppp_login l = { .ours = ours, .try = t->try, .other = "" };
	size_t len;

	l.method = ours ? p->lcp.answer : p->lcp.ask;
	l.user = ours ? part_user(p->config) : t->user;
	len = l.user_len = ours ? strlen(l.user) : t->user_len;
	l.account = l.user;
	if (!ours && p->config->strip_domain)
		l.account = mschap_user(l.user, &len);
	return l;
}

static void
say(struct ppp *p, enum ppp_event_type type, bool ours, struct cursor text)
{
	struct ppp_login login = login_of(p, ours);

	part_event(p, &(struct ppp_event){ .type = type, .login = &login,
	    .reason = ours ? PPP_REFUSED_BY_PEER : p->auth.theirs.verdict,
	    .text = text.pos, .text_len = text.left });
}

/*
 * Remembers the name.  False: nobody has such a name, or a link that has a
 * user is asked to change it.
 */
static bool
take_name(struct ppp *p, struct cursor name)
{
	struct auth_theirs *t = &p->auth.theirs;
	size_t len = name.left < AUTH_NAME_MAX ? name.left : AUTH_NAME_MAX;

	if (p->granted)
		return name.left == t->user_len &&
		    memcmp(t->user, name.pos, len) == 0;
	memset(t->user, 0, sizeof(t->user));
	if (len > 0)
		memcpy(t->user, name.pos, len);
	t->user_len = (uint8_t)len;
	return len == name.left && memchr(t->user, 0, len) == NULL;
}

/* The same work is done for a user that there is not. */
static enum ppp_reason
judge(struct ppp *p, const struct auth_proof *proof, auth_check *check)
{
	struct ppp_secret secret = { .kind = PPP_SECRET_NONE };
	bool known = take_name(p, proof->name);
	struct ppp_login login = login_of(p, false);
	enum ppp_reason reason;

	if (known)
		p->host->secret(p->arg, &login, &secret);
	known = secret.kind != PPP_SECRET_NONE;
	if (!known) {
		secret.kind = PPP_SECRET_PASSWORD;
		secret.len = 8;
	}
	reason = check(p, &secret, proof);
	p->auth.theirs.delay = secret.delay;
	explicit_bzero(&secret, sizeof(secret));
	if (!known)
		return PPP_NO_USER;
	return reason == PPP_OK ? part_grant(p, &login) : reason;
}

static void
accept(struct ppp *p)
{
	struct auth_theirs *t = &p->auth.theirs;
	bool first = p->phase == PPP_AUTHENTICATE;

	t->step = AUTH_DONE;
	t->timer = 0;
	if (p->config->auth_interval > 0 && p->lcp.ask != PPP_PAP)
		t->again = p->now + p->config->auth_interval;
	if (!first)
		p->auth.deadline = 0;
	kind_of(p->lcp.ask)->accept(p);
	if (first) {
		say(p, PPP_EVENT_LOGIN, false, cursor_of(NULL, 0));
		complete(p);
	}
}

void
auth_judge(struct ppp *p, const struct auth_proof *proof, auth_check *check)
{
	struct auth_theirs *t = &p->auth.theirs;

	t->try++;
	t->delay = 0;
	t->verdict = check != NULL ? judge(p, proof, check) :
	    PPP_AUTH_MALFORMED;
	if (t->verdict == PPP_OK && t->delay == 0) {
		accept(p);
		return;
	}
	t->step = AUTH_JUDGED;
	t->timer = p->now + t->delay;
	if (t->verdict == PPP_OK)
		return;
	t->timer += p->config->auth_delay;
	say(p, PPP_EVENT_REFUSED, false, cursor_of(NULL, 0));
}

/* A wrong password may be tried again, so may a wrong name. */
static bool
may_retry(const struct ppp *p)
{
	const struct auth_theirs *t = &p->auth.theirs;

	return kind_of(p->lcp.ask)->retries && !p->granted &&
	    t->try < p->config->auth_tries && (t->verdict == PPP_NO_USER ||
	    t->verdict == PPP_BAD_PASSWORD || t->verdict == PPP_NO_SECRET);
}

static void
refuse(struct ppp *p)
{
	struct auth_theirs *t = &p->auth.theirs;
	bool retry = may_retry(p);

	t->timer = 0;
	t->step = AUTH_RETRY;
	kind_of(p->lcp.ask)->refuse(p, retry);
	p->auth.deadline = p->now + p->config->auth_timeout;
	if (!retry)
		part_end(p, t->verdict);
}

bool
auth_own_secret(struct ppp *p, struct cursor other, struct ppp_secret *secret)
{
	struct ppp_login login = login_of(p, true);
	char name[AUTH_NAME_MAX + 1] = "";
	size_t len = other.left < AUTH_NAME_MAX ? other.left : AUTH_NAME_MAX;

	if (len > 0)
		memcpy(name, other.pos, len);
	login.other = name;
	memset(secret, 0, sizeof(*secret));
	p->host->secret(p->arg, &login, secret);
	if (secret->kind == PPP_SECRET_NONE)
		part_end(p, PPP_NO_SECRET);
	return secret->kind != PPP_SECRET_NONE;
}

void
auth_accepted(struct ppp *p)
{
	p->auth.ours.step = AUTH_DONE;
	p->auth.ours.timer = 0;
	if (p->phase != PPP_AUTHENTICATE)
		return;
	say(p, PPP_EVENT_LOGIN, true, cursor_of(NULL, 0));
	complete(p);
}

void
auth_refused(struct ppp *p, struct cursor text)
{
	p->auth.ours.step = AUTH_IDLE;
	p->auth.ours.timer = 0;
	say(p, PPP_EVENT_REFUSED, true, text);
	part_end(p, PPP_REFUSED_BY_PEER);
}

uint64_t
auth_due(const struct ppp *p)
{
	const struct auth *a = &p->auth;

	return part_sooner(part_sooner(a->theirs.timer, a->theirs.again),
	    part_sooner(a->ours.timer, a->deadline));
}

void
auth_tick(struct ppp *p)
{
	struct auth *a = &p->auth;

	if (part_due(p, a->deadline)) {
		a->deadline = 0;
		part_end(p, PPP_AUTH_SILENT);
		return;
	}
	if (part_due(p, a->theirs.again))
		begin(p);
	if (part_due(p, a->theirs.timer)) {
		if (a->theirs.step != AUTH_JUDGED)
			ask_again(p);
		else if (a->theirs.verdict == PPP_OK)
			accept(p);
		else
			refuse(p);
	}
	if (part_due(p, a->ours.timer))
		kind_of(p->lcp.answer)->answer(p);
}
