/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CHAP, both ends: the authenticator, which challenges and checks responses,
 * and the peer, which responds to challenges and hears of success or failure.
 */
#include "alg/ppp/chap.h"

#include <string.h>

#include "alg/ppp/crypto.h"
#include "alg/ppp/mschap.h"
#include "alg/ppp/mschap_failure.h"
#include "alg/ppp/ppp_internal.h"

#define TEXT_MAX	128
#define NT_USED		1	/* flag of MS-CHAPv1 */
#define ANSWER_INTERVAL	100	/* ms: secrets may be read from a file */

/* --- the authenticator: the peer's login ---------------------------------- */

static bool
is_ms(const struct ppp *p)
{
	return p->lcp.ask == PPP_MSCHAP || p->lcp.ask == PPP_MSCHAP2;
}

static void
draw_challenge(struct ppp *p)
{
	struct auth_theirs *t = &p->auth.theirs;

	t->challenge_len = p->lcp.ask == PPP_MSCHAP ? MSCHAP1_CHALLENGE :
	    MSCHAP2_CHALLENGE;
	p->host->random(p->arg, t->challenge, t->challenge_len);
}

void
chap_new_challenge(struct ppp *p)
{
	p->auth.theirs.id++;
	draw_challenge(p);
}

void
chap_ask(struct ppp *p)
{
	const struct auth_theirs *t = &p->auth.theirs;
	uint8_t data[1 + sizeof(t->challenge) + AUTH_NAME_MAX];
	struct writer w = writer_of(data, sizeof(data));
	const char *name = p->config->name;

	writer_u8(&w, t->challenge_len);
	writer_bytes(&w, t->challenge, t->challenge_len);
	writer_bytes(&w, (const uint8_t *)name, strlen(name));
	frame_send_control(p, DISSECT_CHAP, CHAP_CHALLENGE, t->id, data,
	    (size_t)(w.pos - data));
}

static void
send_text(struct ppp *p, uint8_t code, uint8_t id, const char *text)
{
	frame_send_control(p, DISSECT_CHAP, code, id, (const uint8_t *)text,
	    strlen(text));
}

void
chap_accept(struct ppp *p)
{
	const struct auth_theirs *t = &p->auth.theirs;

	/* Windows 98 does not accept a message after the proof. */
	send_text(p, CHAP_SUCCESS, t->id,
	    p->lcp.ask == PPP_MSCHAP2 ? t->success : "Access granted");
}

static void
send_failure(struct ppp *p, uint8_t id, unsigned error, bool retry)
{
	const struct auth_theirs *t = &p->auth.theirs;
	const char *message = auth_refusal_text(p);
	struct mschap_failure f = {
		.error = error, .retry = retry,
		.version = p->lcp.ask == PPP_MSCHAP2 ? 3 : 2,
		.challenge_len = t->challenge_len,
		.message = message, .message_len = strlen(message),
	};
	char text[TEXT_MAX];

	memcpy(f.challenge, t->challenge, t->challenge_len);
	if (!is_ms(p))
		send_text(p, CHAP_FAILURE, id, message);
	else if (mschap_failure_build(text, sizeof(text), &f) != -1)
		send_text(p, CHAP_FAILURE, id, text);
}

/* The E= code (RFC 2759 section 6). */
static unsigned
failure_code(const struct auth_theirs *t)
{
	if (t->error != 0)
		return t->error;
	switch (t->verdict) {
	case PPP_USER_LIMIT:
	case PPP_SOURCE_LIMIT:
	case PPP_NO_ADDRESS:
	case PPP_NOT_ALLOWED:
		return MSCHAP_FAILURE_NO_DIALIN;
	case PPP_PASSWORD_CHANGE:
		return MSCHAP_FAILURE_CHANGE;
	default:
		return MSCHAP_FAILURE_LOGIN;
	}
}

void
chap_refuse(struct ppp *p, bool retry)
{
	struct auth_theirs *t = &p->auth.theirs;

	draw_challenge(p);
	send_failure(p, t->id, failure_code(t), retry);
}

static enum ppp_reason
check_md5(struct ppp *p, const struct ppp_secret *secret,
    const struct auth_proof *proof)
{
	const struct auth_theirs *t = &p->auth.theirs;
	const struct crypto_piece pieces[] = {
		{ &proof->id, 1 }, { secret->password, secret->len },
		{ t->challenge, t->challenge_len }
	};
	uint8_t right[CRYPTO_MD5];

	if (secret->kind != PPP_SECRET_PASSWORD)
		return PPP_NO_SECRET;
	crypto_md5(right, pieces, 3);
	return crypto_equal(right, proof->value, sizeof(right)) ? PPP_OK :
	    PPP_BAD_PASSWORD;
}

