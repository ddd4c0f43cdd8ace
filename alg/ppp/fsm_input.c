/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "alg/ppp/fsm.h"
#include "alg/ppp/ppp_internal.h"

/*
 * Packets of the protocols that negotiate: which event of the automaton each
 * one is, and what is said in reply.
 */

#define REFUSAL_ROUNDS	3	/* times max_failure, of anything */
#define COPIES_MAX	4
#define HASH_START	0x811c9dc5U	/* FNV-1a */
#define HASH_PRIME	0x01000193U

static uint32_t
hash_of(struct cursor c)
{
	uint32_t hash = HASH_START;
	uint8_t byte;

	while (cursor_u8(&c, &byte) == 0)
		hash = (hash ^ byte) * HASH_PRIME;
	return hash;
}

/* A copy of a request that we acknowledged; the peer did not hear it. */
static bool
is_copy(const struct ppp *p, struct fsm *f, uint32_t hash)
{
	return f->state == FSM_OPENED && p->now < f->grace &&
	    hash == f->acked && f->copies++ < COPIES_MAX;
}

static bool
judges(const struct fsm *f)
{
	return f->state == FSM_STOPPED || f->state >= FSM_REQ_SENT;
}

static void
judge(struct ppp *p, struct fsm *f, const struct fsm_packet *k,
    struct fsm_turn *t, struct writer *nak, struct writer *rej)
{
	const struct fsm_protocol *o = f->protocol;
	enum option_answer answer;
	uint16_t seen;

	if (o->asking != NULL)
		o->asking(p);
	answer = option_judge(p, &o->options, k->data,
	    f->naks >= p->config->max_failure, nak, rej, &seen);
	if (answer != OPTION_REJECT && f->naks == 0 && o->asked != NULL) {
		size_t before = nak->left;

		o->asked(p, seen, nak);
		if (nak->left != before)
			answer = OPTION_NAK;
	}
	t->event = answer == OPTION_ACK ? FSM_RCR_PLUS : FSM_RCR_MINUS;
	t->code = answer == OPTION_NAK ? FSM_CONFNAK : FSM_CONFREJ;
}

static void
count_refusal(const struct ppp *p, struct fsm *f, uint8_t code)
{
	if (f->naks < UINT8_MAX && code == FSM_CONFNAK)
		f->naks++;
	if (f->refusals < UINT8_MAX)
		f->refusals++;
}

static void
receive_request(struct ppp *p, struct fsm *f, const struct fsm_packet *k)
{
	uint8_t nak_bytes[PART_DATA_MAX], rej_bytes[PART_DATA_MAX];
	struct writer nak = writer_of(nak_bytes, sizeof(nak_bytes));
	struct writer rej = writer_of(rej_bytes, sizeof(rej_bytes));
	struct fsm_turn t = {
		.event = FSM_RCR_PLUS, .packet = k, .reply = k->data.pos,
		.len = k->data.left
	};

	if (k->data.left > PART_DATA_MAX || !option_sane(k->data)) {
		part_drop(p, PPP_DROP_MALFORMED);
		return;
	}
	t.hash = hash_of(k->data);
	if (is_copy(p, f, t.hash)) {
		part_send(p, f->protocol->number, FSM_CONFACK, k->id,
		    k->data.pos, k->data.left);
		return;
	}
	if (judges(f))
		judge(p, f, k, &t, &nak, &rej);
	if (t.event == FSM_RCR_MINUS) {
		t.reply = t.code == FSM_CONFNAK ? nak_bytes : rej_bytes;
		t.len = (t.code == FSM_CONFNAK ? nak.pos : rej.pos) - t.reply;
		count_refusal(p, f, t.code);
	}
	fsm_act(p, f, &t);
	if (f->refusals > REFUSAL_ROUNDS * p->config->max_failure)
		fsm_disagree(p, f);
}

/* The book lets a peer that agrees and never asks go on so for ever. */
static bool
waits_for_ever(struct ppp *p, struct fsm *f)
{
	if (f->state != FSM_REQ_SENT ||
	    ++f->rounds <= p->config->max_configure)
		return false;
	f->trouble = FSM_SILENT;
	fsm_event(p, f, FSM_TO_MINUS);
	return true;
}

