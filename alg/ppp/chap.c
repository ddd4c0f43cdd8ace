/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alg/ppp/chap.h"

#include <string.h>

#include "alg/ppp/crypto.h"
#include "alg/ppp/mschap.h"
#include "alg/ppp/ppp_internal.h"

#define TEXT_MAX	128
#define NT_USED		1	/* flag of MS-CHAPv1 */

static bool
is_ms(const struct ppp *p)
{
	return p->lcp.ask == PPP_MSCHAP || p->lcp.ask == PPP_MSCHAP2;
}

static void
new_challenge(struct ppp *p)
{
	struct auth_theirs *t = &p->auth.theirs;

	t->challenge_len = p->lcp.ask == PPP_MSCHAP ? MSCHAP1_CHALLENGE :
	    MSCHAP2_CHALLENGE;
	p->host->random(p->arg, t->challenge, t->challenge_len);
}

void
chap_begin(struct ppp *p)
{
	p->auth.theirs.id++;
	new_challenge(p);
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
	part_send(p, DISSECT_CHAP, CHAP_CHALLENGE, t->id, data,
	    (size_t)(w.pos - data));
}

static void
send_text(struct ppp *p, uint8_t code, uint8_t id, const char *text)
{
	part_send(p, DISSECT_CHAP, code, id, (const uint8_t *)text,
	    strlen(text));
}

void
chap_accept(struct ppp *p)
{
	const struct auth_theirs *t = &p->auth.theirs;

	/* Windows 98 cannot take a message behind the proof. */
	send_text(p, CHAP_SUCCESS, t->id,
	    p->lcp.ask == PPP_MSCHAP2 ? t->success : "Access granted");
}

static void
send_failure(struct ppp *p, uint8_t id, unsigned error, bool retry)
{
	static const char denied[] = "Access denied";
	const struct auth_theirs *t = &p->auth.theirs;
	struct mschap_failure f = {
		.error = error, .retry = retry,
		.version = p->lcp.ask == PPP_MSCHAP2 ? 3 : 2,
		.challenge_len = t->challenge_len,
		.message = denied, .message_len = sizeof(denied) - 1,
	};
	char text[TEXT_MAX];

	memcpy(f.challenge, t->challenge, t->challenge_len);
	if (!is_ms(p))
		send_text(p, CHAP_FAILURE, id, denied);
	else if (mschap_failure_build(text, sizeof(text), &f) != -1)
		send_text(p, CHAP_FAILURE, id, text);
}

static unsigned
error_of(enum ppp_reason verdict)
{
	switch (verdict) {
	case PPP_USER_LIMIT:
	case PPP_NO_ADDRESS:
	case PPP_NOT_ALLOWED:
		return MSCHAP_NO_DIALIN;
	case PPP_PASSWORD_CHANGE:
		return MSCHAP_CHANGE;
	default:
		return MSCHAP_FAILED;
	}
}

void
chap_refuse(struct ppp *p, bool retry)
{
	struct auth_theirs *t = &p->auth.theirs;

	new_challenge(p);
	send_failure(p, t->id, error_of(t->verdict), retry);
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

/* Keys are made once, when the link's user is found out. */
static struct auth_keys *
new_keys(struct ppp *p)
{
	return p->phase == PPP_AUTHENTICATE ? &p->auth.keys : NULL;
}

static void
keys_v1(struct ppp *p, const struct ppp_secret *secret,
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
		keys_v1(p, secret, hash);
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
judge(struct ppp *p, struct auth_proof *proof)
{
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (checks[i].method == p->lcp.ask)
			auth_judge(p, proof, proof->len == checks[i].size ?
			    checks[i].check : NULL);
}

/*
 * Whether a response is to be judged.  One that was judged may come again,
 * when our reply was lost: it gets the same reply, without a try being counted.
 */
static bool
is_new(struct ppp *p, const struct auth_proof *proof)
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
			send_failure(p, t->id, error_of(t->verdict), true);
			return false;
		}
		/* RFC 2759 wants the next identifier. */
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
		part_drop(p, PPP_DROP_MALFORMED);
		return;
	}
	proof.len = len;
	proof.name = c;
	if (!is_new(p, &proof))
		return;
	t->id = k->id;
	if (len == CHAP_MS_VALUE)
		memcpy(t->response, proof.value + CHAP_MS_NT,
		    sizeof(t->response));
	judge(p, &proof);
}

/* There is no store that could take a new password. */
void
chap_change_asked(struct ppp *p, const struct fsm_packet *k)
{
	struct auth_theirs *t = &p->auth.theirs;

	if (!is_ms(p) || (t->step != AUTH_ASKED && t->step != AUTH_RETRY))
		return;
	send_failure(p, k->id, MSCHAP_CHANGE, false);
	t->step = AUTH_JUDGED;
	t->timer = 0;
	part_end(p, PPP_PASSWORD_CHANGE);
}
