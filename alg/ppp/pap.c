/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PAP, both ends: its one request, checked or sent, and the reply to it. */
#include "alg/ppp/pap.h"

#include <string.h>

#include "alg/ppp/crypto.h"
#include "alg/ppp/mschap.h"
#include "alg/ppp/ppp_internal.h"

enum { REQUEST = 1, ACK, NAK };

static void
send_pap_reply(struct ppp *p, uint8_t code, const char *text)
{
	uint8_t data[64];
	struct writer w = writer_of(data, sizeof(data));

	writer_u8(&w, (uint8_t)strlen(text));
	writer_bytes(&w, (const uint8_t *)text, strlen(text));
	frame_send_control(p, DISSECT_PAP, code, p->auth.theirs.id, data,
	    (size_t)(w.pos - data));
}

void
pap_accept(struct ppp *p)
{
	send_pap_reply(p, ACK, "");
}

void
pap_refuse(struct ppp *p, bool retry)
{
	send_pap_reply(p, NAK, auth_refusal_text(p));
}

/* Compares hashes, so that the time does not tell the password's length. */
static bool
equals_password(const char *password, size_t len,
    const struct auth_proof *proof)
{
	const struct crypto_piece stored = { password, len };
	const struct crypto_piece sent = { proof->value, proof->len };
	uint8_t a[CRYPTO_SHA1], b[CRYPTO_SHA1];
	bool equal;

	crypto_sha1(a, &stored, 1);
	crypto_sha1(b, &sent, 1);
	equal = crypto_equal(a, b, sizeof(a));
	explicit_bzero(a, sizeof(a));
	explicit_bzero(b, sizeof(b));
	return equal;
}

static enum ppp_reason
check_password(struct ppp *p, const struct ppp_secret *secret,
    const struct auth_proof *proof)
{
	uint8_t hash[MSCHAP_HASH];
	bool equal;

	if (secret->kind == PPP_SECRET_PASSWORD)
		return equals_password(secret->password, secret->len, proof) ?
		    PPP_OK : PPP_BAD_PASSWORD;
	equal = mschap_nt_hash(hash, (const char *)proof->value,
	    proof->len) == 0 &&
	    crypto_equal(hash, secret->nt_hash, sizeof(hash));
	explicit_bzero(hash, sizeof(hash));
	return equal ? PPP_OK : PPP_BAD_PASSWORD;
}

void
pap_requested(struct ppp *p, const struct fsm_packet *k)
{
	struct auth_theirs *t = &p->auth.theirs;
	struct auth_proof proof = { .id = k->id };
	struct cursor c = k->data;
	uint8_t len = 0, password_len = 0;

	if (k->code != REQUEST || t->step == AUTH_IDLE ||
	    t->step == AUTH_DECIDED)
		return;
	t->id = k->id;
	if (t->step == AUTH_DONE) {
		pap_accept(p);
		return;
	}
	if (cursor_u8(&c, &len) == -1 ||
	    cursor_sub(&c, len, &proof.name) == -1 ||
	    cursor_u8(&c, &password_len) == -1 ||
	    cursor_bytes(&c, password_len, &proof.value) == -1) {
		auth_verify(p, &proof, NULL);
		return;
	}
	proof.len = password_len;
	auth_verify(p, &proof, check_password);
}

void
pap_answer(struct ppp *p)
{
	struct auth_ours *o = &p->auth.ours;
	uint8_t data[2 + AUTH_NAME_MAX + PPP_PASSWORD_MAX];
	struct writer w = writer_of(data, sizeof(data));
	struct ppp_secret secret;
	const char *user = ppp_own_name(p->config);

	if (o->transmits++ >= p->config->auth_transmits) {
		ppp_end_link(p, PPP_AUTH_SILENT);
		return;
	}
	if (!auth_own_secret(p, cursor_of(NULL, 0), &secret))
		return;
	if (secret.kind == PPP_SECRET_PASSWORD && secret.len <= UINT8_MAX) {
		writer_u8(&w, (uint8_t)strlen(user));
		writer_bytes(&w, (const uint8_t *)user, strlen(user));
		writer_u8(&w, (uint8_t)secret.len);
		writer_bytes(&w, (const uint8_t *)secret.password, secret.len);
		o->step = AUTH_ASKED;
		o->timer = p->now + p->config->auth_restart;
		frame_send_control(p, DISSECT_PAP, REQUEST, ++o->id, data,
		    (size_t)(w.pos - data));
	} else
		ppp_end_link(p, PPP_NO_SECRET);
	explicit_bzero(data, sizeof(data));
	explicit_bzero(&secret, sizeof(secret));
}

void
pap_replied(struct ppp *p, const struct fsm_packet *k)
{
	struct auth_ours *o = &p->auth.ours;
	struct cursor c = k->data;
	uint8_t len;

	if (o->step != AUTH_ASKED || k->id != o->id)
		return;
	/* RFC 1334 section 2.2.2 wants a Msg-Length; some leave it out. */
	if (cursor_u8(&c, &len) == 0)
		cursor_truncate(&c, len);
	if (k->code == ACK)
		auth_own_accepted(p);
	else
		auth_own_refused(p, c);
}
