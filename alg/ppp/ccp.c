/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Negotiation of MPPE and MPPC: key length, mode and compression of either
 * direction, and the Reset-Requests after a loss.
 */
#include "alg/ppp/ccp.h"

#include <string.h>

#include "alg/ppp/ppp_internal.h"

/* The supported bits, a word of 32 (RFC 3078 section 2.1). */
#define STATELESS	0x01000000U
#define MPPC		0x00000001U

#define INSIST_MAX	3	/* requests for what the peer refuses */
#define RESET_INTERVAL	200	/* ms */
#define RESETS_MAX	50	/* unanswered in a row */

enum { RESET_REQUEST = 14, RESET_ACK };
enum { ROW_MPPE };

/* Strongest first. */
static const struct ccp_key_length {
	uint8_t		 bit;		/* of enum ppp_mppe */
	uint32_t	 word;
	uint8_t		 bits, key;
} key_lengths[] = {
	{ PPP_MPPE_128, 0x40, 128, AUTH_KEY_128 },
	{ PPP_MPPE_56, 0x80, 56, AUTH_KEY_SHORT },
	{ PPP_MPPE_40, 0x20, 40, AUTH_KEY_SHORT },
};
#define KEY_LENGTHS	(sizeof(key_lengths) / sizeof(key_lengths[0]))

/* The strongest one in a word; NULL: none. */
static const struct ccp_key_length *
key_length_of(uint32_t word)
{
	for (size_t i = 0; i < KEY_LENGTHS; i++)
		if (key_lengths[i].word & word)
			return &key_lengths[i];
	return NULL;
}

/* All that the configuration and the login's keys allow, as a word. */
static uint32_t
allowed_bits(const struct ppp *p)
{
	uint32_t word = 0;

	for (size_t i = 0; i < KEY_LENGTHS; i++)
		if (key_lengths[i].bit & p->config->mppe & p->auth.keys.lengths)
			word |= key_lengths[i].word;
	if (word != 0 && (p->config->mppe & PPP_MPPE_STATELESS))
		word |= STATELESS;
	return p->ccp.compress != NULL ? word | MPPC : word;
}

static bool
may_be_stateful(const struct ppp *p)
{
	return (p->config->mppe & PPP_MPPE_STATEFUL) != 0;
}

/*
 * The best that both ends support: one length, the mode, compression.  yield:
 * the peer gets the stateful mode that it asked for.
 */
static uint32_t
common_bits(const struct ppp *p, uint32_t word, bool yield)
{
	uint32_t may = allowed_bits(p), common = word & may & MPPC;
	const struct ccp_key_length *l = key_length_of(word & may);

	if (l == NULL)
		return common;
	common |= l->word;
	if ((word & STATELESS) == 0 && yield && may_be_stateful(p))
		return common;
	return common | (may & STATELESS);
}

/* What we ask for at first. */
static uint32_t
strongest_bits(const struct ppp *p)
{
	return common_bits(p, UINT32_MAX, false);
}

static enum option_answer
mppe_asked(struct ppp *p, uint8_t type, struct cursor value,
    struct writer *nak)
{
	struct ccp *c = &p->ccp;
	bool required = p->config->mppe_required;
	struct cursor wish = value;
	uint32_t word = 0, proposed;

	cursor_u32(&value, &word);
	proposed = common_bits(p, word, p->fsm[FSM_CCP].naks > 0);
	if (required && key_length_of(proposed) == NULL) {
		proposed = strongest_bits(p);
		if (++c->keyless > INSIST_MAX)
			ppp_end_link(p, PPP_MPPE_REFUSED);
	}
	c->theirs = proposed;
	if (proposed == word)
		return OPTION_ACK;
	explain_note_wish(p, DISSECT_CCP, type, wish);
	if (proposed == 0)
		return OPTION_REJECT;
	option_put_u32(nak, 18, proposed);
	return OPTION_NAK;
}

static void
mppe_put(struct ppp *p, uint8_t type, struct writer *w)
{
	writer_u32(w, p->ccp.ours);
}

static bool
mppe_nakked(struct ppp *p, uint8_t type, struct cursor value)
{
	struct ccp *c = &p->ccp;
	uint32_t word, proposed;

	if (cursor_u32(&value, &word) == -1)
		return false;
	proposed = common_bits(p, word, true);
	if (p->config->mppe_required && key_length_of(proposed) == NULL)
		proposed = c->ours;
	if (proposed == c->ours && ++c->insisted > INSIST_MAX)
		return false;
	c->ours = proposed;
	return proposed != 0;
}

static void
mppe_refused(struct ppp *p)
{
	p->ccp.ours = 0;
	if (p->config->mppe_required)
		ppp_end_link(p, PPP_MPPE_REFUSED);
}

/* All others, such as Deflate, BSD-Compress and Stac, are rejected. */
static const struct option_row ccp_options[] = {
	[ROW_MPPE] = { 18, 4, mppe_asked, mppe_put, mppe_nakked,
	    mppe_refused },
};

static void
ccp_request_begins(struct ppp *p)
{
	p->ccp.theirs = 0;
}

/* A request without MPPE is answered by a nak if encryption is required. */
static void
ccp_request_lacks(struct ppp *p, uint16_t seen, struct writer *nak)
{
	if ((seen & 1 << ROW_MPPE) == 0 && p->config->mppe_required)
		option_put_u32(nak, 18, strongest_bits(p));
}

