/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Negotiation of the link's options, loop detection, echoes and rejects. */
#include "alg/ppp/lcp.h"

#include <string.h>

#include "alg/ppp/ppp_internal.h"

#define LOOPS_MAX	5	/* requests with our own Magic-Number */
#define REJECTED_MAX	128	/* of a frame that is rejected, bytes */

enum { IDENTIFICATION = 12, TIME_REMAINING = 13 };	/* RFC 1570 */

enum { ROW_MRU, ROW_ACCM, ROW_AUTH, ROW_MAGIC, ROW_PFC, ROW_ACFC };

static enum option_answer
mru_asked(struct ppp *p, uint8_t type, struct cursor value,
    struct writer *nak)
{
	static const uint8_t least[] = { 0, LCP_MRU_MIN };

	cursor_u16(&value, &p->lcp.peer_mru);
	if (p->lcp.peer_mru >= LCP_MRU_MIN)
		return OPTION_ACK;
	p->lcp.peer_mru = LCP_MRU_MIN;
	option_put(nak, 1, least, sizeof(least));
	return OPTION_NAK;
}

static void
mru_put(struct ppp *p, uint8_t type, struct writer *w)
{
	writer_u16(w, p->lcp.mru);
}

static bool
mru_nakked(struct ppp *p, uint8_t type, struct cursor value)
{
	uint16_t mru;

	if (cursor_u16(&value, &mru) == -1)
		return false;
	if (mru >= LCP_MRU_MIN && mru <= p->config->mru)
		p->lcp.mru = mru;
	return true;
}

static void
mru_refused(struct ppp *p)
{
	p->lcp.mru = LCP_MRU_DEFAULT;
}

/* GRE needs no escapes, so that every map will do. */
static enum option_answer
accm_asked(struct ppp *p, uint8_t type, struct cursor value,
    struct writer *nak)
{
	return OPTION_ACK;
}

static enum option_answer
auth_asked(struct ppp *p, uint8_t type, struct cursor value,
    struct writer *nak)
{
	uint8_t ours = p->config->answer, method = auth_method(value);

	if ((method & ours) != 0) {
		p->lcp.answer = method;
		return OPTION_ACK;
	}
	p->lcp.demanded = true;
	explain_note_wish(p, DISSECT_LCP, type, value);
	if (ours == 0)
		return OPTION_REJECT;
	auth_put_option(nak, auth_strongest(ours));
	return OPTION_NAK;
}

static void
auth_put(struct ppp *p, uint8_t type, struct writer *w)
{
	auth_put_value(w, p->lcp.ask);
}

/* The method that the peer suggests, if we allow it; else our next one. */
static bool
auth_nakked(struct ppp *p, uint8_t type, struct cursor value)
{
	struct lcp *l = &p->lcp;
	uint8_t left;

	l->refused |= l->ask;
	left = p->config->ask & (uint8_t)~l->refused;
	l->ask = auth_method(value) & left;
	if (l->ask == 0)
		l->ask = auth_strongest(left);
	return l->ask != 0;
}

static void
auth_option_refused(struct ppp *p)
{
	p->lcp.ask = 0;
	/* On a looped line it was us who refused. */
	ppp_end_link(p, p->lcp.loops > 0 ? PPP_LOOPBACK : PPP_AUTH_REFUSED);
}

static enum option_answer
magic_asked(struct ppp *p, uint8_t type, struct cursor value,
    struct writer *nak)
{
	uint32_t magic = 0;

	cursor_u32(&value, &magic);
	if (magic != 0 && magic != p->lcp.magic)
		return OPTION_ACK;
	if (magic != 0 && ++p->lcp.loops >= LOOPS_MAX)
		ppp_end_link(p, PPP_LOOPBACK);
	option_put_u32(nak, 5, ppp_random(p));
	return OPTION_NAK;
}

static void
magic_put(struct ppp *p, uint8_t type, struct writer *w)
{
	writer_u32(w, p->lcp.magic);
}