/* Where keys go to: they are made at the first login only. */
static struct auth_keys *
new_keys(struct ppp *p)
{
	return p->phase == PPP_AUTHENTICATE ? &p->auth.keys : NULL;
}

static void
make_keys_v1(struct ppp *p, const struct ppp_secret *secret,
    const uint8_t nt_hash[16])
{
	if (new_keys(p) != NULL)
		auth_keys_v1(new_keys(p), secret, nt_hash,
		    p->auth.theirs.challenge);
}

static enum ppp_reason
check_v1(struct ppp *p, const struct ppp_secret *secret,
    const struct auth_proof *proof)
{
	uint8_t hash[MSCHAP_HASH], right[MSCHAP_RESPONSE];
	enum ppp_reason reason = PPP_OK;

	if (auth_nt_hash(hash, secret) == -1)
		reason = PPP_NO_SECRET;
	mschap1_response(right, p->auth.theirs.challenge, hash);
	if (!crypto_equal(right, proof->value + CHAP_MS_NT, sizeof(right)) ||
	    (proof->value[CHAP_MS_FLAGS] & NT_USED) == 0)
		reason = reason == PPP_OK ? PPP_BAD_PASSWORD : reason;
	if (reason == PPP_OK)
		make_keys_v1(p, secret, hash);
	explicit_bzero(hash, sizeof(hash));
	return reason;
}

static enum ppp_reason
check_v2(struct ppp *p, const struct ppp_secret *secret,
    const struct auth_proof *proof)
{
	struct auth_theirs *t = &p->auth.theirs;
	const uint8_t *response = proof->value + CHAP_MS_NT;
	const struct mschap2 m = { t->challenge, proof->value, t->user,
	    t->user_len };
	uint8_t hash[MSCHAP_HASH], right[MSCHAP_RESPONSE];
	enum ppp_reason reason = PPP_OK;

	if (auth_nt_hash(hash, secret) == -1)
		reason = PPP_NO_SECRET;
	mschap2_response(right, &m, hash);
	mschap2_success(t->success, &m, hash, right);
	if (!crypto_equal(right, response, sizeof(right)) && reason == PPP_OK)
		reason = PPP_BAD_PASSWORD;
	if (crypto_equal(t->challenge, proof->value, MSCHAP2_CHALLENGE))
		reason = PPP_REFLECTION;
	if (reason == PPP_OK && new_keys(p) != NULL)
		auth_keys_v2(new_keys(p), true, hash, right);
	explicit_bzero(hash, sizeof(hash));
	return reason;
}

/* How long a response is, and who checks it. */
static const struct {
	uint8_t		 method, size;
	auth_check	*check;
} checks[] = {
	{ PPP_CHAP_MD5, CRYPTO_MD5, check_md5 },
	{ PPP_MSCHAP, CHAP_MS_VALUE, check_v1 },
	{ PPP_MSCHAP2, CHAP_MS_VALUE, check_v2 },
};

static void
check_response(struct ppp *p, struct auth_proof *proof)
{
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (checks[i].method == p->lcp.ask)
			auth_verify(p, proof, proof->len == checks[i].size ?
			    checks[i].check : NULL);
}

/*
 * Whether a response is to be checked.  A retransmission of one that was, as
 * our reply was lost, gets the same reply and does not count as another try.
 */
static bool
is_to_be_checked(struct ppp *p, const struct auth_proof *proof)
{
	struct auth_theirs *t = &p->auth.theirs;
	bool same = proof->id == t->id;

	switch (t->step) {
	case AUTH_ASKED:
		return same;
	case AUTH_RETRY:
		if (same && proof->len == CHAP_MS_VALUE &&
		    memcmp(t->response, proof->value + CHAP_MS_NT,
		    sizeof(t->response)) == 0) {
			send_failure(p, t->id, failure_code(t), true);
			return false;
		}
		/* RFC 2759 section 6: a retry has the next identifier. */
		return same || proof->id == (uint8_t)(t->id + 1);
	case AUTH_DONE:
		if (same)
			chap_accept(p);
		return false;
	default:
		return false;
	}
}

void
chap_responded(struct ppp *p, const struct fsm_packet *k)
{
	struct auth_theirs *t = &p->auth.theirs;
	struct auth_proof proof = { .id = k->id };
	struct cursor c = k->data;
	uint8_t len;

	if (cursor_u8(&c, &len) == -1 ||
	    cursor_bytes(&c, len, &proof.value) == -1) {
		frame_drop(p, PPP_DROP_MALFORMED);
		return;
	}
	proof.len = len;
	proof.name = c;
	if (!is_to_be_checked(p, &proof))
		return;
	t->id = k->id;
	if (len == CHAP_MS_VALUE)
		memcpy(t->response, proof.value + CHAP_MS_NT,
		    sizeof(t->response));
	check_response(p, &proof);
}