static void
receive_ack(struct ppp *p, struct fsm *f, const struct fsm_packet *k)
{
	const struct fsm_turn t = { .event = FSM_RCA, .packet = k };
	uint8_t bytes[PART_DATA_MAX];
	size_t len;

	if (f->state >= FSM_REQ_SENT) {
		len = option_request(p, &f->protocol->options, f->want, bytes,
		    sizeof(bytes));
		if (f->answered || k->id != f->id || k->data.left != len ||
		    memcmp(k->data.pos, bytes, len) != 0)
			return;
		f->answered = true;
		if (waits_for_ever(p, f))
			return;
	}
	fsm_act(p, f, &t);
}

static void
receive_nak(struct ppp *p, struct fsm *f, const struct fsm_packet *k)
{
	const struct fsm_turn t = { .event = FSM_RCN, .packet = k };
	bool reject = k->code == FSM_CONFREJ ||
	    f->rounds >= p->config->max_failure;

	if (f->state >= FSM_REQ_SENT) {
		if (f->answered || k->id != f->id || !option_sane(k->data) ||
		    !option_nakked(p, &f->protocol->options, k->data, reject,
		    &f->want))
			return;
		f->answered = true;
		if (p->ending)		/* without what was refused? no */
			return;
		if (++f->rounds > 2 * p->config->max_failure) {
			fsm_disagree(p, f);
			return;
		}
	}
	fsm_act(p, f, &t);
}

static void
receive_terminate(struct ppp *p, struct fsm *f, const struct fsm_packet *k)
{
	const struct fsm_turn t = {
		.event = k->code == FSM_TERMREQ ? FSM_RTR : FSM_RTA,
		.packet = k
	};

	if (k->code == FSM_TERMREQ) {
		f->trouble = FSM_ENDED;
		if (f->protocol->ended != NULL)
			f->protocol->ended(p, k->data);
	}
	fsm_act(p, f, &t);
}

static void
receive_code_reject(struct ppp *p, struct fsm *f, const struct fsm_packet *k)
{
	struct cursor c = k->data;
	uint8_t code;

	if (cursor_u8(&c, &code) == -1)
		return;
	fsm_event(p, f, code >= FSM_CONFREQ && code <= FSM_CODEREJ ?
	    FSM_RXJ_MINUS : FSM_RXJ_PLUS);
}

/* Codes of its own, and those that nobody knows. */
static void
receive_extra(struct ppp *p, struct fsm *f, const struct fsm_packet *k)
{
	struct fsm_turn t = { .event = FSM_RXR, .packet = k };

	if (f->protocol->extra != NULL && f->protocol->extra(p, k))
		return;
	if (f->protocol->echo == NULL || k->code < FSM_ECHOREQ ||
	    k->code > FSM_DISCARD)
		t.event = FSM_RUC;
	fsm_act(p, f, &t);
}

static void (*const receive[])(struct ppp *, struct fsm *,
    const struct fsm_packet *) = {
	receive_extra, receive_request, receive_ack, receive_nak, receive_nak,
	receive_terminate, receive_terminate, receive_code_reject,
};

int
fsm_parse(struct fsm_packet *k, const uint8_t *bytes, size_t len)
{
	uint16_t length;

	k->bytes = bytes;
	k->data = cursor_of(bytes, len);
	if (cursor_u8(&k->data, &k->code) == -1 ||
	    cursor_u8(&k->data, &k->id) == -1 ||
	    cursor_u16(&k->data, &length) == -1 || length < 4 ||
	    cursor_truncate(&k->data, (size_t)length - 4) == -1)
		return -1;
	k->len = length;
	return 0;
}

void
fsm_input(struct ppp *p, struct fsm *f, const uint8_t *bytes, size_t len)
{
	struct fsm_packet k;

	if (fsm_parse(&k, bytes, len) == -1)
		part_drop(p, PPP_DROP_MALFORMED);
	else if (f->state <= FSM_STARTING)
		part_drop(p, PPP_DROP_EARLY);
	else if (p->late && k.code <= FSM_TERMACK)
		part_drop(p, PPP_DROP_LATE);	/* settled since then */
	else
		receive[k.code <= FSM_CODEREJ ? k.code : 0](p, f, &k);
}