static bool
magic_nakked(struct ppp *p, uint8_t type, struct cursor value)
{
	p->lcp.magic = ppp_random(p);
	return true;
}

static void
magic_refused(struct ppp *p)
{
	p->lcp.magic = 0;
}

static enum option_answer
pfc_asked(struct ppp *p, uint8_t type, struct cursor value,
    struct writer *nak)
{
	p->lcp.send_pfc = true;
	return OPTION_ACK;
}

static enum option_answer
acfc_asked(struct ppp *p, uint8_t type, struct cursor value,
    struct writer *nak)
{
	p->lcp.send_acfc = true;
	return OPTION_ACK;
}

/* All others, such as Callback and Multilink, are rejected. */
static const struct option_row lcp_options[] = {
	[ROW_MRU] = { 1, 2, mru_asked, mru_put, mru_nakked, mru_refused },
	[ROW_ACCM] = { 2, 4, accm_asked, NULL, NULL, NULL },
	[ROW_AUTH] = { 3, OPTION_ANY, auth_asked, auth_put, auth_nakked,
	    auth_option_refused },
	[ROW_MAGIC] = { 5, 4, magic_asked, magic_put, magic_nakked,
	    magic_refused },
	[ROW_PFC] = { 7, 0, pfc_asked, NULL, NULL, NULL },
	[ROW_ACFC] = { 8, 0, acfc_asked, NULL, NULL, NULL },
};

static void
lcp_request_begins(struct ppp *p)
{
	struct lcp *l = &p->lcp;

	l->peer_mru = LCP_MRU_DEFAULT;
	l->send_pfc = l->send_acfc = false;
	l->answer = 0;
	l->demanded = false;
}

static void
lcp_layer_up(struct ppp *p)
{
	p->lcp.loops = p->lcp.echoes = 0;
	p->lcp.silent = p->now;
	ppp_lcp_up(p);
}

static void
lcp_layer_finished(struct ppp *p, enum fsm_trouble trouble)
{
	static const uint8_t reasons[] = {
		[FSM_FINE] = PPP_OK, [FSM_SILENT] = PPP_LCP_SILENT,
		[FSM_STALLED] = PPP_LCP_DISAGREED,
		[FSM_REJECTED] = PPP_LCP_REJECTED, [FSM_ENDED] = PPP_PEER,
	};

	if (p->reason == PPP_OK)
		p->reason = trouble == FSM_STALLED && p->lcp.demanded ?
		    PPP_AUTH_DEMANDED : reasons[trouble];
	ppp_lcp_finished(p);
}

static void
lcp_disagreed(struct ppp *p)
{
	if (p->fsm[FSM_LCP].opens > FSM_OPENS_MAX)
		ppp_end_link(p, PPP_RESTARTS);
	else
		ppp_end_link(p, p->lcp.demanded ? PPP_AUTH_DEMANDED :
		    PPP_LCP_DISAGREED);
}

/* The peer ends the link: what the two ends did not agree on, if anything. */
static enum ppp_reason
reason_of_end(const struct ppp *p)
{
	if (p->lcp.demanded && p->fsm[FSM_LCP].state != FSM_OPENED)
		return PPP_AUTH_DEMANDED;
	if (p->phase == PPP_NETWORK && ipcp_is_contested(p))
		return PPP_IP_DISAGREED;
	return PPP_PEER;
}

static void
lcp_terminated(struct ppp *p, struct cursor text)
{
	explain_note_words(p, text);
	ppp_end_link(p, reason_of_end(p));
	ppp_emit_event(p, &(struct ppp_event){ .type = PPP_EVENT_ENDED,
	    .reason = p->reason, .text = text.pos, .text_len = text.left });
}

static void
receive_echo(struct ppp *p, const struct fsm_packet *k)
{
	uint8_t reply[PPP_CONTROL_MAX];
	struct writer w = writer_of(reply, sizeof(reply));
	struct cursor c = k->data;
	uint32_t magic;

	if (k->code != FSM_ECHOREQ || cursor_u32(&c, &magic) == -1 ||
	    (magic != 0 && magic == p->lcp.magic))
		return;
	writer_u32(&w, p->lcp.magic);
	writer_bytes(&w, c.pos, c.left < w.left ? c.left : w.left);
	frame_send_control(p, DISSECT_LCP, FSM_ECHOREP, k->id, reply,
	    (size_t)(w.pos - reply));
}