static void
start_mppe(struct ppp *p)
{
	struct ccp *c = &p->ccp;
	const struct auth_keys *k = &p->auth.keys;
	const struct ccp_key_length *in = key_length_of(c->ours);
	const struct ccp_key_length *out = key_length_of(c->theirs);

	mppe_receiver_init(&c->receiver, in != NULL ? in->bits : 0,
	    (c->ours & STATELESS) != 0, in != NULL ? k->receive[in->key] :
	    NULL, c->ours & MPPC ? c->expand : NULL);
	mppe_sender_init(&c->sender, out != NULL ? out->bits : 0,
	    (c->theirs & STATELESS) != 0, out != NULL ? k->send[out->key] :
	    NULL, c->theirs & MPPC ? c->compress : NULL);
	if (in != NULL || out != NULL)
		explicit_bzero(&p->auth.keys, sizeof(p->auth.keys));
}

static void
ccp_layer_up(struct ppp *p)
{
	struct ccp *c = &p->ccp;

	if (p->config->mppe_required && (key_length_of(c->ours) == NULL ||
	    key_length_of(c->theirs) == NULL)) {
		ppp_end_link(p, PPP_MPPE_REFUSED);
		return;
	}
	start_mppe(p);
	ppp_ccp_done(p);
}

/* Encryption that was on is never turned off while the link lives. */
static void
ccp_layer_down(struct ppp *p)
{
	struct ccp *c = &p->ccp;

	if (p->fsm[FSM_LCP].state == FSM_OPENED &&
	    (key_length_of(c->ours) != NULL ||
	    key_length_of(c->theirs) != NULL))
		ppp_end_link(p, PPP_MPPE_DOWN);
	ccp_wipe(p);
}

/* CCP has failed: ends the link if encryption is required. */
static void
go_without_mppe(struct ppp *p, enum ppp_reason reason)
{
	if (p->config->mppe_required)
		ppp_end_link(p, reason);
	else
		ppp_ccp_done(p);
}

static void
ccp_layer_finished(struct ppp *p, enum fsm_trouble trouble)
{
	go_without_mppe(p, trouble == FSM_SILENT ? PPP_MPPE_SILENT :
	    PPP_MPPE_REFUSED);
}

static void
ccp_disagreed(struct ppp *p)
{
	fsm_event(p, &p->fsm[FSM_CCP], FSM_CLOSE);
	go_without_mppe(p, PPP_MPPE_REFUSED);
}

static void
ccp_terminated(struct ppp *p, struct cursor text)
{
	explain_note_words(p, text);
	if (p->fsm[FSM_CCP].state != FSM_OPENED)
		go_without_mppe(p, PPP_MPPE_REFUSED);
}

static bool
receive_reset(struct ppp *p, const struct fsm_packet *k)
{
	if (k->code == RESET_REQUEST && ccp_out(p) != 0) {
		mppe_reset(&p->ccp.sender);
		frame_send_control(p, DISSECT_CCP, RESET_ACK, k->id, NULL, 0);
	}
	return k->code == RESET_REQUEST || k->code == RESET_ACK;
}

static const struct fsm_protocol ccp_protocol = {
	.number = DISSECT_CCP, .index = FSM_CCP,
	.options = { ccp_options,
	    sizeof(ccp_options) / sizeof(ccp_options[0]) },
	.asking = ccp_request_begins, .asked = ccp_request_lacks,
	.up = ccp_layer_up, .down = ccp_layer_down,
	.finished = ccp_layer_finished, .disagreed = ccp_disagreed,
	.extra = receive_reset, .ended = ccp_terminated,
};

void
ccp_init(struct ppp *p)
{
	memset(&p->ccp, 0, sizeof(p->ccp));
	fsm_init(&p->fsm[FSM_CCP], &ccp_protocol, 1 << ROW_MPPE);
}

bool
ccp_start(struct ppp *p)
{
	struct ccp *c = &p->ccp;

	ccp_init(p);
	if (p->config->mppc && p->host->mppc != NULL &&
	    !p->host->mppc(p->arg, &c->compress, &c->expand))
		c->compress = NULL;
	c->ours = strongest_bits(p);
	if (c->ours == 0)
		return false;
	fsm_event(p, &p->fsm[FSM_CCP], FSM_OPEN);
	fsm_event(p, &p->fsm[FSM_CCP], FSM_UP);
	return true;
}

uint8_t
ccp_bits(uint32_t word)
{
	const struct ccp_key_length *l = key_length_of(word);

	if (l == NULL)
		return 0;
	return l->bit | (word & STATELESS ? PPP_MPPE_STATELESS :
	    PPP_MPPE_STATEFUL);
}

uint32_t
ccp_in(const struct ppp *p)
{
	return p->fsm[FSM_CCP].state == FSM_OPENED ? p->ccp.ours : 0;
}

uint32_t
ccp_out(const struct ppp *p)
{
	return p->fsm[FSM_CCP].state == FSM_OPENED ? p->ccp.theirs : 0;
}

void
ccp_lost(struct ppp *p)
{
	struct ccp *c = &p->ccp;

	if (p->now < c->reset_at)
		return;
	if (++c->unanswered > RESETS_MAX) {
		ppp_end_link(p, PPP_RESET_UNANSWERED);
		return;
	}
	c->resets++;
	c->reset_at = p->now + RESET_INTERVAL;
	frame_send_control(p, DISSECT_CCP, RESET_REQUEST, ++p->fsm[FSM_CCP].id,
	    NULL, 0);
}

void
ccp_found(struct ppp *p)
{
	p->ccp.unanswered = 0;
	p->ccp.reset_at = 0;
}

void
ccp_wipe(struct ppp *p)
{
	explicit_bzero(&p->ccp.sender, sizeof(p->ccp.sender));
	explicit_bzero(&p->ccp.receiver, sizeof(p->ccp.receiver));
}
