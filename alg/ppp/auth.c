/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The authentication phase: which method runs, its retransmissions and tries,
 * the verdict on the peer's proof, and the keys that a login gives to MPPE.
 */
#include "alg/ppp/auth.h"

#include <string.h>

#include "alg/ppp/chap.h"
#include "alg/ppp/mschap.h"
#include "alg/ppp/mschap_failure.h"
#include "alg/ppp/pap.h"
#include "alg/ppp/ppp_internal.h"

/* What a method is in LCP's option, and how it runs.  Strongest first. */
static const struct auth_kind {
	uint8_t		 method;
	uint16_t	 protocol;
	int16_t		 algorithm;	/* of CHAP; -1: no such byte */
	bool		 retries;	/* a failure can allow another try */
	void		(*challenge)(struct ppp *);	/* a new one, or NULL */
	void		(*ask)(struct ppp *);	/* sends it, also again */
	void		(*accept)(struct ppp *);
	void		(*refuse)(struct ppp *, bool retry);
	void		(*answer)(struct ppp *);	/* sends ours again */
} kinds[] = {
	{ PPP_MSCHAP2, DISSECT_CHAP, 0x81, true, chap_new_challenge,
	    chap_ask, chap_accept, chap_refuse, chap_answer },
	{ PPP_MSCHAP, DISSECT_CHAP, 0x80, true, chap_new_challenge,
	    chap_ask, chap_accept, chap_refuse, chap_answer },
	{ PPP_CHAP_MD5, DISSECT_CHAP, 5, false, chap_new_challenge,
	    chap_ask, chap_accept, chap_refuse, chap_answer },
	{ PPP_PAP, DISSECT_PAP, -1, true, NULL, NULL, pap_accept, pap_refuse,
	    pap_answer },
	{ .algorithm = -1 },
};

/* Who may send which packet, and what is done with it. */
static const struct {
	uint16_t	 protocol;
	uint8_t		 first, last;	/* codes */
	bool		 theirs;	/* part of the peer's login */
	void		(*receive)(struct ppp *, const struct fsm_packet *);
} packets[] = {
	{ DISSECT_PAP, 1, 1, true, pap_requested },
	{ DISSECT_PAP, 2, 3, false, pap_replied },
	{ DISSECT_CHAP, 1, 1, false, chap_challenged },
	{ DISSECT_CHAP, 2, 2, true, chap_responded },
	{ DISSECT_CHAP, 3, 4, false, chap_replied },
	{ DISSECT_CHAP, 5, 7, true, chap_change_asked },
};

/* The last row, without a protocol, if there is none. */
static const struct auth_kind *
methods_kind(uint8_t methods)
{
	const struct auth_kind *k = kinds;

	while (k->method != 0 && (k->method & methods) == 0)
		k++;
	return k;
}

/* --- LCP's option --------------------------------------------------------- */

static uint16_t
protocol_of_method(uint8_t method)
{
	return methods_kind(method)->protocol;
}

uint8_t
auth_method(struct cursor c)
{
	uint16_t protocol;
	uint8_t byte;
	int algorithm;

	if (cursor_u16(&c, &protocol) == -1)
		return 0;
	algorithm = cursor_u8(&c, &byte) == 0 ? byte : -1;
	for (const struct auth_kind *k = kinds; k->method != 0; k++)
		if (k->protocol == protocol && c.left == 0 &&
		    k->algorithm == algorithm)
			return k->method;
	return 0;
}

void
auth_put_value(struct writer *w, uint8_t method)
{
	const struct auth_kind *k = methods_kind(method);

	writer_u16(w, k->protocol);
	if (k->algorithm >= 0)
		writer_u8(w, (uint8_t)k->algorithm);
}

void
auth_put_option(struct writer *nak, uint8_t method)
{
	uint8_t value[3];
	struct writer w = writer_of(value, sizeof(value));

	auth_put_value(&w, method);
	option_put(nak, 3, value, (uint8_t)(w.pos - value));
}

uint8_t
auth_strongest(uint8_t methods)
{
	return methods_kind(methods)->method;
}

/* --- either direction ----------------------------------------------------- */

/* Sends the challenge, also as a retransmission. */
static void
ask_again(struct ppp *p)
{
	struct auth_theirs *t = &p->auth.theirs;

	if (t->transmits++ >= p->config->auth_transmits) {
		ppp_end_link(p, PPP_AUTH_SILENT);
		return;
	}
	t->timer = p->now + p->config->auth_restart;
	methods_kind(p->lcp.ask)->ask(p);
}