/* Passwords cannot be changed here, whoever asks for it. */
void
chap_change_asked(struct ppp *p, const struct fsm_packet *k)
{
	struct auth_theirs *t = &p->auth.theirs;

	if (!is_ms(p) || (t->step != AUTH_ASKED && t->step != AUTH_RETRY))
		return;
	send_failure(p, k->id, MSCHAP_FAILURE_CHANGE, false);
	t->step = AUTH_DECIDED;
	t->timer = 0;
	ppp_end_link(p, PPP_PASSWORD_CHANGE);
}

/* --- the peer: our login -------------------------------------------------- */

struct chap_challenge {
	uint8_t		 id, len;
	const uint8_t	*value;
};

static bool
make_md5(struct ppp *p, const struct chap_challenge *q,
    const struct ppp_secret *secret)
{
	struct auth_ours *o = &p->auth.ours;
	const struct crypto_piece pieces[] = {
		{ &q->id, 1 }, { secret->password, secret->len },
		{ q->value, q->len }
	};

	if (secret->kind != PPP_SECRET_PASSWORD)
		return false;
	crypto_md5(o->answer, pieces, 3);
	o->answer_len = CRYPTO_MD5;
	return true;
}

/* The LM response stays zero: it would give the password away. */
static bool
make_v1(struct ppp *p, const struct chap_challenge *q,
    const struct ppp_secret *secret)
{
	struct auth_ours *o = &p->auth.ours;
	uint8_t hash[MSCHAP_HASH];

	if (q->len != MSCHAP1_CHALLENGE ||
	    auth_nt_hash(hash, secret) == -1)
		return false;
	memset(o->answer, 0, sizeof(o->answer));
	mschap1_response(o->answer + CHAP_MS_NT, o->challenge, hash);
	o->answer[CHAP_MS_FLAGS] = 1;
	o->answer_len = CHAP_MS_VALUE;
	explicit_bzero(hash, sizeof(hash));
	return true;
}

static struct mschap2
own_login(const struct ppp *p)
{
	const struct auth_ours *o = &p->auth.ours;
	const char *user = ppp_own_name(p->config);

	return (struct mschap2){ o->challenge, o->answer, user,
	    strlen(user) };
}

static bool
make_v2(struct ppp *p, const struct chap_challenge *q,
    const struct ppp_secret *secret)
{
	struct auth_ours *o = &p->auth.ours;
	const struct mschap2 m = own_login(p);
	uint8_t hash[MSCHAP_HASH];

	if (q->len != MSCHAP2_CHALLENGE ||
	    auth_nt_hash(hash, secret) == -1)
		return false;
	memset(o->answer, 0, sizeof(o->answer));
	p->host->random(p->arg, o->answer, MSCHAP2_CHALLENGE);
	mschap2_response(o->answer + CHAP_MS_NT, &m, hash);
	o->answer_len = CHAP_MS_VALUE;
	explicit_bzero(hash, sizeof(hash));
	return true;
}

/* A Success: what it proves, and the keys that come out of the login. */
static enum ppp_reason
verify_v1(struct ppp *p, const struct ppp_secret *secret, struct cursor text)
{
	uint8_t hash[MSCHAP_HASH];

	if (p->phase == PPP_AUTHENTICATE && auth_nt_hash(hash, secret) == 0)
		auth_keys_v1(&p->auth.keys, secret, hash,
		    p->auth.ours.challenge);
	explicit_bzero(hash, sizeof(hash));
	return PPP_OK;
}

static enum ppp_reason
verify_v2(struct ppp *p, const struct ppp_secret *secret, struct cursor text)
{
	const uint8_t *response = p->auth.ours.answer + CHAP_MS_NT;
	const struct mschap2 m = own_login(p);
	uint8_t hash[MSCHAP_HASH];
	const char *message;
	size_t len;
	bool proved;

	proved = auth_nt_hash(hash, secret) == 0 &&
	    mschap2_proved((const char *)text.pos, text.left, &m, hash,
	    response, &message, &len);
	if (proved && p->phase == PPP_AUTHENTICATE)
		auth_keys_v2(&p->auth.keys, false, hash, response);
	explicit_bzero(hash, sizeof(hash));
	return proved ? PPP_OK : PPP_UNPROVEN;
}

static const struct chap_response {
	uint8_t		 method;
	bool		(*make)(struct ppp *, const struct chap_challenge *,
			    const struct ppp_secret *);
	enum ppp_reason	(*verify)(struct ppp *, const struct ppp_secret *,
			    struct cursor text);
} responses[] = {
	{ PPP_CHAP_MD5, make_md5, NULL },
	{ PPP_MSCHAP, make_v1, verify_v1 },
	{ PPP_MSCHAP2, make_v2, verify_v2 },
};

