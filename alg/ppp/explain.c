/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Explains the end of a link beyond its reason: the option that the two ends
 * did not agree on, what an error code means, and the peer's own words.
 */
#include "alg/ppp/explain.h"

#include <string.h>

#include "alg/base/line.h"
#include "alg/ppp/mschap_failure.h"
#include "alg/ppp/ppp.h"
#include "alg/ppp/ppp_internal.h"

#define WORDS_SHOWN	160	/* characters, escaped */

void
explain_note_wish(struct ppp *p, uint16_t protocol, uint8_t type,
    struct cursor value)
{
	struct ppp_dispute d = { .protocol = protocol };
	struct writer w = writer_of(d.option, sizeof(d.option));

	if (writer_u8(&w, type) == -1 ||
	    writer_u8(&w, (uint8_t)(value.left + 2)) == -1)
		return;
	writer_bytes(&w, value.pos, value.left < w.left ? value.left : w.left);
	d.len = (uint8_t)(w.pos - d.option);
	p->dispute = d;
}

void
explain_note_dispute(struct ppp *p, uint16_t protocol, struct cursor options,
    bool rejects)
{
	struct cursor value;
	uint8_t type, len;

	if (cursor_u8(&options, &type) == -1 ||
	    cursor_u8(&options, &len) == -1 || len < 2 ||
	    cursor_sub(&options, len - 2U, &value) == -1)
		return;
	/* What it wanted before says more. */
	if (rejects && p->dispute.len > 0 &&
	    p->dispute.protocol == protocol && p->dispute.option[0] == type)
		return;
	explain_note_wish(p, protocol, type, value);
	p->dispute.rejects = rejects;
}

void
explain_note_words(struct ppp *p, struct cursor text)
{
	size_t len = text.left < PPP_WORDS_MAX ? text.left : PPP_WORDS_MAX;

	if (p->reason != PPP_OK || p->ending)
		return;
	if (len > 0)
		memcpy(p->words, text.pos, len);
	p->words_len = (uint8_t)len;
}

static void
explain_silence(const struct ppp *p, struct line *l)
{
	if (p->fsm[FSM_LCP].heard)
		line_add(l, "it answers, but asks for nothing itself");
	else if (p->lcp.heard)
		line_add(l, "its frames come, but no answer to ours");
	else
		line_add(l, "nothing came from it");
}

static void
explain_dispute(const struct ppp_dispute *d, const char *between,
    struct line *l)
{
	line_add(l, "%sit %s", between, d->rejects ? "rejects" : "wants");
	dissect_option(d->protocol, d->option, d->len, l);
}

static void
add_code(struct line *l, unsigned error)
{
	const char *text = mschap_failure_text(error);

	line_add(l, "E=%u, %s", error, text != NULL ? text : "unknown error");
}

/* A failure of MS-CHAP has a code, and may have a message. */
static void
explain_code(struct cursor *words, struct line *l)
{
	struct mschap_failure f;

	if (mschap_failure_parse(&f, (const char *)words->pos,
	    words->left) == -1)
		return;
	add_code(l, f.error);
	*words = cursor_of(f.message, f.message_len);
}

void
explain_end(const struct ppp *p, char *text, size_t size)
{
	struct cursor words = cursor_of(p->words, p->words_len);
	struct line l = line_of(text, size);

	if (p->reason == PPP_LCP_SILENT)
		explain_silence(p, &l);
	if (p->dispute.len > 0)
		explain_dispute(&p->dispute, l.pos > text ? "; " : "", &l);
	if (p->reason == PPP_REFUSED_BY_PEER)
		explain_code(&words, &l);
	else if (p->auth.theirs.error != 0)
		add_code(&l, p->auth.theirs.error);
	if (words.left == 0)
		return;
	line_add(&l, "%sit says: ", l.pos > text ? "; " : "");
	line_add_peer_cut(&l, words.pos, words.left, WORDS_SHOWN);
}