/* Asks for a login, at first or by a new challenge to one that is done. */
static void
ask_new(struct ppp *p)
{
	const struct auth_kind *k = methods_kind(p->lcp.ask);
	struct auth_theirs *t = &p->auth.theirs;

	t->step = AUTH_ASKED;
	t->rechallenge = 0;
	t->transmits = t->try = 0;
	p->auth.deadline = p->now + p->config->auth_timeout;
	if (k->challenge != NULL) {
		k->challenge(p);
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
		ask_new(p);
	if (p->lcp.answer == PPP_PAP)
		pap_answer(p);
	if (is_complete(p))
		ppp_authenticated(p);
}

void
auth_stop(struct ppp *p)
{
	struct auth *a = &p->auth;

	explicit_bzero(&a->keys, sizeof(a->keys));
	explicit_bzero(&a->ours, sizeof(a->ours));
	explicit_bzero(a->theirs.success, sizeof(a->theirs.success));
	a->theirs.step = AUTH_IDLE;
	a->theirs.timer = a->theirs.rechallenge = a->deadline = 0;
}

static void
leave_phase(struct ppp *p)
{
	if (!is_complete(p))
		return;
	p->auth.deadline = 0;
	ppp_authenticated(p);
}

bool
auth_input(struct ppp *p, uint16_t protocol, const uint8_t *bytes, size_t len)
{
	bool theirs = protocol_of_method(p->lcp.ask) == protocol;
	bool ours = protocol_of_method(p->lcp.answer) == protocol;
	struct fsm_packet k;

	if (!theirs && !ours)
		return false;
	if (fsm_parse(&k, bytes, len) == -1) {
		frame_drop(p, PPP_DROP_MALFORMED);
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
	if (protocol == protocol_of_method(p->lcp.ask) ||
	    protocol == protocol_of_method(p->lcp.answer))
		ppp_end_link(p, PPP_AUTH_REFUSED);
	return true;
}

/* The login as callback functions see it. */
static struct ppp_login
login_of(struct ppp *p, bool ours)
{
	struct auth_theirs *t = &p->auth.theirs;
	struct ppp_login l = { .ours = ours, .try = t->try, .other = "" };
	size_t len;

	l.method = ours ? p->lcp.answer : p->lcp.ask;
	l.user = ours ? ppp_own_name(p->config) : t->user;
	len = l.user_len = ours ? strlen(l.user) : t->user_len;
	l.account = l.user;
	l.proved = !ours && t->proved;
	if (!ours && p->config->strip_domain && !t->whole_name)
		l.account = mschap_user(l.user, &len);
	return l;
}

static void
emit_login(struct ppp *p, enum ppp_event_type type, bool ours,
    struct cursor text)
{
	struct ppp_login login = login_of(p, ours);

	ppp_emit_event(p, &(struct ppp_event){ .type = type, .login = &login,
	    .reason = ours ? PPP_REFUSED_BY_PEER : p->auth.theirs.verdict,
	    .text = text.pos, .text_len = text.left });
}

/* C0, C1 in UTF-8, and DEL: what could be another line, or play a terminal. */
static bool
has_control(struct cursor c)
{
	uint8_t byte, before = 0;

	while (cursor_u8(&c, &byte) == 0) {
		if (byte < 0x20 || byte == 0x7f ||
		    (before == 0xc2 && byte < 0xa0))
			return true;
		before = byte;
	}
	return false;
}

/*
 * Stores the peer's name.  False: no user can have such a name, or the link
 * has a user and this is another one.
 */
static bool
store_name(struct ppp *p, struct cursor name)
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
	t->whole_name = false;
	return len == name.left && !has_control(name);
}

/* Takes as long for a name that no user has. */
static enum ppp_reason
check_proof(struct ppp *p, const struct auth_proof *proof, auth_check *check)
{
	struct ppp_secret secret = { .kind = PPP_SECRET_NONE };
	struct auth_theirs *t = &p->auth.theirs;
	bool known = store_name(p, proof->name);
	struct ppp_login login = login_of(p, false);
	enum ppp_reason reason;

	t->proved = login.proved = false;
	if (known)
		p->host->secret(p->arg, &login, &secret);
	known = secret.kind != PPP_SECRET_NONE;
	if (!known) {
		secret.kind = PPP_SECRET_PASSWORD;
		secret.len = 8;
	}
	reason = check(p, &secret, proof);
	t->delay = secret.delay;
	if (!p->granted)
		t->whole_name = secret.whole_name;
	explicit_bzero(&secret, sizeof(secret));
	if (!known)
		return has_control(proof->name) ? PPP_BAD_NAME : PPP_NO_USER;
	if (reason != PPP_OK)
		return reason;
	t->proved = true;
	login = login_of(p, false);
	return ppp_obtain_grant(p, &login);
}

/* Hands the proof to who knows the users; PPP_OK: the answer will come. */
static enum ppp_reason
ask_elsewhere(struct ppp *p, const struct auth_proof *proof)
{
	struct auth_theirs *t = &p->auth.theirs;
	bool fits = store_name(p, proof->name);
	struct ppp_login login = login_of(p, false);
	const struct ppp_proof sent = {
		.id = t->id, .value = proof->value, .len = proof->len,
		.challenge = t->challenge, .challenge_len = t->challenge_len
	};

	t->proved = login.proved = false;
	if (!fits)
		return has_control(proof->name) ? PPP_BAD_NAME : PPP_NO_USER;
	return p->host->ask(p->arg, &login, &sent);
}

static void
accept_peer(struct ppp *p)
{
	struct auth_theirs *t = &p->auth.theirs;
	bool first = p->phase == PPP_AUTHENTICATE;

	t->step = AUTH_DONE;
	t->timer = 0;
	if (p->config->auth_interval > 0 && p->lcp.ask != PPP_PAP)
		t->rechallenge = p->now + p->config->auth_interval;
	if (!first)
		p->auth.deadline = 0;
	methods_kind(p->lcp.ask)->accept(p);
	if (first) {
		emit_login(p, PPP_EVENT_LOGIN, false, cursor_of(NULL, 0));
		leave_phase(p);
	}
}

/* The verdict is there: yes, at once or after a delay, or no. */
static void
decide_login(struct ppp *p)
{
	struct auth_theirs *t = &p->auth.theirs;

	if (t->verdict == PPP_OK && t->delay == 0) {
		accept_peer(p);
		return;
	}
	t->step = AUTH_DECIDED;
	t->timer = p->now + t->delay;
	if (t->verdict == PPP_OK)
		return;
	t->timer += p->config->auth_delay;
	emit_login(p, PPP_EVENT_REFUSED, false, cursor_of(NULL, 0));
}

void
auth_verify(struct ppp *p, const struct auth_proof *proof, auth_check *check)
{
	struct auth_theirs *t = &p->auth.theirs;
	bool asks = check != NULL && p->config->ask_elsewhere;

	t->try++;
	t->delay = 0;
	t->error = 0;
	if (asks)
		t->verdict = ask_elsewhere(p, proof);
	else
		t->verdict = check != NULL ? check_proof(p, proof, check) :
		    PPP_AUTH_MALFORMED;
	if (asks && t->verdict == PPP_OK) {
		t->step = AUTH_WAITING;
		t->timer = 0;
	} else
		decide_login(p);
}

void
auth_answer(struct ppp *p, const struct ppp_answer *a)
{
	struct auth_theirs *t = &p->auth.theirs;
	struct ppp_login login;

	if (t->step != AUTH_WAITING)
		return;
	t->verdict = a->reason;
	t->delay = a->delay;
	if (a->reason == PPP_OK) {
		t->proved = true;
		memcpy(t->success, a->success, sizeof(t->success));
		if (p->phase == PPP_AUTHENTICATE)
			p->auth.keys = a->keys;
		login = login_of(p, false);
		t->verdict = ppp_obtain_grant(p, &login);
	} else if (a->error != MSCHAP_FAILURE_LOGIN)
		t->error = a->error;
	decide_login(p);
}

/* Only a wrong name or password may be tried again. */
static bool
may_retry(const struct ppp *p)
{
	const struct auth_theirs *t = &p->auth.theirs;

	return methods_kind(p->lcp.ask)->retries && !p->granted &&
	    t->error == 0 && t->try < p->config->auth_tries &&
	    (t->verdict == PPP_NO_USER || t->verdict == PPP_BAD_PASSWORD ||
		t->verdict == PPP_NO_SECRET || t->verdict == PPP_REJECTED);
}

static void
refuse_peer(struct ppp *p)
{
	struct auth_theirs *t = &p->auth.theirs;
	bool retry = may_retry(p);

	t->timer = 0;
	t->step = AUTH_RETRY;
	methods_kind(p->lcp.ask)->refuse(p, retry);
	p->auth.deadline = p->now + p->config->auth_timeout;
	if (!retry)
		ppp_end_link(p, t->verdict);
}

const char *
auth_refusal_text(const struct ppp *p)
{
	const struct auth_theirs *t = &p->auth.theirs;

	return t->proved ? ppp_reason_sentence(t->verdict) : "Access denied";
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
		ppp_end_link(p, PPP_NO_SECRET);
	return secret->kind != PPP_SECRET_NONE;
}

void
auth_own_accepted(struct ppp *p)
{
	p->auth.ours.step = AUTH_DONE;
	p->auth.ours.timer = 0;
	if (p->phase != PPP_AUTHENTICATE)
		return;
	emit_login(p, PPP_EVENT_LOGIN, true, cursor_of(NULL, 0));
	leave_phase(p);
}

void
auth_own_refused(struct ppp *p, struct cursor text)
{
	p->auth.ours.step = AUTH_IDLE;
	p->auth.ours.timer = 0;
	explain_note_words(p, text);
	if (p->reason == PPP_OK)
		p->reason = PPP_REFUSED_BY_PEER;
	emit_login(p, PPP_EVENT_REFUSED, true, text);
	ppp_end_link(p, PPP_REFUSED_BY_PEER);
}

uint64_t
auth_due(const struct ppp *p)
{
	const struct auth *a = &p->auth;

	return ppp_earlier(ppp_earlier(a->theirs.timer, a->theirs.rechallenge),
	    ppp_earlier(a->ours.timer, a->deadline));
}

void
auth_tick(struct ppp *p)
{
	struct auth *a = &p->auth;

	if (ppp_expired(p, a->deadline)) {
		a->deadline = 0;
		ppp_end_link(p, PPP_AUTH_SILENT);
		return;
	}
	if (ppp_expired(p, a->theirs.rechallenge))
		ask_new(p);
	if (ppp_expired(p, a->theirs.timer)) {
		if (a->theirs.step != AUTH_DECIDED)
			ask_again(p);
		else if (a->theirs.verdict == PPP_OK)
			accept_peer(p);
		else
			refuse_peer(p);
	}
	if (ppp_expired(p, a->ours.timer))
		methods_kind(p->lcp.answer)->answer(p);
}

/* --- keys for MPPE -------------------------------------------------------- */

int
auth_nt_hash(uint8_t hash[16], const struct ppp_secret *secret)
{
	if (secret->kind == PPP_SECRET_PASSWORD)
		return mschap_nt_hash(hash, secret->password, secret->len);
	memcpy(hash, secret->nt_hash, MSCHAP_HASH);
	return 0;
}

/* Both directions have the same key. */
static void
add_key(struct auth_keys *keys, int which, int bits, uint8_t lengths,
    const uint8_t hash[16], const uint8_t challenge[8])
{
	mschap1_start_key(keys->send[which], bits, hash, challenge);
	memcpy(keys->receive[which], keys->send[which], MSCHAP_KEY);
	keys->lengths |= lengths;
}

void
auth_keys_hashed(struct auth_keys *keys, const uint8_t *lm,
    const uint8_t twice[16], const uint8_t challenge[8])
{
	uint8_t lm_hash[MSCHAP_HASH] = { 0 };

	memset(keys, 0, sizeof(*keys));
	mschap1_long_key(keys->send[AUTH_KEY_128], twice, challenge);
	memcpy(keys->receive[AUTH_KEY_128], keys->send[AUTH_KEY_128],
	    MSCHAP_KEY);
	keys->lengths = PPP_MPPE_128;
	if (lm == NULL)
		return;
	/* Keys of 40 and 56 bits take no more of the hash. */
	memcpy(lm_hash, lm, 8);
	add_key(keys, AUTH_KEY_SHORT, 56, PPP_MPPE_40 | PPP_MPPE_56, lm_hash,
	    challenge);
	explicit_bzero(lm_hash, sizeof(lm_hash));
}

void
auth_keys_v1(struct auth_keys *keys, const struct ppp_secret *secret,
    const uint8_t nt_hash[16], const uint8_t challenge[8])
{
	uint8_t lm_hash[MSCHAP_HASH];

	memset(keys, 0, sizeof(*keys));
	add_key(keys, AUTH_KEY_128, 128, PPP_MPPE_128, nt_hash, challenge);
	if (secret->kind == PPP_SECRET_PASSWORD &&
	    mschap_lm_hash(lm_hash, secret->password, secret->len) == 0)
		add_key(keys, AUTH_KEY_SHORT, 56, PPP_MPPE_40 | PPP_MPPE_56,
		    lm_hash, challenge);
	explicit_bzero(lm_hash, sizeof(lm_hash));
}

void
auth_keys_v2(struct auth_keys *keys, bool server, const uint8_t nt_hash[16],
    const uint8_t response[24])
{
	for (int i = 0; i < AUTH_KEYS; i++)
		mschap2_start_keys(keys->send[i], keys->receive[i], server,
		    nt_hash, response);
	keys->lengths = PPP_MPPE_LENGTHS;
}
