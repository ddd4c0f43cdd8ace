/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The option negotiation automaton: its transitions and actions, the Restart
 * timer, and which event a received packet is.
 */
#include "alg/ppp/fsm.h"

#include <string.h>

#include "alg/ppp/ppp_internal.h"

/* Actions (RFC 1661 section 4.4), in the order in which they are done. */
enum {
	TLD = 1 << 0, IRC = 1 << 1, ZRC = 1 << 2, STR = 1 << 3, SCR = 1 << 4,
	SCA = 1 << 5, SCN = 1 << 6, STA = 1 << 7, SCJ = 1 << 8, SER = 1 << 9,
	TLU = 1 << 10, TLS = 1 << 11, TLF = 1 << 12
};
#define TIMED	(SCR | STR | ZRC)	/* these start the Restart timer */

#define REFUSAL_ROUNDS	3	/* times max_failure, Naks and Rejects */
#define COPIES_MAX	4
#define HASH_START	0x811c9dc5U	/* FNV-1a */
#define HASH_PRIME	0x01000193U

struct fsm_transition {
	uint16_t	 actions;
	uint8_t		 next;
};

/*
 * The table of section 4.1.  What cannot happen there ("-") does nothing.  The
 * Restart option of section 4.3 is left out, the Passive option to LCP.
 */
static const struct fsm_transition transitions[FSM_EVENTS][FSM_STATES] = {
	[FSM_UP] = { { 0, 2 }, { IRC|SCR, 6 }, { 0, 2 }, { 0, 3 }, { 0, 4 },
	    { 0, 5 }, { 0, 6 }, { 0, 7 }, { 0, 8 }, { 0, 9 } },
	[FSM_DOWN] = { { 0, 0 }, { 0, 1 }, { 0, 0 }, { TLS, 1 }, { 0, 0 },
	    { 0, 1 }, { 0, 1 }, { 0, 1 }, { 0, 1 }, { TLD, 1 } },
	[FSM_OPEN] = { { TLS, 1 }, { 0, 1 }, { IRC|SCR, 6 }, { 0, 3 },
	    { 0, 5 }, { 0, 5 }, { 0, 6 }, { 0, 7 }, { 0, 8 }, { 0, 9 } },
	[FSM_CLOSE] = { { 0, 0 }, { TLF, 0 }, { 0, 2 }, { 0, 2 }, { 0, 4 },
	    { 0, 4 }, { IRC|STR, 4 }, { IRC|STR, 4 }, { IRC|STR, 4 },
	    { TLD|IRC|STR, 4 } },
	[FSM_TO_PLUS] = { { 0, 0 }, { 0, 1 }, { 0, 2 }, { 0, 3 }, { STR, 4 },
	    { STR, 5 }, { SCR, 6 }, { SCR, 6 }, { SCR, 8 }, { 0, 9 } },
	[FSM_TO_MINUS] = { { 0, 0 }, { 0, 1 }, { 0, 2 }, { 0, 3 }, { TLF, 2 },
	    { TLF, 3 }, { TLF, 3 }, { TLF, 3 }, { TLF, 3 }, { 0, 9 } },
	[FSM_RCR_PLUS] = { { 0, 0 }, { 0, 1 }, { STA, 2 },
	    { IRC|SCR|SCA, 8 }, { 0, 4 }, { 0, 5 }, { SCA, 8 },
	    { SCA|TLU, 9 }, { SCA, 8 }, { TLD|SCR|SCA, 8 } },
	[FSM_RCR_MINUS] = { { 0, 0 }, { 0, 1 }, { STA, 2 },
	    { IRC|SCR|SCN, 6 }, { 0, 4 }, { 0, 5 }, { SCN, 6 }, { SCN, 7 },
	    { SCN, 6 }, { TLD|SCR|SCN, 6 } },
	[FSM_RCA] = { { 0, 0 }, { 0, 1 }, { STA, 2 }, { STA, 3 }, { 0, 4 },
	    { 0, 5 }, { IRC, 7 }, { SCR, 6 }, { IRC|TLU, 9 }, { TLD|SCR, 6 } },
	[FSM_RCN] = { { 0, 0 }, { 0, 1 }, { STA, 2 }, { STA, 3 }, { 0, 4 },
	    { 0, 5 }, { IRC|SCR, 6 }, { SCR, 6 }, { IRC|SCR, 8 },
	    { TLD|SCR, 6 } },
	[FSM_RTR] = { { 0, 0 }, { 0, 1 }, { STA, 2 }, { STA, 3 }, { STA, 4 },
	    { STA, 5 }, { STA, 6 }, { STA, 6 }, { STA, 6 },
	    { TLD|ZRC|STA, 5 } },
	[FSM_RTA] = { { 0, 0 }, { 0, 1 }, { 0, 2 }, { 0, 3 }, { TLF, 2 },
	    { TLF, 3 }, { 0, 6 }, { 0, 6 }, { 0, 8 }, { TLD|SCR, 6 } },
	[FSM_RUC] = { { 0, 0 }, { 0, 1 }, { SCJ, 2 }, { SCJ, 3 }, { SCJ, 4 },
	    { SCJ, 5 }, { SCJ, 6 }, { SCJ, 7 }, { SCJ, 8 }, { SCJ, 9 } },
	[FSM_RXJ_PLUS] = { { 0, 0 }, { 0, 1 }, { 0, 2 }, { 0, 3 }, { 0, 4 },
	    { 0, 5 }, { 0, 6 }, { 0, 6 }, { 0, 8 }, { 0, 9 } },
	[FSM_RXJ_MINUS] = { { 0, 0 }, { 0, 1 }, { TLF, 2 }, { TLF, 3 },
	    { TLF, 2 }, { TLF, 3 }, { TLF, 3 }, { TLF, 3 }, { TLF, 3 },
	    { TLD|IRC|STR, 5 } },
	[FSM_RXR] = { { 0, 0 }, { 0, 1 }, { 0, 2 }, { 0, 3 }, { 0, 4 },
	    { 0, 5 }, { 0, 6 }, { 0, 7 }, { 0, 8 }, { SER, 9 } },
};

