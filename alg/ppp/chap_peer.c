/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "alg/ppp/chap.h"
#include "alg/ppp/crypto.h"
#include "alg/ppp/mschap.h"
#include "alg/ppp/ppp_internal.h"

/*
 * The side of CHAP that answers.  Until it hears of success or failure, it
 * repeats its answer, always the same one to the same challenge: the keys come
 * out of it.
 */

#define CALM	100	/* ms between answers: secrets may come out of a file */

struct question {
	uint8_t		 id, len;
	const uint8_t	*value;
};

static bool
make_md5(struct ppp *p, const struct question *q,
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

/* The LM response stays empty: it would give the password away. */
static bool
make_v1(struct ppp *p, const struct question *q,
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
exchange(const struct ppp *p)
{
	const struct auth_ours *o = &p->auth.ours;
	const char *user = part_user(p->config);

	return (struct mschap2){ o->challenge, o->answer, user,
	    strlen(user) };
}

static bool
make_v2(struct ppp *p, const struct question *q,
    const struct ppp_secret *secret)
{
	struct auth_ours *o = &p->auth.ours;
	const struct mschap2 m = exchange(p);
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

/* The server's success: what it proves and what keys it makes. */
static enum ppp_reason
proved_v1(struct ppp *p, const struct ppp_secret *secret, struct cursor text)
{
	uint8_t hash[MSCHAP_HASH];

	if (p->phase == PPP_AUTHENTICATE && auth_nt_hash(hash, secret) == 0)
		auth_keys_v1(&p->auth.keys, secret, hash,
		    p->auth.ours.challenge);
	explicit_bzero(hash, sizeof(hash));
	return PPP_OK;
}

static enum ppp_reason
proved_v2(struct ppp *p, const struct ppp_secret *secret, struct cursor text)
{
	const uint8_t *response = p->auth.ours.answer + CHAP_MS_NT;
	const struct mschap2 m = exchange(p);
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

static const struct method {
	uint8_t		 method;
	bool		(*make)(struct ppp *, const struct question *,
			    const struct ppp_secret *);
	enum ppp_reason	(*proved)(struct ppp *, const struct ppp_secret *,
			    struct cursor text);
} methods[] = {
	{ PPP_CHAP_MD5, make_md5, NULL },
	{ PPP_MSCHAP, make_v1, proved_v1 },
	{ PPP_MSCHAP2, make_v2, proved_v2 },
};

static const struct method *
method_of(const struct ppp *p)
{
	const struct method *m = methods;

	while (m->method != p->lcp.answer)
		m++;
	return m;
}

static void
send_answer(struct ppp *p)
{
	const struct auth_ours *o = &p->auth.ours;
	const char *user = part_user(p->config);
	uint8_t data[1 + sizeof(o->answer) + AUTH_NAME_MAX];
	struct writer w = writer_of(data, sizeof(data));

	writer_u8(&w, o->answer_len);
	writer_bytes(&w, o->answer, o->answer_len);
	writer_bytes(&w, (const uint8_t *)user, strlen(user));
	part_send(p, DISSECT_CHAP, CHAP_RESPONSE, o->id, data,
	    (size_t)(w.pos - data));
}

void
chap_answer(struct ppp *p)
{
	struct auth_ours *o = &p->auth.ours;

	if (o->transmits++ >= p->config->auth_transmits) {
		part_end(p, PPP_AUTH_SILENT);
		return;
	}
	o->timer = p->now + p->config->auth_restart;
	send_answer(p);
}

static void
answer_new(struct ppp *p, const struct question *q, struct cursor name)
{
	struct auth_ours *o = &p->auth.ours;
	struct ppp_secret secret;
	bool made;

	if (!auth_own_secret(p, name, &secret))
		return;
	made = method_of(p)->make(p, q, &secret);
	explicit_bzero(&secret, sizeof(secret));
	if (!made) {
		part_end(p, PPP_NO_SECRET);
		return;
	}
	o->id = q->id;
	o->step = AUTH_ASKED;
	o->transmits = 0;
	chap_answer(p);
}

/* A challenge of ours, which somebody would like us to answer. */
static bool
is_reflected(const struct ppp *p, const struct question *q)
{
	const struct auth_theirs *t = &p->auth.theirs;

	return p->lcp.ask != 0 && q->len == t->challenge_len &&
	    memcmp(t->challenge, q->value, q->len) == 0;
}

/* The one that was answered last; only MD5's are longer than what is kept. */
static bool
is_repeated(const struct ppp *p, const struct question *q)
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
	struct question q = { .id = k->id };
	struct cursor c = k->data;

	if (cursor_u8(&c, &q.len) == -1 || q.len == 0 ||
	    cursor_bytes(&c, q.len, &q.value) == -1)
		part_drop(p, PPP_DROP_MALFORMED);
	else if (is_reflected(p, &q))
		part_end(p, PPP_REFLECTION);
	else if (is_repeated(p, &q))
		send_answer(p);
	else if (p->now < o->calm)
		part_drop(p, PPP_DROP_EARLY);
	else {
		o->calm = p->now + CALM;
		o->challenge_len = q.len;
		memcpy(o->challenge, q.value, q.len < sizeof(o->challenge) ?
		    q.len : sizeof(o->challenge));
		answer_new(p, &q, c);
	}
}

static void
succeeded(struct ppp *p, struct cursor text)
{
	const struct method *m = method_of(p);
	enum ppp_reason reason = PPP_OK;
	struct ppp_secret secret;

	if (m->proved != NULL) {
		if (!auth_own_secret(p, cursor_of(NULL, 0), &secret))
			return;
		reason = m->proved(p, &secret, text);
		explicit_bzero(&secret, sizeof(secret));
	}
	if (reason == PPP_OK)
		auth_accepted(p);
	else
		part_end(p, reason);
}

/* Only what answers our answer: an early success is no success. */
void
chap_replied(struct ppp *p, const struct fsm_packet *k)
{
	struct auth_ours *o = &p->auth.ours;

	if (o->step != AUTH_ASKED || k->id != o->id)
		return;
	if (k->code == CHAP_SUCCESS)
		succeeded(p, k->data);
	else
		auth_refused(p, k->data);
}
