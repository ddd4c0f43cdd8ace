/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alg/ppp/fsm.h"

#include <string.h>

#include "alg/ppp/ppp_internal.h"

/* Actions (RFC 1661 section 4.4), in the order in which they are done. */
enum {
	TLD = 1 << 0, IRC = 1 << 1, ZRC = 1 << 2, STR = 1 << 3, SCR = 1 << 4,
	SCA = 1 << 5, SCN = 1 << 6, STA = 1 << 7, SCJ = 1 << 8, SER = 1 << 9,
	TLU = 1 << 10, TLS = 1 << 11, TLF = 1 << 12
};
#define TIMED		(SCR | STR | ZRC)	/* these start the timer */

struct step {
	uint16_t	 actions;
	uint8_t		 next;
};

/*
 * Section 4.1, state by event.  What cannot happen ("-") does nothing.
 * Without the option of section 4.3 to restart on Open, and with the passive
 * option left to the caller of TO-.
 */
static const struct step steps[FSM_EVENTS][FSM_STATES] = {
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
	uint8_t bytes[PART_DATA_MAX];
	size_t len;

	/* A copy keeps its identifier: the answer to either will do. */
	if (event != FSM_TO_PLUS || f->answered)
		f->id++;
	f->answered = false;
	len = option_request(p, &f->protocol->options, f->want, bytes,
	    sizeof(bytes));
	part_send(p, f->protocol->number, FSM_CONFREQ, f->id, bytes, len);
}

static void
send_terminate(struct ppp *p, struct fsm *f, enum fsm_event event)
{
	const char *text = "";

	if (event != FSM_TO_PLUS)
		f->id++;
	/* To those who did not prove who they are, no more than good-bye. */
	if (p->granted && p->reason != PPP_OK)
		text = ppp_reason_sentence(p->reason);
	part_send(p, f->protocol->number, FSM_TERMREQ, f->id,
	    (const uint8_t *)text, strlen(text));
}

static void
reply(struct ppp *p, const struct fsm *f, const struct fsm_turn *t,
    uint8_t code)
{
	part_send(p, f->protocol->number, code, t->packet->id, t->reply,
	    t->len);
}

static void
send_answers(struct ppp *p, struct fsm *f, uint16_t a, const struct fsm_turn *t)
{
	if (t->packet == NULL)
		return;
	if (a & SCA) {
		f->acked = t->hash;
		reply(p, f, t, FSM_CONFACK);
	}
	if (a & SCN)
		reply(p, f, t, t->code);
	if (a & STA)
		part_send(p, f->protocol->number, FSM_TERMACK, t->packet->id,
		    NULL, 0);
	if (a & SCJ)
		part_send(p, f->protocol->number, FSM_CODEREJ, ++f->id,
		    t->packet->bytes, t->packet->len);
	if (a & SER)
		f->protocol->echo(p, t->packet);
}

void
fsm_disagree(struct ppp *p, struct fsm *f)
{
	if (f->protocol->disagreed != NULL)
		f->protocol->disagreed(p);
	else
		fsm_event(p, f, FSM_CLOSE);
}

static void
opened(struct ppp *p, struct fsm *f)
{
	f->naks = f->refusals = f->rounds = f->copies = 0;
	f->trouble = FSM_FINE;
	f->restarts = p->config->max_configure;
	f->grace = p->now + (uint64_t)p->config->restart *
	    p->config->max_configure;
	if (++f->opens > FSM_OPENS_MAX)
		fsm_disagree(p, f);
	else if (f->protocol->up != NULL)
		f->protocol->up(p);
}

/* Counters and the timer, before anything is sent. */
static void
arm(struct ppp *p, struct fsm *f, uint16_t a)
{
	const struct ppp_config *c = p->config;

	if (a & IRC)
		f->restarts = a & STR ? c->max_terminate : c->max_configure;
	if (a & ZRC)
		f->restarts = 0;
	if (a & (SCR | STR) && f->restarts > 0)
		f->restarts--;
	if (a & TIMED)
		f->timer = p->now + c->restart;
	else if (f->state < FSM_CLOSING || f->state == FSM_OPENED)
		f->timer = 0;
}

void
fsm_act(struct ppp *p, struct fsm *f, const struct fsm_turn *t)
{
	const struct step *s = &steps[t->event][f->state];

	f->state = s->next;
	arm(p, f, s->actions);
	if (s->actions & TLD && f->protocol->down != NULL)
		f->protocol->down(p);
	if (s->actions & STR)
		send_terminate(p, f, t->event);
	if (s->actions & SCR)
		send_request(p, f, t->event);
	send_answers(p, f, s->actions, t);
	if (s->actions & TLU)
		opened(p, f);
	if (s->actions & TLF)
		f->protocol->finished(p, f->trouble);
}

void
fsm_event(struct ppp *p, struct fsm *f, enum fsm_event event)
{
	const struct fsm_turn t = { .event = event };

	if (event == FSM_RXJ_MINUS)
		f->trouble = FSM_REJECTED;
	fsm_act(p, f, &t);
}

void
fsm_tick(struct ppp *p, struct fsm *f)
{
	if (!part_due(p, f->timer))
		return;
	if (f->restarts > 0) {
		fsm_event(p, f, FSM_TO_PLUS);
		return;
	}
	if (f->state >= FSM_REQ_SENT)
		f->trouble = FSM_SILENT;
	fsm_event(p, f, FSM_TO_MINUS);
}