/* An event with all that its actions need to know. */
struct fsm_cause {
	enum fsm_event	 event;
	const struct fsm_packet *packet;	/* or NULL */
	uint32_t	 hash;			/* of a request */
	uint8_t		 code;			/* of the reply to it */
	const uint8_t	*reply;
	size_t		 len;
};

void
fsm_init(struct fsm *f, const struct fsm_protocol *protocol, uint16_t want)
{
	memset(f, 0, sizeof(*f));
	f->protocol = protocol;
	f->want = want;
}

static void
send_request(struct ppp *p, struct fsm *f, enum fsm_event event)
{
	uint8_t bytes[PPP_CONTROL_MAX];
	size_t len;

	/* A retransmission keeps its identifier (RFC 1661 section 5.1). */
	if (event != FSM_TO_PLUS || f->answered)
		f->id++;
	f->answered = false;
	len = option_request(p, &f->protocol->options, f->want, bytes,
	    sizeof(bytes));
	frame_send_control(p, f->protocol->number, FSM_CONFREQ, f->id, bytes,
	    len);
}

static void
send_terminate(struct ppp *p, struct fsm *f, enum fsm_event event)
{
	const char *text = "";

	if (event != FSM_TO_PLUS)
		f->id++;
	/* The reason is told only to a peer that is authenticated. */
	if (p->granted && p->reason != PPP_OK)
		text = ppp_reason_sentence(p->reason);
	frame_send_control(p, f->protocol->number, FSM_TERMREQ, f->id,
	    (const uint8_t *)text, strlen(text));
}

static void
send_reply(struct ppp *p, const struct fsm *f, const struct fsm_cause *cause,
    uint8_t code)
{
	frame_send_control(p, f->protocol->number, code, cause->packet->id,
	    cause->reply, cause->len);
}

static void
send_answers(struct ppp *p, struct fsm *f, uint16_t a,
    const struct fsm_cause *cause)
{
	if (cause->packet == NULL)
		return;
	if (a & SCA) {
		f->acked = cause->hash;
		send_reply(p, f, cause, FSM_CONFACK);
	}
	if (a & SCN)
		send_reply(p, f, cause, cause->code);
	if (a & STA)
		frame_send_control(p, f->protocol->number, FSM_TERMACK,
		    cause->packet->id, NULL, 0);
	if (a & SCJ)
		frame_send_control(p, f->protocol->number, FSM_CODEREJ, ++f->id,
		    cause->packet->bytes, cause->packet->len);
	if (a & SER)
		f->protocol->echo(p, cause->packet);
}

/* The two ends will not agree. */
static void
give_up(struct ppp *p, struct fsm *f)
{
	if (f->protocol->disagreed != NULL)
		f->protocol->disagreed(p);
	else
		fsm_event(p, f, FSM_CLOSE);
}