static const struct chap_response *
response_of_method(const struct ppp *p)
{
	const struct chap_response *m = responses;

	while (m->method != p->lcp.answer)
		m++;
	return m;
}

/* Always the same to one challenge: the keys come out of it. */
static void
send_answer(struct ppp *p)
{
	const struct auth_ours *o = &p->auth.ours;
	const char *user = ppp_own_name(p->config);
	uint8_t data[1 + sizeof(o->answer) + AUTH_NAME_MAX];
	struct writer w = writer_of(data, sizeof(data));

	writer_u8(&w, o->answer_len);
	writer_bytes(&w, o->answer, o->answer_len);
	writer_bytes(&w, (const uint8_t *)user, strlen(user));
	frame_send_control(p, DISSECT_CHAP, CHAP_RESPONSE, o->id, data,
	    (size_t)(w.pos - data));
}

void
chap_answer(struct ppp *p)
{
	struct auth_ours *o = &p->auth.ours;

	if (o->transmits++ >= p->config->auth_transmits) {
		ppp_end_link(p, PPP_AUTH_SILENT);
		return;
	}
	o->timer = p->now + p->config->auth_restart;
	send_answer(p);
}

static void
answer_challenge(struct ppp *p, const struct chap_challenge *q,
    struct cursor name)
{
	struct auth_ours *o = &p->auth.ours;
	struct ppp_secret secret;
	bool made;

	if (!auth_own_secret(p, name, &secret))
		return;
	made = response_of_method(p)->make(p, q, &secret);
	explicit_bzero(&secret, sizeof(secret));
	if (!made) {
		ppp_end_link(p, PPP_NO_SECRET);
		return;
	}
	o->id = q->id;
	o->step = AUTH_ASKED;
	o->transmits = 0;
	chap_answer(p);
}

/* Our own challenge: the peer wants us to compute its response. */
static bool
is_reflected(const struct ppp *p, const struct chap_challenge *q)
{
	const struct auth_theirs *t = &p->auth.theirs;

	return p->lcp.ask != 0 && q->len == t->challenge_len &&
	    memcmp(t->challenge, q->value, q->len) == 0;
}

/* A retransmission of the last one; those too long to be kept (MD5) never. */
static bool
is_repeated(const struct ppp *p, const struct chap_challenge *q)
{
	const struct auth_ours *o = &p->auth.ours;

	return o->step != AUTH_IDLE && q->id == o->id &&
	    q->len == o->challenge_len && q->len <= sizeof(o->challenge) &&
	    memcmp(o->challenge, q->value, q->len) == 0;
}

void
chap_challenged(struct ppp *p, const struct fsm_packet *k)
{
	struct auth_ours *o = &p->auth.ours;
	struct chap_challenge q = { .id = k->id };
	struct cursor c = k->data;

	if (cursor_u8(&c, &q.len) == -1 || q.len == 0 ||
	    cursor_bytes(&c, q.len, &q.value) == -1)
		frame_drop(p, PPP_DROP_MALFORMED);
	else if (is_reflected(p, &q))
		ppp_end_link(p, PPP_REFLECTION);
	else if (is_repeated(p, &q))
		send_answer(p);
	else if (p->now < o->next_answer)
		frame_drop(p, PPP_DROP_EARLY);
	else {
		o->next_answer = p->now + ANSWER_INTERVAL;
		o->challenge_len = q.len;
		memcpy(o->challenge, q.value, q.len < sizeof(o->challenge) ?
		    q.len : sizeof(o->challenge));
		answer_challenge(p, &q, c);
	}
}

static void
receive_success(struct ppp *p, struct cursor text)
{
	const struct chap_response *m = response_of_method(p);
	enum ppp_reason reason = PPP_OK;
	struct ppp_secret secret;

	if (m->verify != NULL) {
		if (!auth_own_secret(p, cursor_of(NULL, 0), &secret))
			return;
		reason = m->verify(p, &secret, text);
		explicit_bzero(&secret, sizeof(secret));
	}
	if (reason == PPP_OK)
		auth_own_accepted(p);
	else
		ppp_end_link(p, reason);
}

/* Only a reply to our response counts, not one that comes before it. */
void
chap_replied(struct ppp *p, const struct fsm_packet *k)
{
	struct auth_ours *o = &p->auth.ours;

	if (o->step != AUTH_ASKED || k->id != o->id)
		return;
	if (k->code == CHAP_SUCCESS)
		receive_success(p, k->data);
	else
		auth_own_refused(p, k->data);
}