static void
receive_identification(struct ppp *p, struct cursor c)
{
	if (cursor_skip(&c, 4) == 0)
		ppp_emit_event(p, &(struct ppp_event){
		    .type = PPP_EVENT_IDENTITY, .text = c.pos,
		    .text_len = c.left });
}

static bool
receive_lcp_code(struct ppp *p, const struct fsm_packet *k)
{
	struct cursor c = k->data;
	uint16_t protocol;

	switch (k->code) {
	case FSM_PROTREJ:
		if (p->fsm[FSM_LCP].state == FSM_OPENED &&
		    cursor_u16(&c, &protocol) == 0)
			ppp_protocol_rejected(p, protocol);
		return true;
	case IDENTIFICATION:
		receive_identification(p, k->data);
		return true;
	case TIME_REMAINING:
		return true;
	default:
		return false;
	}
}

static const struct fsm_protocol lcp_protocol = {
	.number = DISSECT_LCP, .index = FSM_LCP,
	.options = { lcp_options,
	    sizeof(lcp_options) / sizeof(lcp_options[0]) },
	.asking = lcp_request_begins, .up = lcp_layer_up, .down = ppp_lcp_down,
	.finished = lcp_layer_finished, .disagreed = lcp_disagreed,
	.extra = receive_lcp_code, .echo = receive_echo,
	.ended = lcp_terminated,
};

void
lcp_init(struct ppp *p)
{
	const struct ppp_config *c = p->config;
	struct lcp *l = &p->lcp;

	memset(l, 0, sizeof(*l));
	l->mru = c->mru;
	l->peer_mru = LCP_MRU_DEFAULT;
	l->ask = auth_strongest(c->ask);
	l->magic = c->no_magic ? 0 : ppp_random(p);
	fsm_init(&p->fsm[FSM_LCP], &lcp_protocol, (uint16_t)(
	    (l->mru != LCP_MRU_DEFAULT) << ROW_MRU |
	    (l->ask != 0) << ROW_AUTH | !c->no_magic << ROW_MAGIC |
	    !c->no_pfc << ROW_PFC | !c->no_acfc << ROW_ACFC));
}

void
lcp_heard(struct ppp *p)
{
	p->lcp.silent = p->now;
	p->lcp.echoes = 0;
	p->lcp.heard = true;
}

void
lcp_reject(struct ppp *p, uint16_t number, const uint8_t *bytes, size_t len)
{
	uint8_t data[2 + REJECTED_MAX];
	struct writer w = writer_of(data, sizeof(data));

	writer_u16(&w, number);
	writer_bytes(&w, bytes, len < w.left ? len : w.left);
	frame_send_control(p, DISSECT_LCP, FSM_PROTREJ, ++p->lcp.id, data,
	    (size_t)(w.pos - data));
}

uint64_t
lcp_due(const struct ppp *p)
{
	uint64_t interval = p->config->echo_interval;

	if (interval == 0 || p->fsm[FSM_LCP].state != FSM_OPENED)
		return 0;
	return p->lcp.silent + interval;
}

void
lcp_tick(struct ppp *p)
{
	uint8_t data[4];
	struct writer w = writer_of(data, sizeof(data));

	if (!ppp_expired(p, lcp_due(p)))
		return;
	if (p->config->echo_failures != 0 &&
	    p->lcp.echoes >= p->config->echo_failures) {
		ppp_end_link(p, PPP_ECHO_LOST);
		return;
	}
	p->lcp.echoes++;
	p->lcp.silent = p->now;
	writer_u32(&w, p->lcp.magic);
	frame_send_control(p, DISSECT_LCP, FSM_ECHOREQ, ++p->lcp.id, data,
	    sizeof(data));
}