static void
layer_opened(struct ppp *p, struct fsm *f)
{
	f->naks = f->refusals = f->rounds = f->copies = 0;
	f->heard = false;
	f->trouble = FSM_FINE;
	p->dispute.len = 0;
	f->restart_counter = p->config->max_configure;
	f->grace = p->now + (uint64_t)p->config->restart *
	    p->config->max_configure;
	if (++f->opens > FSM_OPENS_MAX)
		give_up(p, f);
	else if (f->protocol->up != NULL)
		f->protocol->up(p);
}

/*
 * The Restart counter and the Restart timer of retransmissions (section 4.6),
 * set before anything is sent.
 */
static void
set_timer(struct ppp *p, struct fsm *f, uint16_t a)
{
	const struct ppp_config *c = p->config;

	if (a & IRC)
		f->restart_counter = a & STR ? c->max_terminate :
		    c->max_configure;
	if (a & ZRC)
		f->restart_counter = 0;
	if (a & (SCR | STR) && f->restart_counter > 0)
		f->restart_counter--;
	if (a & TIMED)
		f->timer = p->now + c->restart;
	else if (f->state < FSM_CLOSING || f->state == FSM_OPENED)
		f->timer = 0;
}

static void
run_actions(struct ppp *p, struct fsm *f, const struct fsm_cause *cause)
{
	const struct fsm_transition *s = &transitions[cause->event][f->state];

	f->state = s->next;
	set_timer(p, f, s->actions);
	if (s->actions & TLD && f->protocol->down != NULL)
		f->protocol->down(p);
	if (s->actions & STR)
		send_terminate(p, f, cause->event);
	if (s->actions & SCR)
		send_request(p, f, cause->event);
	send_answers(p, f, s->actions, cause);
	if (s->actions & TLU)
		layer_opened(p, f);
	if (s->actions & TLF)
		f->protocol->finished(p, f->trouble);
}

void
fsm_event(struct ppp *p, struct fsm *f, enum fsm_event event)
{
	const struct fsm_cause cause = { .event = event };

	if (event == FSM_RXJ_MINUS)
		f->trouble = FSM_REJECTED;
	run_actions(p, f, &cause);
}

/* The peer did answer, and did not like what it was asked. */
static bool
is_disputed(const struct ppp *p, const struct fsm *f)
{
	return f->heard && p->dispute.len > 0 &&
	    p->dispute.protocol == f->protocol->number;
}

void
fsm_tick(struct ppp *p, struct fsm *f)
{
	if (!ppp_expired(p, f->timer))
		return;
	if (f->restart_counter > 0) {
		fsm_event(p, f, FSM_TO_PLUS);
		return;
	}
	if (f->state >= FSM_REQ_SENT)
		f->trouble = is_disputed(p, f) ? FSM_STALLED : FSM_SILENT;
	fsm_event(p, f, FSM_TO_MINUS);
}

/* --- received packets ----------------------------------------------------- */

static uint32_t
hash_options(struct cursor c)
{
	uint32_t hash = HASH_START;
	uint8_t byte;

	while (cursor_u8(&c, &byte) == 0)
		hash = (hash ^ byte) * HASH_PRIME;
	return hash;
}

/* The request that we acknowledged once more: our Ack was lost. */
static bool
is_retransmission(const struct ppp *p, struct fsm *f, uint32_t hash)
{
	return f->state == FSM_OPENED && p->now < f->grace &&
	    hash == f->acked && f->copies++ < COPIES_MAX;
}

static bool
answers_requests(const struct fsm *f)
{
	return f->state == FSM_STOPPED || f->state >= FSM_REQ_SENT;
}

static void
check_options(struct ppp *p, struct fsm *f, const struct fsm_packet *k,
    struct fsm_cause *cause, struct writer *nak, struct writer *rej)
{
	const struct fsm_protocol *o = f->protocol;
	enum option_answer answer;
	uint16_t seen;

	if (o->asking != NULL)
		o->asking(p);
	answer = option_answer_request(p, &o->options, k->data,
	    f->naks >= p->config->max_failure, nak, rej, &seen);
	if (answer != OPTION_REJECT && f->naks == 0 && o->asked != NULL) {
		size_t before = nak->left;

		o->asked(p, seen, nak);
		if (nak->left != before)
			answer = OPTION_NAK;
	}
	cause->event = answer == OPTION_ACK ? FSM_RCR_PLUS : FSM_RCR_MINUS;
	cause->code = answer == OPTION_NAK ? FSM_CONFNAK : FSM_CONFREJ;
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
	uint8_t nak_bytes[PPP_CONTROL_MAX], rej_bytes[PPP_CONTROL_MAX];
	struct writer nak = writer_of(nak_bytes, sizeof(nak_bytes));
	struct writer rej = writer_of(rej_bytes, sizeof(rej_bytes));
	struct fsm_cause cause = {
		.event = FSM_RCR_PLUS, .packet = k, .reply = k->data.pos,
		.len = k->data.left
	};

	if (k->data.left > PPP_CONTROL_MAX || !option_well_formed(k->data)) {
		frame_drop(p, PPP_DROP_MALFORMED);
		return;
	}
	cause.hash = hash_options(k->data);
	if (is_retransmission(p, f, cause.hash)) {
		frame_send_control(p, f->protocol->number, FSM_CONFACK, k->id,
		    k->data.pos, k->data.left);
		return;
	}
	if (answers_requests(f))
		check_options(p, f, k, &cause, &nak, &rej);
	if (cause.event == FSM_RCR_MINUS) {
		cause.reply = cause.code == FSM_CONFNAK ? nak_bytes : rej_bytes;
		cause.len = (cause.code == FSM_CONFNAK ? nak.pos : rej.pos) -
		    cause.reply;
		count_refusal(p, f, cause.code);
	}
	run_actions(p, f, &cause);
	if (f->refusals > REFUSAL_ROUNDS * p->config->max_failure)
		give_up(p, f);
}

/* RFC 1661 lets a peer that agrees and never sends a request go on forever. */
static bool
sends_no_request(struct ppp *p, struct fsm *f)
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
	const struct fsm_cause cause = { .event = FSM_RCA, .packet = k };
	uint8_t bytes[PPP_CONTROL_MAX];
	size_t len;

	if (f->state >= FSM_REQ_SENT) {
		len = option_request(p, &f->protocol->options, f->want, bytes,
		    sizeof(bytes));
		if (f->answered || k->id != f->id || k->data.left != len ||
		    memcmp(k->data.pos, bytes, len) != 0)
			return;
		f->answered = f->heard = true;
		if (sends_no_request(p, f))
			return;
	}
	run_actions(p, f, &cause);
}

static void
receive_nak(struct ppp *p, struct fsm *f, const struct fsm_packet *k)
{
	const struct fsm_cause cause = { .event = FSM_RCN, .packet = k };
	bool reject = k->code == FSM_CONFREJ ||
	    f->rounds >= p->config->max_failure;

	if (f->state >= FSM_REQ_SENT) {
		if (f->answered || k->id != f->id ||
		    !option_well_formed(k->data))
			return;
		explain_note_dispute(p, f->protocol->number, k->data,
		    k->code == FSM_CONFREJ);
		f->heard = true;
		if (!option_apply_refusal(p, &f->protocol->options, k->data,
		    reject, &f->want))
			return;
		f->answered = true;
		if (p->ending)		/* cannot do without the option */
			return;
		if (++f->rounds > 2 * p->config->max_failure) {
			give_up(p, f);
			return;
		}
	}
	run_actions(p, f, &cause);
}

static void
receive_terminate(struct ppp *p, struct fsm *f, const struct fsm_packet *k)
{
	const struct fsm_cause cause = {
		.event = k->code == FSM_TERMREQ ? FSM_RTR : FSM_RTA,
		.packet = k
	};

	if (k->code == FSM_TERMREQ) {
		f->trouble = FSM_ENDED;
		if (f->protocol->ended != NULL)
			f->protocol->ended(p, k->data);
	}
	run_actions(p, f, &cause);
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

/* Codes of the protocol's own, echoes, and unknown ones. */
static void
receive_extra(struct ppp *p, struct fsm *f, const struct fsm_packet *k)
{
	struct fsm_cause cause = { .event = FSM_RXR, .packet = k };

	if (f->protocol->extra != NULL && f->protocol->extra(p, k))
		return;
	if (f->protocol->echo == NULL || k->code < FSM_ECHOREQ ||
	    k->code > FSM_DISCARD)
		cause.event = FSM_RUC;
	run_actions(p, f, &cause);
}

static void (*const receivers[])(struct ppp *, struct fsm *,
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
		frame_drop(p, PPP_DROP_MALFORMED);
	else if (f->state <= FSM_STARTING)
		frame_drop(p, PPP_DROP_EARLY);
	else if (p->late && k.code <= FSM_TERMACK)
		frame_drop(p, PPP_DROP_LATE);	/* since outdated */
	else
		receivers[k.code <= FSM_CODEREJ ? k.code : 0](p, f, &k);
}
